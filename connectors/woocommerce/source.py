"""A WooCommerce shop to read.

Orders come by the time of their last change. Customers cannot be asked for by it: new accounts come with each read,
all of them again once a day. A deleted account is not told as such: WooCommerce turns its orders into a guest's, and
those come as changed. An order moved to the trash comes as a deletion; one deleted for good leaves no trace in the API.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import ClassVar, TypeVar

import msgspec

from connector.errors import RecordError, SettingsError
from connector.records import (
    CheckoutRecord,
    CustomerRecord,
    Deletion,
    OrderRecord,
    OrderStatus,
    Page,
    ProductRecord,
    Rejected,
)
from connector.source import Buyer, ShopCheck, ShopFigures
from connectors.elements import UNREADABLE, member, raw, reason, storable
from connectors.http import HTTPError
from connectors.woocommerce import figures, payloads
from connectors.woocommerce.check import currency, shop_check
from connectors.woocommerce.client import PER_PAGE, Listing, WooCommerceClient, error_code
from connectors.woocommerce.payloads import CustomerPayload, OrderPayload, ProductPayload, RefundPayload, Stamp
from connectors.woocommerce.walk import SECOND, Params, Step, backwards, by_modification, obeyed, stamp_of, window

OVERLAP = timedelta(minutes=10)
"""How far behind the last change seen the next read begins: a save can take effect later than the time it bears."""
A_DAY = timedelta(days=1)
DAMAGED = "Something else wrote there: put a backup of before back (connector restore FILE)."

Payload = TypeVar("Payload")


class OrderCursor(msgspec.Struct, omit_defaults=True):
    """Up to where orders and trashed orders were read, in UTC.

    Of a walk in progress through a shop that cannot sort by modification: its end, and the page to read next.
    """

    modified: datetime | None = None
    trashed: datetime | None = None
    before: datetime | None = None
    page: int | None = None


class CustomerCursor(msgspec.Struct, omit_defaults=True):
    """The highest account id read, and when the last whole walk began; `page` is the next one of a walk in progress."""

    newest: int = 0
    walked: datetime | None = None
    page: int | None = None


class WooCommerceSource:
    """The shop at `url`, read with a REST API key (Read is enough). `timezone` is for shops that only have an offset.

    `fields` are keys of accounts' meta_data by the names that rules know them by; no others are read.
    Plain http needs `allow_http`. `endpoint` is a server on this machine to talk to instead, `ca` its authority.
    """

    platform: ClassVar[str] = "woocommerce"

    def __init__(  # noqa: PLR0913 - the signature is the schema of the settings
        self,
        *,
        url: str,
        consumer_key: str,
        consumer_secret: str,
        allow_http: bool = False,
        timezone: str | None = None,
        fields: Mapping[str, str] | None = None,
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
        self._timezone = timezone
        self._fields = fields or {}
        self._asked = payloads.FIELDS[CustomerPayload] if self._fields else payloads.CUSTOMER_FIELDS
        self._sorts = True  # by modification; WooCommerce of before 2024 may not
        self._lists_refunds = True  # under /refunds, since WooCommerce 9.0
        self._products: set[int] = set()  # those told already

    def check(self) -> ShopCheck:
        """The shop's identity and counts, and each problem with its remedy; AuthenticationError for a refused key."""
        return shop_check(self.client, self._timezone)

    @property
    def requests(self) -> int:
        """How many requests were sent so far."""
        return self.client.sent

    # Orders ---------------------------------------------------------------------------------------------------------

    def orders(self, since: str | None) -> Iterator[Page[OrderRecord]]:
        """Orders changed since the cursor, the oldest change first, then those that were put into the trash."""
        cursor = _decoded(since, OrderCursor)
        for step, reached in self._changes(cursor):
            cursor = reached or cursor
            page = self._order_page(step, _encoded(reached))
            if page.records or page.rejected:
                yield page
        yield from self._trash(cursor)

    def _changes(self, cursor: OrderCursor) -> Iterator[tuple[Step, OrderCursor | None]]:
        """Steps through all changes, each with the cursor that may be stored after it."""
        fields: Params = {"_fields": payloads.FIELDS[OrderPayload]}
        if cursor.before is not None:  # a walk was broken off: to its end, then what changed since
            yield from self._unsorted(cursor, cursor.before, fields)
            cursor = _walked(cursor, cursor.before)
        modified = cursor.modified
        after = modified - OVERLAP if modified else None
        steps = self._sorted(fields, after)
        if steps is None:
            settled = self.client.rows("orders", per_page=1, _fields="id").settled
            yield from self._unsorted(cursor, settled.replace(microsecond=0), fields)
            return
        for step in steps:
            if step.reached and (modified is None or step.reached > modified):
                modified = step.reached
            yield step, OrderCursor(modified, cursor.trashed) if step.reached else None

    def _sorted(self, fields: Params, after: datetime | None) -> Iterator[Step] | None:
        """Steps by modification; None where the shop is too old to sort so."""
        if not self._sorts:
            return None
        steps = by_modification(self.client, fields, after)
        try:
            return chain([next(steps)], steps)
        except HTTPError as error:
            if error_code(error) != "rest_invalid_param":
                raise
            self._sorts = False
            return None

    def _unsorted(
        self, cursor: OrderCursor, before: datetime, fields: Params
    ) -> Iterator[tuple[Step, OrderCursor | None]]:
        """For shops that sort by id only: a window that ends in the past, which orders leave but seldom enter."""
        after = cursor.modified - OVERLAP if cursor.modified else None
        query: Params = {**fields, "orderby": "id", "order": "asc", **window(after, before)}
        for step in backwards(self.client, "orders", query, cursor.page):
            obeyed([stamp_of(row) for row in step.rows], after)
            under_way = OrderCursor(cursor.modified, cursor.trashed, before, step.page - 1)
            yield step, _walked(cursor, before) if step.page == 1 else under_way

    def _trash(self, cursor: OrderCursor) -> Iterator[Page[OrderRecord]]:
        """Deletions for what was put into the trash, which the list of orders leaves out."""
        after = cursor.trashed - OVERLAP if cursor.trashed else None
        fields: Params = {"status": "trash", "_fields": payloads.FIELDS[Stamp]}
        steps = self._sorted(fields, after)
        if steps is None:
            query: Params = {**fields, "orderby": "id", "order": "asc", **window(after)}
            steps = backwards(self.client, "orders", query)
        for step in steps:
            found = [stamp for stamp in map(stamp_of, step.rows) if stamp]
            trashed = max(filter(None, (step.reached, cursor.trashed)), default=None)
            cursor = OrderCursor(cursor.modified, trashed)
            if found:
                deletions = tuple(Deletion(str(stamp.id)) for stamp in found)
                yield Page((), _encoded(cursor if cursor.modified else None), deletions=deletions)

    def orders_placed(self, since: datetime) -> Iterator[Page[OrderRecord]]:
        """Every order placed since an instant, whenever it changed; no page has a cursor."""
        query: Params = {
            "_fields": payloads.FIELDS[OrderPayload],
            "orderby": "date",
            "order": "asc",
            "after": f"{since.astimezone(UTC) - SECOND:%Y-%m-%dT%H:%M:%S}",  # excluded
            "dates_are_gmt": "true",
        }
        for step in backwards(self.client, "orders", query):
            yield self._order_page(step, None)

    def _order_page(self, step: Step, cursor: str | None) -> Page[OrderRecord]:
        orders, rejected = _read(step.rows, OrderPayload)
        dates = self._refund_dates([order for _, order in orders if order.refunds])
        records = []
        for row, order in orders:
            try:
                records.append(payloads.order_record(order, dates))
            except UNREADABLE as error:
                rejected.append(_rejected(row, error))
        products = self._new_products([order for _, order in orders])
        return Page(tuple(records), cursor, tuple(rejected), products=products, expected=step.total)

    def order(self, order_id: str) -> OrderRecord | None:
        """The order as it is now, None where it is gone or in the trash; RecordError where it cannot be read."""
        if not order_id.isdecimal():
            return None
        try:
            row = self.client.get(f"orders/{order_id}", msgspec.Raw, _fields=payloads.FIELDS[OrderPayload])
        except HTTPError as error:
            if error_code(error).endswith("_invalid_id"):
                return None
            raise
        try:
            order = msgspec.json.decode(row, type=OrderPayload, strict=False)
            record = payloads.order_record(order, self._refund_dates([order]))
        except UNREADABLE as error:
            raise RecordError(f"Order {order_id} cannot be read: {reason(bytes(row), error)}") from error
        return None if record.status is OrderStatus.DELETED else record

    def _refund_dates(self, orders: Sequence[OrderPayload]) -> dict[int, datetime | None]:
        """When each refund was made, by its id: an order lists its refunds without their dates."""
        dates: dict[int, datetime | None] = {}
        for ids in _hundreds([refund.id for order in orders for refund in order.refunds]):
            if self._lists_refunds:
                dates |= self._refunds("refunds", include=ids)
        for order in orders:
            if any(refund.id not in dates for refund in order.refunds):
                dates |= self._refunds(f"orders/{order.id}/refunds")
        return dates

    def _refunds(self, path: str, **params: str) -> dict[int, datetime | None]:
        try:
            listing = self.client.rows(path, _fields=payloads.FIELDS[RefundPayload], **params)
        except HTTPError as error:
            if error.status != 404:
                raise
            self._lists_refunds = self._lists_refunds and path != "refunds"
            return {}
        return {refund.id: payloads.refunded_at(refund) for _, refund in _read(listing.rows, RefundPayload)[0]}

    # Products -------------------------------------------------------------------------------------------------------

    def products(self, product_ids: Sequence[str]) -> tuple[ProductRecord, ...]:
        """Products by id, those that still exist; a hundred in a request."""
        found: list[ProductRecord] = []
        for ids in _hundreds([int(number) for number in product_ids if number.isdecimal()]):
            listing = self.client.rows("products", include=ids, _fields=payloads.FIELDS[ProductPayload])
            found += [payloads.product_record(product) for _, product in _read(listing.rows, ProductPayload)[0]]
        return tuple(found)

    def _new_products(self, orders: Sequence[OrderPayload]) -> tuple[ProductRecord, ...]:
        """The products of these orders that no earlier page has told of."""
        new = {line.product_id for order in orders for line in order.line_items if line.product_id} - self._products
        self._products |= new
        return self.products([str(number) for number in sorted(new)])

    # Customers ------------------------------------------------------------------------------------------------------

    def customers(self, since: str | None) -> Iterator[Page[CustomerRecord]]:
        """Accounts of every role: those opened since the cursor, and all of them where a day has passed."""
        cursor = _decoded(since, CustomerCursor)
        if since is None:
            yield from self._all_customers(cursor)
            return
        if cursor.page is not None:  # a walk was broken off: to its end, then the accounts opened since
            for page in self._all_customers(cursor):
                cursor = _decoded(page.cursor, CustomerCursor)
                yield page
        query: Params = {"role": "all", "_fields": self._asked}
        first = self.client.rows("customers", orderby="id", order="desc", **query)
        if cursor.walked is None or first.settled - cursor.walked >= A_DAY:
            yield from self._all_customers(CustomerCursor(cursor.newest))
        else:
            yield from self._new_customers(first, query, cursor)

    def _all_customers(self, cursor: CustomerCursor) -> Iterator[Page[CustomerRecord]]:
        """Every account, from the last page to the first: accounts are only added at the end."""
        query: Params = {"role": "all", "_fields": self._asked, "orderby": "id", "order": "asc"}
        walked = cursor.walked if cursor.page is not None else None
        newest = cursor.newest
        for step in backwards(self.client, "customers", query, cursor.page):
            walked = walked or step.settled
            page = _customer_page(step.rows, step.total, self._fields)
            newest = max([newest, *_ids(page)])
            under_way = CustomerCursor(newest, walked, step.page - 1)
            yield replace(page, cursor=_encoded(under_way if step.page > 1 else CustomerCursor(newest, walked)))

    def _new_customers(self, listing: Listing, query: Params, cursor: CustomerCursor) -> Iterator[Page[CustomerRecord]]:
        """The accounts with a higher id than any known one; the cursor comes with the last page, the oldest of them."""
        number, newest = 1, cursor.newest
        while True:
            page = _customer_page(listing.rows, None, self._fields)
            newest = max([newest, *_ids(page)])
            last = number >= listing.pages or min(_ids(page), default=0) <= cursor.newest
            fresh = tuple(record for record in page.records if int(record.id) > cursor.newest)
            if fresh or page.rejected:
                done = _encoded(CustomerCursor(newest, cursor.walked)) if last else None
                yield replace(page, records=fresh, cursor=done)
            if last:
                return
            number += 1
            listing = self.client.rows("customers", page=number, orderby="id", order="desc", **query)

    def figures(self) -> ShopFigures:
        """What the shop counts itself; it has no sum of money."""
        return figures.figures(self.client)

    def buyers(self, most: int) -> Iterator[Buyer]:
        """What the shop's Analytics say of its buyers, guests too, at most so many; nothing where it has none."""
        return figures.buyers(self.client, currency(self.client), most)

    def account_ids(self) -> Iterator[Sequence[str]]:
        """The id of every account, whatever its role, a hundred in a request."""
        query: Params = {"role": "all", "_fields": "id", "orderby": "id", "order": "asc"}
        for step in backwards(self.client, "customers", query):
            yield [str(stamp.id) for stamp in map(stamp_of, step.rows) if stamp]

    def customer(self, customer_id: str) -> CustomerRecord | None:
        """The account as it is now, None where it is gone; RecordError where it cannot be read."""
        if not customer_id.isdecimal():
            return None
        try:
            row = self.client.get(f"customers/{customer_id}", msgspec.Raw, _fields=self._asked)
        except HTTPError as error:
            if error_code(error).endswith("_invalid_id"):
                return None
            raise
        page = _customer_page([row], None, self._fields)
        if page.rejected:
            raise RecordError(f"Account {customer_id} cannot be read: {page.rejected[0].reason}")
        return page.records[0]

    def checkout(self, checkout_id: str) -> CheckoutRecord | None:  # noqa: ARG002 - the contract's name
        """Nothing, as `checkouts`."""
        return None

    def checkouts(self, since: str | None) -> Iterator[Page[CheckoutRecord]]:  # noqa: ARG002 - the contract's name
        """Nothing: carts that are left behind are in no list of WooCommerce; drafts of orders come as orders."""
        return iter(())


