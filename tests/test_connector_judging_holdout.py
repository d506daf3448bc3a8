"""What a hold-out shows: both groups counted as by hand, the difference with its interval, and nothing of too few."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from connector.holdout import HeldOut, Standing, in_force, note
from connector.judging.holdout import holdout
from connector.models import Membership, Segment
from connector.tables import table
from tests.conftest import Fresh
from tests.rules_people import Person, Sale, load

SINCE, TODAY = 1000, 1090
SEGMENTS = ("spread.prospect", "spread.loyal", "spread.new", "spread.inactive")
INACTIVE, LOYAL = 4, 2


@pytest.fixture
def connection(fresh: Fresh) -> Iterator[Connection]:
    with fresh().begin() as connection:
        rows = [
            {"id": n, "key": key, "version": 1, "family": "spread", "position": n, "rule": "", "active": True}
            for n, key in enumerate(SEGMENTS, 1)
        ]
        connection.execute(insert(table(Segment)), rows)
        yield connection


def stand(connection: Connection, people: Sequence[Person], *, percent: float = 20) -> Standing:
    """These people, inactive since day 900; whoever bought after day 1000 is loyal from then on."""
    load(connection, people)
    rows: list[dict[str, Any]] = []
    for number, person in enumerate(people, 1):
        back = min((sale.day for sale in person.sales if sale.day > SINCE), default=None)
        inside = {"customer_id": number, "segment_id": INACTIVE, "entered_on": 900, "left_on": back, "cause": "time"}
        rows.append(inside)
        if back is not None:
            rows.append({**inside, "segment_id": LOYAL, "entered_on": back, "left_on": None})
    connection.execute(insert(table(Membership)), rows)
    note(connection, "lettre", {"spread.inactive": percent}, SINCE)
    (standing,) = in_force(connection)
    return standing


def crowd(number: int, share: HeldOut, *, pushed: int, held: int) -> list[Person]:
    """So many people with an order before; of 100, so many of each group place another one since."""
    people = []
    for n in range(1, number + 1):
        again = n * 37 % 100 < (held if share.holds(n) else pushed)
        sales = [Sale(500), *([Sale(SINCE + 1 + n % 80, 3000 + n % 7)] if again else [])]
        people.append(Person(500, sales, emails=[f"p{n}@example.fr"] if n % 10 else []))
    return people


def share_of(percent: float) -> HeldOut:
    return HeldOut.of("shop", "spread.inactive", percent)


def test_both_groups_are_counted_as_by_hand(connection: Connection) -> None:
    share = share_of(20)
    people = crowd(700, share, pushed=30, held=15)
    people[0] = Person(500, [Sale(SINCE, 999), Sale(SINCE + 5, 1000, refunds=[(SINCE + 6, 400)]), Sale(TODAY + 1)])
    standing = stand(connection, people)
    assert standing.share == share
    report = holdout(connection, standing, TODAY)
    for name, wanted in (("pushed", False), ("held_out", True)):
        group = {n: person for n, person in enumerate(people, 1) if share.holds(n) is wanted}
        since = [sale for person in group.values() for sale in person.sales if SINCE < sale.day <= TODAY]
        left = sum(any(SINCE < sale.day <= TODAY for sale in person.sales) for person in group.values())
        told = report[name]
        assert (told["people"], told["left"], told["orders"]) == (len(group), left, len(since))
        assert told["to"] == {"spread.loyal": left}
        assert told["revenue"] == {"minor": sum(sale.net(TODAY) or 0 for sale in since), "currency": "EUR"}


def test_those_whom_the_destination_cannot_reach_are_in_neither_group(connection: Connection) -> None:
    standing = stand(connection, crowd(200, share_of(50), pushed=30, held=30), percent=50)
    report = holdout(connection, standing, TODAY, reach="email")
    assert report["pushed"]["people"] + report["held_out"]["people"] == 180


def test_a_real_effect_is_seen_and_none_is_not(connection: Connection) -> None:
    share = share_of(50)
    effect = holdout(connection, stand(connection, crowd(2000, share, pushed=30, held=15), percent=50), TODAY)
    bought = effect["effects"]["orders"]
    assert bought["difference"] == pytest.approx(0.15, abs=0.03)
    low, high = bought["interval"]
    assert 0 < low < bought["difference"] < high
    # by the textbook: 2.8 standard errors of a difference of two shares
    assert bought["smallest_visible"] == pytest.approx(2.8 * (0.3 * 0.7 / 1000 + 0.15 * 0.85 / 1000) ** 0.5, rel=0.15)
    assert effect["effects"]["revenue"]["unit"] == "minor EUR"


def test_where_nothing_differs_the_interval_says_so(connection: Connection) -> None:
    report = holdout(connection, stand(connection, crowd(2000, share_of(20), pushed=20, held=20)), TODAY)
    for measure in ("left", "orders", "revenue"):
        low, high = report["effects"][measure]["interval"]
        assert low < 0 < high
    assert report == holdout(connection, in_force(connection)[0], TODAY)  # seeded: asked again, the same


def test_of_too_few_people_no_difference_is_told(connection: Connection) -> None:
    report = holdout(connection, stand(connection, crowd(300, share_of(20), pushed=50, held=0)), TODAY)
    assert report["held_out"]["people"] < 100
    assert (report["effects"], report["reason"]) == (None, "too_few_people")
