"""Reading which messages a tool sent itself, into the log by which contact pressure is judged."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from connector.days import local_day
from connector.destination import Sender
from connector.sends import Log, Noted, cover, logs, note

DAYS = 60
"""So far back a first reading goes: twice the longest span of days of a cap."""


def read_sends(engine: Engine, key: str, sender: Sender, *, now: datetime, zone: ZoneInfo) -> Noted:
    """Keep what the tool of destination `key` sent since the last reading; all of it is known up to today then.

    A message without a day went out since the last reading, and counts today; if there was none, its day is lost, and
    messages count as known from today on.
    """
    today, new, unknown, undated, cursor = local_day(now, zone), 0, 0, False, None
    with engine.connect() as connection:
        before = next((log for log in logs(connection) if log.source == key), None)
    for page in sender.sent(now - timedelta(days=DAYS), before.cursor if before else None):
        day = local_day(page.at, zone) if page.at else today if before else None
        with engine.begin() as connection:
            noted = note(connection, key, ((address, page.message, day) for address in page.addresses))
        undated = undated or (page.at is None and bool(page.addresses))
        new, unknown, cursor = new + noted.new, unknown + noted.unknown, page.cursor
    first = today if undated else today - DAYS
    if before is not None:
        first = before.from_day if before.until_day >= today - DAYS else today - DAYS
    with engine.begin() as connection:
        cover(connection, Log(key, first, today, cursor))
    return Noted(new, unknown)
