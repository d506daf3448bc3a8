"""Customer accounts, with their consents."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select

from connector.database import batches, bulk, remove
from connector.days import epoch, local_day
from connector.fields import day_of
from connector.identity import Keys, Owner, Resolver, normal_email, normal_phone, touch
from connector.models import Account, Consent, CustomerField, Identity
from connector.records import CustomerRecord, Deletion
from connector.rows.writing import Digested, Version, Writing, Written, earliest, newest, supersedes
from connector.tables import table


def write_customers(connection: Connection, writing: Writing, page: Iterable[Digested[CustomerRecord]]) -> Written:
    """Write a page of accounts: the person, the account, and what it says of consent."""
    items = newest(page)
    stored = _stored(connection, writing, [item.record.id for item in items])
    fresh = [item for item in items if supersedes(item, stored.get(item.record.id), writing.origin)]
    keys = [keys_of(item.record, writing) for item in fresh]
    owners = Resolver(connection, writing.store.id, writing.now).resolve(keys)
    _write_accounts(connection, writing, fresh, owners)
    _write_fields(connection, fresh, owners)
    _write_consents(connection, writing, fresh, owners)
    # a profile has no past: what it says now holds from today, only the account's creation has a date of its own
    touch(
        connection,
        earliest((owner.customer_id, writing.today) for owner in owners),
        earliest((owner.customer_id, key.day) for owner, key in zip(owners, keys, strict=True)),
    )
    changed = sum(item.record.id in stored for item in fresh)
    return Written(new=len(fresh) - changed, changed=changed, same=len(items) - len(fresh))


def delete_customers(connection: Connection, writing: Writing, deletions: Sequence[Deletion]) -> int:
    """Forget accounts that the platform no longer has, with their consents; how many were known. Their orders stay."""
    identities, accounts = table(Identity), table(Account)
    statement = (
        select(identities.c.id, identities.c.customer_id)
        .join(accounts, accounts.c.identity_id == identities.c.id)
        .where(
            identities.c.kind == "account",
            identities.c.scope == writing.store.id,
            identities.c.value.in_(bindparam("ids", expanding=True)),
        )
    )
    found = [
        row
        for batch in batches(deletion.id for deletion in deletions)
        for row in connection.execute(statement, {"ids": batch}).all()
    ]
    for rows in (Account, CustomerField, Consent):
        remove(connection, table(rows), "identity_id", [row.id for row in found])
    touch(connection, earliest((row.customer_id, writing.today) for row in found), {})
    return len(found)


def keys_of(record: CustomerRecord, writing: Writing) -> Keys:
    """Whose an account is."""
    return Keys(
        day=local_day(record.created_at, writing.store.zone) if record.created_at else writing.today,
        account=record.id,
        email=normal_email(record.email, shared=writing.shared),
        phone=normal_phone(record.phone, record.country),
    )


def _stored(connection: Connection, writing: Writing, ids: list[str]) -> dict[str, Version]:
    """The accounts that are known already, by the platform's id."""
    accounts, identities = table(Account), table(Identity)
    statement = (
        select(identities.c.value, accounts.c.digest, accounts.c.updated_at, accounts.c.origin)
        .join(accounts, accounts.c.identity_id == identities.c.id)
        .where(
            identities.c.kind == "account",
            identities.c.scope == writing.store.id,
            identities.c.value.in_(bindparam("ids", expanding=True)),
        )
    )
    return {
        name: (digest, updated_at, origin)
        for batch in batches(ids)
        for name, digest, updated_at, origin in connection.execute(statement, {"ids": batch}).all()
    }


def _write_accounts(
    connection: Connection, writing: Writing, fresh: list[Digested[CustomerRecord]], owners: list[Owner]
) -> None:
    rows = [(owner.identity_id, *_account(item, writing)) for item, owner in zip(fresh, owners, strict=True)]
    remove(connection, table(Account), "identity_id", [row[0] for row in rows])
    bulk(connection, table(Account), [column.name for column in table(Account).c], rows)


def _account(item: Digested[CustomerRecord], writing: Writing) -> tuple[Any, ...]:
    """The values of an account's row after its identity, in the order of the table."""
    record = item.record
    return (
        local_day(record.created_at, writing.store.zone) if record.created_at else None,
        epoch(record.updated_at) if record.updated_at else None,
        item.digest,
        writing.origin,
        record.state,
        record.language,
        record.country,
        record.region,
        record.city,
        record.postcode,
        "\n".join(record.tags) or None,
    )


def _write_fields(connection: Connection, fresh: list[Digested[CustomerRecord]], owners: list[Owner]) -> None:
    rows = [
        (owner.identity_id, field.name, field.path, field.value, day_of(field.value))
        for item, owner in zip(fresh, owners, strict=True)
        for field in item.record.fields
    ]
    remove(connection, table(CustomerField), "identity_id", [owner.identity_id for owner in owners])
    bulk(connection, table(CustomerField), ("identity_id", "name", "path", "value", "day"), rows)


def _write_consents(
    connection: Connection, writing: Writing, fresh: list[Digested[CustomerRecord]], owners: list[Owner]
) -> None:
    consents = table(Consent)
    stale = consents.delete().where(
        consents.c.customer_id == bindparam("person"),  # the table's key begins with it
        consents.c.identity_id == bindparam("account"),
        consents.c.source == writing.store.key,
    )
    if owners:
        connection.execute(stale, [{"person": owner.customer_id, "account": owner.identity_id} for owner in owners])
    rows = [
        (
            owner.customer_id,
            consent.channel,
            writing.store.key,
            owner.identity_id,
            consent.state.value,
            epoch(consent.since) if consent.since else None,
        )
        for item, owner in zip(fresh, owners, strict=True)
        for consent in item.record.consents
    ]
    bulk(connection, consents, ("customer_id", "channel", "source", "identity_id", "state", "since"), rows)
