"""One writer: a file lock beside the database, which the system lets go of when a process dies, and a lease row.

The lock keeps two programs of one machine apart, the lease two machines on one server; readers need neither.
"""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

from sqlalchemy import Engine, select, update
from sqlalchemy.exc import IntegrityError

from connector.database import path
from connector.days import epoch
from connector.errors import BusyError
from connector.models import Lease
from connector.tables import table

LEASE = 6 * 3600
"""Seconds for which a lease holds where no file lock can prove its holder dead."""


@contextmanager
def writer(engine: Engine, *, now: datetime) -> Iterator[None]:
    """Be the one who writes until the block ends; BusyError where another one is."""
    file = path(engine)
    if file is None:
        with _leased(engine, now):
            yield
        return
    descriptor = os.open(file.with_name(f"{file.name}.lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise _busy() from error
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _leased(engine: Engine, now: datetime) -> Iterator[None]:
    leases = table(Lease)
    holder = f"{socket.gethostname()}:{os.getpid()}"
    until = epoch(now) + LEASE
    with engine.begin() as connection:
        taken = connection.execute(
            update(leases)
            .where(leases.c.name == "writer", leases.c.until < epoch(now))
            .values(holder=holder, until=until)
        ).rowcount
        known = connection.scalar(select(leases.c.holder).where(leases.c.name == "writer"))
    if not taken and known is not None:
        raise _busy()
    if not taken:
        try:
            with engine.begin() as connection:
                connection.execute(leases.insert(), {"name": "writer", "holder": holder, "until": until})
        except IntegrityError as error:
            raise _busy() from error
    try:
        yield
    finally:
        with suppress(Exception), engine.begin() as connection:  # a lost connection must not hide what went wrong
            connection.execute(leases.delete().where(leases.c.name == "writer", leases.c.holder == holder))


def _busy() -> BusyError:
    return BusyError(
        "Another sync is writing to this database.", remedy="Wait until it has finished, or stop the service first."
    )
