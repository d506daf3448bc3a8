"""What we wrote at destinations for people who were erased since: taken away there, however long that takes.

Until a destination has been reached, the address, and what stands there of ours, is all that is still kept of them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import msgspec
import structlog
from sqlalchemy import Connection, Engine, delete, select, update

from connector.database import batches
from connector.destination import Destination, Outcome, RemoteChange, RemoteState, Result
from connector.errors import ConnectorError, StorageError
from connector.models import Leftover
from connector.records import ConsentState
from connector.tables import AnyRow, table
from sync.privacy.erasing import FILE, Ours
from sync.push.run import require_place
from sync.push.step import combined, step
from sync.push.target import CONTACT, DAY
from sync.workspace import Workspace

log = structlog.get_logger(__name__)

_leftovers = table(Leftover)


@dataclass
class Taken:
    """What became of leftovers."""

    done: int = 0  # addresses at which nothing of ours is left
    left: list[tuple[str, str]] = field(default_factory=list)  # destination, why something was left there for good
    waiting: list[tuple[str, str]] = field(default_factory=list)  # destination, why it could not be done yet


def take_away(workspace: Workspace) -> Taken:
    """Take away what can be reached now, destination by destination; the rest goes on waiting, with its reason."""
    with workspace.engine.connect() as connection:
        rows = connection.execute(select(_leftovers).where(_leftovers.c.place != FILE)).all()
    by_place = defaultdict[str, list[AnyRow]](list)
    for row in rows:
        by_place[row.place].append(row)
    taken = Taken()
    for place, some in by_place.items():
        try:
            ((_, _, destination),) = workspace.destinations(place)
            require_place(workspace.engine, place, destination)
            for batch in batches(some):
                _take(workspace.engine, destination, batch, taken)
        except StorageError:
            raise
        except ConnectorError as error:
            _note(workspace.engine, [row.id for row in some], error.message)
            taken.waiting.append((place, error.message))
    return taken


def give_up(engine: Engine) -> int:
    """Leave at the destinations what could not be taken away, and forget it; at how many addresses."""
    with engine.begin() as connection:
        return connection.execute(delete(_leftovers).where(_leftovers.c.place != FILE)).rowcount


def waiting(connection: Connection) -> dict[str, int]:
    """At how many addresses of each destination something of erased people still stands; the file's own as `file`."""
    counts = defaultdict[str, int](int)
    for place in connection.scalars(select(_leftovers.c.place)):
        counts[place] += 1
    return dict(counts)


def _take(engine: Engine, destination: Destination, rows: list[AnyRow], taken: Taken) -> None:
    by_address = {row.address: row for row in rows}
    there = {state.address: state for state in destination.read(list(by_address))}
    changes = {address: _change(row, there.get(address)) for address, row in by_address.items()}
    wanted = [change for change in changes.values() if change is not None]
    outcomes = [Outcome(address, Result.ACCEPTED) for address, change in changes.items() if change is None]
    try:
        for outcome in destination.apply(wanted, silent=True) if wanted else ():
            outcomes.append(outcome)
    finally:
        _settle(engine, destination.platform, by_address, outcomes, taken)


def _change(row: AnyRow, there: RemoteState | None) -> RemoteChange | None:
    """What an address is to lose; None where nothing of ours is there any more."""
    if there is None or not there.exists:
        return None
    ours = msgspec.json.decode(row.held, type=list[Ours])
    steps = [step(one.item, one.name, None, one.held, there, one.held.run_id) for one in ours]
    days = frozenset(one.name for one in ours if one.item.startswith(DAY))
    change = combined(row.address, steps, days)
    if change is None or not change.archive:
        return change
    if there.consent is ConsentState.NOT_SUBSCRIBED:  # it is there because of us alone
        return RemoteChange(row.address, forget=True)
    return combined(row.address, [one for own, one in zip(ours, steps, strict=True) if own.item != CONTACT], days)


def _settle(engine: Engine, platform: str, rows: dict[str, AnyRow], outcomes: list[Outcome], taken: Taken) -> None:
    with engine.begin() as connection:
        for outcome in outcomes:
            row = rows[outcome.address]
            if outcome.result is Result.RETRY:
                _reasoned(connection, [row.id], outcome.reason)
                taken.waiting.append((row.place, outcome.reason))
                continue
            connection.execute(delete(_leftovers).where(_leftovers.c.id == row.id))
            if outcome.result is Result.REFUSED:
                taken.left.append((row.place, outcome.reason))
                log.warning("left there", destination=row.place, platform=platform, reason=outcome.reason)
            else:
                taken.done += 1


def _note(engine: Engine, ids: list[int], reason: str) -> None:
    with engine.begin() as connection:
        _reasoned(connection, ids, reason)


def _reasoned(connection: Connection, ids: list[int], reason: str) -> None:
    for batch in batches(ids):
        connection.execute(update(_leftovers).where(_leftovers.c.id.in_(batch)).values(reason=reason))
