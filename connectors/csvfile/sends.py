"""A file of messages that were sent: an address and an instant a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from connector.days import time_zone
from connector.errors import RecordError, SettingsError
from connectors.csvfile import dates
from connectors.csvfile.columns import Columns
from connectors.csvfile.reading import survey
from connectors.csvfile.table import Table

WORDS: Mapping[str, tuple[str, ...]] = {
    "email": ("email", "e-mail", "email address", "email_address", "adresse e-mail", "adresse email", "courriel"),
    "sent_at": ("sent_at", "sent at", "sent", "send time", "send_time", "date", "envoyé le", "date d'envoi"),
}
"""What --map names, and what the columns are usually called."""


@dataclass(frozen=True, slots=True)
class SentRow:
    """A message: the address, the instant, and the same in the fewest characters."""

    address: str
    at: datetime
    stamp: str


@dataclass(frozen=True, slots=True)
class Unread:
    """A row that could not be read, and why."""

    reason: str


def read_sends(file: Path, timezone: str, mapping: Mapping[str, str] | None = None) -> Iterator[SentRow | Unread]:
    """The messages of a file; times without a zone are those of `timezone`.

    SettingsError where the file is no CSV, or its columns are not known and `mapping` does not name them.
    """
    table = Table(file)
    columns = {word: _column(table, word, mapping or {}) for word in WORDS}
    if unknown := sorted((mapping or {}).keys() - WORDS.keys()):
        raise SettingsError(f"--map does not know {unknown[0]!r}.", remedy=f"It takes {', '.join(WORDS)}.")
    zone = time_zone(timezone)
    reading = survey(table, [columns["sent_at"]], [], zone=zone, currency="")
    wanted = Columns(table, list(columns.values()))
    for row in wanted.rows():
        try:
            cells = wanted.cells(row)
            at = reading.earliest((cells,), columns["sent_at"])
            yield SentRow(cells[columns["email"]].strip(), at, dates.stamp(at))
        except RecordError as error:
            yield Unread(f"Line {row.line}: {error}")


def _column(table: Table, word: str, mapping: Mapping[str, str]) -> str:
    for name in (mapping[word],) if word in mapping else WORDS[word]:
        if table.place(name) is not None:
            return name
    named = f"no column {mapping[word]!r}" if word in mapping else f"no column that is known for {word}"
    raise SettingsError(
        f"{table.path.name} has {named}; its columns are: {', '.join(table.columns)[:2000]}.",
        remedy="Name them, for example: --map 'email=COLUMN,sent_at=COLUMN'.",
    )
