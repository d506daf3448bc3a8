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
from typing import Literal, NamedTuple

import phonenumbers
from sqlalchemy import Connection, func, select, update

from connector.database import batches, bulk, bulk_update, chosen, next_id
from connector.errors import SettingsError
from connector.models import Account, Checkout, Consent, Customer, Identity, Merge, Order, Refund
from connector.privacy.objections import settle
from connector.tables import table

Kind = Literal["account", "email", "phone"]
Key = tuple[Kind, int, str]

EVERYWHERE = 0
"""The scope of keys that mean the same person in every store."""

_EMAIL = re.compile(r"[^\s@<>()\[\],;:\\\"]+@[^\s@<>()\[\],;:\\\"]+\.[^\s@.<>()\[\],;:\\\"]{2,}")
_PLACEHOLDER = re.compile(
    r"(no[-._]?reply|ne[-._]?pas[-._]?repondre|guest|invite|anonymous|anonyme|none|null|no[-._]?e?mail"
    r"|sans[-._]?e?mail|unknown|inconnu)@.*|.*@(localhost|noemail|invalid)(\.[a-z]+)?"
)
_E164 = re.compile(r"\+[1-9]{4}[0-9]{4,11}")
"""Numbers that need no parsing: with no 0 in the first four digits, none can be a national one left after the code."""
_DUMMY = re.compile(r".*(?:([0-9])\1{6}|1234567).*")
"""What is typed in to get past a form."""


class Keys(NamedTuple):
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


class Owner(NamedTuple):
    """Whose a record is, and by which key; both None where nothing says."""

    customer_id: int | None
    identity_id: int | None


NOBODY = Owner(None, None)


def normal_email(text: str | None, *, shared: Iterable[str] = ()) -> str | None:
    """The address lower-cased, in NFC, its domain in ASCII; None where it is none, a placeholder or among `shared`."""
    if not text:
        return None
    name, at, domain = unicodedata.normalize("NFC", text.strip().lower()).rpartition("@")
    try:
        address = f"{name}{at}{domain if domain.isascii() else domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return None
    if len(address) > 254 or not _EMAIL.fullmatch(address) or _PLACEHOLDER.fullmatch(address):
        return None
    return None if address in shared else address


@lru_cache(maxsize=16_384)
def normal_phone(text: str | None, country: str | None = None) -> str | None:
    """The number in E.164, read as a national number of `country` where it has no prefix; None where it is none."""
    if not text:
        return None
    number = text if _E164.fullmatch(text) else _parsed_phone(text, country)
    return None if number is None or _DUMMY.fullmatch(number) else number


def _parsed_phone(text: str, country: str | None) -> str | None:
    try:
        number = phonenumbers.parse(text, country and country.upper())
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@dataclass
class Resolver:
    """Finds or makes the person of each record of a page; `resolve` writes those that are new.

    One page, one resolver, one transaction.
    """

    connection: Connection
    store_id: int
    now: int
    _known: dict[Key, tuple[int, int]] = field(default_factory=dict)  # the person, the identity
    _people: list[tuple[int, int, int]] = field(default_factory=list)  # id, since_day, next_review_on
    _identities: list[tuple[int, str, int, str, int]] = field(default_factory=list)
    _root: dict[int, int] = field(default_factory=dict)
    _separated: list[tuple[int, int]] | None = None

    def __post_init__(self) -> None:
        self._next_person = next_id(self.connection, table(Customer))
        self._next_identity = next_id(self.connection, table(Identity))

    def resolve(self, records: Sequence[Keys]) -> list[Owner]:
        """The owner of each record, in the same order. People found to be one are merged on the way."""
        wanted = [keys.of(self.store_id) for keys in records]
        self._load({key for keys in wanted for key in keys} - self._known.keys())
        owners = [self._owner(keys, record.day) for keys, record in zip(wanted, records, strict=True)]
        self._flush()
        if not self._root:
            return owners
        return [
            owner if owner.customer_id is None else Owner(self._rooted(owner.customer_id), owner.identity_id)
            for owner in owners
        ]

    def unite(self, gone: str, into: str) -> bool:
        """Make one person of two accounts that the platform has merged; whether they were two until now."""
        keys: list[Key] = [("account", self.store_id, gone), ("account", self.store_id, into)]
        self._load(set(keys))
        if not all(key in self._known for key in keys):
            return False
        (one, link), (other, _) = (self._known[key] for key in keys)
        if one == other:
            return False
        self._join(one, other, link)
        return bool(self._root)

    def _load(self, keys: set[Key]) -> None:
        groups: dict[tuple[Kind, int], list[str]] = {}
        for kind, scope, value in keys:
            groups.setdefault((kind, scope), []).append(value)
        asked = ("value", "customer_id", "id")
        for (kind, scope), values in groups.items():
            found = chosen(self.connection, table(Identity), asked, "value", values, kind=kind, scope=scope)
            self._known |= {(kind, scope, value): (person, identity) for value, person, identity in found}

    def _owner(self, keys: list[Key], day: int) -> Owner:
        if not keys:
            return NOBODY
        owned = [self._known[key] for key in keys if key in self._known]
        person = self._rooted(owned[0][0]) if owned else self._new_person(day)
        for customer_id, link in owned[1:]:
            other = self._rooted(customer_id)
            if other != person:
                person = self._join(person, other, link)
        if len(owned) < len(keys):
            for key in keys:
                if key not in self._known:
                    self._known[key] = person, self._new_identity(key, person)
        return Owner(person, self._known[keys[0]][1])

    def _rooted(self, customer_id: int) -> int:
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
        if any({self._rooted(left), self._rooted(right)} == {one, other} for left, right in self._apart()):
            return one
        self._flush()
        merge(self.connection, kept, absorbed, identity_id=link, now=self.now)
        self._root[absorbed] = kept
        return kept

    def _apart(self) -> list[tuple[int, int]]:
        """The people whom a user has separated, or those whom they have become part of since."""
        if self._separated is None:
            merges = table(Merge)
            rows = self.connection.execute(
                select(merges.c.kept_id, merges.c.absorbed_id).where(merges.c.undone_at.is_not(None))
            ).all()
            self._separated = [
                (_present(self.connection, kept), _present(self.connection, absorbed)) for kept, absorbed in rows
            ]
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
    asked = ("id", "since_day", "next_review_on", "merged_into")
    rows = []
    for person, since, review, merged_into in chosen(connection, people, asked, "id", touched.keys() | proven.keys()):
        older = min(since, proven.get(person, since))
        days = [review, touched.get(person), older if older < since else None]
        wanted = (older, min((day for day in days if day is not None), default=None))
        if wanted != (since, review) and merged_into is None:
            rows.append((person, *wanted))
    bulk_update(connection, people, ("since_day", "next_review_on"), rows)


