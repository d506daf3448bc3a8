"""The present stage of everyone, with its day and the stage before, across versions of a definition."""

from __future__ import annotations

import random

from sqlalchemy import Connection, insert, select

from connector.history.stays import stays
from connector.history.turns import turns
from connector.models import Customer, Membership, Segment
from connector.tables import table
from tests.conftest import Fresh

STAGES = ("loyal", "new", "inactive")
VERSIONS = 3


def fill(connection: Connection, seed: int, people: int = 60) -> None:
    """People who go through stages; each version of the definition speaks from a day of its own."""
    chance = random.Random(seed)
    ids = {
        (stage, version): n for n, (stage, version) in enumerate(((s, v) for v in range(VERSIONS) for s in STAGES), 1)
    }
    for (name, version), number in ids.items():
        row = {"id": number, "key": f"spread.{name}", "version": version, "family": "spread", "position": 0}
        connection.execute(insert(table(Segment)), {**row, "rule": "", "active": version == VERSIONS - 1})
    other = {"id": 99, "key": "aud.vip", "version": 1, "family": "aud.vip", "position": 0, "rule": "", "active": True}
    connection.execute(insert(table(Segment)), other)
    connection.execute(insert(table(Customer)), [{"id": n, "since_day": 1} for n in range(1, people + 1)])
    rows = []
    for person in range(1, people + 1):
        days = sorted(chance.sample(range(1, 40), chance.randint(1, 8)))
        parts = [(day, chance.choice([*STAGES, *STAGES, None])) for day in days]
        for (day, stage), until in zip(parts, [*(day for day, _ in parts[1:]), None], strict=True):
            for version in range(VERSIONS):  # they begin on days 0, 15 and 30
                first, last = max(day, 15 * version), 15 * (version + 1) if version < VERSIONS - 1 else until
                last = last if until is None or last is None else min(last, until)
                if stage is not None and (last is None or first < last):
                    rows.append((person, ids[stage, version], first, last, chance.choice(["order", "time"])))
        rows.append((person, 99, 1, None, "order"))
    names = ("customer_id", "segment_id", "entered_on", "left_on", "cause")
    connection.execute(insert(table(Membership)), [dict(zip(names, row, strict=True)) for row in rows])


def test_they_are_the_last_of_all_stays(fresh: Fresh) -> None:
    for seed in range(4):
        with fresh().begin() as connection:
            fill(connection, seed)
            with stays(connection, "spread") as all_:
                columns = ("customer_id", "entered_on", "stage", "cause", "before")
                last = select(*(all_.c[name] for name in columns)).where(all_.c.left_on.is_(None))
                wanted = sorted(tuple(row) for row in connection.execute(last))
            with turns(connection, "spread") as now:
                assert sorted(tuple(row) for row in connection.execute(select(now))) == wanted
            assert len({row[2] for row in wanted}) == 3
            assert any(row[4] for row in wanted)
