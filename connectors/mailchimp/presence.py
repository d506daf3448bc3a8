"""Who is in the audience: contacts that we create, and those among them that we put away again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connector.destination import Outcome, RemoteChange, Result
from connectors.http import HTTPError
from connectors.mailchimp import contact, fields
from connectors.mailchimp.account import Operation, chunks, refusal
from connectors.mailchimp.audience import Audience

PER_CREATION = 500
NOT_OURS = "The contact is no longer as we created it, so it is not archived."
MEANWHILE = "The contact appeared in the audience in this very moment."


def found(audience: Audience, changes: Sequence[RemoteChange]) -> Iterator[Outcome]:
    """The outcome of creating contacts that are there already; the others are unknown in every status."""
    for address, held in audience.look_up([change.address for change in changes]):
        if held is not None and held["status"] == contact.ARCHIVED:
            yield Outcome(address, Result.REFUSED, contact.PUT_AWAY)
        elif held is not None:
            yield Outcome(address, Result.ACCEPTED)


def create(audience: Audience, changes: Sequence[RemoteChange]) -> Iterator[Outcome]:
    """Create contacts, with their fields, for addresses that `found` left over.

    `update_existing` is false: where an address has appeared since, Mailchimp leaves the contact as it is.
    """
    present = fields.provide(audience, changes) if any(change.fields for change in changes) else frozenset()
    for some in chunks(changes, PER_CREATION):
        yield from _posted(audience, some, present)


def archive(audience: Audience, changes: Sequence[RemoteChange]) -> Iterator[Outcome]:
    """Archive contacts that still are what we made them: subscribed to nothing."""
    operations = []
    for address, held in audience.look_up([change.address for change in changes]):
        if held is None or held["status"] == contact.ARCHIVED:
            yield Outcome(address, Result.ACCEPTED)
        elif held["status"] == contact.TRANSACTIONAL:
            operations.append(Operation(address, "DELETE", audience.contact(address)))
        else:
            yield Outcome(address, Result.REFUSED, NOT_OURS)
    yield from (answer.outcome for answer in audience.account.perform(operations))


def _posted(audience: Audience, changes: Sequence[RemoteChange], present: frozenset[str]) -> Iterator[Outcome]:
    """Where one address makes Mailchimp refuse them all, they are halved until it is found."""
    members = [
        {
            "email_address": change.address.strip(),
            "status": contact.TRANSACTIONAL,
            "merge_fields": fields.values(change, present),
        }
        for change in changes
    ]
    body = {"members": members, "update_existing": False, "sync_tags": False}
    try:
        answer = audience.account.post(audience.path, body, **fields.LENIENT)
    except HTTPError as error:
        if error.status != 400:
            raise
        if len(changes) == 1:
            yield Outcome(changes[0].address, Result.REFUSED, refusal(error))
            return
        yield from _posted(audience, changes[: len(changes) // 2], present)
        yield from _posted(audience, changes[len(changes) // 2 :], present)
    else:
        created = {contact.normal(member["email_address"]) for member in answer.get("new_members") or ()}
        errors = {contact.normal(error.get("email_address", "")): error for error in answer.get("errors") or ()}
        for change in changes:
            address = contact.normal(change.address)
            if address in created:
                yield Outcome(change.address, Result.ACCEPTED)
            else:
                yield _not_created(change.address, errors.get(address))


def _not_created(address: str, error: dict[str, str] | None) -> Outcome:
    if error is None:
        return Outcome(address, Result.RETRY, "Mailchimp did not confirm the contact.")
    if error.get("error_code") == "ERROR_CONTACT_EXISTS":
        return Outcome(address, Result.RETRY, MEANWHILE)
    return Outcome(address, Result.REFUSED, error.get("error") or "Mailchimp refuses the address.")
