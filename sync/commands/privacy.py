"""The command that prints the record of processing."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from sqlalchemy import func, select

from connector.database import NAMELESS
from connector.faults import place
from connector.models import Customer
from connector.privacy.objections import objecting
from connector.privacy.record import Facts, Sending, record
from connector.tables import table
from connectors import kinds
from sync.language.voice import emit, voice
from sync.privacy.leftovers import waiting
from sync.shelf import shelf
from sync.workspace import Workspace, open_workspace


def run(config: Path | None, database: str | None, *, as_json: bool) -> None:
    """Print what is held, why, how long, and where it goes, as the settings are now."""
    workspace = open_workspace(config, database, existing=True)
    say = voice(workspace.settings, quiet=as_json)
    facts = _facts(workspace)
    if as_json:
        emit(asdict(facts) | {"telemetry": False, "text": list(record(facts, say.written))})
    for line in record(facts, say.language):
        say.say(line, line)


def _facts(workspace: Workspace) -> Facts:
    settings, people = workspace.settings, table(Customer)
    here = select(func.count()).select_from(people).where(people.c.merged_into.is_(None))
    with workspace.engine.connect() as connection:
        return Facts(
            stores=tuple((key, store.platform) for key, store in settings.stores.items()),
            fields=tuple(sorted({name for store in settings.stores.values() for name in store.fields})),
            database=place(workspace.engine),
            people=connection.scalar(here) or 0,
            nameless=connection.scalar(here.where(people.c.id >= NAMELESS)) or 0,
            objecting=len(objecting(connection)),
            sendings=tuple(_sendings(workspace)),
            retain=settings.privacy.retain,
            retain_prospects=settings.privacy.retain_prospects,
            waiting=sum(count for place, count in waiting(connection).items() if place != "file"),
        )


def _sendings(workspace: Workspace) -> list[Sending]:
    settings, library = workspace.settings, shelf(workspace.settings).library
    return [
        Sending(
            key,
            chosen.platform,
            tuple(entry.label.of(settings.language) for name in chosen.push for entry in library.named(name)),
            tuple(chosen.write) or kinds(chosen.platform)[:1],
            chosen.contacts == "all",
            chosen.read_sends,
        )
        for key, chosen in settings.destinations.items()
    ]
