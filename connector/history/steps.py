"""The steps of a recompute, each one set-based statement over the temporary tables of `scratch`."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Subquery,
    Table,
    and_,
    case,
    delete,
    exists,
    false,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    update,
)

from connector.days import NEVER
from connector.dialects import greatest
from connector.history.counts import Deltas, write_counts
from connector.history.replay import Days, past
from connector.history.segments import Active
from connector.models import Customer, Membership, Metric, Refund
from connector.query.bounds import UNCALIBRATED, Calibrations
from connector.query.clocks import Calendar, Shape
from connector.query.fields import orders
from connector.query.references import entered, levels
from connector.query.select import COUNTED, METRICS, Choice, calibrated, moving, next_calibration, reviews, state
from connector.scratch import Scratch, fill, lent
from connector.tables import table

BEGINNING = -NEVER
"""A day before every day on record."""

people, memberships, metrics, refunds = table(Customer), table(Membership), table(Metric), table(Refund)


@dataclass
class Steps:
    """The steps for one day and the families in force, on one connection. `due` says whom they are about.

    `entries` are those into segments by their day, as many more as there were before the steps.
    """

    connection: Connection
    families: list[Active]
    choices: list[Choice]
    as_of: int
    tables: Scratch
    calibrations: Calibrations = UNCALIBRATED
    entries: Deltas = field(default_factory=Counter, init=False)
    credits: bool = field(init=False)
    _days: Days = field(init=False)

    def __post_init__(self) -> None:
        self.credits = has_credits(self.connection)
        calendar = Calendar(self.tables.calendar, moving(self.choices))
        self._days = Days(self.connection, calendar, self.calibrations, self.as_of)

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
        """Fill `due` with everyone whose stages or metrics are not what they must be, or is due too late; how many."""
        due, answered = self.tables.due, self.tables.state
        right = state(self.choices, shape_of(self.connection, self.as_of))
        self.connection.execute(delete(answered))  # kept in a table, where SQLite would work out each answer many times
        fill(self.connection, answered, right.select, right.clock.values(self.as_of, self.calibrations))
        kept = answered.join(people, people.c.id == answered.c.customer_id).outerjoin(
            metrics, metrics.c.customer_id == answered.c.customer_id
        )
        somewhere = [case((answered.c[choice.name].is_not(None), 1), else_=0) for choice in self.choices]
        differs = [
            func.coalesce(people.c.next_review_on, NEVER) > answered.c.review,  # it may be early
            *(metrics.c[name].is_distinct_from(answered.c[name]) for name in METRICS),
            self._agreeing() != sum(somewhere, literal(0)),
        ]
        chosen = select(people.c.id, literal(self.as_of), literal(self.as_of)).select_from(kept).where(or_(*differs))
        self.connection.execute(delete(due))
        return fill(self.connection, due, chosen)

    def _agreeing(self) -> ColumnElement[Any]:
        """How many segments somebody is in, if these are among the right ones; below zero where one is not."""
        ids = [segment_id for family in self.families for segment_id in family.ids]
        right = self.tables.state
        wanted = [right.c[choice.name] for choice in self.choices]
        held = select(func.coalesce(func.sum(case((memberships.c.segment_id.in_(wanted), 1), else_=-NEVER)), 0)).where(
            memberships.c.customer_id == right.c.customer_id,
            memberships.c.left_on.is_(None),
            (memberships.c.segment_id + 0).in_(ids),  # a sum, so that SQLite searches once for all they have
        )
        return held.scalar_subquery()

    def bring(self) -> None:
        """Make the people in `due` what they must be, up to the day."""
        deltas = self._forget()
        back = self._earliest() < self.as_of
        for level in self._levels():
            self.find_state([self.choices[number] for number in level])
            for numbers in self._alike(level) if back else [level]:
                with self.answers([self.choices[number] for number in numbers]) as found:
                    self._find_held(numbers, found)
                    self._find_moves(numbers, found)
                    deltas.update(self._move(numbers))
        self.find_state([], watched=self.choices)
        self._write_people()
        write_counts(self.connection, deltas)

    def _alike(self, numbers: Iterable[int]) -> list[list[int]]:
        """The families in groups whose answers can change on the same days, so that a group's past is found once."""
        groups: dict[Hashable, list[int]] = defaultdict(list)
        for number in numbers:
            choice = [self.choices[number]]
            groups[frozenset(reviews(choice)), frozenset(calibrated(choice))].append(number)
        return list(groups.values())

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
            self.entries[segment_id, entered_on] -= number
            if left_on is not None:
                deltas[segment_id, left_on] += number
        return deltas

    def _versions(self) -> Iterable[tuple[int, list[int]]]:
        """The segments of the families, by the first day that they speak of."""
        versions: dict[int, list[int]] = defaultdict(list)
        for family in self.families:
            versions[_first(family)].extend(family.ids)
        return versions.items()

    @contextmanager
    def answers(self, choices: Sequence[Choice]) -> Iterator[Table]:
        """What some choices say: on each past day on which it can have changed, on the day itself, and held before."""
        names = [choice.name for choice in choices]
        with lent(self.connection, "found", ["customer_id", "day"], names) as found:
            self._find_history(choices, found)
            answered = self.tables.state
            columns = [answered.c[name] for name in names]
            fill(self.connection, found, select(answered.c.customer_id, literal(self.as_of), *columns))
            self._leave_out(found)
            yield found

    def _leave_out(self, found: Table) -> None:
        """Have those who object to profiling be in nothing from their day on."""
        due = self.tables.due
        since = people.c.objected_on
        objecting = select(people.c.id, since).join(due, due.c.customer_id == people.c.id).where(since.is_not(None))
        mine = select(since).where(people.c.id == found.c.customer_id).scalar_subquery()
        self.connection.execute(delete(found).where(found.c.day >= mine))
        fill(self.connection, found, objecting.add_columns(*(null() for _ in list(found.columns)[2:])))

    def _earliest(self) -> int:
        """The first day on which anyone in `due` is looked at."""
        first: int | None = self.connection.scalar(select(func.min(self.tables.due.c.start)))
        return NEVER if first is None else first

    def _find_history(self, choices: Sequence[Choice], found: Table) -> None:
        due, first = self.tables.due, self._earliest()
        if first >= self.as_of:
            return
        self._days.reach(first)
        first_days = [day for day, _ in self._versions() if day > BEGINNING]
        with past(self.connection, choices, due, self._days, self.as_of, credits_=self.credits) as people_:
            people_.find(first_days)
            fill(self.connection, found, people_.answers())

    def find_state(self, choices: Sequence[Choice], *, watched: Sequence[Choice] = ()) -> None:
        """Answer choices for the day itself, with metrics and the next review of those watched, into `state`."""
        answered = self.tables.state
        asked = state(choices, Shape(credits=self.credits), among=self.tables.due, watched=watched)
        values = asked.clock.values(self.as_of, self.calibrations)
        self.connection.execute(delete(answered))
        fill(self.connection, answered, asked.select, values, only=asked.select.selected_columns.keys())

    def _find_held(self, numbers: Sequence[int], found: Table) -> None:
        """Put the segments that people are still in before their other answers."""
        due = self.tables.due
        families = [self.families[number] for number in numbers]
        segment = memberships.c.segment_id
        held = [func.max(case((segment.in_(family.ids), segment))) for family in families]
        ids = [segment_id for family in families for segment_id in family.ids]
        rows = (
            select(due.c.customer_id, literal(BEGINNING), *held)
            .join(memberships, memberships.c.customer_id == due.c.customer_id)
            .where(memberships.c.left_on.is_(None), (segment + 0).in_(ids))  # a sum: by person, not by segment
            .group_by(due.c.customer_id)
        )
        fill(self.connection, found, rows)

    def _find_moves(self, numbers: Sequence[int], found: Table) -> None:
        """Compare each answer with the one before it into `moves`."""
        moves = self.tables.moves
        self.connection.execute(delete(moves))
        for number in numbers:
            fill(self.connection, moves, self._changes(number, found))

    def _changes(self, number: int, found: Table) -> Select[Any]:
        family, answer = self.families[number], found.c[self.choices[number].name]
        before = func.lag(answer).over(partition_by=found.c.customer_id, order_by=found.c.day)
        answers = select(found.c.customer_id, found.c.day, answer.label("now"), before.label("before"))
        if family.from_day is not None:
            answers = answers.where(or_(found.c.day >= family.from_day, found.c.day == BEGINNING))
        step = answers.subquery("step")
        changed = and_(step.c.day > BEGINNING, step.c.now.is_distinct_from(step.c.before))
        return select(step.c.customer_id, literal(number), step.c.day, step.c.now, step.c.before).where(changed)

    def _move(self, numbers: Sequence[int]) -> Deltas:
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
            select(step.c.customer_id, step.c.segment_id, step.c.day, step.c.until, self._cause(step, numbers))
            .join(people, people.c.id == step.c.customer_id)
            .where(step.c.segment_id.is_not(None))
        )
        fill(self.connection, memberships, entered)
        deltas = Counter[tuple[int, int]]()
        for column, sign in ((moves.c.segment_id, 1), (moves.c.before_id, -1)):
            statement = select(column, moves.c.day, func.count()).where(column.is_not(None))
            for segment_id, day, number in self.connection.execute(statement.group_by(column, moves.c.day)):
                deltas[segment_id, day] += sign * number
                self.entries[segment_id, day] += max(sign, 0) * number
        return deltas

    def _cause(self, moves: Subquery, numbers: Sequence[int]) -> ColumnElement[Any]:
        """Why a move happened: the definition began to speak, a row of that day, or time alone."""
        begins = [(number, day) for number in numbers if (day := self.families[number].from_day) is not None]
        since = [and_(moves.c.family == number, moves.c.day == day) for number, day in begins]
        begun = and_(or_(false(), *since), people.c.since_day < moves.c.day)
        rows = cause_by_rows(moves.c.customer_id, people.c.since_day, moves.c.day)
        by_figures = [number for number in numbers if calibrated([self.choices[number]])]
        monday = moves.c.day == next_calibration(moves.c.day - 1)
        made_anew = and_(moves.c.family.in_(by_figures), monday, rows == "time")
        return case((begun, "definition"), (made_anew, "calibration"), else_=rows)

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
