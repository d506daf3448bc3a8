"""The log of a tool's messages: which days are known, and on which day a message without one counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, select

from connector.days import day_number
from connector.destination import SentPage
from connector.models import Customer, Identity, Send
from connector.sends import Noted, logs
from connector.tables import table
from sync.sends import DAYS, read_sends

NOW = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)  # in Paris, July has begun
TODAY = day_number(datetime(2026, 7, 1).date())  # noqa: DTZ001 - a day


class Tool:
    """A tool that tells these pages, and remembers what it was asked."""

    def __init__(self) -> None:
        self.pages: Sequence[SentPage] = ()
        self.asked: list[str | None] = []

    def sent(self, since: datetime, cursor: str | None) -> Iterator[SentPage]:
        assert since.tzinfo is not None
        self.asked.append(cursor)
        yield from self.pages
        yield SentPage("", None, (), f"cursor {len(self.asked)}")


@pytest.fixture
def tool(engine: Engine) -> Tool:
    with engine.begin() as connection:
        for number, name in enumerate("ab", 1):
            connection.execute(table(Customer).insert(), {"id": number, "since_day": 1})
            address = {"kind": "email", "scope": 0, "value": f"{name}@example.fr", "customer_id": number}
            connection.execute(table(Identity).insert(), {"id": number, **address})
    return Tool()


def read(engine: Engine, tool: Tool, *pages: SentPage, later: int = 0) -> Noted:
    tool.pages = pages
    return read_sends(engine, "lettre", tool, now=NOW + timedelta(days=later), zone=ZoneInfo("Europe/Paris"))


def known(engine: Engine) -> tuple[int, int]:
    with engine.connect() as connection:
        (log,) = logs(connection)
    return log.from_day - TODAY, log.until_day - TODAY


def days(engine: Engine) -> dict[tuple[int, str], int | None]:
    rows = table(Send)
    with engine.connect() as connection:
        return {(row.identity_id, row.message): row.day and row.day - TODAY for row in connection.execute(select(rows))}


def test_messages_are_kept_on_the_shops_day_and_the_cursor_is_given_back(engine: Engine, tool: Tool) -> None:
    page = SentPage("soldes", NOW - timedelta(days=2), ("a@example.fr", "B@example.fr", "x@example.fr"))
    assert read(engine, tool, page) == Noted(2, 1)
    assert days(engine) == {(1, "soldes"): -2, (2, "soldes"): -2}
    assert known(engine) == (-DAYS, 0)
    assert read(engine, tool, page, later=1) == Noted(0, 1)
    assert tool.asked == [None, "cursor 1"]
    assert known(engine) == (-DAYS, 1)


def test_a_message_without_a_day_counts_on_the_day_of_the_reading_but_not_at_the_first(
    engine: Engine, tool: Tool
) -> None:
    read(engine, tool, SentPage("welcome", None, ("a@example.fr",)))
    assert days(engine) == {(1, "welcome"): None}
    assert known(engine) == (0, 0)
    read(engine, tool, SentPage("welcome", None, ("a@example.fr", "b@example.fr")), later=1)
    assert days(engine) == {(1, "welcome"): None, (2, "welcome"): 1}
    assert known(engine) == (0, 1)


def test_after_a_long_silence_the_days_known_begin_anew(engine: Engine, tool: Tool) -> None:
    read(engine, tool)
    read(engine, tool, later=365)
    assert known(engine) == (365 - DAYS, 365)
