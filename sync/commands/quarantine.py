"""The commands for what could not be read: showing it with its reason, and asking the shop for it again."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from sqlalchemy import select

from connector.days import instant
from connector.errors import SettingsError
from connector.models import Quarantine, Store
from connector.settings import StoreSettings
from connector.source import LiveSource, Source
from connector.tables import AnyRow, table
from sync.lock import writer
from sync.pull import Pull
from sync.retry import Retried, retry
from sync.runs import recorded
from sync.told import sentence
from sync.voice import Voice, emit, voice
from sync.workspace import Workspace, open_workspace

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


def retried(workspace: Workspace, number: int | None) -> Retried:
    """What became of one record, or of all of them, that was fetched again; the caller is the one who writes."""
    stores = {row.store for row in rows(workspace) if number in {None, row.id}}
    if number is not None and not stores:
        raise SettingsError(f"No record {number} is in quarantine.", remedy="List them: connector quarantine list.")
    unnamed = sorted(stores - workspace.settings.stores.keys())
    if unnamed:
        raise SettingsError(
            f"The settings name no shop to ask for {', '.join(unnamed)}.",
            remedy="A record of a file leaves the quarantine when the corrected file is imported.",
        )
    total = Retried()
    for key, settings, source in workspace.sources() if stores else ():
        if key in stores:
            done = _retry(workspace, key, settings, source, number)
            total = Retried(*(mine + its for mine, its in zip(_counts(total), _counts(done), strict=True)))
    return total


def _counts(report: Retried) -> tuple[int, ...]:
    return tuple(asdict(report).values())


def _retry(workspace: Workspace, key: str, settings: StoreSettings, source: Source, number: int | None) -> Retried:
    assert isinstance(source, LiveSource)  # the platforms of the settings are all shops
    with recorded(workspace.engine, f"retry {key}", workspace.now) as record:
        store = workspace.register(key, settings, source, force=False)
        shared = frozenset(settings.shared_emails)
        pull = Pull(workspace.engine, store, workspace.now, shared=shared, suppressed=workspace.suppressed)
        done = retry(pull, source, number)
        record.detail |= asdict(done)
    return done


def rows(workspace: Workspace) -> list[AnyRow]:
    """Each record in quarantine with the key of its store, oldest first."""
    kept, stores = table(Quarantine), table(Store)
    statement = select(kept, stores.c.key.label("store")).join(stores, stores.c.id == kept.c.store_id)
    with workspace.engine.connect() as connection:
        return list(connection.execute(statement.order_by(kept.c.id)).all())


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
