"""The commands that show and undo merges of people."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from sqlalchemy import or_, select

from connector.days import epoch, instant
from connector.identity import undo_merge
from connector.models import Identity, Merge
from connector.people import find_people
from connector.tables import table
from sync.disclosing import disclose
from sync.lock import writer
from sync.voice import emit, voice
from sync.workspace import open_workspace


def run(config: Path | None, database: str | None, person: str | None, *, as_json: bool) -> None:
    """Print each merge that holds, newest first: its number, the two people, the key that joined them, the day."""
    workspace = open_workspace(config, database, existing=True)
    merges, identities = table(Merge), table(Identity)
    statement = (
        select(merges, identities.c.kind, identities.c.value)
        .join(identities, identities.c.id == merges.c.identity_id)
        .where(merges.c.undone_at.is_(None))
        .order_by(merges.c.id.desc())
    )
    with workspace.engine.connect() as connection:
        if person is not None:
            ids = find_people(connection, person)
            statement = statement.where(or_(merges.c.kept_id.in_(ids), merges.c.absorbed_id.in_(ids)))
        rows = connection.execute(statement).all()
    say = voice(workspace.settings, quiet=as_json)
    if rows:
        disclose(workspace, "merges", people=len(rows))
    for row in rows:
        day: date = instant(row.merged_at).date()
        if as_json:
            emit(
                {
                    "merge": row.id,
                    "kept": row.kept_id,
                    "absorbed": row.absorbed_id,
                    "by": {"kind": row.kind, "value": row.value},
                    "on": day.isoformat(),
                }
            )
        say.say(
            f"{row.id}  {day}  la personne {row.absorbed_id} est devenue {row.kept_id} ({row.kind} {row.value})",
            f"{row.id}  {day}  person {row.absorbed_id} became {row.kept_id} ({row.kind} {row.value})",
        )
    if not rows:
        say.say("Aucune fusion.", "No merges.")


def split(config: Path | None, database: str | None, number: int) -> None:
    """Undo one merge; the next recompute looks at both people again."""
    workspace = open_workspace(config, database, existing=True)
    with writer(workspace.engine, now=workspace.now()), workspace.engine.begin() as connection:
        undo_merge(connection, number, now=epoch(workspace.now()))
    voice(workspace.settings).say(
        "Séparées. Le prochain recalcul les regarde toutes deux.", "Separated. The next recompute looks at both."
    )
