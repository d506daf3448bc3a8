"""The log of who was shown personal data, or took them out of here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert

from connector.days import epoch
from connector.models import Disclosure
from connector.tables import table


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks, and by what."""

    who: str
    command: str


def disclosed(
    connection: Connection, viewer: Viewer, now: datetime, what: str, *, people: int = 1, customer_id: int | None = None
) -> None:
    """Note that somebody was shown `what` of so many people; which one, where it was about one."""
    row = {"at": epoch(now), "who": viewer.who, "command": viewer.command, "what": what, "people": people}
    connection.execute(insert(table(Disclosure)), row | {"customer_id": customer_id})
