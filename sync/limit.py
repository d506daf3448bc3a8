"""How long a question may take."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import cast

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import OperationalError

from connector.errors import QueryError
from connector.language import Language

STEPS = 10_000
"""Of SQLite's machine, after each of which it looks at the clock."""

_LATE: Mapping[Language, tuple[str, str]] = {
    "en": (
        "The answer takes longer than {seconds:g} seconds.",
        "Ask for less, or give it more time with --timeout.",
    ),
    "fr": (
        "La réponse demande plus de {seconds:g} secondes.",
        "Demandez moins, ou donnez-lui plus de temps avec --timeout.",
    ),
}


@contextmanager
def limited(connection: Connection, seconds: float, language: Language) -> Iterator[None]:
    """Have each statement stopped that runs when `seconds` have passed, with a QueryError that says so."""
    stop = _sqlite if connection.dialect.name == "sqlite" else _postgresql
    with stop(connection, seconds):
        try:
            yield
        except OperationalError as error:
            if not _stopped(error):
                raise
            message, remedy = _LATE[language]
            raise QueryError(message.format(seconds=seconds), remedy=remedy) from error


@contextmanager
def _sqlite(connection: Connection, seconds: float) -> Iterator[None]:
    database = cast("sqlite3.Connection", connection.connection.driver_connection)
    end = time.monotonic() + seconds
    database.set_progress_handler(lambda: time.monotonic() > end, STEPS)
    try:
        yield
    finally:
        database.set_progress_handler(None, 0)


@contextmanager
def _postgresql(connection: Connection, seconds: float) -> Iterator[None]:
    """For this transaction; the server counts anew with each statement, and takes 0 for no limit."""
    connection.execute(select(func.set_config("statement_timeout", f"{max(1, round(seconds * 1000))}ms", True)))
    yield


def _stopped(error: OperationalError) -> bool:
    """Whether it was stopped: SQLITE_INTERRUPT, or PostgreSQL's query_canceled."""
    interrupted = getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT
    return interrupted or getattr(error.orig, "sqlstate", None) == "57014"
