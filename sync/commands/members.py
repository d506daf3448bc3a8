"""The commands that show what is known."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

from connector.answers.reports import incomplete
from connector.answers.reports import members as members_of
from connector.answers.suggestions import suggested
from connector.catalogue import Family
from sync.asked import asked_day
from sync.language.voice import Voice, emit, voice
from sync.privacy.disclosing import disclose
from sync.shelf import shelf
from sync.workspace import open_workspace


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
        family, day = library.ready(entry.key, say.language), asked_day(workspace, as_of)
        for reason in incomplete(connection, [family], day, say.language, today=workspace.today()).values():
            say.warn(reason, reason)
        shown = 0
        for person in members_of(connection, [family], segment, day, window=window):
            shown += 1
            if as_json:
                emit(person)
            else:
                name = f"person:{person['person']}"
                line = f"{name:14}  {say.day(person['since']) if person['since'] else '–':14}  {person['email'] or '–'}"
                say.say(line, line)
        disclose(workspace, "members", segment, people=shown)


def _suggest(say: Voice, connection: Connection, entry: Family, today: int) -> None:
    """Say what the shop's own data suggest for the values that a segment still asks for."""
    for name in entry.missing:
        if name in entry.asks and (found := suggested(connection, entry.asks[name], today)):
            values = ", ".join(found)
            say.say(f"{name} : la boutique a {values}", f"{name}: the shop has {values}")
