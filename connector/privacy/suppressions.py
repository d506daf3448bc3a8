"""Who is not to come back: keyed hashes of the identities and orders of people who were erased; and who objects.

They lie in a file of their own, with the key, so that the database alone, or an older copy of it, tells nothing of
them; and so that whoever an older copy brings back is found again. Each erasure and each objection has a number, which
the database remembers too: a database that knows fewer of them is an older copy.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from secrets import token_bytes
from typing import Literal, TypeAlias

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    case,
    create_engine,
    func,
    select,
)
from sqlalchemy.dialects.sqlite import insert

from connector.database import batches, path, sqlite_file
from connector.errors import ConnectorError
from connector.faults import explained, tell_faults
from connector.identity import EVERYWHERE, Key
from connector.models import BigInt
from connector.privacy.disclosures import Disclosures
from connector.tables import AnyRow

Name: TypeAlias = tuple[str, str, str]
"""What tells somebody from others: account, email, phone or order; the key of the store, if it has one; the value."""

_metadata = MetaData()
_secret = Table("secret", _metadata, Column("key", LargeBinary, primary_key=True))
_suppressed = Table(
    "suppressed",
    _metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("at", BigInt, nullable=False),  # what is dated up to then is not to come back
    sqlite_with_rowid=False,
)
_objections = Table(
    "objections",
    _metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("serial", Integer, nullable=False),  # of what was said last
    Column("day", Integer, nullable=False),  # from which on it holds
    Column("objects", Boolean, nullable=False),  # False: withdrawn
    sqlite_with_rowid=False,
)
_erasures = Table(
    "erasures",
    _metadata,
    Column("serial", Integer, primary_key=True),
    Column("at", BigInt, nullable=False),
    Column("kind", Text, nullable=False),  # erasure, objection
)

Kind = Literal["erasure", "objection"]


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody said last about profiling, and from which day on it holds."""

    serial: int
    day: int
    objects: bool


@dataclass(frozen=True)
class Suppressions:
    """The file; while nobody was ever erased, and nobody objected, there is none."""

    file: Path

    @classmethod
    def beside(cls, engine: Engine, otherwise: Path) -> Suppressions:
        """The file of a database: beside a SQLite file, else the one that is named."""
        database = path(engine)
        return cls(database.with_name(f"{database.name}.suppressed") if database is not None else otherwise)

    @property
    def exports(self) -> Path:
        """The folder beside it for exports that shops ask for."""
        return self.file.with_suffix(".exports")

    @property
    def disclosures(self) -> Disclosures:
        """The log beside it of who was shown what."""
        return Disclosures(self.file.with_suffix(".disclosures"))

    def __bool__(self) -> bool:
        return self.file.exists()

    def add(self, names: Iterable[Name], at: int, after: int = 0) -> int:
        """Suppress these, of what is dated up to `at`; the number of this erasure, which is higher than `after`.

        All of it is on the disk when this ends.
        """
        self.make()
        with explained(self._engine), self._engine.begin() as connection:
            rows = [{"hash": self._hash(name), "at": at} for name in set(names)]
            statement = insert(_suppressed)
            later = func.max(_suppressed.c.at, statement.excluded.at)
            if rows:
                connection.execute(statement.on_conflict_do_update(index_elements=["hash"], set_={"at": later}), rows)
            return _next(connection, "erasure", at, after)

    def say(self, names: Iterable[Name], day: int, at: int, after: int = 0, *, objects: bool) -> int:
        """Note that whoever has these names objects from a day on, or no longer; the number of this objection.

        All of it is on the disk when this ends.
        """
        self.make()
        with explained(self._engine), self._engine.begin() as connection:
            serial = _next(connection, "objection", at, after)
            rows = [{"hash": self._hash(name), "serial": serial, "day": day, "objects": objects} for name in set(names)]
            if rows:
                statement = insert(_objections)
                new = statement.excluded
                still = _objections.c.objects & new.objects  # who objects already does so since then
                since = case((still, func.min(_objections.c.day, new.day)), else_=new.day)
                values = {"serial": new.serial, "day": since, "objects": new.objects}
                connection.execute(statement.on_conflict_do_update(index_elements=["hash"], set_=values), rows)
        return serial

    def said(self, names: Iterable[Name]) -> dict[Name, Said]:
        """What was said last under those of the names of whom anything was."""
        return {name: Said(row.serial, row.day, row.objects) for name, row in self._found(_objections, names)}

    def since(self, names: Iterable[Name]) -> dict[Name, int]:
        """Those of the names that are suppressed, each with the instant up to which it is."""
        return {name: int(row.at) for name, row in self._found(_suppressed, names)}

    def _found(self, rows: Table, names: Iterable[Name]) -> Iterator[tuple[Name, AnyRow]]:
        if not self:
            return
        hashes = {self._hash(name): name for name in names}
        with explained(self._engine), self._engine.connect() as connection:
            for batch in batches(hashes):
                for row in connection.execute(select(rows).where(rows.c.hash.in_(batch))):
                    yield hashes[row.hash], row

    def serials(self, kind: Kind = "erasure") -> dict[int, int]:
        """The number of each erasure, or of each objection, with its instant."""
        if not self:
            return {}
        with explained(self._engine), self._engine.connect() as connection:
            rows = connection.execute(select(_erasures).where(_erasures.c.kind == kind))
            return {row.serial: row.at for row in rows}

    def _hash(self, name: Name) -> bytes:
        return blake2b("\n".join(name).encode("utf-8", "surrogatepass"), key=self._key, digest_size=20).digest()

    @cached_property
    def _key(self) -> bytes:
        with explained(self._engine), self._engine.connect() as connection:
            return bytes(connection.execute(select(_secret.c.key)).scalar_one())

    @cached_property
    def _engine(self) -> Engine:
        engine = create_engine(sqlite_file(self.file))
        tell_faults(engine)
        return engine

    def make(self) -> None:
        """Have the file, made under another name first: it is there whole, with its key, or it is not."""
        if self:
            return
        part = self.file.with_name(f"{self.file.name}.part")
        try:
            part.unlink(missing_ok=True)
            os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except OSError as error:
            raise ConnectorError(
                f"{self.file} cannot be made: {error.strerror}.",
                remedy="Nothing was changed. Give the user who runs the connector the right to write to that folder.",
            ) from error
        engine = create_engine(sqlite_file(part))
        with explained(engine), engine.begin() as connection:
            _metadata.create_all(connection)
            connection.execute(_secret.insert(), {"key": token_bytes(32)})
        engine.dispose()
        part.replace(self.file)


def _next(connection: Connection, kind: Kind, at: int, after: int) -> int:
    """A new number, higher than `after`."""
    serial = max(connection.scalar(select(func.max(_erasures.c.serial))) or 0, after) + 1
    connection.execute(_erasures.insert(), {"serial": serial, "at": at, "kind": kind})
    return serial


def name_of(key: Key, stores: Mapping[int, str]) -> Name:
    """The name of an identity; `stores` has their keys by id."""
    kind, scope, value = key
    return kind, "" if scope == EVERYWHERE else stores[scope], value
