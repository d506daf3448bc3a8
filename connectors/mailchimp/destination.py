"""MailchimpDestination: tags and merge fields of the contacts of one audience.

No code here can raise a consent. A status is sent in one place, `transactional`, for an address that was looked up a
moment before and is unknown in every status; contacts that were found get no status, and archived ones nothing at all.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, ClassVar, Literal

from connector.destination import (
    Automations,
    DestinationCheck,
    Kind,
    Outcome,
    RemoteChange,
    RemoteState,
    Result,
    SentPage,
)
from connector.errors import SettingsError
from connector.source import Problem
from connectors.http import HTTPError
from connectors.mailchimp import contact, fields, presence, sends, tags
from connectors.mailchimp.account import Account
from connectors.mailchimp.audience import Audience

UNWANTED = 'The destination takes existing contacts only (contacts = "existing").'


class MailchimpDestination:
    """One audience of a Mailchimp account; SettingsError where the key or `contacts` cannot be used.

    `contacts` is "existing", or "all" to take unknown addresses as contacts that are subscribed to nothing; Mailchimp
    bills those too. A field's name is its merge tag: at most ten capital letters, digits or underscores. A merge field
    has no `is_syncing`: an automation that waits for one starts in silence too.
    """

    platform: ClassVar[str] = "mailchimp"
    reach: ClassVar[Literal["account", "email"]] = "email"
    kinds: ClassVar[tuple[Kind, ...]] = ("tag", "field")
    automations: ClassVar[Mapping[Kind, Automations]] = {
        "tag": Automations(
            "An automation that waits for a tag can start with this push.",
            "First push: tags start no automation. From the next one on, a tag that is added or removed can.",
        ),
        "field": Automations("An automation that waits for a field can start with this push."),
    }

    def __init__(
        self,
        *,
        api_key: str,
        audience: str,
        contacts: str = "existing",
        endpoint: str | None = None,
        ca: str | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if contacts not in {"existing", "all"}:
            raise SettingsError(f"contacts = {contacts!r} is not known.", remedy='Use "existing" or "all".')
        self.creates = contacts == "all"
        self.account = Account(api_key, endpoint=endpoint, ca=ca, sleep=sleep)
        self.audience = Audience(self.account, audience)

    def check(self) -> DestinationCheck:
        """The audience's id and name; fatal where the account has no such audience."""
        try:
            found = self.account.get(self.audience.path, fields="id,name")
        except HTTPError as error:
            if error.status != 404:
                raise
            return DestinationCheck(self.audience.id, "", (self._unknown_audience(),))
        return DestinationCheck(found["id"], found["name"], tuple(self._required_fields()))

    def read(self, addresses: Sequence[str]) -> Iterator[RemoteState]:
        """The state of each address, archived contacts included."""
        for address, found in self.audience.contacts(addresses):
            yield contact.state(address, found)

    def sent(self, since: datetime, cursor: str | None) -> Iterator[SentPage]:
        """Who got which campaign of the audience since an instant; automations' messages have no time."""
        yield from sends.sent(self.audience, since, cursor)

    def apply(self, changes: Sequence[RemoteChange], *, silent: bool) -> Iterator[Outcome]:
        """Create what is to be created, then set fields, then tags, then archive; what is refused goes no further."""
        waiting = {change.address: change for change in changes}
        home = self.audience
        set_tags = tags.set_silently if silent else tags.set_by_segment
        yield from _step(waiting, lambda _change: True, self._refused)
        yield from _step(waiting, lambda change: change.create, partial(presence.found, home), create=False)
        yield from _step(waiting, lambda change: change.create, partial(presence.create, home), create=False, fields={})
        yield from _step(waiting, lambda change: change.fields, partial(fields.set_fields, home), fields={})
        untagged: dict[str, frozenset[str]] = {"add": frozenset(), "remove": frozenset()}
        yield from _step(waiting, lambda change: change.add or change.remove, partial(set_tags, home), **untagged)
        yield from _step(waiting, lambda change: change.archive, partial(presence.archive, home), archive=False)
        yield from _step(waiting, lambda change: change.forget, partial(presence.forget, home), forget=False)

    def _refused(self, changes: Sequence[RemoteChange]) -> Iterator[Outcome]:
        for change in changes:
            if _is_over(change):
                yield Outcome(change.address, Result.ACCEPTED)
            elif change.create and not self.creates:
                yield Outcome(change.address, Result.REFUSED, UNWANTED)
            elif self.audience.archived(change.address) and not (change.archive or change.forget):
                yield Outcome(change.address, Result.REFUSED, contact.PUT_AWAY)

    def _unknown_audience(self) -> Problem:
        listed = self.account.pages("/lists", "lists", "id,name")
        names = ", ".join(f"{found['id']} ({found['name']})" for found in listed)
        return Problem(
            f"The account has no audience {self.audience.id!r}.",
            f"Use one of: {names}." if names else "Create an audience in Mailchimp first.",
            fatal=True,
        )

    def _required_fields(self) -> Iterator[Problem]:
        required = [tag for tag, found in fields.merge_fields(self.audience).items() if found["required"]]
        if required and self.creates:
            yield Problem(
                f"The audience requires {', '.join(sorted(required))}, which contacts that we create will not have.",
                'Let Mailchimp require less, or take existing contacts only (contacts = "existing").',
            )


def _step(
    waiting: dict[str, RemoteChange],
    asked: Callable[[RemoteChange], object],
    act: Callable[[list[RemoteChange]], Iterator[Outcome]],
    **done: Any,  # noqa: ANN401 - as dataclasses.replace takes it
) -> Iterator[Outcome]:
    """The outcomes of the changes that end with this step; the others wait on, with `done` in them."""
    changes = [change for change in waiting.values() if asked(change)]
    for outcome in act(changes) if changes else ():
        left = replace(waiting[outcome.address], **done)
        if outcome.result is Result.ACCEPTED and not _is_over(left):
            waiting[outcome.address] = left
        else:
            del waiting[outcome.address]
            yield outcome


def _is_over(change: RemoteChange) -> bool:
    return not (change.create or change.fields or change.add or change.remove or change.archive or change.forget)
