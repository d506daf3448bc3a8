"""Applying a plan, batch by batch: read what stands there, write down what will be sent, send, note what came of it.

Delivery is at least once and made idempotent: between sending and our note a crash can repeat a request, but never
lose or double its effect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, Engine, select, update

from connector.database import upsert
from connector.days import epoch
from connector.destination import Destination, Outcome, RemoteState, Result
from connector.errors import SettingsError
from connector.models import DestinationRow, Label, Plan
from connector.states import Obstacle, PlanKind, PlanState
from connector.tables import table
from sync.push import note, summary
from sync.push.mark import leave_mark
from sync.push.step import step
from sync.push.summary import PlanSummary
from sync.push.target import CONTACT
from sync.push.work import Asked, Decide, Deciding, Decision, Job, Work, next_ids, works

NOTED = 1000
"""Outcomes that are noted together."""

CREATED = "created"
"""The value of a contact's delivery."""

Progress = Callable[[int, int], None]
"""Told how many addresses are done, of how many."""

_plans, _labels, _destinations = table(Plan), table(Label), table(DestinationRow)


def pushing(plan: PlanSummary, names: dict[str, str], destination: Destination) -> Decide:
    """The decisions of a push: towards what is wanted, creating a contact only where nobody ever was."""

    def decide(work: Work, there: RemoteState) -> Decision:
        known = work.delivered or work.gone
        wanted = any(asked.new is not None for asked in work.asked)
        steps = [(a, step(a.item, names.get(a.item, ""), a.new, a.held, there, plan.run_id)) for a in work.asked]
        if wanted and not there.exists and not (destination.creates and plan.creates and not known):
            return Decision(work, there, tuple(steps), Obstacle.GONE if known else Obstacle.ABSENT)
        if wanted and (not there.exists or (work.contact and work.contact.sending == CREATED)):
            made = Asked(None, CONTACT, None, CREATED, work.contact)
            steps.append((made, step(CONTACT, "", CREATED, work.contact, there, plan.run_id)))
        return Decision(work, there, tuple(steps))

    return decide


def apply(
    engine: Engine,
    plan_id: int,
    destination: Destination,
    *,
    now: datetime,
    deciding: Deciding = pushing,
    progress: Progress | None = None,
) -> PlanSummary:
    """Send what a plan says and note each outcome; the plan's summary with the outcomes.

    What the platform raises passes through once the outcomes so far are noted; the next push goes on from there.
    """
    with engine.begin() as connection:
        plan, destination_id, names = start(connection, plan_id)
    leave_mark(engine, plan)
    silent = plan.first or plan.kind != PlanKind.PUSH
    decide = deciding(plan, names, destination)
    run(Job(engine, plan, destination_id, destination, names, now, decide, silent), progress)
    with engine.begin() as connection:
        done = summary.store(connection, summary.ended(connection, plan, PlanState.APPLIED))
        if plan.kind == PlanKind.PUSH and plan.first and not plan.pilot and plan.changes and not done.retries:
            row = _destinations.c.id == destination_id
            connection.execute(update(_destinations).where(row).values(first_push_at=epoch(now)))
        return done


def start(connection: Connection, plan_id: int) -> tuple[PlanSummary, int, dict[str, str]]:
    """The plan, its destination and its fields' names, once its texts are frozen; SettingsError if it was decided."""
    plan = summary.load(connection, plan_id)
    if plan.state != PlanState.PLANNED:
        raise SettingsError(f"Plan {plan_id} is {plan.state}.", remedy="Form a new one with `connector plan`.")
    destination_id = connection.execute(select(_plans.c.destination_id).where(_plans.c.id == plan_id)).scalar_one()
    if plan.labels:
        rows = [{"destination_id": destination_id, "key": key, "text": text} for key, text in plan.labels.items()]
        connection.execute(upsert(connection, _labels, ["destination_id", "key"]), rows)
    summary.store(connection, replace(plan, state=PlanState.APPLYING))
    frozen = connection.execute(select(_labels.c.key, _labels.c.text).where(_labels.c.destination_id == destination_id))
    return plan, int(destination_id), {row.key: row.text for row in frozen if "=" not in row.key}


def run(job: Job, progress: Progress | None = None) -> None:
    """Send all of a plan, batch by batch."""
    done, last = 0, -1
    while batch := _batch(job, last):
        asked = [work.address for work in batch]
        there = {state.address: state for state in job.destination.read(asked)}
        decisions = [job.decide(work, there.get(work.address, RemoteState(work.address, False))) for work in batch]
        with job.engine.begin() as connection:
            note.write_down(connection, job, decisions)
        for noted in _send(job, decisions):
            done += noted
            if progress:
                progress(done, job.plan.addresses)
        last = batch[-1].identity_id


def _batch(job: Job, last: int) -> list[Work]:
    with job.engine.connect() as connection:
        return works(connection, job, next_ids(connection, job.plan.plan_id, last))


def _send(job: Job, decisions: list[Decision]) -> Iterator[int]:
    """Send what is to be sent and note the outcomes as they come, also when the platform breaks off in between."""
    changes = [decision.change for decision in decisions]
    yield _noted(job, [(one, None) for one, change in zip(decisions, changes, strict=True) if change is None])
    open_ = {one.work.address: one for one, change in zip(decisions, changes, strict=True) if change}
    if not open_:
        return
    pairs: list[note.Pair] = []
    try:
        for outcome in job.destination.apply([change for change in changes if change], silent=job.silent):
            if outcome.address in open_:
                pairs.append((open_.pop(outcome.address), outcome))
            if len(pairs) == NOTED:
                ready, pairs = pairs, []
                yield _noted(job, ready)
    finally:
        _noted(job, pairs)
    unanswered = "The destination did not say what became of it."
    missing: list[note.Pair] = [(one, Outcome(address, Result.RETRY, unanswered)) for address, one in open_.items()]
    yield len(pairs) + _noted(job, missing)


def _noted(job: Job, pairs: list[note.Pair]) -> int:
    if pairs:
        with job.engine.begin() as connection:
            note.settle(connection, job, pairs)
    return len(pairs)
