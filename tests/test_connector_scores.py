"""The scores of buyers: by fifths of the shop's people, and calm from one calibration to the next."""

from __future__ import annotations

from sqlalchemy import Engine

from connector.days import monday
from connector.history.scores import scores
from tests.rules_people import person
from tests.rules_world import BASE, lent

MONDAY = monday(BASE)
RISING = [person(*(MONDAY - 60 + 10 * number + day for day in range(number))) for number in range(1, 6)]
"""Each has bought on one day more than the one before, and last more lately."""


def test_the_best_fifth_has_five_in_each_and_who_never_bought_has_none(engine: Engine) -> None:
    with lent(engine, [*RISING, person(since=MONDAY - 90)]) as connection:
        found = scores(connection, BASE)

    assert found == {1: "111", 2: "222", 3: "333", 4: "444", 5: "555"}


def test_scores_stand_still_until_the_next_monday_whatever_happens_between(engine: Engine) -> None:
    busy = person(MONDAY - 400, MONDAY - 363, MONDAY + 2)  # an order leaves the year, another comes
    with lent(engine, [*RISING, busy, person(MONDAY + 1)]) as connection:
        week = [scores(connection, MONDAY + day) for day in range(7)]
        after = scores(connection, MONDAY + 7)

    assert week == [week[0]] * 7
    assert week[0][6][0] == "1"
    assert (7 in week[0], after[6][0], 7 in after) == (False, "5", True)


def test_before_the_first_order_nobody_has_scores(engine: Engine) -> None:
    with lent(engine, RISING) as connection:
        assert scores(connection, MONDAY - 300) == {}
