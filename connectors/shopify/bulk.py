"""Bulk operations: a document that Shopify runs on its side, and its result, streamed without ever being held.

Facts: shopify.dev/docs/api/usage/bulk-operations/queries and …/imports. Results can be fetched for seven days.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import msgspec
import requests

from connector.errors import AuthenticationError, PermanentError
from connectors.elements import UNREADABLE, member
from connectors.http import BROKEN, Client, HTTPError
from connectors.shopify.client import Admin, retry_later

CHUNK = 1 << 18
FIRST_WAIT, LONGEST_WAIT = 1.0, 15.0
BUSY_WAIT, BUSY_TRIES = 30.0, 20
CHILD = b'"__parentId"'
"""Within a JSON string its quotes would be escaped, so a customer's own words never look like this."""

Row = tuple[bytes, list[bytes]]


class Operation(msgspec.Struct, rename="camel"):
    """A bulk operation as far as we follow it; `url` is None where it found nothing."""

    id: str
    created_at: datetime
    status: str = "CREATED"
    error_code: str | None = None
    root_object_count: str = "0"
    file_size: str | None = None
    url: str | None = None


class _UserError(msgspec.Struct):
    message: str
    code: str | None = None


class _Started(msgspec.Struct, rename="camel"):
    bulk_operation: Operation | None = None
    user_errors: list[_UserError] = []


class _StartAnswer(msgspec.Struct):
    started: _Started


class _StatusAnswer(msgspec.Struct, rename="camel"):
    bulk_operation: Operation | None = None


class UnfinishedError(PermanentError):
    """The operation did not complete, or its result is gone: submit another. `code` is Shopify's."""

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code


class GroupingError(PermanentError):
    """Shopify does not put the lines under their orders: ask without, and group them here."""


def start_query(admin: Admin, document: str, *, grouped: bool) -> Operation:
    """A new query operation; GroupingError where Shopify does not take the grouping."""
    try:
        return _start(lambda: admin.ask("bulk_query", _StartAnswer, document=document, grouped=grouped).data, admin)
    except PermanentError as error:
        if grouped and "groupObjects" in error.message:
            raise GroupingError(error.message) from error
        raise


def start_mutation(admin: Admin, document: str, path: str) -> Operation:
    """A new operation that runs `document` once for each line of variables in the file uploaded as `path`."""
    return _start(lambda: admin.ask("bulk_mutation", _StartAnswer, document=document, path=path).data, admin)


def _start(submit: Callable[[], _StartAnswer], admin: Admin) -> Operation:
    """The operation that `submit` started, waiting while the shop's places for operations are taken."""
    for _ in range(BUSY_TRIES):
        started = submit().started
        if started.bulk_operation is not None and not started.user_errors:
            return started.bulk_operation
        if not {error.code for error in started.user_errors} & {"OPERATION_IN_PROGRESS", "LIMIT_REACHED"}:
            words = " ".join(error.message for error in started.user_errors)
            raise PermanentError(f"Shopify does not start the bulk operation: {words}")
        admin.sleep(BUSY_WAIT)
    raise retry_later("Other bulk operations take all the places that Shopify has for this app.")


def finished(admin: Admin, operation_id: str) -> Operation:
    """The operation once it is complete; UnfinishedError where it failed, was cancelled or is forgotten."""
    wait = FIRST_WAIT
    while True:
        operation = admin.ask("bulk_status", _StatusAnswer, id=operation_id).data.bulk_operation
        if operation is None:
            raise UnfinishedError("Shopify does not know the bulk operation any more.")
        if operation.status == "COMPLETED":
            return operation
        if operation.error_code == "ACCESS_DENIED":
            raise AuthenticationError(
                "Shopify refused the bulk operation.", remedy="Check the app's scopes: connector check."
            )
        if operation.status not in {"CREATED", "RUNNING", "CANCELING"}:
            raise UnfinishedError(f"The bulk operation is {operation.status}.", code=operation.error_code)
        admin.sleep(wait)
        wait = min(wait * 1.5, LONGEST_WAIT)


