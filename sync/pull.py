"""Source to database: page by page, a page's rows and its cursor in one transaction.

Whatever interrupts a pull, the next one goes on from the last page that was stored; what comes twice changes nothing.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Engine, select

from connector.database import upsert
from connector.days import epoch, local_day
from connector.errors import RecordError
from connector.models import Checkpoint
from connector.privacy.admission import Admission
from connector.privacy.suppressions import Suppressions
from connector.records import Deletion, Page, ProductRecord, Rejected
from connector.rows.checkouts import write_checkouts
from connector.rows.customers import delete_customers, write_customers
from connector.rows.orders import delete_orders, write_orders
from connector.rows.products import write_products
from connector.rows.writing import Digested, Origin, Writing, Written
from connector.source import Source
from connector.stores import OpenStore
from connector.tables import table
from sync.quarantine import UNFIT, digest, keep, release, unfit

Stream = Literal["customers", "orders", "checkouts"]
Progress = Callable[[str, int, int | None], None]
"""Told what is being worked off, how much of it is done, and of how much where that is known."""

_WRITE: dict[Stream, Callable[[Connection, Writing, Any], Written]] = {
    "customers": write_customers,
    "orders": write_orders,
    "checkouts": write_checkouts,
}
_DELETE: dict[Stream, Callable[[Connection, Writing, Sequence[Deletion]], int]] = {
    "customers": delete_customers,
    "orders": delete_orders,
}

_Records = list[Digested[Any]]
_Write = Callable[[Connection, Writing, Stream, _Records], tuple[Written, list[Rejected]]]


@dataclass(frozen=True, slots=True)
class _Stored:
    """What became of one page."""

    written: Written
    deleted: int
    quarantined: int
    warnings: tuple[str, ...]
    waiting: _Records


@dataclass
class PullReport:
    """What a pull read and wrote, stream by stream."""

    written: dict[Stream, Written] = field(default_factory=dict)
    deleted: int = 0
    quarantined: int = 0
    warnings: dict[str, None] = field(default_factory=dict)  # each once, in the order they came

    def add(self, stream: Stream, page: _Stored) -> None:
        """Count in a page that was committed."""
        self.written[stream] = self.rows(stream) + page.written
        self.deleted += page.deleted
        self.quarantined += page.quarantined
        self.warnings.update(dict.fromkeys(page.warnings))

    def rows(self, stream: Stream) -> Written:
        """What became of a stream's records."""
        return self.written.get(stream, Written())


