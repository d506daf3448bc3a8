"""Why a person is in a segment, or is not: each condition with their own value, and what changes next.

explain(connection, person, library, families, as_of, key=None) -> dict
verdict(trace) -> bool                      what a trace comes to: the answer that the segment itself gives
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, bindparam, func, literal, or_, select

from connector.catalogue import Family, Library
from connector.days import day_date
from connector.history.calibrations import Calibrated
from connector.history.segments import currency_of
from connector.models import Membership, Segment
from connector.query import Expression, canonical
from connector.query.attributes import FUNCTIONS, attribute
from connector.query.bounds import RATIO_DECIMALS, Calibrations, Frozen, Span
from connector.query.clocks import BoundClock, Shape
from connector.query.derived import DERIVED
from connector.query.meaning import Figure, Leaf, leaves, meaning
from connector.query.measures import Aggregate, Derived, Graded, Kind, Own
from connector.query.person import listed
from connector.query.select import Choice, State, state, values
from connector.query.tree import AllOf, Always, AnyOf, Condition, InSegment, Matches, Not
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
    mine = {segment: rules[segment] for segment in wanted if whole or segment == key}
    graded = {cut for rule in mine.values() for clause in _clauses(rule) for cut in _cuts(clause).values()}
    someone = _Someone(connection, person, as_of, Calibrated(connection, graded, kept=True))
    told = _entries(someone, mine)
    return {
        "person": person,
        "as_of": day_date(as_of).isoformat(),
        "segments": list(told),
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


ONE = select(bindparam("person", type_=BigInteger()).label("customer_id")).subquery("one")
"""Whom a statement is about, bound when it runs: so that it serves for everybody."""


@dataclass
class _Someone:
    """One person as of a day, and what can be asked about them."""

    connection: Connection
    person: int
    as_of: int
    figures: Calibrations

    def __post_init__(self) -> None:
        self.currency = currency_of(self.connection)

    def ask(self, asked: State, day: int, figures: Calibrations) -> Any:  # noqa: ANN401 - a row
        """The row that answers, as of a day; None before they are known."""
        bound = {**asked.clock.values(day, figures), "person": self.person}
        return self.connection.execute(asked.select, bound).one_or_none()

    def values(self, asked: Sequence[Leaf]) -> dict[Leaf, tuple[Any, Any]]:
        """What they have of what each leaf asks, and by what that is to be divided."""
        had = self.ask(values(asked, Shape(), among=ONE), self.as_of, self.figures)
        return {leaf: (had[1 + 2 * number], had[2 + 2 * number]) for number, leaf in enumerate(asked)}


def _entries(someone: _Someone, rules: Mapping[str, Expression]) -> Iterator[dict[str, Any]]:
    """One for each segment; what several rules ask for is asked once."""
    mine = {key: {canonical(clause): clause for clause in _clauses(rule)} for key, rule in rules.items()}
    told = _told(someone, {text: clause for clauses in mine.values() for text, clause in clauses.items()})
    entered = _entered(someone, list(rules))
    for key, rule in rules.items():
        trace = _trace(rule, told)
        member = verdict(trace)
        yield {
            "segment": key,
            "in": member,
            "since": entered.get(key) if member else None,
            "rule": canonical(rule),
            "clauses": [told[text] for text in mine[key]],
            "trace": trace,
            "misses": [] if member else misses(trace),
        }


def _clauses(rule: Expression) -> Iterator[Condition | Matches]:
    match rule:
        case Condition() | Matches():
            yield rule
        case Not(part):
            yield from _clauses(part)
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from _clauses(part)


def _told(someone: _Someone, clauses: Mapping[str, Condition | Matches]) -> dict[str, dict[str, Any]]:
    """Each clause, by its text, with the person's value and whether it is true."""
    asked = {text: meaning(clause, someone.currency) for text, clause in clauses.items()}
    choices = [Choice(f"clause_{number}", ((one, 1),)) for number, one in enumerate(asked.values())]
    row = someone.ask(state(choices, Shape(), among=ONE, watched=()), someone.as_of, someone.figures)
    found = {text: list(leaves(one)) for text, one in asked.items()}
    had = someone.values(list(dict.fromkeys(leaf for some in found.values() for leaf in some)))
    told = {}
    for choice, (text, clause) in zip(choices, clauses.items(), strict=True):
        some = found[text]
        shown = [
            _value(someone, clause, leaf, *had[leaf], kind)
            for leaf, kind in zip(some, _kinds(clause), strict=True)
            if kind is not None
        ]
        true = row is not None and getattr(row, choice.name) == 1
        told[text] = {"clause": text, "value": shown[0] if len(shown) == 1 else shown, "true": true}
        if parts := _parts(someone, some[0].figure):
            told[text]["parts"] = parts
    return told


