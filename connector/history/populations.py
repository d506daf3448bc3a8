"""How many people, or how many orders, have each value: as of one day, or as of each of many days in one pass.

    Buyers(needs, columns).on(connection, day) -> Counter         how many of those who bought share the columns' values
    Buyers(needs, columns).over(connection, days) -> Iterator     the same as of each of some days, in order
    Purchases(category, since)                                    of orders: what each came to

In one pass nothing is counted twice: a value is counted in on the first day asked for on which somebody has it, and
out on the first on which they have another. What is yielded is counted on with the next day: it is read at once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Table,
    and_,
    exists,
    func,
    insert,
    or_,
    select,
    union,
)

from connector.dialects import earliest, greatest
from connector.history.replay import Days, past
from connector.models import Customer
from connector.query.bounds import UNCALIBRATED, Edge, OneOf, Span
from connector.query.clocks import TODAY, BoundClock, Calendar, CalendarClock, Clock, Shape
from connector.query.facts import Facts, Reading
from connector.query.fields import line_sum, net, orders, refunds, visible
from connector.query.meaning import Both, Leaf
from connector.query.measures import Aggregate, Formula, Test
from connector.query.select import COUNTED, Choice, moving
from connector.scratch import fill, lent
from connector.tables import table
from connector.text import fold

Values: TypeAlias = tuple[int | None, ...]
Counts: TypeAlias = Counter[Values]
"""How many have each combination of values."""

BATCH = 100_000
"""People whose past is found at once."""

people = table(Customer)


@dataclass(frozen=True, slots=True)
class Buyers:
    """Everyone with an order that counts, by some figures of theirs."""

    needs: tuple[Aggregate, ...]
    columns: tuple[Formula, ...]

    def on(self, connection: Connection, day: int) -> Counts:
        """How many share each combination of the columns' values at the end of a day."""
        clock = BoundClock()
        facts = Facts(clock, Shape(closed=False, credits=False), seen=None)
        for aggregate in (Aggregate("count"), *self.needs):
            facts.need(aggregate.measure, aggregate.rows)
        grouped = (
            select(orders.c.customer_id, *facts.columns())
            .where(COUNTED, visible(clock), orders.c.customer_id.is_not(None))
            .group_by(orders.c.customer_id)
            .subquery("f")
        )
        named = self._named(Reading(facts, grouped, clock, grouped.c.customer_id))
        clock.edge(TODAY)
        statement = select(func.count(), *named).group_by(*named)
        return Counter({_values(row): people for people, *row in connection.execute(statement, clock.values(day))})

    def over(self, connection: Connection, days: Sequence[int]) -> Iterator[tuple[int, Counts]]:
        """The same as of each of some days, which come in order."""
        changes: list[tuple[int, Values, int]] = []
        with lent(connection, "buyers", ["customer_id"], ["from_day", "start"]) as buyers:
            last = -1
            while _take(connection, buyers, days[0], last):
                last = connection.scalar(select(func.max(buyers.c.customer_id))) or 0
                changes += self._changes(connection, buyers, days)
        return _running(days, changes)

    def _changes(self, connection: Connection, buyers: Table, days: Sequence[int]) -> list[tuple[int, Values, int]]:
        choices = [Choice("asked", ((Both(tuple(Leaf(need, Span()) for need in self.needs)), 1),))]
        until = days[-1] + 1
        with (
            lent(connection, "seen", ["day"], Calendar.names(moving(choices))) as seen,
            _turns(connection, days[0], days, None) as turns,
        ):
            calendar = Days(connection, Calendar(seen, moving(choices)), UNCALIBRATED, until)
            calendar.reach(days[0])
            with past(connection, choices, buyers, calendar, until, credits_=False) as found:
                found.find()
                facts = found.facts
                reading = found.reading(CalendarClock({TODAY: facts.c.day}))
                named = [column.label(f"value_{n}") for n, column in enumerate(self._named(reading))]
                begin, end = turns.alias("begin"), turns.alias("end")
                rows = facts.join(begin, begin.c.day == facts.c.day).outerjoin(end, end.c.day == facts.c.until)
                bought = reading.value("count") > 0
                spans = select(begin.c.turn.label("begin"), end.c.turn.label("end"), *named).select_from(rows)
                return list(_counted(connection, spans.where(bought)))

    def _named(self, reading: Reading) -> list[ColumnElement[Any]]:
        return [column(reading) for column in self.columns]


