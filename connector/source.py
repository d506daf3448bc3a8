"""What a source is: a platform that customers and orders are read from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Protocol, runtime_checkable

from connector.records import CheckoutRecord, CustomerRecord, OrderRecord, Page, ProductRecord


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that a check found, with what to do about it; a `fatal` one stops the sync."""

    message: str
    remedy: str
    fatal: bool = False


@dataclass(frozen=True, slots=True)
class ShopCheck:
    """What a shop says of itself. `floor` is the first day whose orders it shows, None where it shows them all."""

    shop_id: str  # what makes this shop this shop, whatever its name: guards compare it
    name: str
    currency: str  # ISO 4217
    timezone: str  # IANA
    customers: int | None = None
    orders: int | None = None
    floor: date | None = None
    problems: tuple[Problem, ...] = ()


class Source(Protocol):
    """A shop to read. `since` is the cursor stored with an earlier page, or None for the first load.

    Pages come oldest change first, so that a stored cursor never lies; what changed at the cursor's own second
    comes again. A platform that has no such stream yields nothing.
    """

    platform: ClassVar[str]

    def check(self) -> ShopCheck:
        """The shop's identity, and each problem with its remedy; AuthenticationError where the key is refused."""
        ...

    def customers(self, since: str | None) -> Iterator[Page[CustomerRecord]]:
        """Customers changed since the cursor."""
        ...

    def orders(self, since: str | None) -> Iterator[Page[OrderRecord]]:
        """Orders changed since the cursor, with their lines and refunds."""
        ...

    def checkouts(self, since: str | None) -> Iterator[Page[CheckoutRecord]]:
        """Abandoned checkouts changed since the cursor."""
        ...

    def order(self, order_id: str) -> OrderRecord | None:
        """One order as it is now, None where the platform has it no more."""
        ...

    def products(self, product_ids: Sequence[str]) -> tuple[ProductRecord, ...]:
        """Products by id, those that still exist."""
        ...


@runtime_checkable
class LiveSource(Source, Protocol):
    """A source that is a shop itself, and not a file of it: what is known of it can be asked again."""

    def customer(self, customer_id: str) -> CustomerRecord | None:
        """One account as it is now, None where the platform has it no more; RecordError where it cannot be read."""
        ...

    def checkout(self, checkout_id: str) -> CheckoutRecord | None:
        """One abandoned checkout as it is now, None where there is none; RecordError where it cannot be read."""
        ...
