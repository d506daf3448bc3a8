"""The days and families that a user asks for."""

from __future__ import annotations

from sqlalchemy import Connection, exists, select

from connector.days import parse_day
from connector.errors import SettingsError
from connector.models import Segment
from connector.tables import table
from sync.shelf import shelf
from sync.workspace import Workspace

DAYS = 30
"""How far back is looked where no first day is given."""


def asked_day(workspace: Workspace, as_of: str | None) -> int:
    """The day that was asked for, or today in the shop's zone; SettingsError for one that has not come."""
    today = workspace.today()
    if as_of is None:
        return today
    day = parse_day(as_of)
    if day > today:
        raise SettingsError(f"{as_of} has not come yet.", remedy="Ask for a day up to today.")
    return day


def asked_days(workspace: Workspace, from_day: str | None, to_day: str | None) -> tuple[int, int]:
    """The two days that were asked for: up to today, and from 30 days before; SettingsError for one to come."""
    today = workspace.today()
    last = today if to_day is None else parse_day(to_day)
    first = last - DAYS if from_day is None else parse_day(from_day)
    if max(first, last) > today:
        raise SettingsError(
            f"{to_day if last > today else from_day} has not come yet.", remedy="Ask for days up to today."
        )
    return first, last


def refuse_unkept(workspace: Workspace, connection: Connection, family: str) -> None:
    """SettingsError for a family or audience that is off and was never kept, or that there is not."""
    segments = table(Segment)
    kept = connection.scalar(select(exists().where(segments.c.family == family)))
    if kept:
        return
    found = shelf(workspace.settings)
    entry = found.library.entry(family)
    if not found.holds(family):
        raise SettingsError(
            f"No history of {family} is kept: it is not switched on.",
            remedy=f"Switch it on in segments.toml ([{entry.place}] on = true) and run `connector recompute`.",
        )
