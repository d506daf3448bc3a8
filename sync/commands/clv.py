"""The command that shows what people spent, and what they may spend within the next 12 months."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connector.catalogue import Family
from connector.days import parse_day
from connector.errors import SettingsError
from sync.language.voice import Voice, emit, voice
from sync.shelf import shelf
from sync.workspace import Workspace, open_workspace


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be shown: as of which day, until when the model is held against what came, so many of the best."""

    as_of: str | None = None
    until: str | None = None
    best: int = 0
    discount: float = 0.0  # yearly, in percent


def run(config: Path | None, database: str | None, asked: Asked, *, as_json: bool) -> None:
    """Print both values of each stage."""
    try:
        from connector.clv.report import clv, held_against, shown  # noqa: PLC0415 - numpy and scipy are an extra
    except ModuleNotFoundError as error:
        raise SettingsError(
            "Customer lifetime value needs numpy and scipy, which are not installed.",
            remedy="pip install 'lifecycle-connector[clv]'",
        ) from error
    workspace = open_workspace(config, database, existing=True)
    say = voice(workspace.settings, quiet=as_json)
    day, end = _days(workspace, asked.as_of, asked.until)
    family = shelf(workspace.settings).library.ready("spread")
    with workspace.engine.connect() as connection:
        report = clv(connection, family, day, say.written, discount=asked.discount / 100)
        answer = shown(connection, report, asked.best)
        if end is not None:
            answer["held_against"] = held_against(report, connection, end)
    if as_json:
        emit(answer)
    else:
        _tell(say, answer, family)


def _days(workspace: Workspace, as_of: str | None, until: str | None) -> tuple[int, int | None]:
    """The day asked for (without one, today) and the later one to hold it against; SettingsError where one is wrong."""
    today = workspace.today()
    day = today if as_of is None else parse_day(as_of)
    end = None if until is None else parse_day(until)
    for asked, text in ((day, as_of), (end, until)):
        if asked is not None and asked > today:
            raise SettingsError(f"{text} has not come yet.", remedy="Ask for a day up to today.")
    if end is not None and end <= day:
        raise SettingsError(f"{until} is not after the day of the model.", remedy="Give an earlier day by --as-of.")
    return day, end


def _tell(say: Voice, answer: dict[str, Any], family: Family) -> None:
    people, returned = answer["people"], answer["people"] - answer["without_repeat"]
    day = say.day(answer["as_of"])
    say.say(
        f"Au {day}, {say.count(people, 'acheteur', 'acheteurs')}, "
        f"dont {say.count(returned, 'est revenu', 'sont revenus')}.",
        f"As of {day}, {say.count(people, 'buyer', 'buyers')}, of whom {say.number(returned)} came back.",
    )
    say.say(
        f"Dépensé à ce jour, remboursements déduits : {_money(say, answer['net_spend'])}.",
        f"Spent to date, net of refunds: {_money(say, answer['net_spend'])}.",
    )
    if answer["available"]:
        say.say(
            f"Attendu dans les 12 prochains mois : {_money(say, answer['total'])}, "
            f"{_between(say, answer['total'])} dans 95 cas sur 100 si les habitudes durent.",
            f"Expected in the next 12 months: {_money(say, answer['total'])}, "
            f"{_between(say, answer['total'])} in 95 cases of 100 if habits last.",
        )
    else:
        say.say(
            f"Aucune prévision à 12 mois : {_within(answer['reason'])}",
            f"No forecast for 12 months: {_within(answer['reason'])}",
        )
    _table(say, answer, family)
    _best(say, answer.get("best", []))
    if answer.get("held_against") is not None:
        _compared(say, answer["held_against"])


def _table(say: Voice, answer: dict[str, Any], family: Family) -> None:
    labels = {stage.key: stage.label.of(say.language) for stage in family.stages}
    say.say(
        f"\n{'':14}{'personnes':>12}{'dépensé':>20}{'12 mois à venir':>20}",
        f"\n{'':14}{'people':>12}{'spent':>20}{'next 12 months':>20}",
    )
    for stage in answer["by_stage"]:
        line = f"{labels[stage['key']]:14}{say.number(stage['people']):>12}{_money(say, stage['net_spend']):>20}"
        line += f"{_money(say, stage['clv_12m']):>20}  {_between(say, stage['clv_12m'])}"
        say.say(line.rstrip(), line.rstrip())


def _best(say: Voice, people: list[dict[str, Any]]) -> None:
    if people:
        say.say("\nLes plus prometteurs", "\nThe most promising")
    for person in people:
        name = f"person:{person['person']}"
        line = f"{name:14}{_money(say, person['net_spend']):>14}{_money(say, person['clv_12m']):>14}"
        line += f"  {_between(say, person['clv_12m'])}  {person['email'] or '–'}"
        say.say(line, line)


def _compared(say: Voice, held: dict[str, Any]) -> None:
    expected, actual, until = round(held["expected"]), held["actual"], say.day(held["until"])
    french = say.count(expected, "jour d'achat", "jours d'achat")
    english = say.count(expected, "purchase day", "purchase days")
    say.say(
        f"\nJusqu'au {until}, le modèle attendait {french} de ces personnes ; il y en a eu {say.number(actual)}.",
        f"\nUntil {until}, the model expected {english} of these people; there came {say.number(actual)}.",
    )


def _money(say: Voice, amount: dict[str, Any] | None) -> str:
    return "–" if amount is None else say.money(amount["minor"], amount["currency"])


def _between(say: Voice, amount: dict[str, Any] | None) -> str:
    if amount is None:
        return ""
    low, high = (say.money(amount[end], amount["currency"]) for end in ("low", "high"))
    return f"entre {low} et {high}" if say.language == "fr" else f"between {low} and {high}"


def _within(sentence: str) -> str:
    """A sentence as the end of another."""
    return sentence[0].lower() + sentence[1:]
