"""Merge fields: a text field of the audience for each name that we write, and the operations that set them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connector.destination import Outcome, RemoteChange
from connector.errors import PermanentError, SettingsError
from connectors.http import HTTPError
from connectors.mailchimp.account import Operation, refusal
from connectors.mailchimp.audience import Audience

LENIENT = {"skip_merge_validation": "true"}
"""Else an audience with required fields refuses each contact that lacks them, though we write others."""


def merge_fields(audience: Audience) -> dict[str, dict[str, Any]]:
    """The audience's merge fields by their tag."""
    fields = audience.account.pages(f"{audience.path}/merge-fields", "merge_fields", "tag,type,required")
    return {found["tag"]: found for found in fields}


def provide(audience: Audience, changes: Sequence[RemoteChange]) -> frozenset[str]:
    """Create the fields that the changes set and the audience lacks; returns those that it has then."""
    present = merge_fields(audience)
    days = frozenset().union(*(change.days for change in changes))
    for name in sorted({name for change in changes for name, value in change.fields.items() if value is not None}):
        kind = "date" if name in days else "text"
        if name in present:
            _require_kind(name, {"text", kind}, present[name]["type"])
        else:
            _require_tag(name)
            _create(audience, name, kind)
            present[name] = {}
    return frozenset(present)


def values(change: RemoteChange, present: frozenset[str]) -> dict[str, str]:
    """What Mailchimp is to hold: an empty text is how it forgets a value."""
    return {name: value or "" for name, value in change.fields.items() if name in present}


def set_fields(audience: Audience, changes: Sequence[RemoteChange]) -> Iterator[Outcome]:
    """Set the fields of contacts, and nothing else of them."""
    present = provide(audience, changes)
    operations = []
    for change in changes:
        body: Mapping[str, object] = {"merge_fields": values(change, present)}
        operations.append(Operation(change.address, "PATCH", audience.contact(change.address), LENIENT, body))
    yield from (answer.outcome for answer in audience.account.perform(operations))


def _create(audience: Audience, name: str, kind: str) -> None:
    body = {"tag": name, "name": name, "type": kind, "required": False, "public": False}
    try:
        audience.account.post(f"{audience.path}/merge-fields", body)
    except HTTPError as error:  # it may be there by now, made in a request whose answer was lost
        if name in merge_fields(audience):
            return
        if error.status != 400:
            raise
        raise PermanentError(
            f"The audience takes no field {name}: {refusal(error)}",
            remedy='Delete a field there that is not needed, or write fewer, such as fields = ["stage"].',
        ) from error


def _require_kind(name: str, possible: set[str], kind: str) -> None:
    if kind not in possible:
        raise SettingsError(
            f"The audience's field {name} holds {kind}, not text.", remedy="Choose another field name for Mailchimp."
        )


def _require_tag(name: str) -> None:
    if not re.fullmatch(r"[A-Z][A-Z0-9_]{0,9}", name):
        raise SettingsError(
            f"{name!r} cannot be the name of a field in Mailchimp.",
            remedy="Use at most ten capital letters, digits or underscores, such as LIFECYCLE.",
        )
