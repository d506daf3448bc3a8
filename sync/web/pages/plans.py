"""The plans of pushes: all of them, and one with each person's changes, to be applied or tried on a few people."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Form, HTTPException, Path, Query
from sqlalchemy import func, select

from connector.errors import SettingsError, UnsafeError
from connector.models import Change, Plan
from connector.people import emails
from connector.states import PlanKind, PlanState
from connector.tables import table
from sync.language.told import sentence as why
from sync.lock import writer
from sync.push import PlannedChange, PlanSummary, listed, load, recent, sentence
from sync.push.describe import notes
from sync.push.summary import chosen
from sync.tasks.push import Request, apply_waiting, proposed
from sync.web.desk import Desk, Here
from sync.web.done import Done
from sync.web.page import Action, Page
from sync.web.sheet import Sheet, Wished

_plans, _changes = table(Plan), table(Change)
FEW = 5
"""People of a trial, unless another number is asked for."""
MOST = 1000

Number = Annotated[int, Path(ge=1, le=2**62, description="The plan's number.")]


@dataclass(frozen=True)
class Plans:
    """Plans, from the newest on, without their changes."""

    plans: Sheet[PlanSummary]


@dataclass(frozen=True)
class OnePlan:
    """A plan, what its guards say, what it leaves alone, and a page of its changes; `ready` while it can be applied."""

    plan: PlanSummary
    at: str
    guards: list[str]
    notes: list[str]
    changes: Sheet[PlannedChange]
    outcome: str
    item: str
    ready: bool
    known: bool  # whether the settings have its destination


def plans(
    desk: Here,
    wished: Wished,
    state: Annotated[PlanState | None, Query(description="By default any.")] = None,
) -> Plans:
    """The plans of pushes, from the newest on."""
    with desk.reading() as connection:
        found = recent(connection, states=[state] if state else (), limit=wished.size + 1, skipped=wished.skipped)
    return Plans(Sheet(found[: wished.size], None, wished.page, wished.size, "", "", len(found) > wished.size))


def plan(
    desk: Here,
    number: Number,
    wished: Wished,
    outcome: Annotated[str, Query(description="accepted, refused, retry …; by default any.", max_length=20)] = "",
    item: Annotated[str, Query(description="tag:spread.loyal, field:spread …; by default any.", max_length=200)] = "",
) -> OnePlan:
    """A plan of a push: what it changes of whom, why, what its guards say, and what came of it."""
    language = desk.say.language
    with desk.reading() as connection:
        if connection.scalar(select(_plans.c.id).where(_plans.c.id == number)) is None:
            raise HTTPException(404)
        found = load(connection, number, 0)
        found = replace(found, reasons={why(text, language): count for text, count in found.reasons.items()})
        mine = select(func.count()).where(_changes.c.plan_id == number, *chosen(outcome, item))
        total = connection.scalar(mine) or 0
        changes = list(listed(connection, number, wished.size, offset=wished.skipped, outcome=outcome, item=item))
        known = emails(connection, {change.customer_id for change in changes})
    if changes:
        desk.disclosed("plan", str(number), people=len({change.customer_id for change in changes}))
    shown = [_shown(desk, change, known.get(change.customer_id)) for change in changes]
    more = wished.skipped + wished.size < total
    return OnePlan(
        found,
        desk.moment(found.created_at),
        [sentence(guard, found.destination, language) for guard in found.guards],
        notes(found, language),
        Sheet(shown, total, wished.page, wished.size, "", "", more),
        outcome,
        item,
        found.state is PlanState.PLANNED and found.kind is PlanKind.PUSH,
        found.destination in desk.workspace.settings.destinations,
    )


def propose(
    desk: Here,
    destination: Annotated[str, Form(max_length=100)],
    people: Annotated[str, Form(max_length=2000)] = "",
    few: Annotated[str, Form(max_length=6)] = "",
    again: Annotated[bool, Form()] = False,
    insist: Annotated[bool, Form()] = False,
) -> Done:
    """Form a plan for a destination that waits for a yes: for everybody, for a few, or for the people who are named."""
    only = [text.strip() for text in people.replace(";", ",").replace("\n", ",").split(",") if text.strip()]
    request = Request(only, _few(desk, few), rename=False, again=again)
    return _proposed(desk, destination, request, insist=insist)


def apply(desk: Here, number: Number, insist: Annotated[bool, Form()] = False) -> Done:
    """Apply a plan that waits; where guards speak against it, only if that is insisted on."""
    workspace, say, back = desk.workspace, desk.say, f"/syncs/plans/{number}"
    with workspace.engine.connect() as connection:
        waiting = load(connection, number, 0)
    if waiting.guards and not insist:
        why = "; ".join(sentence(guard, waiting.destination, say.language) for guard in waiting.guards)
        raise UnsafeError(f"{why}.", remedy=say.text("Cochez la case pour insister.", "Tick the box to insist."))

    def work() -> Done:
        done = apply_waiting(workspace, waiting, force=insist)
        accepted, french = done.accepted, say.language == "fr"
        words = ("changement accepté", "changements acceptés") if french else ("change accepted", "changes accepted")
        said = say.text("Appliqué : {n}.", "Applied: {n}.", n=say.count(accepted, *words))
        return Done(back, said)

    return desk.errands.send("apply", back, work)


def _shown(desk: Desk, change: PlannedChange, email: str | None) -> PlannedChange:
    """A change as it is read: whom it concerns, and why it was not accepted."""
    reason = None if change.reason is None else why(change.reason, desk.say.language)
    return replace(change, address=_whom(desk, change, email), reason=reason)


def _whom(desk: Desk, change: PlannedChange, email: str | None) -> str:
    """The address that is written to; of an account, rather the person's e-mail."""
    return desk.address(change.address if "@" in change.address else email or change.address) or ""


def _few(desk: Desk, text: str) -> int | None:
    """How many people a trial is for; None for everybody."""
    if not text.strip():
        return None
    if not text.strip().isascii() or not text.strip().isdigit() or not 1 <= int(text) <= MOST:
        most = desk.say.people(MOST)
        message = desk.say.text("Un essai est pour {people} au plus.", "A trial is for {people} at most.", people=most)
        raise SettingsError(message)
    return int(text)


def _proposed(desk: Desk, key: str, request: Request, *, insist: bool) -> Done:
    workspace, say = desk.workspace, desk.say

    def work() -> Done:
        try:
            with writer(workspace.engine, now=workspace.now()):
                formed = proposed(workspace, key, request, force=insist)
        except UnsafeError:
            with workspace.engine.connect() as connection:
                refused = recent(connection, key, kind=PlanKind.PUSH, states=[PlanState.REFUSED], limit=1)
            if not refused:
                raise
            return Done(f"/syncs/plans/{refused[0].plan_id}")
        if not formed.changes:
            said = say.text("{key} est déjà à jour : rien à envoyer.", "{key} is up to date: nothing to push.", key=key)
            return Done("/syncs", said)
        return Done(f"/syncs/plans/{formed.plan_id}")

    return desk.errands.send("plan", "/syncs", work)


PAGE = Page("/syncs/plans", "plans.html", plans, api="/plans")
ONE = Page("/syncs/plans/{number}", "plan.html", plan, api="/plans/{number}")
PROPOSE = Action("/syncs/plans", propose)
APPLY = Action("/syncs/plans/{number}/apply", apply)
