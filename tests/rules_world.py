"""Small shops and rules for tests, and what is stored of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, select

from connector.catalogue import Family
from connector.days import day_number
from connector.models import DailyCount, Membership, Metric, Segment
from connector.query import Expression
from connector.query.check import exchanged
from connector.query.measures import Kind
from connector.query.tree import Always, Condition, Day, Matches, Not, Number, Offset, Value, all_of, any_of
from connector.tables import table
from tests.rules_evaluator import holds
from tests.rules_people import Person, Sale, add_person, add_rows, load, person

__all__ = [
    "BASE",
    "Interval",
    "Person",
    "Sale",
    "add_person",
    "add_rows",
    "counts_by_intervals",
    "family",
    "holds",
    "intervals",
    "lent",
    "load",
    "metrics_of",
    "near",
    "person",
    "rules",
    "sales",
    "shops",
    "stage",
    "stages_on",
    "stored_counts",
    "stored_metrics",
    "tests_of",
]

BASE = day_number(date(2026, 3, 31))


@contextmanager
def lent(engine: Engine, people: Sequence[Person]) -> Iterator[Connection]:
    """A connection to a base of these people, of which nothing stays behind."""
    with engine.connect() as connection:
        load(connection, people)
        yield connection
        connection.rollback()


def family(key: str, *rules: str | Expression, **parameters: int) -> Family:
    """A family of test rules, its stages called s0, s1, …"""
    text = {"fr": "x", "en": "x"}
    stages = [
        {"key": f"s{number}", "rule": str(rule), "label": text, "tag": text, "description": text}
        for number, rule in enumerate(rules)
    ]
    values = {"key": key, "version": 1, "label": text, "description": text, "parameters": parameters}
    return Family.model_validate({**values, "stages": stages})


def stage(asked: Family, someone: Person, as_of: int) -> int | None:
    """The number of the first stage whose rule holds; None before the person exists."""
    if as_of < someone.since:
        return None
    rules = asked.expressions()
    return next((number for number, rule in enumerate(rules) if holds(rule, someone, as_of)), None)


# ------------------------------------------------------------------------------------------ what is stored


Interval = tuple[int, str, int, int, int | None, str]


def intervals(connection: Connection) -> set[Interval]:
    """Every membership: person, segment, version, entered, left, cause."""
    memberships, segments = table(Membership), table(Segment)
    m, s = memberships.c, segments.c
    rows = connection.execute(
        select(m.customer_id, s.key, s.version, m.entered_on, m.left_on, m.cause).join(segments, s.id == m.segment_id)
    )
    return {tuple(row) for row in rows}


def stages_on(connection: Connection, day: int) -> dict[int, set[str]]:
    """Who was where at the end of a day, by the stored intervals."""
    found: dict[int, set[str]] = {}
    for number, key, _, entered, left, _ in intervals(connection):
        if entered <= day and (left is None or left > day):
            found.setdefault(number, set()).add(key)
    return found


def counts_by_intervals(connection: Connection) -> dict[tuple[int, int], int]:
    """What daily_counts must hold: the people of each segment on each day on which that number changed."""
    m = table(Membership).c
    deltas: dict[int, dict[int, int]] = {}
    for segment, entered, left in connection.execute(select(m.segment_id, m.entered_on, m.left_on)):
        days = deltas.setdefault(segment, {})
        days[entered] = days.get(entered, 0) + 1
        if left is not None:
            days[left] = days.get(left, 0) - 1
    counts = {}
    for segment, days in deltas.items():
        held = 0
        for day in sorted(days):
            held += days[day]
            if days[day]:
                counts[segment, day] = held
    return counts


def stored_counts(connection: Connection) -> dict[tuple[int, int], int]:
    """What daily_counts holds."""
    c = table(DailyCount).c
    return {(row.segment_id, row.day): row.people for row in connection.execute(select(c.segment_id, c.day, c.people))}


def stored_metrics(connection: Connection) -> dict[int, tuple[int, int | None, int | None, int]]:
    """Each person's stored orders, first and last day, and amount spent."""
    rows = connection.execute(select(*table(Metric).c))
    return {row[0]: (row[1], row[2], row[3], row[4]) for row in rows}


