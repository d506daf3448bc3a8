"""What the product does, step by step: `python -m tests.benchmarks.ours STEP DATABASE …`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import Engine, delete, func, select

from connector.catalogue import catalogue
from connector.counting import Switches
from connector.database import open_database
from connector.days import local_day
from connector.models import Checkpoint, Membership, Segment
from connector.source import ShopCheck
from connector.stores import OpenStore, register
from connector.tables import table
from connectors.shopify import ShopifySource
from sync.pull import Pull
from sync.recompute import Recompute
from tests.benchmarks.dates import NOW
from tests.benchmarks.measure import Facts, Step

CHECK = ShopCheck(shop_id="1", name="Boutique", currency="EUR", timezone="Europe/Paris")


def pull(engine: Engine, facts: Facts, endpoint: str) -> None:
    """Read everything that the server has, as a first load does."""
    store = _store(engine)
    with engine.begin() as connection:
        connection.execute(delete(table(Checkpoint)))
    ends: dict[str, tuple[float, float, int]] = {}

    def told(stream: str, done: int, _expected: int | None) -> None:
        ends[stream] = time.perf_counter(), time.process_time(), done

    source = ShopifySource(
        shop="boutique.myshopify.com", token="shpat_demo", endpoint=endpoint, sleep=lambda _seconds: None
    )
    began, worked = time.perf_counter(), time.process_time()
    report = Pull(engine, store, lambda: NOW, progress=told).run(source)
    for stream, (ended, spent, done) in ends.items():
        facts[stream], facts[f"{stream}_seconds"], facts[f"{stream}_cpu"] = done, ended - began, spent - worked
        began, worked = ended, spent
    facts["new"], facts["changed"] = report.rows("orders").new, report.rows("orders").changed
    assert not report.quarantined


def load(engine: Engine, facts: Facts) -> None:
    """The first recompute: the history of everyone, day by day."""
    _recompute(engine, 0).day(lambda *_: None)


def day(engine: Engine, facts: Facts) -> None:
    """The recompute of the day after."""
    _recompute(engine, 1).day(lambda *_: None)


def full(engine: Engine, facts: Facts) -> None:
    """Everyone as of the day after, against what is kept."""
    facts["different"] = _recompute(engine, 1).everyone()


def _store(engine: Engine) -> OpenStore:
    with engine.begin() as connection:
        return register(connection, "shop", "shopify", CHECK, Switches())


def _recompute(engine: Engine, days_later: int) -> Recompute:
    as_of = local_day(NOW + timedelta(days=days_later), _store(engine).zone)
    return Recompute(engine, catalogue(), as_of)


def _stages(engine: Engine) -> dict[str, int]:
    """How many people each segment holds now."""
    members, segments = table(Membership), table(Segment)
    statement = (
        select(segments.c.key, func.count().label("people"))
        .join(members, members.c.segment_id == segments.c.id)
        .where(members.c.left_on.is_(None))
        .group_by(segments.c.key)
    )
    with engine.connect() as connection:
        return {row.key: row.people for row in connection.execute(statement)}


STEPS: dict[str, Callable[..., None]] = {"pull": pull, "load": load, "day": day, "full": full}

if __name__ == "__main__":
    name, path, *rest = sys.argv[1:]
    opened = open_database(path)
    for family in catalogue():
        family.rules()  # the grammar is read once a process, like an import
    with Step() as told:
        STEPS[name](opened, told, *rest)
        opened.dispose()  # the last connection to go brings the log into the file: that is part of the work
    told["stages"] = _stages(opened)
    print(json.dumps(told))
