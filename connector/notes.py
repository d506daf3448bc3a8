"""What the merchant notes of days: campaigns, sales, whatever explains a figure later.

add(connection, day, text) -> int        its number
remove(connection, number)
notes(connection) -> list[Noted]         by day
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, delete, insert, select

from connector.errors import SettingsError
from connector.models import Note
from connector.tables import table

LONGEST = 200
"""Characters of a note."""

_notes = table(Note)


@dataclass(frozen=True, slots=True)
class Noted:
    """A note of a day."""

    number: int
    day: int
    text: str


def add(connection: Connection, day: int, text: str) -> int:
    """Keep a note, without the space around it; its number. SettingsError for none, or one that is too long."""
    words = " ".join(text.split())
    if not 0 < len(words) <= LONGEST:
        raise SettingsError(f"A note has 1 to {LONGEST} characters.", remedy="Write what happened in a few words.")
    made = connection.execute(insert(_notes).values(day=day, text=words)).inserted_primary_key
    assert made is not None
    return int(made[0])


def remove(connection: Connection, number: int) -> None:
    """Forget a note; one that is gone already is no error."""
    connection.execute(delete(_notes).where(_notes.c.id == number))


def notes(connection: Connection) -> list[Noted]:
    """All notes, by day."""
    rows = connection.execute(select(_notes).order_by(_notes.c.day, _notes.c.id))
    return [Noted(row.id, row.day, row.text) for row in rows]
