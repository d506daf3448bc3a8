"""Orders, with their lines and refunds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, update

from connector.counting import amount, is_counted, void_day
from connector.database import NAMELESS, batches, bulk, bulk_update, chosen, next_id, remove
from connector.days import epoch, local_day
from connector.identity import Keys, Owner, Resolver, normal_email, normal_phone, touch
from connector.models import Order, OrderLine, Refund
from connector.money import believed
from connector.records import Attribution, Deletion, OrderRecord, OrderStatus
from connector.rows.products import product_ids
from connector.rows.writing import Digested, Version, Writing, Written, earliest, newest, supersedes
from connector.stores import OpenStore
from connector.tables import AnyRow, table

_LINE = ("order_id", "position", "product_id", "quantity", "total", "title", "sku", "variant_id", "gift_card")
_REFUND = ("id", "store_id", "platform_id", "order_id", "customer_id", "identity_id", "day", "amount")
_ORDER = tuple(column.name for column in table(Order).c)
_ATTRIBUTION = tuple(field.name for field in fields(Attribution))

_KNOWN = ("id", "platform_id", "digest", "updated_at", "origin", "status", "customer_id", "local_day")
_OWNER, _DAY = _ORDER.index("customer_id"), _ORDER.index("local_day")
_DATED = tuple(_ORDER.index(name) for name in ("void_day", "cancelled_day", "delivered_day"))
_TIMELESS = {"identity_id", "refunded", "updated_at", "digest", "origin", "platform_status"}
"""What changes nothing of a person's past: refunds are told by their own rows and days."""
_FROM_ITS_DAY = tuple(n for n, name in enumerate(_ORDER) if n not in _DATED and name not in _TIMELESS)
"""What holds of an order from its day on."""


class _Entry(NamedTuple):
    """An order on its way into its row: the values of its row and of its lines, in the order of the tables."""

    id: int
    known: bool  # whether a row of it stands already
    owner: Owner
    day: int
    row: tuple[Any, ...]
    lines: list[tuple[Any, ...]]
    refunds: tuple[tuple[str, int, int], ...]  # platform id, day, amount


def write_orders(connection: Connection, writing: Writing, page: Iterable[Digested[OrderRecord]]) -> Written:
    """Write a page of orders; a record without a sale only brings its refunds."""
    items = newest(page)
    sales = [item for item in items if item.record.sale]
    stored = _stored(connection, writing.store, [item.record.id for item in sales])
    fresh = [item for item in sales if supersedes(item, _version(stored.get(item.record.id)), writing.origin)]
    entries = _entries(connection, writing, fresh, stored)
    _touch(connection, entries)
    _write(connection, writing, entries)
    credits_ = _write_credits(connection, writing, [item.record for item in items if not item.record.sale])
    changed = sum(entry.known for entry in entries)
    return credits_ + Written(new=len(entries) - changed, changed=changed, same=len(sales) - len(fresh))


def delete_orders(connection: Connection, writing: Writing, deletions: Sequence[Deletion]) -> int:
    """Mark orders that the platform no longer has: they count no more. How many were known and not marked yet."""
    orders = table(Order)
    stored = _stored(connection, writing.store, [deletion.id for deletion in deletions])
    gone = [row for row in stored.values() if row.status != OrderStatus.DELETED]
    touch(connection, earliest((row.customer_id, row.local_day) for row in gone), {})
    for batch in batches(row.id for row in gone):
        connection.execute(
            update(orders)
            .where(orders.c.id.in_(batch))
            .values(status=OrderStatus.DELETED.value, counted=0, digest=0, origin=writing.origin)
        )
    return len(gone)


