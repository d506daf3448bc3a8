"""The database: opening it at the right revision, transactions, bulk writes, and copies.

SQLite is one file beside the shop; PostgreSQL serves the same tables by the same statements.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from importlib.resources import files
from itertools import islice
from pathlib import Path, PurePath
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Dialect,
    Engine,
    Select,
    Table,
    bindparam,
    create_engine,
    delete,
    event,
    func,
    insert,
    inspect,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.schema import CreateTable

from connector.copies import copy_file, put_back, require_sound
from connector.errors import SettingsError
from connector.faults import explained, place, tell_faults
from connector.models import metadata
from connector.query.replenish import usual
from connector.tables import AnyRow
from connector.text import fold

BATCH = 900
"""Values in one IN list: below the oldest SQLite's limit of 999 bound parameters."""

_AT_ONCE = "writes_at_once"
"""The option of a connection whose transactions take the right to write as they begin, in SQLite."""

_BUSY, _UPGRADE = 5_000, 120_000
"""Milliseconds to wait for another one's transaction, and for its upgrade of the whole database."""

_MIGRATING = 0x6C636D67
"""The number of the advisory lock in PostgreSQL that whoever makes or changes the tables holds."""

NAMELESS = 2**52
"""From here on ids are random: they are those of people who were erased, and of their orders."""


def open_database(url: str) -> Engine:
    """The engine of `url` (or of a path), its tables made or migrated; ConnectorError where that cannot be.

    A copy of a SQLite file is kept beside it before each migration of existing data.
    """
    engine = connect(url)
    try:
        _open(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _open(engine: Engine) -> None:
    file = path(engine)
    if file is not None:
        _made(file)
    with explained(engine):
        with engine.connect() as connection:
            names = set(inspect(connection).get_table_names())  # first: what is made meanwhile is no stranger's
            found = revision(connection)
        if found is None:
            _refuse_strangers(engine, names)
        _refuse_newer(found)
        if found != head():
            _migrate(engine)


def connect(url: str) -> Engine:
    """The engine of `url`, a SQLAlchemy address or the path of a SQLite file; nothing is opened yet."""
    try:
        address = make_url(url) if "://" in url else sqlite_file(url)
        engine = create_engine(address, hide_parameters=True)  # no error is to quote people
    except (ArgumentError, ValueError, ImportError):
        raise _no_address() from None  # the address may hold a password, and these errors quote it
    if engine.dialect.name not in {"sqlite", "postgresql"}:
        raise _no_address()
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _pragmas)
        event.listen(engine, "begin", _begin)
    event.listen(engine, "connect", _lent)
    tell_faults(engine)
    return engine


def sqlite_file(file: PurePath | str) -> URL:
    """The address of a SQLite file, whatever stands in its path: drive letters, spaces, accents, %, ? or #."""
    return URL.create("sqlite", database=str(file))


def _no_address() -> SettingsError:
    return SettingsError(
        "The setting `database` is not the address of a database that can be used.",
        remedy="Write a path, or postgresql+psycopg://… (pip install lifecycle-connector[postgresql]).",
    )


def revision(connection: Connection) -> str | None:
    """The migration that the database stands at, None where it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one_or_none()


def head() -> str:
    """The newest migration: its file's number."""
    versions = files("connector.migrations.versions").iterdir()
    return max(entry.name.split("_")[0] for entry in versions if entry.name[0].isdigit())


def path(engine: Engine) -> Path | None:
    """The file of a SQLite database, None for a server or for memory."""
    name = engine.url.database
    return Path(name) if engine.dialect.name == "sqlite" and name and name != ":memory:" else None


def copy(engine: Engine, to: Path) -> None:
    """Write a whole and consistent copy of a SQLite database while others go on reading and writing."""
    copy_file(_file(engine), to)


