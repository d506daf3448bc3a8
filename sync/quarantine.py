"""Quarantine: what could not be read or stored, kept with its reason until it can be."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict
from hashlib import blake2b
from typing import Any

import msgspec
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DataError, IntegrityError

from connector.database import batches, upsert
from connector.errors import RecordError
from connector.models import Quarantine
from connector.records import Rejected
from connector.rows.writing import Writing
from connector.tables import table

UNFIT = (RecordError, ValueError, ArithmeticError, DataError, IntegrityError)
"""What writing raises when a record cannot be stored; when the database itself fails, it is anything else."""

_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def digest(value: object) -> int:
    """A signed 64-bit digest of a record's content, the same on every machine; one of UNFIT where it is no text."""
    content = msgspec.json.encode(value)
    if b"\\u0000" in content and _NUL.search(content):
        raise RecordError("A text has a NUL character, which no database keeps.")
    return int.from_bytes(blake2b(content, digest_size=8).digest(), signed=True)


def unfit(record: Any, error: Exception) -> Rejected:  # noqa: ANN401 - a record of any stream
    """A record that cannot be stored, as what is put into quarantine."""
    try:
        payload = json.dumps(asdict(record), default=str)
    except ValueError:  # a number of thousands of digits has no text
        payload = type(record).__name__
    return Rejected(record.id or None, payload, _reason(error))


def keep(connection: Connection, writing: Writing, stream: str, rejected: Iterable[Rejected]) -> None:
    """Keep what was rejected: of an id the latest payload, without an id each payload once, with its latest reason."""
    kept = table(Quarantine)
    for item in rejected:
        payload = _storable(item.payload)
        row = {
            "store_id": writing.store.id,
            "stream": stream,
            "platform_id": item.id and _storable(item.id),
            "digest": fingerprint(payload),
            "payload": payload,
            "reason": _storable(item.reason),
            "seen_at": writing.now,
        }
        if item.id is not None:
            same = [kept.c[name] == row[name] for name in ("store_id", "stream", "platform_id")]
            connection.execute(kept.delete().where(*same, kept.c.digest != row["digest"]))
        connection.execute(upsert(connection, kept, ("store_id", "stream", "digest")), row)


def fingerprint(payload: str) -> int:
    """The hash of a payload as it was sent: the first 64 bits of its BLAKE2b-512 in UTF-8, signed."""
    return int.from_bytes(blake2b(payload.encode()).digest()[:8], signed=True)


def release(connection: Connection, store_id: int, stream: str, ids: Iterable[str]) -> None:
    """Let go of what was kept under an id that can be read now."""
    kept = table(Quarantine)
    if not connection.scalar(select(func.count()).select_from(kept)):
        return
    for batch in batches(ids):
        connection.execute(
            kept.delete().where(kept.c.store_id == store_id, kept.c.stream == stream, kept.c.platform_id.in_(batch))
        )


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeError):
        return "A text has characters that are none."
    return str(getattr(error, "orig", None) or error)


def _storable(text: str) -> str:
    """The text with what no database keeps written out."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
