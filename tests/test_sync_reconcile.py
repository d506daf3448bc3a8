"""Reconciling: our figures beside the shop's own; who differs is named with the reason that its books have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from sync.demo.shop import Shop, ShopCustomer, ShopOrder, ShopRefund
from sync.demo.shopify import FakeShopify
from sync.demo.woocommerce import FakeWooCommerce
from sync.reasons import Piece, explain
from tests.contract import Clock, small_shop
from tests.test_sync_nightly import NOW, Fake, World
from tests.test_sync_quarantine import SETTINGS

Change = Callable[[Shop], None]


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def shopify(tmp_path: Path, clock: Clock) -> Iterator[World]:
    with FakeShopify(small_shop(), now=clock, maximum=1e9, polls=1) as fake:
        yield World(fake, tmp_path, "shopify", clock)
        assert fake.violations == []


@pytest.fixture
def woocommerce(tmp_path: Path, clock: Clock) -> Iterator[World]:
    with FakeWooCommerce(small_shop(), now=clock) as fake:
        yield World(fake, tmp_path, "woocommerce", clock)
        assert fake.writes == []


def compared(world: World, *, code: int = 0) -> dict[str, Any]:
    """What the comparison says; it must have written nothing."""
    before = world.line.dump()
    answer = world.line.within("reconcile", "--json")
    assert (answer.code, "Traceback" in answer.err) == (code, False), answer.err
    assert world.line.dump() == before
    return answer.last


def differing(found: dict[str, Any]) -> dict[str, list[str]]:
    """Who differs, by account or e-mail, and why."""
    return {one["account"] or one["email"]: one["why"] for one in found["people"]["differ"]}


def totals(found: dict[str, Any]) -> dict[str, tuple[int, int | None]]:
    return {one["what"]: (one["ours"], one["theirs"]) for one in found["totals"]}


def test_who_has_a_cancelled_order_is_named_and_nobody_else_differs(shopify: World) -> None:
    shopify.line.ask("pull")
    found = compared(shopify)
    assert differing(found) == {"102": ["cancelled", "without_unpaid"]}
    assert (found["people"]["compared"], found["people"]["same"]) == (12, 11)
    assert totals(found)["accounts"] == (12, 12)
    assert totals(found)["orders PAID"] == (39, 39)
    assert totals(found)["orders PARTIALLY_REFUNDED"] == (1, 1)
    assert totals(found)["spent"] == (116_000, 113_000)  # the order of a guest: no account has spent that
    assert {one["what"]: one["why"] for one in found["totals"]}["spent"] == ["without_guests"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda order: setattr(order, "test", True), []),
        (lambda order: setattr(order, "status", "pending"), ["unpaid", "without_unpaid"]),
        (lambda order: setattr(order, "total", 0), ["zero"]),
        (lambda order: order.refunds.append(ShopRefund(9, NOW, order.total)), ["refunded"]),
    ],
    ids=["test", "unpaid", "nothing", "refunded whole"],
)
def test_each_kind_of_order_that_shopify_counts_and_we_do_not_is_the_reason(
    shopify: World, change: Callable[[ShopOrder], None], why: list[str]
) -> None:
    change(shopify.shop.orders[1002])
    shopify.line.ask("pull")
    account = str(shopify.shop.orders[1002].customer_id)
    found = differing(compared(shopify))
    assert found.pop(account, []) == why
    assert found == {"102": ["cancelled", "without_unpaid"]}


def test_an_order_that_came_after_the_pull_is_told_as_not_pulled(shopify: World) -> None:
    shopify.line.ask("pull")
    shopify.clock.move(hours=1)
    now = shopify.clock()
    shopify.shop.orders[2000] = ShopOrder(2000, now, now, 9900, 105)
    found = compared(shopify)
    assert differing(found)["105"] == ["not_pulled"]
    assert {one["what"]: one["why"] for one in found["totals"]}["orders PAID"] == ["not_pulled"]


def test_accounts_that_are_one_person_here_agree_one_by_one(shopify: World) -> None:
    shopify.shop.customers[103].phone = shopify.shop.customers[104].phone = "+33687654310"
    shopify.line.ask("pull")
    owners = "SELECT DISTINCT customer_id FROM identities WHERE kind = 'account' AND value IN ('103', '104')"
    assert len(shopify.ask(owners)) == 1
    assert differing(compared(shopify)) == {"102": ["cancelled", "without_unpaid"]}


def test_an_account_that_is_gone_at_the_shop_is_named(shopify: World) -> None:
    shopify.shop.customers[150] = ShopCustomer(150, "parti@example.com", NOW, NOW)
    shopify.line.ask("pull")
    shopify.shop.customers[150].deleted = True
    assert differing(compared(shopify, code=1))["150"] == ["gone"]


def test_who_was_erased_here_is_not_a_stranger(shopify: World) -> None:
    shopify.line.ask("pull")
    shopify.line.ask("recompute")
    assert shopify.line.within("erase", "client105@example.com", "--yes").code == 0
    answer = shopify.line.within("reconcile", "--json")
    assert answer.code == 0
    assert answer.last["people"]["erased"] == 1
    assert {total["what"]: total["why"] for total in answer.last["totals"]}["accounts"] == ["erased"]
    assert sum(segment["erased"] for segment in answer.last["segments"]) > 0
    told = shopify.line.ask("reconcile").out
    assert "only there: 1; erased here, as was asked" in told
    for said in (answer.out, told):
        assert "client105@" not in said
        assert not re.search(r"\b105\b", said)


def test_an_erasure_explains_no_more_than_what_was_erased(shopify: World) -> None:
    shopify.line.ask("pull")
    shopify.line.ask("recompute")
    assert shopify.line.within("erase", "client105@example.com", "--yes").code == 0
    erased = sum(order.customer_id == 105 for order in shopify.shop.orders.values())
    for number in range(3000, 3000 + erased + 1):  # placed long ago, and never told of
        long_ago = NOW - timedelta(days=400)
        shopify.shop.orders[number] = ShopOrder(number, long_ago, long_ago, 100, None)
    found = compared(shopify, code=1)
    assert {total["what"]: total["why"] for total in found["totals"]}["orders PAID"] == []


def test_who_objects_is_in_segments_of_the_shop_alone_and_that_is_the_reason(shopify: World) -> None:
    shopify.line.ask("pull")
    shopify.line.ask("recompute")
    shopify.line.ask("object", "client105@example.com")
    found = compared(shopify)
    only_there = [one for segment in found["segments"] for one in segment["only_theirs"]]
    assert only_there
    assert all(one == {"account": "105", "why": ["objected"]} for one in only_there)


def test_a_shop_in_woocommerce_is_told_of_the_erased_alike(woocommerce: World) -> None:
    woocommerce.line.ask("pull")
    woocommerce.line.ask("recompute")
    before = compared(woocommerce)
    assert woocommerce.line.within("erase", "client105@example.com", "--yes").code == 0
    found = compared(woocommerce)
    assert (before["people"]["erased"], found["people"]["erased"]) == (0, 1)
    assert found["people"]["same"] == before["people"]["same"] - 1
    assert differing(found) == differing(before)


def test_figures_that_no_order_explains_are_said_to_be_unexplained(shopify: World) -> None:
    shopify.line.ask("pull")
    lost = next(n for n, order in shopify.shop.orders.items() if order.customer_id == 108)
    shopify.shop.orders[lost].total = 123_456  # without touching its date: no pull will see it
    found = compared(shopify, code=1)
    assert differing(found)["108"] == []
    assert found["unexplained"] >= 1
    assert "no reason found" in shopify.line.within("reconcile").out
    shopify.line.ask("pull", "--recheck")
    assert differing(compared(shopify)) == {"102": ["cancelled", "without_unpaid"]}


def test_segments_that_shopify_can_say_are_worked_out_there_in_our_time_zone(shopify: World) -> None:
    shop = shopify.shop
    shop.customers[150] = ShopCustomer(150, "minuit@example.com", NOW - timedelta(days=300), NOW - timedelta(days=300))
    edge = NOW.replace(hour=23, minute=30) - timedelta(days=180)  # in Paris it is the day after: within the window
    shop.orders[900] = ShopOrder(900, edge, edge, 3000, 150)
    shopify.line.ask("pull")
    found = compared(shopify)
    segments = {one["key"]: one for one in found["segments"]}
    assert segments["spread.new"]["rule"] == "first_order_date > -180d"
    ours, theirs = segments["spread.new"]["ours"], segments["spread.new"]["theirs"]
    assert (ours, theirs) == (13, 13)
    assert segments["spread.new"]["only_ours"] == segments["spread.new"]["only_theirs"] == []
    asked = [entry.request.json() for entry in shopify.fake.ledger if b"query SegmentMembers" in entry.request.body]
    rules = [body["variables"] for body in asked if body["variables"]["query"] != "number_of_orders >= 0"]
    assert {body["timezone"] for body in rules} == {"Europe/Paris"}


def test_who_is_in_a_segment_on_one_side_only_is_named_with_the_reason(shopify: World) -> None:
    shop = shopify.shop
    shop.customers[150] = ShopCustomer(150, "annule@example.com", NOW - timedelta(days=9), NOW - timedelta(days=9))
    placed = NOW - timedelta(days=5)
    shop.orders[900] = ShopOrder(900, placed, placed, 3000, 150, status="cancelled", cancelled_at=placed)
    shopify.line.ask("pull")
    segments = {one["key"]: one for one in compared(shopify)["segments"]}
    assert segments["spread.prospect"]["only_ours"] == [{"account": "150", "why": ["cancelled"]}]
    assert segments["spread.new"]["only_theirs"] == [{"account": "150", "why": ["cancelled"]}]


def test_with_two_stores_that_share_people_every_difference_has_its_reason(shopify: World) -> None:
    """Twelve accounts here, eight of whose people are the other shop's too; four are not."""
    shopify.shop.orders = {n: order for n, order in shopify.shop.orders.items() if n > 1028}
    with FakeShopify(second_shop(), now=shopify.clock, maximum=1e9, polls=1) as other:
        more = SETTINGS["shopify"].format(url=other.url, domain=other.shop.domain).replace("boutique]", "autre]")
        shopify.line.write(shopify.line.settings.read_text(encoding="utf-8") + more)
        (shopify.line.folder / "segments.toml").unlink()  # with the audiences, which ask for consent too
        shopify.line.ask("pull")
        answer = shopify.line.within("reconcile", "--json")
    assert answer.code == 0, answer.out
    assert [found["unexplained"] for found in answer.lines] == [0, 0]
    shared = {"boutique": range(101, 109), "autre": range(501, 509)}
    for found in answer.lines:
        told = [one for segment in found["segments"] for one in (*segment["only_ours"], *segment["only_theirs"])]
        elsewhere = {int(one["account"]) for one in told if "elsewhere" in one["why"]}
        assert elsewhere
        assert elsewhere <= set(shared[found["store"]])
        assert all("elsewhere" in one["why"] for one in told if int(one["account"]) in elsewhere)


