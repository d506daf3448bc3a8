"""The commands that judge segments and the shop."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from connector.errors import SettingsError
from connector.judging.acquisition import acquisition, cohorts
from connector.judging.coverage import coverage
from connector.judging.cross_sell import cross_sell
from connector.judging.first_products import first_products
from connector.judging.health import Action
from connector.judging.health import health as health_of
from connector.judging.ladder import ladder
from connector.judging.pareto import pareto
from connector.judging.priorities import priorities as priorities_of
from connector.judging.window import window
from sync.commands.moving import refuse_unkept, stage_labels
from sync.shelf import Shelf, shelf
from sync.voice import Voice, emit, voice
from sync.workspace import Workspace, open_workspace

_CRITERIA: Mapping[str, tuple[str, str]] = {
    "identifiable": ("identifiable", "identifiable"),
    "substantial": ("substantiel", "substantial"),
    "accessible": ("accessible", "accessible"),
    "stable": ("stable", "stable"),
    "differentiable": ("différentiable", "differentiable"),
    "actionable": ("actionnable", "actionable"),
}
_MARKS = {True: "✓", False: "✗", None: "?"}
_REASONS: Mapping[str, tuple[str, str]] = {
    "too_little_history": ("pas assez d'historique", "not enough history"),
    "too_few_people": ("trop peu de personnes", "too few people"),
}
_FAMILIES: Mapping[str, tuple[str, str]] = {
    "transactional": ("Transactions", "Transactions"),
    "socio_demographic": ("Socio-démographie", "Socio-demographic"),
    "contextual": ("Contexte", "Context"),
    "geolocation": ("Géographie", "Geography"),
}
_FALLBACK = 180
"""Days within which people are to come back, where the shop's own figures do not say."""


def health(config: Path | None, database: str | None, *, as_json: bool) -> None:
    """Print a card of six criteria for each segment."""
    workspace = open_workspace(config, database, existing=True)
    say, known = voice(workspace.settings), shelf(workspace.settings)
    with workspace.engine.connect() as connection:
        cards = health_of(connection, known.families, workspace.today(), _actions(workspace, known))
    if as_json:
        emit({"segments": cards})
        return
    labels = {key: stage.label.of(say.language) for key, (_, stage) in known.library.segments().items()}
    width = max((len(labels[card["segment"]]) for card in cards), default=0)
    for card in cards:
        marks = "  ".join(
            f"{_MARKS[card[name]['good']]} {words[say.language == 'en']}" for name, words in _CRITERIA.items()
        )
        line = f"{labels[card['segment']]:{width + 2}}{marks}"
        say.say(line, line)


def priorities(config: Path | None, database: str | None, *, family: str, goals: list[str], as_json: bool) -> None:
    """Print what it would be worth to bring people from one stage to another, the most valuable first."""
    workspace = open_workspace(config, database, existing=True)
    say = voice(workspace.settings)
    pairs = [_pair(workspace, family, goal) for goal in goals] or None
    with workspace.engine.connect() as connection:
        refuse_unkept(workspace, connection, family)
        found = priorities_of(connection, family, workspace.today(), pairs)
    if as_json:
        emit({"family": family, "priorities": found})
        return
    labels = stage_labels(workspace, say, family)
    for entry in found:
        line = f"{labels.get(entry['from'], entry['from']):14}→ {labels.get(entry['to'], entry['to']):14}"
        line += f"{say.number(entry['people']):>10}   {_worth(say, entry)}"
        say.say(line, line)
    if not found:
        say.say("Aucun mouvement à mesurer.", "No movement to measure.")


def insights(config: Path | None, database: str | None, *, as_json: bool) -> None:
    """Print what the shop lives on: its best customers, first and later purchases, products, and what is known."""
    workspace = open_workspace(config, database, existing=True)
    say = voice(workspace.settings)
    with workspace.engine.connect() as connection:
        report = _insights(connection, workspace.today(), say)
    if as_json:
        emit(report)
        return
    _say_customers(say, report)
    _say_products(say, report)
    _say_coverage(say, report)


def _actions(workspace: Workspace, known: Shelf) -> dict[str, Action]:
    """What there is to do with each segment, by the catalogue and the destinations of the settings."""
    library = known.library
    pushed = {
        name: {entry.key for key in chosen.push for entry in library.named(key)}
        for name, chosen in workspace.settings.destinations.items()
    }
    return {
        key: Action(
            objective=found.key if (found := library.objective(key)) else None,
            playbook=next((play.key for play in library.playbook(key)), None),
            destinations=tuple(name for name, keys in pushed.items() if family.key in keys),
        )
        for family in known.families
        for key in map(family.segment_key, family.stages)
    }


