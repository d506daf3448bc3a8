"""ShopifySource and ShopifyDestination, over real HTTP, against the fake."""

# ruff: noqa: ANN401 - options and payloads are whatever a test gives

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from connector.destination import Outcome, RemoteChange, Result
from connector.errors import AuthenticationError, PermanentError, RetryableError, SettingsError
from connector.records import Attribution, ConsentState, OrderRecord, OrderStatus, Page
from connectors.shopify import ShopifyDestination, ShopifySource
from connectors.shopify.convert import consent_state, customer_record, order_record
from connectors.shopify.payloads import Customer, Line, Order
from sync.demo.server import Answer, Request
from sync.demo.shop import Shop, ShopCheckout, ShopCustomer, ShopLine, ShopOrder
from sync.demo.shopify import SCOPES, FakeShopify
from tests.contract import NOW, Clock, Fixtures, SourceContract, TagContract, last_cursor, records, small_shop

TOKEN = "shpat_demo"
Serve = Callable[..., FakeShopify]


def source_of(fake: FakeShopify, clock: Clock, **options: Any) -> ShopifySource:
    key = options or {"token": TOKEN}
    return ShopifySource(shop=fake.shop.domain, endpoint=fake.url, sleep=clock.sleep, clock=clock.timestamp, **key)


def destination_of(fake: FakeShopify, clock: Clock, **options: Any) -> ShopifyDestination:
    return ShopifyDestination(
        shop=fake.shop.domain, token=TOKEN, endpoint=fake.url, sleep=clock.sleep, clock=clock.timestamp, **options
    )


class Served(Fixtures):
    """A fake of the small shop, which must never see a violation."""

    @pytest.fixture
    def fake(self, shop: Shop, clock: Clock) -> Iterator[FakeShopify]:
        with FakeShopify(shop, now=clock) as fake:
            yield fake
        assert fake.violations == []

    @pytest.fixture
    def source(self, fake: FakeShopify, clock: Clock) -> ShopifySource:
        return source_of(fake, clock)

    @pytest.fixture
    def destination(self, fake: FakeShopify, clock: Clock) -> ShopifyDestination:
        return destination_of(fake, clock)


class TestSource(Served, SourceContract):
    pass


class TestDestination(Served, TagContract):
    unknown = "999"


class TestDestinationInBulk(TestDestination):
    @pytest.fixture
    def destination(self, fake: FakeShopify, clock: Clock) -> ShopifyDestination:
        return destination_of(fake, clock, many=1)


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def shop() -> Shop:
    return small_shop()


@pytest.fixture
def serve(shop: Shop, clock: Clock) -> Iterator[Serve]:
    """Starts a fake of the small shop with the options given; it must never see a violation."""
    fakes: list[FakeShopify] = []

    def start(**options: Any) -> FakeShopify:
        fakes.append(FakeShopify(shop, now=clock, **options))
        fakes[-1].start()
        return fakes[-1]

    yield start
    for fake in fakes:
        fake.close()
        assert fake.violations == []


def ids(pages: Iterator[Page[OrderRecord]] | list[Page[OrderRecord]]) -> set[str]:
    return {order.id for order in records(pages)}


def every(shop: Shop) -> set[str]:
    return {str(number) for number in shop.orders}


def many_orders(shop: Shop) -> None:
    """Two thousand orders more: a bulk file of 2 MB."""
    placed = NOW - timedelta(days=3)
    for number in range(3000, 5000):
        line = ShopLine(number * 10, 7, "Bol", 1, 100)
        shop.orders[number] = ShopOrder(number, placed, placed, 100, 101, lines=[line])


def asked(fake: FakeShopify, word: str) -> list[Request]:
    """The requests whose document has `word` in it."""
    return [entry.request for entry in fake.ledger if word.encode() in entry.request.body]


# the key


def test_a_granted_token_is_used_until_shortly_before_it_ends(serve: Serve, clock: Clock) -> None:
    fake = serve(token=None, client_id="id", client_secret="secret")
    source = source_of(fake, clock, client_id="id", client_secret="secret")
    source.check()
    clock.move(hours=23)
    source.check()
    grants = [entry for entry in fake.ledger if entry.request.path.endswith("access_token")]
    assert len(grants) == 1
    clock.move(minutes=56)
    source.check()
    grants = [entry for entry in fake.ledger if entry.request.path.endswith("access_token")]
    assert len(grants) == 2
    assert not [entry for entry in fake.ledger if entry.status == 401]


