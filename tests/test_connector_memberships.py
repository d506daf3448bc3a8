from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, func, select, update

from connector.catalogue import Family, catalogue
from connector.database import connect
from connector.errors import SettingsError
from connector.history.memberships import activate, advance, full
from connector.models import Customer, Membership, Order, Segment
from connector.query import Expression, canonical
from connector.tables import table
from tests.rules_world import (
    BASE,
    Interval,
    Person,
    Sale,
    add_person,
    add_rows,
    counts_by_intervals,
    family,
    intervals,
    lent,
    metrics_of,
    person,
    rules,
    sales,
    shops,
    stage,
    stages_on,
    stored_counts,
    stored_metrics,
)

EACH = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SPREAD = catalogue()[0]
NARROW = SPREAD.changed({"window": 30})


def made(first: Expression, second: Expression, third: Expression) -> tuple[Family, Family]:
    """A segmentation that covers everyone, and an audience that does not."""
    return family("life", canonical(first), canonical(second), "TRUE"), family("aud", canonical(third))


FAMILIES = st.builds(made, rules(), rules(), rules())


def expected_stages(families: tuple[Family, ...], people: list[Person], day: int) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for number, someone in enumerate(people, 1):
        for asked in families:
            position = stage(asked, someone, day)
            if position is not None:
                found.setdefault(number, set()).add(f"{asked.key}.s{position}")
    return found


def wake(connection: Connection, number: int, day: int) -> None:
    """What a pull does when rows of a day change."""
    people = table(Customer)
    earlier = func.coalesce(people.c.next_review_on, day) >= day
    connection.execute(update(people).where(people.c.id == number, earlier).values(next_review_on=day))


@EACH
@given(shops(), FAMILIES, st.integers(BASE - 20, BASE), st.integers(1, 12))
def test_day_by_day_is_what_a_full_answer_says_each_day(
    engine: Engine, people: list[Person], families: tuple[Family, Family], first: int, days: int
) -> None:
    with lent(engine, people) as connection:
        activate(connection, families, first)
        for day in range(first, first + days):
            advance(connection, families, day)

            assert stages_on(connection, day) == expected_stages(families, people, day)
            assert full(connection, families, day) == 0
        assert stored_counts(connection) == counts_by_intervals(connection)
        alive = {n: metrics_of(p, day) for n, p in enumerate(people, 1) if p.since <= day}
        assert stored_metrics(connection) == alive
        one_by_one = intervals(connection)

    with lent(engine, people) as connection:
        activate(connection, families, day)
        advance(connection, families, day, batch=2)

        assert intervals(connection) == one_by_one


@EACH
@given(shops(), FAMILIES, st.integers(BASE - 10, BASE + 5))
def test_replay_knows_every_past_day(
    engine: Engine, people: list[Person], families: tuple[Family, Family], as_of: int
) -> None:
    with lent(engine, people) as connection:
        activate(connection, families, as_of)
        advance(connection, families, as_of)

        for day in range(min(p.since for p in people) - 1, as_of + 1):
            assert stages_on(connection, day) == expected_stages(families, people, day)


@EACH
@given(
    shops(),
    FAMILIES,
    st.integers(BASE - 10, BASE + 5),
    st.lists(st.tuples(st.integers(1, 4), sales()), min_size=1, max_size=3),
)
def test_late_rows_end_as_if_they_had_always_been_there(
    engine: Engine, people: list[Person], families: tuple[Family, Family], as_of: int, late: list[tuple[int, Sale]]
) -> None:
    late = [(number, sale) for number, sale in late if number <= len(people)]
    whole = [Person(p.since, list(p.sales), list(p.credits)) for p in people]
    for number, sale in late:
        whole[number - 1].sales.append(sale)
        whole[number - 1].since = min(whole[number - 1].since, sale.day)
    with lent(engine, people) as connection:
        activate(connection, families, as_of)
        advance(connection, families, as_of)
        for number, sale in late:
            add_rows(connection, number, [sale])
            customers = table(Customer)
            older = customers.c.since_day > sale.day
            connection.execute(update(customers).where(customers.c.id == number, older).values(since_day=sale.day))
            wake(connection, number, sale.day)
        advance(connection, families, as_of + 1)
        amended, counts = intervals(connection), stored_counts(connection)
        assert full(connection, families, as_of + 1) == 0
        assert counts == counts_by_intervals(connection)

    with lent(engine, whole) as connection:
        activate(connection, families, as_of + 1)
        advance(connection, families, as_of + 1)

        assert intervals(connection) == amended


