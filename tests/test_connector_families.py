"""Every family holds everybody exactly once: over enumerated histories, and over the orders of two real shops.

The histories are pulled like a shop's. Where a stage belongs is counted in `outside_families`, without the product.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations, combinations_with_replacement, product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, Engine, select

from connector.answers.reports import segments
from connector.catalogue import Family, library
from connector.database import connect
from connector.days import day_number
from connector.history.calibrations import in_force
from connector.history.memberships import activate, advance
from connector.history.steps import shape_of
from connector.models import Identity
from connector.query.meaning import meaning
from connector.query.select import Choice, state
from connector.records import OrderRecord, OrderStatus, RefundRecord
from connector.tables import table
from tests import outside, outside_families
from tests.audience_world import DAY, Bought, Event, bought, joined, records
from tests.conftest import Fresh
from tests.outside import Person, Purchase
from tests.pull_world import put, store
from tests.rules_world import stages_on

ZONE = ZoneInfo("Pacific/Kiritimati")
FAMILIES = tuple(library().families.values())
INSIDE, OUTSIDE = (0, 1, 90, 179), (180, 181, 270, 400)
"""Days ago in the window of 180 days and before it, its edges among them."""

Shop = Mapping[str, Sequence[Event]]


def grid() -> dict[str, list[Event]]:
    """Up to four orders on eight days, several on one day too: 495 histories."""
    days = [*INSIDE, *OUTSIDE]
    histories = [ago for number in range(5) for ago in combinations_with_replacement(days, number)]
    return {f"grid {ago}": joined(500) + bought(*ago) for ago in histories}


def undone() -> dict[str, list[Event]]:
    """Up to two orders on the same days, each standing, cancelled, given back, or to be so tomorrow."""
    fates = ("stands", "cancelled", "given back", "given back in two parts", "to be cancelled", "to be given back")
    orders = list(product([*INSIDE, *OUTSIDE], fates))
    histories = [some for number in (1, 2) for some in combinations_with_replacement(orders, number)]
    return {
        f"undone {some}": joined(500) + [event for ago, fate in some for event in ordered(ago, fate)]
        for some in histories
    }


def ordered(ago: int, fate: str) -> list[Event]:
    """An order and what became of it; nothing happens before its own day."""
    since = max(ago - 1, 0)
    match fate:
        case "cancelled":
            return bought(ago, cancelled=since)
        case "given back":
            return bought(ago, refunds=[(since, 3000)])
        case "given back in two parts":
            return bought(ago, refunds=[(ago, 2000), (since, 1000)])
        case "to be cancelled":
            return bought(ago, cancelled=-1)
        case "to be given back":
            return bought(ago, refunds=[(ago, 2999), (-1, 1)])
    return bought(ago)


def rhythm() -> dict[str, list[Event]]:
    """One to four purchase days 20 days apart, which makes 20 the interval of all, the last on either side of 2, 3, 4.

    On every other one of two histories the last day has two orders.
    """
    last = (0, 1, 39, 40, 41, 59, 60, 61, 79, 80, 81, 179, 180, 181)
    return {
        f"rhythm {ago} {number} {twice}": bought(*(ago + 20 * n for n in range(number)), *[ago] * twice)
        for ago, number, twice in product(last, range(1, 5), (0, 1))
    }


def ledger(shop: Shop) -> dict[int, Person]:
    """The same histories for counting outside; a cancelled order is one that was given back whole."""
    return {account: _person(events) for account, events in enumerate(shop.values(), 1)}


def _person(events: Sequence[Event]) -> Person:
    orders = [event for event in events if isinstance(event, Bought)]
    purchases = []
    for order in orders:
        back = [(_day(ago), amount) for ago, amount in order.refunds]
        back += [] if order.cancelled is None else [(_day(order.cancelled), order.total)]
        purchases.append(Purchase(_day(order.ago), order.total, tuple(back)))
    return Person(min(_day(event.ago) for event in events), purchases)


def _day(ago: int) -> date:
    return DAY - timedelta(days=ago)


@dataclass(frozen=True)
class Answered:
    """The stage of each account, and the stages whose rule alone holds for it, but for the last, which takes all."""

    stage: Mapping[int, str]
    alone: Mapping[int, tuple[str, ...]]


def answered(connection: Connection, family: Family, as_of: date) -> Answered:
    """What the rules of a family say of everybody at the end of a day."""
    keys = [stage.key for stage in family.stages]
    each = [Choice(f"alone_{n}", ((meaning(rule, "EUR"), 1),)) for n, rule in enumerate(family.expressions()[:-1])]
    choices = [family.choice("stage", "EUR", range(len(keys))), *each]
    asked = state(choices, shape_of(connection, day_number(as_of)))
    figures = in_force(connection, choices)
    rows = connection.execute(asked.select, asked.clock.values(day_number(as_of), figures)).all()
    names = accounts(connection)
    return Answered(
        {names[row.customer_id]: keys[row.stage] for row in rows},
        {
            names[row.customer_id]: tuple(key for key, one in zip(keys, each, strict=False) if getattr(row, one.name))
            for row in rows
        },
    )


def accounts(connection: Connection) -> dict[int, int]:
    """The account of each person."""
    keys = table(Identity).c
    rows = connection.execute(select(keys.customer_id, keys.value).where(keys.kind == "account"))
    return {row.customer_id: int(row.value) for row in rows}


# Enumerated histories -----------------------------------------------------------------------------------------------

OVERLAPS = {
    # a first order and another one within the window: loyal wins. The only order is new before it is occasional
    "spread": {("loyal", "new"), ("new", "occasional")},
    "loyalty": {("new", "occasional")},
    # the longest silence wins, and any silence wins over loyalty
    "cartelis": {
        ("lost", "inactive"), ("lost", "at_risk"), ("inactive", "at_risk"),
        ("lost", "loyal"), ("inactive", "loyal"), ("at_risk", "loyal"),
        ("lost", "repeat"), ("inactive", "repeat"), ("at_risk", "repeat"), ("loyal", "repeat"),
    },
    # silence wins over numbers
    "emarsys": {("reconquest", "conversion"), ("reconquest", "growth")},
    # of one score of recency, the better group wins
    "rfm": {
        ("champions", "active"), ("champions", "new"), ("active", "new"),
        ("loyal", "active"), ("loyal", "promising"), ("active", "promising"),
        ("loyal", "needs_attention"), ("loyal", "almost_lost"), ("needs_attention", "almost_lost"),
        ("at_risk", "almost_lost"),
    },
}  # fmt: skip


SHOPS = {"grid": {**grid(), **undone()}, "rhythm": rhythm()}


@pytest.fixture(scope="module")
def databases(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Connection]]:
    """A database of the histories around the window, and one of those around the interval."""
    with ExitStack() as stack:
        found = {}
        for name, shop in SHOPS.items():
            file = tmp_path_factory.mktemp(name) / "connector.db"
            shutil.copy(template, file)
            engine = connect(str(file))
            stack.callback(engine.dispose)
            put(engine, store(engine, timezone=ZONE.key), *records(shop, ZONE))
            found[name] = stack.enter_context(engine.connect())
        yield found


@pytest.mark.parametrize("name", SHOPS)
def test_every_history_has_the_one_stage_that_the_words_give_it(fresh: Fresh, name: str) -> None:
    """Today, tomorrow, and on a day of the past when nobody had bought twice, so that the shop had no interval."""
    engine, people = fresh(), ledger(SHOPS[name])
    put(engine, store(engine, timezone=ZONE.key), *records(SHOPS[name], ZONE))
    with engine.connect() as connection:
        for ago in (0, -1, 270):
            expected = outside_families.stages(people, _day(ago))
            for family in FAMILIES:
                found = answered(connection, family, _day(ago)).stage
                assert found == expected[family.key], (family.key, ago)
                assert len(found) == sum(person.since <= _day(ago) for person in people.values())


@pytest.mark.parametrize("name", SHOPS)
def test_the_memberships_of_every_history_are_one_at_a_time(engine: Engine, name: str) -> None:
    put(engine, store(engine, timezone=ZONE.key), *records(SHOPS[name], ZONE))
    with engine.connect() as connection:
        activate(connection, FAMILIES, day_number(DAY))
        advance(connection, FAMILIES, day_number(DAY))
        names = accounts(connection)
        for ago in (0, 1, 61, 150, 270):
            held = [(names[n], *key.split(".")) for n, keys in stages_on(connection, day_number(_day(ago))).items()
                    for key in keys]  # fmt: skip
            expected = outside_families.stages(ledger(SHOPS[name]), _day(ago))
            assert sorted(held) == sorted((n, key, stage) for key, of in expected.items() for n, stage in of.items())


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.key)
def test_the_rules_overlap_where_it_is_known_and_the_first_wins(
    databases: dict[str, Connection], family: Family
) -> None:
    pairs: set[tuple[str, str]] = set()
    stages: set[str] = set()
    for connection in databases.values():
        found = answered(connection, family, DAY)
        pairs.update(pair for alone in found.alone.values() for pair in combinations(alone, 2))
        stages.update(found.stage.values())
        for account, alone in found.alone.items():
            assert found.stage[account] == (alone[0] if alone else family.stages[-1].key)
    assert pairs == OVERLAPS[family.key]
    assert stages == {stage.key for stage in family.stages}


def test_the_four_stages_of_the_article_overlap_and_leave_a_hole(databases: dict[str, Connection]) -> None:
    """Of 495 histories 65 are new and loyal at once, and 136, of an earlier customer with one order, are neither."""
    found = answered(databases["grid"], library().families["spread"], DAY)
    stages = [(found.stage[account], set(found.alone[account])) for account in range(1, 496)]

    assert len(grid()) == 495
    assert sum({"new", "loyal"} <= alone for _, alone in stages) == 65
    assert sum(alone == {"occasional"} for _, alone in stages) == 136
    assert Counter(stage for stage, _ in stages) == {
        "prospect": 1, "loyal": 285, "new": 4, "occasional": 136, "inactive": 69,
    }  # fmt: skip


# Real orders --------------------------------------------------------------------------------------------------------


def sums_up(connection: Connection, day: date, known: int) -> None:
    """Hold the sum of each family's stages against the number of people who are known."""
    report = segments(connection, FAMILIES, day_number(day))
    assert report["people"] == known
    for family in report["families"]:
        assert sum(stage["people"] for stage in family["stages"]) == known, (day, family["key"])


