"""Finding people by what a user knows of them."""

from __future__ import annotations

from sqlalchemy import Connection, select

from connector.errors import SettingsError
from connector.identity import normal_email, normal_phone
from connector.models import Customer, Identity
from connector.tables import table


def find_person(connection: Connection, text: str) -> int:
    """The person whom a user means; SettingsError where it is nobody, or several."""
    found = find_people(connection, text)
    if len(found) > 1:
        names = ", ".join(f"person:{number}" for number in found)
        raise SettingsError(f"{text} is known of several people.", remedy=f"Ask for one of them: {names}.")
    return found[0]


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
