"""Orders, with their lines and refunds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from connector.counting import amount, is_counted, void_day
from connector.database import batches, bulk, bulk_update, chosen, next_id, remove
from connector.days import epoch, local_day
from connector.identity import Keys, Owner, Resolver, normal_email, normal_phone, touch
from connector.models import Order, OrderLine, Refund
from connector.records import Deletion, OrderRecord, OrderStatus
from connector.rows.products import product_ids
from connector.rows.writing import Digested, Version, Writing, Written, newest, supersedes
from connector.stores import OpenStore
from connector.tables import AnyRow, table

_LINE = ("order_id", "position", "product_id", "quantity", "total", "title", "sku", "variant_id", "gift_card")
_REFUND = ("id", "store_id", "platform_id", "order_id", "customer_id", "identity_id", "day", "amount")
_ORDER = tuple(column.name for column in table(Order).c)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What of an order decides about stages: a change of anything else is no change of a person's past."""

    customer_id: int | None
    local_day: int
    counted: int
    total: int | None
    void_day: int | None


@dataclass(frozen=True, slots=True)
class _Entry:
    """An order on its way into its row."""

    id: int
    item: Digested[OrderRecord]
    owner: Owner
    facts: _Facts
    refunds: tuple[tuple[str, int, int], ...]  # platform id, day, amount
    old: AnyRow | None


def write_orders(connection: Connection, writing: Writing, page: Iterable[Digested[OrderRecord]]) -> Written:
    """Write a page of orders; a record without a sale only brings its refunds."""
    items = newest(page)
    sales = [item for item in items if item.record.sale]
    stored = _stored(connection, writing.store, [item.record.id for item in sales])
    fresh = [item for item in sales if supersedes(item, _version(stored.get(item.record.id)), writing.origin)]
    owners = _owners(connection, writing, [item.record for item in fresh])
    entries = _entries(connection, writing, fresh, owners, stored)
    _touch(connection, entries)
    _write(connection, writing, entries)
    credits_ = _write_credits(connection, writing, [item.record for item in items if not item.record.sale])
    changed = sum(entry.old is not None for entry in entries)
    return credits_ + Written(new=len(entries) - changed, changed=changed, same=len(sales) - len(fresh))


def delete_orders(connection: Connection, writing: Writing, deletions: Sequence[Deletion]) -> int:
    """Mark orders that the platform no longer has: they count no more. How many were known and counted."""
    orders = table(Order)
    stored = _stored(connection, writing.store, [deletion.id for deletion in deletions])
    gone = [row for row in stored.values() if row.status != OrderStatus.DELETED]
    days = {row.customer_id: row.local_day for row in gone if row.customer_id is not None}
    for row in gone:
        days[row.customer_id] = min(days.get(row.customer_id, row.local_day), row.local_day)
    touch(connection, {person: day for person, day in days.items() if person is not None}, {})
    for batch in batches(row.id for row in gone):
        connection.execute(
            update(orders).where(orders.c.id.in_(batch)).values(status=OrderStatus.DELETED.value, counted=0, digest=0)
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
    changed: list[tuple[Any, ...]] = []
    days: dict[int, int] = {}
    rows: Iterable[AnyRow] = connection.execute(select(orders).where(orders.c.store_id == store.id))
    for row in rows:
        facts = _facts(row, store, given_back.get(row.id, []))
        if facts != (row.counted, row.total, row.void_day):
            changed.append((row.id, *facts))
            if row.customer_id is not None:
                days[row.customer_id] = min(days.get(row.customer_id, row.local_day), row.local_day)
    bulk_update(connection, orders, ("counted", "total", "void_day"), changed)
    touch(connection, days, {})
    return len(changed)


def _facts(row: AnyRow, store: OpenStore, refunds: list[tuple[int, int]]) -> tuple[int, int | None, int | None]:
    counted = is_counted(row.status, test=row.test, gross=row.gross, switches=store.switches)
    total = amount(row.gross, row.tax, row.shipping, store.switches) if row.currency == store.base else None
    return int(counted), total, void_day(row.gross, row.cancelled_day, refunds, store.switches)


def _stored(connection: Connection, store: OpenStore, ids: list[str]) -> dict[str, AnyRow]:
    orders = table(Order)
    statement = select(
        orders.c.id,
        orders.c.platform_id,
        orders.c.digest,
        orders.c.updated_at,
        orders.c.origin,
        orders.c.status,
        orders.c.customer_id,
        orders.c.local_day,
        orders.c.counted,
        orders.c.total,
        orders.c.void_day,
    ).where(orders.c.store_id == store.id, orders.c.platform_id.in_(bindparam("ids", expanding=True)))
    found: Iterable[AnyRow] = (row for batch in batches(ids) for row in connection.execute(statement, {"ids": batch}))
    return {row.platform_id: row for row in found}


def _version(row: AnyRow | None) -> Version | None:
    return None if row is None else (row.digest, row.updated_at, row.origin)


def _owners(connection: Connection, writing: Writing, records: list[OrderRecord]) -> list[Owner]:
    keys = [_keys(record, writing) for record in records]
    return Resolver(connection, writing.store.id, writing.now).resolve(keys)


def _keys(record: OrderRecord, writing: Writing) -> Keys:
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
    connection: Connection,
    writing: Writing,
    fresh: list[Digested[OrderRecord]],
    owners: list[Owner],
    stored: dict[str, AnyRow],
) -> list[_Entry]:
    free = next_id(connection, table(Order))
    entries = []
    for item, owner in zip(fresh, owners, strict=True):
        old = stored.get(item.record.id)
        day = local_day(item.record.placed_at, writing.store.zone)
        refunds = _refunds(item.record, writing, day)
        entries.append(
            _Entry(
                old.id if old else free,
                item,
                owner,
                _new_facts(item.record, writing, owner, day, refunds),
                refunds,
                old,
            )
        )
        free += old is None
    return entries


