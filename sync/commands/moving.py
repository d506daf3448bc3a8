"""The commands that show how people move between stages."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, exists, select

from connector.days import parse_day
from connector.errors import SettingsError
from connector.models import Segment
from connector.movements import evolution as evolution_of
from connector.movements import movements as movements_of
from connector.movements import unsettled
from connector.tables import table
from sync.shelf import shelf
from sync.voice import Voice, emit, voice
from sync.workspace import Workspace, open_workspace

DAYS = 30
"""How far back is looked where no first day is given."""

CAUSES: Mapping[str, tuple[str, str]] = {
    "order": ("commande", "order"),
    "refund": ("remboursement", "refund"),
    "profile": ("fiche client", "profile"),
    "merge": ("fiches réunies", "merge"),
    "time": ("temps écoulé", "time"),
    "calibration": ("étalonnage", "calibration"),
    "definition": ("nouvelle règle", "new rule"),
}


def movements(
    config: Path | None, database: str | None, *, from_day: str | None, to_day: str | None, family: str, as_json: bool
) -> None:
    """Print who went from which stage to which between the ends of two days."""
    workspace = open_workspace(config, database, existing=True)
    first, last = days(workspace, from_day, to_day)
    say = voice(workspace.settings)
    with workspace.engine.connect() as connection:
        refuse_unkept(workspace, connection, family)
        report = movements_of(connection, family, first, last)
        _warn(say, connection, last)
    if as_json:
        emit(report)
        return
    labels = stage_labels(workspace, say, family)
    begin, end = say.day(report["from"]), say.day(report["to"])
    say.say(f"Du {begin} au {end}", f"From {begin} to {end}")
    width = max([12, *map(len, labels.values())])
    for move in report["moves"]:
        origin = labels.get(move["from"], move["from"]) or "–"
        target = labels.get(move["to"], move["to"]) or "–"
        causes = ", ".join(
            f"{CAUSES[cause][say.language == 'en']} {say.number(number)}" for cause, number in move["causes"].items()
        )
        line = f"  {origin:{width}}  → {target:{width}}{say.number(move['people']):>12}   {causes}"
        say.say(line, line)
    if not report["moves"]:
        say.say("  Personne n'a changé d'étape.", "  Nobody changed stage.")


def evolution(
    config: Path | None, database: str | None, *, from_day: str | None, to_day: str | None, family: str, as_json: bool
) -> None:
    """Print how many people each stage held at the end of each day."""
    workspace = open_workspace(config, database, existing=True)
    first, last = days(workspace, from_day, to_day)
    say = voice(workspace.settings)
    with workspace.engine.connect() as connection:
        refuse_unkept(workspace, connection, family)
        report = evolution_of(connection, family, first, last)
        _warn(say, connection, last)
    if as_json:
        emit(report)
        return
    labels = stage_labels(workspace, say, family)
    names = [labels.get(stage, stage) for stage in report["stages"]]
    widths = [max(14, len(name) + 2) for name in names]
    header = " " * 14 + "".join(f"{name:>{width}}" for name, width in zip(names, widths, strict=True))
    say.say(header, header)
    version = None
    for entry in report["days"]:
        if version not in {None, entry["version"]}:
            say.say(f"  – définition, version {entry['version']}", f"  – definition, version {entry['version']}")
        version = entry["version"]
        people = [say.number(entry["people"][stage]) for stage in report["stages"]]
        figures = "".join(f"{one:>{width}}" for one, width in zip(people, widths, strict=True))
        line = f"{say.day(entry['day']):14}{figures}"
        say.say(line, line)


def days(workspace: Workspace, from_day: str | None, to_day: str | None) -> tuple[int, int]:
    """The two days that were asked for: up to today, and from 30 days before; SettingsError for one to come."""
    today = workspace.today()
    last = today if to_day is None else parse_day(to_day)
    first = last - DAYS if from_day is None else parse_day(from_day)
    if max(first, last) > today:
        raise SettingsError(
            f"{to_day if last > today else from_day} has not come yet.", remedy="Ask for days up to today."
        )
    return first, last


def stage_labels(workspace: Workspace, say: Voice, family: str) -> dict[Any, str]:
    """How the stages of a family are called, by key; empty for one that there is no more."""
    shown = [entry for entry in shelf(workspace.settings).library.entries() if entry.key == family]
    return {
        entry.segment_key(stage).removeprefix(f"{family}."): stage.label.of(say.language)
        for entry in shown
        for stage in entry.stages
    }


def refuse_unkept(workspace: Workspace, connection: Connection, family: str) -> None:
    """SettingsError for a family or audience that is off and was never kept, or that there is not."""
    segments = table(Segment)
    kept = connection.scalar(select(exists().where(segments.c.family == family)))
    if kept:
        return
    found = shelf(workspace.settings)
    entry = found.library.entry(family)
    if not found.holds(family):
        raise SettingsError(
            f"No history of {family} is kept: it is not switched on.",
            remedy=f"Switch it on in segments.toml ([{entry.place}] on = true) and run `connector recompute`.",
        )


def _warn(say: Voice, connection: Connection, day: int) -> None:
    waiting = unsettled(connection, day)
    if waiting:
        number = say.people(waiting)
        say.warn(
            f"Un calcul attend pour {number} : lancez `connector recompute`.",
            f"Still to be looked at: {number}. Run `connector recompute`.",
        )
