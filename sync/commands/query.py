"""The command that asks how many people a rule holds for."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select

from connector.answers.questions import ask
from connector.models import Segment
from connector.tables import table
from sync.asked import asked_day
from sync.language.voice import emit, voice
from sync.limit import limited
from sync.shelf import shelf
from sync.workspace import open_workspace


def run(
    config: Path | None, database: str | None, text: str, *, as_of: str | None, timeout: float, as_json: bool
) -> None:
    """Print how many people a rule holds for at the end of a day, its one spelling, and Shopify's words for it."""
    workspace = open_workspace(config, database, existing=True)
    say = voice(workspace.settings, quiet=as_json)
    segments = table(Segment)
    with workspace.engine.connect() as connection, limited(connection, timeout, say.language):
        kept = frozenset(connection.scalars(select(segments.c.key).where(segments.c.active)))
        answer = ask(
            connection,
            text,
            asked_day(workspace, as_of),
            shelf(workspace.settings).library,
            say.written,
            today=workspace.today(),
            kept=kept,
        )
    if as_json:
        emit(
            {
                "people": answer.people,
                "canonical": answer.canonical,
                "portability": answer.portability.mark,
                "native": answer.portability.native,
                "warnings": list(answer.warnings),
            }
        )
        return
    say.say(say.people(answer.people), say.people(answer.people))
    say.say(f"  {answer.canonical}", f"  {answer.canonical}")
    if answer.portability.native is not None:
        say.say(f"  Shopify : {answer.portability.native}", f"  Shopify: {answer.portability.native}")
    for warning in answer.warnings:
        say.say(f"  ! {warning}", f"  ! {warning}")