def download(http: Client, operation: Operation) -> Iterator[list[bytes]]:
    """The rows of a result, some at a time; after a cut connection it goes on from the last whole row.

    The address is a storage link: no token goes there. UnfinishedError where the result is gone.
    """
    offset = failures = 0
    size, ended = None if operation.file_size is None else int(operation.file_size), -1
    while operation.url is not None:
        try:
            for rows, taken in _rows(http, operation.url, offset, size):
                yield rows
                offset += taken
                failures = 0
            if size is None or offset >= size or offset == ended:  # what ends twice at one place has its end there
                return
            ended = offset
        except BROKEN as error:
            failures += 1
            if failures >= http.tries:
                raise retry_later("The download of Shopify's file is cut again and again.") from error
            http.sleep(min(2.0**failures, LONGEST_WAIT))
        except (HTTPError, AuthenticationError) as error:
            raise UnfinishedError(f"The bulk operation's file is gone: {error.message}") from error


def _rows(http: Client, url: str, offset: int, size: int | None) -> Iterator[tuple[list[bytes], int]]:
    """Whole rows from byte `offset` on, with the bytes that they take; a last one that is cut short is left out."""
    if offset == size:  # all was there when the connection broke, and there is no range beyond
        return
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={offset}-"} if offset else {})
    with http.send("GET", url, headers=headers, stream=True) as response:
        if response.headers.get("Content-Type", "").startswith("text/html"):
            raise requests.ConnectionError("A page for people stands in front of the storage.")
        skip = offset if response.status_code == requests.codes.ok else 0
        rest = b""
        for chunk in response.iter_content(CHUNK):
            data = chunk[skip:]
            skip -= len(chunk) - len(data)
            *rows, last = (rest + data).split(b"\n")
            if rows:
                taken = sum(map(len, rows)) + len(rows)
                yield rows, taken
                offset += taken
            rest = last
        if rest and (size is None or offset + len(rest) >= size):
            yield [rest], len(rest)


def grouped(batches: Iterable[list[bytes]]) -> Iterator[Row]:
    """Each root row with its children, which follow it."""
    root: bytes | None = None
    children: list[bytes] = []
    for rows in batches:
        for row in rows:
            if CHILD in row:
                if root is None:
                    raise GroupingError("The file begins with a line that has no order before it.")
                children.append(row)
            elif row:
                if root is not None:
                    yield root, children
                root, children = row, []
    if root is not None:
        yield root, children


class _Key(msgspec.Struct):
    id: str = ""
    parent: str | None = msgspec.field(name="__parentId", default=None)


def ungrouped(batches: Iterable[list[bytes]]) -> Iterator[Row]:
    """Each root row with its children wherever they stand, by way of a temporary SQLite file."""
    key = msgspec.json.Decoder(_Key)
    with (
        tempfile.TemporaryDirectory() as folder,
        closing(sqlite3.connect(Path(folder) / "rows.db", isolation_level=None)) as database,
    ):
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        database.execute("CREATE TABLE roots (n INTEGER PRIMARY KEY, id TEXT, row BLOB)")
        database.execute("CREATE TABLE children (n INTEGER PRIMARY KEY, parent TEXT, row BLOB)")
        database.execute("BEGIN")
        for rows in batches:
            keyed = [(_key(key, row), row) for row in rows if row]
            database.executemany(
                "INSERT INTO roots (id, row) VALUES (?, ?)", [(k.id, row) for k, row in keyed if k.parent is None]
            )
            database.executemany(
                "INSERT INTO children (parent, row) VALUES (?, ?)",
                [(k.parent, row) for k, row in keyed if k.parent is not None],
            )
        database.execute("CREATE INDEX by_parent ON children (parent, n)")
        for name, root in database.execute("SELECT id, row FROM roots ORDER BY n"):
            found = database.execute("SELECT row FROM children WHERE parent = ? ORDER BY n", (name,))
            yield root, [row for (row,) in found]


def _key(decoder: msgspec.json.Decoder[_Key], row: bytes) -> _Key:
    """Whose row it is, also of one that cannot be read: it is rejected by whoever reads it, with what belongs to it."""
    try:
        return decoder.decode(row)
    except UNREADABLE:
        return _Key(member(row, "id") or "", member(row, "__parentId"))
