"""The inbox: what platforms have told and nobody has looked into yet.

A SQLite database has its inbox in a file of its own, `<database>.inbox`, so that a delivery is answered while the one
writer works; PostgreSQL has room for both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import BigInteger, Column, Engine, Integer, MetaData, String, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite

from connector.database import batches
from connector.days import epoch, instant
from connector.faults import explained
from connector.source import Hint, PrivacyRequest
from sync.beside import beside

MEMORY = timedelta(days=7)
"""For so long a delivery that comes again is known again: Shopify repeats one for four hours."""

metadata = MetaData()
_NUMBER = BigInteger().with_variant(Integer, "sqlite")
_hints = Table(
    "inbox_hints",
    metadata,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),  # of the latest delivery
    Column("store", String, nullable=False),
    Column("stream", String, nullable=False),
    Column("platform_id", String, nullable=False),
    Column("changed_at", BigInteger),
    sqlite_autoincrement=True,
)
_requests = Table(
    "inbox_requests",
    metadata,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    Column("store", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("customer_id", String, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("settled_at", BigInteger),
    sqlite_autoincrement=True,
)
_deliveries = Table(
    "inbox_deliveries",
    metadata,
    Column("key", String, primary_key=True),  # a digest
    Column("at", BigInteger, nullable=False),
)


Act = Callable[[str, Literal["export", "erase", "erase_shop"], str], None]
"""Does what is asked, given store, kind and the customer's id there ("" of a whole shop)."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A hint that waits; `number` is that of the latest delivery of it."""

    number: int
    hint: Hint


@dataclass(frozen=True, slots=True)
class Request:
    """A privacy request that is not settled yet, as the store `store` was told it."""

    number: int
    store: str
    asked: PrivacyRequest
    received_at: datetime


class Inbox:
    """The inbox that belongs to a database; its tables are made where they are not there."""

    def __init__(self, engine: Engine) -> None:
        self.engine = beside(engine, "inbox")
        with explained(self.engine):
            metadata.create_all(self.engine)

    def put(self, store: str, told: Hint | PrivacyRequest, keys: Sequence[str], now: datetime) -> bool:
        """Keep what a delivery told; False, and nothing is written, where one with any of these keys came before."""
        with self.engine.connect() as connection:
            if connection.scalar(select(func.count()).where(_deliveries.c.key.in_(keys))):
                return False
        with explained(self.engine), self.engine.begin() as connection:
            new = _unless_there(connection.dialect.name)
            connection.execute(new, [{"key": key, "at": epoch(now)} for key in keys])
            if isinstance(told, PrivacyRequest):
                row = {"store": store, "kind": told.kind, "customer_id": told.customer_id, "received_at": epoch(now)}
                connection.execute(_requests.insert(), row)
            else:
                same = _hints.delete().where(
                    _hints.c.store == store, _hints.c.stream == told.stream, _hints.c.platform_id == told.id
                )
                connection.execute(same)
                at = epoch(told.changed_at) if told.changed_at else None
                row = {"store": store, "stream": told.stream, "platform_id": told.id, "changed_at": at}
                connection.execute(_hints.insert(), row)
        return True

    def waiting(self) -> bool:
        """Whether there are hints."""
        with self.engine.connect() as connection:
            return connection.scalar(select(_hints.c.number).limit(1)) is not None

    def hints(self, store: str, most: int) -> list[Waiting]:
        """A store's hints, the oldest first."""
        statement = select(_hints).where(_hints.c.store == store).order_by(_hints.c.number).limit(most)
        with self.engine.connect() as connection:
            rows = connection.execute(statement).all()
        return [Waiting(row.number, Hint(row.stream, row.platform_id, _instant(row.changed_at))) for row in rows]

    def done(self, hints: Iterable[Waiting]) -> None:
        """Forget hints that were looked into; one that was told again in the meantime has another number, and stays."""
        with self.engine.begin() as connection:
            for numbers in batches(waiting.number for waiting in hints):
                connection.execute(_hints.delete().where(_hints.c.number.in_(numbers)))

    def requests(self) -> list[Request]:
        """The privacy requests that wait, the oldest first."""
        statement = select(_requests).where(_requests.c.settled_at.is_(None)).order_by(_requests.c.number)
        with self.engine.connect() as connection:
            rows = connection.execute(statement).all()
        return [
            Request(row.number, row.store, PrivacyRequest(row.kind, row.customer_id), instant(row.received_at))
            for row in rows
        ]

    def carry_out(self, act: Act, now: datetime) -> int:
        """Call `act(store, kind, customer id)` for each request that waits, which is settled by that; how many."""
        settled = self.requests()
        for found in settled:
            act(found.store, found.asked.kind, found.asked.customer_id)
        with self.engine.begin() as connection:
            for numbers in batches(found.number for found in settled):
                rows = _requests.c.number.in_(numbers)
                connection.execute(_requests.update().where(rows).values(settled_at=epoch(now), customer_id=""))
        if settled:
            self._clear_journal()
        return len(settled)

    def drop(self, told: Iterable[tuple[str, str, str]]) -> None:
        """Forget the hints of who is to be known no more, by store, stream and id; nothing of them is left behind."""
        with self.engine.begin() as connection:
            for store, stream, platform_id in told:
                same = _hints.c.store == store, _hints.c.stream == stream, _hints.c.platform_id == platform_id
                connection.execute(_hints.delete().where(*same))
        self._clear_journal()

    def _clear_journal(self) -> None:
        """Leave nothing in a journal of what was deleted."""
        if self.engine.dialect.name == "sqlite":
            with self.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    def forget(self, now: datetime) -> None:
        """Forget deliveries that no platform repeats any more."""
        with self.engine.begin() as connection:
            connection.execute(_deliveries.delete().where(_deliveries.c.at < epoch(now - MEMORY)))


def _unless_there(dialect: str) -> sqlite.Insert | postgresql.Insert:
    made = sqlite.insert(_deliveries) if dialect == "sqlite" else postgresql.insert(_deliveries)
    return made.on_conflict_do_nothing(index_elements=["key"])


def _instant(seconds: int | None) -> datetime | None:
    return None if seconds is None else instant(seconds)
