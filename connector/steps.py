"""The steps of a recompute, each one set-based statement over the temporary tables of `scratch`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Subquery,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    tuple_,
    update,
)

from connector.counts import Deltas, write_counts
from connector.days import NEVER
from connector.dialects import greatest, insert_missing
from connector.models import Customer, Membership, Metric, Refund
from connector.query.bounds import UNCALIBRATED, Calibrations, Crossing
from connector.query.clocks import Shape
from connector.query.fields import checkouts, orders
from connector.query.measures import Source
from connector.query.references import entered, levels
from connector.query.reviews import around_anniversary
from connector.query.select import (
    COUNTED,
    METRICS,
    Choice,
    calibrated,
    daily,
    grows,
    history,
    moving,
    next_calibration,
    reaches,
    reviews,
    state,
)
from connector.scratch import Scratch, fill
from connector.segments import Active
from connector.tables import table

BEGINNING = -NEVER
"""A day before every day on record."""

people, memberships, metrics, refunds = table(Customer), table(Membership), table(Metric), table(Refund)


@dataclass
class Steps:
    """The steps for one day and the families in force, on one connection. `due` says whom they are about."""

    connection: Connection
    families: list[Active]
    choices: list[Choice]
    as_of: int
    tables: Scratch
    calibrations: Calibrations = UNCALIBRATED
    credits: bool = field(init=False)
    _calendar_from: int = field(init=False)

    def __post_init__(self) -> None:
        self.credits = has_credits(self.connection)
        self._calendar_from = self.as_of

    def take_due(self, batch: int) -> int:
        """Fill `due` with people whose review is due, at most so many; how many."""
        due = self.tables.due
        review = people.c.next_review_on
        nobody = people.c.merged_into.is_not(None)  # any more: what they were goes, and nothing is made again
        anew = or_(nobody, review <= people.c.since_day)
        chosen = (
            select(
                people.c.id,
                case((anew, BEGINNING), else_=review),
                case((nobody, self.as_of), else_=greatest(review, people.c.since_day, literal(self._floor()))),
            )
            .where(review <= self.as_of)
            .limit(batch)
        )
        self.connection.execute(delete(due))
        return fill(self.connection, due, chosen)

    def take_different(self) -> int:
        """Fill `due` with everyone whose stages, metrics or next review are not what they must be; how many."""
        due = self.tables.due
        shape = shape_of(self.connection, self.as_of)
        right = state(self.choices, shape)
        q = right.select.subquery("q")
        kept = q.join(people, people.c.id == q.c.customer_id).outerjoin(
            metrics, metrics.c.customer_id == q.c.customer_id
        )
        differs = [
            people.c.next_review_on.is_distinct_from(q.c.review),
            *(metrics.c[name].is_distinct_from(q.c[name]) for name in METRICS),
            *(
                _open_segment(q.c.customer_id, family).is_distinct_from(q.c[choice.name])
                for family, choice in zip(self.families, self.choices, strict=True)
            ),
        ]
        chosen = select(people.c.id, literal(self.as_of), literal(self.as_of)).select_from(kept).where(or_(*differs))
        self.connection.execute(delete(due))
        return fill(self.connection, due, chosen, right.clock.values(self.as_of, self.calibrations))

    def bring(self) -> int:
        """Make the people in `due` what they must be, up to the day; how many changes of segment that made."""
        deltas, moves = self._forget(), 0
        for numbers in self._levels():
            self.find_history()
            self._find_held()
            self.find_state()
            moves += self._find_moves(numbers)
            deltas.update(self._move())
        self._write_people()
        write_counts(self.connection, deltas)
        return moves

    def _levels(self) -> list[list[int]]:
        """The families by number, those that ask since when people are in a segment after that segment's own."""
        rules = [active.family.expressions() for active in self.families]
        owner = {
            active.family.segment_key(stage): number
            for number, active in enumerate(self.families)
            for stage in active.family.stages
        }
        needs = [[owner[key] for rule in some for key in entered(rule) if key in owner] for some in rules]
        return levels(needs, [active.family.key for active in self.families])

    def _floor(self) -> int:
        """The first day that any family speaks of."""
        return min(_first(family) for family in self.families)

    def _forget(self) -> Deltas:
        """Take back what the people in `due` were from their day on; what that changes in the counts."""
        due, deltas = self.tables.due, Counter[tuple[int, int]]()
        mine = memberships.c.customer_id.in_(select(due.c.customer_id))
        from_day = select(due.c.from_day).where(due.c.customer_id == memberships.c.customer_id).scalar_subquery()
        for first, ids in self._versions():
            version = and_(mine, memberships.c.segment_id.in_(ids))
            entered = and_(version, memberships.c.entered_on >= from_day, memberships.c.entered_on >= first)
            left = and_(version, memberships.c.left_on >= from_day, memberships.c.left_on >= first)
            deltas.update(self._negated(entered))
            self.connection.execute(delete(memberships).where(entered))
            for segment_id, left_on, number in self.connection.execute(_counted(left, memberships.c.left_on)):
                deltas[segment_id, left_on] += number
            self.connection.execute(update(memberships).where(left).values(left_on=None))
        merged = select(due.c.customer_id).join(people, people.c.id == due.c.customer_id)
        absorbed = memberships.c.customer_id.in_(merged.where(people.c.merged_into.is_not(None)))
        deltas.update(self._negated(absorbed))
        self.connection.execute(delete(memberships).where(absorbed))
        return deltas

    def _negated(self, condition: ColumnElement[bool]) -> Deltas:
        """What deleting memberships changes in the counts."""
        deltas = Counter[tuple[int, int]]()
        statement = _counted(condition, memberships.c.entered_on, memberships.c.left_on)
        for segment_id, entered_on, left_on, number in self.connection.execute(statement):
            deltas[segment_id, entered_on] -= number
            if left_on is not None:
                deltas[segment_id, left_on] += number
        return deltas

    def _versions(self) -> Iterable[tuple[int, list[int]]]:
        """The segments of the families, by the first day that they speak of."""
        versions: dict[int, list[int]] = defaultdict(list)
        for family in self.families:
            versions[_first(family)].extend(family.ids)
        return versions.items()

    def find_history(self) -> None:
        """Answer the rules for each past day on which something can have changed, into `found`."""
        due, scope, found = self.tables.due, self.tables.scope, self.tables.found
        first = self.connection.scalar(select(func.min(due.c.start)))
        self.connection.execute(delete(found))
        if first is None or first >= self.as_of:
            return
        self._extend_calendar(first)
        self.connection.execute(delete(scope))
        for days in self._days_in_question():
            missing = insert_missing(self.connection, scope)
            self.connection.execute(missing.from_select(["customer_id", "day"], days))
        if grows(self.choices):
            self._follow()
        shape = Shape(credits=self.credits)
        answers = history(self.choices, shape, scope, self.tables.calendar)
        fill(self.connection, found, answers)

    def _follow(self) -> None:
        """Add the days on which a growing figure meets a bound, seen from the days in `scope` and from those again."""
        scope, calendar = self.tables.scope, self.tables.calendar
        last: ColumnElement[bool] = scope.c.round.is_(None)
        for number in count(1):
            frontier = select(scope).where(last).subquery("frontier")
            found = reaches(self.choices, Shape(credits=self.credits), frontier, calendar).subquery("r")
            days = select(found.c.customer_id, found.c.reach, literal(number)).where(found.c.reach < self.as_of)
            missing = insert_missing(self.connection, scope)
            self.connection.execute(missing.from_select(["customer_id", "day", "round"], days))
            last = scope.c.round == number
            if not self.connection.scalar(select(exists().where(last))):
                return

    def _extend_calendar(self, first: int) -> None:
        """Give `calendar` its days from `first` on."""
        bounds = moving(self.choices)
        rows = [
            {"day": day, **{f"edge_{number}": bound.on(day, self.calibrations) for number, bound in enumerate(bounds)}}
            for day in range(first, self._calendar_from)
        ]
        if rows:
            self.connection.execute(insert(self.tables.calendar), rows)
            self._calendar_from = first

    def _days_in_question(self) -> list[Select[Any]]:
        """Each person in `due` with the days, from their start up to the day before, on which an answer can change."""
        due = self.tables.due
        person = due.c.customer_id + 0  # a sum, so that SQLite begins with those who are due, and not with all orders
        placed = due.join(orders, and_(orders.c.customer_id == person, COUNTED))
        given_back = due.join(refunds, refunds.c.customer_id == person)
        found = [
            select(due.c.customer_id, due.c.start).where(due.c.start < self.as_of),
            self._days(orders.c.local_day, placed),
            self._days(orders.c.void_day, placed),
            self._days(refunds.c.day, given_back),
        ]
        found += [self._days(literal(first), due) for first, _ in self._versions() if first > BEGINNING]
        for source, crossing in sorted(reviews(self.choices)):
            found.append(self._crossing_days(source, crossing))
        calendar = self.tables.calendar
        if daily(self.choices):
            found.append(self._days(calendar.c.day, due.join(calendar, true())))
        elif calibrated(self.choices):
            monday = calendar.c.day == next_calibration(calendar.c.day - 1)
            found.append(self._days(calendar.c.day, due.join(calendar, monday)))
        return found

    def _crossing_days(self, source: Source, crossing: Crossing) -> Select[Any]:
        """The days on which a date that belongs to someone in `due` can pass a bound."""
        date, person, here = {
            "since": (people.c.since_day, people.c.id, true()),
            "delivered": (orders.c.delivered_day, orders.c.customer_id, COUNTED),
            "refund": (refunds.c.day, refunds.c.customer_id, true()),
            "checkout": (checkouts.c.local_day, checkouts.c.customer_id, true()),
            "completed": (checkouts.c.completed_day, checkouts.c.customer_id, true()),
            "entry": (memberships.c.entered_on, memberships.c.customer_id, true()),
        }.get(source, (orders.c.local_day, orders.c.customer_id, COUNTED))
        due, calendar = self.tables.due, self.tables.calendar
        rows = due.join(person.table, and_(person == due.c.customer_id + 0, here))
        if crossing.yearly:
            return self._days(calendar.c.day, rows.join(calendar, around_anniversary(calendar.c.day, date, crossing)))
        if crossing.first == crossing.last:
            return self._days(date + crossing.first, rows)
        stretch = calendar.c.day.between(date + crossing.first, date + crossing.last)
        return self._days(calendar.c.day, rows.join(calendar, stretch))

    def _days(self, day: ColumnElement[Any], rows: FromClause) -> Select[Any]:
        due = self.tables.due
        past = and_(due.c.start < self.as_of, day > due.c.start, day < self.as_of)  # the first spares those of today
        return select(due.c.customer_id, day.label("day")).select_from(rows).where(past)

    def find_state(self) -> None:
        """Answer the rules for the day itself, with metrics and next review, into `state` and `found`."""
        answered, found = self.tables.state, self.tables.found
        asked = state(self.choices, Shape(credits=self.credits), among=self.tables.due)
        self.connection.execute(delete(answered))
        fill(self.connection, answered, asked.select, asked.clock.values(self.as_of, self.calibrations))
        names = [choice.name for choice in self.choices]
        today = select(answered.c.customer_id, literal(self.as_of), *(answered.c[name] for name in names))
        fill(self.connection, found, today)

    def _find_held(self) -> None:
        """Put the segments that people are still in before their other answers in `found`."""
        due, found = self.tables.due, self.tables.found
        segment = memberships.c.segment_id
        held = [func.max(case((segment.in_(family.ids), segment))) for family in self.families]
        ids = [segment_id for family in self.families for segment_id in family.ids]
        rows = (
            select(due.c.customer_id, literal(BEGINNING), *held)
            .join(memberships, memberships.c.customer_id == due.c.customer_id)
            .where(memberships.c.left_on.is_(None), (segment + 0).in_(ids))  # a sum: by person, not by segment
            .group_by(due.c.customer_id)
        )
        fill(self.connection, found, rows)

    def _find_moves(self, numbers: list[int]) -> int:
        """Compare each answer with the one before it, of some families, into `moves`; how many changed."""
        moves = self.tables.moves
        self.connection.execute(delete(moves))
        return sum(
            fill(self.connection, moves, self._changes(number, self.families[number], self.choices[number].name))
            for number in numbers
        )

    def _changes(self, number: int, family: Active, name: str) -> Select[Any]:
        found = self.tables.found
        before = func.lag(found.c[name]).over(partition_by=found.c.customer_id, order_by=found.c.day)
        answers = select(found.c.customer_id, found.c.day, found.c[name].label("now"), before.label("before"))
        if family.from_day is not None:
            answers = answers.where(or_(found.c.day >= family.from_day, found.c.day == BEGINNING))
        step = answers.subquery("step")
        changed = and_(step.c.day > BEGINNING, step.c.now.is_distinct_from(step.c.before))
        return select(step.c.customer_id, literal(number), step.c.day, step.c.now, step.c.before).where(changed)

    def _move(self) -> Deltas:
        """Close and open intervals by `moves`; what that changes in the counts."""
        moves = self.tables.moves
        same = and_(moves.c.customer_id == memberships.c.customer_id, moves.c.before_id == memberships.c.segment_id)
        ended = select(moves.c.customer_id, moves.c.before_id).where(moves.c.before_id.is_not(None))
        self.connection.execute(
            update(memberships)
            .where(
                tuple_(memberships.c.customer_id, memberships.c.segment_id).in_(ended),
                memberships.c.left_on.is_(None),
            )
            .values(left_on=select(func.min(moves.c.day)).where(same).scalar_subquery())
        )
        until = func.lead(moves.c.day).over(partition_by=[moves.c.customer_id, moves.c.family], order_by=moves.c.day)
        step = select(*moves.c, until.label("until")).subquery("step")
        entered = (
            select(step.c.customer_id, step.c.segment_id, step.c.day, step.c.until, self._cause(step))
            .join(people, people.c.id == step.c.customer_id)
            .where(step.c.segment_id.is_not(None))
        )
        fill(self.connection, memberships, entered)
        deltas = Counter[tuple[int, int]]()
        for column, sign in ((moves.c.segment_id, 1), (moves.c.before_id, -1)):
            statement = select(column, moves.c.day, func.count()).where(column.is_not(None))
            for segment_id, day, number in self.connection.execute(statement.group_by(column, moves.c.day)):
                deltas[segment_id, day] += sign * number
        return deltas

    def _cause(self, moves: Subquery) -> ColumnElement[Any]:
        """Why a move happened: the definition began to speak, a row of that day, or time alone."""
        begun = [
            (
                and_(moves.c.family == number, moves.c.day == family.from_day, people.c.since_day < moves.c.day),
                "definition",
            )
            for number, family in enumerate(self.families)
            if family.from_day is not None
        ]
        rows = cause_by_rows(moves.c.customer_id, people.c.since_day, moves.c.day)
        monday = moves.c.day == next_calibration(moves.c.day - 1)
        made_anew = [
            (and_(moves.c.family == number, monday, rows == "time"), "calibration")
            for number, choice in enumerate(self.choices)
            if calibrated([choice])
        ]
        known = [*begun, *made_anew]
        return case(*known, else_=rows) if known else rows

    def _write_people(self) -> None:
        """Write the metrics that differ, and everyone's next review."""
        due, answered = self.tables.due, self.tables.state
        mine = metrics.c.customer_id.in_(select(due.c.customer_id))
        right = exists().where(
            answered.c.customer_id == metrics.c.customer_id,
            *(metrics.c[name].is_not_distinct_from(answered.c[name]) for name in METRICS),
        )
        self.connection.execute(delete(metrics).where(mine, ~right))
        missing = select(answered.c.customer_id, *(answered.c[name] for name in METRICS)).where(
            ~exists().where(metrics.c.customer_id == answered.c.customer_id)
        )
        fill(self.connection, metrics, missing)
        review = select(answered.c.review).where(answered.c.customer_id == people.c.id).scalar_subquery()
        unborn = and_(people.c.merged_into.is_(None), people.c.since_day > self.as_of)
        self.connection.execute(
            update(people)
            .where(people.c.id.in_(select(due.c.customer_id)))
            .values(next_review_on=case((unborn, people.c.since_day), else_=review))
        )