def _walked(cursor: OrderCursor, before: datetime) -> OrderCursor:
    """The cursor after a walk through all that changed before a time."""
    return OrderCursor(before - SECOND, cursor.trashed)


def _customer_page(
    rows: Sequence[msgspec.Raw], expected: int | None, fields: Mapping[str, str]
) -> Page[CustomerRecord]:
    customers, rejected = _read(rows, CustomerPayload)
    records = []
    for row, customer in customers:
        try:
            records.append(payloads.customer_record(customer, fields))
        except UNREADABLE as error:
            rejected.append(_rejected(row, error))
    return Page(tuple(records), None, tuple(rejected), expected=expected)


def _ids(page: Page[CustomerRecord]) -> list[int]:
    return [int(record.id) for record in page.records]


def _read(
    rows: Sequence[msgspec.Raw], payload: type[Payload]
) -> tuple[list[tuple[msgspec.Raw, Payload]], list[Rejected]]:
    """Each row with what it says, and the rows that are not of this shape."""
    decode = msgspec.json.Decoder(payload, strict=False).decode
    found, rejected = [], []
    for row in rows:
        try:
            storable(bytes(row))
            found.append((row, decode(row)))
        except UNREADABLE as error:
            rejected.append(_rejected(row, error))
    return found, rejected


def _rejected(row: msgspec.Raw, error: Exception) -> Rejected:
    sent = raw(bytes(row))
    return Rejected(member(sent.encode(), "id"), sent, reason(bytes(row), error))


def _hundreds(numbers: Sequence[int]) -> Iterator[str]:
    """Comma-separated lists of at most a page."""
    for start in range(0, len(numbers), PER_PAGE):
        yield ",".join(str(number) for number in numbers[start : start + PER_PAGE])


def _decoded(since: str | None, cursor: type[Payload]) -> Payload:
    try:
        return msgspec.json.decode(since or "{}", type=cursor)
    except msgspec.DecodeError as error:
        raise SettingsError(f"The checkpoint {since!r} is none of WooCommerce's.", remedy=DAMAGED) from error


def _encoded(cursor: OrderCursor | CustomerCursor | None) -> str | None:
    return msgspec.json.encode(cursor).decode() if cursor else None
