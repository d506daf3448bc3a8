"""What any source and any destination must do, whatever its platform: a subclass supplies fixtures, about 20 lines.

    class TestShopifySource(SourceContract):
        @pytest.fixture
        def source(self, shop: Shop, clock: Clock) -> Iterator[Source]:
            with FakeShopify(shop, now=clock) as fake:
                yield ShopifySource(..., endpoint=fake.url, sleep=clock.sleep, clock=clock.timestamp)

`shop` and `clock` are fixtures of the contract; what a test changes in `shop`, the fake shows.
A destination's subclass takes TagContract, FieldContract or both, and also says how to look behind the fake.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from connector.destination import Destination, Outcome, RemoteChange, Result
from connector.records import OrderRecord, OrderStatus, Page
from connector.source import LiveSource, Source
from sync.demo.server import FakeServer
from sync.demo.shop import Shop, ShopCustomer, ShopLine, ShopOrder, ShopProduct, ShopRefund

Record = TypeVar("Record")


class Clock:
    """A clock that stands still until a connector sleeps or a test moves it."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.slept: list[float] = []

    def __call__(self) -> datetime:
        """The present instant."""
        return self.now

    def timestamp(self) -> float:
        """The present instant in seconds since the epoch."""
        return self.now.timestamp()

    def sleep(self, seconds: float) -> None:
        """Let the time pass, at once."""
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)

    def move(self, **step: float) -> None:
        """Let `timedelta(**step)` pass."""
        self.now += timedelta(**step)


NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
TOO_LARGE = 10**30
"""An amount that no ledger holds: how a test spoils one record on every platform alike."""


