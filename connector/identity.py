"""Identity resolution: whose record is this? One person is the union of accounts, e-mail addresses and phone numbers.

Keys are deterministic and compared whole. Placeholder addresses are no keys. Each merge is a row that can be undone,
and two people whom a user has separated are never joined again.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

import phonenumbers
from sqlalchemy import Connection, bindparam, delete, func, select, update

from connector.database import BATCH, bulk, bulk_update, next_id
from connector.errors import SettingsError
from connector.models import Account, Checkout, Consent, Customer, Identity, Membership, Merge, Metric, Order, Refund
from connector.tables import table

Kind = Literal["account", "email", "phone"]
Key = tuple[Kind, int, str]

EVERYWHERE = 0
"""The scope of keys that mean the same person in every store."""

_EMAIL = re.compile(r"[^\s@<>()\[\],;:\\\"]+@[^\s@<>()\[\],;:\\\"]+\.[^\s@.<>()\[\],;:\\\"]{2,}")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_PLACEHOLDER = re.compile(
    r"(no-?reply|ne-?pas-?repondre|guest|invite|anonymous|anonyme|none|null|no-?email|sans-?email|unknown|inconnu)"
    r"@.*|.*@(localhost|noemail|invalid)(\.[a-z]+)?"
)


@dataclass(frozen=True, slots=True)
class Keys:
    """What a record says about whose it is. `day` is the first day that it proves the person to exist."""

    day: int
    account: str | None = None
    email: str | None = None
    phone: str | None = None

    def of(self, store_id: int) -> list[Key]:
        """The keys, strongest first."""
        keys: list[Key] = []
        if self.account:
            keys.append(("account", store_id, self.account))
        if self.email:
            keys.append(("email", EVERYWHERE, self.email))
        if self.phone:
            keys.append(("phone", EVERYWHERE, self.phone))
        return keys


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a record is, and by which key; both None where nothing says."""

    customer_id: int | None
    identity_id: int | None


NOBODY = Owner(None, None)


def normal_email(text: str | None, *, shared: Iterable[str] = ()) -> str | None:
    """The address lower-cased, in NFC, its domain in ASCII; None where it is none, a placeholder or among `shared`."""
    if not text:
        return None
    address = unicodedata.normalize("NFC", text).strip().lower()
    if len(address) > 254 or not _EMAIL.fullmatch(address) or _PLACEHOLDER.fullmatch(address):
        return None
    name, _, domain = address.rpartition("@")
    try:
        address = f"{name}@{domain.encode('idna').decode('ascii')}" if not domain.isascii() else address
    except UnicodeError:
        return None
    return None if address in shared else address


