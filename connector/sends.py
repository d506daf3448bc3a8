"""Which messages went to whom, by what a tool or a file says; our own pushes are never taken for messages.

A source's log says from which day to which all its messages are known: without that, few messages and few known
messages would look alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from connector.database import batches, upsert
from connector.dialects import insert_missing
from connector.identity import EVERYWHERE, normal_email
from connector.models import Identity, Send, SendLog
from connector.tables import table

_sends, _logs, _identities = table(Send), table(SendLog), table(Identity)

Sent = tuple[str, str, int | None]
"""An address, what tells the message from others of its source, and the day, None where only its past is known."""


@dataclass(frozen=True, slots=True)
class Log:
    """The days of which all messages of a source are known, and what it has read, in its own words."""

    source: str
    from_day: int
    until_day: int
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Noted:
    """How many messages were new, and how many went to nobody who is known here."""

    new: int
    unknown: int


def note(connection: Connection, source: str, sent: Iterable[Sent]) -> Noted:
    """Keep messages; one that is known already, by source, address and message, stays as it is."""
    new = unknown = 0
    for batch in batches(sent):
        normal = [(normal_email(address), message, day) for address, message, day in batch]
        found = _identified(connection, {address for address, _, _ in normal if address})
        rows = {
            (found[address], message): {
                "identity_id": found[address],
                "source": source,
                "message": message,
                "day": day,
            }
            for address, message, day in normal
            if address in found
        }
        unknown += sum(address not in found for address, _, _ in normal)
        if rows:
            made = insert_missing(connection, _sends).returning(_sends.c.identity_id)
            new += len(connection.execute(made, list(rows.values())).all())
    return Noted(new, unknown)


def logs(connection: Connection) -> list[Log]:
    """Every source's log."""
    rows = connection.execute(select(_logs).order_by(_logs.c.source))
    return [Log(row.source, row.from_day, row.until_day, row.cursor) for row in rows]


def cover(connection: Connection, log: Log) -> Log:
    """Keep that a source's messages are known of these days; with what was known before where no day lies between."""
    before = next((one for one in logs(connection) if one.source == log.source), None)
    if before is not None and log.from_day <= before.until_day + 1 and before.from_day <= log.until_day + 1:
        first, last = min(before.from_day, log.from_day), max(before.until_day, log.until_day)
        log = Log(log.source, first, last, log.cursor)
    row = {"source": log.source, "from_day": log.from_day, "until_day": log.until_day, "cursor": log.cursor}
    connection.execute(upsert(connection, _logs, ["source"]), [row])
    return log


def _identified(connection: Connection, addresses: set[str]) -> dict[str, int]:
    mine = _identities.c.kind == "email", _identities.c.scope == EVERYWHERE, _identities.c.value.in_(sorted(addresses))
    rows = connection.execute(select(_identities.c.value, _identities.c.id).where(*mine))
    return {row.value: row.id for row in rows}
