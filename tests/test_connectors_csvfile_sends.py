"""Files of messages that were sent, as tools and French spreadsheets write them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector.errors import SettingsError
from connectors.csvfile.sends import SentRow, Unread, read_sends

PARIS = "Europe/Paris"


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    file = folder / "envois.csv"
    file.write_bytes(text.encode(encoding))
    return file


def test_usual_columns_are_found_and_times_are_those_of_the_shop(tmp_path: Path) -> None:
    file = write(tmp_path, "Email Address,Campaign,Sent at\na@example.fr,Soldes,2026-06-30 00:30\n")
    (row,) = read_sends(file, PARIS)
    assert row == SentRow("a@example.fr", datetime(2026, 6, 29, 22, 30, tzinfo=UTC), "20260629T223000Z")


def test_a_french_spreadsheet_is_understood(tmp_path: Path) -> None:
    text = "Adresse e-mail;Envoyé le\na@example.fr;31/12/2026\nb@example.fr;13/01/2026 09:05\n"
    found = [row.at for row in read_sends(write(tmp_path, text, "cp1252"), PARIS) if isinstance(row, SentRow)]
    assert found == [datetime(2026, 12, 30, 23, 0, tzinfo=UTC), datetime(2026, 1, 13, 8, 5, tzinfo=UTC)]


def test_other_columns_are_named(tmp_path: Path) -> None:
    file = write(tmp_path, "who,when\na@example.fr,2026-06-30T10:00:00Z\n")
    with pytest.raises(SettingsError, match="no column that is known for email; its columns are: who, when") as refused:
        list(read_sends(file, PARIS))
    assert "--map" in (refused.value.remedy or "")
    (row,) = read_sends(file, PARIS, {"email": "who", "sent_at": "when"})
    assert isinstance(row, SentRow)
    for mapping, sentence in (({"email": "whom"}, "'whom'"), ({"email": "who", "sent_at": "when", "x": "y"}, "'x'")):
        with pytest.raises(SettingsError, match=sentence):
            list(read_sends(file, PARIS, mapping))


def test_a_row_that_cannot_be_read_is_told_with_its_line(tmp_path: Path) -> None:
    rows = "".join(f"a{n}@example.fr,2026-06-{n:02}\n" for n in range(1, 25))
    found = list(read_sends(write(tmp_path, f"email,date\n{rows}b@example.fr,\nc@example.fr,soon\n"), PARIS))
    assert len(found) == 26
    unread = [row.reason for row in found if isinstance(row, Unread)]
    assert [reason.split(":")[0] for reason in unread] == ["Line 26", "Line 27"]
