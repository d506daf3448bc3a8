"""Small shops and rules for tests, and an evaluator in plain Python against which the SQL is held."""

from __future__ import annotations

import operator
from calendar import monthrange
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, func, insert, select

from connector.catalogue import Family
from connector.days import day_date, day_number
from connector.models import Customer, DailyCount, Membership, Metric, Order, Refund, Segment, Store
from connector.query import Expression
from connector.query.tree import All, Always, Condition, Day, Matches, Not, Number, Offset, Value, all_of, any_of
from connector.query.tree import Any as AnyOf
from connector.tables import table

BASE = day_number(date(2026, 3, 31))


@dataclass
class Sale:
    """An order of a test person; `total` None is one paid in a foreign currency."""

    day: int
    total: int | None = 1000
    counted: int = 1
    void: int | None = None
    refunds: list[tuple[int, int]] = field(default_factory=list)

    def net(self, as_of: int) -> int | None:
        if self.total is None:
            return None
        return self.total - sum(amount for day, amount in self.refunds if day <= as_of)


@dataclass
class Person:
    """Someone with orders, and money given back without an order."""

    since: int
    sales: list[Sale] = field(default_factory=list)
    credits: list[tuple[int, int]] = field(default_factory=list)

    def placed(self, as_of: int) -> list[Sale]:
        return [s for s in self.sales if s.counted and s.day <= as_of and (s.void is None or s.void > as_of)]


def person(*days: int, since: int | None = None) -> Person:
    """A person with an order on each of some days."""
    first = min(days) if since is None else since
    return Person(first, [Sale(day) for day in days])


def load(connection: Connection, people: Sequence[Person], *, currency: str = "EUR") -> None:
    """Write people, numbered from 1, all of them due from their first day."""
    store = {"id": 1, "key": "shop", "platform": "file", "shop_id": "shop", "name": "Shop", "timezone": "UTC"}
    switches = dict.fromkeys(("count_zero_orders", "count_on_hold", "count_refunded"), False)
    connection.execute(
        insert(table(Store)),
        {**store, **switches, "currency": currency, "include_tax": True, "include_shipping": True},
    )
    for number, someone in enumerate(people, 1):
        add_person(connection, number, someone)


def add_person(connection: Connection, number: int, someone: Person) -> None:
    """Write a person with all that is theirs."""
    row = {"id": number, "since_day": someone.since, "next_review_on": someone.since}
    connection.execute(insert(table(Customer)), row)
    add_rows(connection, number, someone.sales, someone.credits)


def add_rows(
    connection: Connection, person: int, sales: Sequence[Sale], credits_: Sequence[tuple[int, int]] = ()
) -> None:
    """Write orders with their refunds, and money given back without an order."""
    first = (connection.scalar(select(func.max(table(Order).c.id))) or 0) + 1
    last_refund = connection.scalar(select(func.max(table(Refund).c.id))) or 0
    orders = [_order(order_id, person, sale) for order_id, sale in enumerate(sales, first)]
    given_back: list[tuple[int | None, int, int]] = [(None, day, amount) for day, amount in credits_]
    given_back += [(n, day, amount) for n, sale in enumerate(sales, first) for day, amount in sale.refunds]
    refunds = [
        {"store_id": 1, "platform_id": str(n), "customer_id": person, "order_id": order, "day": day, "amount": amount}
        for n, (order, day, amount) in enumerate(given_back, last_refund + 1)
    ]
    if orders:
        connection.execute(insert(table(Order)), orders)
    if refunds:
        connection.execute(insert(table(Refund)), refunds)


def _order(order_id: int, person: int, sale: Sale) -> dict[str, Any]:
    return {
        "id": order_id,
        "store_id": 1,
        "platform_id": str(order_id),
        "customer_id": person,
        "local_day": sale.day,
        "counted": sale.counted,
        "void_day": sale.void,
        "total": sale.total,
        "refunded": 0 if sale.total is None else sum(amount for _, amount in sale.refunds),
        "currency": "EUR",
        "gross": sale.total or 0,
        "origin": "file",
        "status": "paid",
        "test": False,
        **dict.fromkeys(("placed_at", "digest", "tax", "shipping", "discount"), 0),
    }


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


