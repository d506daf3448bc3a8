"""Whole copies of SQLite files, made and put back while others go on reading and writing."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from connector.errors import SettingsError, StorageError


def copy_file(file: Path, to: Path) -> None:
    """Write a consistent copy of a SQLite file, its owner's alone; it stands under its name once it is whole."""
    if to.exists() and to.samefile(file):
        raise SettingsError(f"{to} is the database itself.", remedy="Name another file for the copy.")
    part = to.with_name(f"{to.name}.part")
    try:
        with _written(to):
            part.unlink(missing_ok=True)
            os.close(os.open(part, os.O_CREAT | os.O_WRONLY, 0o600))
            _pages(file, part)
            part.replace(to)
    finally:
        part.unlink(missing_ok=True)


def put_back(file: Path, onto: Path) -> None:
    """Make a database what a copy of it holds, in one transaction of its own; whoever has it open sees that at once."""
    with _written(onto):
        _pages(file, onto)


def require_sound(file: Path) -> None:
    """SettingsError where a file is no whole SQLite database."""
    found = "it is not there"
    if file.is_file():
        try:
            with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
                (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        except sqlite3.DatabaseError as error:
            found = str(error)
    if found != "ok":
        raise SettingsError(f"{file} cannot be put back: {found}.", remedy="Name another copy.")


def _pages(file: Path, to: Path) -> None:
    with closing(sqlite3.connect(file)) as old, closing(sqlite3.connect(to)) as new:
        old.backup(new)


@contextmanager
def _written(to: Path) -> Iterator[None]:
    """StorageError where the file cannot be written."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        remedy = "Free some space, or name a file on another disk; nothing was changed."
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_NOTADB:
            remedy = "Stop the service, move it away with what lies beside it as -wal and -shm, and try again."
        raise StorageError(f"{to} cannot be written: {error}.", remedy=remedy) from error
    except OSError as error:
        remedy = (
            "Free some space, or name a file on another disk."
            if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
            else "Give the user who runs the connector the right to write to that folder, or name another one."
        )
        raise StorageError(f"{to} cannot be written: {error.strerror}.", remedy=remedy) from error
