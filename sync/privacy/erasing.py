"""Erasing people: here at once, at the destinations as soon as they can be reached; and again, should they come back.

Suppressed first, then made nameless in one transaction: whatever interrupts it, the next start finds who is suppressed
and still here, and erases them again. So it does where an older copy of the database was put back.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import msgspec
import structlog
from sqlalchemy import Connection, Engine, delete, func, insert, select

from connector.database import NAMELESS, chosen, compact, connect, path, remove
from connector.days import epoch, local_day
from connector.errors import ConnectorError, UnsafeError
from connector.models import Delivery, DestinationRow, Erasure, Identity, Label, Leftover, Order, Quarantine, Store
from connector.privacy.erase import Group, keys_of_stores, make_nameless, parts, whole
from connector.privacy.quarantined import quarantined
from connector.privacy.stores import forget_store, only_of
from connector.privacy.suppressions import Name, Suppressions, name_of
from connector.stores import merchant
from connector.tables import table
from sync.inbox import Inbox
from sync.push.step import Held

log = structlog.get_logger(__name__)

Reason = Literal["asked", "retention", "redact", "again"]

OBJECTION = ("object", "withdraw")
"""The reasons of numbers that stand for what somebody said about profiling."""

FILE = "file"
"""The place of a leftover that stands for the database's own file."""

CHUNK = 20_000
"""Rows that are compared at once with who is suppressed."""

_erasures, _leftovers = table(Erasure), table(Leftover)
_identities, _orders, _deliveries = table(Identity), table(Order), table(Delivery)
_stores = table(Store)
_destinations, _labels = table(DestinationRow), table(Label)


class Ours(msgspec.Struct, frozen=True):
    """Something that was delivered: the item, its tag or its field's name, and the delivery."""

    item: str
    name: str
    held: Held


@dataclass(frozen=True, slots=True)
class Erased:
    """How many people and orders were made nameless, and which copies of the database were deleted for it."""

    people: int
    orders: int
    copies: tuple[Path, ...]


def erase(
    engine: Engine,
    suppressed: Suppressions,
    people: Collection[int],
    *,
    now: datetime,
    reason: Reason,
    at: int | None = None,
) -> Erased:
    """Make people nameless, and suppress what is dated up to `at` (now, where it is not said).

    What was written at destinations is noted to be taken away: `sync.privacy.leftovers.take_away` does.
    """
    done, orders, copies = 0, 0, dict[Path, None]()
    for some in parts(sorted(people)):
        with engine.connect() as connection:
            group, known = whole(connection, some), last_serial(connection)
            names = group.names(connection)
        serial = suppressed.add(names, epoch(now) if at is None else at, known)
        with engine.begin() as connection:
            row = {"serial": serial, "at": epoch(now), "reason": reason, "people": len(group.roots)}
            connection.execute(insert(_erasures), row)
            _make_nameless(connection, group, serial, now)
        copies |= dict.fromkeys(_deleted_copies(engine, group))
        _forget_beside(engine, suppressed, group, names)
        done, orders = done + len(group.roots), orders + len(group.orders)
    if done:
        clean(engine)
    return Erased(done, orders, tuple(copies))


def forget_shop(engine: Engine, suppressed: Suppressions, key: str, *, now: datetime, at: int | None = None) -> None:
    """Forget a store with everyone who is known from it alone; what was written at other places is taken away there.

    The shop itself may be connected again: nobody is suppressed, but an older copy of the database forgets it again.
    """
    with engine.connect() as connection:
        store_id = connection.scalar(select(_stores.c.id).where(_stores.c.key == key))
        if store_id is None:
            return
        group, known = only_of(connection, store_id), last_serial(connection)
        names = group.names(connection)
    serial = suppressed.add([("store", key, "")], epoch(now) if at is None else at, known)
    with engine.begin() as connection:
        row = {"serial": serial, "at": epoch(now), "reason": "redact", "people": len(group.roots)}
        connection.execute(insert(_erasures), row)
        _leave(connection, serial, _ours(connection, group))
        forget_store(connection, store_id, group)
    list(_deleted_copies(engine, group))
    _forget_beside(engine, suppressed, group, names)
    clean(engine)


