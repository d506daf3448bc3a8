"""Plans: what the memberships want at a destination minus what was delivered there, formed in the database."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    delete,
    distinct,
    exists,
    func,
    literal,
    or_,
    select,
    update,
)

from connector.days import epoch
from connector.models import Change, Customer, Delivery, DestinationRow, Identity, Membership, Order, Refusal, Segment
from connector.models import Plan as PlanRow
from connector.states import UNDECIDED, Obstacle, PlanKind, PlanState
from connector.tables import table
from sync.push import guard, summary
from sync.push.difference import Draft, form, form_removals, held_out, reachable, served
from sync.push.summary import PlanSummary
from sync.push.target import CONTACT, Item, Target, frozen, items, kind_of, registered, relabelled

LOOK_AGAIN = timedelta(days=7)
"""How long an address that was not known at a destination is left alone, unless its person changes."""

_plans, _changes, _deliveries, _refusals = table(PlanRow), table(Change), table(Delivery), table(Refusal)
_members, _identities, _segments = table(Membership), table(Identity), table(Segment)
_customers, _orders, _destinations = table(Customer), table(Order), table(DestinationRow)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which part of the differences a plan is about; `only` (customer ids) and `limit` (people) make it a pilot."""

    only: Collection[int] | None = None
    limit: int | None = None
    rename: bool = False  # take the texts of the settings where they differ from the frozen ones; field names stay
    again: bool = False  # also what was refused for ever

    @property
    def pilot(self) -> bool:
        """Whether people are left out on purpose."""
        return self.only is not None or self.limit is not None


EVERYTHING = Scope()


def plan(
    connection: Connection,
    target: Target,
    *,
    now: datetime,
    run_id: int,
    scope: Scope = EVERYTHING,
    examples: int = 10,
) -> PlanSummary:
    """Store the differences between what `target` wants and holds as a plan; the waiting plan where it is the same.

    SettingsError where a segment has not been worked out or its texts cannot be used.
    """
    destination_id = registered(connection, target)
    labels = frozen(connection, destination_id)
    changed = relabelled(target, labels)
    replaced = {key for key in changed if scope.rename and (key.startswith("tag:") or "=" in key)}
    wanted = items(connection, target, {key: text for key, text in labels.items() if key not in replaced})
    begun = summary.begin(connection, destination_id, target.key, PlanKind.PUSH, now=now, run_id=run_id)
    draft = Draft(connection, target, begun.plan_id, destination_id, scope.only, _excluded(connection, target))
    ready = [item for item in wanted if item.family not in target.incomplete]
    form(draft, ready)
    form_removals(draft, {item.key for item in wanted}, labels)
    waiting = 0 if scope.again else _leave_alone(draft, now)
    if scope.limit is not None:
        _keep(draft, scope.limit)
    texts = {key: text for key, text in labels.items() if "=" not in key} | {item.key: item.text for item in wanted}
    formed = summary.counted(connection, _informed(begun, draft, scope), texts)
    formed = replace(
        _figured(draft, _loud(formed, target), ready),
        waiting=waiting,
        relabelled=changed,
        labels={key: text for item in ready for key, text in item.labels.items()},
    )
    formed = replace(formed, guards=guard.guards(connection, formed, now=now, destination_id=destination_id))
    return _settled(draft, summary.store(connection, formed), examples)


def _excluded(connection: Connection, target: Target) -> list[int]:
    """The ids of the segments whose people receive nothing."""
    query = select(_segments.c.id).where(_segments.c.active, _segments.c.key.in_(target.exclude))
    return list(connection.execute(query).scalars())


def _informed(begun: PlanSummary, draft: Draft, scope: Scope) -> PlanSummary:
    """The summary with what is known of the plan whatever its changes are."""
    row = draft.connection.execute(
        select(_destinations.c.first_push_at, _destinations.c.held).where(_destinations.c.id == draft.destination_id)
    ).one()
    return replace(
        begun,
        reach=draft.target.reach,
        creates=draft.target.contacts == "all",
        first=row.first_push_at is None,
        pilot=scope.pilot,
        held=row.held,
        incomplete=dict(draft.target.incomplete),
    )


def _loud(formed: PlanSummary, target: Target) -> PlanSummary:
    """The summary with what may start at the destination by what the plan writes, and what is kept quiet."""
    written = {kind_of(item.item) for item in formed.items}
    may = [said for kind, said in target.automations.items() if kind in written]
    return replace(
        formed,
        quiet=tuple(said.first for said in may if formed.first and said.first),
        starting=tuple(said.told for said in may if not (formed.first and said.first)),
    )


