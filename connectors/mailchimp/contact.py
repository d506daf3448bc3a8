"""A contact of an audience: where it is found, and what we read of it."""

from __future__ import annotations

import hashlib
from typing import Any

from connector.destination import RemoteState
from connector.records import ConsentState

FIELDS = "email_address,status,tags,merge_fields"

ARCHIVED = "archived"
TRANSACTIONAL = "transactional"
"""A contact that has agreed to nothing: it can hold tags and fields, and gets no campaign."""

UNKNOWN = "The audience has no such contact."
PUT_AWAY = "The contact is archived in Mailchimp."

CONSENTS = {
    "subscribed": ConsentState.SUBSCRIBED,
    "pending": ConsentState.PENDING,
    "unsubscribed": ConsentState.UNSUBSCRIBED,
    "cleaned": ConsentState.INVALID,  # it bounced for good
    TRANSACTIONAL: ConsentState.NOT_SUBSCRIBED,
    ARCHIVED: ConsentState.NOT_SUBSCRIBED,  # Mailchimp does not tell what it was before
}


def normal(address: str) -> str:
    """An address as Mailchimp tells addresses apart."""
    return address.strip().lower()


def path(audience: str, address: str) -> str:
    """Where a contact is: the MD5 of its address in lower case."""
    digest = hashlib.md5(normal(address).encode(), usedforsecurity=False).hexdigest()
    return f"/lists/{audience}/members/{digest}"


def state(address: str, contact: dict[str, Any] | None) -> RemoteState:
    """What is known of `address`, from the contact as Mailchimp shows it, None where it knows none."""
    if contact is None:
        return RemoteState(address, exists=False)
    return RemoteState(
        address,
        exists=True,
        tags=frozenset(tag["name"] for tag in contact.get("tags") or ()),
        fields={
            name: str(value)
            for name, value in (contact.get("merge_fields") or {}).items()
            if value != "" and not isinstance(value, dict)  # a postal address is a table, and never ours
        },
        consent=CONSENTS.get(contact["status"]),
    )