def test_a_granted_token_that_is_revoked_is_asked_for_once_more(serve: Serve, clock: Clock) -> None:
    fake = serve(token=None, client_id="id", client_secret="secret")
    source = source_of(fake, clock, client_id="id", client_secret="secret")
    source.check()
    fake.revoke()
    assert source.check().name == fake.shop.name
    assert [entry.status for entry in fake.ledger] == [200, 200, 401, 200, 200]


def test_a_static_token_that_is_refused_is_said_at_once(serve: Serve, clock: Clock) -> None:
    fake = serve()
    fake.revoke()
    with pytest.raises(AuthenticationError, match="Invalid API key"):
        source_of(fake, clock).check()
    assert len(fake.ledger) == 1


def test_an_app_of_another_organisation_is_told_where_it_belongs(serve: Serve, clock: Clock) -> None:
    fake = serve(token=None, client_id="id", client_secret="secret")
    with pytest.raises(AuthenticationError) as caught:
        source_of(fake, clock, client_id="id", client_secret="wrong").check()
    assert "organisation that owns this shop" in caught.value.remedy


@pytest.mark.parametrize(
    "address",
    ["evil.com", "a.myshopify.com.evil.com", "a.myshopify.com@evil.com", "-a.myshopify.com", "a.myshopify.com/x", ""],
)
def test_no_key_goes_to_an_address_that_is_not_a_shops(address: str) -> None:
    with pytest.raises(SettingsError, match="not the address of a Shopify shop"):
        ShopifySource(shop=address, token=TOKEN)


def test_a_connector_without_a_key_is_refused() -> None:
    with pytest.raises(SettingsError, match="needs a key"):
        ShopifyDestination(shop="a.myshopify.com", client_id="id")


def test_an_endpoint_elsewhere_is_refused() -> None:
    with pytest.raises(SettingsError, match="not on this machine"):
        ShopifySource(shop="a.myshopify.com", token=TOKEN, endpoint="https://example.com")


# check


def test_the_sixty_day_limit_is_told_with_its_remedy(serve: Serve, clock: Clock, shop: Shop) -> None:
    old = shop.orders[1001]
    old.placed_at = NOW - timedelta(days=400)
    found = source_of(serve(all_orders=False), clock).check()
    assert found.floor == date(2026, 9, 21)
    (problem,) = found.problems
    assert "60 days, since 2026-09-21" in problem.message
    assert "connector import FILE --store NAME" in problem.remedy
    assert not problem.fatal
    assert found.orders == len(shop.orders) - 1


def test_a_shop_younger_than_the_limit_has_no_floor(serve: Serve, clock: Clock) -> None:
    found = source_of(serve(all_orders=False), clock).check()
    assert (found.floor, found.problems) == (None, ())


def test_each_missing_scope_is_told(serve: Serve, clock: Clock) -> None:
    fake = serve(scopes={"read_all_orders", "read_customers"})
    problems = source_of(fake, clock).check().problems
    fatal = [problem.message for problem in problems if problem.fatal]
    assert fatal == ["Orders cannot be read."]
    assert any("read_products" in problem.remedy for problem in problems)
    destination = destination_of(fake, clock).check()
    assert [problem.message for problem in destination.problems] == ["Tags cannot be written."]


def test_a_version_that_is_no_longer_served_is_told(serve: Serve, clock: Clock) -> None:
    problems = source_of(serve(version="2027-01"), clock).check().problems
    assert ["2027-01" in problem.message for problem in problems] == [True]


def test_withheld_personal_data_is_told_and_the_rest_is_read(serve: Serve, clock: Clock, shop: Shop) -> None:
    source = source_of(serve(level2=False), clock)
    assert any("not approved" in problem.message for problem in source.check().problems)
    cursor = last_cursor(list(source.orders(None)))
    shop.orders[1003].updated_at = clock.now
    (page,) = source.orders(cursor)
    assert [(order.id, order.email) for order in page.records] == [("1003", None)]
    assert any("not approved to use the email field" in warning for warning in page.warnings)


# the first load


def test_another_process_goes_on_with_the_same_operation(serve: Serve, clock: Clock, shop: Shop) -> None:
    many_orders(shop)
    fake = serve()
    first = source_of(fake, clock).orders(None)
    begun = next(first)
    assert (begun.records, begun.cursor is None) == ((), False)
    after_restart = source_of(fake, clock).orders(begun.cursor)
    page = next(after_restart)
    assert len(page.records) == 1000
    rest = list(source_of(fake, clock).orders(page.cursor))
    assert len(records(rest)) == len(shop.orders) - 1000
    assert ids([page, *rest]) == every(shop)
    *loaded, changed = rest
    assert {page.expected for page in loaded} == {len(shop.orders)}
    assert not changed.records
    assert len(asked(fake, "bulkOperationRunQuery")) == 1


