"""Customer meta as a destination: one entry per field, on the account.

Only accounts can be reached: a guest is no customer of WooCommerce, only an address on orders, and has no meta.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Literal

import msgspec

from connector.destination import Automations, DestinationCheck, Kind, Outcome, RemoteChange, RemoteState, Result
from connector.errors import AuthenticationError
from connector.source import Problem
from connectors.http import HTTPError
from connectors.woocommerce.check import shop_id
from connectors.woocommerce.client import KEYS, PER_PAGE, WooCommerceClient
from connectors.woocommerce.payloads import FIELDS, AccountMeta, Meta


class _Fault(msgspec.Struct):
    message: str = ""
    data: Any = None

    @property
    def passing(self) -> bool:
        status = self.data.get("status") if isinstance(self.data, dict) else None
        return status in {408, 429} or (isinstance(status, int) and status >= 500)


class _Answered(msgspec.Struct):
    id: int
    meta_data: list[Meta] = []
    error: _Fault | None = None


class _Batch(msgspec.Struct):
    update: list[_Answered] = []


class WooCommerceDestination:
    """Writes to the accounts of the shop at `url`, with a Read/Write key; the options are those of the source."""

    platform: ClassVar[str] = "woocommerce"
    reach: ClassVar[Literal["account", "email"]] = "account"
    kinds: ClassVar[tuple[Kind, ...]] = ("field",)
    automations: ClassVar[Mapping[Kind, Automations]] = {  # a field that is written sends the shop's customer.updated
        "field": Automations("The shop's webhooks and extensions that follow accounts are told of this push at once.")
    }
    creates: ClassVar[bool] = False

    def __init__(  # noqa: PLR0913 - the signature is the schema of the settings
        self,
        *,
        url: str,
        consumer_key: str,
        consumer_secret: str,
        allow_http: bool = False,
        endpoint: str | None = None,
        ca: str | None = None,
        requests_per_second: float | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.client = WooCommerceClient(
            url=url,
            consumer_key=consumer_key,
            consumer_secret=consumer_secret,
            allow_http=allow_http,
            endpoint=endpoint,
            ca=ca,
            requests_per_second=requests_per_second,
            sleep=sleep,
            clock=clock,
        )

    def check(self) -> DestinationCheck:
        """The shop; a key that may only read is told as a problem, found out by a batch with nothing in it."""
        self.client.rows("customers", per_page=1, _fields="id")
        index = self.client.index() or {}
        problems: tuple[Problem, ...] = ()
        try:
            self.client.post("customers/batch", {"update": []}, msgspec.Raw)
        except AuthenticationError:
            problems = (
                Problem("The key may not write.", f"Make one with Read/Write permission ({KEYS}).", fatal=True),
            )
        remote_id = shop_id(self.client, index)
        return DestinationCheck(remote_id, str(index.get("name") or remote_id), problems)

    def read(self, addresses: Sequence[str]) -> Iterator[RemoteState]:
        """The meta of each account, a hundred in a request; what plugins keep there as lists is left out."""
        for start in range(0, len(addresses), PER_PAGE):
            part = addresses[start : start + PER_PAGE]
            accounts = self._accounts(part)
            for address in part:
                account = accounts.get(address)
                fields = {meta.key: meta.text for meta in account.meta_data} if account else {}
                held = {key: text for key, text in fields.items() if text is not None}
                yield RemoteState(address, exists=account is not None, fields=held)

    def apply(self, changes: Sequence[RemoteChange], *, silent: bool) -> Iterator[Outcome]:  # noqa: ARG002 - the contract's
        """Write the fields that differ, a hundred accounts in a request; no automation of WooCommerce's own starts."""
        for start in range(0, len(changes), PER_PAGE):
            yield from self._apply(changes[start : start + PER_PAGE])

    def _apply(self, changes: Sequence[RemoteChange]) -> Iterator[Outcome]:
        accounts = self._accounts([change.address for change in changes])
        items: dict[int, tuple[RemoteChange, list[dict[str, object]]]] = {}
        for change in changes:
            account = accounts.get(change.address)
            reason = _refusal(change, account)
            entries = _entries(change, account) if account and not reason else []
            if reason:
                yield Outcome(change.address, Result.REFUSED, reason)
            elif account and entries:
                items[account.id] = change, entries
            else:
                yield Outcome(change.address, Result.ACCEPTED)
        for answer in self._write([{"id": number, "meta_data": entries} for number, (_, entries) in items.items()]):
            if answer.id in items:
                yield _outcome(items.pop(answer.id)[0], answer)
        for change, _ in items.values():
            yield Outcome(change.address, Result.RETRY, "The shop did not answer for this account.")

    def _write(self, updates: list[dict[str, object]]) -> list[_Answered]:
        """The shop's answer for each account; a batch that is too large for this shop is cut in two."""
        if not updates:
            return []
        try:
            return self.client.post("customers/batch", {"update": updates}, _Batch).update
        except HTTPError as error:
            if error.status != 413 or len(updates) == 1:
                raise
        half = len(updates) // 2
        return [*self._write(updates[:half]), *self._write(updates[half:])]

    def _accounts(self, addresses: Sequence[str]) -> dict[str, AccountMeta]:
        """The accounts that exist, by address."""
        numbers = ",".join(address for address in addresses if address.isdecimal())
        if not numbers:
            return {}
        listing = self.client.rows("customers", include=numbers, role="all", _fields=FIELDS[AccountMeta])
        accounts = [msgspec.json.decode(row, type=AccountMeta, strict=False) for row in listing.rows]
        return {str(account.id): account for account in accounts}


def _refusal(change: RemoteChange, account: AccountMeta | None) -> str:
    """Why this change can never be made here, "" where it can."""
    if change.add or change.remove:
        return "WooCommerce has no customer tags."
    if account is None:
        return f"The shop has no account {change.address} any more."
    hidden = [key for key in change.fields if key.startswith("_")]
    return f"WooCommerce does not keep the hidden field {hidden[0]}." if hidden else ""


def _entries(change: RemoteChange, account: AccountMeta) -> list[dict[str, object]]:
    """The meta entries to send: what differs from what the account has, and a null for each entry to remove."""
    entries: list[dict[str, object]] = []
    for key, value in change.fields.items():
        held = [meta for meta in account.meta_data if meta.key == key]
        if value is None:
            entries += [{"id": meta.id, "key": key, "value": None} for meta in held]
        elif [meta.text for meta in held] != [value]:
            entries.append({"key": key, "value": value})
    return entries


def _outcome(change: RemoteChange, answer: _Answered) -> Outcome:
    if answer.error:
        result = Result.RETRY if answer.error.passing else Result.REFUSED
        return Outcome(change.address, result, answer.error.message or "The shop gave no reason.")
    kept = {meta.key: meta.text for meta in answer.meta_data}
    lost = [key for key, value in change.fields.items() if kept.get(key) != value]
    if lost:
        return Outcome(change.address, Result.REFUSED, f"The shop accepted {lost[0]} but did not keep it.")
    return Outcome(change.address, Result.ACCEPTED)