def _parts(someone: _Someone, figure: Figure) -> list[dict[str, Any]]:
    """What a figure is the sum of, one by one; empty for what is no sum."""
    if not isinstance(figure, Derived) or not figure.parts:
        return []
    asked = {part.name: Leaf(part, Span()) for part in figure.parts}
    had = someone.values(list(asked.values()))
    return [{"name": name, "value": int(had[leaf][0])} for name, leaf in asked.items()]


def _value(someone: _Someone, clause: Condition | Matches, leaf: Leaf, value: Any, per: Any, kind: Kind) -> Any:  # noqa: ANN401 - of any kind
    if isinstance(clause, Condition) and clause.name == "days_since_last_order":
        return None if value is None else someone.as_of - value
    if cuts := _cuts(clause):
        return None if value is None else _grade(someone, cuts, int(value))
    texts = _list(someone, leaf)
    return _shown(leaf, value, per, kind, someone) if texts is None else texts


def _cuts(clause: Condition | Matches) -> dict[int, str]:
    """The figures between which grades lie, by the grade that each begins; empty for what is not graded."""
    graded = DERIVED.get(clause.name) if isinstance(clause, Condition) else None
    return graded.cuts if isinstance(graded, Graded) else {}


def _grade(someone: _Someone, cuts: Mapping[int, str], value: int) -> int | None:
    """The grade of a value; None where there are none. Where they fall, 1 is the best."""
    least = {grade: someone.figures.value(key, someone.as_of) for grade, key in cuts.items()}
    reached = [grade for grade, cut in least.items() if cut is not None and value >= cut]
    if all(cut is None for cut in least.values()):
        return None
    falling = min(cuts) == 1
    return min(reached, default=max(cuts) + 1) if falling else max(reached, default=1)


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
        case AllOf(parts):
            return {"all": [_trace(part, told) for part in parts]}
        case AnyOf(parts):
            return {"any": [_trace(part, told) for part in parts]}
        case InSegment():
            raise TypeError(rule)  # the library has put its rule in
    return told[canonical(rule)]


def _entered(someone: _Someone, keys: Sequence[str]) -> dict[str, str]:
    """The day on which they entered the segments that they are in; empty where memberships are not kept."""
    memberships, segments = table(Membership), table(Segment)
    statement = (
        select(segments.c.key, func.max(memberships.c.entered_on).label("day"))
        .join(segments, segments.c.id == memberships.c.segment_id)
        .where(
            segments.c.key.in_(keys),
            memberships.c.customer_id == someone.person,
            memberships.c.entered_on <= someone.as_of,
            or_(memberships.c.left_on.is_(None), memberships.c.left_on > someone.as_of),
        )
        .group_by(segments.c.key)
    )
    return {row.key: day_date(row.day).isoformat() for row in someone.connection.execute(statement)}


def _changes(someone: _Someone, families: Sequence[Family]) -> Iterator[dict[str, Any]]:
    """For each family the first day on which the person is somewhere else, if nothing is bought until then."""
    figures = Frozen(someone.figures, someone.as_of)
    for family in families:
        choice = family.choice("stage", someone.currency, range(len(family.stages)))
        asked = state([choice], Shape(), among=ONE, still=True)
        row = someone.ask(asked, someone.as_of, figures)
        if row is None:
            continue
        before, day, looks = row.stage, row.review, 0
        while day is not None and day <= someone.as_of + HORIZON and looks < LOOKS and row.stage == before:
            row = someone.ask(asked, day, figures)
            day, found, looks = row.review, day, looks + 1
        if row.stage != before:
            keys = [family.segment_key(stage) for stage in family.stages]
            yield {
                "family": family.key,
                "day": day_date(found).isoformat(),
                "from": None if before is None else keys[before],
                "to": None if row.stage is None else keys[row.stage],
            }
