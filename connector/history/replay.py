"""People on past days: what they had from each day on which that changed, and what rules say of it on any day.

    with past(connection, choices, due, days, as_of) as people:
        people.find(first_days)                        all of it, for everyone in `due`
        people.answers()                               a row for each day on which an answer can have changed

What a person has changes on few days: those of their own rows, and those on which a row passes a bound of time. It is
kept from each such day to the next. Between them only the shop's own figures move, on Mondays, or a figure grows that
is counted from a date; where that passes what a person has, another day is added, and nothing is measured again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Index,
    Join,
    Select,
    Subquery,
    Table,
    and_,
    case,
    exists,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    true,
)

from connector.days import NEVER, monday
from connector.dialects import greatest, insert_missing, least
from connector.models import Customer, Membership, Refund
from connector.query.bounds import Calibrations, Crossing, Level, crossings
from connector.query.choices import all_leaves, constants, daily, ends, grows, levels, runs_out
from connector.query.clocks import TODAY, Calendar, CalendarClock, Clock, Shape
from connector.query.facts import Facts, Reading
from connector.query.fields import checkouts, orders
from connector.query.meaning import Leaf
from connector.query.measures import RATIO_UNIT, Aggregate, Derived, Source
from connector.query.person import field_days
from connector.query.reviews import around_anniversary, next_calibration, reaching_days, reviews, running_out
from connector.query.select import COUNTED, Choice, chosen, measured
from connector.query.within import positive
from connector.scratch import fill, lent
from connector.tables import table

people, memberships, refunds = table(Customer), table(Membership), table(Refund)

MOST = 2**62
"""More than anybody has of anything."""
PARTS = 1000
"""More than one figure has levels."""
EVERYONE = -1
"""Among the numbers of shifts: the days on which everyone is asked."""


@dataclass
class Days:
    """A calendar that is filled as far back as somebody asks."""

    connection: Connection
    calendar: Calendar
    calibrations: Calibrations
    until: int
    rows: dict[int, dict[str, int | None]] = field(default_factory=dict)

    def reach(self, first: int) -> None:
        """Have the days from `first` on."""
        days = range(first, min(self.rows, default=self.until))
        rows = self.calendar.rows(days, self.calibrations)
        if rows:
            self.connection.execute(insert(self.calendar.table), rows)
            self.rows |= dict(zip(days, rows, strict=True))

    def fill_extremes(self, low: Calendar, high: Calendar) -> None:
        """The least and the largest that each level is from a day on; null where it is unknown on one of the days."""
        for calendar, better in ((low, min), (high, max)):
            best: dict[str, int | None] = {}
            rows = []
            for day in sorted(self.rows, reverse=True):
                for level in calendar.moving:
                    name, now = calendar.column(level), self.rows[day][self.calendar.column(level)]
                    known = best.get(name, now)
                    best[name] = None if known is None or now is None else better(known, now)
                rows.append({"day": day, **best})
            self.connection.execute(insert(calendar.table), rows)

    def shifts(self, level: Level) -> Iterator[tuple[int, int | None, int | None]]:
        """Each day on which a level is another than on the day before, and what it was and is."""
        name = self.calendar.column(level)
        before = None
        for day in sorted(self.rows):
            now = self.rows[day][name]
            if now != before and day - 1 in self.rows:
                yield day, before, now
            before = now


@dataclass
class Past:
    """What some choices need of the people in `due`, and what they answer, on the days before `as_of`."""

    connection: Connection
    choices: Sequence[Choice]
    due: Table  # customer_id, start: from which day on
    days: Days
    as_of: int
    scope: Table  # a person and a day to answer for; `since` is the day of the facts in force
    shifts: Table  # by how much the shop's own figures move on some days
    extremes: tuple[Calendar, Calendar]  # the least and the largest that the shop's own figures are from a day on
    facts: Table  # what a person has from a day `until` another
    measures: Facts
    grouped: Subquery  # where facts come from
    thresholds: Mapping[Aggregate | Derived, list[Level]]
    growing: Sequence[Leaf]

    def find(self, first_days: Iterable[int] = ()) -> None:
        """Find all days and facts; `first_days` are days on which everything is answered anew."""
        for days in self._own_days(first_days):
            rows = days.subquery("days")
            self._add(select(rows.c.customer_id, rows.c.day, rows.c.day).where(true()))
        self._measure()
        for found in self._days_between():
            self._add(found)

    def answers(self) -> Select[Any]:
        """Customer, day and the answers for each row of `scope`."""
        days = self.days.calendar.table.alias("k")
        scope, facts = self.scope, self.facts
        rows = scope.join(facts, and_(facts.c.customer_id == scope.c.customer_id, facts.c.day == scope.c.since)).join(
            days, days.c.day == scope.c.day
        )
        reading = self.reading(self.days.calendar.clock(days, scope.c.day))
        return select(scope.c.customer_id, scope.c.day, *chosen(self.choices, reading)).select_from(rows)

    def reading(self, clock: Clock) -> Reading:
        """Reads the facts, as of the days of a clock."""
        return Reading(self.measures, self.facts, clock, self.facts.c.known_since)

    def _add(self, rows: Select[Any]) -> None:
        missing = insert_missing(self.connection, self.scope)
        self.connection.execute(missing.from_select(["customer_id", "day", "since"], rows))

    def _measure(self) -> None:
        """Measure what the choices need on each day of `scope`, and keep it with the day on which it is over."""
        grouped, facts = self.grouped, self.facts
        until = func.lead(grouped.c.day, 1, self.as_of).over(partition_by=grouped.c.customer_id, order_by=grouped.c.day)
        measured_ = [grouped.c[column.name] for column in self.measures.columns()]
        held = [self._held(figure) for figure in self.thresholds]
        rows = grouped.join(people, people.c.id == grouped.c.customer_id)
        for calendar in self.extremes if self.growing else ():
            rows = rows.join(calendar.table, calendar.table.c.day == grouped.c.day)
        met = [day for leaf in self.growing for day in self._stretch(leaf, until)]
        kept = [grouped.c.customer_id, grouped.c.day, until, people.c.since_day, *measured_, *held, *met]
        fill(self.connection, facts, select(*kept).select_from(rows))
        for number, _ in enumerate(held):
            Index(held_name(number), facts.c[held_name(number)]).create(self.connection)

    def _held(self, figure: Aggregate | Derived) -> ColumnElement[Any]:
        """The whole number that a person has of a figure, rounded down where it is a ratio."""
        reading = self._grouped(CalendarClock({TODAY: self.grouped.c.day}))
        if isinstance(figure, Aggregate):
            return reading.value(figure.measure, figure.rows)
        value = figure.value(reading)
        return value if figure.per is None else value * RATIO_UNIT // positive(figure.per(reading))

    def _stretch(self, leaf: Leaf, until: ColumnElement[Any]) -> Iterator[ColumnElement[Any]]:
        """For each bound of a growing figure, from which day to which it can be met, in whole weeks; null for never.

        The figure is monotone in the shop's own, of which there is the least and the largest from a day on. Met under
        both by now, it stays so.
        """
        today, low = self.grouped.c.day, self.extremes[0]
        clocks = [calendar.clock(calendar.table, today) for calendar in self.extremes]
        for met in zip(*(reaching_days(leaf, self._grouped(clock)) for clock in clocks), strict=True):
            unknown = [low.table.c[low.column(level)].is_(None) for level in _levels(leaf)]
            several = [true()] if len(unknown) > 1 else []
            anywhen = or_(false(), *unknown, *several)
            some = or_(*(day.is_not(None) for day in met))
            soonest, latest = (func.coalesce(day, today) for day in met)
            first = case((anywhen, today), (some, least(soonest, latest) - 7))
            yield greatest(first, today + 1)
            yield least(case((anywhen, until), (some, greatest(soonest, latest) + 1)), until - 1)

    def _grouped(self, clock: Clock) -> Reading:
        return Reading(self.measures, self.grouped, clock, people.c.since_day)

    @cached_property
    def _leaves(self) -> list[Leaf]:
        return all_leaves(self.choices)

    @cached_property
    def _others(self) -> list[Leaf]:
        """The leaves that are asked on each day on which a figure of the shop moves, because they are made of it."""
        made = [leaf for leaf in self._leaves if _levels(leaf) and leaf.figure not in self.thresholds]
        return [leaf for leaf in made if leaf not in self.growing]

    def _own_days(self, first_days: Iterable[int]) -> Iterator[Select[Any]]:
        """Each person with the days, from their start up to the day before, on which what they have can change."""
        due = self.due
        person = due.c.customer_id + 0  # a sum, so that SQLite begins with those who are due, and not with all orders
        placed = due.join(orders, and_(orders.c.customer_id == person, COUNTED))
        yield select(due.c.customer_id, due.c.start.label("day")).where(due.c.start < self.as_of)
        yield self._days(orders.c.local_day, placed)
        yield self._days(orders.c.void_day, placed)
        yield self._days(refunds.c.day, due.join(refunds, refunds.c.customer_id == person))
        for first in first_days:
            yield self._days(literal(first), due)
        for source, crossing in sorted(reviews(self.choices)):
            yield self._crossing_days(source, crossing)
        calendar = self.days.calendar.table
        if daily(self.choices):
            yield self._days(calendar.c.day, due.join(calendar, true()))
        for lasting in {_lasting(leaf) for leaf in self._leaves if any(levels(test.span) for test in leaf.tests)}:
            monday = and_(calendar.c.day == next_calibration(calendar.c.day - 1), calendar.c.day > orders.c.local_day)
            while_it_lasts = calendar.c.day <= orders.c.local_day + lasting
            yield self._days(calendar.c.day, placed.join(calendar, and_(monday, while_it_lasts)))

    def _crossing_days(self, source: Source, crossing: Crossing) -> Select[Any]:
        """The days on which a date that belongs to someone in `due` can pass a bound."""
        others: tuple[Any, Any, ColumnElement[bool]] = (orders.c.local_day, orders.c.customer_id, COUNTED)
        if source.startswith("metafields."):
            born = field_days(source)
            others = born.c.day, born.c.customer_id, true()
        date, person, here = {
            "since": (people.c.since_day, people.c.id, true()),
            "delivered": (orders.c.delivered_day, orders.c.customer_id, COUNTED),
            "refund": (refunds.c.day, refunds.c.customer_id, true()),
            "checkout": (checkouts.c.local_day, checkouts.c.customer_id, true()),
            "completed": (checkouts.c.completed_day, checkouts.c.customer_id, true()),
            "entry": (memberships.c.entered_on, memberships.c.customer_id, true()),
        }.get(source, others)
        due, calendar = self.due, self.days.calendar.table
        rows = due.join(person.table, and_(person == due.c.customer_id + 0, here))
        if crossing.yearly:
            return self._days(calendar.c.day, rows.join(calendar, around_anniversary(calendar.c.day, date, crossing)))
        if crossing.first == crossing.last:
            return self._days(date + crossing.first, rows)
        stretch = calendar.c.day.between(date + crossing.first, date + crossing.last)
        return self._days(calendar.c.day, rows.join(calendar, stretch))

    def _days(self, day: ColumnElement[Any], rows: FromClause) -> Select[Any]:
        due = self.due
        past = and_(due.c.start < self.as_of, day > due.c.start, day < self.as_of)  # the first spares those of today
        return select(due.c.customer_id, day.label("day")).select_from(rows).where(past)

    def _days_between(self) -> Iterator[Select[Any]]:
        """The days between a person's own on which a figure of the shop, or time in it, passes what they have."""
        self._fill_shifts()
        for number, _ in enumerate(self.thresholds):
            yield self._passed(number)
        if self._others:
            yield self._turned(self._others, self.facts.c.day + 1, self.facts.c.until - 1)
        for number, leaf in enumerate(self.growing):
            yield from self._met(number, leaf)
        for leaf in self._others:
            yield from self._ran_out(leaf)

    def _fill_shifts(self) -> None:
        """Each day on which a level moves, with the values that it passes; as EVERYONE, the days of `_turned`."""
        rows: dict[tuple[int, int], tuple[int, int]] = {}
        for number, (figure, against) in enumerate(self.thresholds.items()):
            slack = int(isinstance(figure, Derived) and figure.per is not None)
            for part, level in enumerate(against):
                for day, before, now in self.days.shifts(level):
                    known = [value for value in (before, now) if value is not None]
                    ends = (min(known) - slack, max(known) + slack) if len(known) == 2 else (-MOST, MOST)
                    rows[number * PARTS + part, day] = ends
        for level in {level for leaf in [*self._others, *self.growing] for level in _levels(leaf)}:
            rows |= {(EVERYONE, day): (0, 0) for day, _, _ in self.days.shifts(level)}
        if self.growing or any(runs_out(leaf) for leaf in self._others):
            rows |= {(EVERYONE, day): (0, 0) for day in self.days.rows if monday(day) == day}
        if rows:
            self.connection.execute(
                insert(self.shifts),
                [{"number": n, "day": day, "low": low, "high": high} for (n, day), (low, high) in rows.items()],
            )

    def _passed(self, number: int) -> Select[Any]:
        """The days on which a level passes what somebody has of a figure."""
        facts, shifts = self.facts, self.shifts
        held = facts.c[held_name(number)]
        day = shifts.c.day + 0  # a sum, so that SQLite looks up people by what they have, and not days by people
        inside = and_(held >= shifts.c.low, held <= shifts.c.high, day > facts.c.day, day < facts.c.until)
        rows = shifts.join(facts, inside)
        mine = and_(shifts.c.number >= number * PARTS, shifts.c.number < (number + 1) * PARTS)
        return select(facts.c.customer_id, shifts.c.day, facts.c.day).select_from(rows).where(mine)

    def _turned(self, leaves: Sequence[Leaf], first: ColumnElement[int], last: ColumnElement[int]) -> Select[Any]:
        """The days from one to another on which one of some leaves is another than on the day before."""
        facts, calendar = self.facts, self.days.calendar
        now, before = calendar.table.alias("now"), calendar.table.alias("before")
        rows = self._weekly(first, last, now).join(before, before.c.day == now.c.day - 1)
        readings = [self.reading(calendar.clock(days, days.c.day)) for days in (now, before)]
        turned = []
        for leaf in leaves:
            today, yesterday = (func.coalesce(reading.holds(leaf), false()) for reading in readings)
            turned.append(today != yesterday)
        return select(facts.c.customer_id, now.c.day, facts.c.day).select_from(rows).where(or_(*turned))

    def _met(self, number: int, leaf: Leaf) -> Iterator[Select[Any]]:
        """The days on which a growing figure meets a bound, and the next, seen from the facts' day and from Mondays."""
        facts, calendar = self.facts, self.days.calendar
        seen = calendar.table.alias("seen")
        for bound, day in enumerate(reaching_days(leaf, self.reading(calendar.clock(seen, seen.c.day)))):
            first, last = (facts.c[name] for name in stretch_names(number, bound))
            yield self._turned([leaf], first, last)
            until = least(next_calibration(seen.c.day), facts.c.until - 1)
            soon = and_(seen.c.day == facts.c.day, first <= next_calibration(seen.c.day))
            for rows in (facts.join(seen, soon), self._weekly(first, last, seen)):
                for met in (day, day + 1):
                    yield select(facts.c.customer_id, met, facts.c.day).select_from(rows).where(met <= until)

    def _weekly(self, first: ColumnElement[int], last: ColumnElement[int], days: FromClause) -> Join:
        """Facts with each day of `days`, from one to another, on which a figure of the shop can move."""
        facts, shifts = self.facts, self.shifts
        of_everyone = shifts.c.number == facts.c.day * 0 + EVERYONE  # so that SQLite goes through facts, not shifts
        moved = and_(of_everyone, shifts.c.day.between(first, last))
        return facts.join(shifts, moved).join(days, days.c.day == shifts.c.day + 0)

    def _ran_out(self, leaf: Leaf) -> Iterator[Select[Any]]:
        """The days on which a day of running out passes a bound, as known since the facts' day and since Mondays."""
        facts, calendar = self.facts, self.days.calendar
        seen, met = calendar.table.alias("seen"), calendar.table.alias("met")
        own = facts.join(seen, seen.c.day == facts.c.day)
        weekly = self._weekly(facts.c.day + 1, facts.c.until - 1, seen)
        ahead = and_(met.c.day > seen.c.day, met.c.day < facts.c.until, met.c.day <= next_calibration(seen.c.day))
        for crossing, days in running_out(leaf, self.reading(calendar.clock(seen, seen.c.day))):
            day = days.subquery("days").c.day
            passed = met.c.day.between(day + crossing.first, day + crossing.last)
            here = exists(select(literal(1)).select_from(day.table).where(passed))
            for rows in (own, weekly):
                joined = rows.join(met, ahead)
                yield select(facts.c.customer_id, met.c.day, facts.c.day).select_from(joined).where(here)