def test_the_first_increment_begins_before_the_operation_did(serve: Serve, clock: Clock, shop: Shop) -> None:
    fake = serve()
    pages = source_of(fake, clock).orders(None)
    next(pages)
    clock.move(minutes=1)
    shop.orders[1001].total = 7777
    shop.orders[1001].updated_at = clock.now - timedelta(seconds=90)
    cursor = last_cursor(list(pages))
    assert ids(source_of(fake, clock).orders(cursor)) == {"1001"}


def test_an_empty_shop_has_an_end(serve: Serve, clock: Clock, shop: Shop) -> None:
    shop.orders.clear()
    source = source_of(serve(), clock)
    pages = list(source.orders(None))
    assert records(pages) == []
    assert records(source.orders(last_cursor(pages))) == []


def test_a_download_that_is_cut_goes_on_where_it_was(serve: Serve, clock: Clock, shop: Shop) -> None:
    cuts: list[str] = []
    many_orders(shop)

    def cut(_: int, request: Request) -> Answer | None:
        if not request.path.startswith("/bulk/") or len(cuts) >= 3:
            return None
        cuts.append(request.headers.get("range", ""))
        body, _write = fake.answer(request)
        return Answer(body.status, body.body, cut=700_000)

    fake = serve(fault=cut)
    assert ids(source_of(fake, clock).orders(None)) == every(shop)
    assert cuts[0] == ""
    assert all(start.startswith("bytes=") for start in cuts[1:])
    assert len(set(cuts)) == 3


def test_a_storage_that_ignores_ranges_loses_and_repeats_nothing(serve: Serve, clock: Clock, shop: Shop) -> None:
    seen = []
    many_orders(shop)

    def cut(_: int, request: Request) -> Answer | None:
        if not request.path.startswith("/bulk/"):
            return None
        seen.append(request)
        request.headers.pop("range", None)
        body, _write = fake.answer(request)
        return Answer(200, body.body, cut=700_000 if len(seen) == 1 else None)

    fake = serve(fault=cut)
    found = records(source_of(fake, clock).orders(None))
    assert len(seen) == 2
    assert sorted(order.id for order in found) == sorted(every(shop))
    assert all(order.lines for order in found)


def test_a_file_that_is_gone_is_asked_for_anew(serve: Serve, clock: Clock, shop: Shop) -> None:
    fake = serve()
    begun = next(iter(source_of(fake, clock).orders(None)))
    fake.operations.clear()
    assert ids(source_of(fake, clock).orders(begun.cursor)) == every(shop)


@pytest.mark.parametrize("grouping", ["refused", "ignored"])
def test_lines_are_grouped_here_where_shopify_does_not(serve: Serve, clock: Clock, shop: Shop, grouping: str) -> None:
    shop.orders[1001].lines.append(ShopLine(5, 7, "Bol", 1, 2500))
    found = records(source_of(serve(grouping=grouping), clock).orders(None))
    assert {order.id: len(order.lines) for order in found} == {str(o.id): len(o.lines) for o in shop.orders.values()}


def test_an_operation_that_timed_out_is_tried_without_grouping(serve: Serve, clock: Clock, shop: Shop) -> None:
    fake = serve()
    fake.bulk_errors = ["TIMEOUT"]
    found = records(source_of(fake, clock).orders(None))
    assert {order.id for order in found} == every(shop)
    assert all(order.lines for order in found)
    grouped = [request.json()["variables"]["grouped"] for request in asked(fake, "bulkOperationRunQuery")]
    assert grouped == [True, False]


def test_operations_that_keep_failing_end_with_a_wish_to_come_back(serve: Serve, clock: Clock) -> None:
    fake = serve()
    fake.bulk_errors = ["INTERNAL_SERVER_ERROR"] * 3
    with pytest.raises(RetryableError, match="3 tries"):
        list(source_of(fake, clock).orders(None))


def test_a_refused_operation_names_the_scopes(serve: Serve, clock: Clock) -> None:
    fake = serve()
    fake.bulk_errors = ["ACCESS_DENIED"]
    with pytest.raises(AuthenticationError, match="refused the bulk operation"):
        list(source_of(fake, clock).orders(None))


def test_a_place_for_the_operation_is_waited_for(serve: Serve, clock: Clock, shop: Shop) -> None:
    fake = serve()
    for _ in range(5):
        next(iter(source_of(fake, clock).customers(None)))

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        fake.operations[1].status = "CANCELED"

    source = ShopifySource(shop=shop.domain, token=TOKEN, endpoint=fake.url, sleep=sleep, clock=clock.timestamp)
    assert ids(source.orders(None)) == every(shop)
    assert max(clock.slept) == 30


