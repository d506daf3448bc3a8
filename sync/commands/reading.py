"""The commands that show what is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from connector.catalogue import Audience, Family
from connector.days import parse_day
from connector.errors import SettingsError
from connector.reports import members as members_of
from connector.reports import segments as segments_of
from connector.suggestions import suggested
from sync.shelf import shelf
from sync.voice import Voice, emit, voice
from sync.workspace import Workspace, open_workspace


def segments(
    config: Path | None, database: str | None, *, as_of: str | None, window: int | None, as_json: bool
) -> None:
    """Print the people and the money of each stage, at the end of a day; today means now."""
    workspace = open_workspace(config, database, existing=True)
    chosen = tuple(family for family in shelf(workspace.settings).families if not isinstance(family, Audience))
    say = voice(workspace.settings)
    with workspace.engine.connect() as connection:
        day, today = asked_day(workspace, as_of), workspace.today()
        report = segments_of(connection, chosen, day, window=window, language=say.language, today=today)
    if as_json:
        emit(report)
        return
    _table(say, report, chosen)


def members(
    config: Path | None, database: str | None, segment: str, *, as_of: str | None, window: int | None, as_json: bool
) -> None:
    """Print the people of a segment, one a line."""
    workspace = open_workspace(config, database, existing=True)
    say = voice(workspace.settings, quiet=as_json)
    library = shelf(workspace.settings).library
    entry = library.segment(segment)[0]
    with workspace.engine.connect() as connection:
        if entry.missing:
            _suggest(say, connection, entry, workspace.today())
        family = library.ready(entry.key, workspace.settings.language)
        for person in members_of(connection, [family], segment, asked_day(workspace, as_of), window=window):
            if as_json:
                emit(person)
            else:
                line = f"{person['person']:>8}  {person['since'] or '–':10}  {person['email'] or '–'}"
                say.say(line, line)


def _suggest(say: Voice, connection: Connection, entry: Family, today: int) -> None:
    """Say what the shop's own data suggest for the values that a segment still asks for."""
    for name in entry.missing:
        if name in entry.asks and (found := suggested(connection, entry.asks[name], today)):
            values = ", ".join(found)
            say.say(f"{name} : la boutique a {values}", f"{name}: the shop has {values}")


def asked_day(workspace: Workspace, as_of: str | None) -> int:
    """The day that was asked for, or today in the shop's zone; SettingsError for one that has not come."""
    today = workspace.today()
    if as_of is None:
        return today
    day = parse_day(as_of)
    if day > today:
        raise SettingsError(f"{as_of} has not come yet.", remedy="Ask for a day up to today.")
    return day


def _table(say: Voice, report: dict[str, Any], chosen: tuple[Family, ...]) -> None:
    say.say(
        f"Au {report['as_of']}, {report['people']} personnes", f"As of {report['as_of']}, {report['people']} people"
    )
    shown = {family.key: family for family in chosen}
    for entry in report["families"]:
        family = shown[entry["key"]]
        labels = {stage.key: stage.label.of(say.language) for stage in family.stages}
        say.say(f"\n{family.label.of(say.language)}", f"\n{family.label.of(say.language)}")
        for stage in entry["stages"]:
            money = stage["revenue"]
            line = f"  {labels[stage['key']]:14}{say.number(stage['people']):>12}"
            line += f"{say.money(money['minor'], money['currency']):>20}"
            say.say(line, line)
        if not entry["complete"]:
            say.say(f"  ! {entry['reason']}. {entry['remedy']}", f"  ! {entry['reason']}. {entry['remedy']}")