@lru_cache(maxsize=65_536)
def normal_phone(text: str | None, country: str | None = None) -> str | None:
    """The number in E.164, read as a national number of `country` where it has no prefix; None where it is none."""
    if not text:
        return None
    if _E164.fullmatch(text):
        return text
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@dataclass
class Resolver:
    """Finds or makes the person of each record of a page; `flush` writes what it decided.

    One page, one resolver, one transaction.
    """

    connection: Connection
    store_id: int
    now: int
    _known: dict[Key, Owner] = field(default_factory=dict)
    _people: list[tuple[int, int, int]] = field(default_factory=list)  # id, since_day, next_review_on
    _identities: list[tuple[int, str, int, str, int]] = field(default_factory=list)
    _root: dict[int, int] = field(default_factory=dict)
    _separated: set[frozenset[int]] | None = None

    def __post_init__(self) -> None:
        self._next_person = next_id(self.connection, table(Customer))
        self._next_identity = next_id(self.connection, table(Identity))

    def resolve(self, records: Sequence[Keys]) -> list[Owner]:
        """The owner of each record, in the same order. People found to be one are merged on the way."""
        wanted = [keys.of(self.store_id) for keys in records]
        self._load({key for keys in wanted for key in keys} - self._known.keys())
        owners = [self._owner(keys, record.day) for keys, record in zip(wanted, records, strict=True)]
        self._flush()
        return [Owner(self._rooted(owner.customer_id), owner.identity_id) for owner in owners]

    def _load(self, keys: set[Key]) -> None:
        identities = table(Identity)
        groups: dict[tuple[Kind, int], list[str]] = {}
        for kind, scope, value in keys:
            groups.setdefault((kind, scope), []).append(value)
        statement = select(identities.c.value, identities.c.id, identities.c.customer_id).where(
            identities.c.kind == bindparam("kind"),
            identities.c.scope == bindparam("scope"),
            identities.c.value.in_(bindparam("values", expanding=True)),
        )
        for (kind, scope), values in groups.items():
            for start in range(0, len(values), BATCH):
                found = self.connection.execute(
                    statement, {"kind": kind, "scope": scope, "values": values[start : start + BATCH]}
                )
                for value, identity_id, customer_id in found:
                    self._known[kind, scope, value] = Owner(customer_id, identity_id)

    def _owner(self, keys: list[Key], day: int) -> Owner:
        if not keys:
            return NOBODY
        owned = [(key, self._known[key]) for key in keys if key in self._known]
        people = list(dict.fromkeys(self._rooted(owner.customer_id) for _, owner in owned))
        person = people[0] if people else self._new_person(day)
        assert person is not None
        for other in people[1:]:
            link = next(owner.identity_id for _, owner in owned if self._rooted(owner.customer_id) == other)
            assert other is not None
            assert link is not None
            person = self._join(person, other, link)
        for key in keys:
            if key not in self._known:
                self._known[key] = Owner(person, self._new_identity(key, person))
        return Owner(person, self._known[keys[0]].identity_id)

    def _rooted(self, customer_id: int | None) -> int | None:
        while customer_id in self._root:
            customer_id = self._root[customer_id]
        return customer_id

    def _new_person(self, day: int) -> int:
        person = self._next_person
        self._next_person += 1
        self._people.append((person, day, day))
        return person

    def _new_identity(self, key: Key, person: int) -> int:
        identity = self._next_identity
        self._next_identity += 1
        self._identities.append((identity, *key, person))
        return identity

    def _join(self, one: int, other: int, link: int) -> int:
        kept, absorbed = min(one, other), max(one, other)
        if frozenset((kept, absorbed)) in self._apart():
            return one
        self._flush()
        merge(self.connection, kept, absorbed, identity_id=link, now=self.now)
        self._root[absorbed] = kept
        return kept

    def _apart(self) -> set[frozenset[int]]:
        if self._separated is None:
            merges = table(Merge)
            rows = self.connection.execute(
                select(merges.c.kept_id, merges.c.absorbed_id).where(merges.c.undone_at.is_not(None))
            )
            self._separated = {frozenset((kept, absorbed)) for kept, absorbed in rows}
        return self._separated

    def _flush(self) -> None:
        bulk(self.connection, table(Customer), ("id", "since_day", "next_review_on"), self._people)
        bulk(self.connection, table(Identity), ("id", "kind", "scope", "value", "customer_id"), self._identities)
        self._people.clear()
        self._identities.clear()


def touch(connection: Connection, touched: Mapping[int, int], proven: Mapping[int, int]) -> None:
    """Have people looked at again: each person of `touched` from that day on, for something of that day has changed.

    `proven` has the days that prove a person to exist; one who turns out to be older is looked at from then on.
    """
    people = table(Customer)
    statement = select(people.c.id, people.c.since_day, people.c.next_review_on).where(
        people.c.id.in_(bindparam("ids", expanding=True))
    )
    ids = list(touched.keys() | proven.keys())
    rows = []
    for start in range(0, len(ids), BATCH):
        for person, since, review in connection.execute(statement, {"ids": ids[start : start + BATCH]}):
            older = min(since, proven.get(person, since))
            days = [review, touched.get(person), older if older < since else None]
            wanted = (older, min((day for day in days if day is not None), default=None))
            if wanted != (since, review):
                rows.append((person, *wanted))
    bulk_update(connection, people, ("since_day", "next_review_on"), rows)