def restore(engine: Engine, file: Path) -> None:
    """Put a copy back in place of a SQLite database; SettingsError where it is no whole copy of one of ours.

    The caller is the one who writes; readers see the one or the other. What was there is kept beside it.
    """
    target = _file(engine)
    require_sound(file)
    if target.exists() and target.samefile(file):
        raise SettingsError(f"{file} is the database itself.", remedy="Name a copy of it.")
    found = _revision_of(file)
    if found is None:
        raise SettingsError(f"{file} is no copy of a database of the connector.", remedy="Name another copy.")
    _refuse_newer(found)
    if target.exists() and target.stat().st_size:
        copy_file(target, target.with_name(f"{target.name}.before-restore"))
    _made(target)
    put_back(file, target)


def _file(engine: Engine) -> Path:
    file = path(engine)
    if file is None:
        raise SettingsError(
            "Only a SQLite database is copied here.", remedy="Use pg_dump and pg_restore for PostgreSQL."
        )
    return file


def _revision_of(file: Path) -> str | None:
    """The migration that a copy stands at; nothing is written to it, nor beside it."""
    other = create_engine(URL.create("sqlite", database=f"{file.resolve().as_uri()}?mode=ro", query={"uri": "true"}))
    try:
        with other.connect() as connection:
            return revision(connection)
    finally:
        other.dispose()


def _made(file: Path) -> None:
    """Have a new file be its owner's alone.

    One that is there is not touched: closing it would let go of the locks that SQLite holds for this process
    (sqlite.org/howtocorrupt.html, 2.2).
    """
    with suppress(OSError):  # SQLite says better what is wrong
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def compact(engine: Engine) -> bool:
    """Write the database anew without what was deleted, its journal too; False where a reader stood in the way."""
    with explained(engine):
        if engine.dialect.name != "sqlite":
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("VACUUM")
            return True
        raw = engine.raw_connection()  # no transaction is begun here, and none may be under way
        try:
            cursor = raw.cursor()
            cursor.execute("VACUUM")
            (busy, *_) = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            cursor.close()
        finally:
            raw.close()
    return not busy


def upsert(connection: Connection, table: Table, key: Sequence[str]) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that updates the row with the same `key` instead, where anything but its `id` differs."""
    statement = sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)
    others = [column for column in table.c if column.name not in {*key, "id"}]
    return statement.on_conflict_do_update(
        index_elements=list(key),
        set_={column.name: statement.excluded[column.name] for column in others},
        where=or_(*(column.is_distinct_from(statement.excluded[column.name]) for column in others)),
    )


def bulk(connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    """Insert many rows, values in the order of `columns` and of the database's own types.

    The statement is SQLAlchemy's; the values go to the driver as they are, which is 2.7 times as fast.
    """
    statement, positional = _insert(table, tuple(columns), connection.dialect)
    rows = iter(rows)
    while batch := list(islice(rows, 10_000)):
        parameters: Any = batch if positional else [dict(zip(columns, row, strict=True)) for row in batch]
        connection.exec_driver_sql(statement, parameters)


@lru_cache(maxsize=64)
def _insert(table: Table, columns: tuple[str, ...], dialect: Dialect) -> tuple[str, bool]:
    """The text of an INSERT, and whether its values go by their position."""
    compiled = insert(table).values({name: bindparam(name) for name in columns}).compile(dialect=dialect)
    return str(compiled), compiled.positional


def bulk_update(connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Update many rows by their `id`, the first of each row's values; the others in the order of `columns`."""
    if rows:
        statement = update(table).where(table.c.id == bindparam("row_id")).values({c: bindparam(c) for c in columns})
        connection.execute(statement, [dict(zip(("row_id", *columns), row, strict=True)) for row in rows])


def chosen(
    connection: Connection, table: Table, columns: Sequence[str], by: str, values: Iterable[Any], **same: object
) -> Iterator[AnyRow]:
    """The named columns of the rows whose column `by` is one of `values`, and whose others are as `same` says."""
    statement = _choice(table, tuple(columns), by, tuple(same))
    for batch in batches(values):
        yield from connection.execute(statement, {"values": batch, **same}).all()


@lru_cache(maxsize=64)
def _choice(table: Table, columns: tuple[str, ...], by: str, same: tuple[str, ...]) -> Select[*tuple[Any, ...]]:
    among = table.c[by].in_(bindparam("values", expanding=True))
    return select(*(table.c[name] for name in columns)).where(among, *(table.c[n] == bindparam(n) for n in same))