def metrics_of(someone: Person, as_of: int) -> tuple[int, int | None, int | None, int]:
    """What must be stored of a person."""
    days = [sale.day for sale in someone.placed(as_of)]
    spent = sum(sale.net(as_of) or 0 for sale in someone.placed(as_of))
    given_back = sum(amount for day, amount in someone.credits if day <= as_of)
    return len(days), min(days, default=None), max(days, default=None), spent - given_back


# ------------------------------------------------------------------------------------------------ strategies


def near(days: int = 60) -> st.SearchStrategy[int]:
    """Days around the base, most of them in the weeks before it."""
    return st.integers(BASE - days, BASE + 12)


@st.composite
def sales(draw: st.DrawFn) -> Sale:
    day = draw(near())
    later = st.integers(day, day + 40)
    total = draw(st.none() | st.sampled_from([0, 1, 999, 1000, 1001, 2500]))
    refunds = draw(st.lists(st.tuples(later, st.sampled_from([1, 500, 1000])), max_size=2))
    return Sale(day, total, draw(st.sampled_from([1, 1, 1, 0])), draw(st.none() | later), refunds if total else [])


@st.composite
def persons(draw: st.DrawFn) -> Person:
    placed = draw(st.lists(sales(), max_size=5))
    joined = draw(near())
    credits_ = draw(st.lists(st.tuples(near(), st.sampled_from([1, 700])), max_size=1))
    return Person(min([joined, *(sale.day for sale in placed)]), placed, credits_)


def shops() -> st.SearchStrategy[list[Person]]:
    return st.lists(persons(), min_size=1, max_size=4)


COUNTS = st.integers(-1, 4).map(lambda number: Number(Decimal(number)))
MONEY = st.sampled_from(["0", "0.01", "9.99", "10", "10.005", "20", "-7", "25"]).map(lambda text: Number(Decimal(text)))
OFFSETS = st.builds(Offset, st.integers(1, 45), st.just("d")) | st.sampled_from(
    [Offset(0), Offset(1, "w"), Offset(3, "w"), Offset(1, "m"), Offset(2, "m"), Offset(1, "y")]
)
DATES = OFFSETS | st.builds(Day, near())


def between(name: str, low: Value, high: Value) -> Condition:
    """A range of two values whose ends are not exchanged."""
    condition = Condition(name, "BETWEEN", (low, high))
    return Condition(name, "BETWEEN", (high, low)) if exchanged(condition, Kind.DATE) else condition


def tests_of(name: str, values: st.SearchStrategy[Any], *, null: bool) -> st.SearchStrategy[Condition]:
    """Comparisons of one attribute."""
    one = st.sampled_from(["=", "!=", ">", ">=", "<", "<="])
    forms = [
        st.builds(lambda op, value: Condition(name, op, (value,)), one, values),
        st.builds(lambda low, high: between(name, low, high), values, values),
    ]
    if null:
        forms.append(st.sampled_from([Condition(name, "IS NULL"), Condition(name, "IS NOT NULL")]))
    return st.one_of(forms)


@st.composite
def matching(draw: st.DrawFn) -> Matches:
    kinds = {"date": DATES, "amount": MONEY, "count": COUNTS, "days": COUNTS, "sum_amount": MONEY}
    names = draw(st.lists(st.sampled_from(sorted(kinds)), min_size=1, max_size=4, unique=True))
    return Matches("orders_placed", tuple(draw(tests_of(name, kinds[name], null=False)) for name in names))


def leaves() -> st.SearchStrategy[Expression]:
    attributes = {
        **dict.fromkeys(("number_of_orders", "purchase_days", "days_since_last_order"), COUNTS),
        **dict.fromkeys(("first_order_date", "last_order_date", "customer_added_date"), DATES),
        **dict.fromkeys(("amount_spent", "amount_spent_gross"), MONEY),
    }
    plain = [tests_of(name, values, null=True) for name, values in attributes.items()]
    return st.one_of(st.just(Always()), *plain, matching(), matching())


def rules() -> st.SearchStrategy[Expression]:
    """Rules of every shape."""
    return st.recursive(
        leaves(),
        lambda inner: st.one_of(
            inner.map(Not),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: all_of(*parts)),
            st.lists(inner, min_size=2, max_size=3).map(lambda parts: any_of(*parts)),
        ),
        max_leaves=5,
    )
