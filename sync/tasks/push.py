"""Forming plans, applying them, and pushing to every destination."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial

from connector.answers.reports import incomplete
from connector.destination import Destination
from connector.errors import UnsafeError
from connector.holdout import note
from connector.people import find_people
from connector.settings import DestinationSettings
from connector.states import PlanState
from sync.failures import Failures
from sync.language.voice import Voice
from sync.lock import writer
from sync.progress import QUIET, shown
from sync.push import (
    EVERYTHING,
    PlanSummary,
    Scope,
    Target,
    apply_plan,
    carry_out,
    describe,
    dry_run,
    prepare,
    push,
    resume,
)
from sync.runs import Record, recorded
from sync.shelf import shelf
from sync.targets import target, with_given
from sync.tasks.erase import finish
from sync.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Request:
    """Which part of the differences a user asks for."""

    only: list[str]  # people, as a user knows them
    limit: int | None
    rename: bool
    again: bool


def apply_waiting(workspace: Workspace, plan: PlanSummary, *, force: bool = False) -> PlanSummary:
    """Apply a plan that waited for a yes; the plan as it ended."""
    with (
        writer(workspace.engine, now=workspace.now()),
        recorded(workspace.engine, f"push {plan.destination}", workspace.now) as record,
        shown(QUIET, workspace, plan.destination) as progress,
    ):
        aim, destination = _aim(workspace, plan.destination)
        done = apply_plan(
            workspace.engine,
            plan.plan_id,
            aim,
            destination,
            now=workspace.now(),
            force=force,
            progress=partial(progress, "addresses"),
        )
        _note(workspace, record, done)
    return done


def proposed(workspace: Workspace, key: str, request: Request, *, force: bool = False) -> PlanSummary:
    """A plan that waits for a yes, whatever the settings ask for; the caller is the one who writes.

    UnsafeError where a guard refuses and nothing forces: the plan is then kept as refused.
    """
    scope = scope_of(workspace, request)
    aim, destination = _aim(workspace, key)
    with recorded(workspace.engine, f"plan {key}", workspace.now) as record:
        asking = replace(aim, approve="always")
        engine, now = workspace.engine, workspace.now()
        plan = push(engine, asking, destination, now=now, run_id=record.id, scope=scope, force=force)
        record.detail |= {"plan": plan.plan_id, "changes": plan.changes}
    return plan


def push_all(
    workspace: Workspace,
    say: Voice,
    *,
    only: str | None = None,
    scope: Scope = EVERYTHING,
    force: bool = False,
    rehearse: bool = False,
) -> list[PlanSummary]:
    """Push to each destination in turn; the first error is raised once all were tried.

    What still stands there of people who were erased goes first.
    """
    if not rehearse:
        finish(workspace, say)
    failures = Failures(say)
    if rehearse:
        made = []
        for key, _, destination in workspace.destinations(only):
            with failures.kept(key):
                aim = _target(workspace, key, destination)
                made.append(dry_run(workspace.engine, aim, destination, now=workspace.now(), scope=scope))
                tell_plan(say, made[-1])
    else:
        made = _push_to(workspace, say, list(workspace.destinations(only)), scope, failures, force=force)
    failures.end()
    return made


def _push_to(
    workspace: Workspace,
    say: Voice,
    places: Sequence[tuple[str, DestinationSettings, Destination]],
    scope: Scope,
    failures: Failures,
    *,
    force: bool,
) -> list[PlanSummary]:
    """Prepare a push to each place, then send all of them: where a guard refuses one, nothing is sent anywhere."""
    made, ready = [], []
    with ExitStack() as runs:
        for key, _, destination in places:
            with failures.kept(key), ExitStack() as run:
                record = run.enter_context(recorded(workspace.engine, f"push {key}", workspace.now))
                aim = _target(workspace, key, destination)
                prepared = prepare(
                    workspace.engine,
                    aim,
                    destination,
                    now=workspace.now(),
                    run_id=record.id,
                    scope=scope,
                    force=force,
                )
                record.detail |= {"plan": prepared.plan.plan_id, "changes": prepared.plan.changes}
                ready.append((record, prepared, aim, destination, runs.enter_context(run.pop_all())))
        if isinstance(failures.worst, UnsafeError):
            if ready:
                others = ", ".join(aim.key for _, _, aim, *_ in ready)
                say.warn(
                    f"{others} : rien n'y est écrit non plus ; `connector push NOM` écrit à une seule destination.",
                    f"{others}: nothing is written there either; `connector push NAME` writes to one destination.",
                )
            raise failures.worst
        for record, prepared, aim, destination, run in ready:
            with failures.kept(aim.key), run, shown(say, workspace, aim.key) as progress:
                sent = partial(progress, "addresses")
                plan = carry_out(workspace.engine, prepared, aim, destination, now=workspace.now(), progress=sent)
                _note(workspace, record, plan)
                made.append(plan)
                tell_plan(say, plan)
                if plan.accepted:
                    again = f"`connector undo {plan.run_id}`"
                    say.say(f"  {again} le reprend.", f"  {again} takes it back.")
    return made


def _note(workspace: Workspace, record: Record, plan: PlanSummary) -> None:
    """Have the run tell what became of its plan: one that waits was prepared, and nothing was pushed.

    Once a push for everyone has been applied, the day is kept from which on people are held out.
    """
    record.detail["plan"] = plan.plan_id
    if plan.state is PlanState.PLANNED:
        record.kind = f"plan {plan.destination}"
    else:
        record.detail["accepted"] = plan.accepted
    if plan.state is PlanState.APPLIED and not plan.pilot:
        percents = workspace.settings.destinations[plan.destination].holdout
        with workspace.engine.begin() as connection:
            note(connection, plan.destination, percents, workspace.today())


def _aim(workspace: Workspace, key: str) -> tuple[Target, Destination]:
    destination = next(found for name, _, found in workspace.destinations(key) if name == key)
    return _target(workspace, key, destination), destination


def _target(workspace: Workspace, key: str, destination: Destination) -> Target:
    found = shelf(workspace.settings)
    with workspace.engine.connect() as connection:
        why = incomplete(connection, found.families, workspace.today(), workspace.settings.language)
        aim = target(connection, workspace.settings, key, found, destination, why)
        return with_given(connection, workspace.settings, aim, found, workspace.today())


def scope_of(workspace: Workspace, request: Request) -> Scope:
    """The people and the part of the differences that a request means; SettingsError for somebody unknown."""
    with workspace.engine.connect() as connection:
        people = {person for text in request.only for person in find_people(connection, text)}
    only = frozenset(people) if request.only else None
    return Scope(only=only, limit=request.limit, rename=request.rename, again=request.again)


def let_go_on(workspace: Workspace, only: str | None) -> None:
    """Let one destination, or all, go on after an undo; the caller is the one who writes."""
    with workspace.engine.begin() as connection:
        for key in workspace.settings.destinations:
            if only in {None, key}:
                resume(connection, key)


def tell_plan(say: Voice, plan: PlanSummary) -> None:
    """Say what a plan comes to."""
    for line in describe(plan, say.language):
        say.say(line, line)
