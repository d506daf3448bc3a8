"""A shop with enough people and history for figures, worked out up to today: for the pages that show them."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from connector.database import open_database
from connector.days import local_day
from connector.settings import Settings
from sync.recompute import Recompute
from sync.runs import recorded
from sync.shelf import shelf
from tests.contract import NOW
from tests.rules_people import Person, load, person

TODAY = local_day(NOW, ZoneInfo("UTC"))
YEARS = 3 * 365


def people() -> list[Person]:
    """120 who bought each other month until they left, 330 who bought once, some of whom came back, and prospects."""
    regular = [person(*range(TODAY - YEARS + n % 60, TODAY - 7 * n, 60)) for n in range(120)]
    once = [_once(TODAY - YEARS + 40 + 3 * n, n) for n in range(330)]
    found = [*regular, *once, *(Person(TODAY - 20 * n) for n in range(1, 11))]
    for number, one in enumerate(found):
        one.emails = [f"p{number}@example.com"]
        one.consents = [("email", "subscribed" if number % 2 else "unsubscribed")]
    return found


def _once(day: int, number: int) -> Person:
    further = [day + 40] if number % 3 == 0 else [day + 400] if number % 7 == 0 else []
    return person(day, *(later for later in further if later <= TODAY))


def fill(engine: Engine) -> None:
    """Write the shop and work today out."""
    with engine.begin() as connection:
        load(connection, people())
    bring(engine, Settings(), TODAY)


def bring(engine: Engine, settings: Settings, day: int) -> None:
    """Work a day out, as a recompute does it."""
    known = shelf(settings)
    with recorded(engine, "day", lambda: NOW) as record:
        work = Recompute(engine, known.families, day)
        work.day(lambda *_: None)
        work.judge(known.library)
        record.as_of = day


def made(folder: Path) -> Path:
    """The file of such a shop."""
    file = folder / "connector.db"
    engine = open_database(str(file))
    fill(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return file