def merge(connection: Connection, kept: int, absorbed: int, *, identity_id: int, now: int) -> None:
    """Make one person of two: all that the absorbed one had becomes the kept one's, and is remembered."""
    identities, merges, people = table(Identity), table(Merge), table(Customer)
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
    _hand_over(connection, moved, absorbed, to=kept)
    since = connection.scalar(select(func.min(people.c.since_day)).where(people.c.id.in_((kept, absorbed))))
    # both are due: the recompute takes the stages of the absorbed one back, with the counts that they are in
    connection.execute(update(people).where(people.c.id == absorbed).values(merged_into=kept, next_review_on=since))
    connection.execute(update(people).where(people.c.id == kept).values(since_day=since, next_review_on=since))
    settle(connection, (kept, absorbed))


def undo_merge(connection: Connection, merge_id: int, *, now: int) -> None:
    """Make two people again of one, as they were, with what came in since going to whose key it carries."""
    identities, merges, people = table(Identity), table(Merge), table(Customer)
    row = connection.execute(select(merges).where(merges.c.id == merge_id, merges.c.undone_at.is_(None))).one_or_none()
    if row is None:
        raise SettingsError(f"No merge {merge_id} holds.", remedy="`connector merges` lists those that hold.")
    owner = _present(connection, row.kept_id)
    held = set(connection.scalars(select(identities.c.id).where(identities.c.customer_id == owner)))
    moved = [identity for identity in json.loads(row.moved) if identity in held]  # others were given back already
    connection.execute(update(people).where(people.c.id == row.absorbed_id).values(merged_into=None))
    _hand_over(connection, moved, owner, to=row.absorbed_id)
    connection.execute(update(merges).where(merges.c.id == merge_id).values(undone_at=now))
    for person in (owner, row.absorbed_id):
        since = _first_day(connection, person)
        connection.execute(update(people).where(people.c.id == person).values(since_day=since, next_review_on=since))
    settle(connection, (owner, row.absorbed_id))


def _present(connection: Connection, person: int) -> int:
    """Who a person is by now: themselves, or whom they became part of."""
    people = table(Customer)
    while (into := connection.scalar(select(people.c.merged_into).where(people.c.id == person))) is not None:
        person = into
    return person


def _hand_over(connection: Connection, identity_ids: list[int], owner: int, *, to: int) -> None:
    """Give identities of `owner`, and every row that came in by them, to another person."""
    for batch in batches(identity_ids):
        connection.execute(update(table(Identity)).where(table(Identity).c.id.in_(batch)).values(customer_id=to))
        for model in (Order, Refund, Checkout, Consent):
            rows = table(model)
            mine = rows.c.customer_id == owner, rows.c.identity_id.in_(batch)  # the person is what is indexed
            connection.execute(update(rows).where(*mine).values(customer_id=to))


def _first_day(connection: Connection, person: int) -> int:
    """The first day that proves a person to exist, by what is theirs; what is known of them where nothing has a day."""
    identities, accounts = table(Identity), table(Account)
    created = (
        select(func.min(accounts.c.created_day))
        .join(identities, identities.c.id == accounts.c.identity_id)
        .where(identities.c.customer_id == person)
    )
    acted = [
        select(func.min(day)).where(day.table.c.customer_id == person)
        for day in (table(Order).c.local_day, table(Checkout).c.local_day, table(Refund).c.day)
    ]
    days = [day for statement in (created, *acted) if (day := connection.scalar(statement)) is not None]
    known = connection.scalar(select(table(Customer).c.since_day).where(table(Customer).c.id == person))
    return min(days, default=int(known or 0))
