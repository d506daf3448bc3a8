"""Who is held out: a fixed random share that grows without letting anybody go, the same wherever it is worked out."""

from __future__ import annotations

from itertools import pairwise

from sqlalchemy import Engine, func, select

from connector.dialects import iso_day
from connector.holdout import HeldOut, in_force, note, shares
from connector.models import Customer, Store
from connector.tables import table
from tests.conftest import Fresh

PEOPLE = range(1, 20_001)


def held(share: HeldOut, people: range = PEOPLE) -> set[int]:
    return {person for person in people if share.holds(person)}


def with_a_shop(engine: Engine, shop_id: str = "1") -> None:
    switches = ("count_zero_orders", "count_on_hold", "count_refunded", "include_tax", "include_shipping")
    store = {"id": 1, "key": "shop", "platform": "memory", "shop_id": shop_id, "name": "S", "currency": "EUR"}
    with engine.begin() as connection:
        connection.execute(
            table(Store).insert(), {**store, "timezone": "Europe/Paris", **dict.fromkeys(switches, False)}
        )


def test_about_the_share_that_was_asked_for_is_held_out() -> None:
    for percent in (1, 10, 33.3, 50):
        number = len(held(HeldOut.of("salt", "spread.inactive", percent)))
        spread = (20_000 * percent / 100 * (1 - percent / 100)) ** 0.5
        assert abs(number - 200 * percent) < 4 * spread


def test_a_larger_share_holds_all_whom_a_smaller_one_held() -> None:
    groups = [held(HeldOut.of("salt", "spread.inactive", percent)) for percent in (0, 5, 10, 20, 50)]
    assert groups[0] == set()
    assert all(small < large for small, large in pairwise(groups))


def test_two_segments_and_two_shops_draw_independently() -> None:
    one = held(HeldOut.of("salt", "spread.inactive", 10))
    for other in (HeldOut.of("salt", "spread.new", 10), HeldOut.of("sel", "spread.inactive", 10)):
        assert 120 < len(one & held(other)) < 280  # a tenth of a tenth of 20,000


def test_neighbours_are_drawn_independently() -> None:
    """People who came one after the other must not be held out together, nor one after the other apart."""
    group = held(HeldOut.of("salt", "spread.inactive", 20))
    for step in (1, 2, 7, 10, 100):
        both = sum(person + step in group for person in group)
        assert 680 < both < 920  # a fifth of a fifth


def test_the_database_draws_the_same_people_and_writes_days_alike(fresh: Fresh) -> None:
    people = table(Customer)
    share = HeldOut.of("salt", "spread.inactive", 30)
    engine = fresh()
    numbers = [*range(1, 200), 2**31 - 2, 2**31 - 1, 2**31, 2**40 + 3]
    with engine.begin() as connection:
        connection.execute(people.insert(), [{"id": number, "since_day": 20_000} for number in numbers])
        found = connection.scalars(select(people.c.id).where(share.condition(people.c.id)))
        assert set(found) == {number for number in numbers if share.holds(number)}
        assert connection.scalar(select(func.min(iso_day(people.c.since_day)))) == "2024-10-04"


def test_the_first_day_is_kept_and_a_later_shop_draws_the_same_people(engine: Engine) -> None:
    with_a_shop(engine)
    with engine.begin() as connection:
        before = shares(connection, {"aud.vip": 10})
        note(connection, "lettre", {"aud.vip": 10}, 100)
        note(connection, "lettre", {"aud.vip": 10}, 101)
        (standing,) = in_force(connection, "lettre")
        assert (standing.segment, standing.since, standing.share) == ("aud.vip", 100, before["aud.vip"])
        connection.execute(table(Store).update().values(shop_id="2"))
        assert shares(connection, {"aud.vip": 10}) == before


def test_another_share_begins_anew_and_none_ends_it(engine: Engine) -> None:
    with_a_shop(engine)
    with engine.begin() as connection:
        note(connection, "lettre", {"aud.vip": 10}, 100)
        note(connection, "lettre", {"aud.vip": 20}, 110)
        note(connection, "tags", {"aud.vip": 10}, 111)
        assert [(one.destination, one.since, one.share.percent) for one in in_force(connection)] == [
            ("lettre", 110, 20),
            ("tags", 111, 10),
        ]
        note(connection, "lettre", {}, 120)
        assert [one.destination for one in in_force(connection)] == ["tags"]
