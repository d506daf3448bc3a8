"""What a plan comes to: its counts as stored with it, and examples read when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import msgspec
from sqlalchemy import Connection, and_, case, distinct, func, select

from connector.errors import SettingsError
from connector.models import Change, DestinationRow, Identity, Plan
from connector.tables import table
from sync.logs import nameless

_plans, _changes, _identities = table(Plan), table(Change), table(Identity)
_destinations = table(DestinationRow)

UNDECIDED = ("planned", "refused")
"""States of plans of which nothing was sent."""


@dataclass(frozen=True, slots=True)
class ItemCount:
    """How many addresses gain, change and lose an item."""

    item: str
    text: str  # the tag, or the field's name
    added: int
    changed: int
    removed: int


@dataclass(frozen=True, slots=True)
class Guard:
    """Why a plan is refused unless forced: the code of the reason, and its figures."""

    code: str  # removes, changes, people, orders, clock, ahead, older; of the place: place, twice, lost
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """One item of one address, with the cause, and how it ended."""

    address: str
    customer_id: int
    item: str
    old: str | None
    new: str | None
    cause: str | None
    outcome: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """A plan in figures. Nothing in it names a person but `examples`, which are never stored."""

    plan_id: int
    destination: str
    run_id: int
    kind: str  # push, undo, leave
    state: str
    created_at: int
    undoes: int | None = None  # the run that an undo takes back
    people: int = 0  # with a change
    addresses: int = 0
    changes: int = 0
    items: tuple[ItemCount, ...] = ()
    causes: dict[str, int] = field(default_factory=dict)
    new_addresses: int = 0  # never written to before
    creates: bool = False  # those of them that are unknown there become contacts, subscribed to nothing
    unreachable: int = 0  # people without any address at this destination
    excluded: int = 0
    holdout: int = 0  # people who are held out of a segment, so that its effect can be measured
    waiting: int = 0  # addresses left alone: refused for ever, or not known there
    delivered: int = 0  # addresses that hold something of ours
    people_total: int = 0
    orders_total: int = 0
    first: bool = False  # nothing but pilots went there before: automations are kept quiet
    pilot: bool = False
    held: bool = False
    guards: tuple[Guard, ...] = ()
    incomplete: dict[str, str] = field(default_factory=dict)
    relabelled: dict[str, tuple[str, str]] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)  # to be frozen with the first delivery
    outcomes: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)  # of what was not accepted
    examples: tuple[PlannedChange, ...] = ()

    @property
    def retries(self) -> bool:
        """Whether something is left for the next push."""
        return bool(self.outcomes.get("retry"))


def store(connection: Connection, summary: PlanSummary) -> PlanSummary:
    """Write the summary to its plan, without examples; the summary itself."""
    text = msgspec.json.encode(replace(summary, examples=())).decode()
    values = {"summary": text, "state": summary.state, "run_id": summary.run_id}
    connection.execute(_plans.update().where(_plans.c.id == summary.plan_id).values(values))
    return summary


def load(connection: Connection, plan_id: int, examples: int = 10) -> PlanSummary:
    """The summary of a stored plan, with that many examples; SettingsError where there is no such plan."""
    row = connection.execute(select(_plans.c.summary, _plans.c.state).where(_plans.c.id == plan_id)).first()
    if row is None:
        raise SettingsError(f"There is no plan {plan_id}.", remedy="`connector plan` lists those that wait.")
    summary = msgspec.json.decode(row.summary, type=PlanSummary)
    return replace(summary, state=row.state, examples=tuple(listed(connection, plan_id, examples)))


def latest(connection: Connection, destination: str, state: str | None = None) -> int | None:
    """The id of the newest push plan of a destination (in `state`, where given)."""
    query = (
        select(func.max(_plans.c.id))
        .join(_destinations, _destinations.c.id == _plans.c.destination_id)
        .where(_destinations.c.key == destination, _plans.c.kind == "push")
    )
    found = connection.execute(query.where(_plans.c.state == state) if state else query).scalar()
    return None if found is None else int(found)


def listed(
    connection: Connection, plan_id: int, limit: int | None = None, *, offset: int = 0, outcome: str = ""
) -> Iterator[PlannedChange]:
    """The changes of a plan, address by address; only those that ended as `outcome`, where one is given."""
    query = (
        select(
            _identities.c.value,
            *(_changes.c[name] for name in ("customer_id", "item", "old", "new", "cause", "outcome", "reason")),
        )
        .join(_identities, _identities.c.id == _changes.c.identity_id)
        .where(_changes.c.plan_id == plan_id)
        .order_by(_changes.c.identity_id, _changes.c.item)
        .limit(limit)
        .offset(offset)
    )
    query = query.where(_changes.c.outcome == outcome) if outcome else query
    for row in connection.execute(query):
        yield PlannedChange(*tuple(row))


def counted(connection: Connection, summary: PlanSummary, texts: dict[str, str]) -> PlanSummary:
    """The summary with the figures of its plan's changes; `texts` names the items."""
    mine = _changes.c.plan_id == summary.plan_id
    totals = connection.execute(
        select(
            func.count(distinct(_changes.c.customer_id)), func.count(distinct(_changes.c.identity_id)), func.count()
        ).where(mine)
    ).one()
    kinds = (
        func.sum(case((_changes.c.old.is_(None), 1), else_=0)),
        func.sum(case((and_(_changes.c.old.is_not(None), _changes.c.new.is_not(None)), 1), else_=0)),
        func.sum(case((_changes.c.new.is_(None), 1), else_=0)),
    )
    items = connection.execute(select(_changes.c.item, *kinds).where(mine).group_by(_changes.c.item))
    return replace(
        summary,
        people=totals[0],
        addresses=totals[1],
        changes=totals[2],
        items=tuple(
            ItemCount(row[0], texts.get(row[0], row[0]), *(int(n) for n in row[1:])) for row in sorted(items.all())
        ),
        causes=_grouped(connection, summary.plan_id, "cause"),
    )


def ended(connection: Connection, summary: PlanSummary, state: str) -> PlanSummary:
    """The summary of a plan that was applied, with the count of each outcome and reason."""
    return replace(
        summary,
        state=state,
        outcomes=_grouped(connection, summary.plan_id, "outcome"),
        reasons=_nameless(_grouped(connection, summary.plan_id, "reason")),
    )


def _nameless(reasons: dict[str, int]) -> dict[str, int]:
    """How often each reason was given, without the address that a tool may quote in it."""
    found: dict[str, int] = {}
    for reason, count in reasons.items():
        found[nameless(reason)] = found.get(nameless(reason), 0) + count
    return found


def _grouped(connection: Connection, plan_id: int, name: str) -> dict[str, int]:
    column = _changes.c[name]
    query = select(column, func.count()).where(_changes.c.plan_id == plan_id, column.is_not(None)).group_by(column)
    return {str(key): int(count) for key, count in connection.execute(query)}