def second_shop() -> Shop:
    """Another shop, with accounts of its own for eight of the first one's people, and guests who are others of them."""
    chance, shop = Random(1), Shop("Autre", "autre.myshopify.com")
    for number in range(501, 513):
        opened = NOW - timedelta(days=chance.randrange(30, 500))
        email = f"client{number - 400}@example.com" if number < 509 else f"autre{number}@example.com"
        shop.customers[number] = ShopCustomer(number, email, opened, opened, consent="unsubscribed")
    for number in range(5001, 5031):
        placed = NOW - timedelta(days=chance.randrange(400))
        order = ShopOrder(number, placed, placed, chance.randrange(1000, 9000), chance.choice([*shop.customers, None]))
        if order.customer_id is None:
            order.email = f"client{chance.randrange(101, 109)}@example.com"
        order.test = chance.random() < 0.2
        shop.orders[number] = order
    return shop


def test_the_analytics_of_woocommerce_agree_person_by_person_guests_too(woocommerce: World) -> None:
    woocommerce.line.ask("pull")
    found = compared(woocommerce)
    assert differing(found) == {}
    assert found["people"]["compared"] == 13
    assert totals(found)["orders cancelled"] == (1, 1)
    assert totals(found)["orders completed"] == (39, 39)


def test_cancelled_orders_that_the_analytics_count_are_the_reason(woocommerce: World) -> None:
    assert isinstance(woocommerce.fake, FakeWooCommerce)
    woocommerce.fake.analytics_leave_out.discard("cancelled")
    woocommerce.shop.orders[1002].status = "on_hold"
    woocommerce.line.ask("pull")
    held = str(woocommerce.shop.orders[1002].customer_id)
    assert differing(compared(woocommerce)) == {"102": ["cancelled"], held: ["on_hold"]}


