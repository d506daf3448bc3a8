"""A database's own failures (a full disk, a lock, a lost server), in a sentence for the user with a remedy.

What they leave is whole: the transaction under way is undone, and the next run goes on from there.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import ExceptionContext
from sqlalchemy.exc import DatabaseError

from connector.errors import StorageError

_SQLITE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)
"""sqlite.org/rescode.html; the others are a statement's fault, or an interruption that was asked for."""

_POSTGRESQL = ("08", "25006", "53", "57P", "58")
"""Connections, read-only, resources, shutdown, system (postgresql.org/docs/current/errcodes-appendix.html)."""

_REMEDIES = {
    "unable to open database file": "Check that its folder exists and can be written to.",
    "readonly": "Give the user who runs the connector the right to write to the file and its folder, "
    "and to what lies beside it as -wal and -shm.",
    "read-only": "Give the user of the setting `database` the right to write.",
    "disk is full": "Free some space; nothing was lost, run the command again.",
    "No space left": "Free some space on the server; nothing was lost, run the command again.",
    "disk I/O error": "See whether the disk is full, at a limit of this user, or failing; then run the command again.",
    "locked": "Another program holds it; run the command again when that one has finished.",
    "not a database": "Name another file: this one is not a SQLite database.",
    "malformed": "The file is damaged: `connector restore` puts back a copy of it.",
    "onnection": "Check that the server runs, and the address, user and password of the setting `database`.",
}


def tell_faults(engine: Engine) -> None:
    """Have whatever an engine's storage fails with come as a StorageError, and leave nothing open behind it."""
    event.listen(engine, "handle_error", partial(_told, engine))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "checkin", _undone)


@contextmanager
def explained(engine: Engine) -> Iterator[None]:
    """Turn each failure of a database inside the block into a StorageError, be it a statement's."""
    try:
        yield
    except (DatabaseError, sqlite3.DatabaseError) as error:
        raise _explained(engine, error) from error


def place(engine: Engine) -> str:
    """Which database this is, without its password, which may stand among the address's options too."""
    file = engine.url.database if engine.dialect.name == "sqlite" else None
    return file or engine.url.set(query={}).render_as_string(hide_password=True)


def _undone(connection: sqlite3.Connection | None, _record: object) -> None:
    """End a transaction whose COMMIT failed: SQLite leaves it open, and SQLAlchemy takes it for ended.

    Else the next one in this process finds it under way, however well the disk is by then.
    """
    if connection is not None and connection.in_transaction:
        connection.rollback()


def _told(engine: Engine, context: ExceptionContext) -> StorageError | None:
    """The error to raise instead, None where the statement is at fault."""
    error = context.original_exception
    code, state = getattr(error, "sqlite_errorcode", None), getattr(error, "sqlstate", None)
    storage = context.is_disconnect or (code is not None and code & 0xFF in _SQLITE)
    storage = storage or (state is not None and state.startswith(_POSTGRESQL))
    return _explained(engine, error) if storage else None


def _explained(engine: Engine, error: BaseException) -> StorageError:
    reason = " ".join(str(getattr(error, "orig", None) or error).split()).rstrip(".?")
    remedy = next((text for words, text in _REMEDIES.items() if words in reason), "")
    return StorageError(f"The database {place(engine)} cannot be used: {reason}.", remedy=remedy)