@contextmanager
def spread(engine: Engine, *people: Person) -> Iterator[Connection]:
    """A base of these people with SPREAD in force and everyone up to BASE."""
    with lent(engine, people) as connection:
        activate(connection, [SPREAD], BASE)
        advance(connection, [SPREAD], BASE)
        yield connection


def test_each_change_has_its_day_and_its_cause(engine: Engine) -> None:
    people = [
        person(BASE - 400, BASE - 390, BASE - 100, since=BASE - 410),
        Person(BASE - 20, [Sale(BASE - 20, refunds=[(BASE - 5, 1000)], void=BASE - 5)]),
        Person(BASE - 20, [Sale(BASE - 20, void=BASE - 4)]),
    ]
    with spread(engine, *people) as connection:
        found = intervals(connection)

    def life(number: int) -> list[tuple[str, int, int | None, str]]:
        mine = sorted((row for row in found if row[0] == number), key=lambda row: row[3])
        return [(key.removeprefix("spread."), entered, left, cause) for _, key, _, entered, left, cause in mine]

    assert life(1) == [
        ("prospect", BASE - 410, BASE - 400, "profile"),
        ("new", BASE - 400, BASE - 390, "order"),
        ("loyal", BASE - 390, BASE - 220, "order"),
        ("occasional", BASE - 220, BASE - 210, "time"),
        ("inactive", BASE - 210, BASE - 100, "time"),
        ("occasional", BASE - 100, None, "order"),
    ]
    assert life(2) == [("new", BASE - 20, BASE - 5, "order"), ("prospect", BASE - 5, None, "refund")]
    assert life(3) == [("new", BASE - 20, BASE - 4, "order"), ("prospect", BASE - 4, None, "order")]


def test_an_order_of_today_corrects_today(engine: Engine) -> None:
    """Two runs in one day leave one interval, and none of zero length."""
    with spread(engine, person(BASE)) as connection:
        add_rows(connection, 1, [Sale(BASE)])
        wake(connection, 1, BASE)
        advance(connection, [SPREAD], BASE)

        assert intervals(connection) == {(1, "spread.loyal", 1, BASE, None, "order")}
        assert stored_counts(connection) == counts_by_intervals(connection)


def test_an_order_that_goes_today_opens_again_what_it_had_closed(engine: Engine) -> None:
    with spread(engine, person(BASE - 3, BASE)) as connection:
        orders = table(Order)
        connection.execute(update(orders).where(orders.c.local_day == BASE).values(counted=0))
        wake(connection, 1, BASE)
        advance(connection, [SPREAD], BASE)

        assert intervals(connection) == {(1, "spread.new", 1, BASE - 3, None, "order")}


def test_only_people_who_are_due_are_looked_at(engine: Engine) -> None:
    with spread(engine, person(BASE - 179), person(BASE - 178), person(BASE - 500)) as connection:
        assert advance(connection, [SPREAD], BASE).people == 0
        tomorrow = advance(connection, [SPREAD], BASE + 1)

        assert (tomorrow.people, tomorrow.entries) == (1, 1)
        wake(connection, 1, BASE - 179)
        again = advance(connection, [SPREAD], BASE + 1)
        assert (again.people, again.entries) == (1, 0)  # what was found again was known
        assert stages_on(connection, BASE + 1)[1] == {"spread.inactive"}


def test_missed_days_are_made_up(engine: Engine) -> None:
    with spread(engine, person(BASE - 100), person(BASE - 90)) as connection:
        advance(connection, [SPREAD], BASE + 200)

        assert {(row[0], row[1], row[3]) for row in intervals(connection) if row[4] is None} == {
            (1, "spread.inactive", BASE + 80),
            (2, "spread.inactive", BASE + 90),
        }


