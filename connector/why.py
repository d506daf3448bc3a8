"""Why a person is in a segment, or is not: each condition with their own value, and what changes next.

explain(connection, person, library, families, as_of, key=None) -> dict
verdict(trace) -> bool                      what a trace comes to: the answer that the segment itself gives
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, literal, or_, select

from connector.calibrations import Calibrated
from connector.catalogue import Family, Library
from connector.days import day_date
from connector.models import Membership, Segment
from connector.query import Expression, canonical
from connector.query.attributes import FUNCTIONS, attribute
from connector.query.bounds import RATIO_DECIMALS, Calibrations, Span
from connector.query.clocks import BoundClock, Shape
from connector.query.derived import DERIVED
from connector.query.meaning import Figure, Leaf, leaves, meaning
from connector.query.measures import Aggregate, Derived, Graded, Kind, Own
from connector.query.person import listed
from connector.query.select import Choice, state, values
from connector.query.tree import All, Always, Condition, InSegment, Matches, Not
from connector.query.tree import Any as AnyOf
from connector.segments import currency_of
from connector.tables import table

HORIZON = 1100
"""Days that are looked ahead for the next change: three years."""
LOOKS = 400

Trace = Mapping[str, Any]
"""{"all": […]}, {"any": […]}, {"not": …}, {"true": …}, or a clause: {"clause", "value", "true"}."""


def explain(
    connection: Connection,
    person: int,
    library: Library,
    families: Sequence[Family],
    as_of: int,
    *,
    key: str | None = None,
) -> dict[str, Any]:
    """One entry a segment, of the families in force or those of `key`; the next change of each family, by day."""
    whole = key is None or key in library.families
    asked = families if key is None else [library.ready(key if whole else library.segment(key)[0].key)]
    rules = library.rules([*families, *asked])
    wanted = [k for family in asked for k in (family.segment_key(stage) for stage in family.stages)]
    someone = _Someone(connection, person, as_of)
    entries = [_entry(someone, segment, rules[segment]) for segment in wanted if whole or segment == key]
    return {
        "person": person,
        "as_of": day_date(as_of).isoformat(),
        "segments": entries,
        "next": list(_changes(someone, asked)),
    }


def verdict(trace: Trace) -> bool:
    """What a trace comes to."""
    if "all" in trace:
        return all(verdict(part) for part in trace["all"])
    if "any" in trace:
        return any(verdict(part) for part in trace["any"])
    if "not" in trace:
        return not verdict(trace["not"])
    return bool(trace["true"])


def misses(trace: Trace, *, wanted: bool = True) -> list[Trace]:
    """The fewest clauses that would have to turn for the trace to come to what is wanted."""
    if verdict(trace) is wanted:
        return []
    if "not" in trace:
        return misses(trace["not"], wanted=not wanted)
    parts = trace.get("all") or trace.get("any")
    if parts is None:
        return [trace]
    ways = [misses(part, wanted=wanted) for part in parts]
    every = ("all" in trace) is wanted
    return [clause for way in ways for clause in way] if every else min(ways, key=len)


@dataclass
class _Someone:
    """One person as of a day, and the questions that can be put about them."""

    connection: Connection
    person: int
    as_of: int

    def __post_init__(self) -> None:
        self.currency = currency_of(self.connection)
        self.among: FromClause = select(literal(self.person).label("customer_id")).subquery("one")

    def answers(self, choices: Sequence[Choice], figures: Calibrations) -> Callable[[int], Any]:
        """What gives, for a day, the row that answers the choices, with the next review; None before they are known.

        The statement is made once, which costs more than asking it.
        """
        asked = state(choices, Shape(), among=self.among)
        return lambda day: self.connection.execute(asked.select, asked.clock.values(day, figures)).one_or_none()


@dataclass(frozen=True)
class _Frozen:
    """The figures of one day, for every later one too."""

    figures: Calibrations
    day: int

    def value(self, key: str, day: int) -> Any:  # noqa: ANN401 - as the figures themselves give it
        """The figure in force on the one day."""
        return self.figures.value(key, min(day, self.day))


def _entry(someone: _Someone, key: str, rule: Expression) -> dict[str, Any]:
    clauses = {canonical(clause): clause for clause in _clauses(rule)}
    told = _told(someone, clauses)
    trace = _trace(rule, told)
    member = verdict(trace)
    return {
        "segment": key,
        "in": member,
        "since": _since(someone, key) if member else None,
        "rule": canonical(rule),
        "clauses": list(told.values()),
        "trace": trace,
        "misses": [] if member else misses(trace),
    }


def _clauses(rule: Expression) -> Iterator[Condition | Matches]:
    match rule:
        case Condition() | Matches():
            yield rule
        case Not(part):
            yield from _clauses(part)
        case All(parts) | AnyOf(parts):
            for part in parts:
                yield from _clauses(part)


def _told(someone: _Someone, clauses: Mapping[str, Condition | Matches]) -> dict[str, dict[str, Any]]:
    """Each clause, by its text, with the person's value and whether it is true."""
    asked = [meaning(clause, someone.currency) for clause in clauses.values()]
    choices = [Choice(f"clause_{number}", ((one, 1),)) for number, one in enumerate(asked)]
    figures = Calibrated(someone.connection)
    row = someone.answers(choices, figures)(someone.as_of)
    found = [list(leaves(one)) for one in asked]
    every = [leaf for some in found for leaf in some]
    statement = values(every, Shape(), among=someone.among)
    had = someone.connection.execute(statement.select, statement.clock.values(someone.as_of, figures)).one()
    told, number = {}, 0
    for position, ((text, clause), some) in enumerate(zip(clauses.items(), found, strict=True)):
        shown = []
        for leaf, kind in zip(some, _kinds(clause), strict=True):
            value, per = had[1 + 2 * number], had[2 + 2 * number]
            if kind is not None:
                shown.append(_value(someone, clause, leaf, value, per, kind))
            number += 1
        true = row is not None and getattr(row, f"clause_{position}") == 1
        told[text] = {"clause": text, "value": shown[0] if len(shown) == 1 else shown, "true": true}
        if parts := _parts(someone, some[0].figure, figures):
            told[text]["parts"] = parts
    return told