def test_more_changes_than_pages_reach_are_loaded_in_bulk(serve: Serve, clock: Clock, shop: Shop) -> None:
    cursor = last_cursor(list(source_of(serve(), clock).customers(None)))
    for number in range(200_000, 225_001):
        shop.customers[number] = ShopCustomer(number, None, NOW, NOW)
    fake = serve()
    found = records(source_of(fake, clock).customers(cursor))
    assert len(found) == len(shop.customers)
    assert len(asked(fake, "bulkOperationRunQuery")) == 1


def test_a_cursor_of_something_else_is_refused(serve: Serve, clock: Clock) -> None:
    with pytest.raises(SettingsError, match="not a cursor"):
        list(source_of(serve(), clock).orders("page 2"))


def test_products_come_with_the_orders_that_name_them_once(serve: Serve, clock: Clock) -> None:
    pages = list(source_of(serve(), clock).orders(None))
    products = [product for page in pages for product in page.products]
    assert [(product.id, product.type, product.vendor, product.tags) for product in products] == [
        ("7", "Vaisselle", "Atelier", ("bleu",))
    ]


# later loads


def test_customers_changed_on_the_cursors_day_come_again(serve: Serve, clock: Clock, shop: Shop) -> None:
    source = source_of(serve(), clock)
    cursor = last_cursor(list(source.customers(None)))
    shop.customers[103].updated_at = NOW - timedelta(hours=3)
    shop.customers[104].updated_at = clock.now
    assert {customer.id for customer in records(source.customers(cursor))} >= {"103", "104"}


def test_the_shops_budget_is_waited_for_before_it_is_used_up(serve: Serve, clock: Clock, shop: Shop) -> None:
    fake = serve(maximum=1000, restore=50)
    source = source_of(fake, clock)
    cursor = last_cursor(list(source.orders(None)))
    clock.move(minutes=10)
    for order in shop.orders.values():
        order.updated_at = clock.now
    asked_before = len(fake.ledger)
    assert ids(source.orders(cursor)) == every(shop)
    assert len(fake.ledger) - asked_before == 5  # the count, four pages
    assert fake.throttled == 0
    assert sum(clock.slept) > 5


def test_throttling_by_another_app_is_waited_out(serve: Serve, clock: Clock, shop: Shop) -> None:
    def greedy(number: int, _: Request) -> Answer | None:
        if number % 3 == 0:
            fake.available = 0
        return None

    fake = serve(fault=greedy)
    assert ids(source_of(fake, clock).orders(None)) == every(shop)
    assert fake.throttled > 0


def test_a_page_that_costs_too_much_is_halved(serve: Serve, clock: Clock, shop: Shop) -> None:
    fake = serve()
    source = source_of(fake, clock)
    cursor = last_cursor(list(source.orders(None)))
    for number in range(1001, 1021):
        shop.orders[number].updated_at = clock.now
    fake.largest_cost = 300
    assert ids(source.orders(cursor)) == {str(number) for number in range(1001, 1021)}
    sizes = [request.json()["variables"]["first"] for request in asked(fake, "query Orders(")]
    assert sizes == [12, 6, 3, 3, 3, 3, 3, 3, 3]


def test_a_filter_that_is_ignored_stops_the_load(serve: Serve, clock: Clock) -> None:
    fake = serve()
    source = source_of(fake, clock)
    cursor = last_cursor(list(source.customers(None)))
    del fake.root.customer_fields["updated_at"]
    with pytest.raises(PermanentError, match="ignored 'updated_at'"):
        list(source.customers(cursor))


@pytest.mark.parametrize("count", [10, 11, 110, 210])
def test_the_further_lines_of_a_long_order_are_fetched(serve: Serve, clock: Clock, shop: Shop, count: int) -> None:
    source = source_of(serve(), clock)
    cursor = last_cursor(list(source.orders(None)))
    shop.orders[1002].lines = [ShopLine(number, 7, f"Bol {number}", 1, number) for number in range(count)]
    shop.orders[1002].updated_at = clock.now
    (streamed,) = records(source.orders(cursor))
    alone = source.order("1002")
    assert alone is not None
    assert [line.total for line in streamed.lines] == [line.total for line in alone.lines] == list(range(count))


def test_a_scope_that_was_taken_away_is_told(serve: Serve, clock: Clock) -> None:
    fake = serve()
    source = source_of(fake, clock)
    cursor = last_cursor(list(source.orders(None)))
    fake.scopes.discard("read_orders")
    with pytest.raises(AuthenticationError, match="read_orders"):
        list(source.orders(cursor))