def test_progress_is_told_between_batches_and_what_is_done_can_be_committed(template: Path, tmp_path: Path) -> None:
    shutil.copy(template, tmp_path / "shop.db")
    engine = connect(str(tmp_path / "shop.db"))
    told: list[tuple[int, int]] = []
    with lent(engine, [person(BASE - day) for day in range(5)]) as connection:
        activate(connection, [SPREAD], BASE)
        connection.commit()

        def interrupted(done: int, total: int) -> None:
            told.append((done, total))
            connection.commit()
            if done == 4:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            advance(connection, [SPREAD], BASE, interrupted, batch=2)
        connection.rollback()
        assert advance(connection, [SPREAD], BASE).people == 1
        assert len(intervals(connection)) == 5
    engine.dispose()
    assert told == [(2, 5), (4, 5)]


def test_a_change_of_window_makes_a_new_version_and_leaves_the_past(engine: Engine) -> None:
    with spread(engine, person(BASE - 100), person(BASE - 5)) as connection:
        activate(connection, [NARROW], BASE + 1)
        advance(connection, [NARROW], BASE + 1)

        assert intervals(connection) == {
            (1, "spread.new", 1, BASE - 100, BASE + 1, "order"),
            (1, "spread.inactive", 2, BASE + 1, None, "definition"),
            (2, "spread.new", 1, BASE - 5, BASE + 1, "order"),
            (2, "spread.new", 2, BASE + 1, None, "definition"),
        }
        assert stored_counts(connection) == counts_by_intervals(connection)
        assert full(connection, [NARROW], BASE + 1) == 0


def test_a_late_order_does_not_change_what_an_older_version_said(engine: Engine) -> None:
    with spread(engine, person(BASE - 100)) as connection:
        activate(connection, [NARROW], BASE + 1)
        advance(connection, [NARROW], BASE + 1)
        add_rows(connection, 1, [Sale(BASE - 10)])
        wake(connection, 1, BASE - 10)
        advance(connection, [NARROW], BASE + 2)

        assert intervals(connection) == {
            (1, "spread.new", 1, BASE - 100, BASE + 1, "order"),
            (1, "spread.occasional", 2, BASE + 1, None, "definition"),
        }
        assert stored_counts(connection) == counts_by_intervals(connection)


def test_trying_windows_twice_in_a_day_leaves_no_trace_of_the_one_between(engine: Engine) -> None:
    with spread(engine, person(BASE - 40)) as connection:
        for asked in (NARROW, SPREAD.changed({"window": 60})):
            activate(connection, [asked], BASE + 1)
            advance(connection, [asked], BASE + 1)

        assert intervals(connection) == {
            (1, "spread.new", 1, BASE - 40, BASE + 1, "order"),
            (1, "spread.new", 3, BASE + 1, None, "definition"),
        }
        assert stored_counts(connection) == counts_by_intervals(connection)


def test_a_family_that_is_switched_off_ends_and_can_come_back(engine: Engine) -> None:
    other = family("aud", "number_of_orders >= 1")
    both = [SPREAD, other]
    with lent(engine, [person(BASE - 5)]) as connection:
        for families, day in ((both, BASE), ([SPREAD], BASE + 3), (both, BASE + 5)):
            activate(connection, families, day)
            advance(connection, families, day)

        assert {row[3:] for row in intervals(connection) if row[1] == "aud.s0"} == {
            (BASE - 5, BASE + 3, "order"),
            (BASE + 5, None, "definition"),
        }
        assert full(connection, both, BASE + 5) == 0
        assert stored_counts(connection) == counts_by_intervals(connection)


def test_a_late_row_leaves_what_a_family_said_before_it_was_switched_off(engine: Engine) -> None:
    other = family("aud", "number_of_orders >= 1")
    both = [SPREAD, other]
    with lent(engine, [person(BASE - 5)]) as connection:
        for families, day in ((both, BASE), ([SPREAD], BASE + 3), (both, BASE + 5)):
            activate(connection, families, day)
            advance(connection, families, day)
        add_rows(connection, 1, [Sale(BASE - 8)])
        wake(connection, 1, BASE - 8)
        advance(connection, both, BASE + 6)

        assert {row[3:] for row in intervals(connection) if row[1] == "aud.s0"} == {
            (BASE - 5, BASE + 3, "order"),
            (BASE + 5, None, "definition"),
        }
        assert stored_counts(connection) == counts_by_intervals(connection)