def remove(connection: Connection, table: Table, by: str, values: Iterable[Any]) -> None:
    """Delete the rows whose column `by` is one of `values`."""
    statement = delete(table).where(table.c[by].in_(bindparam("values", expanding=True)))
    for batch in batches(values):
        connection.execute(statement, {"values": batch})


def next_id(connection: Connection, table: Table) -> int:
    """The first free id: there is one writer, so ids can be given out before the rows are written.

    Those of the nameless lie above, and do not count.
    """
    return int(connection.execute(_highest(table)).scalar_one()) + 1


@lru_cache(maxsize=64)
def _highest(table: Table) -> Select[int]:
    highest = select(func.coalesce(func.max(table.c.id), 0))
    return highest.where(table.c.id < NAMELESS) if isinstance(table.c.id.type, BigInteger) else highest


def batches(values: Iterable[Any]) -> Iterator[list[Any]]:
    """The values in runs short enough for one IN list."""
    values = iter(values)
    while batch := list(islice(values, BATCH)):
        yield batch


def _pragmas(connection: sqlite3.Connection, _record: object) -> None:
    """One writer beside many readers; what is erased is gone from the file."""
    connection.create_function("fold", 1, _folded, deterministic=True)
    connection.isolation_level = None  # transactions begin where SQLAlchemy says, not at the first write
    for pragma in (
        "journal_mode = WAL",
        "synchronous = NORMAL",
        f"busy_timeout = {_BUSY}",
        "foreign_keys = ON",
        "secure_delete = ON",
        "cache_size = -32768",
        "temp_store = FILE",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _lent(connection: DBAPIConnection, _record: object) -> None:
    """Give a connection its own copy of what rules read beside the tables."""
    own = sqlite if isinstance(connection, sqlite3.Connection) else postgresql
    cursor = connection.cursor()
    cursor.execute(str(CreateTable(usual, if_not_exists=True).compile(dialect=own.dialect())))
    cursor.close()
    connection.commit()


@lru_cache(maxsize=4096)
def _folded(text: str | None) -> str | None:
    """What a text is compared by: of a shop's many rows, few texts differ."""
    return None if text is None else fold(text)


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(_AT_ONCE) else "BEGIN")


def _refuse_strangers(engine: Engine, tables: set[str]) -> None:
    """Keep out of another program's database: of its file, or, on a server, of tables that have our names."""
    if engine.dialect.name != "sqlite":
        tables &= set(metadata.tables)
    if tables:
        raise SettingsError(
            f"The database {place(engine)} holds another program's tables ({', '.join(sorted(tables)[:3])}).",
            remedy="Give the connector a database of its own.",
        )


def _refuse_newer(found: str | None) -> None:
    if found is not None and found > head():
        raise SettingsError(
            f"The database was made by a newer version (revision {found}).", remedy="Install that version, or newer."
        )


def _migrate(engine: Engine) -> None:
    """Bring the tables to the newest revision; whoever else opens the database meanwhile waits, and finds it done."""
    from alembic import command  # noqa: PLC0415 - 0.8 s to import, needed once per upgrade
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "connector:migrations")
    with _first(engine) as connection:
        found = revision(connection)  # another one may have been quicker
        _refuse_newer(found)
        if found == head():
            return
        file = path(engine)
        if found is not None and file is not None:
            copy(engine, file.with_name(f"{file.name}.before-{head()}"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@contextmanager
def _first(engine: Engine) -> Iterator[Connection]:
    """A transaction of which there is one at a time: the others wait for as long as the upgrade of a shop takes."""
    with engine.connect().execution_options(**{_AT_ONCE: True}) as connection:
        if connection.dialect.name == "postgresql":
            with connection.begin():
                connection.execute(select(func.pg_advisory_xact_lock(_MIGRATING)))
                yield connection
            return
        raw: Any = connection.connection.dbapi_connection  # beside SQLAlchemy, which would begin a transaction for it
        raw.execute(f"PRAGMA busy_timeout = {_UPGRADE}")
        with connection.begin():
            yield connection
        raw.execute(f"PRAGMA busy_timeout = {_BUSY}")
