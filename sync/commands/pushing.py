"""The commands that push, and that show and approve plans."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, select

from connector.destination import Destination
from connector.errors import ConnectorError, StoppedError, StorageError, UnsafeError
from connector.holdout import note
from connector.models import DestinationRow, Plan
from connector.people import find_people
from connector.reports import incomplete
from connector.tables import table
from sync.commands.erasing import finish
from sync.lock import writer
from sync.progress import QUIET, shown
from sync.push import EVERYTHING, PlanSummary, Scope, Target, apply_plan, describe, dry_run, load, push, resume
from sync.runs import recorded
from sync.shelf import shelf
from sync.targets import target, with_given
from sync.told import whole
from sync.voice import Voice, emit, voice
from sync.workspace import Workspace, open_workspace


@dataclass(frozen=True, slots=True)
class Request:
    """Which part of the differences a user asks for."""

    only: list[str]  # people, as a user knows them
    limit: int | None
    rename: bool
    again: bool


def run(
    config: Path | None,
    database: str | None,
    only_destination: str | None,
    request: Request,
    *,
    dry_run: bool,
    resume: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Push the differences to one destination, or to all."""
    workspace = open_workspace(config, database, existing=True)
    say = voice(workspace.settings, quiet=as_json)
    with writer(workspace.engine, now=workspace.now()):
        scope = _scope(workspace, request)
        if resume:
            let_go_on(workspace, only_destination)
        made = push_all(workspace, say, only=only_destination, scope=scope, force=force, rehearse=dry_run)
    if as_json:
        for plan in made:
            emit(asdict(plan))


def plans(config: Path | None, database: str | None, number: int | None, *, approve: bool, force: bool) -> None:
    """List the plans that wait, show one, or apply it."""
    workspace = open_workspace(config, database, existing=True)
    say = voice(workspace.settings)
    if number is None:
        _list_waiting(workspace, say)
        return
    with workspace.engine.connect() as connection:
        plan = load(connection, number)
    if approve:
        plan = apply_waiting(workspace, plan, force=force)
    _tell(say, plan)


def apply_waiting(workspace: Workspace, plan: PlanSummary, *, force: bool = False) -> PlanSummary:
    """Apply a plan that waited for a yes; the plan as it ended."""
    with (
        writer(workspace.engine, now=workspace.now()),
        recorded(workspace.engine, "push", workspace.now) as record,
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
        record.detail["plan"] = plan.plan_id
        _note_holdout(workspace, done)
    return done


def proposed(workspace: Workspace, key: str, request: Request, *, force: bool = False) -> PlanSummary:
    """A plan that waits for a yes, whatever the settings ask for; the caller is the one who writes.

    UnsafeError where a guard refuses and nothing forces: the plan is then kept as refused.
    """
    scope = _scope(workspace, request)
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
    failed: ConnectorError | None = None
    made = []
    for key, _, destination in workspace.destinations(only):
        try:
            plan = _push_one(workspace, say, key, destination, scope, force=force, rehearse=rehearse)
        except (StoppedError, StorageError):
            raise
        except ConnectorError as error:
            failed = error if failed is None or isinstance(error, UnsafeError) else failed
            say.warn(f"{key} : {whole(error, 'fr')}", f"{key}: {error}")
        else:
            made.append(plan)
            _tell(say, plan)
            if plan.outcomes.get("accepted"):
                say.say(
                    f"  `connector undo {plan.run_id}` le reprend.", f"  `connector undo {plan.run_id}` takes it back."
                )
    if failed is not None:
        raise failed
    return made


def _push_one(
    workspace: Workspace, say: Voice, key: str, destination: Destination, scope: Scope, *, force: bool, rehearse: bool
) -> PlanSummary:
    aim = _target(workspace, key, destination)
    if rehearse:
        return dry_run(workspace.engine, aim, destination, now=workspace.now(), scope=scope)
    with recorded(workspace.engine, f"push {key}", workspace.now) as record, shown(say, workspace, key) as progress:
        plan = push(
            workspace.engine,
            aim,
            destination,
            now=workspace.now(),
            run_id=record.id,
            scope=scope,
            force=force,
            progress=partial(progress, "addresses"),
        )
        record.detail |= {"plan": plan.plan_id, "changes": plan.changes}
    _note_holdout(workspace, plan)
    return plan


def _note_holdout(workspace: Workspace, plan: PlanSummary) -> None:
    """Keep the day from which on people are held out, once a push for everyone has been applied."""
    if plan.state == "applied" and not plan.pilot:
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


def _scope(workspace: Workspace, request: Request) -> Scope:
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


def _list_waiting(workspace: Workspace, say: Voice) -> None:
    with workspace.engine.connect() as connection:
        rows = _waiting(connection)
    for number, key in rows:
        say.say(f"Plan {number} pour {key}", f"Plan {number} for {key}")
    if not rows:
        say.say("Aucun plan n'attend.", "No plan waits.")


def _waiting(connection: Connection) -> list[tuple[int, str]]:
    plans, destinations = table(Plan), table(DestinationRow)
    rows = connection.execute(
        select(plans.c.id, destinations.c.key)
        .join(destinations, destinations.c.id == plans.c.destination_id)
        .where(plans.c.state == "planned")
        .order_by(plans.c.id)
    )
    return [(row.id, row.key) for row in rows]


def _tell(say: Voice, plan: PlanSummary) -> None:
    for line in describe(plan, say.language):
        say.say(line, line)
