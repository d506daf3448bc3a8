"""Reading files of messages and asking when somebody may be written to, by the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command_line import CommandLine

ORDERS = "customer,email,day,total\n1,a@example.fr,2026-06-01,10\n1,a@example.fr,2026-06-20,10\n2,,2026-06-02,9\n"
SENDS = """email;date
a@example.fr;12/06/2026
A@example.fr;27/06/2026
a@example.fr;28/06/2026
x@example.fr;29/06/2026
"""


@pytest.fixture
def line(tmp_path: Path) -> CommandLine:
    line = CommandLine(tmp_path, "2026-06-30T12:00:00+00:00")
    (tmp_path / "orders.csv").write_text(ORDERS)
    (tmp_path / "sends.csv").write_text(SENDS)
    mapping = "customer=customer,email=email,placed_at=day,total=total"
    line.ask("import", "orders.csv", "--currency", "EUR", "--timezone", "Europe/Paris", "--map", mapping)
    return line


def test_messages_are_read_once_and_known_from_the_first_to_the_last(line: CommandLine) -> None:
    first = line.ask("import-sends", "sends.csv", "--json").last
    assert (first["new"], first["same"], first["unknown"], first["unread"]) == (3, 0, 1, 0)
    assert (first["known_from"], first["known_until"]) == ("2026-06-12", "2026-06-29")
    before = line.dump()
    again = line.ask("import-sends", "sends.csv", "--json").last
    assert (again["new"], again["same"], again["unknown"]) == (0, 3, 1)
    assert line.dump() == before


def test_a_person_is_told_the_day_or_why_there_is_none(line: CommandLine) -> None:
    unknown = line.ask("pressure", "a@example.fr", "--json").last
    assert (unknown["contact_ok_after"], unknown["reason"]) == (None, "no_sends")
    assert "import-sends" in line.ask("pressure", "a@example.fr").out
    line.ask("import-sends", "sends.csv")
    told = line.ask("pressure", "a@example.fr", "--json").last  # three a week, as of `loyal`
    assert (told["contact_ok_after"], told["segment"]) == ("2026-06-19", "aud.several_365")
    assert told["sends"] == ["2026-06-12", "2026-06-27", "2026-06-28"]
    assert "19 Jun 2026" in line.ask("pressure", "a@example.fr").out
    assert line.ask("pressure", "person:2", "--json").last["reason"] == "no_address"
    later = line.at("2026-07-02T12:00:00+00:00")
    assert later.ask("pressure", "a@example.fr", "--json").last["reason"] == "stale"
    later.ask("import-sends", "sends.csv", "--until", "2026-07-02")
    assert later.ask("pressure", "a@example.fr", "--json").last["contact_ok_after"] == "2026-06-19"


@pytest.mark.parametrize("until", ["2026-06-28", "2026-07-01"])
def test_a_file_cannot_be_complete_up_to_a_day_before_its_last_or_to_come(line: CommandLine, until: str) -> None:
    refused = line.within("import-sends", "sends.csv", "--until", until)
    assert refused.code == 1
    assert until in refused.err
