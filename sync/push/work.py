"""The work of a batch: what a plan asks of each address, with what is delivered there; and what was decided."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, and_, select

from connector.database import BATCH, chosen
from connector.destination import Destination, RemoteChange, RemoteState
from connector.models import Change, Delivery, Identity, Refusal
from connector.states import Obstacle
from connector.tables import AnyRow, table
from sync.push.step import Held, Step, combined
from sync.push.summary import PlanSummary
from sync.push.target import CONTACT, DAY

ADDRESSES = 10_000
"""Addresses that are read and sent together, so that a platform's bulk calls are worth it."""

_changes, _deliveries, _refusals, _identities = table(Change), table(Delivery), table(Refusal), table(Identity)


@dataclass(frozen=True, slots=True)
class Found:
    """What stood at an address before we wrote, as far as one item is concerned; stored with its change."""

    exists: bool
    tags: tuple[str, ...] = ()
    value: str | None = None
    held: Held | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """One change of a plan, with what is delivered."""

    change_id: int | None  # None: a contact, which only shows itself as missing when it is read
    item: str
    old: str | None
    new: str | None
    held: Held | None
    cause: str | None = None
    found: str | None = None  # by the run that is to be undone


@dataclass(frozen=True, slots=True)
class Work:
    """One address, and all that a plan asks of it."""

    identity_id: int
    customer_id: int
    address: str
    asked: tuple[Asked, ...]
    contact: Held | None  # set where the contact is, or may be, of our making
    delivered: bool  # whether anything was ever accepted here
    gone: bool  # whether it was known there once, and is not to be created again


@dataclass(frozen=True, slots=True)
class Decision:
    """A step for each change of an address; `absent` says which kind of nobody is there."""

    work: Work
    there: RemoteState
    steps: tuple[tuple[Asked, Step], ...]
    absent: Obstacle | None = None  # absent, gone

    @property
    def change(self) -> RemoteChange | None:
        """What is sent, None where nothing is."""
        if self.absent:
            return None
        days = frozenset(name for asked, step in self.steps if asked.item.startswith(DAY) for name in step.fields)
        return combined(self.work.address, [step for _, step in self.steps], days)


Decide = Callable[[Work, RemoteState], Decision]
"""What an address needs, from what is asked and what is there."""

Deciding = Callable[[PlanSummary, dict[str, str], Destination], Decide]
"""How a plan decides, from its fields' names and its destination."""


@dataclass(frozen=True, slots=True)
class Job:
    """What the batches of one plan share."""

    engine: Engine
    plan: PlanSummary
    destination_id: int
    destination: Destination
    names: dict[str, str]  # item → the tag, or the field's name
    now: datetime
    decide: Decide
    silent: bool


def next_ids(connection: Connection, plan_id: int, last: int) -> list[int]:
    """The identities of the next batch of a plan, after `last`."""
    query = (
        select(_changes.c.identity_id)
        .where(_changes.c.plan_id == plan_id, _changes.c.identity_id > last)
        .distinct()
        .order_by(_changes.c.identity_id)
        .limit(ADDRESSES)
    )
    return list(connection.execute(query).scalars())


def works(connection: Connection, job: Job, ids: list[int]) -> list[Work]:
    """What the plan asks of these identities."""
    addresses = {row.id: row.value for row in chosen(connection, _identities, ["id", "value"], "id", ids)}
    held = _held(connection, job, ids)
    delivered = {identity_id for (identity_id, _), row in held.items() if row.value is not None}
    gone = _gone(connection, job, ids)
    rows: dict[int, list[AnyRow]] = {identity_id: [] for identity_id in ids}
    for part in _parts(ids):
        mine = and_(_changes.c.plan_id == job.plan.plan_id, _changes.c.identity_id.in_(part))
        for row in connection.execute(select(_changes).where(mine).order_by(_changes.c.id)):
            rows[row.identity_id].append(row)
    return [
        Work(
            identity_id,
            changes[0].customer_id,
            addresses[identity_id],
            tuple(
                Asked(c.id, c.item, c.old, c.new, held.get((identity_id, c.item)), c.cause, c.found) for c in changes
            ),
            held.get((identity_id, CONTACT)),
            identity_id in delivered,
            identity_id in gone,
        )
        for identity_id, changes in rows.items()
    ]


def _held(connection: Connection, job: Job, ids: list[int]) -> dict[tuple[int, str], Held]:
    found: dict[tuple[int, str], Held] = {}
    for part in _parts(ids):
        query = select(_deliveries).where(
            _deliveries.c.destination_id == job.destination_id,
            _deliveries.c.item.in_([CONTACT, *job.names]),
            _deliveries.c.identity_id.in_(part),
        )
        for row in connection.execute(query):
            found[row.identity_id, row.item] = Held(row.value, row.sending, bool(row.owned), row.before, row.run_id)
    return found


def _gone(connection: Connection, job: Job, ids: list[int]) -> set[int]:
    asked = select(_refusals.c.identity_id).where(
        _refusals.c.destination_id == job.destination_id, _refusals.c.outcome == Obstacle.GONE
    )
    return {
        identity_id
        for part in _parts(ids)
        for identity_id in connection.execute(asked.where(_refusals.c.identity_id.in_(part))).scalars()
    }


def _parts(ids: list[int]) -> Iterator[list[int]]:
    return (ids[start : start + BATCH] for start in range(0, len(ids), BATCH))
