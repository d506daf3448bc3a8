"""The log of who was shown personal data, or took them out of here; and of who changed settings or users.

It lies in a file of its own beside the database, so that who reads need not wait for who writes. It names people by
their numbers alone; of somebody who was erased, only that it happened is left.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Engine, Integer, MetaData, Table, Text, create_engine, event, select, update

from connector.database import batches, sqlite_file
from connector.errors import ConnectorError
from connector.faults import explained, tell_faults
from connector.models import BigInt

_metadata = MetaData()
_seen = Table(
    "disclosures",
    _metadata,
    Column("id", Integer, primary_key=True),
    Column("at", BigInt, nullable=False),
    Column("who", Text, nullable=False),  # the user of the system, or of the pages
    Column("command", Text, nullable=False),
    Column("what", Text, nullable=False),  # a segment's key, or nothing more than the command says
    Column("people", Integer, nullable=False),
    Column("customer_id", BigInt, index=True),  # where it was about one
)


ACTS = ("settings", "users")
"""What is noted of nobody's data, but of the program's own."""


@dataclass(frozen=True)
class Disclosures:
    """The file; it is made with its first line."""

    file: Path

    def note(
        self, who: str, command: str, what: str, at: int, *, people: int = 1, customer_id: int | None = None
    ) -> None:
        """Note that somebody was shown data of so many people; of which one, where it was about one."""
        self._make()
        row = {"who": who, "command": command, "what": what, "at": at, "people": people, "customer_id": customer_id}
        with explained(self._engine), self._engine.begin() as connection:
            connection.execute(_seen.insert(), row)

    def of(self, people: Collection[int]) -> list[dict[str, Any]]:
        """What was shown of some people, oldest first."""
        if not self.file.exists():
            return []
        columns = [_seen.c[name] for name in ("at", "who", "command", "what")]
        rows = select(*columns).where(_seen.c.customer_id.in_(people)).order_by(_seen.c.id)
        with explained(self._engine), self._engine.connect() as connection:
            return [dict(row._mapping) for row in connection.execute(rows)]

    def acts(self, limit: int) -> list[dict[str, Any]]:
        """Which settings and users were changed last, by whom, the newest first."""
        if not self.file.exists():
            return []
        columns = [_seen.c[name] for name in ("at", "who", "command", "what")]
        rows = select(*columns).where(_seen.c.command.in_(ACTS)).order_by(_seen.c.id.desc()).limit(limit)
        with explained(self._engine), self._engine.connect() as connection:
            return [dict(row._mapping) for row in connection.execute(rows)]

    def forget(self, people: Collection[int]) -> None:
        """Leave of these people only that something was shown."""
        if self.file.exists():
            with explained(self._engine), self._engine.begin() as connection:
                for batch in batches(people):
                    connection.execute(update(_seen).where(_seen.c.customer_id.in_(batch)).values(customer_id=None))

    @cached_property
    def _engine(self) -> Engine:
        engine = create_engine(sqlite_file(self.file))
        event.listen(engine, "connect", lambda raw, _record: raw.execute("PRAGMA secure_delete = ON"))
        tell_faults(engine)
        return engine

    def _make(self) -> None:
        try:
            os.close(os.open(self.file, os.O_CREAT | os.O_WRONLY, 0o600))
        except OSError as error:
            raise ConnectorError(
                f"{self.file} cannot be written: {error.strerror}.",
                remedy="Give the user who runs the connector the right to write to that folder.",
            ) from error
        with explained(self._engine):
            _metadata.create_all(self._engine)
