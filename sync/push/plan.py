"""Plans: what the memberships want at a destination minus what was delivered there, formed in the database.

Deliveries belong to addresses, not to people: a merge, or its undoing, only changes whose segments an address has.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    case,
    cast,
    delete,
    distinct,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    update,
)

from connector.database import next_id
from connector.days import epoch
from connector.models import Change, Customer, Delivery, DestinationRow, Identity, Membership, Order, Refusal, Segment
from connector.models import Plan as PlanRow
from connector.tables import table
from sync.push import guard, summary
from sync.push.summary import UNDECIDED, PlanSummary
from sync.push.target import CONTACT, Item, Target, frozen, items, known, relabelled

LOOK_AGAIN = timedelta(days=7)
"""How long an address that was not known at a destination is left alone, unless its person changes."""

_plans, _changes, _deliveries, _refusals = table(PlanRow), table(Change), table(Delivery), table(Refusal)
_members, _identities, _segments = table(Membership), table(Identity), table(Segment)
_customers, _orders, _destinations = table(Customer), table(Order), table(DestinationRow)

_COLUMNS = ["plan_id", "identity_id", "customer_id", "item", "old", "new", "cause"]
_DELIVERED = func.coalesce(func.nullif(_deliveries.c.sending, ""), _deliveries.c.value)


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


@dataclass(frozen=True, slots=True)
class _Draft:
    """What the statements of one plan share."""

    connection: Connection
    target: Target
    plan_id: int
    destination_id: int
    only: Collection[int] | None
    excluded: int | None  # the id of the exclusion segment


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
    destination_id = known(connection, target)
    labels = frozen(connection, destination_id)
    changed = relabelled(target, labels)
    replaced = {key for key in changed if scope.rename and (key.startswith("tag:") or "=" in key)}
    wanted = items(connection, target, {key: text for key, text in labels.items() if key not in replaced})
    draft = _draft(connection, target, destination_id, run_id, now, scope)
    ready = [item for item in wanted if item.family not in target.incomplete]
    for item in ready:
        _form(draft, item)
    _form_removals(draft, {item.key for item in wanted}, labels)
    waiting = 0 if scope.again else _leave_alone(draft, now)
    if scope.limit is not None:
        _keep(draft, scope.limit)
    texts = {key: text for key, text in labels.items() if "=" not in key} | {item.key: item.text for item in wanted}
    formed = summary.counted(connection, _begun(draft, run_id, now, scope), texts)
    formed = replace(
        _figured(draft, formed, ready),
        waiting=waiting,
        relabelled=changed,
        labels={key: text for item in ready for key, text in item.labels.items()},
    )
    formed = replace(formed, guards=guard.guards(connection, formed, now=now, destination_id=destination_id))
    return _settled(draft, summary.store(connection, formed), examples)


def _draft(
    connection: Connection,
    target: Target,
    destination_id: int,
    run_id: int,
    now: datetime,
    scope: Scope,
) -> _Draft:
    plan_id = next_id(connection, _plans)
    excluded = None
    if target.exclude:
        query = select(_segments.c.id).where(_segments.c.active, _segments.c.key == target.exclude)
        excluded = connection.execute(query).scalar_one()
    connection.execute(
        insert(_plans).values(
            id=plan_id,
            destination_id=destination_id,
            run_id=run_id,
            kind="push",
            created_at=epoch(now),
            state="planned",
            summary="{}",
        )
    )
    return _Draft(connection, target, plan_id, destination_id, scope.only, excluded)


def _begun(draft: _Draft, run_id: int, now: datetime, scope: Scope) -> PlanSummary:
    row = draft.connection.execute(
        select(_destinations.c.first_push_at, _destinations.c.held).where(_destinations.c.id == draft.destination_id)
    ).one()
    return PlanSummary(
        draft.plan_id,
        draft.target.key,
        run_id,
        "push",
        "planned",
        epoch(now),
        creates=draft.target.contacts == "all",
        first=row.first_push_at is None,
        pilot=scope.pilot,
        held=row.held,
        incomplete=dict(draft.target.incomplete),
    )


def _form(draft: _Draft, item: Item) -> None:
    """Insert what `item` is to gain, to change, and to lose."""
    for segment_id, text in item.values.items():
        draft.connection.execute(insert(_changes).from_select(_COLUMNS, _gains(draft, item, segment_id, text)))
    draft.connection.execute(insert(_changes).from_select(_COLUMNS, _losses(draft, item.key, tuple(item.values))))


def _gains(draft: _Draft, item: Item, segment_id: int, text: str) -> Select[*tuple[object, ...]]:
    delivered = and_(
        _deliveries.c.destination_id == draft.destination_id,
        _deliveries.c.item == item.key,
        _deliveries.c.identity_id == _identities.c.id,
    )
    return (
        select(
            cast(literal(draft.plan_id), Integer),
            _identities.c.id,
            _members.c.customer_id,
            literal(item.key),
            _DELIVERED,
            literal(text),
            _members.c.cause,
        )
        .select_from(_members)
        .join(_identities, _identities.c.customer_id == _members.c.customer_id)
        .outerjoin(_deliveries, delivered)
        .where(
            _members.c.segment_id == segment_id,
            _members.c.left_on.is_(None),
            _reachable(draft.target),
            _served(draft, _members.c.customer_id),
            _asked(draft, _members.c.customer_id),
            or_(_deliveries.c.value.is_distinct_from(text), _deliveries.c.sending.is_not(None)),
        )
    )


def _losses(draft: _Draft, item: str, segments: tuple[int, ...]) -> Select[*tuple[object, ...]]:
    """Deliveries of `item` whose person is in none of `segments` (any more), or is to receive nothing."""
    person = _identities.c.customer_id
    mine = and_(_members.c.customer_id == person, _members.c.left_on.is_(None))
    stays = and_(exists().where(mine, _members.c.segment_id.in_(segments)), _served(draft, person))
    family = select(_segments.c.family).where(_segments.c.id.in_(segments)).limit(1).scalar_subquery()
    stage = (
        select(func.max(_members.c.cause))
        .join(_segments, _segments.c.id == _members.c.segment_id)
        .where(mine, _segments.c.family == family)
        .scalar_subquery()
    )
    cause = case((~_served(draft, person), literal("excluded")), else_=func.coalesce(stage, "left"))
    return (
        select(
            cast(literal(draft.plan_id), Integer),
            _deliveries.c.identity_id,
            person,
            literal(item),
            func.coalesce(_deliveries.c.value, _deliveries.c.sending),
            null(),
            cause if segments else literal("settings"),
        )
        .select_from(_deliveries)
        .join(_identities, _identities.c.id == _deliveries.c.identity_id)
        .where(
            _deliveries.c.destination_id == draft.destination_id,
            _deliveries.c.item == item,
            _asked(draft, person),
            *([~stays] if segments else []),
        )
    )


def _form_removals(draft: _Draft, wanted: set[str], labels: dict[str, str]) -> None:
    """Take away what was delivered and is asked for no more; an incomplete family's texts stay where they are."""
    for item in sorted({key for key in labels if "=" not in key} - wanted):
        named = item.split(":", 1)[1]
        family = draft.connection.execute(
            select(_segments.c.family).where(or_(_segments.c.key == named, _segments.c.family == named)).limit(1)
        ).scalar()
        if family not in draft.target.incomplete:
            draft.connection.execute(insert(_changes).from_select(_COLUMNS, _losses(draft, item, ())))


