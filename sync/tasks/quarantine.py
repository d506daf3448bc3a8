"""What could not be read: the records, and asking the shop for them again."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import select

from connector.errors import SettingsError
from connector.models import Quarantine, Store
from connector.settings import StoreSettings
from connector.source import LiveSource
from connector.tables import AnyRow, table
from sync.pull import Pull
from sync.retry import Retried, retry
from sync.runs import recorded
from sync.workspace import Workspace


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


def _retry(workspace: Workspace, key: str, settings: StoreSettings, source: LiveSource, number: int | None) -> Retried:
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
