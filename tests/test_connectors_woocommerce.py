"""A WooCommerce shop, read and written over real TLS through the fake."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import msgspec
import pytest

from connector.destination import Destination, Outcome, RemoteChange, Result
from connector.errors import AuthenticationError, PermanentError, RecordError, RetryableError, SettingsError
from connector.records import Deletion, OrderRecord, OrderStatus, Page
from connector.source import Source
from connectors.woocommerce import WooCommerceDestination, WooCommerceSource
from connectors.woocommerce.payloads import OrderPayload, order_record
from sync.demo.server import Answer, FakeServer, Fault, Request
from sync.demo.shop import Shop, ShopCustomer, ShopLine, ShopOrder, ShopProduct, ShopRefund
from sync.demo.woocommerce import FakeWooCommerce
from tests.contract import NOW, Clock, FieldContract, Fixtures, SourceContract, last_cursor, records, small_shop

URL = "https://boutique.example"


def source_of(fake: FakeWooCommerce, *, secret: str = "cs_demo", timezone: str | None = None) -> WooCommerceSource:
    return WooCommerceSource(
        url=URL,
        consumer_key="ck_demo",
        consumer_secret=secret,
        allow_http=fake.ca is None,
        timezone=timezone,
        endpoint=fake.url,
        ca=fake.ca,
        sleep=lambda _: None,
    )


def destination_of(fake: FakeWooCommerce) -> WooCommerceDestination:
    return WooCommerceDestination(
        url=URL,
        consumer_key="ck_demo",
        consumer_secret="cs_demo",
        allow_http=fake.ca is None,
        endpoint=fake.url,
        ca=fake.ca,
        sleep=lambda _: None,
    )


def many_orders(count: int, start: datetime, step: timedelta) -> Shop:
    shop = Shop()
    for number in range(1, count + 1):
        placed = start + step * number
        shop.orders[number] = ShopOrder(number, placed, placed, 1000, email=f"c{number}@example.com")
    return shop


def ids(pages: list[Page[OrderRecord]]) -> list[int]:
    return [int(order.id) for order in records(pages)]


def paths(fake: FakeServer, end: str) -> list[Request]:
    return [entry.request for entry in fake.ledger if entry.request.path.endswith(end)]


class TestWooCommerceSource(SourceContract):
    @pytest.fixture
    def source(self, shop: Shop, clock: Clock) -> Iterator[Source]:
        with FakeWooCommerce(shop, now=clock) as fake:
            yield source_of(fake)


class TestSignedWooCommerceSource(SourceContract):
    @pytest.fixture
    def source(self, shop: Shop, clock: Clock) -> Iterator[Source]:
        with FakeWooCommerce(shop, now=clock, https=False) as fake:
            yield source_of(fake)


class TestOldWooCommerceSource(SourceContract):
    """A shop that cannot sort by modification, nor list refunds."""

    @pytest.fixture
    def source(self, shop: Shop, clock: Clock) -> Iterator[Source]:
        clock.move(minutes=1)  # the window ends in the past
        with FakeWooCommerce(shop, now=clock) as fake:
            fake.sorts_by_modification = fake.lists_refunds = False
            yield source_of(fake)

    def test_changes_come_oldest_first(self, source: Source, shop: Shop, clock: Clock) -> None:
        """They come by id there: it is the cursor that waits until all of them have come."""
        cursor = last_cursor(list(source.orders(None)))
        for minutes, number in enumerate((1030, 1002, 1017)):
            shop.orders[number].updated_at = clock.now + timedelta(minutes=minutes)
        clock.move(hours=1)
        assert {"1030", "1002", "1017"} <= {order.id for order in records(source.orders(cursor))}


class TestWooCommerceDestination(FieldContract):
    unknown = "999999"

    @pytest.fixture
    def fake(self, shop: Shop, clock: Clock) -> Iterator[FakeWooCommerce]:
        with FakeWooCommerce(shop, now=clock) as fake:
            yield fake

    @pytest.fixture
    def destination(self, fake: FakeWooCommerce) -> Destination:
        return destination_of(fake)


class TestKeys(Fixtures):
    def test_over_https_the_key_is_in_the_header_and_never_in_the_address(self, shop: Shop, clock: Clock) -> None:
        with FakeWooCommerce(shop, now=clock) as fake:
            assert source_of(fake).check().orders == 40
            assert records(source_of(fake).orders(None))
        keyed = [entry.request for entry in fake.ledger if "/wc/v3/" in entry.request.path]
        assert all(request.headers["authorization"].startswith("Basic ") for request in keyed)
        assert not any("demo" in str(request.query) for request in keyed)

    def test_plain_http_is_refused_unless_it_is_allowed(self) -> None:
        with pytest.raises(SettingsError, match="allow_http = true"):
            WooCommerceSource(url="http://boutique.example", consumer_key="ck_1", consumer_secret="cs_1")

    @pytest.mark.parametrize("url", ["boutique.example", "ftp://boutique.example", "https://a:b@boutique.example", ""])
    def test_an_address_that_is_none_is_refused(self, url: str) -> None:
        with pytest.raises(SettingsError, match="address of a shop"):
            WooCommerceSource(url=url, consumer_key="ck_1", consumer_secret="cs_1")

    def test_exchanged_keys_are_noticed(self) -> None:
        with pytest.raises(SettingsError, match="exchanged"):
            WooCommerceSource(url=URL, consumer_key="cs_1", consumer_secret="ck_1")

    def test_over_http_each_attempt_is_signed_anew(self, shop: Shop, clock: Clock) -> None:
        def busy(number: int, request: Request) -> Answer | None:
            if number != 0:
                return None
            assert fake.answer(request)[0].status == 200  # the shop worked, and remembers the nonce
            return Answer(503)

        with FakeWooCommerce(shop, now=clock, https=False, fault=busy) as fake:
            assert len(records(source_of(fake).orders(None))) == 40
        first, second = (entry.request.query for entry in fake.ledger[:2])
        assert first["oauth_nonce"] != second["oauth_nonce"]
        assert "oauth_version" not in first
        assert not any("cs_demo" in str(entry.request.query) for entry in fake.ledger)

    def test_plain_http_is_told_as_a_problem(self, shop: Shop, clock: Clock) -> None:
        with FakeWooCommerce(shop, now=clock, https=False) as fake:
            (problem,) = source_of(fake).check().problems
        assert "plain http" in problem.message
        assert not problem.fatal

    def test_a_wrong_secret_says_so(self, shop: Shop, clock: Clock) -> None:
        with FakeWooCommerce(shop, now=clock) as fake, pytest.raises(AuthenticationError, match="consumer secret"):
            source_of(fake, secret="cs_other").check()

    def test_an_unknown_key_is_told_with_both_its_reasons(self, shop: Shop, clock: Clock) -> None:
        with FakeWooCommerce(shop, now=clock, key="ck_new") as fake, pytest.raises(AuthenticationError) as caught:
            source_of(fake).check()
        assert "the key is unknown" in caught.value.remedy
        assert "does not see https" in caught.value.remedy

    def test_a_firewall_is_named_as_a_reason(self, shop: Shop, clock: Clock) -> None:
        def firewall(number: int, request: Request) -> Answer:
            return Answer(403, b"<h1>Forbidden</h1>")

        with FakeWooCommerce(shop, now=clock, fault=firewall) as fake, pytest.raises(AuthenticationError) as caught:
            source_of(fake).check()
        assert "firewall" in caught.value.remedy

    def test_an_unknown_authority_is_not_trusted(self, shop: Shop, clock: Clock) -> None:
        with FakeWooCommerce(shop, now=clock) as fake, pytest.raises(PermanentError, match="not trusted"):
            WooCommerceSource(url=URL, consumer_key="ck_demo", consumer_secret="cs_demo", endpoint=fake.url).check()


class TestCheck(Fixtures):
    def test_everything_is_asked_for_without_writing(self, shop: Shop, clock: Clock) -> None:
        with FakeWooCommerce(shop, now=clock, permission="read") as fake:
            fake.roles[103] = "subscriber"
            found = source_of(fake).check()
        assert (found.shop_id, found.name, found.customers, found.orders) == (shop.domain, shop.name, 12, 40)
        assert found.problems == ()
        assert fake.writes == []

    @pytest.mark.parametrize(("offset", "zone"), [(2.0, "Etc/GMT-2"), (-5.0, "Etc/GMT+5"), (0.0, "UTC")])
    def test_a_shop_without_a_city_has_the_zone_of_its_offset(
        self, shop: Shop, clock: Clock, offset: float, zone: str
    ) -> None:
        with FakeWooCommerce(shop, now=clock) as fake:
            fake.gmt_offset = offset
            found = source_of(fake).check()
            named = source_of(fake, timezone="Europe/Berlin").check()
        assert found.timezone == zone
        assert [problem.fatal for problem in found.problems] == [False]
        assert (named.timezone, named.problems) == ("Europe/Berlin", ())

    def test_an_offset_of_half_an_hour_needs_a_setting(self, shop: Shop, clock: Clock) -> None:
        with FakeWooCommerce(shop, now=clock) as fake:
            fake.gmt_offset = 5.5
            (problem,) = source_of(fake).check().problems
        assert problem.fatal
        assert "timezone" in problem.remedy

    def test_a_hidden_index_needs_a_setting_for_the_time_zone(self, shop: Shop, clock: Clock) -> None:
        def hidden(number: int, request: Request) -> Answer | None:
            return Answer(401, b'{"code":"rest_disabled"}') if request.path == "/wp-json/" else None

        with FakeWooCommerce(shop, now=clock, fault=hidden) as fake:
            (problem,) = source_of(fake).check().problems
            named = source_of(fake, timezone="Europe/Paris").check()
        assert problem.fatal
        assert (named.shop_id, named.problems) == ("boutique.example", ())

    def test_a_filter_that_is_ignored_is_found_out(self, shop: Shop, clock: Clock) -> None:
        with FakeWooCommerce(shop, now=clock, fault=deaf("modified_after")) as fake:
            (problem,) = source_of(fake).check().problems
        assert problem.fatal
        assert "shows orders (40)" in problem.message

    def test_an_old_shop_is_told_as_such(self, shop: Shop, clock: Clock) -> None:
        with FakeWooCommerce(shop, now=clock) as fake:
            fake.sorts_by_modification = False
            (problem,) = source_of(fake).check().problems
        assert not problem.fatal
        assert "cannot sort" in problem.message

    def test_a_shop_without_the_api_says_what_to_look_at(self, shop: Shop, clock: Clock) -> None:
        def plain(number: int, request: Request) -> Answer:
            return Answer(404, b"<!DOCTYPE html>")

        with FakeWooCommerce(shop, now=clock, fault=plain) as fake, pytest.raises(PermanentError, match="Permalinks"):
            source_of(fake).check()


def deaf(*names: str) -> Fault:
    """A shop that does not know some parameters, and says nothing."""

    def fault(number: int, request: Request) -> Answer | None:
        for name in names:
            request.query.pop(name, None)
        return None

    return fault


class TestOrdersByModification:
    start = NOW - timedelta(days=30)

    def test_a_delta_is_right_in_every_time_zone(self) -> None:
        for zone in ("America/New_York", "Europe/Berlin", "Pacific/Auckland"):
            shop = many_orders(50, self.start, timedelta(hours=1))
            shop.timezone = zone
            with FakeWooCommerce(shop, now=Clock(NOW)) as fake:
                cursor = last_cursor(list(source_of(fake).orders(None)))
                shop.orders[3].updated_at = NOW - timedelta(hours=2)
                assert ids(list(source_of(fake).orders(cursor))) == [50, 3]
            asked = [request.query for request in paths(fake, "/orders") if "modified_after" in request.query]
            assert all(not query["modified_after"].endswith("Z") for query in asked)
            assert {query["dates_are_gmt"] for query in asked} == {"true"}

    def test_no_link_is_followed_and_no_page_but_the_first_is_asked_for(self) -> None:
        with FakeWooCommerce(many_orders(350, self.start, timedelta(minutes=1)), now=Clock(NOW)) as fake:
            pages = list(source_of(fake).orders(None))
        assert ids(pages) == list(range(1, 351))
        assert pages[0].expected == 350
        assert all("page" not in request.query for request in paths(fake, "/orders"))

    def test_more_orders_than_a_page_may_share_one_second(self) -> None:
        shop = many_orders(20, self.start, timedelta(minutes=1))
        for number in range(100, 450):
            shop.orders[number] = ShopOrder(number, self.start, NOW - timedelta(days=1), 1000)
        shop.orders[500] = ShopOrder(500, self.start, NOW - timedelta(hours=5), 1000)
        with FakeWooCommerce(shop, now=Clock(NOW)) as fake:
            pages = list(source_of(fake).orders(None))
        assert sorted(ids(pages)) == sorted(shop.orders)
        assert len(fake.ledger) < 14
        for page in pages:
            if page.cursor:
                with FakeWooCommerce(shop, now=Clock(NOW)) as fake:
                    rest = set(ids(list(source_of(fake).orders(page.cursor))))
                seen = {int(order.id) for earlier in pages[: pages.index(page) + 1] for order in earlier.records}
                assert seen | rest == set(shop.orders)

    @pytest.mark.parametrize("seed", range(6))
    @pytest.mark.parametrize("old", [False, True])
    def test_whatever_changes_while_it_is_read_nothing_is_lost(self, seed: int, old: bool) -> None:
        random, clock = Random(seed), Clock(NOW)
        shop = many_orders(420, self.start, timedelta(seconds=random.choice((0, 1, 60))))
        held: dict[int, datetime] = {}

        def busy(number: int, request: Request) -> Answer | None:
            clock.move(seconds=random.choice((0, 1, 5)))
            for order in random.sample(list(shop.orders.values()), random.randrange(12)):
                order.updated_at = clock.now
                order.status = random.choice(("paid", "paid", "paid", "trash"))
            fresh = max(shop.orders) + 1
            shop.orders[fresh] = ShopOrder(fresh, clock.now, clock.now, 500)
            return None

        with FakeWooCommerce(shop, now=clock, fault=busy) as fake:
            fake.sorts_by_modification = not old
            source, cursor = source_of(fake), None
            for quiet in (False, False, True):
                if quiet:
                    clock.move(minutes=1)
                    fake.fault = None
                for page in source.orders(cursor):
                    held |= {int(order.id): order.updated_at for order in page.records if order.updated_at}
                    for deletion in page.deletions:
                        held.pop(int(deletion.id), None)
                    cursor = page.cursor or cursor
        assert held == {n: o.updated_at for n, o in shop.orders.items() if o.status != "trash"}

    def test_an_order_edited_while_its_page_is_written_skips_nothing(self) -> None:
        shop = many_orders(250, self.start, timedelta(minutes=1))

        def raced(number: int, request: Request) -> Answer | None:
            if number != 0:
                return None
            answer = fake.answer(request)[0]
            rows = json.loads(answer.body)
            rows[-1]["date_modified_gmt"] = "2026-11-20T12:00:00"
            return replace(answer, body=json.dumps(rows).encode())

        with FakeWooCommerce(shop, now=Clock(NOW), fault=raced) as fake:
            assert set(ids(list(source_of(fake).orders(None)))) == set(shop.orders)

    def test_orders_dated_in_the_future_come_and_do_not_spoil_the_cursor(self) -> None:
        shop = many_orders(10, self.start, timedelta(minutes=1))
        for number in range(1000, 1130):
            shop.orders[number] = ShopOrder(number, NOW, NOW + timedelta(days=4000), 100)
        with FakeWooCommerce(shop, now=Clock(NOW)) as fake:
            pages = list(source_of(fake).orders(None))
            cursor = last_cursor(pages)
            shop.orders[2] = replace(shop.orders[2], updated_at=NOW - timedelta(minutes=1))
            again = ids(list(source_of(fake).orders(cursor)))
        assert sorted(ids(pages)) == sorted(shop.orders)
        assert 2 in again

    def test_an_ignored_filter_stops_the_read(self) -> None:
        shop = many_orders(150, self.start, timedelta(minutes=1))
        with FakeWooCommerce(shop, now=Clock(NOW), fault=deaf("modified_after")) as fake:
            pages = source_of(fake).orders(None)
            assert len(next(pages).records) == 100
            with pytest.raises(PermanentError, match="ignores modified_after"):
                next(pages)

    def test_a_walk_through_an_old_shop_goes_on_where_it_stopped(self) -> None:
        shop, clock = many_orders(350, self.start, timedelta(minutes=1)), Clock(NOW)
        with FakeWooCommerce(shop, now=clock) as fake:
            fake.sorts_by_modification = False
            pages = source_of(fake).orders(None)
            first = next(pages), next(pages)
            clock.move(hours=1)
            shop.orders[1].updated_at = clock.now - timedelta(minutes=1)
            rest = list(source_of(fake).orders(first[1].cursor))
        assert len(ids(list(first))) == 150
        walked, since = rest[:-1], rest[-1]
        assert set(ids([*first, *walked])) == set(range(2, 351))
        assert len(ids(walked)) == 200  # 201 moved to a page that was still to be read
        assert 1 in ids([since])

    def test_a_checkpoint_of_something_else_is_refused(self) -> None:
        with FakeWooCommerce(small_shop(), now=Clock(NOW)) as fake, pytest.raises(SettingsError, match="none of Woo"):
            next(source_of(fake).orders("gid://shopify/Order/1"))

    def test_an_empty_shop_gives_no_page(self) -> None:
        with FakeWooCommerce(Shop(), now=Clock(NOW)) as fake:
            source = source_of(fake)
            assert list(source.orders(None)) == []
            assert list(source.checkouts(None)) == []


class TestOrdersThatGo(Fixtures):
    def test_the_trash_comes_as_deletions_and_a_restored_order_as_an_order(self, shop: Shop, clock: Clock) -> None:
        with FakeWooCommerce(shop, now=clock) as fake:
            source = source_of(fake)
            cursor = last_cursor(list(source.orders(None)))
            fake.trash(1005)
            clock.move(minutes=20)
            gone = list(source.orders(cursor))
            cursor = last_cursor(gone, cursor)
            alone = source.order("1005")
            shop.orders[1005].status, shop.orders[1005].updated_at = "paid", clock.now
            clock.move(minutes=20)
            back = list(source.orders(cursor))
        assert [deletion for page in gone for deletion in page.deletions] == [Deletion("1005")]
        assert alone is None
        asked = [request.query for request in paths(fake, "/orders") if request.query.get("status") == "trash"]
        assert [query.get("modified_after") for query in asked] == [None, None, "2026-11-20T11:50:00"]
        assert "1005" in {order.id for order in records(back)}
        assert not any(page.deletions for page in back)

    def test_orders_of_a_deleted_account_come_again_as_a_guests(self, shop: Shop, clock: Clock) -> None:
        with FakeWooCommerce(shop, now=clock) as fake:
            cursor = last_cursor(list(source_of(fake).orders(None)))
            orphans = {str(order.id) for order in shop.orders.values() if order.customer_id == 103}
            fake.delete_customer(103)
            found = records(source_of(fake).orders(cursor))
        assert orphans <= {order.id for order in found if order.customer_id is None}

    def test_an_order_that_was_deleted_for_good_is_none(self, shop: Shop, clock: Clock) -> None:
        with FakeWooCommerce(shop, now=clock) as fake:
            assert source_of(fake).order("77") is None
            assert source_of(fake).order("../products") is None


class TestRefunds(Fixtures):
    @pytest.fixture
    def shop(self) -> Shop:
        shop = small_shop()
        for number in range(1010, 1020):
            refund = ShopRefund(number, shop.orders[number].placed_at + timedelta(days=2), 3000)
            shop.orders[number].refunds = [refund]
        return shop

    def test_the_dates_of_a_pages_refunds_cost_one_request(self, shop: Shop, clock: Clock) -> None:
        with FakeWooCommerce(shop, now=clock) as fake:
            found = {order.id: order for order in records(source_of(fake).orders(None))}
        assert len(paths(fake, "/refunds")) == 1
        assert found["1012"].refunds[0].at == shop.orders[1012].refunds[0].at
        assert (found["1012"].status, found["1012"].platform_status) == (OrderStatus.PAID, "refunded")
        assert found["1012"].total == 3000

    def test_an_older_shop_is_asked_for_each_order_that_has_some(self, shop: Shop, clock: Clock) -> None:
        with FakeWooCommerce(shop, now=clock) as fake:
            fake.lists_refunds = False
            found = {order.id: order for order in records(source_of(fake).orders(None))}
        assert len(paths(fake, "/refunds")) == 1 + 11
        assert all(order.refunds[0].at for order in found.values() if order.refunds)

    def test_refunds_that_the_list_leaves_out_are_asked_for_by_order(self, shop: Shop, clock: Clock) -> None:
        def forgetful(number: int, request: Request) -> Answer | None:
            if not request.path.endswith("v3/refunds"):
                return None
            return Answer(200, b"[]", {"X-WP-Total": "0", "X-WP-TotalPages": "0"})

        with FakeWooCommerce(shop, now=clock, fault=forgetful) as fake:
            found = {order.id: order for order in records(source_of(fake).orders(None))}
        assert all(order.refunds[0].at for order in found.values() if order.refunds)


class TestCustomers(Fixtures):
    def test_accounts_of_every_role_come(self, shop: Shop, clock: Clock) -> None:
        shop.customers[104].phone = "+33 6 12 34 56 78"
        with FakeWooCommerce(shop, now=clock) as fake:
            fake.roles |= {104: "subscriber", 105: "administrator"}
            found = {customer.id: customer for customer in records(source_of(fake).customers(None))}
        assert set(found) == {str(number) for number in shop.customers}
        assert (found["104"].state, found["104"].phone, found["104"].country) == (
            "ENABLED",
            "+33 6 12 34 56 78",
            "FR",
        )
        assert found["104"].created_at == shop.customers[104].created_at
        assert found["104"].consents == ()

    def test_new_accounts_come_with_each_read_and_all_of_them_once_a_day(self, shop: Shop, clock: Clock) -> None:
        with FakeWooCommerce(shop, now=clock) as fake:
            source = source_of(fake)
            cursor = last_cursor(list(source.customers(None)))
            clock.move(hours=5)
            for number in range(200, 420):
                shop.customers[number] = ShopCustomer(number, f"n{number}@example.com", clock.now, clock.now)
            new = list(source.customers(cursor))
            cursor = last_cursor(new)
            none = list(source.customers(cursor))
            shop.customers[107].email = "ailleurs@example.com"
            clock.move(hours=20)
            everybody = {customer.id: customer for customer in records(source.customers(cursor))}
        assert sorted(int(customer.id) for customer in records(new)) == list(range(200, 420))
        assert [page.cursor is None for page in new] == [True, True, False]
        assert none == []
        assert everybody["107"].email == "ailleurs@example.com"
        assert len(everybody) == len(shop.customers)

    def test_a_whole_walk_loses_nobody_to_deletions_and_goes_on_where_it_stopped(self, clock: Clock) -> None:
        shop = Shop()
        for number in range(1, 401):
            shop.customers[number] = ShopCustomer(number, f"n{number}@example.com", NOW, NOW)

        def leaving(number: int, request: Request) -> Answer | None:
            shop.customers.pop(350 - number * 40, None)
            return None

        with FakeWooCommerce(shop, now=clock, fault=leaving) as fake:
            pages = source_of(fake).customers(None)
            begun = [next(pages), next(pages)]
            rest = list(source_of(fake).customers(begun[1].cursor))
            seen = {int(customer.id) for customer in records([*begun, *rest])}
            assert set(shop.customers) <= seen
            fake.fault = None
            assert list(source_of(fake).customers(last_cursor(rest))) == []


class TestProducts(Fixtures):
    def test_a_product_is_asked_for_once(self, shop: Shop, clock: Clock) -> None:
        shop.products[8] = ShopProduct(8, "Thé & tasse", 900, "Thés & infusions")
        for number in range(2000, 2300):
            at = NOW - timedelta(days=1) + timedelta(minutes=number - 2000)
            lines = [ShopLine(number, 8, "Thé & tasse", 1, 900), ShopLine(number, 66, "Parti", 1, 0)]
            shop.orders[number] = ShopOrder(number, at, at, 900, 101, lines=lines)
        with FakeWooCommerce(shop, now=clock) as fake:
            pages = list(source_of(fake).orders(None))
        told = [product for page in pages for product in page.products]
        assert [(product.id, product.title, product.categories) for product in told] == [
            ("7", "Bol", ("Vaisselle",)),
            ("8", "Thé & tasse", ("Thés & infusions",)),
        ]
        assert len(paths(fake, "/products")) <= 2
        assert records(pages)[-1].lines[0].title == "Thé & tasse"

    def test_hundreds_of_products_are_asked_for_by_the_hundred(self, shop: Shop, clock: Clock) -> None:
        for number in range(100, 350):
            shop.products[number] = ShopProduct(number, f"P{number}", 100)
        with FakeWooCommerce(shop, now=clock) as fake:
            found = source_of(fake).products([str(number) for number in range(100, 350)])
        assert len(found) == 250
        assert len(fake.ledger) == 3


class TestAnswersThatAreNone(Fixtures):
    @pytest.mark.parametrize("body", [b"<html>Maintenance</html>", b"<br />Warning: x\n[]", b'[{"id": 1'])
    def test_a_page_for_people_is_asked_for_again_and_then_named(self, shop: Shop, clock: Clock, body: bytes) -> None:
        headers = {"X-WP-Total": "0", "X-WP-TotalPages": "0"}
        with FakeWooCommerce(shop, now=clock, fault=lambda number, request: Answer(200, body, headers)) as fake:
            with pytest.raises(RetryableError, match=r"not JSON|HTML"):
                next(source_of(fake).orders(None))
            assert len(fake.ledger) > 1
            fake.fault = None
            assert len(records(source_of(fake).orders(None))) == 40

    def test_a_proxy_that_hides_the_totals_is_named(self, shop: Shop, clock: Clock) -> None:
        fault: Fault = lambda number, request: Answer(200, b"[]")  # noqa: E731 - one answer for all
        with FakeWooCommerce(shop, now=clock, fault=fault) as fake, pytest.raises(PermanentError, match="X-WP-Total"):
            next(source_of(fake).orders(None))

    def test_an_answer_of_another_shape_is_named(self, shop: Shop, clock: Clock) -> None:
        fault: Fault = lambda number, request: Answer(200, b'{"orders": []}')  # noqa: E731
        with (
            FakeWooCommerce(shop, now=clock, fault=fault) as fake,
            pytest.raises(PermanentError, match="unknown shape"),
        ):
            next(source_of(fake).orders(None))

    @pytest.mark.parametrize("fate", [Answer(502), Answer(429, headers={"Retry-After": "2"}), Answer(reset=True)])
    def test_a_shop_that_stumbles_is_read_completely(self, shop: Shop, clock: Clock, fate: Answer) -> None:
        random = Random(5)
        with FakeWooCommerce(shop, now=clock, fault=lambda n, r: fate if random.random() < 0.4 else None) as fake:
            assert len(records(source_of(fake).orders(None))) == 40
            assert len(records(source_of(fake).customers(None))) == 12

    def test_rows_of_all_sorts_of_nonsense_are_rejected_one_by_one(self, shop: Shop, clock: Clock) -> None:
        rows = [
            b"17",
            b"null",
            b'{"id": "x"}',
            b'{"id": 5, "status": "completed", "currency": "EUR", "total": "1e400", "customer_id": 0,'
            b' "date_created_gmt": "2026-01-01T00:00:00"}',
            b'{"id": 6, "status": "completed", "currency": "EUR", "total": "5.00", "customer_id": 0}',
            b'{"id": 7, "status": "completed", "currency": "EUR", "total": "5.00", "customer_id": 0,'
            b' "date_created_gmt": "hier"}',
            b'{"id": 8, "status": "completed", "currency": "EUR", "total": "5.00", "customer_id": 0,'
            b' "date_created_gmt": "2026-01-01T00:00:00", "line_items": [{"total": "1", "quantity": 1e30}]}',
            b'{"id": 9, "status": "completed", "currency": "EUR", "total": "5.00", "customer_id": 0,'
            b' "date_created_gmt": "2026-01-01T00:00:00"}',
        ]
        body = b"[" + b",".join(rows) + b"]"
        headers = {"X-WP-Total": "8", "X-WP-TotalPages": "1"}
        with FakeWooCommerce(shop, now=clock) as fake:
            fake.fault = lambda number, request: Answer(200, body, headers) if number == 0 else None
            (page,) = source_of(fake).orders(None)
        assert [order.id for order in page.records] == ["9"]
        assert len(page.rejected) == 7
        assert [item.id for item in page.rejected][3:] == ["5", "6", "7", "8"]

    def test_one_order_that_cannot_be_read_says_so(self, shop: Shop, clock: Clock) -> None:
        fault: Fault = lambda number, request: Answer(200, b'{"id": 1}')  # noqa: E731
        with FakeWooCommerce(shop, now=clock, fault=fault) as fake, pytest.raises(RecordError, match="Order 1 cannot"):
            source_of(fake).order("1")


def payload(**facts: object) -> OrderPayload:
    order = {
        "id": 727,
        "status": "completed",
        "currency": "eur",
        "total": "29.35",
        "customer_id": 0,
        "number": "BT-727",
        "date_created_gmt": "2026-03-22T19:28:02",
        "billing": {"email": "Jean@Example.com", "phone": "01 02", "country": "FR", "city": "Lille"},
        **facts,
    }
    return msgspec.json.decode(json.dumps(order), type=OrderPayload, strict=False)


class TestOrderRecord:
    @pytest.mark.parametrize(
        ("status", "paid", "meaning"),
        [
            ("processing", True, OrderStatus.PAID),
            ("completed", True, OrderStatus.PAID),
            ("on-hold", False, OrderStatus.ON_HOLD),
            ("pending", False, OrderStatus.PENDING),
            ("failed", False, OrderStatus.FAILED),
            ("cancelled", False, OrderStatus.CANCELLED),
            ("checkout-draft", False, OrderStatus.DRAFT),
            ("trash", True, OrderStatus.DELETED),
            ("refunded", True, OrderStatus.REFUNDED),
            ("wc-shipped", True, OrderStatus.PAID),
            ("quote", False, OrderStatus.PENDING),
        ],
    )
    def test_statuses_mean_what_counting_needs(self, status: str, paid: bool, meaning: OrderStatus) -> None:
        order = payload(status=status, date_paid_gmt="2026-03-22T19:30:00" if paid else None)
        assert order_record(order, {}).status is meaning

    def test_refunds_keep_their_date_where_there_is_one(self) -> None:
        order = payload(status="refunded", refunds=[{"id": 3, "total": "-20.00"}, {"id": 4, "total": "-9.35"}])
        dated = order_record(order, {3: datetime(2026, 4, 1, tzinfo=UTC)})
        assert [(refund.amount, refund.at) for refund in dated.refunds] == [
            (2000, datetime(2026, 4, 1, tzinfo=UTC)),
            (935, None),
        ]
        assert dated.status is OrderStatus.PAID
        assert order_record(order, {}).status is OrderStatus.REFUNDED

    def test_only_a_guests_order_carries_an_address(self) -> None:
        guest, account = order_record(payload(), {}), order_record(payload(customer_id=25), {})
        assert (guest.customer_id, guest.email, guest.phone) == (None, "Jean@Example.com", "01 02")
        assert (account.customer_id, account.email, account.phone) == ("25", None, None)

    def test_money_and_place_are_read_as_documented(self) -> None:
        order = payload(
            total_tax="4.35",
            shipping_total="10.00",
            discount_total="2.50",
            discount_tax="0.50",
            shipping={"country": "BE", "city": "Namur"},
            line_items=[
                {"product_id": 93, "variation_id": 0, "quantity": 2, "total": "6.00", "total_tax": "1.20", "sku": None},
                {
                    "product_id": 0,
                    "variation_id": 4,
                    "quantity": "1.5",
                    "total": "12.00",
                    "name": "Th&eacute; &ndash; 1",
                },
            ],
            coupon_lines=[{"code": "noel"}],
            shipping_lines=[{"method_title": "Point relais"}],
            created_via="store-api",
        )
        found = order_record(order, {})
        assert (found.total, found.tax, found.shipping, found.discount, found.currency) == (2935, 435, 1000, 300, "EUR")
        assert (found.country, found.city, found.name, found.channel) == ("BE", "Namur", "#BT-727", "web")
        assert (found.coupons, found.shipping_method) == (("noel",), "Point relais")
        assert [(line.product_id, line.variant_id, line.total) for line in found.lines] == [
            ("93", None, 720),
            (None, "4", 1200),
        ]
        assert found.lines[1].title == "Thé – 1"

    def test_the_visit_is_read_from_the_orders_meta(self) -> None:
        visit = {
            "source_type": "utm",
            "utm_source": "newsletter",
            "utm_campaign": "mars",
            "session_count": "3",
            "session_pages": "12",
            "session_start_time": "2026-03-22 19:08:00",
            "device_type": "Mobile",
        }
        meta = [{"id": 1, "key": f"_wc_order_attribution_{key}", "value": value} for key, value in visit.items()]
        found = order_record(
            payload(meta_data=[*meta, {"id": 9, "key": "plugin", "value": [{"a": 1}]}]), {}
        ).attribution
        assert found is not None
        assert (found.source, found.medium, found.campaign, found.device) == ("newsletter", "utm", "mars", "mobile")
        assert (found.sessions, found.pages, found.minutes_to_purchase) == (3, 12, 20)

    @pytest.mark.parametrize("start", ["", "demain", "2027-01-01 00:00:00"])
    def test_a_session_of_nonsense_has_no_length(self, start: str) -> None:
        meta = [{"key": "_wc_order_attribution_session_start_time", "value": start}]
        found = order_record(payload(meta_data=meta), {}).attribution
        assert found is not None
        assert found.minutes_to_purchase is None

    def test_an_order_without_meta_of_a_visit_has_none(self) -> None:
        assert order_record(payload(meta_data=[{"id": 1, "key": "gift", "value": "yes"}]), {}).attribution is None

    def test_currencies_have_their_own_decimals(self) -> None:
        assert order_record(payload(currency="JPY", total="1200"), {}).total == 1200
        assert order_record(payload(currency="TND", total="1.234"), {}).total == 1234


class TestWriting(Fixtures):
    @pytest.fixture
    def shop(self) -> Shop:
        shop = Shop()
        for number in range(1, 251):
            shop.customers[number] = ShopCustomer(number, f"n{number}@example.com", NOW, NOW)
        return shop

    def changes(self, shop: Shop, value: str | None) -> list[RemoteChange]:
        return [RemoteChange(str(number), fields={"lifecycle": value}) for number in shop.customers]

    def test_accounts_are_written_by_the_hundred_and_not_again(self, shop: Shop, clock: Clock) -> None:
        with FakeWooCommerce(shop, now=clock) as fake:
            destination = destination_of(fake)
            outcomes = list(destination.apply(self.changes(shop, "Fidèle"), silent=True))
            assert len(fake.writes) == 3
            again = list(destination.apply(self.changes(shop, "Fidèle"), silent=True))
            assert len(fake.writes) == 3
            list(destination.apply(self.changes(shop, None), silent=True))
        assert {outcome.result for outcome in [*outcomes, *again]} == {Result.ACCEPTED}
        assert len(outcomes) == len(again) == 250
        assert all(customer.meta == {} for customer in shop.customers.values())

    def test_what_others_keep_in_the_meta_stays(self, shop: Shop, clock: Clock) -> None:
        shop.customers[5].meta = {"loyalty_card": "X1", "lifecycle": "Inactif"}
        with FakeWooCommerce(shop, now=clock) as fake:
            destination = destination_of(fake)
            (state,) = destination.read(["5"])
            list(destination.apply(self.changes(shop, "Fidèle")[4:5], silent=True))
            set_to = dict(shop.customers[5].meta)
            list(destination.apply(self.changes(shop, None)[4:5], silent=True))
        assert state.fields == {"loyalty_card": "X1", "lifecycle": "Inactif"}
        assert set_to == {"loyalty_card": "X1", "lifecycle": "Fidèle"}
        assert shop.customers[5].meta == {"loyalty_card": "X1"}

    def test_a_batch_that_is_too_large_for_the_shop_is_cut(self, shop: Shop, clock: Clock) -> None:
        with FakeWooCommerce(shop, now=clock) as fake:
            fake.batch_limit = 30
            outcomes = list(destination_of(fake).apply(self.changes(shop, "Fidèle"), silent=True))
        assert {outcome.result for outcome in outcomes} == {Result.ACCEPTED}
        assert all(customer.meta == {"lifecycle": "Fidèle"} for customer in shop.customers.values())

    @pytest.mark.parametrize(
        ("status", "result"), [(404, Result.REFUSED), (400, Result.REFUSED), (500, Result.RETRY), (503, Result.RETRY)]
    )
    def test_an_error_of_one_item_is_that_items_alone(
        self, shop: Shop, clock: Clock, status: int, result: Result
    ) -> None:
        def spoil(number: int, request: Request) -> Answer | None:
            if request.method != "POST":
                return None
            answer = fake.answer(request)[0]
            body = json.loads(answer.body)
            body["update"][1] = {"id": 2, "error": {"code": "x", "message": "Non.", "data": {"status": status}}}
            return replace(answer, body=json.dumps(body).encode())

        with FakeWooCommerce(shop, now=clock, fault=spoil) as fake:
            outcomes = {o.address: o for o in destination_of(fake).apply(self.changes(shop, "Fidèle")[:5], silent=True)}
        assert outcomes.pop("2") == Outcome("2", result, "Non.")
        assert {outcome.result for outcome in outcomes.values()} == {Result.ACCEPTED}

    def test_an_account_the_shop_says_nothing_of_is_tried_again(self, shop: Shop, clock: Clock) -> None:
        def silent(number: int, request: Request) -> Answer | None:
            return Answer.of({"update": []}) if request.method == "POST" else None

        with FakeWooCommerce(shop, now=clock, fault=silent) as fake:
            (outcome,) = destination_of(fake).apply(self.changes(shop, "Fidèle")[:1], silent=True)
        assert outcome.result is Result.RETRY

    def test_what_the_shop_takes_and_does_not_keep_is_refused(self, shop: Shop, clock: Clock) -> None:
        def forget(number: int, request: Request) -> Answer | None:
            return Answer.of({"update": [{"id": 1, "meta_data": []}]}) if request.method == "POST" else None

        with FakeWooCommerce(shop, now=clock, fault=forget) as fake:
            (outcome,) = destination_of(fake).apply(self.changes(shop, "Fidèle")[:1], silent=True)
        assert (outcome.result, "did not keep" in outcome.reason) == (Result.REFUSED, True)

    @pytest.mark.parametrize(
        "change",
        [
            RemoteChange("1", fields={"_hidden": "x"}),
            RemoteChange("1", add=frozenset({"Fidèle"})),
            RemoteChange("guest@example.com", fields={"lifecycle": "x"}, create=True),
            RemoteChange("999", fields={"lifecycle": "x"}),
        ],
    )
    def test_what_can_never_be_written_is_refused_without_a_write(
        self, shop: Shop, clock: Clock, change: RemoteChange
    ) -> None:
        with FakeWooCommerce(shop, now=clock) as fake:
            (outcome,) = destination_of(fake).apply([change], silent=False)
            assert fake.writes == []
        assert outcome.result is Result.REFUSED
        assert outcome.reason

    def test_a_key_that_may_only_read_is_told_before_anything_is_written(self, shop: Shop, clock: Clock) -> None:
        with FakeWooCommerce(shop, now=clock, permission="read") as fake:
            found = destination_of(fake).check()
        with FakeWooCommerce(shop, now=clock) as writable:
            assert destination_of(writable).check().problems == ()
            assert writable.writes == []
        assert [problem.fatal for problem in found.problems] == [True]
        assert "Read/Write" in found.problems[0].remedy

    def test_a_wrong_key_is_no_problem_but_an_error(self, shop: Shop, clock: Clock) -> None:
        with FakeWooCommerce(shop, now=clock, key="ck_new") as fake, pytest.raises(AuthenticationError):
            destination_of(fake).check()