def recount(connection: Connection, store: OpenStore) -> int:
    """Decide anew which of a store's orders count, after its switches changed; how many rows differed."""
    orders, refunds = table(Order), table(Refund)
    given_back: dict[int, list[tuple[int, int]]] = {}
    for order_id, day, money in connection.execute(
        select(refunds.c.order_id, refunds.c.day, refunds.c.amount).where(
            refunds.c.store_id == store.id, refunds.c.order_id.is_not(None)
        )
    ):
        given_back.setdefault(order_id, []).append((day, money))
    decided = ("counted", "void_day", "total", "refunded")
    asked = ("id", "customer_id", "local_day", "status", "test", "currency", "gross", "tax", "shipping")
    statement = select(*(orders.c[name] for name in (*asked, "cancelled_day", *decided)))
    changed: list[tuple[Any, ...]] = []
    days: list[tuple[int | None, int]] = []
    # of whom was erased, only what was decided is left
    rows: Iterable[AnyRow] = connection.execute(statement.where(orders.c.store_id == store.id, orders.c.id < NAMELESS))
    for row in rows:
        now = _decided(row, given_back.get(row.id, ()), store)
        if now != (row.counted, row.void_day, row.total, row.refunded):
            changed.append((row.id, *now))
            days.append((row.customer_id, row.local_day))
    bulk_update(connection, orders, decided, changed)
    touch(connection, earliest(days), {})
    return len(changed)


def _decided(
    order: AnyRow, refunds: Sequence[tuple[int, int]], store: OpenStore
) -> tuple[int, int | None, int | None, int]:
    """What the store's switches make of an order's row: counted, void_day, total, refunded."""
    switches = store.switches
    counted = is_counted(order.status, test=order.test, gross=order.gross, switches=switches)
    void = void_day(order.gross, order.cancelled_day, refunds, switches)
    return int(counted), void, *_money(order.gross, order.tax, order.shipping, order.currency, refunds, store)


def _money(
    gross: int, tax: int, shipping: int, currency: str, refunds: Iterable[tuple[int, int]], store: OpenStore
) -> tuple[int | None, int]:
    """What an order adds to sums, None in a foreign currency, and how much of that was given back since."""
    if currency != store.base:
        return None, 0
    total = amount(gross, tax, shipping, store.switches)
    return total, min(sum(money for _, money in refunds), total)


def _stored(connection: Connection, store: OpenStore, ids: list[str]) -> dict[str, AnyRow]:
    found = chosen(connection, table(Order), _KNOWN, "platform_id", ids, store_id=store.id)
    return {row.platform_id: row for row in found}


def _version(row: AnyRow | None) -> Version | None:
    return None if row is None else (row.digest, row.updated_at, row.origin)


def keys_of(record: OrderRecord, writing: Writing) -> Keys:
    """Whose an order is. Beside an account named by the platform, a billing address is no key: it may be another's."""
    day = local_day(record.placed_at, writing.store.zone)
    if record.customer_id and writing.origin == "api":
        return Keys(day, account=record.customer_id)
    return Keys(
        day,
        account=record.customer_id,
        email=normal_email(record.email, shared=writing.shared),
        phone=normal_phone(record.phone, record.country),
    )


def _entries(
    connection: Connection, writing: Writing, fresh: list[Digested[OrderRecord]], stored: dict[str, AnyRow]
) -> list[_Entry]:
    keys = [keys_of(item.record, writing) for item in fresh]
    owners = Resolver(connection, writing.store.id, writing.now).resolve(keys)
    named = {line.product_id for item in fresh for line in item.record.lines if line.product_id}
    products = product_ids(connection, writing.store.id, named)
    free = next_id(connection, table(Order))
    entries = []
    for item, key, owner in zip(fresh, keys, owners, strict=True):
        old = stored.get(item.record.id)
        refunds = _refunds(item.record, key.day, writing)
        row_id = old.id if old else free
        row = (row_id, writing.store.id, *_row(item, owner, key.day, refunds, writing))
        lines = _lines(row_id, item.record, products)
        entries.append(_Entry(row_id, old is not None, owner, key.day, row, lines, refunds))
        free += old is None
    return entries


