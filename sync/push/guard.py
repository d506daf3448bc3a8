"""Guards: reasons to refuse a plan that could destroy something, each with the figures that say so."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection, and_, distinct, exists, func, select

from connector.days import epoch, instant
from connector.models import Change, Delivery, DestinationRow, Plan, Refusal, Store
from connector.states import SENT, Obstacle, PlanKind, PlanState
from connector.stores import FILE
from connector.tables import table
from sync.push.mark import unknown
from sync.push.summary import Guard, PlanSummary
from sync.push.target import frozen
from sync.timely import LONG, last_done, pause

FEW = 20
"""So many people may always change: in a small shop a share of a few people says nothing."""

_plans, _changes, _deliveries = table(Plan), table(Change), table(Delivery)
_refusals, _stores, _destinations = table(Refusal), table(Store), table(DestinationRow)


def guards(connection: Connection, plan: PlanSummary, *, now: datetime, destination_id: int) -> tuple[Guard, ...]:
    """What speaks against a plan that was just formed, from what the database knows."""
    found = [
        _clock(connection, plan, now),
        unknown(connection, plan.destination),
        *_source(connection, plan, destination_id),
    ]
    if plan.changes:
        found += [_removes(connection, plan, destination_id), _changed(connection, plan, destination_id)]
    return tuple(guard for guard in found if guard)


def place(stored: str | None, said: str) -> Guard | None:
    """Refuse where a destination is not the one that was written to."""
    return None if stored in {None, said} else Guard("place", str(stored), said)


def shop(connection: Connection, store_id: int | None) -> str | None:
    """The id of the shop whose accounts a destination writes to; None where it writes to addresses."""
    if store_id is None:
        return None
    return connection.scalar(select(_stores.c.shop_id).where(_stores.c.id == store_id, _stores.c.platform != FILE))


def twice(connection: Connection, plan: PlanSummary, platform: str, said: str) -> Guard | None:
    """Refuse where another destination delivers the same text at the same place: each would take the other's away."""
    others = select(_destinations.c.id, _destinations.c.key).where(
        _destinations.c.key != plan.destination,
        _destinations.c.platform == platform,
        _destinations.c.remote_id == said,
    )
    wanted = {text for key, text in plan.labels.items() if "=" not in key}
    for row in connection.execute(others.order_by(_destinations.c.id)).all():
        shared = wanted & {text for key, text in frozen(connection, row.id).items() if "=" not in key}
        if shared:
            return Guard("twice", row.key, min(shared))
    return None


def _removes(connection: Connection, plan: PlanSummary, destination_id: int) -> Guard | None:
    """More than half of what was delivered goes, from more than a few people."""
    goes = and_(_changes.c.plan_id == plan.plan_id, _changes.c.new.is_(None))
    lost, people = connection.execute(
        select(func.count(), func.count(distinct(_changes.c.customer_id))).where(goes)
    ).one()
    held = and_(_deliveries.c.destination_id == destination_id, _deliveries.c.value.is_not(None))
    delivered = connection.execute(select(func.count()).select_from(_deliveries).where(held)).scalar_one()
    refused = 2 * lost > delivered and people > FEW
    return Guard("removes", str(delivered), str(lost)) if refused else None


def _changed(connection: Connection, plan: PlanSummary, destination_id: int) -> Guard | None:
    """More than a quarter of the people change, those aside who were not known there when last looked for."""
    if plan.first:
        return None
    absent = exists().where(
        _refusals.c.destination_id == destination_id,
        _refusals.c.identity_id == _changes.c.identity_id,
        _refusals.c.outcome == Obstacle.ABSENT,
    )
    served = exists().where(
        _deliveries.c.destination_id == destination_id,
        _deliveries.c.identity_id == _changes.c.identity_id,
        _deliveries.c.item.in_(_items(connection, destination_id)),
    )
    changing = select(func.count(distinct(_changes.c.identity_id))).where(_changes.c.plan_id == plan.plan_id, ~absent)
    changed = connection.execute(changing).scalar_one()
    base = plan.delivered + connection.execute(changing.where(~served)).scalar_one()
    return Guard("changes", str(base), str(changed)) if 4 * changed > base and changed > FEW else None


def _source(connection: Connection, plan: PlanSummary, destination_id: int) -> list[Guard | None]:
    """People or orders fell by more than a fifth since the last push, or to nothing."""
    query = (
        select(_plans.c.summary)
        .where(
            _plans.c.destination_id == destination_id,
            _plans.c.kind == PlanKind.PUSH,
            _plans.c.state == PlanState.APPLIED,
        )
        .order_by(_plans.c.id.desc())
        .limit(1)
    )
    text = connection.execute(query).scalar()
    if text is None:
        return []
    last = msgspec.json.decode(text, type=PlanSummary)
    figures = (("people", last.people_total, plan.people_total), ("orders", last.orders_total, plan.orders_total))
    return [Guard(code, str(was), str(now)) for code, was, now in figures if fell(was, now)]


def fell(was: int, now: int) -> bool:
    """Whether a figure lost more than a fifth and more than a few, or everything."""
    return 5 * now < 4 * was and (was - now > FEW or now == 0)


def _clock(connection: Connection, plan: PlanSummary, now: datetime) -> Guard | None:
    """The clock stands before a plan that was applied already, or long after the last thing that was done."""
    query = select(_plans.c.created_at).where(_plans.c.state.in_(SENT)).order_by(_plans.c.id.desc()).limit(1)
    sent, done = connection.scalar(query), last_done(connection, but=plan.run_id)
    said = now.isoformat(timespec="seconds")
    if sent is not None and epoch(now) < sent:
        return Guard("clock", instant(sent).isoformat(), said)
    if done is not None and pause(now, done) > LONG:
        return Guard("ahead", instant(done).isoformat(), said)
    return None


def _items(connection: Connection, destination_id: int) -> list[str]:
    query = select(_deliveries.c.item).where(_deliveries.c.destination_id == destination_id).distinct()
    return list(connection.execute(query).scalars())