def test_checkouts_come_by_their_last_change(serve: Serve, clock: Clock, shop: Shop) -> None:
    for number in range(1, 200):
        at = NOW - timedelta(hours=number)
        shop.checkouts[number] = ShopCheckout(number, at, at, 1000 + number, 101)
    source = source_of(serve(), clock)
    pages = list(source.checkouts(None))
    assert [page.cursor is None for page in pages] == [True, False]
    found = {checkout.id: checkout for checkout in records(pages)}
    assert len(found) == 199
    assert (found["7"].total, found["7"].currency, found["7"].email) == (1007, "EUR", "client101@example.com")
    shop.checkouts[150].completed_at = shop.checkouts[150].updated_at = clock.now
    again = {checkout.id: checkout for checkout in records(source.checkouts(last_cursor(pages)))}
    assert set(again) == {"1", "150"}
    assert again["150"].completed_at is not None


def test_a_shop_without_checkouts_has_no_cursor_yet(serve: Serve, clock: Clock) -> None:
    (page,) = source_of(serve(), clock).checkouts(None)
    assert (page.records, page.cursor) == ((), None)


@pytest.mark.parametrize("seed", range(3))
def test_a_bad_day_at_shopify_changes_nothing(serve: Serve, clock: Clock, shop: Shop, seed: int) -> None:
    dice = random.Random(seed)
    bad = [
        Answer(429, headers={"Retry-After": "2"}),
        Answer(500),
        Answer(502, b"<html>Bad Gateway</html>"),
        Answer(200, b"<html>Maintenance</html>"),
        Answer(200, b'{"data": {"shop'),
        Answer(reset=True),
        Answer.of({"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]}),
        Answer.of({"errors": [{"message": "Internal error", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}),
    ]

    def fault(_: int, request: Request) -> Answer | None:
        if dice.random() > 0.3:
            return None
        return dice.choice([Answer(500), Answer(reset=True)] if request.path.startswith("/bulk/") else bad)

    def load(fake: FakeShopify) -> list[OrderRecord]:
        source = source_of(fake, clock)
        pages = list(source.orders(None))
        return records(pages) + records(source.orders(last_cursor(pages)))

    assert load(serve(fault=fault)) == load(serve())


@pytest.mark.parametrize(("status", "words"), [(402, "frozen"), (404, "no such shop"), (423, "locked")])
def test_a_shop_that_cannot_be_asked_says_why(serve: Serve, clock: Clock, status: int, words: str) -> None:
    fake = serve(fault=lambda *_: Answer.of({"errors": "Unavailable Shop"}, status))
    with pytest.raises(PermanentError, match=words):
        source_of(fake, clock).check()


def test_an_answer_of_another_form_is_not_believed(serve: Serve, clock: Clock) -> None:
    fake = serve(fault=lambda *_: Answer.of({"data": {"shop": {"id": 5}}}))
    with pytest.raises(PermanentError, match="unknown form"):
        source_of(fake, clock).check()


def test_pages_that_do_not_go_on_are_left(serve: Serve, clock: Clock) -> None:
    fake = serve()
    source = source_of(fake, clock)
    cursor = last_cursor(list(source.orders(None)))
    found = {"nodes": [], "pageInfo": {"hasNextPage": True, "endCursor": None}}
    fake.fault = lambda *_: Answer.of({"data": {"found": found, "changed": {"count": 1}}})
    with pytest.raises(PermanentError, match="do not go on"):
        list(source.orders(cursor))


# what an order says


def order(**facts: Any) -> Order:
    payload = {
        "id": "gid://shopify/Order/12",
        "processedAt": "2026-03-01T10:00:00Z",
        "updatedAt": "2026-03-02T10:00:00+01:00",
        "totalPriceSet": {"shopMoney": {"amount": "58.8", "currencyCode": "EUR"}},
        "displayFinancialStatus": "PAID",
    }
    return msgspec.json.decode(msgspec.json.encode(payload | facts), type=Order)


REFUNDS = [
    {
        "id": "gid://shopify/Refund/3",
        "createdAt": "2026-03-05T00:00:00Z",
        "totalRefundedSet": {"shopMoney": {"amount": "58.8"}},
    },
    {
        "id": "gid://shopify/Refund/4",
        "createdAt": "2026-03-06T00:00:00Z",
        "totalRefundedSet": {"shopMoney": {"amount": "0.0"}},
    },
]


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ({"displayFinancialStatus": "PAID"}, OrderStatus.PAID),
        ({"displayFinancialStatus": "PARTIALLY_PAID"}, OrderStatus.PAID),
        ({"displayFinancialStatus": "PARTIALLY_REFUNDED"}, OrderStatus.PAID),
        ({"displayFinancialStatus": "REFUNDED", "refunds": REFUNDS}, OrderStatus.PAID),
        ({"displayFinancialStatus": "REFUNDED"}, OrderStatus.REFUNDED),
        ({"displayFinancialStatus": "PENDING"}, OrderStatus.PENDING),
        ({"displayFinancialStatus": "AUTHORIZED"}, OrderStatus.PENDING),
        ({"displayFinancialStatus": None}, OrderStatus.PENDING),
        ({"displayFinancialStatus": "VOIDED"}, OrderStatus.CANCELLED),
        ({"displayFinancialStatus": "VOIDED", "cancelledAt": "2026-03-02T10:00:00Z"}, OrderStatus.PENDING),
        ({"displayFinancialStatus": "PAID", "cancelledAt": "2026-03-02T10:00:00Z"}, OrderStatus.PAID),
        ({"displayFinancialStatus": "EXPIRED"}, OrderStatus.FAILED),
    ],
)
def test_a_financial_status_becomes_what_counting_needs(facts: dict[str, Any], status: OrderStatus) -> None:
    record = order_record(order(**facts), [])
    assert record.status is status
    assert record.platform_status == facts["displayFinancialStatus"]
    assert (record.cancelled_at is None) == ("cancelledAt" not in facts)


def test_a_status_that_is_new_is_no_purchase_and_no_reason_to_lose_the_order() -> None:
    record = order_record(order(displayFinancialStatus="BARTERED"), [])
    assert (record.status, record.platform_status) == (OrderStatus.PENDING, "BARTERED")


def test_an_order_that_says_it_changes_next_year_does_not_keep_later_changes_from_being_read(
    serve: Serve, clock: Clock, shop: Shop
) -> None:
    source = source_of(serve(), clock)
    cursor = last_cursor(list(source.orders(None)))
    shop.orders[1001].updated_at = clock() + timedelta(days=400)
    cursor = last_cursor(list(source.orders(cursor)))
    clock.move(hours=1)
    shop.orders[1002].updated_at = clock()
    assert "1002" in ids(list(source.orders(cursor)))


def test_a_consent_that_is_new_is_the_strictest() -> None:
    assert consent_state("SUBSCRIBED_TWICE") is ConsentState.INVALID


def test_an_order_tells_its_visit_its_delivery_and_its_refunds() -> None:
    visit = {
        "source": "direct",
        "referrerUrl": "https://example.org/",
        "utmParameters": {"source": "newsletter", "medium": "email", "campaign": "soldes"},
    }
    record = order_record(
        order(
            refunds=REFUNDS,
            fulfillments=[{"deliveredAt": "2026-03-04T10:00:00Z"}, {"deliveredAt": "2026-03-03T10:00:00Z"}],
            customerJourneySummary={"daysToConversion": 2, "momentsCount": {"count": 5}, "lastVisit": visit},
            shippingAddress={"city": "Lyon", "provinceCode": "ARA", "countryCodeV2": "FR", "zip": "69001"},
            shippingLine={"title": "Colissimo"},
            paymentGatewayNames=["paypal", "gift_card"],
            discountCodes=["NOEL"],
            customer={"id": "gid://shopify/Customer/9"},
            totalTaxSet={"shopMoney": {"amount": "9.8"}},
        ),
        [],
    )
    assert (record.id, record.customer_id, record.total, record.tax, record.currency) == ("12", "9", 5880, 980, "EUR")
    assert record.updated_at is not None
    assert record.updated_at.utctimetuple().tm_hour == 9
    assert [(refund.id, refund.amount) for refund in record.refunds] == [("3", 5880)]
    assert record.delivered_at is not None
    assert record.delivered_at.day == 4
    assert record.attribution == Attribution(
        "newsletter", "email", "soldes", "https://example.org/", sessions=5, minutes_to_purchase=2880
    )
    assert (record.country, record.region, record.city, record.postcode) == ("FR", "ARA", "Lyon", "69001")
    assert (record.payment_method, record.shipping_method, record.coupons) == ("paypal", "Colissimo", ("NOEL",))


def test_an_order_that_is_delivered_in_part_is_not_delivered() -> None:
    assert order_record(order(fulfillments=[{"deliveredAt": "2026-03-04T10:00:00Z"}, {}]), []).delivered_at is None


def test_yen_have_no_cents() -> None:
    assert (
        order_record(order(totalPriceSet={"shopMoney": {"amount": "1250.0", "currencyCode": "JPY"}}), []).total == 1250
    )


def test_a_deleted_product_leaves_its_line() -> None:
    payload = {
        "id": "gid://shopify/LineItem/1",
        "quantity": 3,
        "title": "Vase",
        "discountedTotalSet": {"shopMoney": {"amount": "30"}},
        "variant": {"id": "gid://shopify/ProductVariant/8"},
        "isGiftCard": True,
    }
    (line,) = order_record(order(), [msgspec.convert(payload, Line)]).lines
    assert (line.product_id, line.variant_id, line.quantity, line.total, line.gift_card) == (None, "8", 3, 3000, True)


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("SUBSCRIBED", ConsentState.SUBSCRIBED),
        ("PENDING", ConsentState.PENDING),
        ("NEVER_SUBSCRIBED", ConsentState.NOT_SUBSCRIBED),
        ("UNSUBSCRIBED", ConsentState.UNSUBSCRIBED),
        ("REDACTED", ConsentState.INVALID),
    ],
)
def test_the_consent_to_text_messages_is_read(word: str, state: ConsentState) -> None:
    payload = {
        "id": "gid://shopify/Customer/9",
        "createdAt": "2026-03-01T10:00:00Z",
        "updatedAt": "2026-03-01T10:00:00Z",
        "defaultPhoneNumber": {"phoneNumber": "+33600000000", "smsMarketingConsent": {"state": word}},
    }
    record = customer_record(msgspec.convert(payload, Customer))
    assert [(consent.channel, consent.state) for consent in record.consents] == [("sms", state)]
    assert record.phone == "+33600000000"


