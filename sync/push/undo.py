"""Taking back what a run wrote at a destination, and leaving a destination altogether."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    and_,
    case,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    update,
)

from connector.destination import Destination
from connector.errors import SettingsError
from connector.models import Change, Delivery, DestinationRow, Identity, Plan
from connector.states import SENT, ChangeOutcome, PlanKind, PlanState
from connector.tables import table
from sync.push import summary
from sync.push.apply import Progress, apply
from sync.push.revert import LATER, reverting
from sync.push.run import forget, hold, require_place
from sync.push.summary import PlanSummary

_plans, _changes, _deliveries = table(Plan), table(Change), table(Delivery)
_destinations, _identities = table(DestinationRow), table(Identity)
_later, _later_changes = _plans.alias("later_plans"), _changes.alias("later")

_COLUMNS = ["plan_id", "identity_id", "customer_id", "item", "old", "new", "cause"]


def undo(
    engine: Engine,
    key: str,
    destination: Destination,
    *,
    undone: int,
    now: datetime,
    run_id: int,
    progress: Progress | None = None,
) -> PlanSummary:
    """Take back at destination `key` what run `undone` wrote there and still stands so; the destination is then held.

    What is kept is in the plan with its reason. SettingsError where that run wrote nothing there; UnsafeError where
    the destination is not the one that was written to.
    """
    require_place(engine, key, destination)
    with engine.begin() as connection:
        destination_id = _known(connection, key)
        originals = _originals(connection, destination_id, key, undone)
        back = _undone(connection, destination_id)
        plan = _begun(connection, destination_id, key, PlanKind.UNDO, now=now, run_id=run_id, undoes=undone)
        wrote = and_(
            _changes.c.plan_id.in_(originals),
            _changes.c.found.is_not(None),
            or_(_changes.c.outcome.is_(None), _changes.c.outcome != ChangeOutcome.ABSENT),
            ~_accepted(_later.c.id.in_([number for number, run in back.items() if run == undone])),
        )
        taken = and_(_changes.c.new.is_(None), _written_since(destination_id, _changes.c.plan_id, set(back.values())))
        source = select(
            literal(plan.plan_id),
            *(_changes.c[name] for name in ("identity_id", "customer_id", "item", "new", "old")),
            case((taken, literal(LATER)), else_=literal("undo")),
            _changes.c.found,
        ).where(wrote)
        connection.execute(insert(_changes).from_select([*_COLUMNS, "found"], source))
        plan = summary.store(connection, summary.counted(connection, plan, {}))
    done = apply(engine, plan.plan_id, destination, now=now, deciding=reverting(undone), progress=progress)
    with engine.begin() as connection:
        if not _holds(connection, destination_id):
            row = _destinations.c.id == destination_id
            connection.execute(update(_destinations).where(row).values(first_push_at=None))
    return done


def leave(
    engine: Engine,
    key: str,
    destination: Destination,
    *,
    now: datetime,
    run_id: int,
    only: Collection[int] | None = None,
    progress: Progress | None = None,
) -> PlanSummary:
    """Remove everything we ever wrote at destination `key` and forget it; the destination is then held.

    With `only` (customer ids) it is removed for these people alone, and the destination goes on for the others.
    What could not be removed is in the plan with its reason and stays known: leaving again goes on from there.
    UnsafeError where the destination is not the one that was written to.
    """
    require_place(engine, key, destination)
    with engine.begin() as connection:
        destination_id = _known(connection, key)
        plan = _begun(connection, destination_id, key, PlanKind.LEAVE, now=now, run_id=run_id, held=only is None)
        source = (
            select(
                literal(plan.plan_id),
                _deliveries.c.identity_id,
                _identities.c.customer_id,
                _deliveries.c.item,
                func.coalesce(_deliveries.c.value, _deliveries.c.sending),
                null(),
                literal("leave"),
            )
            .join(_identities, _identities.c.id == _deliveries.c.identity_id)
            .where(_deliveries.c.destination_id == destination_id)
        )
        if only is not None:
            source = source.where(_identities.c.customer_id.in_(sorted(only)))
        connection.execute(insert(_changes).from_select(_COLUMNS, source))
        plan = summary.store(connection, summary.counted(connection, plan, {}))
    done = apply(engine, plan.plan_id, destination, now=now, progress=progress)
    with engine.begin() as connection:
        if only is None and not _holds(connection, destination_id):
            forget(connection, key)
    return done


def _known(connection: Connection, key: str) -> int:
    found = connection.execute(select(_destinations.c.id).where(_destinations.c.key == key)).scalar()
    if found is None:
        raise SettingsError(f"Nothing was ever pushed to {key!r}.", remedy="Check its name in the settings.")
    return int(found)


def _originals(connection: Connection, destination_id: int, key: str, undone: int) -> list[int]:
    query = select(_plans.c.id).where(
        _plans.c.destination_id == destination_id,
        _plans.c.run_id == undone,
        _plans.c.kind == PlanKind.PUSH,
        _plans.c.state.in_(SENT),
    )
    found = list(connection.execute(query).scalars())
    if not found:
        raise SettingsError(f"Run {undone} wrote nothing to {key!r}.", remedy="Give the number that the push printed.")
    return found


def _undone(connection: Connection, destination_id: int) -> dict[int, int]:
    """The undos at a destination so far: the run that each took back."""
    mine = select(_plans.c.id).where(_plans.c.destination_id == destination_id, _plans.c.kind == PlanKind.UNDO)
    found = (summary.load(connection, number, 0) for number in connection.execute(mine).scalars().all())
    return {plan.plan_id: plan.undoes for plan in found if plan.undoes is not None}


def _begun(
    connection: Connection,
    destination_id: int,
    key: str,
    kind: PlanKind,
    *,
    now: datetime,
    run_id: int,
    held: bool = True,
    undoes: int | None = None,
) -> PlanSummary:
    """A new plan, at a destination that is held from here on unless it only concerns some people."""
    if held:
        hold(connection, destination_id)
    running = and_(_plans.c.destination_id == destination_id, _plans.c.state == PlanState.APPLYING)
    connection.execute(update(_plans).where(running).values(state=PlanState.INTERRUPTED))
    begun = summary.begin(connection, destination_id, key, kind, now=now, run_id=run_id)
    return replace(begun, undoes=undoes, held=held)


def _written_since(destination_id: int, plan_id: ColumnElement[int], undone: set[int]) -> ColumnElement[bool]:
    """Whether a later push wrote the item of a change again, and was not taken back itself."""
    return _accepted(
        _later.c.destination_id == destination_id,
        _later.c.kind == PlanKind.PUSH,
        _later.c.id > plan_id,
        _later.c.run_id.not_in(undone),
        _later_changes.c.new.is_not(None),
    )


def _accepted(*of: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether another plan, of those that `of` means, changed the same item of the same address as a change."""
    return exists().where(
        *of,
        _later_changes.c.plan_id == _later.c.id,
        _later_changes.c.identity_id == _changes.c.identity_id,
        _later_changes.c.item == _changes.c.item,
        _later_changes.c.outcome == ChangeOutcome.ACCEPTED,
    )


def _holds(connection: Connection, destination_id: int) -> bool:
    left = select(_deliveries.c.item).where(_deliveries.c.destination_id == destination_id).limit(1)
    return connection.execute(left).first() is not None
