"""Taking back what a run wrote."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sqlalchemy import select

from connector.destination import Destination
from connector.errors import SettingsError
from connector.models import DestinationRow, Plan
from connector.tables import table
from sync.lock import writer
from sync.progress import QUIET, shown
from sync.push import PlanSummary
from sync.push.undo import undo as undo_run
from sync.runs import recorded
from sync.workspace import Workspace


def take_back(workspace: Workspace, number: int) -> Iterator[PlanSummary]:
    """Take back what run `number` wrote; the plan of it at each destination, once it is done there."""
    with writer(workspace.engine, now=workspace.now()):
        for key in _written_by(workspace, number):
            for _, _, destination in workspace.destinations(key):
                yield _take_back_at(workspace, key, destination, number)


def _take_back_at(workspace: Workspace, key: str, destination: Destination, number: int) -> PlanSummary:
    with recorded(workspace.engine, f"undo {key}", workspace.now) as record, shown(QUIET, workspace, key) as progress:
        plan = undo_run(
            workspace.engine,
            key,
            destination,
            undone=number,
            now=workspace.now(),
            run_id=record.id,
            progress=partial(progress, "addresses"),
        )
        record.detail |= {"undone": number, "plan": plan.plan_id, "accepted": plan.accepted}
    return plan


def _written_by(workspace: Workspace, number: int) -> list[str]:
    plans, destinations = table(Plan), table(DestinationRow)
    with workspace.engine.connect() as connection:
        keys = connection.scalars(
            select(destinations.c.key)
            .join(plans, plans.c.destination_id == destinations.c.id)
            .where(plans.c.run_id == number)
            .distinct()
        ).all()
    if not keys:
        raise SettingsError(f"Run {number} pushed nothing.", remedy="Give the number that the push printed.")
    return list(keys)
