"""The commands that judge segments: a card of six criteria for each, and what is worth working on first."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connector.catalogue import Objective
from connector.days import day_date
from connector.errors import SettingsError
from connector.judging.health import health as health_of
from connector.judging.objectives import objectives
from connector.judging.priorities import priorities as priorities_of
from sync.asked import asked_day, refuse_unkept
from sync.language.cards import CRITERIA, actions, told_card
from sync.language.labels import segment_labels, stage_labels
from sync.language.voice import Voice, emit, voice
from sync.shelf import shelf
from sync.workspace import Workspace, open_workspace

_MARKS = {True: "✓", False: "✗", None: "?"}
_REASONS: Mapping[str, tuple[str, str]] = {
    "too_little_history": ("pas assez d'historique", "not enough history"),
    "too_few_people": ("trop peu de personnes suivies sur un an", "too few people followed for a year"),
}


def health(config: Path | None, database: str | None, *, as_of: str | None, as_json: bool) -> None:
    """Print a card of six criteria for each stage and audience; of a past day, without what is known of today only."""
    workspace = open_workspace(config, database, existing=True)
    say, known = voice(workspace.settings), shelf(workspace.settings)
    day, today = asked_day(workspace, as_of), workspace.today()
    with workspace.engine.connect() as connection:
        cards = health_of(connection, known.families, day, actions(workspace, known), today=today)
    if as_json:
        emit({"as_of": day_date(day).isoformat(), "segments": cards})
        return
    labels = segment_labels(say, known)
    for card in cards:
        met = sum(card[name]["good"] is True for name in CRITERIA)
        name = labels[card["segment"]]
        said = say.count(met, "critère", "critères")
        say.say(f"{name} : {said} sur {len(CRITERIA)}", f"{name}: {met} of {len(CRITERIA)} criteria")
        told = told_card(say, card, labels, known.library)
        for criterion, words in CRITERIA.items():
            line = f"  {_MARKS[card[criterion]['good']]} {words[say.language == 'en']:16}{told[criterion]}"
            say.say(line, line)


def priorities(
    config: Path | None,
    database: str | None,
    *,
    family: str | None,
    goals: list[str],
    as_of: str | None,
    as_json: bool,
) -> None:
    """Print what the catalogue's objectives, or the goals that are named, would be worth, the most valuable first."""
    workspace = open_workspace(config, database, existing=True)
    say, day = voice(workspace.settings, quiet=as_json), asked_day(workspace, as_of)
    if goals:
        _goals(workspace, say, family or "spread", goals, day, as_json=as_json)
    else:
        _objectives(workspace, say, family, day, as_json=as_json)


def _goals(workspace: Workspace, say: Voice, family: str, goals: list[str], day: int, *, as_json: bool) -> None:
    pairs = [_pair(workspace, family, goal) for goal in goals]
    with workspace.engine.connect() as connection:
        refuse_unkept(workspace, connection, family)
        found = priorities_of(connection, family, day, pairs)
    if as_json:
        emit({"family": family, "priorities": found})
        return
    labels = stage_labels(workspace, say, family)
    for entry in found:
        line = f"{labels.get(entry['from'], entry['from']):14}→ {labels.get(entry['to'], entry['to']):14}"
        line += f"{say.number(entry['people']):>10}   {_worth(say, entry)}"
        say.say(line, line)


def _objectives(workspace: Workspace, say: Voice, only: str | None, day: int, *, as_json: bool) -> None:
    known = shelf(workspace.settings)
    wanted = known.library.objectives
    chosen = [family for family in known.families if only in {None, family.key}]
    with workspace.engine.connect() as connection:
        for key in [family.key for family in chosen] or [str(only)]:
            refuse_unkept(workspace, connection, key)
        found = objectives(connection, wanted, chosen, day)
    found = [{"label": wanted[entry["objective"]].label.of(say.written), **entry} for entry in found]
    if as_json:
        emit({"objectives": found})
        return
    titles = {family.key: family.label.of(say.language) for family in chosen}
    for entry in found:
        labels = stage_labels(workspace, say, entry["family"])
        origins, targets = (", ".join(labels[key] for key in entry[side]) for side in ("from", "to"))
        line = f"{entry['label']} ({titles[entry['family']]}): {origins} → {targets}"
        say.say(line.replace("):", ") :"), line)
        for sentence in _sentences(say, entry, wanted[entry["objective"]]):
            say.say(f"  {sentence}", f"  {sentence}")
    if not found:
        say.say("Aucun objectif pour ces familles.", "These families have no objective.")


def _sentences(say: Voice, entry: Mapping[str, Any], objective: Objective) -> list[str]:
    """What is known of an objective: the people, the pace observed, what it is worth, and what is aimed at."""
    english = say.language == "en"
    people, days = say.people(entry["people"]), entry["median_days"]
    pace = "–" if entry["pace"] is None else say.decimal(entry["pace"])
    stays, moves = ("restent", "stay"), ("franchissent le pas", "make the move")
    verb = (stays if entry["stays"] else moves)[english]
    found = [
        f"{people}; {pace} a month {verb}" if english else f"{people} ; {pace} par mois {verb}",
        _gain(say, entry),
    ]
    if days is not None:
        words = ("quittent l'étape", "leave the stage") if entry["stays"] else ("y arrivent", "get there")
        found[0] += (
            f"; half of those who {words[1]} do so within {say.count(days, 'day', 'days')}"
            if english
            else f" ; la moitié de ceux qui {words[0]} le font en {say.count(days, 'jour', 'jours')}"
        )
    if objective.target is not None:
        until = f" {'by' if english else 'd’ici au'} {say.day(objective.deadline)}" if objective.deadline else ""
        aim = say.number(objective.target)
        found.append(f"target: {aim} a month{until}" if english else f"cible : {aim} par mois{until}")
    return found


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


def _gain(say: Voice, entry: Mapping[str, Any]) -> str:
    """What an objective is worth, and at which chance."""
    english = say.language == "en"
    if not entry["enough"]:
        return f"no value: {_worth(say, entry)}" if english else f"pas de valeur : {_worth(say, entry)}"
    worth, within = _worth(say, entry).rpartition("   ")[0], entry["within"]
    chance = say.percent(entry["chance"])
    verb = (("partent", "leave"), ("y arrivent", "get there"))[not entry["stays"]][english]
    fr, en = f"vaut {worth} : {chance} {verb} en {within} jours", f"worth {worth}: {chance} {verb} within {within} days"
    told = en if english else fr
    if not entry["left_out"]:
        return told
    return told + (" (some moves left out)" if english else " (sans certains passages)")


def _worth(say: Voice, entry: Mapping[str, Any]) -> str:
    if not entry["enough"]:
        return _REASONS[entry["reason"]][say.language == "en"]
    value, low, high = (
        say.money(amount["minor"], amount["currency"]) for amount in (entry["value"], *entry["interval"])
    )
    between = f"({low} à {high})" if say.language == "fr" else f"({low} to {high})"
    return f"{value} {between}   {say.percent(entry['chance'])}"