def small_shop() -> Shop:
    """Twelve customers and forty orders of the last weeks: guests, refunds, a cancellation, equal timestamps."""
    shop = Shop(products={7: ShopProduct(7, "Bol", 1250, "Vaisselle", "Atelier", ("bleu",))})
    for number in range(101, 113):
        opened = NOW - timedelta(days=40, hours=number)
        shop.customers[number] = ShopCustomer(
            number, f"client{number}@example.com", opened, opened, "Zoé", f"N° {number}", city="Lille", postcode="59000"
        )
    shop.customers[101].consent, shop.customers[101].consent_at = "subscribed", NOW - timedelta(days=30)
    shop.customers[102].consent = "unsubscribed"
    for number in range(1001, 1041):
        placed = NOW - timedelta(days=20) + timedelta(hours=(number - 1001) // 4)  # four share each instant
        line = ShopLine(number * 10, 7, "Bol", 2, 2500, "BOL-1")
        shop.orders[number] = ShopOrder(number, placed, placed, 3000, 101 + number % 12, shipping=500, lines=[line])
    guest, refunded, cancelled = shop.orders[1003], shop.orders[1006], shop.orders[1009]
    guest.customer_id, guest.email = None, "invitee@example.com"
    refunded.refunds.append(ShopRefund(1, refunded.placed_at + timedelta(days=1), 1000))
    cancelled.status, cancelled.cancelled_at = "cancelled", cancelled.placed_at + timedelta(days=1)
    return shop


def records(pages: Iterable[Page[Record]]) -> list[Record]:
    """All records of some pages, in their order."""
    return [record for page in pages for record in page.records]


def last_cursor(pages: Sequence[Page[Record]], before: str | None = None) -> str:
    """The cursor that is stored once all pages are."""
    cursor = next((page.cursor for page in reversed(pages) if page.cursor is not None), before)
    assert cursor is not None
    return cursor


class Fixtures:
    """A small shop and a clock; what they give can be overridden by a fixture of the same name."""

    @pytest.fixture
    def clock(self) -> Clock:
        return Clock(NOW)

    @pytest.fixture
    def shop(self) -> Shop:
        return small_shop()


class SourceContract(Fixtures):
    """Needs a fixture `source` over a fake of `shop`."""

    overlap = timedelta(minutes=15)
    """How far behind the newest change a later read of orders may begin."""

    def test_the_check_tells_currency_time_zone_and_counts(self, source: Source, shop: Shop) -> None:
        found = source.check()
        assert (found.currency, found.timezone) == (shop.currency, shop.timezone)
        assert found.shop_id
        assert found.shop_id == source.check().shop_id
        assert found.orders in {None, len(shop.orders)}

    def test_the_first_load_brings_every_order_once_with_its_money(self, source: Source, shop: Shop) -> None:
        found = records(source.orders(None))
        assert len(found) == len({order.id for order in found})
        assert {order.id: order.total for order in found} == {str(o.id): o.total for o in shop.orders.values()}
        assert {order.currency for order in found} == {shop.currency}
        assert all(line.product_id == "7" and line.total == 2500 for order in found for line in order.lines)
        assert all(order.lines and order.placed_at.tzinfo is not None for order in found)

    def test_the_first_load_brings_every_customer_account(self, source: Source, shop: Shop) -> None:
        found = {customer.id: customer for customer in records(source.customers(None))}
        assert set(found) == {str(number) for number in shop.customers}
        assert found["103"].email == "client103@example.com"

    def test_guests_refunds_and_cancellations_keep_their_facts(self, source: Source, shop: Shop) -> None:
        found = {order.id: order for order in records(source.orders(None))}
        assert (found["1003"].customer_id, found["1003"].email) == (None, "invitee@example.com")
        assert [refund.amount for refund in found["1006"].refunds] == [1000]
        assert found["1006"].status is OrderStatus.PAID
        cancelled = found["1009"]
        assert cancelled.cancelled_at is not None or cancelled.status is OrderStatus.CANCELLED

    def test_a_read_cut_short_after_any_page_loses_nothing(self, source: Source, shop: Shop) -> None:
        seen: set[str] = set()
        for page in source.orders(None):
            seen |= {order.id for order in page.records}
            if page.cursor is not None:
                rest = {order.id for order in records(source.orders(page.cursor))}
                assert seen | rest == {str(number) for number in shop.orders}

    def test_a_change_at_the_cursors_own_second_still_comes(self, source: Source, shop: Shop) -> None:
        cursor = last_cursor(list(source.orders(None)))
        newest = shop.orders[1040]
        twin = ShopOrder(2000, newest.placed_at, newest.updated_at, 900, 101, lines=newest.lines)
        changed = shop.orders[1001]
        twin.updated_at = changed.updated_at = NOW
        cursor = last_cursor(list(source.orders(cursor)), cursor)
        shop.orders[2000] = twin
        assert "2000" in {order.id for order in records(source.orders(cursor))}

    def test_changes_come_oldest_first(self, source: Source, shop: Shop, clock: Clock) -> None:
        cursor = last_cursor(list(source.orders(None)))
        for minutes, number in enumerate((1030, 1002, 1017, 1001)):
            shop.orders[number].updated_at = clock.now + timedelta(minutes=minutes)
        clock.move(hours=1)
        changed = [order for order in records(source.orders(cursor)) if order.id in {"1030", "1002", "1017", "1001"}]
        assert [order.id for order in changed] == ["1030", "1002", "1017", "1001"]
        assert [order.updated_at for order in changed] == sorted(o.updated_at for o in changed if o.updated_at)

    def test_a_second_read_brings_only_the_overlap(self, source: Source, shop: Shop, clock: Clock) -> None:
        cursor = last_cursor(list(source.orders(None)))
        shop.orders[1005].updated_at = clock.now
        clock.move(minutes=1)
        cursor = last_cursor(list(source.orders(cursor)), cursor)
        again = records(source.orders(cursor))
        assert "1005" in {order.id for order in again}
        assert all(order.updated_at and order.updated_at >= NOW - self.overlap for order in again)

    def test_an_unreadable_order_is_rejected_and_the_others_come(self, source: Source, shop: Shop) -> None:
        shop.orders[1012].total = TOO_LARGE
        pages = list(source.orders(None))
        assert len(records(pages)) == len(shop.orders) - 1
        rejected = [item for page in pages for item in page.rejected]
        assert [item.id for item in rejected] == ["1012"]
        assert rejected[0].reason
        assert "1012" in rejected[0].payload

    def test_orders_are_found_by_when_they_were_placed_however_old_their_change(
        self, source: Source, shop: Shop
    ) -> None:
        assert isinstance(source, LiveSource)
        since = NOW - timedelta(days=15)
        found = records(source.orders_placed(since))
        assert {order.id for order in found} == {str(n) for n, order in shop.orders.items() if order.placed_at >= since}
        streamed = {order.id: order for order in records(source.orders(None))}
        assert [self.essence(order) for order in found] == [self.essence(streamed[order.id]) for order in found]

    def test_accounts_are_listed_and_one_is_read_alone(self, source: Source, shop: Shop) -> None:
        assert isinstance(source, LiveSource)
        assert sorted(account for ids in source.account_ids() for account in ids) == sorted(map(str, shop.customers))
        streamed = {customer.id: customer for customer in records(source.customers(None))}
        assert source.customer("101") == streamed["101"]
        assert source.customer("999999") is None
        assert source.customer("nobody") is None

    def test_requests_are_counted(self, source: Source) -> None:
        assert isinstance(source, LiveSource)
        assert source.requests == 0
        assert source.order("1001") is not None
        assert source.requests == 1

    def test_one_order_read_alone_is_the_one_of_the_stream(self, source: Source, shop: Shop) -> None:
        streamed = {order.id: order for order in records(source.orders(None))}
        assert self.essence(source.order("1006")) == self.essence(streamed["1006"])
        assert source.order("999999") is None

    def test_one_account_read_alone_is_the_one_of_the_stream(self, source: LiveSource) -> None:
        streamed = {customer.id: customer for customer in records(source.customers(None))}
        assert source.customer("103") == streamed["103"]
        assert source.customer("999999") is None
        assert source.customer("../orders/1001") is None

    def test_products_that_still_exist_are_told(self, source: Source, shop: Shop) -> None:
        assert [(found.id, found.title) for found in source.products(["7", "8"])] == [("7", "Bol")]

    @staticmethod
    def essence(order: OrderRecord | None) -> tuple[object, ...]:
        """What counting reads of an order."""
        assert order is not None
        refunds = tuple((refund.id, refund.at, refund.amount) for refund in order.refunds)
        lines = tuple((line.product_id, line.quantity, line.total) for line in order.lines)
        return (order.id, order.placed_at, order.status, order.total, order.customer_id, refunds, lines)


class DestinationContract(Fixtures):
    """Needs fixtures `destination` and `fake`, and the methods below; the addresses of `known` exist there."""

    unknown: str
    """An address that the platform has never seen."""

    def known(self, shop: Shop) -> list[str]:
        """Addresses that the fake knows; by default the shop's own customer ids."""
        return [str(number) for number in shop.customers]

    def consents(self, fake: FakeServer, shop: Shop) -> object:
        """Everything that the fake holds about consent, to be compared before and after."""
        return {number: (customer.consent, customer.consent_at) for number, customer in shop.customers.items()}

    def change(self, address: str) -> RemoteChange:
        """Some change that is ours to make at `address`."""
        raise NotImplementedError

    def undo(self, address: str) -> RemoteChange:
        """The change that takes `change` back."""
        raise NotImplementedError

    def held(self, fake: FakeServer, shop: Shop, address: str) -> object:
        """What the fake holds of tags and fields at `address`."""
        raise NotImplementedError

    def test_the_check_names_the_same_account_every_time(self, destination: Destination) -> None:
        assert destination.check().remote_id
        assert destination.check().remote_id == destination.check().remote_id

    def test_every_address_is_read_once_and_strangers_are_told(self, destination: Destination, shop: Shop) -> None:
        asked = [*self.known(shop), self.unknown]
        states = list(destination.read(asked))
        assert sorted(state.address for state in states) == sorted(asked)
        assert [state.address for state in states if not state.exists] == [self.unknown]

    def test_each_address_has_one_outcome(self, destination: Destination, shop: Shop) -> None:
        changes = [self.change(address) for address in self.known(shop)]
        outcomes = list(destination.apply(changes, silent=False))
        assert sorted(outcome.address for outcome in outcomes) == sorted(self.known(shop))
        assert {outcome.result for outcome in outcomes} == {Result.ACCEPTED}

    def test_a_stranger_is_refused_with_a_reason_and_blocks_nobody(self, destination: Destination, shop: Shop) -> None:
        changes = [self.change(address) for address in [self.unknown, *self.known(shop)]]
        outcomes = {outcome.address: outcome for outcome in destination.apply(changes, silent=False)}
        stranger = outcomes.pop(self.unknown)
        assert stranger.result is Result.REFUSED
        assert stranger.reason
        assert {outcome.result for outcome in outcomes.values()} == {Result.ACCEPTED}

    def test_writing_twice_is_writing_once(self, destination: Destination, fake: FakeServer, shop: Shop) -> None:
        address = self.known(shop)[0]
        self.accept(destination, self.change(address))
        once = self.held(fake, shop, address)
        self.accept(destination, self.change(address))
        assert self.held(fake, shop, address) == once

    def test_what_was_written_can_be_taken_back(self, destination: Destination, fake: FakeServer, shop: Shop) -> None:
        address = self.known(shop)[0]
        before = self.held(fake, shop, address)
        self.accept(destination, self.change(address))
        assert self.held(fake, shop, address) != before
        self.accept(destination, self.undo(address))
        assert self.held(fake, shop, address) == before

    def test_no_consent_is_ever_written(self, destination: Destination, fake: FakeServer, shop: Shop) -> None:
        before = self.consents(fake, shop)
        for step in (self.change, self.undo):
            assert list(destination.apply([step(address) for address in self.known(shop)], silent=True))
        assert self.consents(fake, shop) == before

    def test_nothing_to_change_is_nothing_sent(self, destination: Destination, fake: FakeServer) -> None:
        assert list(destination.apply([], silent=False)) == []
        assert fake.writes == []

    @staticmethod
    def accept(destination: Destination, change: RemoteChange) -> None:
        """Apply one change, which must be accepted."""
        outcomes = list(destination.apply([change], silent=False))
        assert outcomes == [Outcome(change.address, Result.ACCEPTED)]


class TagContract(DestinationContract):
    """Needs also `tags`: the fake's own view, to read and to seed."""

    ours = "Cycle : Fidèle"

    def tags(self, fake: FakeServer, shop: Shop, address: str) -> set[str]:
        """The tags at `address` in the fake's own books, open to change; by default those of the shop's customer."""
        return shop.customers[int(address)].tags

    def change(self, address: str) -> RemoteChange:
        """One tag more."""
        return RemoteChange(address, add=frozenset({self.ours}))

    def undo(self, address: str) -> RemoteChange:
        """The tag gone."""
        return RemoteChange(address, remove=frozenset({self.ours}))

    def held(self, fake: FakeServer, shop: Shop, address: str) -> object:
        """The tags at `address`."""
        return set(self.tags(fake, shop, address))

    def test_tags_of_others_are_untouched(self, destination: Destination, fake: FakeServer, shop: Shop) -> None:
        address = self.known(shop)[0]
        self.tags(fake, shop, address).add("VIP à la main")
        self.accept(destination, self.change(address))
        assert set(self.tags(fake, shop, address)) == {"VIP à la main", self.ours}
        self.accept(destination, self.undo(address))
        assert set(self.tags(fake, shop, address)) == {"VIP à la main"}

    def test_one_tag_is_exchanged_for_another(self, destination: Destination, fake: FakeServer, shop: Shop) -> None:
        address = self.known(shop)[1]
        self.accept(destination, self.change(address))
        self.accept(destination, RemoteChange(address, frozenset({"Cycle : Inactif"}), frozenset({self.ours})))
        assert set(self.tags(fake, shop, address)) == {"Cycle : Inactif"}

    def test_tags_are_read_back(self, destination: Destination, shop: Shop) -> None:
        address = self.known(shop)[0]
        self.accept(destination, self.change(address))
        (state,) = destination.read([address])
        assert self.ours in state.tags


class FieldContract(DestinationContract):
    """Needs also `fields`: the fake's own view of the fields at an address."""

    ours_field = "lifecycle"

    def fields(self, fake: FakeServer, shop: Shop, address: str) -> dict[str, str]:
        """The fields at `address` in the fake's own books, open to change; by default the shop customer's meta."""
        return shop.customers[int(address)].meta

    def change(self, address: str) -> RemoteChange:
        """One field set."""
        return RemoteChange(address, fields={self.ours_field: "Fidèle"})

    def undo(self, address: str) -> RemoteChange:
        """The field removed."""
        return RemoteChange(address, fields={self.ours_field: None})

    def held(self, fake: FakeServer, shop: Shop, address: str) -> object:
        """The fields at `address` that hold something."""
        return {name: value for name, value in self.fields(fake, shop, address).items() if value}

    def test_a_field_is_replaced_and_read_back(self, destination: Destination, fake: FakeServer, shop: Shop) -> None:
        address = self.known(shop)[0]
        self.accept(destination, RemoteChange(address, fields={self.ours_field: "Inactif"}))
        self.accept(destination, RemoteChange(address, fields={self.ours_field: "Fidèle"}))
        assert self.fields(fake, shop, address)[self.ours_field] == "Fidèle"
        (state,) = destination.read([address])
        assert state.fields[self.ours_field] == "Fidèle"