def _pair(workspace: Workspace, family: str, goal: str) -> tuple[str, str]:
    """The two stages of a goal written as new:loyal; SettingsError where they are none."""
    known = [stage.key for stage in shelf(workspace.settings).library.entry(family).stages]
    origin, _, target = goal.partition(":")
    if origin not in known or target not in known:
        raise SettingsError(
            f"{goal!r} does not name two stages of {family}.",
            remedy=f"Write one as from:to, with {', '.join(known)}.",
        )
    return origin, target


def _worth(say: Voice, entry: Mapping[str, Any]) -> str:
    if not entry["enough"]:
        return _REASONS[entry["reason"]][say.language == "en"]
    value, low, high = (
        say.money(amount["minor"], amount["currency"]) for amount in (entry["value"], *entry["interval"])
    )
    between = f"({low} à {high})" if say.language == "fr" else f"({low} to {high})"
    return f"{value} {between}   {_percent(say, entry['chance'])}"


def _insights(connection: Connection, today: int, say: Voice) -> dict[str, Any]:
    fitting = window(connection, today, say.language)
    within = fitting["window"] if fitting["enough"] else _FALLBACK
    return {
        "pareto": pareto(connection, today),
        "acquisition": acquisition(connection, today),
        "cohorts": cohorts(connection, today),
        "ladder": {"within": within, "rungs": ladder(connection, today, within)},
        "window": fitting,
        "first_products": first_products(connection, today, within),
        "cross_sell": cross_sell(connection, today),
        "coverage": coverage(connection),
    }


def _say_customers(say: Voice, report: Mapping[str, Any]) -> None:
    for period, fr, en in (("year", "sur 365 jours", "over 365 days"), ("lifetime", "depuis toujours", "ever")):
        top, percent = report["pareto"][period], report["pareto"]["percent"]
        brought = _percent(say, top["share"])
        say.say(
            f"Les {percent} % meilleurs clients font {brought} du chiffre d'affaires {fr}.",
            f"The top {percent} % of customers bring {brought} of the revenue, {en}.",
        )
    for month in report["acquisition"][-12:]:
        first, later = (say.money(**month[side]["revenue"]) for side in ("first", "later"))
        later_share = _percent(say, month["later_share"])
        say.say(
            f"  {month['month']}  premiers achats {first:>16}, suivants {later:>16} ({later_share})",
            f"  {month['month']}  first purchases {first:>16}, later {later:>16} ({later_share})",
        )
    within = report["ladder"]["within"]
    for rung in report["ladder"]["rungs"]:
        number, chance = rung["purchases"], _percent(say, rung["share"])
        people = say.number(rung["people"])
        say.say(
            f"  Après l'achat n° {number} : {chance} rachètent en {within} jours ({people} personnes).",
            f"  After purchase no. {number}: {chance} buy again within {within} days ({people} people).",
        )
    say.say(report["window"]["words"], report["window"]["words"])


def _say_products(say: Voice, report: Mapping[str, Any]) -> None:
    first = report["first_products"]
    for product in [entry for entry in first["products"] if entry["verdict"] == "worse"][:10]:
        rate, usual = _percent(say, product["share"]), _percent(say, first["shop"]["share"])
        say.say(
            f"  {product['title']} : {rate} des premiers acheteurs reviennent, contre {usual} en moyenne.",
            f"  {product['title']}: {rate} of those who first buy it come back, {usual} of all do.",
        )
    for pair in report["cross_sell"][:10]:
        rate, number = _percent(say, pair["share"]), say.number(pair["without"])
        say.say(
            f"  {rate} des acheteurs de {pair['title']} ont aussi {pair['other_title']} ; {number} ne l'ont pas.",
            f"  {rate} of those who bought {pair['title']} also have {pair['other_title']}; {number} do not.",
        )


def _say_coverage(say: Voice, report: Mapping[str, Any]) -> None:
    for family, words in _FAMILIES.items():
        known = [
            f"{entry['fact']} {_percent(say, entry['share'])}"
            for entry in report["coverage"]
            if entry["family"] == family
        ]
        line = f"{words[say.language == 'en']}: {', '.join(known)}"
        say.say(line, line)


def _percent(say: Voice, part: float | None) -> str:
    """A share in per cent, with one decimal; a dash where there is none."""
    if part is None:
        return "–"
    tenths = round(part * 1000)
    mark = "," if say.language == "fr" else "."
    return f"{tenths // 10}{mark}{tenths % 10} %"