def _parts(someone: _Someone, figure: Figure, figures: Calibrations) -> list[dict[str, Any]]:
    """What a figure is the sum of, one by one; empty for what is no sum."""
    if not isinstance(figure, Derived) or not figure.parts:
        return []
    asked = values([Leaf(part, Span()) for part in figure.parts], Shape(), among=someone.among)
    had = someone.connection.execute(asked.select, asked.clock.values(someone.as_of, figures)).one()
    return [{"name": part.name, "value": int(had[1 + 2 * number])} for number, part in enumerate(figure.parts)]


def _value(someone: _Someone, clause: Condition | Matches, leaf: Leaf, value: Any, per: Any, kind: Kind) -> Any:  # noqa: ANN401 - of any kind
    if isinstance(clause, Condition) and clause.name == "days_since_last_order":
        return None if value is None else someone.as_of - value
    graded = DERIVED.get(clause.name) if isinstance(clause, Condition) else None
    if isinstance(graded, Graded):
        return None if value is None else _grade(someone, graded, int(value))
    texts = _list(someone, leaf)
    return _shown(leaf, value, per, kind, someone) if texts is None else texts


def _grade(someone: _Someone, graded: Graded, value: int) -> int | None:
    """Between which cuts of the day a value lies; None where there are none."""
    numbers = range(1, graded.grades) if graded.falling else range(2, graded.grades + 1)
    keys = {number: f"{graded.key}.{number}" for number in numbers}
    figures = Calibrated(someone.connection, set(keys.values()))
    cuts = {number: figures.value(key, someone.as_of) for number, key in keys.items()}
    reached = [number for number, least in cuts.items() if least is not None and value >= least]
    if all(least is None for least in cuts.values()):
        return None
    return min(reached, default=graded.grades) if graded.falling else max(reached, default=1)


