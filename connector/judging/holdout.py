"""What a hold-out has shown so far: those who are written to against those who are not, drawn at random before.

Compared are all who were in the segment on its first day or entered since, each from that day or their entry on,
whether they stayed or not. Intervals are 95 %, bootstrap; the smallest effect is what a hold-out of this size shows
in four of five times (a power of 80 %).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import stdev
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Subquery, and_, case, exists, func, or_, select

from connector.days import day_date
from connector.dialects import greatest
from connector.history.buckets import bucket
from connector.history.segments import currency_of
from connector.holdout import Standing
from connector.judging.figures import BUCKETS, LEAST_PEOPLE, middle, money, resampled, share
from connector.judging.purchases import purchases, takings
from connector.models import Customer, Identity, Membership, Segment
from connector.tables import table

POWERED = 1.96 + 0.8416
"""So many standard errors away, an effect is told from nothing in four of five times."""
MEASURES = ("left", "orders", "revenue")

_members, _segments = table(Membership), table(Segment)
_people, _identities = table(Customer), table(Identity)


@dataclass
class _Group:
    """What is known of one of the two groups; the sums are by bucket of people."""

    people: Counter[int] = field(default_factory=Counter)
    sums: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    to: Counter[str] = field(default_factory=Counter)

    @property
    def size(self) -> int:
        """How many people it has."""
        return self.people.total()

    def mean(self, measure: str) -> float:
        """A measure, by person."""
        return self.sums[measure].total() / self.size

    def drawn(self, measure: str) -> list[float | None]:
        """The mean in each draw, None where it drew nobody."""
        people, sums = resampled(self.people), resampled(self.sums[measure])
        return [total / number if number else None for total, number in zip(sums, people, strict=True)]


def holdout(
    connection: Connection, standing: Standing, as_of: int, *, reach: str | None = None, scope: int = 0
) -> dict[str, Any]:
    """Both groups in figures, and the difference that being written to makes; None where there are too few people.

    With `reach` (email, or account of the store `scope`), of those alone whom the destination can reach at all.
    """
    pushed, held = _Group(), _Group()
    who = _who(standing, as_of, reach, scope)
    for row in connection.execute(_figures(connection, who, as_of)):
        group = held if row.held else pushed
        group.people[row.bucket] += row.people
        for measure in MEASURES:
            group.sums[measure][row.bucket] += int(getattr(row, measure) or 0)
    for held_out, segment, people in connection.execute(_destinations(connection, who, standing.segment, as_of)):
        (held if held_out else pushed).to[segment] += people
    few = min(pushed.size, held.size) < LEAST_PEOPLE
    currency = currency_of(connection)
    return {
        "destination": standing.destination,
        "segment": standing.segment,
        "percent": standing.share.percent,
        "since": day_date(standing.since).isoformat(),
        "as_of": day_date(as_of).isoformat(),
        "pushed": _told(pushed, currency),
        "held_out": _told(held, currency),
        "effects": None if few else _effects(pushed, held, currency),
        "reason": "too_few_people" if few else None,
    }


def _who(standing: Standing, as_of: int, reach: str | None, scope: int) -> Subquery:
    """Who takes part: customer_id, start, held (1 or 0), stayed (1 or 0)."""
    person = _members.c.customer_id
    inside = and_(
        _segments.c.key == standing.segment,
        _members.c.entered_on <= as_of,
        or_(_members.c.left_on.is_(None), _members.c.left_on > standing.since),
    )
    reached: list[ColumnElement[bool]] = []
    if reach is not None:
        address = and_(_identities.c.kind == reach, _identities.c.scope == scope)
        reached.append(exists().where(_identities.c.customer_id == person, address))
    here = or_(_members.c.left_on.is_(None), _members.c.left_on > as_of)
    return (
        select(
            person,
            func.min(greatest(_members.c.entered_on, standing.since)).label("start"),
            func.max(case((standing.share.condition(person), 1), else_=0)).label("held"),
            func.max(case((here, 1), else_=0)).label("stayed"),
        )
        .join(_segments, _segments.c.id == _members.c.segment_id)
        .join(_people, _people.c.id == person)
        .where(inside, _people.c.merged_into.is_(None), *reached)
        .group_by(person)
        .subquery("who")
    )


def _figures(connection: Connection, who: Subquery, as_of: int) -> Select[*tuple[Any, ...]]:
    """People, how many left, their orders and net revenue since their start, by group and bucket."""
    taken = takings(purchases(connection, as_of), as_of)
    since = and_(taken.c.customer_id == who.c.customer_id, taken.c.day > who.c.start)
    each = (
        select(
            who.c.customer_id,
            who.c.held,
            bucket(who.c.customer_id, BUCKETS).label("bucket"),
            (1 - who.c.stayed).label("left"),
            func.coalesce(func.sum(taken.c.orders), 0).label("orders"),
            func.coalesce(func.sum(taken.c.amount), 0).label("revenue"),
        )
        .select_from(who.outerjoin(taken, since))
        .group_by(who.c.customer_id, who.c.held, who.c.stayed)
        .subquery("each")
    )
    sums = [func.sum(each.c[measure]).label(measure) for measure in MEASURES]
    return select(each.c.held, each.c.bucket, func.count().label("people"), *sums).group_by(each.c.held, each.c.bucket)


def _destinations(connection: Connection, who: Subquery, segment: str, as_of: int) -> Select[*tuple[Any, ...]]:
    """Where those who left are now, in the same family: held, segment, people."""
    family = connection.scalar(select(_segments.c.family).where(_segments.c.key == segment).limit(1))
    here = and_(_members.c.entered_on <= as_of, or_(_members.c.left_on.is_(None), _members.c.left_on > as_of))
    return (
        select(who.c.held, _segments.c.key, func.count())
        .select_from(who)
        .join(_members, _members.c.customer_id == who.c.customer_id)
        .join(_segments, _segments.c.id == _members.c.segment_id)
        .where(here, _segments.c.family == family, who.c.stayed == 0)
        .group_by(who.c.held, _segments.c.key)
    )


def _told(group: _Group, currency: str) -> dict[str, Any]:
    left = group.sums["left"].total()
    return {
        "people": group.size,
        "left": left,
        "share_left": share(left, group.size),
        "to": dict(sorted(group.to.items())),
        "orders": group.sums["orders"].total(),
        "revenue": money(group.sums["revenue"].total(), currency),
    }


def _effects(pushed: _Group, held: _Group, currency: str) -> dict[str, Any]:
    """Of each measure, by person: the difference, its interval, and the smallest that could be seen."""
    found = {}
    for measure in MEASURES:
        pairs = zip(pushed.drawn(measure), held.drawn(measure), strict=True)
        drawn = [one - other for one, other in pairs if one is not None and other is not None]
        digits = 2 if measure == "revenue" else 4
        found[measure] = {
            "difference": round(pushed.mean(measure) - held.mean(measure), digits),
            "interval": _rounded(middle(drawn), digits),
            "smallest_visible": round(POWERED * stdev(drawn), digits),
        }
    return found | {"revenue": found["revenue"] | {"unit": f"minor {currency}"}}


def _rounded(limits: Sequence[float], digits: int) -> list[float]:
    return [round(limit, digits) for limit in limits]