def test_the_consent_to_mail_is_read_with_its_date(serve: Serve, clock: Clock) -> None:
    found = {customer.id: customer for customer in records(source_of(serve(), clock).customers(None))}
    (first,), (second,) = found["101"].consents, found["102"].consents
    assert (first.state, first.since) == (ConsentState.SUBSCRIBED, NOW - timedelta(days=30))
    assert second.state is ConsentState.UNSUBSCRIBED


def test_a_row_that_is_no_json_is_rejected_whole(serve: Serve, clock: Clock) -> None:
    def spoil(_: int, request: Request) -> Answer | None:
        if not request.path.startswith("/bulk/"):
            return None
        body, _write = fake.answer(request)
        rows = body.body.split(b"\n")
        broken = [rows[0], rows[1].replace(b'"quantity":2', b'"quantity":"two"'), rows[2][:50], *rows[3:]]
        return Answer(200, b"\n".join(broken).ljust(len(body.body), b"\n"))  # as long as Shopify said

    fake = serve(fault=spoil)
    pages = list(source_of(fake, clock).orders(None))
    rejected = [item for page in pages for item in page.rejected]
    assert rejected[0].id == "1001"
    assert "quantity" in rejected[0].reason
    assert "two" in rejected[0].payload
    assert rejected[1].id == "1002"
    assert len(records(pages)) == 38


