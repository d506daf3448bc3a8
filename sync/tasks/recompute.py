"""Bringing the memberships to the present shop day."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from connector.days import day_date
from connector.errors import UnsafeError
from sync.language.voice import Voice
from sync.progress import shown
from sync.recompute import Recompute, families
from sync.runs import Record, last_day, recorded
from sync.shelf import shelf
from sync.timely import require_timely
from sync.workspace import Workspace


def bring_up_to_date(
    workspace: Workspace, say: Voice, record: Record | None = None, *, history: bool | None = None
) -> int:
    """Recompute up to the present shop day, and return it; a run's record is told the day and who moved."""
    work = work_of(workspace, history=workspace.settings.history if history is None else history)
    with shown(say, workspace, "") as progress:
        found = work.day(progress)
    work.judge(shelf(workspace.settings).library)
    if record is not None:
        record.as_of = work.as_of
        record.detail |= {"looked_at": found.people, "entries": found.entries}
    return work.as_of


def work_of(workspace: Workspace, *, history: bool) -> Recompute:
    """The recompute of today, with the families that are switched on."""
    return Recompute(workspace.engine, families(workspace.settings), workspace.today(), history)


@contextmanager
def recorded_day(workspace: Workspace) -> Iterator[Record]:
    """The run of a recompute: the first to reach a shop day is that day's, "day"; any further one a "recompute"."""
    reached = last_day(workspace.engine)
    kind = "day" if reached is None or reached < workspace.today() else "recompute"
    with recorded(workspace.engine, kind, workspace.now) as record:
        yield record


def require_right_day(workspace: Workspace, *, force: bool) -> None:
    """UnsafeError where the clock cannot be right, or stands on a day before one that was worked out already."""
    require_timely(workspace.engine, workspace.now(), force=force)
    reached, today = last_day(workspace.engine), workspace.today()
    if reached is not None and today < reached and not force:
        raise UnsafeError(
            f"The clock stands on {day_date(today)}; the memberships are those of {day_date(reached)}.",
            remedy="Set the clock right; --force insists.",
        )
