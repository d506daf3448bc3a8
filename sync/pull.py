"""Source to database: page by page, a page's rows and its cursor in one transaction.

Whatever interrupts a pull, the next one goes on from the last page that was stored; what comes twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from typing import Any, Literal

import msgspec
from sqlalchemy import Connection, Engine, func, select

from connector.database import batches, upsert
from connector.days import epoch, local_day
from connector.models import Checkpoint, Quarantine
from connector.records import Page, Rejected
from connector.rows.checkouts import write_checkouts
from connector.rows.customers import write_customers
from connector.rows.orders import delete_orders, write_orders
from connector.rows.products import write_products
from connector.rows.writing import Digested, Origin, Writing, Written
from connector.source import Source
from connector.stores import OpenStore
from connector.tables import table

Stream = Literal["customers", "orders", "checkouts"]
Progress = Callable[[str, int, int | None], None]
"""Told what is being worked off, how much of it is done, and of how much where that is known."""

_WRITE: dict[Stream, Callable[[Connection, Writing, Any], Written]] = {
    "customers": write_customers,
    "orders": write_orders,
    "checkouts": write_checkouts,
}


@dataclass
class PullReport:
    """What a pull read and wrote, stream by stream."""

    written: dict[Stream, Written] = field(default_factory=dict)
    deleted: int = 0
    quarantined: int = 0
    warnings: dict[str, None] = field(default_factory=dict)  # each once, in the order they came

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

    def run(self, source: Source) -> PullReport:
        """Read every stream from where the last pull ended; customers first, so that orders find their people."""
        report = PullReport()
        self._stream("customers", source.customers, report)
        self._stream("orders", source.orders, report)
        self._stream("checkouts", source.checkouts, report)
        return report

    def _stream(self, stream: Stream, read: Callable[[str | None], Iterable[Page[Any]]], report: PullReport) -> None:
        done = 0
        for page in read(self._cursor(stream)):
            with self.engine.begin() as connection:
                self._write(connection, stream, page, report)
            done += len(page.records) + len(page.rejected)
            self.progress(stream, done, page.expected)

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

    def _write(self, connection: Connection, stream: Stream, page: Page[Any], report: PullReport) -> None:
        """Write one page and its cursor; the caller commits both, or neither."""
        now = self.clock()
        writing = Writing(self.store, self.origin, epoch(now), local_day(now, self.store.zone), self.shared)
        write_products(connection, self.store.id, page.products)
        written = _WRITE[stream](connection, writing, [Digested(record, digest(record)) for record in page.records])
        report.written[stream] = report.rows(stream) + written
        if stream == "orders":
            report.deleted += delete_orders(connection, writing, page.deletions)
        _release(connection, self.store.id, stream, [record.id for record in page.records])
        _quarantine(connection, writing, stream, page.rejected)
        report.quarantined += len(page.rejected)
        report.warnings.update(dict.fromkeys(page.warnings))
        if page.cursor is not None and self.origin == "api":
            row = {"store_id": self.store.id, "stream": stream, "cursor": page.cursor, "at": epoch(now)}
            connection.execute(upsert(connection, table(Checkpoint), ("store_id", "stream")), row)


def digest(value: object) -> int:
    """A signed 64-bit digest of a record's content, the same on every machine."""
    return int.from_bytes(blake2b(msgspec.json.encode(value), digest_size=8).digest(), signed=True)


def _quarantine(connection: Connection, writing: Writing, stream: Stream, rejected: Iterable[Rejected]) -> None:
    """Keep what could not be read, once, with its reason."""
    rows = [
        {
            "store_id": writing.store.id,
            "stream": stream,
            "platform_id": item.id,
            "digest": digest(item.payload),
            "payload": item.payload,
            "reason": item.reason,
            "seen_at": writing.now,
        }
        for item in rejected
    ]
    for row in rows:
        connection.execute(upsert(connection, table(Quarantine), ("store_id", "stream", "digest")), row)


def _release(connection: Connection, store_id: int, stream: Stream, ids: list[str]) -> None:
    """Let go of what was in quarantine under an id that can be read now."""
    quarantine = table(Quarantine)
    if not connection.scalar(select(func.count()).select_from(quarantine)):
        return
    for batch in batches(ids):
        connection.execute(
            quarantine.delete().where(
                quarantine.c.store_id == store_id,
                quarantine.c.stream == stream,
                quarantine.c.platform_id.in_(batch),
            )
        )