def _leave_alone(draft: Draft, now: datetime) -> int:
    """Take out the addresses whose every change was refused before; how many they are."""
    stale = _refusals.c.at <= epoch(now - LOOK_AGAIN)
    creating = literal(draft.target.contacts == "all")
    holds = or_(
        _refusals.c.outcome == Obstacle.REFUSED,
        and_(_refusals.c.outcome == Obstacle.GONE, ~stale),
        and_(_refusals.c.outcome == Obstacle.ABSENT, ~stale, ~creating),
    )
    refused = and_(
        _refusals.c.destination_id == draft.destination_id,
        _refusals.c.identity_id == _changes.c.identity_id,
        _refusals.c.item == _changes.c.item,
        _refusals.c.value.is_not_distinct_from(_changes.c.new),
        holds,
    )
    stubborn = (
        select(_changes.c.identity_id)
        .outerjoin(_refusals, refused)
        .where(_changes.c.plan_id == draft.plan_id)
        .group_by(_changes.c.identity_id)
        .having(func.count(_changes.c.id) == func.count(_refusals.c.item))
    )
    count = draft.connection.execute(select(func.count()).select_from(stubborn.subquery())).scalar_one()
    if count:
        draft.connection.execute(
            delete(_changes).where(_changes.c.plan_id == draft.plan_id, _changes.c.identity_id.in_(stubborn))
        )
    return int(count)


def _keep(draft: Draft, people: int) -> None:
    mine = _changes.c.plan_id == draft.plan_id
    first = select(_changes.c.customer_id).where(mine).distinct().order_by(_changes.c.customer_id).limit(people)
    draft.connection.execute(delete(_changes).where(mine, _changes.c.customer_id.not_in(first)))


def _figured(draft: Draft, formed: PlanSummary, ready: list[Item]) -> PlanSummary:
    """The summary with the counts that its changes alone do not tell."""
    ids = {key: number for item in ready for key, number in item.segments.items()}
    segments = sorted(ids.values())
    wanted = and_(_members.c.segment_id.in_(segments), _members.c.left_on.is_(None))
    person = _members.c.customer_id
    people = select(func.count(distinct(person))).where(wanted)
    inside = {key: _members.c.segment_id == number for key, number in ids.items()}
    mine = exists().where(_identities.c.customer_id == person, reachable(draft.target))
    held = _deliveries.c.destination_id == draft.destination_id
    written = exists().where(
        held, _deliveries.c.identity_id == _changes.c.identity_id, _deliveries.c.item.in_(_names(draft))
    )
    changed = select(func.count(distinct(_changes.c.identity_id))).where(_changes.c.plan_id == draft.plan_id)
    delivered = select(func.count(distinct(_deliveries.c.identity_id))).where(held, _deliveries.c.value.is_not(None))

    def count(query: Select[*tuple[int]]) -> int:
        return int(draft.connection.execute(query).scalar_one())

    return replace(
        formed,
        unreachable=count(people.where(~mine)),
        holdout=count(people.where(held_out(draft.target, person, inside))) if draft.target.holdout else 0,
        excluded=count(people.where(~served(draft, person))) if draft.excluded or draft.target.never else 0,
        delivered=count(delivered),
        new_addresses=count(changed.where(~written)),
        people_total=count(select(func.count()).select_from(_customers).where(_customers.c.merged_into.is_(None))),
        orders_total=count(select(func.count()).select_from(_orders).where(_orders.c.counted == 1)),
    )


def _names(draft: Draft) -> list[str]:
    labels = frozen(draft.connection, draft.destination_id)
    return [CONTACT, *(key for key in labels if "=" not in key)]


def _settled(draft: Draft, formed: PlanSummary, examples: int) -> PlanSummary:
    """The plan, with older undecided ones of its destination cancelled; or the waiting one where it asks the same."""
    older = and_(
        _plans.c.destination_id == draft.destination_id, _plans.c.id != draft.plan_id, _plans.c.state.in_(UNDECIDED)
    )
    waiting = select(_plans.c.id).where(older, _plans.c.state == PlanState.PLANNED)
    for plan_id in draft.connection.scalars(waiting).all():
        if _equal(draft.connection, plan_id, draft.plan_id):
            draft.connection.execute(delete(_changes).where(_changes.c.plan_id == draft.plan_id))
            draft.connection.execute(delete(_plans).where(_plans.c.id == draft.plan_id))
            summary.store(draft.connection, replace(formed, plan_id=plan_id))
            return summary.load(draft.connection, plan_id, examples)
    cancel(draft.connection, older)
    running = and_(_plans.c.destination_id == draft.destination_id, _plans.c.state == PlanState.APPLYING)
    pushes = running & (_plans.c.kind == PlanKind.PUSH)
    draft.connection.execute(update(_plans).where(pushes).values(state=PlanState.INTERRUPTED))
    return summary.load(draft.connection, draft.plan_id, examples)


def cancel(connection: Connection, which: ColumnElement[bool]) -> None:
    """Cancel plans of which nothing was sent; their changes never happened and are dropped."""
    ids = [row.id for row in connection.execute(select(_plans.c.id).where(which))]
    if ids:
        connection.execute(delete(_changes).where(_changes.c.plan_id.in_(ids)))
        connection.execute(update(_plans).where(_plans.c.id.in_(ids)).values(state=PlanState.CANCELLED))


def _equal(connection: Connection, one: int, other: int) -> bool:
    asked = [_changes.c[name] for name in ("identity_id", "item", "old", "new")]
    first, second = (select(*asked).where(_changes.c.plan_id == plan_id) for plan_id in (one, other))
    return not any(connection.execute(a.except_(b).limit(1)).first() for a, b in ((first, second), (second, first)))
