"""Looking into hints: each thing that a platform told of is fetched, and stored as a pull would have.

A hint goes after the commit of what it led to. What is not there any more is marked so only because the platform
itself says so, and never where it may merely withhold it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import structlog
from sqlalchemy import select

from connector.database import chosen
from connector.days import day_number, epoch
from connector.errors import ConnectorError, RecordError, StoppedError, StorageError, UnsafeError
from connector.models import Account, Identity, Order
from connector.records import CustomerRecord, Deletion, OrderRecord, Page, Rejected
from connector.settings import StoreSettings
from connector.source import LiveSource
from connector.stores import OpenStore, open_store
from connector.tables import table
from sync.inbox import Inbox, Waiting
from sync.privacy.erasing import require
from sync.pull import Pull, PullReport
from sync.runs import recorded
from sync.workspace import Workspace

log = structlog.get_logger(__name__)

BATCH = 100
"""Hints of a store that are looked into before the lock is given back."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What became of hints: things fetched, rows that differ, hints that told nothing new."""

    fetched: int = 0
    changed: int = 0
    stale: int = 0

    def __add__(self, other: Looked) -> Looked:
        return Looked(self.fetched + other.fetched, self.changed + other.changed, self.stale + other.stale)

    @property
    def done(self) -> int:
        """How many hints were looked into."""
        return self.fetched + self.stale


def look(workspace: Workspace, inbox: Inbox) -> tuple[Looked, ConnectorError | None]:
    """Look into a batch of each store's hints; what became of them, and the first error once all stores were tried.

    The caller is the one who writes. Hints of a store whose first pull is still to come wait for it.
    """
    inbox.forget(workspace.now())
    total, failed = Looked(), None
    for key, settings, source in workspace.sources():
        try:
            total += _look(workspace, inbox, key, settings, source)
        except (UnsafeError, StoppedError, StorageError):
            raise
        except ConnectorError as error:
            failed = failed or error
    return total, failed


def _look(workspace: Workspace, inbox: Inbox, key: str, settings: StoreSettings, source: LiveSource) -> Looked:
    with workspace.engine.connect() as connection:
        store = open_store(connection, key)
    if store is None or not inbox.hints(key, 1):
        return Looked()
    with recorded(workspace.engine, f"hints {key}", workspace.now) as record:
        looked = _Looking(workspace, inbox, store, settings, source).batch()
        record.detail |= asdict(looked)
    return looked


@dataclass(frozen=True)
class _Looking:
    """The look into one store's hints; the caller is the one who writes."""

    workspace: Workspace
    inbox: Inbox
    store: OpenStore
    settings: StoreSettings
    source: LiveSource

    def batch(self) -> Looked:
        """Look into the oldest hints."""
        waiting = self.inbox.hints(self.store.key, BATCH)
        fresh, stale = self._sorted(waiting)
        customers = [item for item in fresh if item.hint.stream == "customers"]
        orders = [item for item in fresh if item.hint.stream == "orders"]
        pull = Pull(
            self.workspace.engine,
            self.store,
            self.workspace.now,
            shared=frozenset(self.settings.shared_emails),
            suppressed=require(self.workspace.engine, self.workspace.suppressed),
        )
        report = PullReport()
        if customers:  # first, so that orders find their people
            pull.take("customers", self._customers(customers), report)
        if orders:
            pull.take("orders", self._orders(orders), report)
        pull.admit_again(report)
        self.inbox.done(waiting)
        written = report.rows("customers") + report.rows("orders")
        return Looked(len(fresh), written.new + written.changed + report.deleted, len(stale))

    def _sorted(self, waiting: list[Waiting]) -> tuple[list[Waiting], list[Waiting]]:
        """Hints to look into, and those of a change before the one that is stored already."""
        known = self._known(waiting)
        fresh: list[Waiting] = []
        stale: list[Waiting] = []
        for item in waiting:
            at, stored = item.hint.changed_at, known.get((item.hint.stream, item.hint.id))
            (stale if at is not None and stored is not None and stored > epoch(at) else fresh).append(item)
        return fresh, stale

    def _known(self, waiting: list[Waiting]) -> dict[tuple[str, str], int | None]:
        """When what is stored was changed last."""
        accounts, identities, mine = table(Account), table(Identity), self.store.id
        orders = [item.hint.id for item in waiting if item.hint.stream == "orders"]
        customers = [item.hint.id for item in waiting if item.hint.stream == "customers"]
        people = (
            select(identities.c.value, accounts.c.updated_at)
            .join(accounts, accounts.c.identity_id == identities.c.id)
            .where(identities.c.kind == "account", identities.c.scope == mine, identities.c.value.in_(customers))
        )
        with self.workspace.engine.connect() as connection:
            rows = chosen(connection, table(Order), ("platform_id", "updated_at"), "platform_id", orders, store_id=mine)
            found: dict[tuple[str, str], int | None] = {("orders", row.platform_id): row.updated_at for row in rows}
            if customers:
                found |= {("customers", row.value): row.updated_at for row in connection.execute(people)}
        return found

    def _customers(self, waiting: Iterable[Waiting]) -> Page[CustomerRecord]:
        records, rejected, gone = [], [], []
        for item in waiting:
            try:
                found = self.source.customer(item.hint.id)
            except RecordError as error:
                rejected.append(_rejected(item, error))
                continue
            if found is None:
                gone.append(Deletion(item.hint.id))
            else:
                records.append(found)
        return Page(tuple(records), None, tuple(rejected), tuple(gone))

    def _orders(self, waiting: Iterable[Waiting]) -> Page[OrderRecord]:
        records, rejected, missing = [], [], []
        for item in waiting:
            try:
                found = self.source.order(item.hint.id)
            except RecordError as error:
                rejected.append(_rejected(item, error))
                continue
            if found is None:
                missing.append(item.hint.id)
            else:
                records.append(found)
        named = {line.product_id for order in records for line in order.lines if line.product_id}
        products = self.source.products(sorted(named)) if named else ()
        gone = tuple(Deletion(number) for number in self._gone(missing))
        return Page(tuple(records), None, tuple(rejected), gone, products)

    def _gone(self, missing: list[str]) -> list[str]:
        """Of orders that the platform does not show, those that it would show if it had them."""
        if not missing:
            return []
        floor = self.source.check().floor
        if floor is None:
            return missing
        with self.workspace.engine.connect() as connection:
            days = {
                row.platform_id: row.local_day
                for row in chosen(
                    connection,
                    table(Order),
                    ("platform_id", "local_day"),
                    "platform_id",
                    missing,
                    store_id=self.store.id,
                )
            }
        visible = day_number(floor) + 1
        return [number for number in missing if days.get(number, visible) >= visible]


def _rejected(item: Waiting, error: RecordError) -> Rejected:
    log.warning("cannot be read: see `connector quarantine list`", stream=item.hint.stream, error=error.message)
    return Rejected(item.hint.id, "", error.message)
