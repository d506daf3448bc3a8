"""Finding people by what a user knows of them, and what they go by.

find_person(connection, text) -> int            the one whom a text means
meant(connection, person, text) -> condition    those whom a text means, in a list of people
emails(connection, people) -> dict              the one address by which each is named, everywhere
since_when(connection) -> day | None            since when the first of all is known
reached(connection, people) -> dict             that address, and their accounts in each store
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from connector.database import chosen
from connector.errors import SettingsError
from connector.identity import EVERYWHERE, normal_email, normal_phone
from connector.models import Customer, Identity, Store
from connector.tables import table

_identities, _stores = table(Identity), table(Store)


@dataclass(slots=True)
class Reached:
    """By what somebody is reached: an e-mail address, and their accounts by the store's key."""

    email: str | None = None
    accounts: dict[str, list[str]] = field(default_factory=dict)


def find_person(connection: Connection, text: str) -> int:
    """The person whom a user means; SettingsError where it is nobody, or several."""
    found = find_people(connection, text)
    if len(found) > 1:
        names = ", ".join(f"person:{number}" for number in found)
        raise SettingsError(f"{text} is known of several people.", remedy=f"Ask for one of them: {names}.")
    return found[0]


def find_people(connection: Connection, text: str) -> list[int]:
    """The people whom an e-mail, a phone number, a shop's customer id or `person:ID` means; SettingsError for none."""
    people = table(Customer)
    values = {value for value in (text, normal_email(text), normal_phone(text)) if value}
    found = select(_identities.c.customer_id).where(_identities.c.value.in_(values))
    if text.startswith("person:") and text[7:].isdigit():
        found = select(people.c.id).where(people.c.id == int(text[7:]))
    ids = sorted(set(connection.scalars(found)))
    if not ids:
        raise SettingsError(
            f"Nobody here is known as {text!r}.",
            remedy="Give an e-mail address, a phone number, a customer id of the shop, or person:NUMBER.",
        )
    return ids


def meant(connection: Connection, person: ColumnElement[int], text: str, *, exact: bool = False) -> ColumnElement[bool]:
    """Of a column of people: whom commands find by a text; unless `exact`, also whose address holds all its words."""
    try:
        people = find_people(connection, text)
    except SettingsError:  # it is nobody's
        people = []
    known = person.in_(people)
    if exact:
        return known
    holds = [_identities.c.value.contains(word, autoescape=True) for word in text.lower().split()]
    mail = and_(_identities.c.kind == "email", _identities.c.scope == EVERYWHERE, *holds)
    return or_(known, person.in_(select(_identities.c.customer_id).where(mail)))


def since_when(connection: Connection) -> int | None:
    """The day since when the first of all people is known; None where nobody is."""
    first: int | None = connection.scalar(select(func.min(table(Customer).c.since_day)))
    return first


def emails(connection: Connection, people: Collection[int]) -> dict[int, str]:
    """The first e-mail address of each by the alphabet; nothing of those who have none."""
    rows = chosen(connection, _identities, ("customer_id", "value"), "customer_id", people, kind="email")
    return {row.customer_id: row.value for row in sorted(rows, key=lambda row: row.value, reverse=True)}


def reached(connection: Connection, people: Collection[int]) -> dict[int, Reached]:
    """Their first e-mail address by the alphabet, and their accounts, of each."""
    stores = {row.id: row.key for row in connection.execute(select(_stores.c.id, _stores.c.key))}
    found = {person: Reached() for person in people}
    rows = chosen(connection, _identities, ("customer_id", "kind", "scope", "value"), "customer_id", people)
    for row in sorted(rows, key=lambda row: str(row.value)):
        person = found[row.customer_id]
        if row.kind == "email":
            person.email = person.email or row.value
        elif row.kind == "account":
            person.accounts.setdefault(stores[row.scope], []).append(row.value)
    return found