@contextmanager
def past(
    connection: Connection, choices: Sequence[Choice], due: Table, days: Days, as_of: int, *, credits_: bool = True
) -> Iterator[Past]:
    """The past of the people in `due`, yet to be found; its tables are gone afterwards."""
    leaves = all_leaves(choices)
    thresholds, growing = _thresholds(leaves), [leaf for leaf in leaves if grows(leaf)]
    own = list(dict.fromkeys(level for leaf in growing for level in _levels(leaf)))
    with (
        lent(connection, "scope", ["customer_id", "day"], ["since"]) as scope,
        lent(connection, "shifts", ["number", "day"], ["low", "high"]) as shifts,
        lent(connection, "lows", ["day"], Calendar.names(own)) as lows,
        lent(connection, "highs", ["day"], Calendar.names(own)) as highs,
    ):
        extremes = Calendar(lows, own), Calendar(highs, own)
        if growing:
            days.fill_extremes(*extremes)
        measures, grouped = measured(choices, Shape(credits=credits_), scope, days.calendar)
        names = ["until", "known_since", *(column.name for column in measures.columns())]
        names += [held_name(number) for number, _ in enumerate(thresholds)]
        names += [
            name
            for n, leaf in enumerate(growing)
            for bound, _ in enumerate(ends(leaf.span))
            for name in stretch_names(n, bound)
        ]
        with lent(connection, "facts", ["customer_id", "day"], names) as facts:
            made = (scope, shifts, extremes, facts)
            yield Past(connection, choices, due, days, as_of, *made, measures, grouped, thresholds, growing)


