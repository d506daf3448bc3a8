"""Files beside a SQLite database, for what must be written while the one writer works."""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress

from sqlalchemy import Engine, create_engine, event

from connector.database import path, sqlite_file
from connector.faults import tell_faults


def beside(engine: Engine, name: str) -> Engine:
    """The engine of the file `<database>.<name>`, its owner's alone; of a server it is the database's own."""
    file = path(engine)
    if file is None:
        return engine
    own = file.with_name(f"{file.name}.{name}")
    with suppress(OSError):  # SQLite says better what is wrong
        os.close(os.open(own, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    made = create_engine(sqlite_file(own))
    event.listen(made, "connect", _pragmas)
    tell_faults(made)
    return made


def _pragmas(connection: sqlite3.Connection, _record: object) -> None:
    """What was answered with a yes is on the disk."""
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 3000", "secure_delete = ON"):
        connection.execute(f"PRAGMA {pragma}")
