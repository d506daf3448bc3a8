"""How long pages take at the server, over the shop of `large` once its day is worked out: `… pages show DATABASE`."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from sqlalchemy import Engine, func, select

from connector.database import open_database
from connector.days import day_date
from connector.models import Membership, Segment
from connector.settings import Settings
from connector.tables import table
from sync.recompute import Recompute, families
from sync.shelf import shelf
from tests.benchmarks.large import TODAY
from tests.benchmarks.measure import Facts, Step
from tests.contract import Clock
from tests.dashboard_world import Browser, Dashboard
from tests.every_day import switched_on

TIMES = 11
NOON = timedelta(hours=12)


def show(engine: Engine, facts: Facts, folder: Path) -> None:
    """The milliseconds of each page, the median; the seconds that what they show takes, found once a day."""
    place = folder / "segments.toml"
    place.write_text(switched_on(), encoding="utf-8")
    settings = Settings(segments_file=place)
    began = time.perf_counter()
    Recompute(engine, families(settings), TODAY).judge(shelf(settings).library)
    facts["found_in"] = time.perf_counter() - began
    now = datetime.combine(day_date(TODAY), datetime.min.time(), UTC) + NOON
    browser = Dashboard(engine, settings, Clock(now)).user("Camille", "admin")
    largest, member = _largest(engine)
    pages = {
        "start": "/",
        "segments": "/segments",
        "the largest segment": f"/segments/{largest}",
        "person": f"/people/{member}",
        "priorities": "/priorities",
    }
    facts["pages"] = {name: _took(browser, address) for name, address in pages.items()}


def _took(browser: Browser, address: str) -> float:
    took = []
    for _ in range(TIMES):
        began = time.perf_counter()
        answer = browser.get(address)
        took.append(1000 * (time.perf_counter() - began))
        assert answer.status_code == 200, answer.text
    return median(took)


def _largest(engine: Engine) -> tuple[str, int]:
    """The segment with the most people, and one of them."""
    members, segments = table(Membership), table(Segment)
    held = (
        select(segments.c.key, func.max(members.c.customer_id))
        .join(segments, segments.c.id == members.c.segment_id)
        .where(members.c.left_on.is_(None))
        .group_by(segments.c.key)
        .order_by(func.count().desc())
        .limit(1)
    )
    with engine.connect() as connection:
        key, person = connection.execute(held).one()
    return key, person


if __name__ == "__main__":
    _, path = sys.argv[1:]
    opened = open_database(path)
    with tempfile.TemporaryDirectory() as room, Step() as told:
        show(opened, told, Path(room))
    print(json.dumps(told))
