"""A small shop with its people and a destination, and everything that can happen to them around a push."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, and_, delete, event, insert, select, update

from connector.models import Customer, Delivery, Identity, Membership, Order, Run, Segment, Store
from connector.tables import table
from connector.text import fold
from sync.push import EVERYTHING, FieldTexts, PlannedChange, PlanSummary, Scope, Target, dry_run, listed, push
from tests.memory_destination import CrashError, MemoryDestination

START = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)
STAGES = ("spread.loyal", "spread.new", "spread.inactive")
SEGMENTS = (*STAGES, "aud.vip", "aud.out")
TAGS = {"spread.loyal": "Cycle : Fidèle", "spread.new": "Cycle : Nouveau", "spread.inactive": "Cycle : Inactif"}
TARGET = Target(
    "newsletter",
    "memory",
    "email",
    tags={**TAGS, "aud.vip": "Audience : VIP"},
    fields={"spread": FieldTexts("CYCLE", {key: key.split(".")[1] for key in STAGES})},
    exclude=("aud.out",),
)
TURNS = replace(
    TARGET,
    fields={"spread": replace(TARGET.fields["spread"], previous="CYCLE_WAS", day="CYCLE_DAY")},
)
"""The same with the stage before and the day of the change."""


class World:
    """People 1…n, each with the address pN@example.fr; what they are in; the destination; and who put which tag."""

    def __init__(self, engine: Engine, people: int = 6) -> None:
        self.engine = engine
        self.now = START
        self.run_id = 0
        self.target = TARGET
        self.people = range(1, people + 1)
        self.destination = MemoryDestination(*(address(n) for n in self.people))
        self.owner = {n: n for n in self.people}  # address → person
        self.inside: dict[int, set[str]] = {n: set() for n in self.people}
        self.stages = defaultdict[int, list[tuple[int, str | None]]](lambda: [(0, None)])  # since a day
        self.foreign: dict[str, set[str]] = {}
        self.commits_left: int | None = None
        event.listen(engine, "commit", self._commit)
        self._fill()

    def _commit(self, _connection: object) -> None:
        if self.commits_left is not None:
            self.commits_left -= 1
            if self.commits_left < 0:
                raise CrashError

    def _fill(self) -> None:
        segments = [
            {"id": n, "key": key, "version": 1, "family": key if key.startswith("aud") else "spread", "position": n}
            | {"rule": "", "active": True}
            for n, key in enumerate(SEGMENTS, 1)
        ]
        store = {"id": 1, "key": "shop", "platform": "memory", "shop_id": "1", "name": "Shop", "currency": "EUR"}
        switches = ("count_zero_orders", "count_on_hold", "count_refunded", "include_tax", "include_shipping")
        with self.engine.begin() as connection:
            connection.execute(
                insert(table(Store)), [store | {"timezone": "Europe/Paris"} | dict.fromkeys(switches, False)]
            )
            connection.execute(insert(table(Customer)), [{"id": n, "since_day": 1} for n in self.people])
            connection.execute(
                insert(table(Identity)),
                [{"id": n, "kind": "email", "scope": 0, "value": address(n), "customer_id": n} for n in self.people],
            )
            connection.execute(insert(table(Segment)), segments)

    def orders(self, count: int) -> None:
        """Replace the shop's orders by so many."""
        order: dict[str, object] = {
            "store_id": 1,
            "customer_id": 1,
            "local_day": 1,
            "counted": 1,
            "total": 1,
            "refunded": 0,
        }
        order |= {"placed_at": 1, "digest": 1, "origin": "api", "status": "paid", "currency": "EUR", "gross": 1}
        order |= {"tax": 0, "shipping": 0, "discount": 0, "test": False}
        with self.engine.begin() as connection:
            connection.execute(delete(table(Order)))
            if count:
                connection.execute(insert(table(Order)), [order | {"platform_id": str(n)} for n in range(count)])

    def move(self, person: int, segments: Iterable[str], cause: str = "order") -> None:
        """Put a person in exactly these segments."""
        wanted, members = set(segments), table(Membership)
        day = (self.now - START).days + 10
        with self.engine.begin() as connection:
            for key in self.inside[person] ^ wanted:
                row = {"customer_id": person, "segment_id": SEGMENTS.index(key) + 1}
                mine = and_(*[members.c[name] == value for name, value in row.items()])
                if key not in wanted:  # what began today was never so at the end of a day
                    connection.execute(delete(members).where(mine, members.c.entered_on == day))
                    connection.execute(update(members).where(mine, members.c.left_on.is_(None)).values(left_on=day))
                elif not connection.execute(
                    update(members).where(mine, members.c.left_on == day).values(left_on=None)
                ).rowcount:
                    connection.execute(insert(members).values(**row, entered_on=day, cause=cause))
        self.inside[person] = wanted
        self._turn(person, day, next((key for key in STAGES if key in wanted), None))

    def _turn(self, person: int, day: int, stage: str | None) -> None:
        """Note the stage since a day; the last of a day counts."""
        held = self.stages[person]
        if held[-1][0] == day:
            held.pop()
        if held[-1][1] != stage:
            held.append((day, stage))

    def give(self, number: int, person: int) -> None:
        """Let an address belong to another person, as a merge or its undoing does."""
        rows = table(Identity)
        with self.engine.begin() as connection:
            connection.execute(update(rows).where(rows.c.id == number).values(customer_id=person))
        self.owner[number] = person

    def put_by_hand(self, number: int, tag: str) -> None:
        """Somebody else adds a tag at the destination."""
        there = self.destination.contacts[address(number)]
        if fold(tag) not in {fold(other) for other in there.tags}:
            there.tags.add(tag)
            self.foreign.setdefault(address(number), set()).add(tag)

    def push(self, scope: Scope = EVERYTHING, *, force: bool = False) -> PlanSummary:
        """A push as a run of its own, one hour later than the last thing that happened."""
        now = self.later()
        return push(self.engine, self.target, self.destination, now=now, run_id=self.run(), scope=scope, force=force)

    def dry_run(self, scope: Scope = EVERYTHING) -> PlanSummary:
        """What that push would do, with all its changes."""
        now = self.later()
        return dry_run(self.engine, self.target, self.destination, now=now, scope=scope, examples=1000)

    def run(self) -> int:
        """A new row of `runs`."""
        self.run_id += 1
        with self.engine.begin() as connection:
            connection.execute(
                insert(table(Run)).values(id=self.run_id, kind="push", started_at=int(self.now.timestamp()))
            )
        return self.run_id

    def later(self, **much: float) -> datetime:
        """The clock, moved on."""
        self.now += timedelta(**(much or {"hours": 1}))
        return self.now

    def changes(self, plan_id: int) -> list[PlannedChange]:
        """The changes of a plan."""
        with self.engine.connect() as connection:
            return list(listed(connection, plan_id))

    def deliveries(self) -> list[tuple[Any, ...]]:
        """What is noted as delivered."""
        rows = table(Delivery)
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(select(rows).order_by(rows.c.item, rows.c.identity_id))]

    def expected(self, number: int) -> set[str]:
        """The segments whose texts an address should hold."""
        person = self.owner[number]
        inside = self.inside[person]
        held = {key for key, share in self.target.holdout.items() if share.holds(person)}
        return set() if "aud.out" in inside else inside - {"aud.out"} - held

    def assert_right(self) -> None:
        """The destination holds what is wanted, and what others put there."""
        for number in self.people:
            there = self.destination.contacts[address(number)]
            wanted = {self.target.tags[key] for key in self.expected(number)} | self.foreign.get(address(number), set())
            assert {fold(tag) for tag in there.tags} == {fold(tag) for tag in wanted}, address(number)
            assert self.foreign.get(address(number), set()) <= there.tags
            assert {name: value for name, value in there.fields.items() if value != "à la main"} == self.told(number)

    def told(self, number: int) -> dict[str, str]:
        """The fields that an address should hold."""
        held, texts = self.stages[self.owner[number]], self.target.fields["spread"]
        day, stage = held[-1]
        if stage is None or stage not in self.expected(number):
            return {}
        said = {texts.name: texts.values[stage]}
        if texts.previous is not None and (before := held[-2][1]) is not None:
            said[texts.previous] = texts.values[before]
        if texts.day is not None:
            said[texts.day] = (date(1970, 1, 1) + timedelta(days=day)).isoformat()
        return {str(name): value for name, value in said.items()}


def address(number: int) -> str:
    """The e-mail address of that number."""
    return f"p{number}@example.fr"
