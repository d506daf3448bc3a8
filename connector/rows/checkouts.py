"""Checkouts that were begun."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection

from connector.database import bulk, chosen, next_id, remove
from connector.days import epoch, local_day
from connector.identity import Keys, Owner, Resolver, normal_email, touch
from connector.models import Checkout
from connector.money import believed
from connector.records import CheckoutRecord
from connector.rows.writing import Digested, Version, Writing, Written, earliest, newest, supersedes
from connector.tables import AnyRow, table

_ASKED = ("id", "platform_id", "digest", "updated_at", "customer_id", "local_day")


def write_checkouts(connection: Connection, writing: Writing, page: Iterable[Digested[CheckoutRecord]]) -> Written:
    """Write a page of checkouts. A checkout alone makes a person as soon as it has an account or an address."""
    items = newest(page)
    stored = _stored(connection, writing, [item.record.id for item in items])
    fresh = [item for item in items if supersedes(item, _version(stored.get(item.record.id)), writing.origin)]
    keys = [keys_of(item.record, writing) for item in fresh]
    owners = Resolver(connection, writing.store.id, writing.now).resolve(keys)
    replaced = list(chosen(connection, table(Checkout), _ASKED, "id", _ids(fresh, stored)))
    remove(connection, table(Checkout), "id", [old.id for old in replaced])
    free = next_id(connection, table(Checkout))
    rows = [
        (free + n, writing.store.id, *_row(item, owner, key.day, writing))
        for n, (item, key, owner) in enumerate(zip(fresh, keys, owners, strict=True))
    ]
    bulk(connection, table(Checkout), [column.name for column in table(Checkout).c], rows)
    days = [(owner.customer_id, key.day) for owner, key in zip(owners, keys, strict=True)]
    before = [(old.customer_id, old.local_day) for old in replaced]
    touch(connection, earliest([*days, *before]), earliest(days))
    return Written(new=len(fresh) - len(replaced), changed=len(replaced), same=len(items) - len(fresh))


def _stored(connection: Connection, writing: Writing, ids: list[str]) -> dict[str, AnyRow]:
    found = chosen(connection, table(Checkout), _ASKED, "platform_id", ids, store_id=writing.store.id)
    return {row.platform_id: row for row in found}


def _version(row: AnyRow | None) -> Version | None:
    return None if row is None else (row.digest, row.updated_at, "api")


def keys_of(record: CheckoutRecord, writing: Writing) -> Keys:
    """Whose a checkout is; beside an account, an address that was typed in is no key."""
    email = None if record.customer_id else normal_email(record.email, shared=writing.shared)
    return Keys(local_day(record.created_at, writing.store.zone), account=record.customer_id, email=email)


def _ids(fresh: list[Digested[CheckoutRecord]], stored: dict[str, AnyRow]) -> list[int]:
    return [stored[item.record.id].id for item in fresh if item.record.id in stored]


def _row(item: Digested[CheckoutRecord], owner: Owner, day: int, writing: Writing) -> tuple[Any, ...]:
    """The values of a checkout's row after its id and its store, in the order of the table."""
    record = item.record
    believed(record.total)
    return (
        record.id,
        owner.customer_id,
        owner.identity_id,
        day,
        local_day(record.completed_at, writing.store.zone) if record.completed_at else None,
        epoch(record.updated_at) if record.updated_at else None,
        item.digest,
        record.total if record.currency == writing.store.base else None,
    )