def _kinds(clause: Condition | Matches) -> list[Kind | None]:
    """The kind of each value that a clause is about, in the order of its leaves; None for a count it does not name."""
    if isinstance(clause, Condition):
        known = attribute(clause.name)
        return [known.kind if known else Kind.TEXT]
    known_inside = FUNCTIONS[clause.function].parameters
    names = [test.name for test in clause.conditions if test.name in ("count", "days", "sum_amount", "sum_quantity")]
    unnamed = [] if "count" in names else [None if names else Kind.COUNT]
    return [*unnamed, *(known_inside[name].kind for name in names)]


def _list(someone: _Someone, leaf: Leaf) -> list[str] | None:
    """The texts of a list, None for what is no list."""
    if not isinstance(leaf.figure, Own):
        return None
    clock = BoundClock()
    statements = listed(leaf.figure.name, _Of(literal(someone.person), clock))
    rows = [text for one in statements for text in someone.connection.scalars(one, clock.values(someone.as_of))]
    return sorted({line for text in rows if text for line in text.split("\n")}) if statements else None


@dataclass(frozen=True)
class _Of:
    """Of whom a list is read."""

    person: ColumnElement[int]
    clock: BoundClock


def _shown(leaf: Leaf, value: Any, per: Any, kind: Kind, someone: _Someone) -> Any:  # noqa: ANN401 - of any kind
    """A value as people read it: a day, a number, an amount with its currency, a text."""
    if value is None or (isinstance(leaf.figure, Derived) and leaf.figure.per is not None and per is None):
        return None
    dated = isinstance(leaf.figure, Aggregate) and leaf.figure.measure in ("first", "last", "since")
    if dated or kind in (Kind.DATE, Kind.YEARLY):
        return day_date(int(value)).isoformat()
    if kind in (Kind.MONEY, Kind.PRICE):
        return {"minor": round(Fraction(int(value), int(per or 1))), "currency": someone.currency}
    if kind is Kind.RATIO:
        return round(int(value) / int(per or 1), RATIO_DECIMALS)
    if kind is Kind.FLAG:
        return bool(value)
    return value if isinstance(value, str) else int(value)


def _trace(rule: Expression, told: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    match rule:
        case Always():
            return {"true": True}
        case Not(part):
            return {"not": _trace(part, told)}
        case All(parts):
            return {"all": [_trace(part, told) for part in parts]}
        case AnyOf(parts):
            return {"any": [_trace(part, told) for part in parts]}
        case InSegment():
            raise TypeError(rule)  # the library has put its rule in
    return told[canonical(rule)]


def _since(someone: _Someone, key: str) -> str | None:
    """The day on which they entered, None where memberships are not kept."""
    memberships, segments = table(Membership), table(Segment)
    statement = (
        select(memberships.c.entered_on)
        .join(segments, segments.c.id == memberships.c.segment_id)
        .where(
            segments.c.key == key,
            memberships.c.customer_id == someone.person,
            memberships.c.entered_on <= someone.as_of,
            or_(memberships.c.left_on.is_(None), memberships.c.left_on > someone.as_of),
        )
        .order_by(memberships.c.entered_on.desc())
    )
    day = someone.connection.scalars(statement).first()
    return None if day is None else day_date(day).isoformat()


def _changes(someone: _Someone, families: Sequence[Family]) -> Iterator[dict[str, Any]]:
    """For each family the first day on which the person is somewhere else, if nothing is bought until then."""
    for family in families:
        choice = family.choice("stage", someone.currency, range(len(family.stages)))
        figures = _Frozen(Calibrated(someone.connection), someone.as_of)
        answers = someone.answers([choice], figures)
        row = answers(someone.as_of)
        if row is None:
            continue
        before, day, looks = row.stage, row.review, 0
        while day is not None and day <= someone.as_of + HORIZON and looks < LOOKS and row.stage == before:
            row = answers(day)
            day, found, looks = row.review, day, looks + 1
        if row.stage != before:
            keys = [family.segment_key(stage) for stage in family.stages]
            yield {
                "family": family.key,
                "day": day_date(found).isoformat(),
                "from": None if before is None else keys[before],
                "to": None if row.stage is None else keys[row.stage],
            }
