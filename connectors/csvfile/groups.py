"""Rows brought together by a key, in a temporary file, so that memory does not grow with them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import groupby
from operator import itemgetter

import msgspec

from connectors.csvfile.table import Row


def grouped(rows: Iterable[tuple[str, Row]]) -> Iterator[tuple[str, list[Row]]]:
    """Each key with its rows in the file's order, by key; the file is private to this process and gone at the end."""
    with closing(sqlite3.connect("")) as database:
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA cache_size = -16000")  # KiB; beyond it rows and sorting go to the file
        database.execute("CREATE TABLE rows (key BLOB, line INTEGER, row BLOB)")
        encode = msgspec.msgpack.Encoder().encode
        database.executemany(
            "INSERT INTO rows VALUES (?, ?, ?)", ((key.encode(), row.line, encode(row)) for key, row in rows)
        )
        decode = msgspec.msgpack.Decoder(Row).decode
        found = database.execute("SELECT key, row FROM rows ORDER BY key, line")
        for key, members in groupby(found, key=itemgetter(0)):
            yield key.decode(), [decode(row) for _, row in members]