def test_a_guests_order_under_an_accounts_address_is_the_reason(woocommerce: World) -> None:
    order = woocommerce.shop.orders[1002]
    order.customer_id, order.email = None, "client105@example.com"
    woocommerce.line.ask("pull")
    assert differing(compared(woocommerce)) == {"105": ["guest"]}


def test_an_order_in_another_currency_that_the_analytics_add_up_is_the_reason(woocommerce: World) -> None:
    order = woocommerce.shop.orders[1002]
    order.currency = "USD"
    woocommerce.line.ask("pull")
    assert differing(compared(woocommerce)) == {str(order.customer_id): ["foreign"]}


def test_a_shop_without_analytics_is_compared_by_its_counts(tmp_path: Path, clock: Clock) -> None:
    class Plain(FakeWooCommerce):
        def _analytics(self, request: Any) -> Any:  # noqa: ANN401
            return self._route(request, "nothing")[0]

    with Plain(small_shop(), now=clock) as fake:
        world = World(fake, tmp_path, "woocommerce", clock)
        world.line.ask("pull")
        found = compared(world)
    assert found["people"]["compared"] == 0
    assert totals(found)["orders completed"] == (39, 39)


@pytest.mark.parametrize("kind", [FakeShopify, FakeWooCommerce])
def test_requests_stay_few_and_are_told(kind: type[Fake], tmp_path: Path, clock: Clock) -> None:
    shop = small_shop()
    opened = NOW - timedelta(days=9)
    for number in range(5000, 5900):
        shop.customers[number] = ShopCustomer(number, f"autre{number}@example.com", opened, opened)
    with kind(shop, now=clock) as fake:
        world = World(fake, tmp_path, "shopify" if kind is FakeShopify else "woocommerce", clock)
        world.line.ask("pull")
        before = len(fake.ledger)
        found = world.line.within("reconcile", "--sample", "200", "--json").last
    assert found["people"]["compared"] == 200
    assert found["requests"] <= 30
    assert found["requests"] <= len(fake.ledger) - before <= found["requests"] + 6


