"""Who will have to be won back soon if they buy nothing until then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine

from connector.answers.reports import members
from connector.catalogue import Family, catalogue
from connector.days import day_date
from connector.history.memberships import activate, advance
from connector.judging.lapsing import lapsing
from tests.conftest import Fresh
from tests.rules_world import BASE, Person, Sale, family, lent, person

SPREAD = catalogue()[0]


@contextmanager
def found(engine: Engine, people: list[Person], *families: Family) -> Iterator[tuple[Connection, dict[str, Any]]]:
    """The report on some people, and the connection on which they lie."""
    with lent(engine, people) as connection:
        activate(connection, families, BASE)
        advance(connection, families, BASE)
        yield connection, lapsing(connection, families, BASE)


def test_whoever_becomes_inactive_within_30_days_and_nobody_else(engine: Engine) -> None:
    """The window is 180 days: inactive are those whose last order lies so far back or further."""
    people = [person(BASE - ago) for ago in (180, 179, 150, 149, 0)] + [Person(BASE - 170)]
    with found(engine, people, SPREAD) as (connection, report):
        then = {one["person"] for one in members(connection, [SPREAD], "spread.inactive", BASE + 30)}
        now = {one["person"] for one in members(connection, [SPREAD], "spread.inactive", BASE)}

    assert then - now == {2, 3}
    assert report == {
        "spread": {
            "to": ["spread.inactive"],
            "until": day_date(BASE + 30).isoformat(),
            "people": 2,
            "spent": {"minor": 2000, "currency": "EUR"},
            "most": [2, 3],
        }
    }


def test_what_they_spent_is_of_a_year_and_net_and_the_best_come_first(engine: Engine) -> None:
    last = BASE - 160
    people = [
        Person(BASE - 900, [Sale(BASE - 365, 9000), Sale(last, 700)]),
        Person(BASE - 900, [Sale(BASE - 364, 800), Sale(last, 700)], [(last + 1, 100)]),
        Person(BASE - 900, [Sale(last, 0)]),
    ]
    with found(engine, people, SPREAD) as (_, report):
        assert report["spread"]["people"] == 3
        assert report["spread"]["spent"] == {"minor": 2100, "currency": "EUR"}
        assert report["spread"]["most"] == [2, 1, 3]


def test_a_family_without_people_to_win_back_has_no_entry(fresh: Fresh) -> None:
    with found(fresh(), [person(BASE - 160)], family("x", "number_of_orders >= 1")) as (_, report):
        assert report == {}
