"""What a plan comes to: its counts as stored with it, and examples read when they are asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, case, distinct, func, insert, select

from connector.database import next_id
from connector.days import epoch
from connector.errors import SettingsError
from connector.models import Change, DestinationRow, Identity, Plan
from connector.states import ChangeOutcome, PlanKind, PlanState
from connector.tables import AnyRow, table
from sync.logs import nameless

_plans, _changes, _identities = table(Plan), table(Change), table(Identity)
_destinations = table(DestinationRow)


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
    kind: PlanKind
    state: PlanState
    created_at: int
    undoes: int | None = None  # the run that an undo takes back
    people: int = 0  # with a change
    addresses: int = 0
    changes: int = 0
    items: tuple[ItemCount, ...] = ()
    causes: dict[str, int] = field(default_factory=dict)
    new_addresses: int = 0  # never written to before
    creates: bool = False  # those of them that are unknown there become contacts, subscribed to nothing
    reach: Literal["account", "email"] = "email"
    unreachable: int = 0  # people without any address at this destination
    excluded: int = 0
    holdout: int = 0  # people who are held out of a segment, so that its effect can be measured
    waiting: int = 0  # addresses left alone: refused for ever, or not known there
    delivered: int = 0  # addresses that hold something of ours
    people_total: int = 0
    orders_total: int = 0
    first: bool = False  # nothing but pilots went there before: automations are kept quiet where that is possible
    quiet: tuple[str, ...] = ()  # what is said of those that are kept so
    starting: tuple[str, ...] = ()  # and of those that may start
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
    def accepted(self) -> int:
        """How many changes the destination took."""
        return self.outcomes.get(ChangeOutcome.ACCEPTED, 0)

    @property
    def retries(self) -> bool:
        """Whether something is left for the next push."""
        return bool(self.outcomes.get(ChangeOutcome.RETRY))


def begin(
    connection: Connection, destination_id: int, key: str, kind: PlanKind, *, now: datetime, run_id: int
) -> PlanSummary:
    """A new plan of the destination `key`, stored without any changes yet."""
    plan = PlanSummary(next_id(connection, _plans), key, run_id, kind, PlanState.PLANNED, epoch(now))
    connection.execute(
        insert(_plans).values(
            id=plan.plan_id,
            destination_id=destination_id,
            run_id=run_id,
            kind=kind,
            created_at=plan.created_at,
            state=plan.state,
            summary="{}",
        )
    )
    return plan


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
    return replace(_read(row), examples=tuple(listed(connection, plan_id, examples)))


def recent(
    connection: Connection,
    destination: str | None = None,
    *,
    kind: PlanKind | None = None,
    states: Collection[PlanState] = (),
    run_id: int | None = None,
    limit: int | None = None,
    skipped: int = 0,
) -> list[PlanSummary]:
    """The plans from the newest on, without examples; only those of a destination, a kind, states, or a run."""
    query = select(_plans.c.summary, _plans.c.state).order_by(_plans.c.id.desc()).limit(limit).offset(skipped)
    if destination is not None:
        query = query.join(_destinations, _destinations.c.id == _plans.c.destination_id)
        query = query.where(_destinations.c.key == destination)
    query = query.where(_plans.c.kind == kind) if kind else query
    query = query.where(_plans.c.state.in_(states)) if states else query
    query = query if run_id is None else query.where(_plans.c.run_id == run_id)
    return [_read(row) for row in connection.execute(query)]


def waiting(connection: Connection, destination: str | None = None) -> list[PlanSummary]:
    """The pushes that wait for a yes, from the newest on: one of each destination at most."""
    return recent(connection, destination, kind=PlanKind.PUSH, states=[PlanState.PLANNED])


def _read(row: AnyRow) -> PlanSummary:
    return replace(msgspec.json.decode(row.summary, type=PlanSummary), state=PlanState(row.state))


def listed(
    connection: Connection,
    plan_id: int,
    limit: int | None = None,
    *,
    offset: int = 0,
    outcome: str = "",
    item: str = "",
) -> Iterator[PlannedChange]:
    """The changes of a plan, address by address; only those that ended as `outcome`, or of an item, where given."""
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
    query = query.where(*chosen(outcome, item))
    for row in connection.execute(query):
        yield PlannedChange(*tuple(row))


def chosen(outcome: str, item: str) -> list[ColumnElement[bool]]:
    """What holds for the changes that ended as `outcome`, and that are of an item; of all where neither is given."""
    given = (_changes.c.outcome, outcome), (_changes.c.item, item)
    return [column == value for column, value in given if value]


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


def ended(connection: Connection, summary: PlanSummary, state: PlanState) -> PlanSummary:
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