def test_another_shop_under_the_same_name_is_refused(shopify: World) -> None:
    shopify.line.ask("pull")
    with FakeShopify(Shop(domain="autre.myshopify.com"), now=shopify.clock) as other:
        settings = shopify.line.settings.read_text(encoding="utf-8")
        settings = settings.replace(shopify.fake.url, other.url).replace("boutique.myshopify", "autre.myshopify")
        shopify.line.write(settings)
        assert shopify.line.within("reconcile").code == 3


def test_it_speaks_french(shopify: World) -> None:
    shopify.line.write('language = "fr"\n' + shopify.line.settings.read_text(encoding="utf-8"))
    shopify.line.ask("pull")
    out = shopify.line.ask("reconcile").out
    assert "la boutique compte des commandes annulées" in out
    assert "Chaque écart est expliqué." in out


def test_the_fewest_reasons_are_taken() -> None:
    plain, test, void = (
        Piece(frozenset(), 10, 10),
        Piece(frozenset({"test"}), 10, 10),
        Piece(frozenset({"cancelled"}), 10, 10),
    )
    assert explain([plain, test, void], 2, 20) == ("cancelled",)
    assert explain([plain, test, void], 3, 30) == ("cancelled", "test")
    assert explain([plain, test, void], 2, 10) == ("cancelled", "without_unpaid")
    assert explain([plain, Piece(frozenset(), 5, 12)], 2, 22) == ("gross",)
    assert explain([plain], 2, 20) is None