# ------------------------------------------------------------------------------------------- the evaluator


Figure: TypeAlias = int | Decimal

COMPARE = {"=": operator.eq, ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}


def holds(rule: Expression, someone: Person, as_of: int) -> bool:
    """Whether a rule is true of a person at the end of a day, by the words of the language."""
    match rule:
        case Always():
            return True
        case Not():
            return not holds(rule.part, someone, as_of)
        case All():
            return all(holds(part, someone, as_of) for part in rule.parts)
        case AnyOf():
            return any(holds(part, someone, as_of) for part in rule.parts)
        case Condition():
            return passes(rule, attribute(rule.name, someone, as_of), as_of)
        case Matches():
            return matches(rule, someone, as_of)


def attribute(name: str, someone: Person, as_of: int) -> Figure | None:
    placed = someone.placed(as_of)
    days = [sale.day for sale in placed]
    money = sum(sale.net(as_of) or 0 for sale in placed) - sum(a for day, a in someone.credits if day <= as_of)
    return {
        "number_of_orders": len(placed),
        "purchase_days": len(set(days)),
        "days_since_last_order": as_of - max(days) if days else None,
        "first_order_date": min(days, default=None),
        "last_order_date": max(days, default=None),
        "customer_added_date": someone.since,
        "amount_spent": Decimal(money) / 100,
        "amount_spent_gross": Decimal(sum(sale.total or 0 for sale in placed)) / 100,
    }[name]


def matches(rule: Matches, someone: Person, as_of: int) -> bool:
    tests = {test.name: test for test in rule.conditions}
    rows = someone.placed(as_of)
    if "date" in tests:
        rows = [sale for sale in rows if passes(tests["date"], sale.day, as_of)]
    if "amount" in tests:
        rows = [sale for sale in rows if passes(tests["amount"], euros(sale.net(as_of)), as_of)]
    figures: dict[str, Figure] = {
        "count": len(rows),
        "days": len({sale.day for sale in rows}),
        "sum_amount": Decimal(sum(sale.net(as_of) or 0 for sale in rows)) / 100,
    }
    if "count" not in tests and not rows:
        return False
    return all(passes(test, figures[name], as_of) for name, test in tests.items() if name in figures)


def euros(minor: int | None) -> Decimal | None:
    return None if minor is None else Decimal(minor) / 100


def passes(test: Condition, value: Figure | None, as_of: int) -> bool:
    match test.operator:
        case "IS NULL":
            return value is None
        case "IS NOT NULL":
            return value is not None
        case "!=":
            return value is None or value != resolved(test.values[0], as_of)
        case "BETWEEN":
            low, high = (resolved(bound, as_of) for bound in test.values)
            return value is not None and low <= value <= high
    return value is not None and bool(COMPARE[test.operator](value, resolved(test.values[0], as_of)))


def resolved(value: Value, as_of: int) -> Figure:
    match value:
        case Number():
            return value.value
        case Day():
            return value.number
        case Offset(count, "d"):
            return as_of - count
        case Offset(count, "w"):
            return as_of - 7 * count
        case Offset(count, "m"):
            return months_before(as_of, count)
        case Offset(count, "y"):
            return months_before(as_of, 12 * count)
    raise TypeError(value)


def months_before(as_of: int, count: int) -> int:
    """One month at a time to the month's first day, then as far into it as the day of the month allows."""
    day = day_date(as_of)
    first = day.replace(day=1)
    for _ in range(count):
        first = (first - timedelta(days=1)).replace(day=1)
    return day_number(first.replace(day=min(day.day, monthrange(first.year, first.month)[1])))


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


def tests_of(name: str, values: st.SearchStrategy[Any], *, null: bool) -> st.SearchStrategy[Condition]:
    """Comparisons of one attribute."""
    one = st.sampled_from(["=", "!=", ">", ">=", "<", "<="])
    forms = [
        st.builds(lambda op, value: Condition(name, op, (value,)), one, values),
        st.builds(lambda low, high: Condition(name, "BETWEEN", (low, high)), values, values),
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
