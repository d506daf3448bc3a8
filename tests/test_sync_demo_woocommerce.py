"""The fake WooCommerce answers as a running WooCommerce 10.5 was seen to."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA256, SIGNATURE_TYPE_QUERY
from requests_oauthlib import OAuth1

from sync.demo.certificate import certificate
from sync.demo.shop import Shop, ShopOrder, ShopRefund
from sync.demo.woocommerce import FakeWooCommerce
from tests.contract import NOW, Clock, Fixtures

KEY = ("ck_demo", "cs_demo")


def call(
    fake: FakeWooCommerce,
    path: str,
    method: str = "GET",
    *,
    auth: OAuth1 | tuple[str, str] | None = KEY,
    json: object = None,
    **params: Any,  # noqa: ANN401 - as requests takes them
) -> requests.Response:
    url = f"{fake.url}/wp-json/wc/v3/{path}"
    return requests.request(method, url, params=params, json=json, auth=auth, verify=fake.ca or True, timeout=10)


def signed(secret: str = "cs_demo", **options: Any) -> OAuth1:  # noqa: ANN401 - as oauthlib takes them
    method = options.pop("signature_method", SIGNATURE_HMAC_SHA256)
    return OAuth1(
        "ck_demo", client_secret=secret, signature_method=method, signature_type=SIGNATURE_TYPE_QUERY, **options
    )


def ids(fake: FakeWooCommerce, path: str = "orders", **params: Any) -> list[int]:  # noqa: ANN401
    return [row["id"] for row in call(fake, path, per_page=100, **params).json()]


def refusal(answer: requests.Response) -> tuple[int, str]:
    body = answer.json()
    assert body["data"]["status"] == answer.status_code
    return answer.status_code, body["code"]


class TestDates:
    @pytest.mark.parametrize(
        ("zone", "sent", "gmt", "hours"),
        [
            ("America/New_York", "12:00:00", True, [13, 14, 15]),
            ("Europe/Berlin", "12:00:00", True, [13, 14, 15]),
            ("America/New_York", "12:00:00Z", False, [13, 14, 15]),
            ("Europe/Berlin", "14:00:00+02:00", False, [13, 14, 15]),
            ("America/New_York", "12:00:00", False, []),  # the shop's own noon
            ("Europe/Berlin", "12:00:00", False, [11, 12, 13, 14, 15]),
            ("America/New_York", "12:00:00Z", True, [9, 10, 11, 12, 13, 14, 15]),  # four hours too early
            ("Europe/Berlin", "12:00:00Z", True, [15]),  # two hours too late
        ],
    )
    def test_each_form_of_a_bound_means_what_it_means_there(
        self, zone: str, sent: str, gmt: bool, hours: list[int]
    ) -> None:
        shop = Shop(timezone=zone)
        for hour in range(9, 16):
            at = NOW.replace(month=7, hour=hour)
            shop.orders[hour] = ShopOrder(hour, at, at, 100)
        with FakeWooCommerce(shop, now=Clock(NOW)) as fake:
            params = {"dates_are_gmt": "true"} if gmt else {}
            found = ids(fake, modified_after=f"2026-07-20T{sent}", orderby="modified", order="asc", **params)
        assert found == hours


class TestLists(Fixtures):
    @pytest.fixture
    def fake(self, shop: Shop, clock: Clock) -> Iterator[FakeWooCommerce]:
        with FakeWooCommerce(shop, now=clock) as fake:
            yield fake

    def test_bounds_are_exclusive_both_ways(self, fake: FakeWooCommerce, shop: Shop) -> None:
        times = [f"{shop.orders[number].updated_at:%Y-%m-%dT%H:%M:%S}" for number in (1005, 1013)]
        found = ids(fake, modified_after=times[0], modified_before=times[1], dates_are_gmt="true")
        assert sorted(found) == [1009, 1010, 1011, 1012]

    def test_totals_are_texts_and_beyond_the_end_there_is_nothing(self, fake: FakeWooCommerce) -> None:
        page, beyond = call(fake, "orders", per_page=15), call(fake, "orders", per_page=15, page=9)
        assert (page.headers["X-WP-Total"], page.headers["X-WP-TotalPages"]) == ("40", "3")
        assert (beyond.status_code, beyond.json()) == (200, [])
        assert (beyond.headers["X-WP-Total"], beyond.headers["X-WP-TotalPages"]) == ("0", "0")

    @pytest.mark.parametrize(
        "params",
        [{"per_page": 101}, {"page": 0}, {"orderby": "a"}, {"order": "up"}, {"modified_after": "hier"}],
    )
    def test_a_parameter_that_is_none_is_refused(self, fake: FakeWooCommerce, params: dict[str, Any]) -> None:
        answer = call(fake, "orders", **params)
        assert refusal(answer) == (400, "rest_invalid_param")
        assert set(answer.json()["data"]["params"]) == set(params)

    def test_drafts_are_listed_and_the_trash_is_not(self, fake: FakeWooCommerce, shop: Shop) -> None:
        shop.orders[1001].status = "draft"
        fake.trash(1002)
        listed = ids(fake)
        assert 1001 in listed
        assert 1002 not in listed
        assert ids(fake, status="trash") == [1002]
        assert ids(fake, status="checkout-draft") == [1001]
        assert call(fake, "orders/1002").json()["status"] == "trash"

    def test_guests_are_only_in_orders(self, fake: FakeWooCommerce) -> None:
        assert ids(fake, customer=0) == [1003]
        assert call(fake, "orders/1003").json()["billing"]["email"] == "invitee@example.com"
        assert ids(fake, "customers", role="all", email="invitee@example.com") == []

    def test_only_the_role_of_customer_is_listed_unless_all_are_asked_for(self, fake: FakeWooCommerce) -> None:
        fake.roles[105] = "administrator"
        assert (len(ids(fake, "customers")), len(ids(fake, "customers", role="all"))) == (11, 12)

    def test_customers_ignore_the_time_of_change(self, fake: FakeWooCommerce) -> None:
        assert len(ids(fake, "customers", modified_after="2100-01-01T00:00:00")) == 12

    def test_refunds_lower_no_total_and_are_dated_elsewhere(self, fake: FakeWooCommerce, shop: Shop) -> None:
        order = call(fake, "orders/1006").json()
        assert (order["total"], order["status"]) == ("30.00", "completed")
        assert order["refunds"] == [{"id": 1, "reason": "", "total": "-10.00"}]
        (alone,) = call(fake, "orders/1006/refunds").json()
        assert alone == call(fake, "refunds", include="1").json()[0]
        assert (alone["amount"], alone["date_created_gmt"]) == ("10.00", "2026-11-01T13:00:00")
        shop.orders[1006].refunds.append(ShopRefund(2, NOW, 2000))
        assert call(fake, "orders/1006").json()["status"] == "refunded"

    def test_times_are_told_twice_without_a_zone(self, fake: FakeWooCommerce) -> None:
        order = call(fake, "orders/1006").json()
        assert (order["date_created"], order["date_created_gmt"]) == ("2026-10-31T14:00:00", "2026-10-31T13:00:00")
        assert call(fake, "customers/101").json()["date_modified_gmt"] is None

    def test_fields_are_trimmed_on_demand(self, fake: FakeWooCommerce) -> None:
        answer = call(fake, "orders/1006", _fields="id,billing.email")
        assert answer.json() == {"id": 1006, "billing": {"email": "client111@example.com"}}
        assert "\\/" in call(fake, "orders/1006").text or "/" not in call(fake, "orders/1006").text

    @pytest.mark.parametrize(
        ("path", "code"),
        [
            ("orders/9", "woocommerce_rest_shop_order_invalid_id"),
            ("customers/9", "wc_user_invalid_id"),
            ("carts", "rest_no_route"),
        ],
    )
    def test_what_is_not_there_has_its_code(self, fake: FakeWooCommerce, path: str, code: str) -> None:
        assert refusal(call(fake, path)) == (404, code)

    def test_an_older_shop_does_not_sort_by_modification(self, fake: FakeWooCommerce) -> None:
        fake.sorts_by_modification = fake.lists_refunds = False
        assert refusal(call(fake, "orders", orderby="modified")) == (400, "rest_invalid_param")
        assert refusal(call(fake, "refunds")) == (404, "rest_no_route")


class TestWrites(Fixtures):
    @pytest.fixture
    def fake(self, shop: Shop, clock: Clock) -> Iterator[FakeWooCommerce]:
        with FakeWooCommerce(shop, now=clock) as fake:
            yield fake

    def write(self, fake: FakeWooCommerce, *entries: dict[str, Any]) -> list[dict[str, Any]]:
        answer = call(fake, "customers/101", "PUT", json={"meta_data": list(entries)})
        assert answer.status_code == 200
        found: list[dict[str, Any]] = answer.json()["meta_data"]
        return found

    def test_meta_is_updated_in_place_and_removed_by_its_id(self, fake: FakeWooCommerce, shop: Shop) -> None:
        (first,) = self.write(fake, {"key": "lifecycle", "value": "Fidèle"})
        (second,) = self.write(fake, {"key": "lifecycle", "value": "Inactif"})
        assert second == {"id": first["id"], "key": "lifecycle", "value": "Inactif"}
        assert len(self.write(fake, {"key": "lifecycle", "value": None})) == 1
        assert self.write(fake, {"id": first["id"], "key": "lifecycle", "value": None}) == []
        assert shop.customers[101].updated_at == NOW
        assert len(fake.writes) == 4

    def test_hidden_meta_is_accepted_and_not_kept(self, fake: FakeWooCommerce) -> None:
        assert self.write(fake, {"key": "_hidden", "value": "x"}) == []

    def test_a_batch_tells_each_items_own_error(self, fake: FakeWooCommerce, shop: Shop) -> None:
        entries = [{"key": "lifecycle", "value": "x"}]
        items = [{"id": number, "meta_data": entries} for number in (101, 999, 102)]
        answer = call(fake, "customers/batch", "POST", json={"update": items})
        assert answer.status_code == 200
        done = answer.json()["update"]
        assert [item["id"] for item in done] == [101, 999, 102]
        assert (done[1]["error"]["code"], done[1]["error"]["data"]) == ("wc_user_invalid_id", {"status": 404})
        assert shop.customers[102].meta == {"lifecycle": "x"}

    def test_a_batch_of_more_than_a_hundred_is_refused_whole(self, fake: FakeWooCommerce, shop: Shop) -> None:
        items = [{"id": 101, "meta_data": [{"key": "a", "value": "b"}]}] * 101
        answer = call(fake, "customers/batch", "POST", json={"update": items})
        assert refusal(answer) == (413, "woocommerce_rest_request_entity_too_large")
        assert shop.customers[101].meta == {}
        assert fake.writes == []

    def test_a_body_that_is_no_json_is_refused(self, fake: FakeWooCommerce) -> None:
        url = f"{fake.url}/wp-json/wc/v3/customers/batch"
        answer = requests.post(url, data=b"{", auth=KEY, verify=fake.ca, timeout=10)
        assert refusal(answer) == (400, "rest_invalid_json")

    def test_a_deleted_account_leaves_guests_orders(self, fake: FakeWooCommerce, shop: Shop) -> None:
        owned = [order.id for order in shop.orders.values() if order.customer_id == 104]
        assert refusal(call(fake, "customers/104", "DELETE")) == (501, "woocommerce_rest_trash_not_supported")
        assert call(fake, "customers/104", "DELETE", force="true").json()["id"] == 104
        assert set(owned) <= set(ids(fake, customer=0))
        assert shop.orders[owned[0]].updated_at == NOW
        assert refusal(call(fake, "customers/104")) == (404, "wc_user_invalid_id")


class TestKeys(Fixtures):
    @pytest.mark.parametrize("auth", [None, ("ck_other", "cs_demo")])
    def test_a_stranger_is_told_nothing(self, shop: Shop, clock: Clock, auth: tuple[str, str] | None) -> None:
        with FakeWooCommerce(shop, now=clock) as fake:
            assert refusal(call(fake, "orders", auth=auth)) == (401, "woocommerce_rest_cannot_view")

    def test_a_known_key_with_a_wrong_secret_is_told_so(self, shop: Shop, clock: Clock) -> None:
        with FakeWooCommerce(shop, now=clock) as fake:
            answer = call(fake, "orders", auth=("ck_demo", "cs_other"))
        assert refusal(answer) == (401, "woocommerce_rest_authentication_error")
        assert answer.json()["message"] == "Consumer secret is invalid."

    def test_a_key_that_reads_may_not_write_and_the_reverse(self, shop: Shop, clock: Clock) -> None:
        with FakeWooCommerce(shop, now=clock, permission="read") as fake:
            written = call(fake, "customers/101", "PUT", json={})
        with FakeWooCommerce(shop, now=clock, permission="write") as fake:
            read = call(fake, "orders")
        assert [refusal(answer)[0] for answer in (written, read)] == [401, 401]
        assert "write permissions" in written.json()["message"]
        assert "read permissions" in read.json()["message"]

    def test_plain_http_wants_a_signature(self, shop: Shop, clock: Clock) -> None:
        with FakeWooCommerce(shop, now=clock, https=False) as fake:
            assert refusal(call(fake, "orders")) == (401, "woocommerce_rest_cannot_view")
            assert refusal(call(fake, "orders", auth=signed("cs_other")))[0] == 401
            assert refusal(call(fake, "orders", auth=signed(timestamp="1")))[0] == 401
            assert refusal(call(fake, "orders", auth=signed(signature_method="PLAINTEXT")))[0] == 401
            missing = call(fake, "orders", auth=None, oauth_consumer_key="ck_demo")
            assert refusal(missing) == (401, "woocommerce_rest_authentication_missing_parameter")
            assert call(fake, "orders", auth=signed(), status="any", search="é +&").status_code == 200

    def test_a_nonce_works_once_and_the_link_gives_it_away(self, shop: Shop, clock: Clock) -> None:
        with FakeWooCommerce(shop, now=clock, https=False) as fake:
            first = call(fake, "orders", auth=signed())
            again = requests.get(str(first.url), timeout=10)
        assert "oauth_nonce" in first.headers["Link"]
        assert "nonce has already been used" in again.json()["message"]

    def test_the_index_is_public_and_takes_no_key(self, shop: Shop, clock: Clock) -> None:
        with FakeWooCommerce(shop, now=clock) as fake:
            index, keyed, other = (
                requests.get(f"{fake.url}{path}", auth=auth, verify=fake.ca, timeout=10)
                for path, auth in (("/wp-json/", None), ("/wp-json/", KEY), ("/?rest_route=/wc/v3/orders", KEY))
            )
            page = requests.get(f"{fake.url}/boutique", verify=fake.ca, timeout=10)
        assert index.json()["timezone_string"] == "Europe/Paris"
        assert refusal(keyed) == (401, "invalid_username")
        assert refusal(other) == (401, "woocommerce_rest_cannot_view")
        assert (page.status_code, page.headers["Content-Type"]) == (404, "text/html")


class TestServer(Fixtures):
    def test_nobody_trusts_it_without_its_authority(self, shop: Shop, clock: Clock) -> None:
        with FakeWooCommerce(shop, now=clock) as fake, pytest.raises(requests.exceptions.SSLError):
            requests.get(f"{fake.url}/wp-json/", timeout=10)

    def test_answers_are_dated_by_the_shops_clock(self, shop: Shop, clock: Clock) -> None:
        with FakeWooCommerce(shop, now=clock) as fake:
            clock.now -= timedelta(days=400)
            assert call(fake, "orders").headers["Date"] == "Thu, 16 Oct 2025 12:00:00 GMT"

    def test_the_servers_key_is_private(self) -> None:
        made = certificate()
        assert stat.S_IMODE(Path(made.key).stat().st_mode) == 0o600
        assert made is certificate()