def shape_of(connection: Connection, as_of: int) -> Shape:
    """What the general case can leave out when everyone is asked for as of a day."""
    later = or_(orders.c.local_day > as_of, orders.c.void_day > as_of)
    unclosed = or_(
        exists(select(literal(1)).select_from(orders).where(COUNTED, later)),
        exists(select(literal(1)).select_from(refunds).where(refunds.c.day > as_of)),
    )
    return Shape(closed=not connection.scalar(select(unclosed)), credits=has_credits(connection))


def has_credits(connection: Connection) -> bool:
    """Whether some refund has no order: it lowers what a person spent, but no order's amount."""
    return bool(connection.scalar(select(exists(select(literal(1)).where(refunds.c.order_id.is_(None))))))


def cause_by_rows(person: ColumnElement[Any], since: ColumnElement[Any], day: ColumnElement[Any]) -> ColumnElement[Any]:
    """What of a person's own rows can have changed an answer on a day; time, where none of them did."""
    mine = and_(orders.c.customer_id == person, COUNTED)
    return case(
        (exists().where(mine, orders.c.local_day == day), "order"),
        (exists().where(refunds.c.customer_id == person, refunds.c.day == day), "refund"),
        (exists().where(mine, orders.c.void_day == day), "order"),
        (since == day, "profile"),
        else_="time",
    )


def _first(family: Active) -> int:
    """The first day that a family speaks of."""
    return BEGINNING if family.from_day is None else family.from_day


def _counted(condition: ColumnElement[bool], *days: ColumnElement[Any]) -> Select[Any]:
    """How many memberships there are of each segment and days."""
    columns = [memberships.c.segment_id, *days]
    return select(*columns, func.count()).where(condition).group_by(*columns)


def _open_segment(customer_id: ColumnElement[int], family: Active) -> ColumnElement[Any]:
    """Where a person is now, by one search for all they have: a sum keeps SQLite from searching for each segment."""
    return (
        select(func.max(memberships.c.segment_id))
        .where(
            memberships.c.customer_id == customer_id,
            memberships.c.left_on.is_(None),
            (memberships.c.segment_id + 0).in_(family.ids),
        )
        .scalar_subquery()
    )
