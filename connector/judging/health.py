"""The six criteria of a good segment: identifiable, substantial, accessible, stable, differentiable, actionable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Subquery, Table, and_, case, distinct, exists, func, or_, select

from connector.answers.reports import incomplete
from connector.catalogue import Family
from connector.history.counts import counts
from connector.history.segments import Active, active, currency_of
from connector.history.stays import stays
from connector.judging.figures import LEAST_PEOPLE, money, share
from connector.judging.inputs import unknown
from connector.models import Consent, Customer, Identity, Membership, Metric
from connector.privacy.objections import profiled
from connector.records import ConsentState
from connector.tables import AnyRow, table

people, identities, memberships = table(Customer), table(Identity), table(Membership)
metrics, consents = table(Metric), table(Consent)

LEAST_KNOWN = 0.9  # of the people, all that the rule reads
LEAST_REACHED = 0.5  # of the members
LEAST_AGE = 90  # days since the definition was last changed
MOST_CHURN = 0.1  # of the members, in a week
MOST_FLAPPING = 0.1  # of those who were members within the year
MOST_OVERLAP = 0.5  # of the members of this or another
LEAST_DISTANCE = 0.1  # in orders, money or recency

MONTH, FLAPPING_DAYS, YEAR = 28, 90, 365

_REACH = {"email": "email", "sms": "phone"}
"""Each channel with the kind of address that it needs."""


@dataclass(frozen=True, slots=True)
class Action:
    """What there is to do with a segment: an objective, a playbook, and the destinations that it is pushed to."""

    objective: str | None = None
    playbook: str | None = None
    destinations: tuple[str, ...] = ()


def health(
    connection: Connection,
    families: Sequence[Family],
    as_of: int,
    actions: Mapping[str, Action] | None = None,
    *,
    today: int | None = None,
) -> list[dict[str, Any]]:
    """A card for each segment in force: what was found by each criterion, and whether that is `good` enough.

    `good` is None where nothing is known. Where the day lies before `today`, money, consents and behaviour of the
    members are not known any more: those criteria have the `reason` today_only, and what there is to do is today's.
    SettingsError while the families are not worked out. Consent is read as the strictest that any store or tool says;
    without a word of it nobody is taken to have agreed.
    """
    missing = unknown(connection, families, as_of)
    known, currency, past = _base(connection, as_of), currency_of(connection), today is not None and as_of < today
    if past:
        missing |= dict.fromkeys(incomplete(connection, families, as_of, today=today))
    sizes = _sizes(connection, as_of) if past else {}
    sums, reach, shared = _sums(connection), reach_of(connection), _shared(connection)
    in_force = active(connection, families)
    names = {number: key for family in in_force for number, key in _keys(family).items()}
    cards = []
    for family in in_force:
        calm = _calm(connection, family, as_of)
        cards += [
            _before(
                {
                    "segment": key,
                    "version": family.version,
                    "identifiable": _identifiable(known, missing[family.family.key]),
                    "stable": calm[key],
                    "actionable": _actionable((actions or {}).get(key, Action())),
                },
                sizes.get(number, 0),
            )
            if past
            else {
                "segment": key,
                "version": family.version,
                "identifiable": _identifiable(known, missing[family.family.key]),
                "substantial": _substantial(sums.get(number), currency),
                "accessible": _accessible(reach, sums, number),
                "stable": calm[key],
                "differentiable": _differentiable(number, names, sums, shared, as_of),
                "actionable": _actionable((actions or {}).get(key, Action())),
            }
            for number, key in _keys(family).items()
        ]
    return cards


def _before(card: dict[str, Any], size: int) -> dict[str, Any]:
    """The card of a day that is over: with the number of members, and without what is known of today only."""
    told = {"good": None, "reason": "today_only"}
    return {
        **card,
        "substantial": {"people": size, "revenue": None, **told},
        "accessible": {"people": None, **dict.fromkeys(_REACH), "share": None, **told},
        "differentiable": {"nearest": None, "overlap": None, "distance": None, **told},
    }


def _sizes(connection: Connection, as_of: int) -> dict[int, int]:
    """How many members each segment had at the end of a day."""
    there = and_(memberships.c.entered_on <= as_of, or_(memberships.c.left_on.is_(None), memberships.c.left_on > as_of))
    rows = connection.execute(
        select(memberships.c.segment_id, func.count()).where(there).group_by(memberships.c.segment_id)
    )
    return {row[0]: row[1] for row in rows}


def _keys(family: Active) -> dict[int, str]:
    """The segments of a family by id."""
    stages = family.family.stages
    return {number: family.family.segment_key(stage) for number, stage in zip(family.ids, stages, strict=True)}


def _base(connection: Connection, as_of: int) -> int:
    known = select(func.count()).where(people.c.merged_into.is_(None), people.c.since_day <= as_of, profiled(as_of))
    return connection.scalar(known) or 0


def _identifiable(known: int, missing: int | None) -> dict[str, Any]:
    part = 0 if missing is None else known - missing
    found = share(part, known)
    return {"people": part, "of": known, "share": found, "good": None if found is None else found >= LEAST_KNOWN}


def _sums(connection: Connection) -> dict[int, AnyRow]:
    """What the members of each segment come to."""
    statement = (
        select(
            memberships.c.segment_id,
            func.count().label("people"),
            func.coalesce(func.sum(metrics.c.amount_spent), 0).label("revenue"),
            func.coalesce(func.sum(metrics.c.number_of_orders), 0).label("orders"),
            func.coalesce(func.sum(metrics.c.last_order_day), 0).label("last_days"),
            func.count(metrics.c.last_order_day).label("buyers"),
        )
        .outerjoin(metrics, metrics.c.customer_id == memberships.c.customer_id)
        .where(memberships.c.left_on.is_(None))
        .group_by(memberships.c.segment_id)
    )
    return {row.segment_id: row for row in connection.execute(statement)}


def _substantial(row: AnyRow | None, currency: str) -> dict[str, Any]:
    size, revenue = (0, 0) if row is None else (row.people, int(row.revenue))
    return {
        "people": size,
        "revenue": money(revenue, currency),
        "good": size >= LEAST_PEOPLE and revenue > 0,
    }


def reach_of(connection: Connection) -> dict[int, AnyRow] | None:
    """How many members of each segment have agreed to be written to, by channel; None where nobody was ever asked."""
    if not connection.scalar(select(exists(select(consents.c.customer_id)))):
        return None
    agreed = _agreed()
    counted = [
        func.count(distinct(case((agreed.c.channel == channel, agreed.c.customer_id)))).label(channel)
        for channel in _REACH
    ]
    statement = (
        select(memberships.c.segment_id, func.count(distinct(agreed.c.customer_id)).label("people"), *counted)
        .join(agreed, agreed.c.customer_id == memberships.c.customer_id)
        .where(memberships.c.left_on.is_(None))
        .group_by(memberships.c.segment_id)
    )
    return {row.segment_id: row for row in connection.execute(statement)}


def _agreed() -> Subquery:
    """Each person and channel where all who say anything say yes, and there is an address for it."""
    refused = case((consents.c.state != ConsentState.SUBSCRIBED.value, 1))
    kind = case(_REACH, value=consents.c.channel)
    address = exists().where(identities.c.customer_id == consents.c.customer_id, identities.c.kind == kind)
    return (
        select(consents.c.customer_id, consents.c.channel)
        .where(address)
        .group_by(consents.c.customer_id, consents.c.channel)
        .having(func.count(refused) == 0)
        .subquery("agreed")
    )


def _accessible(reach: Mapping[int, AnyRow] | None, sums: Mapping[int, AnyRow], number: int) -> dict[str, Any]:
    size = sums[number].people if number in sums else 0
    row = None if reach is None else reach.get(number)
    reached = 0 if row is None else row.people
    found = None if reach is None else share(reached, size)
    return {
        "people": reached,
        **{channel: 0 if row is None else getattr(row, channel) for channel in _REACH},
        "share": found,
        "good": None if found is None else found >= LEAST_REACHED,
    }


def _calm(connection: Connection, family: Active, as_of: int) -> dict[str, dict[str, Any]]:
    """By segment: the age of the definition in days, who comes and goes in a week, who goes to and fro."""
    first = connection.scalar(select(func.min(counts.c.day)).where(counts.c.segment_id.in_(family.ids)))
    begun = family.from_day if family.from_day is not None else first
    age = 0 if begun is None else max(0, as_of - begun)
    with stays(connection, family.family.key, until=as_of) as kept:
        rows = {row.stage: row for row in connection.execute(_course(kept, as_of))}
        restless = {row.stage: row.people for row in connection.execute(_flapping(kept, as_of))}
    found = {}
    for key in _keys(family).values():
        row = rows.get(key)
        churn = None if row is None else share(row.moves, 2 * (row.then + row.now))
        flapping = None if row is None else share(restless.get(key, 0), row.year)
        good = age >= LEAST_AGE and (churn or 0) <= MOST_CHURN and (flapping or 0) <= MOST_FLAPPING
        found[key] = {"days": age, "weekly_churn": churn, "flapping": flapping, "good": None if row is None else good}
    return found


def _course(kept: Table, as_of: int) -> Any:  # noqa: ANN401 - a Select of columns that are made here
    """By stage: members four weeks ago and now, comings and goings in between, and who was there within the year."""

    def there(day: int) -> ColumnElement[bool]:
        return and_(kept.c.entered_on <= day, or_(kept.c.left_on.is_(None), kept.c.left_on > day))

    month = as_of - MONTH
    came, went = kept.c.entered_on.between(month + 1, as_of), kept.c.left_on.between(month + 1, as_of)
    lately = case((or_(kept.c.left_on.is_(None), kept.c.left_on > as_of - YEAR), kept.c.customer_id))
    return select(
        kept.c.stage,
        func.count().filter(there(month)).label("then"),
        func.count().filter(there(as_of)).label("now"),
        (func.count().filter(came) + func.count().filter(went)).label("moves"),
        func.count(distinct(lately)).label("year"),
    ).group_by(kept.c.stage)


def _flapping(kept: Table, as_of: int) -> Any:  # noqa: ANN401
    """By stage: people who were there within the year, and changed stage three times within 90 days of it."""
    change = select(kept.c.customer_id, kept.c.entered_on).where(kept.c.before.is_not(None)).subquery("change")
    third = func.lag(change.c.entered_on, 2).over(partition_by=change.c.customer_id, order_by=change.c.entered_on)
    marked = select(*change.c, third.label("first")).subquery("marked")
    restless = select(marked.c.customer_id).where(
        marked.c.entered_on > as_of - YEAR, marked.c.entered_on - marked.c.first < FLAPPING_DAYS
    )
    lately = or_(kept.c.left_on.is_(None), kept.c.left_on > as_of - YEAR)
    return (
        select(kept.c.stage, func.count(distinct(kept.c.customer_id)).label("people"))
        .where(lately, kept.c.customer_id.in_(restless))
        .group_by(kept.c.stage)
    )


def _shared(connection: Connection) -> dict[tuple[int, int], int]:
    """How many people each two segments have in common."""
    other = memberships.alias("other")
    statement = (
        select(memberships.c.segment_id, other.c.segment_id, func.count())
        .join(other, other.c.customer_id == memberships.c.customer_id)
        .where(
            memberships.c.left_on.is_(None), other.c.left_on.is_(None), memberships.c.segment_id < other.c.segment_id
        )
        .group_by(memberships.c.segment_id, other.c.segment_id)
    )
    return {(row[0], row[1]): row[2] for row in connection.execute(statement)}


def _differentiable(
    number: int,
    names: Mapping[int, str],
    sums: Mapping[int, AnyRow],
    shared: Mapping[tuple[int, int], int],
    as_of: int,
) -> dict[str, Any]:
    """The nearest other segment: the one with most people in common, or else the one that behaves most alike."""
    near = []
    for other in sums.keys() & names.keys() - {number} if number in sums else ():
        both = shared.get((min(number, other), max(number, other)), 0)
        overlap = share(both, sums[number].people + sums[other].people - both) or 0.0
        near.append((-overlap, _distance(sums[number], sums[other], as_of), names[other]))
    if not near:
        return {"nearest": None, "overlap": None, "distance": None, "good": None}
    overlap, distance, name = min(near)
    good = -overlap <= MOST_OVERLAP and distance >= LEAST_DISTANCE
    return {"nearest": name, "overlap": abs(overlap), "distance": distance, "good": good}


def _distance(one: AnyRow, other: AnyRow, as_of: int) -> float:
    """How far apart two segments are in money a person, orders a person, or days since the last order, from 0 to 1."""
    figures = [
        (_mean(one.revenue, one.people), _mean(other.revenue, other.people)),
        (_mean(one.orders, one.people), _mean(other.orders, other.people)),
        (
            _mean(as_of * one.buyers - one.last_days, one.buyers),
            _mean(as_of * other.buyers - other.last_days, other.buyers),
        ),
    ]
    return round(max(_apart(a, b) for a, b in figures), 4)


def _mean(total: int, number: int) -> float | None:
    return int(total) / number if number else None


def _apart(one: float | None, other: float | None) -> float:
    if one is None or other is None:
        return 0.0 if one == other else 1.0
    largest = max(abs(one), abs(other))
    return min(1.0, abs(one - other) / largest) if largest else 0.0


def _actionable(action: Action) -> dict[str, Any]:
    return {
        "objective": action.objective,
        "playbook": action.playbook,
        "destinations": list(action.destinations),
        "good": bool(action.objective and action.playbook and action.destinations),
    }