def last_serial(connection: Connection) -> int:
    """The number of the last erasure that the database knows of, 0 before the first."""
    return connection.scalar(select(func.max(_erasures.c.serial))) or 0


def lacks(engine: Engine, suppressed: Suppressions) -> dict[int, int]:
    """The erasures that this database does not know of, by their numbers, with their instants."""
    with engine.connect() as connection:
        known = set(connection.scalars(select(_erasures.c.serial)))
    return {serial: at for serial, at in suppressed.serials().items() if serial not in known}


def erase_again(engine: Engine, suppressed: Suppressions, *, now: datetime) -> int:
    """Erase whom an older copy of the database has brought back; how many people that were.

    The number of each erasure is known to the file of the suppressed and to the database: only where the database
    lacks one is everybody in it looked at.
    """
    missing = lacks(engine, suppressed)
    with engine.connect() as connection:
        shops = suppressed.since([("store", key, "") for key in keys_of_stores(connection).values()]) if missing else {}
    for (_, key, _), at in shops.items():
        if at in missing.values():
            forget_shop(engine, suppressed, key, now=now, at=at)
    with engine.connect() as connection:
        back = _back(connection, suppressed) if missing else {}
    for at in sorted(set(back.values())):
        some = [person for person, until in back.items() if until == at]
        erase(engine, suppressed, some, now=now, reason="again", at=at)
    if missing:
        with engine.begin() as connection:
            rows = [{"serial": serial, "at": at, "reason": "again", "people": 0} for serial, at in missing.items()]
            connection.execute(insert(_erasures), rows)
    return len(back)


def require(engine: Engine, suppressed: Suppressions, *, force: bool = False) -> Suppressions:
    """The suppressed, for a reading of shops; UnsafeError where people were erased and their file is gone."""
    with engine.connect() as connection:
        known = connection.scalar(select(func.count()).where(_erasures.c.reason.not_in(OBJECTION))) or 0
    if known and not suppressed and not force:
        raise UnsafeError(
            f"People were erased here, but {suppressed.file}, which tells who is not to come back, is gone.",
            remedy="Put it back from where it was: it belongs beside the database. --force reads without it, and "
            "brings back whom the shop still has.",
        )
    return suppressed


def clean(engine: Engine) -> None:
    """Leave nothing of deleted rows in the database's file and journal; what stands in the way is noted for later."""
    try:
        done = compact(engine)
    except ConnectorError as error:
        log.warning("not compacted", error=error.message)
        done = False
    if done:
        with engine.begin() as connection:
            connection.execute(delete(_leftovers).where(_leftovers.c.place == FILE))


def _make_nameless(connection: Connection, group: Group, serial: int, now: datetime) -> None:
    base = merchant(connection)
    today = local_day(now, base.zone) if base is not None else 0
    _leave(connection, serial, _ours(connection, group))
    remove(connection, table(Quarantine), "id", quarantined(connection, group))
    make_nameless(connection, group, today)


def _ours(connection: Connection, group: Group) -> Iterator[tuple[str, str, str]]:
    """What of ours stands, or may stand, where: the destination's key, the address, and what was delivered (JSON)."""
    places = {row.id: row.key for row in connection.execute(select(_destinations.c.id, _destinations.c.key))}
    names = {(row.destination_id, row.key): row.text for row in connection.execute(select(_labels))}
    addresses = {row.id: row.value for row in group.identities}
    found = defaultdict[tuple[str, str], list[Ours]](list)
    for row in chosen(connection, _deliveries, [c.name for c in _deliveries.c], "identity_id", addresses):
        held = Held(row.value, row.sending, bool(row.owned), row.before, row.run_id)
        if held.ours() or held.sending is not None:
            name = names.get((row.destination_id, row.item), "")
            found[places[row.destination_id], addresses[row.identity_id]].append(Ours(row.item, name, held))
    for (place, address), ours in found.items():
        yield place, address, msgspec.json.encode(ours).decode()


