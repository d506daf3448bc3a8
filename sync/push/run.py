"""A push in two steps: plan and guard, then apply and remember; of several places all are guarded first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, Engine, delete, select, update

from connector.days import epoch
from connector.destination import Destination
from connector.errors import PermanentError, SettingsError, UnsafeError
from connector.models import Delivery, DestinationRow, Label, Plan, Refusal, Run
from connector.states import UNDECIDED, PlanKind, PlanState
from connector.tables import AnyRow, table
from sync.push import guard, standing, summary
from sync.push.apply import Progress, apply
from sync.push.describe import refusal, sentence
from sync.push.plan import EVERYTHING, Scope, cancel, plan
from sync.push.summary import PlanSummary
from sync.push.target import Target

_destinations, _plans, _runs = table(DestinationRow), table(Plan), table(Run)
_deliveries, _refusals, _labels = table(Delivery), table(Refusal), table(Label)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan that nothing speaks against, and what its destination says that it is ("" where it need not be asked)."""

    plan: PlanSummary
    said: str


def push(
    engine: Engine,
    target: Target,
    destination: Destination,
    *,
    now: datetime,
    run_id: int,
    scope: Scope = EVERYTHING,
    force: bool = False,
    progress: Progress | None = None,
) -> PlanSummary:
    """Bring a destination to what the memberships want; the plan, with its outcomes once it was applied.

    The plan stays "planned" where the destination is held or asks for approval. UnsafeError where a guard refuses and
    nothing forces; PermanentError where the destination's check names a fatal problem.
    """
    prepared = prepare(engine, target, destination, now=now, run_id=run_id, scope=scope, force=force)
    return carry_out(engine, prepared, target, destination, now=now, progress=progress)


def prepare(
    engine: Engine,
    target: Target,
    destination: Destination,
    *,
    now: datetime,
    run_id: int,
    scope: Scope = EVERYTHING,
    force: bool = False,
) -> Prepared:
    """The plan of a push, formed and guarded, of which nothing is sent yet; the errors are those of `push`."""
    _possible(target, destination)
    with engine.begin() as connection:
        formed = plan(connection, target, now=now, run_id=run_id, scope=scope)
        if not formed.changes and not formed.guards:
            summary.store(connection, formed := replace(formed, state=PlanState.APPLIED))
    if formed.held or formed.state is PlanState.APPLIED:
        return Prepared(formed, "")
    found, said = _place(engine, formed, target, destination) if formed.changes else ((), "")
    if found and force:
        _start_anew(engine, found, target.key, destination)
        with engine.begin() as connection:
            formed = plan(connection, target, now=now, run_id=run_id, scope=scope)
    formed = replace(formed, guards=(*formed.guards, *found))
    _refuse(engine, formed, force=force)
    return Prepared(formed, said)


def carry_out(
    engine: Engine,
    prepared: Prepared,
    target: Target,
    destination: Destination,
    *,
    now: datetime,
    progress: Progress | None = None,
) -> PlanSummary:
    """Send what was prepared, unless its destination is held, or asks for approval first."""
    formed = prepared.plan
    if formed.held or formed.state is PlanState.APPLIED or (target.approve == "always" and formed.changes):
        return formed
    if prepared.said:
        _settle_place(engine, target, prepared.said)
    return apply(engine, formed.plan_id, destination, now=now, progress=progress)


def dry_run(
    engine: Engine,
    target: Target,
    destination: Destination,
    *,
    now: datetime,
    scope: Scope = EVERYTHING,
    examples: int = 10,
) -> PlanSummary:
    """The very plan that `push` would apply now, guards included; nothing is written here or there."""
    _possible(target, destination)
    with engine.connect() as connection:
        formed = _supposed(connection, target, now, scope, examples=examples)
        connection.rollback()
    found = _place(engine, formed, target, destination)[0] if formed.changes else ()
    return replace(formed, guards=(*formed.guards, *found))


def apply_plan(
    engine: Engine,
    plan_id: int,
    target: Target,
    destination: Destination,
    *,
    now: datetime,
    force: bool = False,
    progress: Progress | None = None,
) -> PlanSummary:
    """Apply a plan that waited for a yes; SettingsError where it is another's, was decided, or its destination held."""
    with engine.connect() as connection:
        waiting = summary.load(connection, plan_id)
        row = _row(connection, target.key)
    if waiting.destination != target.key or waiting.kind != PlanKind.PUSH:
        raise SettingsError(f"Plan {plan_id} is not a push to {target.key!r}.", remedy="`connector plan` lists them.")
    if row is not None and row.held:
        raise SettingsError(f"Destination {target.key!r} is held.", remedy="`connector push --resume` lets it go on.")
    said = require_place(engine, target.key, destination)
    gone = standing.lost(engine, waiting, destination)
    _refuse(engine, replace(waiting, guards=(*waiting.guards, gone)) if gone else waiting, force=force)
    _settle_place(engine, target, said)
    return apply(engine, plan_id, destination, now=now, progress=progress)


