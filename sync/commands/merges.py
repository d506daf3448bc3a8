"""The commands that show and undo merges of people."""

from __future__ import annotations

from pathlib import Path

from connector.merges import joined
from connector.people import find_people
from sync.language.voice import emit, voice
from sync.privacy.disclosing import disclose
from sync.tasks.merges import separate
from sync.workspace import open_workspace


def run(config: Path | None, database: str | None, person: str | None, *, as_json: bool) -> None:
    """Print each merge that holds, newest first: its number, the two people, the key that joined them, the day."""
    workspace = open_workspace(config, database, existing=True)
    with workspace.engine.connect() as connection:
        rows = joined(connection, None if person is None else find_people(connection, person))
    say = voice(workspace.settings, quiet=as_json)
    if rows:
        disclose(workspace, "merges", people=len(rows))
    for row in rows:
        if as_json:
            emit(
                {
                    "merge": row.number,
                    "kept": row.kept,
                    "absorbed": row.absorbed,
                    "by": {"kind": row.kind, "value": row.value},
                    "on": row.day,
                }
            )
        day = say.day(row.day)
        say.say(
            f"{row.number}  {day}  la personne {row.absorbed} est devenue {row.kept} ({row.kind} {row.value})",
            f"{row.number}  {day}  person {row.absorbed} became {row.kept} ({row.kind} {row.value})",
        )
    if not rows:
        say.say("Aucune fusion.", "No merges.")


def split(config: Path | None, database: str | None, number: int) -> None:
    """Undo one merge; the next recompute looks at both people again."""
    workspace = open_workspace(config, database, existing=True)
    separate(workspace, number)
    voice(workspace.settings).say(
        "Séparées. Le prochain recalcul les regarde toutes deux.", "Separated. The next recompute looks at both."
    )