@dataclass(frozen=True, slots=True)
class Purchases:
    """Every order that counts, by what it came to net of refunds: with `category`, its lines of that category.

    `since` is the first day of those that are asked for; None asks for all.
    """

    category: str | None = None
    since: Edge | None = None

    def on(self, connection: Connection, day: int) -> Counts:
        """How many came to each amount, at the end of a day."""
        clock = BoundClock()
        recent = [orders.c.local_day >= clock.edge(self.since)] if self.since else []
        amounts = select(self._value(clock).label("value")).where(COUNTED, visible(clock), *recent).subquery("a")
        statement = select(func.count(), amounts.c.value).group_by(amounts.c.value)
        return Counter({_values(row): number for number, *row in connection.execute(statement, clock.values(day))})

    def over(self, connection: Connection, days: Sequence[int]) -> Iterator[tuple[int, Counts]]:
        """The same as of each of some days, which come in order."""
        first = connection.scalar(select(func.min(orders.c.local_day)).where(COUNTED))
        if first is None:
            return _running(days, [])
        with _turns(connection, min(first, days[0]), days, self.since) as turns:
            return _running(days, list(_counted(connection, self._spans(turns))))

    def _spans(self, turns: Table) -> Select[Any]:
        """From which day to which each amount counts: a refund gives an order another, and time takes it away."""
        placed = select(orders.c.id, orders.c.local_day.label("day")).where(COUNTED)
        back = refunds.join(orders, and_(orders.c.id == refunds.c.order_id, COUNTED))
        later = refunds.c.day > orders.c.local_day
        changed = select(orders.c.id, refunds.c.day).select_from(back).where(later)
        changes = union(placed, changed).subquery("changes")
        until = func.lead(changes.c.day).over(partition_by=changes.c.id, order_by=changes.c.day)
        stretch = select(changes.c.id, changes.c.day, until.label("until")).subquery("stretch")
        begin, end, taken_back, left = (turns.alias(name) for name in ("begin", "end", "taken_back", "left_"))
        rows: FromClause = (
            stretch.join(orders, orders.c.id == stretch.c.id)
            .join(begin, begin.c.day == stretch.c.day)
            .outerjoin(end, end.c.day == stretch.c.until)
            .outerjoin(taken_back, taken_back.c.day == orders.c.void_day)
            .join(left, left.c.day == orders.c.local_day)
        )
        over = earliest([end.c.turn, taken_back.c.turn, left.c.out])
        value = self._value(CalendarClock({TODAY: stretch.c.day})).label("value")
        counted = or_(over.is_(None), begin.c.turn < over)
        return select(begin.c.turn.label("begin"), over.label("end"), value).select_from(rows).where(counted)

    def _value(self, clock: Clock) -> ColumnElement[Any]:
        if self.category is None:
            return net(clock, Shape())
        return line_sum((Test("category", OneOf((fold(self.category),))),), clock)


def _take(connection: Connection, buyers: Table, first: int, last: int) -> int:
    """Fill `buyers` with the next people by id who have orders that count; how many."""
    connection.execute(buyers.delete())
    bought = exists().where(orders.c.customer_id == people.c.id, COUNTED)
    start = greatest(people.c.since_day, first)
    page = select(people.c.id, start, start).where(people.c.id > last, people.c.merged_into.is_(None), bought)
    return fill(connection, buyers, page.order_by(people.c.id).limit(BATCH))


@contextmanager
def _turns(connection: Connection, first: int, days: Sequence[int], since: Edge | None) -> Iterator[Table]:
    """For each day the `turn`, the first of `days` from it on, and `out`, the first by which it lies before `since`."""
    with lent(connection, "counting_days", ["day"], ["turn", "out"]) as turns:
        turn, out, rows = 0, 0, []
        bounds = [None if since is None else since.on(day) for day in days]
        for day in range(first, days[-1] + 1):
            while days[turn] < day:
                turn += 1
            while out < len(days) and (bound := bounds[out]) is not None and bound <= day:
                out += 1
            gone = days[out] if since is not None and out < len(days) else None
            rows.append({"day": day, "turn": days[turn], "out": gone})
        connection.execute(insert(turns), rows)
        yield turns


def _counted(connection: Connection, spans: Select[Any]) -> Iterator[tuple[int, Values, int]]:
    """How many more, or fewer, have some values from a day on: from where their spans begin, and where they end."""
    stretch = spans.subquery("s")
    values = [column for column in stretch.c if column.name not in ("begin", "end")]
    other = stretch.c.begin.is_distinct_from(stretch.c.end)
    for day, sign in ((stretch.c.begin, 1), (stretch.c.end, -1)):
        statement = select(day, func.count(), *values).where(day.is_not(None), other).group_by(day, *values)
        for on, number, *row in connection.execute(statement):
            yield on, _values(row), sign * number


def _values(row: Iterable[Any]) -> Values:
    """What stands in a row; PostgreSQL's sums come as decimals."""
    return tuple(None if value is None else int(value) for value in row)


def _running(days: Sequence[int], changes: list[tuple[int, Values, int]]) -> Iterator[tuple[int, Counts]]:
    """What holds on each day, by what changes from some on."""
    changes.sort(key=lambda change: change[0])
    counts: Counts = Counter()
    position = 0
    for day in days:
        while position < len(changes) and changes[position][0] <= day:
            _, values, more = changes[position]
            counts[values] += more
            if not counts[values]:
                del counts[values]
            position += 1
        yield day, counts