@pytest.mark.skipif(not outside.CDNOW_SAMPLE.exists(), reason=f"{outside.CDNOW_SAMPLE.name} is not in ../shared/data")
def test_on_any_day_the_stages_of_cdnow_sum_up_to_its_people(engine: Engine) -> None:
    zone = ZoneInfo("America/New_York")
    sold = outside.cdnow_sample()
    shop = store(engine, currency="USD", timezone=zone.key)
    orders = [
        OrderRecord(
            str(row), late(order.day, zone), OrderStatus.PAID, "USD", order.total, customer_id=str(order.person)
        )
        for row, order in enumerate(sold)
    ]
    put(engine, shop, *orders)
    people = outside.people_of(sold)
    with engine.connect() as connection:
        for day in (date(1996, 12, 31), date(1997, 1, 1), date(1997, 2, 9), date(1997, 7, 1), date(1998, 6, 30)):
            sums_up(connection, day, sum(person.since <= day for person in people.values()))


@pytest.mark.skipif(not outside.ONLINE_RETAIL.exists(), reason=f"{outside.ONLINE_RETAIL.name} is not in ../shared/data")
def test_on_any_day_the_stages_of_online_retail_sum_up_to_its_people(engine: Engine) -> None:
    """With its cancellations, which are money given back of no order that is known."""
    zone = ZoneInfo("Europe/London")
    people, _ = outside.whole_file(outside.online_retail())
    put(engine, store(engine, currency="GBP", timezone=zone.key), *invoices(people, zone), origin="file")
    with engine.connect() as connection:
        for day in (date(2010, 12, 1), date(2011, 2, 28), date(2011, 7, 31), date(2011, 12, 9)):
            sums_up(connection, day, sum(person.since <= day for person in people.values()))
        assert len(people) == 4372


def invoices(people: Mapping[int, Person], zone: ZoneInfo) -> list[OrderRecord]:
    """An order for each purchase, and for each credit a record without a sale."""
    found: list[OrderRecord] = []
    for number, person in people.items():
        for day, total in [(sold.day, sold.total) for sold in person.purchases]:
            name = str(len(found))
            found.append(OrderRecord(name, late(day, zone), OrderStatus.PAID, "GBP", total, customer_id=str(number)))
        for day, amount in person.credits:
            name, at = str(len(found)), late(day, zone)
            back = (RefundRecord(f"{name}-refund", amount, at),)
            order = OrderRecord(name, at, OrderStatus.PAID, "GBP", 0, customer_id=str(number), refunds=back, sale=False)
            found.append(order)
    return found


def late(day: date, zone: ZoneInfo) -> datetime:
    """Half an hour before midnight."""
    return datetime.combine(day, time(23, 30), zone).astimezone(UTC)