def _refunds(record: OrderRecord, writing: Writing, day: int) -> tuple[tuple[str, int, int], ...]:
    """The order's refunds as (id, day, amount); an undated one, or a status alone, holds from the order's day."""
    if record.status == OrderStatus.REFUNDED and not record.refunds:
        return ((f"{record.id}-refund", day, record.total),)
    zone = writing.store.zone
    return tuple(
        (refund.id, max(day, local_day(refund.at, zone)) if refund.at else day, refund.amount)
        for refund in record.refunds
    )


def _new_facts(
    record: OrderRecord, writing: Writing, owner: Owner, day: int, refunds: tuple[tuple[str, int, int], ...]
) -> _Facts:
    switches = writing.store.switches
    cancelled = max(day, local_day(record.cancelled_at, writing.store.zone)) if record.cancelled_at else None
    home = record.currency == writing.store.base
    return _Facts(
        customer_id=owner.customer_id,
        local_day=day,
        counted=int(is_counted(record.status, test=record.test, gross=record.total, switches=switches)),
        total=amount(record.total, record.tax, record.shipping, switches) if home else None,
        void_day=void_day(record.total, cancelled, [(when, money) for _, when, money in refunds], switches),
    )


def _touch(connection: Connection, entries: list[_Entry]) -> None:
    """Mark each person for review from the earliest day on which these orders changed their past."""
    refunds: dict[int, set[tuple[int, int]]] = {}
    old_ids = [entry.id for entry in entries if entry.old]
    for order_id, day, money in chosen(connection, table(Refund), ("order_id", "day", "amount"), "order_id", old_ids):
        refunds.setdefault(order_id, set()).add((day, money))
    touched: dict[int, int] = {}
    proven: dict[int, int] = {}
    for entry in entries:
        day = _touched_day(entry, refunds.get(entry.id, set()))
        people = {entry.facts.customer_id, entry.old.customer_id if entry.old else None} - {None}
        for person in people:
            assert person is not None
            touched[person] = min(touched.get(person, day), day)
        if entry.facts.customer_id is not None:
            person = entry.facts.customer_id
            proven[person] = min(proven.get(person, entry.facts.local_day), entry.facts.local_day)
    touch(connection, touched, proven)