def _reachable(target: Target) -> ColumnElement[bool]:
    scope = target.store_id if target.reach == "account" else 0
    return and_(_identities.c.kind == target.reach, _identities.c.scope == scope)


def _served(draft: _Draft, person: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether a person may receive anything: neither excluded nor objecting."""
    allowed: list[ColumnElement[bool]] = [literal(1) == 1]
    if draft.excluded is not None:
        inside = table(Membership).alias("excluded")
        allowed.append(
            ~exists().where(
                inside.c.segment_id == draft.excluded, inside.c.customer_id == person, inside.c.left_on.is_(None)
            )
        )
    if draft.target.never:
        allowed.append(person.not_in(sorted(draft.target.never)))
    return and_(*allowed)


def _asked(draft: _Draft, person: ColumnElement[int]) -> ColumnElement[bool]:
    return literal(1) == 1 if draft.only is None else person.in_(sorted(draft.only))


def _leave_alone(draft: _Draft, now: datetime) -> int:
    """Take out the addresses whose every change was refused before; how many they are."""
    stale = _refusals.c.at <= epoch(now - LOOK_AGAIN)
    creating = literal(draft.target.contacts == "all")
    holds = or_(
        _refusals.c.outcome == "refused",
        and_(_refusals.c.outcome == "gone", ~stale),
        and_(_refusals.c.outcome == "absent", ~stale, ~creating),
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


def _keep(draft: _Draft, people: int) -> None:
    mine = _changes.c.plan_id == draft.plan_id
    first = select(_changes.c.customer_id).where(mine).distinct().order_by(_changes.c.customer_id).limit(people)
    draft.connection.execute(delete(_changes).where(mine, _changes.c.customer_id.not_in(first)))


def _figured(draft: _Draft, formed: PlanSummary, ready: list[Item]) -> PlanSummary:
    """The summary with the counts that its changes alone do not tell."""
    segments = sorted({segment for item in ready for segment in item.values})
    wanted = and_(_members.c.segment_id.in_(segments), _members.c.left_on.is_(None))
    person = _members.c.customer_id
    people = select(func.count(distinct(person))).where(wanted)
    mine = exists().where(_identities.c.customer_id == person, _reachable(draft.target))
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
        excluded=count(people.where(~_served(draft, person))) if draft.excluded or draft.target.never else 0,
        delivered=count(delivered),
        new_addresses=count(changed.where(~written)),
        people_total=count(select(func.count()).select_from(_customers).where(_customers.c.merged_into.is_(None))),
        orders_total=count(select(func.count()).select_from(_orders).where(_orders.c.counted == 1)),
    )


def _names(draft: _Draft) -> list[str]:
    labels = frozen(draft.connection, draft.destination_id)
    return [CONTACT, *(key for key in labels if "=" not in key)]


def _settled(draft: _Draft, formed: PlanSummary, examples: int) -> PlanSummary:
    """The plan, with older undecided ones of its destination cancelled; or the waiting one where it asks the same."""
    older = and_(
        _plans.c.destination_id == draft.destination_id, _plans.c.id != draft.plan_id, _plans.c.state.in_(UNDECIDED)
    )
    waiting = [
        row.id for row in draft.connection.execute(select(_plans.c.id).where(older, _plans.c.state == "planned"))
    ]
    for plan_id in waiting:
        if _equal(draft.connection, plan_id, draft.plan_id):
            draft.connection.execute(delete(_changes).where(_changes.c.plan_id == draft.plan_id))
            draft.connection.execute(delete(_plans).where(_plans.c.id == draft.plan_id))
            current = replace(formed, plan_id=plan_id, run_id=formed.run_id)
            summary.store(draft.connection, current)
            return summary.load(draft.connection, plan_id, examples)
    cancel(draft.connection, older)
    running = and_(_plans.c.destination_id == draft.destination_id, _plans.c.state == "applying")
    draft.connection.execute(update(_plans).where(running, _plans.c.kind == "push").values(state="interrupted"))
    return summary.load(draft.connection, draft.plan_id, examples)


def cancel(connection: Connection, which: ColumnElement[bool]) -> None:
    """Cancel plans of which nothing was sent; their changes never happened and are dropped."""
    ids = [row.id for row in connection.execute(select(_plans.c.id).where(which))]
    if ids:
        connection.execute(delete(_changes).where(_changes.c.plan_id.in_(ids)))
        connection.execute(update(_plans).where(_plans.c.id.in_(ids)).values(state="cancelled"))


def _equal(connection: Connection, one: int, other: int) -> bool:
    asked = [_changes.c[name] for name in ("identity_id", "item", "old", "new")]
    first, second = (select(*asked).where(_changes.c.plan_id == plan_id) for plan_id in (one, other))
    return not any(connection.execute(a.except_(b).limit(1)).first() for a, b in ((first, second), (second, first)))
