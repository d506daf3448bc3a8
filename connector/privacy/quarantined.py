"""What lies in quarantine of people: payloads that could not be read, but tell whose they are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from connector.identity import Key, normal_email, normal_phone
from connector.models import Quarantine
from connector.privacy.erase import Group
from connector.tables import table

_OF_A_CUSTOMER = {"customer_id", "customerid", "customer"}


def quarantined(connection: Connection, group: Group) -> list[int]:
    """The rows of the quarantine that are of these people, by their ids, addresses, numbers and orders."""
    rows = table(Quarantine)
    keys = {(row.kind, row.scope, row.value) for row in group.identities}
    own = {("customers", scope, value) for kind, scope, value in keys if kind == "account"}
    own |= {("orders", store, number) for store, number in group.orders}
    return [
        row.id
        for row in connection.execute(
            select(rows.c.id, rows.c.stream, rows.c.store_id, rows.c.platform_id, rows.c.payload)
        )
        if (row.stream, row.store_id, row.platform_id) in own or not keys.isdisjoint(traces(row.payload, row.store_id))
    ]


def traces(payload: str, store_id: int) -> Iterator[Key]:
    """What in a payload may tell whose it is: addresses, numbers, and ids that stand where a customer's do."""
    try:
        content = json.loads(payload)
    except (ValueError, RecursionError):
        content = payload.split()
    stack: list[tuple[Any, str]] = [(content, "")]
    while stack:
        value, place = stack.pop()
        if isinstance(value, dict):
            inside = place.lower() == "customer"
            stack += [(one, f"customer_{name}" if inside else str(name)) for name, one in value.items()]
        elif isinstance(value, list):
            stack += [(one, place) for one in value]
        elif isinstance(value, str | int) and not isinstance(value, bool):
            yield from _of_text(str(value), place.lower(), store_id)


def _of_text(text: str, place: str, store_id: int) -> Iterator[Key]:
    text = text.strip("\"'<>,;()")[:300]
    if email := normal_email(text):
        yield "email", 0, email
    elif phone := normal_phone(text):
        yield "phone", 0, phone
    if place in _OF_A_CUSTOMER or "/Customer/" in text:
        yield "account", store_id, text[text.rfind("/") + 1 :]