# tags


def tag(number: int, *, add: str = "Cycle : Fidèle", remove: str = "Cycle : Nouveau") -> RemoteChange:
    return RemoteChange(str(number), frozenset({add} if add else ()), frozenset({remove} if remove else ()))


def people(shop: Shop, count: int) -> list[int]:
    """The numbers of as many customers, made where the shop has fewer; each is tagged as new."""
    for number in range(500, 500 + count):
        shop.customers[number] = ShopCustomer(number, None, NOW, NOW, tags={"Cycle : Nouveau", "VIP"})
    return list(range(500, 500 + count))


def accepted(outcomes: Iterator[Outcome]) -> int:
    return sum(1 for outcome in outcomes if outcome.result is Result.ACCEPTED)


def test_several_people_share_a_document(serve: Serve, clock: Clock, shop: Shop) -> None:
    fake = serve()
    changes = [tag(number) for number in people(shop, 135)]
    assert accepted(destination_of(fake, clock).apply(changes, silent=False)) == 135
    assert len(fake.writes) == 3
    assert fake.throttled == 0
    assert all(shop.customers[number].tags == {"Cycle : Fidèle", "VIP"} for number in range(500, 635))


def test_many_people_go_by_one_file_and_one_operation_for_each_mutation(serve: Serve, clock: Clock, shop: Shop) -> None:
    fake = serve()
    changes = [tag(number) for number in people(shop, 1400)]
    assert accepted(destination_of(fake, clock).apply(changes, silent=False)) == 1400
    assert len(fake.writes) == 4  # a staged upload and an operation, twice
    assert [operation.document.split("(")[0] for operation in fake.operations.values()] == [
        "mutation TagsAdd",
        "mutation TagsRemove",
    ]
    assert all(shop.customers[number].tags == {"Cycle : Fidèle", "VIP"} for number in range(500, 1900))


