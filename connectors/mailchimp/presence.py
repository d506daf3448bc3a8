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
UNCONFIRMED = "Mailchimp did not confirm the contact."
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
    for answer in audience.account.perform(operations):
        gone = answer.status in {404, 405}  # as Mailchimp says of a contact that it has archived already
        yield Outcome(answer.operation.address, Result.ACCEPTED) if gone else answer.outcome


def forget(audience: Audience, changes: Sequence[RemoteChange]) -> Iterator[Outcome]:
    """Delete for good the contacts that still are what we made them, or that we archived."""
    operations = []
    for address, held in audience.look_up([change.address for change in changes]):
        if held is None:
            yield Outcome(address, Result.ACCEPTED)
        elif held["status"] in {contact.TRANSACTIONAL, contact.ARCHIVED}:
            operations.append(Operation(address, "POST", f"{audience.contact(address)}/actions/delete-permanent"))
        else:
            yield Outcome(address, Result.REFUSED, NOT_OURS)
    for answer in audience.account.perform(operations):
        gone = answer.status == 404
        yield Outcome(answer.operation.address, Result.ACCEPTED) if gone else answer.outcome


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
        doubtful = []
        for change in changes:
            address = contact.normal(change.address)
            told = errors.get(address, {})
            if address in created:
                yield Outcome(change.address, Result.ACCEPTED)
            elif address not in errors or told.get("error_code") == "ERROR_CONTACT_EXISTS":
                doubtful.append(change)
            else:
                reason = told.get("error") or "Mailchimp refuses the address."
                yield Outcome(change.address, Result.REFUSED, reason)
        yield from _looked_at(audience, doubtful, present)


def _looked_at(audience: Audience, changes: Sequence[RemoteChange], present: frozenset[str]) -> Iterator[Outcome]:
    """What became of contacts that Mailchimp did not confirm, or has already: by us, if an answer was lost."""
    held = dict(audience.look_up([change.address for change in changes]))
    for change in changes:
        there = held[change.address]
        wanted = {name: value for name, value in fields.values(change, present).items() if value}
        state = contact.state(change.address, there)
        if there and there["status"] == contact.TRANSACTIONAL and wanted.items() <= state.fields.items():
            yield Outcome(change.address, Result.ACCEPTED)
        else:
            yield Outcome(change.address, Result.RETRY, MEANWHILE if there else UNCONFIRMED)
