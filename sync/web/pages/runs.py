"""What was done: all runs, from the newest on, and one of them with what it wrote and the way to take that back."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Form, HTTPException, Path
from sqlalchemy import Connection, func, select

from connector.days import day_date
from connector.models import Run
from connector.states import SENT, ChangeOutcome, PlanKind, PlanState
from connector.tables import AnyRow, table
from sync.push import PlanSummary, recent
from sync.runs import wrong
from sync.tasks.undo import take_back
from sync.web.desk import Desk, Here
from sync.web.done import Done
from sync.web.page import Action, Page
from sync.web.sheet import Sheet, Wished

_runs = table(Run)
LATELY = 100
"""So many undos are looked at to know what was taken back."""


@dataclass(frozen=True)
class Ran:
    """A run; `outcome` is done, failed, refused or stopped; running, or broken where its process was killed."""

    number: int
    kind: str
    started: str
    ended: str | None
    as_of: str | None
    outcome: str
    detail: dict[str, Any]


@dataclass(frozen=True)
class Runs:
    """Runs, from the newest on."""

    runs: Sheet[Ran]


@dataclass(frozen=True)
class OneRun:
    """A run with the plans that it formed; `undoable` where something that it wrote may be taken back."""

    run: Ran
    plans: list[PlanSummary]
    undoable: bool


def runs(desk: Here, wished: Wished) -> Runs:
    """The pulls, recomputes, pushes and other runs, from the newest on."""
    with desk.reading() as connection:
        found = newest(desk, connection, wished.size + 1, wished.skipped)
    return Runs(Sheet(found[: wished.size], None, wished.page, wished.size, "", "", len(found) > wished.size))


def newest(desk: Desk, connection: Connection, count: int, skipped: int = 0) -> list[Ran]:
    """The last runs, from the newest on."""
    rows = connection.execute(select(_runs).order_by(_runs.c.id.desc()).limit(count).offset(skipped)).all()
    return [_ran(desk, connection, row) for row in rows]


def run(desk: Here, number: Annotated[int, Path(ge=1, le=2**62, description="The run's number.")]) -> OneRun:
    """A run, with the plans that it formed."""
    with desk.reading() as connection:
        row = connection.execute(select(_runs).where(_runs.c.id == number)).one_or_none()
        if row is None:
            raise HTTPException(404)
        plans = recent(connection, run_id=number)[::-1]
        back = taken_back(connection)
        return OneRun(_ran(desk, connection, row), plans, any(undoable(plan, back) for plan in plans))


def undoable(plan: PlanSummary, back: Collection[tuple[str, int]]) -> bool:
    """Whether a push may have written something that can be taken back, and was not yet (see `taken_back`)."""
    if plan.kind is not PlanKind.PUSH or plan.state not in SENT or (plan.destination, plan.run_id) in back:
        return False
    return plan.state is not PlanState.APPLIED or plan.accepted > 0


def taken_back(connection: Connection) -> set[tuple[str, int]]:
    """The destinations and runs of which everything was taken back that could be."""
    plans = recent(connection, kind=PlanKind.UNDO, states=[PlanState.APPLIED], limit=LATELY)
    return {(plan.destination, plan.undoes) for plan in plans if plan.undoes is not None and not plan.retries}


def undo(desk: Here, number: Annotated[int, Path(ge=1, le=2**62)], sure: Annotated[bool, Form()]) -> Done:
    """Take back what a run wrote, wherever it wrote."""
    del sure  # without which the form does not fit
    workspace, say = desk.workspace, desk.say

    def work() -> Done:
        plans = list(take_back(workspace, number))
        back = sum(plan.accepted for plan in plans)
        kept = sum(plan.outcomes.get(ChangeOutcome.KEPT, 0) for plan in plans)
        said = say.text(
            "Repris : {back} ; laissés tels quels : {kept}. La destination est suspendue.",
            "Taken back: {back}; left as they are: {kept}. The destination is held.",
            back=say.number(back),
            kept=say.number(kept),
        )
        return Done(f"/syncs/plans/{plans[-1].plan_id}" if plans else "/syncs", said)

    return desk.errands.send("undo", "/syncs", work)


def _ran(desk: Desk, connection: Connection, row: AnyRow) -> Ran:
    return Ran(
        row.id,
        row.kind,
        desk.moment(row.started_at),
        None if row.ended_at is None else desk.moment(row.ended_at),
        None if row.as_of is None else day_date(row.as_of).isoformat(),
        row.outcome or _unended(connection, row.id),
        _detail(desk, row),
    )


def _detail(desk: Desk, row: AnyRow) -> dict[str, Any]:
    """What a run kept, with what it failed of in words."""
    kept: dict[str, Any] = json.loads(row.detail) if row.detail else {}
    failed = wrong(kept, desk.say.language)
    return kept if failed is None else {**kept, "error": failed}


def _unended(connection: Connection, number: int) -> str:
    """What a run without an end is: there is one writer, so one that another came after was killed."""
    last = connection.scalar(select(func.max(_runs.c.id)))
    return "running" if last == number else "broken"


PAGE = Page("/syncs/runs", "runs.html", runs, api="/runs")
ONE = Page("/syncs/runs/{number}", "run.html", run, api="/runs/{number}")
UNDO = Action("/syncs/runs/{number}/undo", undo)
