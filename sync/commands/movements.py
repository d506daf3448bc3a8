"""The commands that show how people move between stages."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

from connector.history.movements import evolution as evolution_of
from connector.history.movements import movements as movements_of
from connector.history.movements import unsettled
from sync.asked import asked_days, refuse_unkept
from sync.language.labels import stage_labels
from sync.language.vocabulary import CAUSES
from sync.language.voice import Voice, emit, voice
from sync.workspace import open_workspace


def movements(
    config: Path | None, database: str | None, *, from_day: str | None, to_day: str | None, family: str, as_json: bool
) -> None:
    """Print who went from which stage to which between the ends of two days."""
    workspace = open_workspace(config, database, existing=True)
    first, last = asked_days(workspace, from_day, to_day)
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
    first, last = asked_days(workspace, from_day, to_day)
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


def _warn(say: Voice, connection: Connection, day: int) -> None:
    waiting = unsettled(connection, day)
    if waiting:
        number = say.people(waiting)
        say.warn(
            f"Un calcul attend pour {number} : lancez `connector recompute`.",
            f"Still to be looked at: {number}. Run `connector recompute`.",
        )