def _refunds(record: OrderRecord, day: int, writing: Writing) -> tuple[tuple[str, int, int], ...]:
    """The order's refunds as (id, day, amount); an undated one, or a status alone, holds from the order's day."""
    if record.status == OrderStatus.REFUNDED and not record.refunds:
        return ((f"{record.id}-refund", day, record.total),)
    if not record.refunds:
        return ()
    once = {refund.id: refund for refund in record.refunds}.values()
    believed(*(refund.amount for refund in once))
    return tuple((refund.id, _not_before(day, refund.at, writing) or day, refund.amount) for refund in once)


def _not_before(day: int, instant: datetime | None, writing: Writing) -> int | None:
    """The day of what became of an order, which is not before the order's own; None where it has no date."""
    return None if instant is None else max(day, local_day(instant, writing.store.zone))


def _touch(connection: Connection, entries: list[_Entry]) -> None:
    """Mark each person for review from the earliest day on which these orders changed their past."""
    before = _before(connection, [entry.id for entry in entries if entry.known])
    touched: list[tuple[int | None, int]] = []
    for entry in entries:
        old = before.get(entry.id)
        day = entry.day if old is None else _touched_day(old, entry)
        touched.append((entry.owner.customer_id, day))
        if old is not None:
            touched.append((old.row[_OWNER], day))
    touch(connection, earliest(touched), earliest((entry.owner.customer_id, entry.day) for entry in entries))


class _Before(NamedTuple):
    """What stands of an order whose record has changed."""

    row: tuple[Any, ...]
    lines: list[tuple[Any, ...]]
    refunds: set[tuple[str, int, int]]


def _before(connection: Connection, ids: list[int]) -> dict[int, _Before]:
    """The rows of some orders by their id, read after their people were resolved: a merge has moved them by now."""
    found = {row.id: _Before(tuple(row), [], set()) for row in chosen(connection, table(Order), _ORDER, "id", ids)}
    for line in chosen(connection, table(OrderLine), _LINE, "order_id", ids):
        found[line.order_id].lines.append(tuple(line))
    for refund in chosen(connection, table(Refund), _REFUND, "order_id", ids):
        found[refund.order_id].refunds.add((refund.platform_id, refund.day, refund.amount))
    return found


def _touched_day(old: _Before, new: _Entry) -> int:
    """The first day on which an order is not what it was: its own, unless only what is dated later has changed."""
    if any(old.row[n] != new.row[n] for n in _FROM_ITS_DAY) or sorted(old.lines) != new.lines:
        was: int = old.row[_DAY]
        return min(was, new.day)
    days = [day for _, day, _ in old.refunds ^ set(new.refunds)]
    days += [day for n in _DATED if old.row[n] != new.row[n] for day in (old.row[n], new.row[n]) if day is not None]
    return min(days, default=new.day)


def _write(connection: Connection, writing: Writing, entries: list[_Entry]) -> None:
    """Replace the rows of changed orders and add those of new ones."""
    known = [entry.id for entry in entries if entry.known]
    remove(connection, table(OrderLine), "order_id", known)
    remove(connection, table(Refund), "order_id", known)
    bulk(connection, table(Order), _ORDER, [entry.row for entry in entries if not entry.known])
    bulk_update(connection, table(Order), _ORDER[1:], [entry.row for entry in entries if entry.known])
    bulk(connection, table(OrderLine), _LINE, (line for entry in entries for line in entry.lines))
    _write_refunds(
        connection,
        writing,
        [(name, entry.id, entry.owner, day, money) for entry in entries for name, day, money in entry.refunds],
    )


def _write_refunds(
    connection: Connection, writing: Writing, rows: Sequence[tuple[str, int | None, Owner, int, int]]
) -> None:
    first = next_id(connection, table(Refund)) if rows else 0
    bulk(
        connection,
        table(Refund),
        _REFUND,
        (
            (first + n, writing.store.id, name, order_id, owner.customer_id, owner.identity_id, day, money)
            for n, (name, order_id, owner, day, money) in enumerate(rows)
        ),
    )


