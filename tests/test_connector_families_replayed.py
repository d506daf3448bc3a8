"""Every family replayed over the history of CDNOW's sample, against people counted from the raw file at past days."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, select

from connector.catalogue import library
from connector.database import connect
from connector.days import day_number
from connector.history.memberships import activate, advance
from connector.models import Identity
from connector.tables import table
from tests import outside, outside_families
from tests.outside import People
from tests.pull_world import order, put, store
from tests.rules_world import stages_on

pytestmark = pytest.mark.skipif(
    not outside.CDNOW_SAMPLE.exists(), reason=f"{outside.CDNOW_SAMPLE.name} is not in ../shared/data"
)

ZONE = ZoneInfo("America/New_York")
FAMILIES = tuple(library().families.values())
LAST = date(1998, 6, 30)
DAYS = (
    date(1997, 1, 4),  # a Saturday before the first Monday: by the figures of the first day
    date(1997, 3, 31),  # a Monday: by the figures of its own evening
    date(1997, 7, 13),  # a Sunday: by figures six days old
    date(1997, 10, 4),
    date(1998, 1, 14),
    LAST,
)


@cache
def buyers() -> People:
    """Everybody, from the raw file."""
    return outside.people_of(outside.cdnow_sample())


@pytest.fixture(scope="module")
def replayed(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """The sample as a shop in New York, each order in the first or last half hour of its day, replayed to its end."""
    file = tmp_path_factory.mktemp("replayed") / "connector.db"
    shutil.copy(template, file)
    engine = connect(str(file))
    records = [
        order(row, 0, placed_at=instant(row, sold.day), total=sold.total, customer_id=str(sold.person), lines=(),
              currency="USD", updated_at=None)
        for row, sold in enumerate(outside.cdnow_sample())
    ]  # fmt: skip
    put(engine, store(engine, currency="USD", timezone=ZONE.key), *records)
    with engine.connect() as connection:
        activate(connection, FAMILIES, day_number(LAST))
        advance(connection, FAMILIES, day_number(LAST))
        yield connection
    engine.dispose()


def instant(row: int, day: date) -> datetime:
    """Just after midnight, or just before: a day other than UTC's where it is late."""
    local = time(0, row % 30) if row % 2 else time(23, 30 + row % 30)
    return datetime.combine(day, local, ZONE).astimezone(UTC)


@cache
def numbers_outside(day: date) -> dict[str, dict[int, str]]:
    """The stage of each person of the file by family."""
    return outside_families.stages(buyers(), day)


def by_account(connection: Connection) -> dict[int, int]:
    """The number in the file of each person of the database."""
    keys = table(Identity)
    rows = connection.execute(select(keys.c.customer_id, keys.c.value).where(keys.c.kind == "account"))
    return {row.customer_id: int(row.value) for row in rows}


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_every_past_day_holds_the_people_that_were_counted_outside(replayed: Connection, day: date) -> None:
    names = by_account(replayed)
    found: dict[str, dict[int, str]] = {family.key: {} for family in FAMILIES}
    for person, keys in stages_on(replayed, day_number(day)).items():
        for key in keys:
            family, stage = key.split(".")
            assert found[family].setdefault(names[person], stage) == stage

    expected = numbers_outside(day)
    assert {key: Counter(people.values()) for key, people in found.items()} == {
        key: Counter(people.values()) for key, people in expected.items()
    }
    assert found == expected


def test_the_outside_count_speaks_of_everyone_and_of_every_stage() -> None:
    """A day on which nobody stood in a stage would prove nothing of it."""
    seen = {family.key: set[str]() for family in FAMILIES}
    for day in DAYS:
        for key, people in numbers_outside(day).items():
            seen[key].update(people.values())

    assert len(buyers()) == 2357
    assert seen == {family.key: {stage.key for stage in family.stages} for family in FAMILIES}
    for day in DAYS:
        known = sum(person.since <= day for person in buyers().values())
        assert {len(people) for people in numbers_outside(day).values()} == {known}