def test_only_the_operation_that_is_needed_runs(serve: Serve, clock: Clock, shop: Shop) -> None:
    fake = serve()
    changes = [tag(number, remove="") for number in people(shop, 500)]
    assert accepted(destination_of(fake, clock).apply(changes, silent=False)) == 500
    assert len(fake.operations) == 1


def test_an_operation_that_fails_is_tried_another_time(serve: Serve, clock: Clock, shop: Shop) -> None:
    fake = serve()
    fake.bulk_errors = ["INTERNAL_SERVER_ERROR"]
    outcomes = list(
        destination_of(fake, clock, many=1).apply([tag(number) for number in people(shop, 3)], silent=False)
    )
    assert {outcome.result for outcome in outcomes} == {Result.RETRY}
    assert all("FAILED" in outcome.reason for outcome in outcomes)


def test_a_platform_that_is_down_is_not_asked_for_each_batch(serve: Serve, clock: Clock, shop: Shop) -> None:
    fake = serve(fault=lambda *_: Answer(503))
    outcomes = list(destination_of(fake, clock).apply([tag(number) for number in people(shop, 200)], silent=False))
    assert [outcome.result for outcome in outcomes] == [Result.RETRY] * 200
    assert len(fake.ledger) == 12


@pytest.mark.parametrize("many", [1, 500])
def test_a_customer_with_too_many_tags_is_refused_with_the_reason(
    serve: Serve, clock: Clock, shop: Shop, many: int
) -> None:
    shop.customers[101].tags = {f"tag {number}" for number in range(250)}
    destination = destination_of(serve(), clock, many=many)
    first, second = destination.apply([tag(101, remove=""), tag(102, remove="")], silent=False)
    assert (first.result, second.result) == (Result.REFUSED, Result.ACCEPTED)
    assert "more than 250 tags" in first.reason


def test_a_customer_with_250_tags_can_exchange_one(serve: Serve, clock: Clock, shop: Shop) -> None:
    shop.customers[101].tags = {f"tag {number}" for number in range(249)} | {"Cycle : Nouveau"}
    (outcome,) = destination_of(serve(), clock).apply([tag(101)], silent=False)
    assert outcome.result is Result.ACCEPTED
    assert "Cycle : Fidèle" in shop.customers[101].tags


def test_a_tag_that_only_changes_its_case_stays(serve: Serve, clock: Clock, shop: Shop) -> None:
    shop.customers[101].tags = {"cycle : fidèle"}
    (outcome,) = destination_of(serve(), clock).apply([tag(101, remove="cycle : fidèle")], silent=False)
    assert outcome.result is Result.ACCEPTED
    assert shop.customers[101].tags == {"cycle : fidèle"}


def test_an_address_that_is_no_customer_id_is_never_sent(serve: Serve, clock: Clock) -> None:
    fake = serve()
    destination = destination_of(fake, clock)
    (outcome,) = destination.apply([RemoteChange("zoe@example.com", frozenset({"x"}))], silent=False)
    assert outcome.result is Result.REFUSED
    (state,) = destination.read(["zoe@example.com"])
    assert (state.exists, fake.ledger) == (False, [])


def test_states_are_read_250_at_a_time_with_their_consent(serve: Serve, clock: Clock, shop: Shop) -> None:
    fake = serve()
    numbers = [*people(shop, 500), 101, 102]
    states = {state.address: state for state in destination_of(fake, clock).read([str(number) for number in numbers])}
    assert len(fake.ledger) == 3
    assert (states["101"].consent, states["102"].consent) == (ConsentState.SUBSCRIBED, ConsentState.UNSUBSCRIBED)
    assert states["500"].tags == {"Cycle : Nouveau", "VIP"}


def test_without_the_scope_to_write_nothing_is_tried_person_by_person(serve: Serve, clock: Clock, shop: Shop) -> None:
    fake = serve(scopes=SCOPES - {"write_customers"})
    with pytest.raises(AuthenticationError, match="write_customers"):
        list(destination_of(fake, clock).apply([tag(number) for number in people(shop, 10)], silent=False))
    assert len(fake.ledger) == 1


def test_writing_again_after_an_answer_was_lost_changes_nothing_more(serve: Serve, clock: Clock, shop: Shop) -> None:
    def lose(number: int, request: Request) -> Answer | None:
        if number == 0:
            fake.answer(request)
            return Answer(reset=True)
        return None

    fake = serve(fault=lose)
    (outcome,) = destination_of(fake, clock).apply([tag(101)], silent=False)
    assert outcome.result is Result.ACCEPTED
    assert shop.customers[101].tags == {"Cycle : Fidèle"}