def _touched_day(entry: _Entry, before: set[tuple[int, int]]) -> int:
    facts, old = entry.facts, entry.old
    if old is None:
        return facts.local_day
    was = _Facts(old.customer_id, old.local_day, old.counted, old.total, old.void_day)
    if (was.customer_id, was.local_day, was.counted, was.total) != (
        facts.customer_id,
        facts.local_day,
        facts.counted,
        facts.total,
    ):
        return min(was.local_day, facts.local_day)
    days = {day for day, _ in before ^ {(day, money) for _, day, money in entry.refunds}}
    if was.void_day != facts.void_day:
        days |= {day for day in (was.void_day, facts.void_day) if day is not None}
    return min(days, default=facts.local_day)


def _write(connection: Connection, writing: Writing, entries: list[_Entry]) -> None:
    """Replace the rows of changed orders and add those of new ones."""
    orders, lines, refunds = table(Order), table(OrderLine), table(Refund)
    rows = [_row(entry, writing) for entry in entries]
    old_ids = [entry.id for entry in entries if entry.old]
    remove(connection, lines, "order_id", old_ids)
    remove(connection, refunds, "order_id", old_ids)
    bulk(connection, orders, _ORDER, [row for row, entry in zip(rows, entries, strict=True) if entry.old is None])
    replaced = [row for row, entry in zip(rows, entries, strict=True) if entry.old is not None]
    bulk_update(connection, orders, _ORDER[1:], replaced)
    products = product_ids(
        connection,
        writing.store.id,
        {line.product_id for entry in entries for line in entry.item.record.lines if line.product_id},
    )
    bulk(connection, lines, _LINE, (row for entry in entries for row in _lines(entry, products)))
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
    owners = _owners(connection, writing, records)
    rows = [
        (refund.id, None, owner, local_day(refund.at or record.placed_at, writing.store.zone), refund.amount)
        for record, owner in zip(records, owners, strict=True)
        for refund in record.refunds
        if record.currency == writing.store.base
    ]
    statement = select(
        refunds.c.platform_id, refunds.c.id, refunds.c.customer_id, refunds.c.day, refunds.c.amount
    ).where(refunds.c.store_id == writing.store.id, refunds.c.platform_id.in_(bindparam("ids", expanding=True)))
    known = {
        row.platform_id: row
        for batch in batches(row[0] for row in rows)
        for row in connection.execute(statement, {"ids": batch})
    }
    fresh = [
        row
        for row in rows
        if (old := known.get(row[0])) is None
        or (old.customer_id, old.day, old.amount) != (row[2].customer_id, *row[3:])
    ]
    remove(connection, refunds, "id", [known[row[0]].id for row in fresh if row[0] in known])
    _write_refunds(connection, writing, fresh)
    days: dict[int, int] = {}
    for _, _, owner, day, _ in fresh:
        if owner.customer_id is not None:
            days[owner.customer_id] = min(days.get(owner.customer_id, day), day)
    touch(connection, days, days)
    changed = sum(row[0] in known for row in fresh)
    return Written(new=len(fresh) - changed, changed=changed, same=len(rows) - len(fresh))


def _row(entry: _Entry, writing: Writing) -> tuple[Any, ...]:
    """The values of an order's row, in the order of the table."""
    record, facts, zone = entry.item.record, entry.facts, writing.store.zone
    refunded = min(sum(money for _, _, money in entry.refunds), facts.total or 0)
    return (
        entry.id,
        writing.store.id,
        record.id,
        facts.customer_id,
        entry.owner.identity_id,
        facts.local_day,
        facts.counted,
        facts.void_day,
        facts.total,
        refunded,
        epoch(record.placed_at),
        epoch(record.updated_at) if record.updated_at else None,
        entry.item.digest,
        writing.origin,
        record.name,
        record.status.value,
        record.platform_status,
        record.test,
        local_day(record.cancelled_at, zone) if record.cancelled_at else None,
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
        local_day(record.delivered_at, zone) if record.delivered_at else None,
        json.dumps(asdict(record.attribution)) if record.attribution else None,
    )


def _lines(entry: _Entry, products: dict[str, int]) -> Iterable[tuple[Any, ...]]:
    for position, line in enumerate(entry.item.record.lines):
        product = products[line.product_id] if line.product_id else None
        yield (
            entry.id,
            position,
            product,
            line.quantity,
            line.total,
            line.title,
            line.sku,
            line.variant_id,
            line.gift_card,
        )