def stretch_names(number: int, bound: int) -> tuple[str, str]:
    """The columns of the facts between which a bound of the growing leaf of that number is met."""
    return f"first_{number}_{bound}", f"last_{number}_{bound}"


def held_name(number: int) -> str:
    """The column of the facts for the figure of that number that is held against the shop's own."""
    return f"held_{number}"


def _formula(leaf: Leaf) -> bool:
    """Whether the figure itself is made of the shop's own, or of the days that passed."""
    return isinstance(leaf.figure, Derived) and bool(leaf.figure.constants or leaf.figure.slope is not None)


def _thresholds(leaves: Iterable[Leaf]) -> dict[Aggregate | Derived, list[Level]]:
    """The figures that change on a person's own days alone, with the figures of the shop that they are held against."""
    found: dict[Aggregate | Derived, list[Level]] = {}
    for leaf in leaves:
        figure, held_against = leaf.figure, _levels(leaf)
        if held_against and isinstance(figure, Aggregate | Derived) and not _formula(leaf):
            found[figure] = list(dict.fromkeys([*found.get(figure, []), *held_against]))
    return found


def _levels(leaf: Leaf) -> list[Level]:
    """The shop's own figures that a leaf is made of or held against; not those in tests of orders."""
    own = constants(leaf)
    tests = [] if leaf.aggregates else [level for test in leaf.tests for level in levels(test.span)]
    return [*own, *levels(leaf.span), *tests]


def _lasting(leaf: Leaf) -> int:
    """For how many days an order can stay among those that a leaf asks for."""
    dates = [test.span for test in leaf.tests if test.field == "date"]
    limits = [max(crossing.last for crossing in found) for span in dates if (found := crossings(span))]
    return min(limits, default=NEVER)
