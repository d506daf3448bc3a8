"""One writer: a lock that the system lets go of when its holder dies, and a note of who holds it for whom it refuses.

A file lock beside a SQLite database, an advisory lock in PostgreSQL; readers need neither.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import DBAPIError

from connector.database import path, upsert
from connector.days import epoch, instant
from connector.errors import BusyError, ConnectorError, StorageError
from connector.faults import explained
from connector.models import Lease
from connector.tables import table

try:
    import fcntl
except ModuleNotFoundError:  # on Windows a byte of the file is locked (docs.python.org/3/library/msvcrt.html)
    import msvcrt

    _TAKEN = {errno.EACCES, errno.EDEADLK}

    def _take(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]  # mypy looks on another system

else:
    _TAKEN = {errno.EWOULDBLOCK}

    def _take(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


_ADVISORY = 0x6C636F6E
"""The lock's number in PostgreSQL, within one of its databases."""


@contextmanager
def writer(engine: Engine, *, now: datetime) -> Iterator[None]:
    """Be the one who writes until the block ends; BusyError where another one is, and since when."""
    with alone(engine):
        row = {"name": "writer", "holder": f"process {os.getpid()} on {socket.gethostname()}", "since": epoch(now)}
        with explained(engine), engine.begin() as connection:
            connection.execute(upsert(connection, table(Lease), ("name",)), row)
        yield


def alone(engine: Engine) -> AbstractContextManager[None]:
    """The same of a database that may not be there, or be damaged: nothing is noted in it."""
    file = path(engine)
    return _file_lock(engine, file) if file else _server_lock(engine)


@contextmanager
def _file_lock(engine: Engine, file: Path) -> Iterator[None]:
    whole = file.resolve()  # by whatever name it is opened
    beside = whole.with_name(f"{whole.name}.lock")
    try:
        descriptor = os.open(beside, os.O_CREAT | os.O_RDWR, 0o600)  # no child inherits it
    except OSError as error:
        raise _cannot_lock(beside, error) from error
    try:
        try:
            _take(descriptor)
        except OSError as error:
            raise _busy(engine) if error.errno in _TAKEN else _cannot_lock(beside, error) from error
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _server_lock(engine: Engine) -> Iterator[None]:
    if engine.dialect.name != "postgresql":  # a database in memory: nobody else can open it
        yield
        return
    with explained(engine):
        session = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    try:
        session.detach()  # out of the pool: the session ends with this block, or with its process
        if not session.scalar(select(func.pg_try_advisory_lock(_ADVISORY))):
            raise _busy(engine)
        try:
            yield
        finally:
            with suppress(DBAPIError, StorageError):  # what went wrong is not to be hidden
                session.scalar(select(func.pg_advisory_unlock(_ADVISORY)))
    finally:
        session.close()


def _busy(engine: Engine) -> BusyError:
    leases = table(Lease)
    with engine.connect() as connection:
        row = connection.execute(select(leases.c.holder, leases.c.since).where(leases.c.name == "writer")).one_or_none()
    who = f" ({row.holder}, since {instant(row.since):%Y-%m-%d %H:%M} UTC)" if row else ""
    return BusyError(
        f"Another sync is writing to this database{who}.",
        remedy="Wait until it has finished, or stop the service first.",
    )


def _cannot_lock(file: Path, error: OSError) -> ConnectorError:
    return ConnectorError(
        f"{file} cannot be locked: {error.strerror}.",
        remedy="Give the user who runs the connector the right to write to that folder, on a disk of this machine.",
    )