def test_a_family_that_is_new_has_its_past_at_once(engine: Engine) -> None:
    other = family("aud", "number_of_orders >= 1")
    with spread(engine, person(BASE - 5, since=BASE - 9)) as connection:
        before = intervals(connection)
        activate(connection, [SPREAD, other], BASE + 1)
        advance(connection, [SPREAD, other], BASE + 1)

        assert intervals(connection) == before | {(1, "aud.s0", 1, BASE - 5, None, "order")}


def test_activating_again_changes_nothing(engine: Engine) -> None:
    with spread(engine, person(BASE - 5)) as connection:
        activate(connection, [SPREAD], BASE + 1)

        assert advance(connection, [SPREAD], BASE + 1).people == 0
        assert connection.scalar(select(func.count()).select_from(table(Segment))) == 5


def test_without_history_everyone_starts_on_the_day(engine: Engine) -> None:
    with lent(engine, [person(BASE - 100), person(BASE)]) as connection:
        activate(connection, [SPREAD], BASE, history=False)
        advance(connection, [SPREAD], BASE)
        assert intervals(connection) == {
            (1, "spread.new", 1, BASE, None, "definition"),
            (2, "spread.new", 1, BASE, None, "order"),
        }

        add_rows(connection, 1, [Sale(BASE - 50)])
        wake(connection, 1, BASE - 50)
        advance(connection, [SPREAD], BASE + 1)

        assert (1, "spread.loyal", 1, BASE, None, "definition") in intervals(connection)
        assert full(connection, [SPREAD], BASE + 1) == 0


def test_one_who_was_merged_is_nowhere(engine: Engine) -> None:
    customers, orders = table(Customer), table(Order)
    with spread(engine, person(BASE - 100), person(BASE - 5)) as connection:
        connection.execute(update(orders).values(customer_id=1))
        connection.execute(update(customers).where(customers.c.id == 2).values(merged_into=1, next_review_on=BASE))
        wake(connection, 1, BASE - 100)
        advance(connection, [SPREAD], BASE)

        assert stages_on(connection, BASE) == {1: {"spread.loyal"}}
        assert {row[0] for row in intervals(connection)} == {1}
        assert stored_counts(connection) == counts_by_intervals(connection)
        assert set(stored_metrics(connection)) == {1}
        assert full(connection, [SPREAD], BASE) == 0


def test_full_repairs_what_is_wrong_and_says_how_many(engine: Engine) -> None:
    memberships, customers = table(Membership), table(Customer)
    with spread(engine, *[person(BASE - 10 * n) for n in range(1, 6)]) as connection:
        right = {(row[0], row[1]) for row in intervals(connection)}
        loyal = connection.scalar(select(table(Segment).c.id).where(table(Segment).c.key == "spread.loyal"))
        connection.execute(update(memberships).where(memberships.c.customer_id == 1).values(segment_id=loyal))
        connection.execute(update(customers).where(customers.c.id == 2).values(next_review_on=BASE + 999))
        connection.execute(memberships.delete().where(memberships.c.customer_id == 3))

        assert full(connection, [SPREAD], BASE) == 3
        assert full(connection, [SPREAD], BASE) == 0
        assert {(row[0], row[1]) for row in intervals(connection) if row[4] is None} == right


def test_a_family_that_is_not_in_force_is_refused(engine: Engine) -> None:
    with spread(engine, person(BASE)) as connection, pytest.raises(SettingsError, match="not in force"):
        advance(connection, [NARROW], BASE)


def test_an_empty_base_has_nobody(engine: Engine) -> None:
    with spread(engine) as connection:
        assert intervals(connection) == set()
        assert full(connection, [SPREAD], BASE) == 0


def test_newcomers_join_without_disturbing_others(engine: Engine) -> None:
    with spread(engine, person(BASE - 10)) as connection:
        before = intervals(connection)
        add_person(connection, 2, person(BASE - 3, BASE))
        advance(connection, [SPREAD], BASE)

        new: set[Interval] = {
            (2, "spread.new", 1, BASE - 3, BASE, "order"),
            (2, "spread.loyal", 1, BASE, None, "order"),
        }
        assert intervals(connection) == before | new
        assert stored_counts(connection) == counts_by_intervals(connection)
