"""Checkouts that were begun."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, bindparam, select

from connector.database import batches, bulk, next_id, remove
from connector.days import epoch, local_day
from connector.identity import Keys, Resolver, normal_email, touch
from connector.models import Checkout
from connector.records import CheckoutRecord
from connector.rows.writing import Digested, Writing, Written, newest, supersedes
from connector.tables import table


def write_checkouts(connection: Connection, writing: Writing, page: Iterable[Digested[CheckoutRecord]]) -> Written:
    """Write a page of checkouts. A checkout alone makes a person as soon as it has an account or an address."""
    items = newest(page)
    checkouts = table(Checkout)
    statement = select(checkouts.c.platform_id, checkouts.c.id, checkouts.c.digest, checkouts.c.updated_at).where(
        checkouts.c.store_id == writing.store.id, checkouts.c.platform_id.in_(bindparam("ids", expanding=True))
    )
    stored = {
        row.platform_id: row
        for batch in batches(item.record.id for item in items)
        for row in connection.execute(statement, {"ids": batch})
    }
    fresh = [
        item
        for item in items
        if (row := stored.get(item.record.id)) is None
        or supersedes(item, (row.digest, row.updated_at, "api"), writing.origin)
    ]
    keys = [
        Keys(
            day=local_day(item.record.created_at, writing.store.zone),
            account=item.record.customer_id,
            email=None if item.record.customer_id else normal_email(item.record.email, shared=writing.shared),
        )
        for item in fresh
    ]
    owners = Resolver(connection, writing.store.id, writing.now).resolve(keys)
    remove(connection, checkouts, "id", [stored[item.record.id].id for item in fresh if item.record.id in stored])
    first = next_id(connection, checkouts)
    rows = [
        (
            first + number,
            writing.store.id,
            item.record.id,
            owner.customer_id,
            owner.identity_id,
            key.day,
            local_day(item.record.completed_at, writing.store.zone) if item.record.completed_at else None,
            epoch(item.record.updated_at) if item.record.updated_at else None,
            item.digest,
            item.record.total if item.record.currency == writing.store.base else None,
        )
        for number, (item, key, owner) in enumerate(zip(fresh, keys, owners, strict=True))
    ]
    bulk(connection, checkouts, [column.name for column in checkouts.c], rows)
    days = {owner.customer_id: key.day for owner, key in zip(owners, keys, strict=True) if owner.customer_id}
    touch(connection, days, days)
    changed = sum(item.record.id in stored for item in fresh)
    return Written(new=len(fresh) - changed, changed=changed, same=len(items) - len(fresh))
