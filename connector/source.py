"""What a source is: a platform that customers and orders are read from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Literal, Protocol, runtime_checkable

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


@dataclass(frozen=True, slots=True)
class Buyer:
    """What a shop says of one person; `account` is None for a guest. `spent` is in minor units of its currency."""

    account: str | None
    email: str | None
    orders: int
    spent: int


@dataclass(frozen=True, slots=True)
class ShopFigures:
    """What a shop counts itself. `orders` is by its own words for a status; `spent` None where it has no such sum."""

    accounts: int
    orders: dict[str, int]
    spent: int | None = None


@dataclass(frozen=True, slots=True)
class ShopSegment:
    """Whom a shop itself finds by a rule: how many, and the accounts as far as they were asked for."""

    people: int
    accounts: frozenset[str]


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

    @property
    def requests(self) -> int:
        """How many requests were sent so far."""
        ...

    def orders_placed(self, since: datetime) -> Iterator[Page[OrderRecord]]:
        """Every order placed since an instant, whenever it changed; no page has a cursor."""
        ...

    def account_ids(self) -> Iterator[Sequence[str]]:
        """The id of every account that the platform has, in parts."""
        ...

    def figures(self) -> ShopFigures:
        """What the shop counts itself."""
        ...

    def buyers(self, most: int) -> Iterator[Buyer]:
        """What the shop says of its people, at most so many; what it adds up may lag some minutes behind its orders."""
        ...

    def customer(self, customer_id: str) -> CustomerRecord | None:
        """One account as it is now, None where the platform has it no more; RecordError where it cannot be read."""
        ...

    def checkout(self, checkout_id: str) -> CheckoutRecord | None:
        """One abandoned checkout as it is now, None where there is none; RecordError where it cannot be read."""
        ...


@dataclass(frozen=True, slots=True)
class Hint:
    """Something that is to be fetched, because a platform says that it changed, at `changed_at` where it says when."""

    stream: Literal["customers", "orders"]
    id: str
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PrivacyRequest:
    """What a platform asks on behalf of a person, or of the whole shop (`erase_shop`, without a customer)."""

    kind: Literal["export", "erase", "erase_shop"]
    customer_id: str = ""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A platform's word that it will call `address` of everything of `topic`; `problem` says why it does not."""

    id: str
    topic: str
    address: str
    problem: str = ""
    remedy: str = ""


class Webhooks(Protocol):
    """What a platform tells by itself, and how it is asked to. A signature covers the body alone: headers are hearsay.

    `signature` and `event` are the names, in lower case, of the headers that hold the body's signature, and what tells
    one event from another.
    """

    topics: ClassVar[tuple[str, ...]]  # what is subscribed to
    signature: ClassVar[str]
    event: ClassVar[str]

    def ping(self, body: bytes) -> bool:
        """Whether this is the platform's unsigned question whether anybody is there."""
        ...

    def misdirected(self, headers: Mapping[str, str]) -> bool:
        """Whether the headers name another shop than this one."""
        ...

    def heard(self, headers: Mapping[str, str], body: bytes) -> Hint | PrivacyRequest | None:
        """What a body tells whose signature was found right, None where that is nothing; RecordError: another's."""
        ...

    def installed(self) -> list[Subscription]:
        """The subscriptions that this key can see at the platform."""
        ...

    def install(self, address: str) -> tuple[str, ...]:
        """Have the platform call `address`, once for each topic; the topics that were added or set going again."""
        ...

    def remove(self, address: str) -> tuple[str, ...]:
        """Have it call `address` no more; the topics that it was called of."""
        ...


@runtime_checkable
class Segmenting(Protocol):
    """A source that works out rules itself."""

    def segment(self, rule: str, zone: str, most: int) -> ShopSegment:
        """Whom the shop finds by a rule of its own language, days being those of a zone; PermanentError for no rule."""
        ...
