"""One audience, and the reading of its contacts in the cheapest way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from connector.errors import RetryableError
from connectors.mailchimp import contact
from connectors.mailchimp.account import FEW, PER_BATCH, Account, Operation

Contact = dict[str, Any]

BATCH_COST = 5
"""Requests that looking up a thousand addresses takes: one to ask, some to wait, one to fetch."""


class Audience:
    """An audience by its id, and the addresses that were last read as archived in it."""

    def __init__(self, account: Account, audience_id: str) -> None:
        self.account = account
        self.id = audience_id
        self.path = f"/lists/{audience_id}"
        self._archived: set[str] = set()

    def archived(self, address: str) -> bool:
        """Whether the address was archived when it was last read."""
        return contact.normal(address) in self._archived

    def contacts(self, addresses: Sequence[str]) -> Iterator[tuple[str, Contact | None]]:
        """Each address with its contact, in any status; a walk through the audience where that is cheaper."""
        if len(addresses) <= FEW:
            yield from self.look_up(addresses)
            return
        # Mailchimp leaves archived contacts out of the list unless they are asked for by that status.
        walks: list[dict[str, str]] = [{}, {"status": contact.ARCHIVED}]
        first = [self._page(0, walk) for walk in walks]
        if sum(page["total_items"] for page in first) / 1000 > BATCH_COST * -(-len(addresses) // PER_BATCH):
            yield from self.look_up(addresses)
        else:
            yield from self._walk(addresses, walks, first)

    def look_up(self, addresses: Sequence[str]) -> Iterator[tuple[str, Contact | None]]:
        """Each address with its contact, None where Mailchimp knows none; RetryableError where it did not tell."""
        fields = {"fields": contact.FIELDS}
        for answer in self.account.perform([Operation(a, "GET", self.contact(a), fields) for a in addresses]):
            if answer.status not in {200, 404}:
                raise RetryableError(f"Mailchimp could not show a contact: {answer.reason}", remedy="Try again later.")
            yield self._noted(answer.operation.address, answer.body if answer.status == 200 else None)

    def contact(self, address: str) -> str:
        """The path of a contact."""
        return contact.path(self.id, address)

    def _walk(
        self, addresses: Sequence[str], walks: Sequence[dict[str, str]], first: Sequence[Any]
    ) -> Iterator[tuple[str, Contact | None]]:
        wanted: dict[str, list[str]] = {}
        for address in addresses:
            wanted.setdefault(contact.normal(address), []).append(address)
        for walk, page in zip(walks, first, strict=True):
            for found in self._members(page, walk):
                for address in wanted.pop(contact.normal(found["email_address"]), ()):
                    yield self._noted(address, found)
        for strangers in wanted.values():
            yield from (self._noted(address, None) for address in strangers)

    def _members(self, page: Any, walk: dict[str, str]) -> Iterator[Contact]:  # noqa: ANN401 - what JSON holds
        offset = 0
        while page["members"]:
            yield from page["members"]
            offset += 1000
            if offset >= page["total_items"]:
                return
            page = self._page(offset, walk)

    def _page(self, offset: int, walk: dict[str, str]) -> Any:  # noqa: ANN401 - what JSON holds
        return self.account.page(f"{self.path}/members", "members", contact.FIELDS, offset, **walk)

    def _noted(self, address: str, found: Contact | None) -> tuple[str, Contact | None]:
        if found is not None and found["status"] == contact.ARCHIVED:
            self._archived.add(contact.normal(address))
        else:
            self._archived.discard(contact.normal(address))
        return address, found