def merge(connection: Connection, kept: int, absorbed: int, *, identity_id: int, now: int) -> None:
    """Make one person of two: all that the absorbed one had becomes the kept one's, and is remembered."""
    identities, merges = table(Identity), table(Merge)
    moved = list(connection.scalars(select(identities.c.id).where(identities.c.customer_id == absorbed)))
    connection.execute(
        merges.insert(),
        {
            "kept_id": kept,
            "absorbed_id": absorbed,
            "identity_id": identity_id,
            "moved": json.dumps(moved),
            "merged_at": now,
        },
    )
    _hand_over(connection, moved, to=kept)
    people = table(Customer)
    since = connection.scalar(select(func.min(people.c.since_day)).where(people.c.id.in_((kept, absorbed))))
    _forget_stages(connection, absorbed)
    connection.execute(update(people).where(people.c.id == absorbed).values(merged_into=kept, next_review_on=None))
    connection.execute(update(people).where(people.c.id == kept).values(since_day=since, next_review_on=since))


def undo_merge(connection: Connection, merge_id: int, *, now: int) -> None:
    """Make two people again of one, as they were, with what came in since going to whose key it carries."""
    merges, people = table(Merge), table(Customer)
    row = connection.execute(select(merges).where(merges.c.id == merge_id, merges.c.undone_at.is_(None))).one_or_none()
    if row is None:
        raise SettingsError(f"No merge {merge_id} holds.", remedy="List the merges of a person to find its number.")
    owner = connection.scalar(
        select(table(Identity).c.customer_id).where(table(Identity).c.id == json.loads(row.moved)[0])
    )
    connection.execute(update(people).where(people.c.id == row.absorbed_id).values(merged_into=None))
    _hand_over(connection, json.loads(row.moved), to=row.absorbed_id)
    connection.execute(update(merges).where(merges.c.id == merge_id).values(undone_at=now))
    for person in {owner, row.absorbed_id}:
        _forget_stages(connection, person)
        since = _first_day(connection, person)
        connection.execute(update(people).where(people.c.id == person).values(since_day=since, next_review_on=since))


def find_people(connection: Connection, text: str) -> list[int]:
    """The people whom an e-mail, a phone number, a shop's customer id or `person:ID` means; SettingsError for none."""
    identities, people = table(Identity), table(Customer)
    values = {value for value in (text, normal_email(text), normal_phone(text)) if value}
    found = select(identities.c.customer_id).where(identities.c.value.in_(values))
    if text.startswith("person:") and text[7:].isdigit():
        found = select(people.c.id).where(people.c.id == int(text[7:]))
    ids = sorted(set(connection.scalars(found)))
    if not ids:
        raise SettingsError(
            f"Nobody here is known as {text!r}.",
            remedy="Give an e-mail address, a phone number, a customer id of the shop, or person:NUMBER.",
        )
    return ids


def _hand_over(connection: Connection, identity_ids: list[int], *, to: int) -> None:
    """Give identities, and every row that came in by them, to another person."""
    connection.execute(update(table(Identity)).where(table(Identity).c.id.in_(identity_ids)).values(customer_id=to))
    for model in (Order, Refund, Checkout, Consent):
        rows = table(model)
        connection.execute(update(rows).where(rows.c.identity_id.in_(identity_ids)).values(customer_id=to))


def _forget_stages(connection: Connection, person: int) -> None:
    for model in (Membership, Metric):
        connection.execute(delete(table(model)).where(table(model).c.customer_id == person))


def _first_day(connection: Connection, person: int) -> int:
    """The day since which a person exists, from their accounts and orders; a person has at least one of them."""
    identities, accounts, orders = table(Identity), table(Account), table(Order)
    created = connection.scalar(
        select(func.min(accounts.c.created_day))
        .join(identities, identities.c.id == accounts.c.identity_id)
        .where(identities.c.customer_id == person)
    )
    ordered = connection.scalar(select(func.min(orders.c.local_day)).where(orders.c.customer_id == person))
    known = connection.scalar(select(table(Customer).c.since_day).where(table(Customer).c.id == person))
    return min((day for day in (created, ordered) if day is not None), default=int(known or 0))
