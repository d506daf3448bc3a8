"""The commands for what could not be read: showing it with its reason, and asking the shop for it again."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from connector.days import instant
from connector.tables import AnyRow
from sync.language.told import sentence
from sync.language.voice import Voice, emit, voice
from sync.lock import writer
from sync.retry import Retried
from sync.tasks.quarantine import retried, rows
from sync.workspace import open_workspace

STREAMS = {"orders": "commande", "customers": "compte", "checkouts": "panier"}


def show(config: Path | None, database: str | None, *, as_json: bool) -> None:
    """Print each record in quarantine: its number, its store and stream, its id there, the reason, the hash."""
    workspace = open_workspace(config, database, existing=True)
    say = voice(workspace.settings, quiet=as_json)
    kept = rows(workspace)
    for row in kept:
        _show(say, row, as_json=as_json)
    if not kept:
        say.say("La quarantaine est vide.", "Nothing is in quarantine.")


def again(config: Path | None, database: str | None, number: int | None, *, as_json: bool) -> None:
    """Fetch one record, or all of them, again; what can be stored leaves the quarantine."""
    workspace = open_workspace(config, database, existing=True)
    say = voice(workspace.settings, quiet=as_json)
    with writer(workspace.engine, now=workspace.now()):
        total = retried(workspace, number)
    if as_json:
        emit(asdict(total))
    tell(say, total)


def _show(say: Voice, row: AnyRow, *, as_json: bool) -> None:
    seen, fingerprint = instant(row.seen_at), f"{row.digest % 2**64:016x}"
    if as_json:
        emit(
            {
                "number": row.id,
                "store": row.store,
                "stream": row.stream,
                "id": row.platform_id,
                "reason": row.reason,
                "hash": fingerprint,
                "seen_at": seen.isoformat(),
                "size": len(row.payload.encode()),
            }
        )
    say.say(
        f"{row.id}  {row.store}  {STREAMS[row.stream]} {row.platform_id or '(sans identifiant)'}  "
        f"{say.moment(seen)} UTC  {fingerprint}\n    {sentence(row.reason, 'fr')}",
        f"{row.id}  {row.store}  {row.stream.removesuffix('s')} {row.platform_id or '(no id)'}  "
        f"{say.moment(seen)} UTC  {fingerprint}\n    {row.reason}",
    )


def tell(say: Voice, done: Retried) -> None:
    """Say what became of records that were asked for again."""
    say.say(
        f"{say.count(done.stored, 'enregistré', 'enregistrés')}, "
        f"{say.count(done.gone, 'disparu', 'disparus')} de la boutique, "
        f"{say.count(done.kept, 'toujours illisible', 'toujours illisibles')}.",
        f"{say.number(done.stored)} stored, {say.number(done.gone)} gone at the shop, "
        f"{say.number(done.kept)} still unreadable.",
    )
    if done.nameless:
        say.say(
            f"{say.number(done.nameless)} sans identifiant, impossible à redemander.",
            f"{say.number(done.nameless)} without an id, which cannot be asked for.",
        )