def _write_credits(connection: Connection, writing: Writing, records: list[OrderRecord]) -> Written:
    """Write money given back without an order that is known (a negative row of a file), on its own day."""
    if not records:
        return Written()
    refunds = table(Refund)
    keys = [keys_of(record, writing) for record in records]
    owners = Resolver(connection, writing.store.id, writing.now).resolve(keys)
    rows = [
        (refund.id, None, owner, local_day(refund.at or record.placed_at, writing.store.zone), refund.amount)
        for record, owner in zip(records, owners, strict=True)
        for refund in record.refunds
        if record.currency == writing.store.base
    ]
    believed(*(money for *_, money in rows))
    asked = ("platform_id", "id", "customer_id", "day", "amount")
    found = chosen(connection, refunds, asked, "platform_id", [row[0] for row in rows], store_id=writing.store.id)
    known = {row.platform_id: row for row in found}
    fresh = [
        row
        for row in rows
        if (old := known.get(row[0])) is None
        or (old.customer_id, old.day, old.amount) != (row[2].customer_id, *row[3:])
    ]
    replaced = [known[row[0]] for row in fresh if row[0] in known]
    remove(connection, refunds, "id", [old.id for old in replaced])
    _write_refunds(connection, writing, fresh)
    days = earliest((owner.customer_id, day) for _, _, owner, day, _ in fresh)
    touch(connection, earliest([*days.items(), *((old.customer_id, old.day) for old in replaced)]), days)
    return Written(new=len(fresh) - len(replaced), changed=len(replaced), same=len(rows) - len(fresh))


def _row(
    item: Digested[OrderRecord], owner: Owner, day: int, refunds: Sequence[tuple[str, int, int]], writing: Writing
) -> tuple[Any, ...]:
    """The values of an order's row after its id and its store, in the order of the table."""
    record, store = item.record, writing.store
    believed(record.total, record.tax, record.shipping, record.discount)
    given_back = [(when, money) for _, when, money in refunds]
    cancelled = _not_before(day, record.cancelled_at, writing)
    total, refunded = _money(record.total, record.tax, record.shipping, record.currency, given_back, store)
    return (
        record.id,
        owner.customer_id,
        owner.identity_id,
        day,
        int(is_counted(record.status, test=record.test, gross=record.total, switches=store.switches)),
        void_day(record.total, cancelled, given_back, store.switches),
        total,
        refunded,
        epoch(record.placed_at),
        epoch(record.updated_at) if record.updated_at else None,
        item.digest,
        writing.origin,
        record.name,
        record.status.value,
        record.platform_status,
        record.test,
        cancelled,
        record.currency,
        record.total,
        record.tax,
        record.shipping,
        record.discount,
        "\n".join(record.coupons) or None,
        record.channel,
        record.payment_method,
        record.shipping_method,
        record.country,
        record.region,
        record.city,
        record.postcode,
        _not_before(day, record.delivered_at, writing),
        _attribution(record.attribution),
    )


@lru_cache(maxsize=4096)
def _attribution(visit: Attribution | None) -> str | None:
    """A visit as JSON, remembered: most orders come by the same few ways."""
    return json.dumps({name: getattr(visit, name) for name in _ATTRIBUTION}) if visit else None


def _lines(order_id: int, record: OrderRecord, products: dict[str, int]) -> list[tuple[Any, ...]]:
    """The values of an order's lines, in the order of the table."""
    rows = []
    for position, line in enumerate(record.lines):
        believed(line.quantity, line.total)
        product = products[line.product_id] if line.product_id else None
        rows.append(
            (
                order_id,
                position,
                product,
                line.quantity,
                line.total,
                line.title,
                line.sku,
                line.variant_id,
                line.gift_card,
            )
        )
    return rows