@dataclass(frozen=True)
class Pull:
    """One pull of one store into the database; `clock` is asked once a page."""

    engine: Engine
    store: OpenStore
    clock: Callable[[], datetime]
    origin: Origin = "api"
    shared: frozenset[str] = frozenset()
    progress: Progress = lambda _stream, _done, _expected: None
    suppressed: Suppressions | None = None
    _waiting: _Records = field(default_factory=list)  # accounts of erased people, who may have placed an order since

    def run(self, source: Source) -> PullReport:
        """Read every stream from where the last pull ended; customers first, so that orders find their people."""
        report = PullReport()
        with _rare_collections():
            self._stream("customers", source.customers, report)
            self._stream("orders", source.orders, report)
            self._stream("checkouts", source.checkouts, report)
            self.admit_again(report)
        return report

    def admit_again(self, report: PullReport) -> None:
        """Write the accounts of people who were erased and turn out to have placed an order since."""
        if self._waiting:
            self.take("customers", Page(tuple(item.record for item in self._waiting)), report)
            self._waiting.clear()

    def _stream(self, stream: Stream, read: Callable[[str | None], Iterable[Page[Any]]], report: PullReport) -> None:
        done = 0
        for page in read(self._cursor(stream)):
            self.take(stream, page, report)
            done += len(page.records) + len(page.rejected)
            self.progress(stream, done, page.expected)

    def take(self, stream: Stream, page: Page[Any], report: PullReport) -> None:
        """Store one page with its cursor, and count it in."""
        try:
            with self.engine.begin() as connection:
                stored = self._store(connection, stream, page, _together)
        except UNFIT:  # one of its records cannot be stored: find out which
            with self.engine.begin() as connection:
                stored = self._store(connection, stream, page, _one_by_one)
        report.add(stream, stored)
        self._waiting.extend(stored.waiting)

    def _cursor(self, stream: Stream) -> str | None:
        """Where the last pull of this stream ended; a file has no cursor."""
        if self.origin == "file":
            return None
        checkpoints = table(Checkpoint)
        with self.engine.connect() as connection:
            return connection.scalar(
                select(checkpoints.c.cursor).where(
                    checkpoints.c.store_id == self.store.id, checkpoints.c.stream == stream
                )
            )

    def _store(self, connection: Connection, stream: Stream, page: Page[Any], write: _Write) -> _Stored:
        """Write one page and its cursor; the caller commits both, or neither."""
        now = self.clock()
        writing = Writing(self.store, self.origin, epoch(now), local_day(now, self.store.zone), self.shared)
        products, lost = _storable(page.products)
        write_products(connection, self.store.id, products)
        records, unreadable = _digested(page.records)
        waiting: _Records = []
        if self.suppressed:
            admission = Admission(connection, writing, self.suppressed)
            records, waiting = admission.admit(stream, records)
        written, refused = write(connection, writing, stream, records)
        rejected = [*page.rejected, *unreadable, *refused]
        if self.suppressed:
            rejected = admission.readable(rejected, stream)
        deleted = _DELETE[stream](connection, writing, page.deletions) if page.deletions else 0
        release(connection, self.store.id, stream, [item.record.id for item in records])
        keep(connection, writing, stream, rejected)
        if page.cursor is not None and self.origin == "api":
            row = {"store_id": self.store.id, "stream": stream, "cursor": page.cursor, "at": epoch(now)}
            connection.execute(upsert(connection, table(Checkpoint), ("store_id", "stream")), row)
        return _Stored(written, deleted, len(rejected), (*page.warnings, *lost), waiting)


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Have the collector look for cycles less often: a page is made of what goes without it, and has none."""
    usual = gc.get_threshold()
    gc.set_threshold(100_000, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _together(
    connection: Connection, writing: Writing, stream: Stream, records: _Records
) -> tuple[Written, list[Rejected]]:
    """Write the records of a page at once; one of UNFIT where any of them cannot be stored."""
    return _WRITE[stream](connection, writing, records), []


def _one_by_one(
    connection: Connection, writing: Writing, stream: Stream, records: _Records
) -> tuple[Written, list[Rejected]]:
    """Write the records of a page singly, and hand back those that cannot be stored."""
    written, refused = Written(), []
    for item in records:
        try:
            with connection.begin_nested():
                written += _WRITE[stream](connection, writing, [item])
        except UNFIT as error:
            refused.append(unfit(item.record, error))
    return written, refused


def _digested(records: Iterable[Any]) -> tuple[_Records, list[Rejected]]:
    """The records with their digests, and those that have no id, or texts that cannot be stored."""
    fit: _Records = []
    refused = []
    for record in records:
        if not record.id:
            refused.append(unfit(record, RecordError("It has no id.")))
            continue
        try:
            fit.append(Digested(record, digest(record)))
        except UNFIT as error:
            refused.append(unfit(record, error))
    return fit, refused


def _storable(products: Iterable[ProductRecord]) -> tuple[list[ProductRecord], list[str]]:
    """The products that can be stored, and a warning for each that cannot."""
    fit, lost = [], []
    for product in products:
        try:
            digest(product)
        except UNFIT:
            lost.append(f"Product {product.id!a} was left out: its texts cannot be stored.")
        else:
            fit.append(product)
    return fit, lost
