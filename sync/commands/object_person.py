"""The command by which a person objects to profiling, or takes that back."""

from __future__ import annotations

from pathlib import Path

from connector.people import find_person
from sync.language.voice import voice
from sync.lock import writer
from sync.tasks.objection import objected
from sync.workspace import open_workspace


def run(config: Path | None, database: str | None, person: str, *, ends: bool) -> None:
    """Take a person out of all segments and take our tags and fields off them; or, where it `ends`, back in."""
    workspace = open_workspace(config, database, existing=True)
    say = voice(workspace.settings)
    with writer(workspace.engine, now=workspace.now()):
        with workspace.engine.connect() as connection:
            number = find_person(connection, person)
        objected(workspace, say, number, ends=ends)
