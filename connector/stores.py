"""The shops of this database: who they are, and how their orders are counted."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, delete, func, select, update

from connector.counting import Switches
from connector.database import next_id
from connector.days import day_number, time_zone
from connector.errors import SettingsError, UnsafeError
from connector.models import Checkpoint, Order, Store
from connector.source import ShopCheck
from connector.tables import table

FILE = "file"
"""The platform of a store that only files were imported into, until a shop is connected to it."""


@dataclass(frozen=True, slots=True)
class OpenStore:
    """A store as the writing of its rows needs it. `base` is the currency that the whole database sums in."""

    id: int
    key: str
    platform: str
    currency: str
    base: str
    zone: ZoneInfo
    floor_day: int | None
    switches: Switches


@dataclass(frozen=True, slots=True)
class Merchant:
    """What holds for the whole database: the first store's currency and time zone."""

    currency: str
    zone: ZoneInfo


def merchant(connection: Connection) -> Merchant | None:
    """The database's currency and time zone, None while no store was ever read."""
    stores = table(Store)
    row = connection.execute(select(stores.c.currency, stores.c.timezone).order_by(stores.c.id).limit(1)).one_or_none()
    return row and Merchant(row.currency, time_zone(row.timezone))


def open_store(connection: Connection, key: str) -> OpenStore | None:
    """The store called `key`, None where it was never read."""
    stores = table(Store)
    row = connection.execute(select(stores).where(stores.c.key == key)).one_or_none()
    base = merchant(connection)
    if row is None or base is None:
        return None
    return OpenStore(
        id=row.id,
        key=row.key,
        platform=row.platform,
        currency=row.currency,
        base=base.currency,
        zone=time_zone(row.timezone),
        floor_day=row.floor_day,
        switches=Switches(
            row.count_zero_orders, row.count_on_hold, row.count_refunded, row.include_tax, row.include_shipping
        ),
    )


def register(
    connection: Connection, key: str, platform: str, check: ShopCheck, switches: Switches, *, force: bool = False
) -> OpenStore:
    """The store called `key`, made or brought up to what the shop says of itself.

    UnsafeError where another shop answers under this name, or this shop is already another store here;
    SettingsError where its currency is not the database's.
    """
    stores = table(Store)
    _refuse_strangers(connection, key, platform, check, force=force)
    base = merchant(connection)
    if base is not None and base.currency != check.currency:
        raise SettingsError(
            f"{key} sells in {check.currency}, this database sums in {base.currency}.",
            remedy="Give it another database: one database is one merchant in one currency.",
        )
    time_zone(check.timezone)
    known = connection.execute(select(stores.c.id, stores.c.floor_day).where(stores.c.key == key)).one_or_none()
    floor = None if check.floor is None else day_number(check.floor)
    values = {
        "platform": platform,
        "shop_id": check.shop_id,
        "name": check.name,
        "currency": check.currency,
        "timezone": check.timezone,
        **asdict(switches),
    }
    if known is None:
        first = {"id": next_id(connection, stores), "key": key, "floor_day": floor}
        connection.execute(stores.insert(), {**first, **values})
    else:
        connection.execute(update(stores).where(stores.c.id == known.id).values(**values))
        _follow_floor(connection, known.id, known.floor_day, floor)
    store = open_store(connection, key)
    assert store is not None
    return store


def complete_history(connection: Connection, store: OpenStore, first_day: int, last_day: int) -> bool:
    """Lift the floor of a store whose export of days `first_day` to `last_day` reaches over it; whether it did."""
    if store.floor_day is None or not first_day < store.floor_day <= last_day + 1:
        return False
    stores = table(Store)
    connection.execute(update(stores).where(stores.c.id == store.id).values(floor_day=None))
    return True


def _refuse_strangers(connection: Connection, key: str, platform: str, check: ShopCheck, *, force: bool) -> None:
    stores = table(Store)
    for row in connection.execute(select(stores.c.key, stores.c.platform, stores.c.shop_id, stores.c.name)):
        same = row.shop_id == check.shop_id
        if row.key == key and not same and row.platform not in {FILE, platform}:
            raise UnsafeError(
                f"Store {key} was a {row.platform} shop until now.", remedy="Give the new shop a name of its own."
            )
        if row.key == key and not same and row.platform != FILE and not force:
            raise UnsafeError(
                f"Another shop answers for {key}: {check.name} ({check.shop_id}), before {row.name} ({row.shop_id}).",
                remedy="Give it another database, or insist with --force if the shop only moved.",
            )
        if row.key != key and same and row.platform == platform and platform != FILE:
            raise UnsafeError(
                f"{key} is the same shop as {row.key} ({check.shop_id}).",
                remedy="Read each shop once: take one of the two out of the settings.",
            )


def _follow_floor(connection: Connection, store_id: int, before: int | None, now: int | None) -> None:
    """Of a store that was read before, the floor only goes when the platform shows all: then all is read again."""
    stores, orders, checkpoints = table(Store), table(Order), table(Checkpoint)
    if now is not None:
        read_before = connection.scalar(
            select(func.count())
            .select_from(checkpoints)
            .where(checkpoints.c.store_id == store_id, checkpoints.c.stream == "orders")
        )
        covered = connection.scalar(select(func.min(orders.c.local_day)).where(orders.c.store_id == store_id))
        reaches = connection.scalar(select(func.max(orders.c.local_day)).where(orders.c.store_id == store_id))
        if not read_before and not (covered is not None and reaches is not None and covered < now <= reaches + 1):
            connection.execute(update(stores).where(stores.c.id == store_id).values(floor_day=now))
    elif before is not None:
        connection.execute(update(stores).where(stores.c.id == store_id).values(floor_day=None))
        connection.execute(
            delete(checkpoints).where(checkpoints.c.store_id == store_id, checkpoints.c.stream == "orders")
        )