def _leave(connection: Connection, serial: int, ours: Iterable[tuple[str, str, str]]) -> None:
    """Note what is to be taken away elsewhere, and that the file itself is to be written anew."""
    columns = ("serial", "place", "address", "held")
    rows = [dict(zip(columns, (serial, *row), strict=True)) for row in (*ours, (FILE, "", "[]"))]
    connection.execute(insert(_leftovers), rows)


def _back(connection: Connection, suppressed: Suppressions) -> dict[int, int]:
    """Who is here although suppressed, each with the instant up to which they are.

    They have a suppressed order; or a suppressed identity, and have placed no order since.
    """
    stores, found = keys_of_stores(connection), dict[int, int]()
    for rows in chunks(connection, select(*(_orders.c[n] for n in ("id", "customer_id", "store_id", "platform_id")))):
        names: dict[Name, int] = {("order", stores[row.store_id], row.platform_id): row.customer_id for row in rows}
        _note(found, names, suppressed)
    for rows in chunks(connection, select(_identities)):
        names = {name_of((row.kind, row.scope, row.value), stores): row.customer_id for row in rows}
        since = {names[name]: at for name, at in suppressed.since(names).items() if names[name] not in found}
        placed = _last_orders(connection, since)
        found |= {person: at for person, at in since.items() if placed.get(person, 0) <= at}
    return found


def _note(found: dict[int, int], names: dict[Name, int], suppressed: Suppressions) -> None:
    for name, at in suppressed.since(names).items():
        if names[name] is not None:
            found[names[name]] = max(at, found.get(names[name], 0))


def chunks(connection: Connection, statement: Any) -> Iterator[list[Any]]:  # noqa: ANN401 - a SELECT with an id
    """The rows by their ids, some at a time; none of the nameless."""
    rows, last = statement.selected_columns, -1
    while chunk := connection.execute(
        statement.where(rows.id > last, rows.id < NAMELESS).order_by(rows.id).limit(CHUNK)
    ).all():
        yield list(chunk)
        last = chunk[-1].id


def _last_orders(connection: Connection, people: Iterable[int]) -> dict[int, int]:
    placed = defaultdict[int, int](int)
    for row in chosen(connection, _orders, ("customer_id", "placed_at"), "customer_id", people):
        placed[row.customer_id] = max(placed[row.customer_id], row.placed_at)
    return placed


def _deleted_copies(engine: Engine, group: Group) -> Iterator[Path]:
    """Delete the copies that were made before migrations and that hold any of these people; their paths."""
    file = path(engine)
    for copy in sorted(file.parent.glob(f"{file.name}.before-*")) if file is not None else ():
        if not copy.name.endswith(("-wal", "-shm", "-journal")) and _holds(copy, group):
            for part in (copy, *(copy.with_name(copy.name + end) for end in ("-wal", "-shm"))):
                part.unlink(missing_ok=True)
            yield copy


def _forget_beside(engine: Engine, suppressed: Suppressions, group: Group, names: Iterable[Name]) -> None:
    """Forget what shops have just told of these people, in the log that they were shown; delete exports of theirs."""
    streams = {"account": "customers", "order": "orders"}
    Inbox(engine).drop((store, streams[kind], value) for kind, store, value in names if kind in streams)
    suppressed.disclosures.forget(group.ids)
    values = {json.dumps(row.value, ensure_ascii=False) for row in group.identities}
    for file in sorted(suppressed.exports.glob("*.json")):
        text = file.read_text(encoding="utf-8")
        if any(value in text for value in values):
            file.unlink()


def _holds(copy: Path, group: Group) -> bool:
    """Whether a copy has an identity of these people; one that cannot be read is taken to."""
    values = {row.value for row in group.identities}
    other = connect(str(copy))
    with suppress(Exception), other.connect() as connection:
        return any(True for _ in chosen(connection, _identities, ("value",), "value", values))
    return True
