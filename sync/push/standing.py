"""What still stands at a destination of what was delivered there: looked at in a sample before each push.

A destination that was emptied, or whose tags were given other names there, must not be written to as if nothing had
happened: what we would add is not all that is missing there, and what was renamed would stay for ever.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, Engine, Integer, Select, cast, delete, func, select, update

from connector.destination import Destination, RemoteState
from connector.models import Delivery, DestinationRow, Identity
from connector.tables import AnyRow, table
from connector.text import fold
from sync.push.guard import FEW
from sync.push.step import standing, valued
from sync.push.summary import Guard, PlanSummary
from sync.push.target import CONTACT, frozen
from sync.push.work import ADDRESSES

FIRST, MORE = 10, 100
"""So many addresses of an item are looked at; where more than half of them lack it, so many."""

_deliveries, _identities, _destinations = table(Delivery), table(Identity), table(DestinationRow)


def lost(engine: Engine, plan: PlanSummary, destination: Destination) -> Guard | None:
    """Refuse where an item that many addresses should have is gone from more than half of those looked at."""
    if not plan.delivered:
        return None
    with engine.connect() as connection:
        number, names = _known(connection, plan.destination)
        shares = {item: _sample(number, item, plan.plan_id) for item in _common(connection, number) if item in names}
        few = [row for query in shares.values() for row in connection.execute(query.limit(FIRST))]
    doubted = _lacked(few, names, destination)
    with engine.connect() as connection:
        many = [row for item in doubted for row in connection.execute(shares[item].limit(MORE))]
    missing = _lacked(many, names, destination)
    if not missing:
        return None
    seen, gone = max(missing.values(), key=lambda found: found[1])
    return Guard("lost", str(seen), str(gone))


def restate(engine: Engine, key: str, destination: Destination) -> None:
    """Forget, of what was delivered, all that does not stand there any more."""
    with engine.connect() as connection:
        number, names = _known(connection, key)
        held = connection.execute(_settled(number)).all()
    for start in range(0, len(held), ADDRESSES):
        some = held[start : start + ADDRESSES]
        there = _read(some, destination)
        gone = [row for row in some if not _stands(row, names, there.get(row.address))]
        with engine.begin() as connection:
            for row in gone:
                place = _deliveries.c.item == row.item, _deliveries.c.identity_id == row.identity_id
                connection.execute(delete(_deliveries).where(_deliveries.c.destination_id == number, *place))
    with engine.begin() as connection:
        if connection.execute(_settled(number).limit(1)).first() is None:  # all is new there: quietly, as at first
            mine = _destinations.c.id == number
            connection.execute(update(_destinations).where(mine).values(first_push_at=None))


def _known(connection: Connection, key: str) -> tuple[int, dict[str, str]]:
    """The destination's id, and the tag or the field's name of each item that is delivered there."""
    number = connection.execute(select(_destinations.c.id).where(_destinations.c.key == key)).scalar_one()
    return number, {item: text for item, text in frozen(connection, number).items() if "=" not in item}


def _common(connection: Connection, number: int) -> list[str]:
    """The items that more than a few addresses should have."""
    rows = _settled(number).subquery()
    query = select(rows.c.item).group_by(rows.c.item).having(func.count() > FEW).order_by(rows.c.item)
    return list(connection.scalars(query))


def _settled(number: int) -> Select[int, str, str, str]:
    """What was delivered and is not under way: identity_id, address, item, value."""
    rows = _deliveries.c
    return (
        select(rows.identity_id, _identities.c.value.label("address"), rows.item, rows.value.label("value"))
        .join(_identities, _identities.c.id == rows.identity_id)
        .where(rows.destination_id == number, rows.value.is_not(None), rows.sending.is_(None), rows.item != CONTACT)
    )


def _sample(number: int, item: str, plan_id: int) -> Select[int, str, str, str]:
    """The addresses of an item in an order that differs from plan to plan, but not from item to item."""
    shuffled = (cast(_deliveries.c.identity_id, Integer) % 10_007 * 7919 + plan_id * 104_729) % 10_007
    query = _settled(number).where(_deliveries.c.item == item)
    return query.order_by(shuffled, _deliveries.c.identity_id)


def _lacked(rows: Sequence[AnyRow], names: Mapping[str, str], destination: Destination) -> dict[str, tuple[int, int]]:
    """The items that more than half of these addresses lack: how many there are, and how many lack it."""
    there = _read(rows, destination)
    seen = Counter(row.item for row in rows)
    gone = Counter(row.item for row in rows if not _stands(row, names, there.get(row.address)))
    return {item: (seen[item], count) for item, count in gone.items() if 2 * count > seen[item]}


def _read(rows: Iterable[AnyRow], destination: Destination) -> dict[str, RemoteState]:
    addresses = sorted({row.address for row in rows})
    return {state.address: state for state in destination.read(addresses)} if addresses else {}


def _stands(row: AnyRow, names: Mapping[str, str], there: RemoteState | None) -> bool:
    if there is None or not there.exists:
        return False
    if row.item.startswith("tag:"):
        return fold(row.value) in standing(there)
    return valued(there, names[row.item]) is not None
