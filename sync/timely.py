"""Whether the clock can be right: not before what was done already, nor long after it.

A clock that jumped ahead would let every stage run out, and what is kept for so long only be forgotten: so it stops
a command before anything is read, worked out or noted.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, func, or_, select

from connector.days import epoch, instant
from connector.errors import UnsafeError
from connector.models import Run
from connector.states import RunOutcome
from connector.tables import table

BACK = timedelta(days=1)
"""So much a clock may go back: whoever sets it right by hours need not insist."""
LONG = timedelta(days=365)
"""After so long a pause somebody should look first; shops that close for a season pause for less."""

_runs = table(Run)


def require_timely(engine: Engine, now: datetime, *, force: bool) -> None:
    """UnsafeError where `now` lies before what was done last, or long after it, unless somebody insists."""
    with engine.connect() as connection:
        last = last_done(connection)
    if last is None or force:
        return
    if epoch(now) < last - BACK.total_seconds():
        raise UnsafeError(
            f"The clock stands on {now:%Y-%m-%d}, but something was done on {instant(last):%Y-%m-%d} already.",
            remedy="Set the clock right; --force insists.",
        )
    if pause(now, last) > LONG:
        raise UnsafeError(
            f"The clock stands on {now:%Y-%m-%d}; nothing was done since {instant(last):%Y-%m-%d}, "
            f"{pause(now, last).days} days ago.",
            remedy="Set the clock right, or insist with --force if it was a pause.",
        )


def pause(now: datetime, last: int) -> timedelta:
    """How long nothing was done."""
    return timedelta(seconds=epoch(now) - last)


def last_done(connection: Connection, *, but: int | None = None) -> int | None:
    """When the newest run began or ended that was let through; the newest, so that who insisted need not again."""
    went = or_(_runs.c.outcome.is_(None), _runs.c.outcome == RunOutcome.DONE)
    at = func.coalesce(_runs.c.ended_at, _runs.c.started_at)
    others = _runs.c.id != but if but is not None else _runs.c.id.is_not(None)
    last: int | None = connection.scalar(select(at).where(went, others).order_by(_runs.c.id.desc()).limit(1))
    return last