def resume(connection: Connection, key: str) -> None:
    """Let a destination go on that was held after an undo or a leave."""
    connection.execute(update(_destinations).where(_destinations.c.key == key).values(held=False))


def hold(connection: Connection, destination_id: int) -> None:
    """Let plans form for a destination, but apply none until it is resumed; waiting plans are cancelled."""
    connection.execute(update(_destinations).where(_destinations.c.id == destination_id).values(held=True))
    cancel(connection, (_plans.c.destination_id == destination_id) & _plans.c.state.in_(UNDECIDED))


def forget(connection: Connection, key: str) -> None:
    """Forget all that is known of a destination's contents, as if nothing had ever been pushed there."""
    row = _row(connection, key)
    if row is None:
        return
    for rows in (_deliveries, _refusals, _labels):
        connection.execute(delete(rows).where(rows.c.destination_id == row.id))
    values = {"remote_id": None, "first_push_at": None}
    connection.execute(update(_destinations).where(_destinations.c.id == row.id).values(values))


def require_place(engine: Engine, key: str, destination: Destination) -> str:
    """What the destination says it is; UnsafeError where that is not the one that was written to."""
    said = _said(destination)
    with engine.connect() as connection:
        row = _row(connection, key)
    moved = guard.place(row.remote_id if row is not None else None, said)
    if moved:
        raise UnsafeError(
            f"{sentence(moved, key)}.",
            remedy="Give the settings the shop or audience back that was written to.",
            french=f"{sentence(moved, key, 'fr')}.",
        )
    return said


def _possible(target: Target, destination: Destination) -> None:
    if target.contacts == "all" and not destination.creates:
        raise SettingsError(
            f"{destination.platform} takes no new contacts, but destination {target.key!r} asks for them.",
            remedy='Set contacts = "existing".',
        )


def _place(
    engine: Engine, formed: PlanSummary, target: Target, destination: Destination
) -> tuple[tuple[summary.Guard, ...], str]:
    """What speaks against writing where the destination is, and what it says that it is."""
    said = _said(destination)
    with engine.connect() as connection:
        row = _row(connection, target.key)
        before = row.remote_id if row is not None else None
        moved = guard.place(before or guard.shop(connection, target.store_id), said)
        twice = guard.twice(connection, formed, target.platform, said)
    gone = None if moved else standing.lost(engine, formed, destination)
    return tuple(found for found in (moved, twice, gone) if found), said


def _said(destination: Destination) -> str:
    check = destination.check()
    for problem in check.problems:
        if problem.fatal:
            raise PermanentError(problem.message, remedy=problem.remedy)
    return check.remote_id


def _start_anew(engine: Engine, found: tuple[summary.Guard, ...], key: str, destination: Destination) -> None:
    """Where somebody insists: at another place nothing of ours can stand; at this one only what is seen there."""
    codes = {one.code for one in found}
    if "place" in codes:
        with engine.begin() as connection:
            forget(connection, key)
    elif "lost" in codes:
        standing.restate(engine, key, destination)


def _supposed(connection: Connection, target: Target, now: datetime, scope: Scope, *, examples: int) -> PlanSummary:
    """A plan by a run that goes with the rest when the transaction is rolled back."""
    run = {"kind": f"dry run {target.key}", "started_at": epoch(now)}
    made = connection.execute(_runs.insert(), run).inserted_primary_key
    assert made is not None
    return plan(connection, target, now=now, run_id=made[0], scope=scope, examples=examples)


def _settle_place(engine: Engine, target: Target, said: str) -> None:
    with engine.begin() as connection:
        connection.execute(update(_destinations).where(_destinations.c.key == target.key).values(remote_id=said))


def _refuse(engine: Engine, formed: PlanSummary, *, force: bool) -> None:
    if not formed.guards or force:
        return
    with engine.begin() as connection:
        summary.store(connection, replace(formed, state=PlanState.REFUSED))
    raise UnsafeError(
        refusal(formed), remedy="Look at the plan with --dry-run; --force insists.", french=refusal(formed, "fr")
    )


def _row(connection: Connection, key: str) -> AnyRow | None:
    return connection.execute(select(_destinations).where(_destinations.c.key == key)).first()
