"""The fake Shopify enforces the vendor's rules: what it lets pass, the real one would too."""

# ruff: noqa: ANN401 - answers are whatever JSON holds

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from importlib.resources import files
from typing import Any

import pytest
import requests
from graphql import NoDeprecatedCustomRule, parse, validate

from connectors.shopify.client import document
from sync.demo.shop import Shop
from sync.demo.shopify import FakeShopify
from sync.demo.shopify.bulk import complaint
from sync.demo.shopify.schema import checked, cost, schema
from tests.contract import NOW, Clock, small_shop

DOCUMENTS = sorted(
    item.name.removesuffix(".graphql")
    for item in (files("connectors.shopify") / "documents").iterdir()
    if item.name.endswith(".graphql") and not item.name.endswith("_fields.graphql")
)
ADD = "mutation A($id: ID!, $tags: [String!]!) { tagsAdd(id: $id, tags: $tags) { node { id } userErrors { message } } }"
REMOVE = "mutation R($id: ID!, $tags: [String!]!) { tagsRemove(id: $id, tags: $tags) { userErrors { message } } }"
CUSTOMER = "gid://shopify/Customer/101"


class Caller:
    """Asks the fake as a careless client would."""

    def __init__(self, fake: FakeShopify) -> None:
        self.fake = fake
        self.session = requests.Session()

    def __call__(self, text: str, token: str = "shpat_demo", **variables: Any) -> Any:
        answer = self.session.post(
            f"{self.fake.url}/admin/api/2026-10/graphql.json",
            json={"query": text, "variables": variables},
            headers={"X-Shopify-Access-Token": token},
            timeout=10,
        )
        return answer.json()


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def shop() -> Shop:
    return small_shop()


@pytest.fixture
def fake(shop: Shop, clock: Clock) -> Iterator[FakeShopify]:
    with FakeShopify(shop, now=clock) as fake:
        yield fake


@pytest.fixture
def ask(fake: FakeShopify) -> Iterator[Caller]:
    caller = Caller(fake)
    yield caller
    caller.session.close()


def codes(answer: Any) -> list[str]:
    return [error["extensions"]["code"] for error in answer["errors"]]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_our_documents_fit_the_vendors_schema_without_deprecated_fields(name: str) -> None:
    parsed = parse(document(name))
    assert validate(schema(), parsed) == []
    assert validate(schema(), parsed, [NoDeprecatedCustomRule]) == []


@pytest.mark.parametrize(("name", "first"), [("orders", 12), ("customers", 150), ("checkouts", 150), ("order", 0)])
def test_our_pages_cost_less_than_a_question_may(name: str, first: int) -> None:
    parsed, _ = checked(document(name))
    assert parsed is not None
    assert cost(parsed, {"first": first}) <= 1000


@pytest.mark.parametrize("name", ["orders_bulk", "customers_bulk"])
def test_our_bulk_documents_keep_the_rules(name: str) -> None:
    assert complaint(document(name)) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{ orders { edges { node { id nme } } } }", "Cannot query field 'nme'"),
        ("{ shop { id } }", "at least one connection"),
        (ADD, "must be a query"),
        ("{ node(id: 1) { id } customers { edges { node { id } } } }", "top level"),
        (
            "{ orders { edges { node { id refunds { refundLineItems { edges { node { id } } } } } } } }",
            "within a list field",
        ),
        (
            "{ orders { edges { node { id lineItems { edges { node { id customAttributes { key } "
            "product { id variants { edges { node { id } } } } } } } } } } }",
            "nesting deeper than 2",
        ),
    ],
)
def test_a_bulk_document_that_breaks_a_rule_is_not_started(ask: Caller, text: str, words: str) -> None:
    started = ask(document("bulk_query"), document=text, grouped=True)["data"]["started"]
    assert started["bulkOperation"] is None
    assert words in started["userErrors"][0]["message"]


def test_an_operation_runs_for_a_while_and_then_has_an_address(ask: Caller, fake: FakeShopify) -> None:
    started = ask(document("bulk_query"), document=document("customers_bulk"), grouped=True)["data"]["started"]
    found = [ask(document("bulk_status"), id=started["bulkOperation"]["id"])["data"]["bulkOperation"] for _ in range(3)]
    assert [operation["status"] for operation in found] == ["RUNNING", "COMPLETED", "COMPLETED"]
    assert (found[0]["url"], found[1]["rootObjectCount"]) == (None, "12")
    rows = requests.get(found[1]["url"], timeout=10).content.splitlines()
    assert len(rows) == 12


def test_a_token_sent_to_the_storage_is_a_violation(ask: Caller, fake: FakeShopify) -> None:
    answer = requests.get(f"{fake.url}/bulk/1.jsonl", headers={"X-Shopify-Access-Token": "shpat_demo"}, timeout=10)
    assert answer.status_code == 400
    assert fake.violations == ["the token was sent to the storage"]


def test_a_sixth_operation_finds_no_place(ask: Caller) -> None:
    answers = [ask(document("bulk_query"), document=document("orders_bulk"), grouped=False) for _ in range(6)]
    errors = [answer["data"]["started"]["userErrors"] for answer in answers]
    assert [bool(error) for error in errors] == [False] * 5 + [True]
    assert errors[5][0]["code"] == "LIMIT_REACHED"


@pytest.mark.parametrize(
    "text",
    [
        'mutation { customerUpdate(input: {id: "1", tags: ["x"]}) { userErrors { message } } }',
        "mutation { customerEmailMarketingConsentUpdate(input: {customerId: 1, emailMarketingConsent: "
        "{marketingState: SUBSCRIBED}}) { userErrors { message } } }",
    ],
)
def test_consent_and_whole_lists_cannot_be_written(ask: Caller, fake: FakeShopify, shop: Shop, text: str) -> None:
    assert codes(ask(text)) == ["ACCESS_DENIED"]
    assert len(fake.violations) == 1
    assert shop.customers[101].tags == set()
    assert shop.customers[101].consent == "subscribed"


def test_consent_cannot_be_written_in_bulk_either(ask: Caller, fake: FakeShopify) -> None:
    text = (
        "mutation C($input: CustomerEmailMarketingConsentUpdateInput!) "
        "{ customerEmailMarketingConsentUpdate(input: $input) { userErrors { message } } }"
    )
    assert codes(ask(document("bulk_mutation"), document=text, path="tmp/1/x")) == ["ACCESS_DENIED"]
    assert fake.violations == ["customerEmailMarketingConsentUpdate"]


def test_a_bulk_mutation_needs_its_file(ask: Caller) -> None:
    started = ask(document("bulk_mutation"), document=document("tags_add"), path="tmp/9/none")["data"]["started"]
    assert started["userErrors"][0]["code"] == "NO_SUCH_FILE"


def test_an_upload_has_its_file_last(ask: Caller) -> None:
    wanted = {"resource": "BULK_MUTATION_VARIABLES", "filename": "x", "mimeType": "text/jsonl", "httpMethod": "POST"}
    created = ask(document("staged_upload"), input=[wanted])["data"]["stagedUploadsCreate"]["stagedTargets"][0]
    form = [(item["name"], (None, item["value"])) for item in created["parameters"]]
    file = ("file", ("x", b"{}", "text/jsonl"))
    assert requests.post(created["url"], files=[file, *form], timeout=10).status_code == 400
    assert requests.post(created["url"], files=[*form, file], timeout=10).status_code == 201


def test_tags_are_compared_without_case_and_a_change_is_dated(ask: Caller, shop: Shop, clock: Clock) -> None:
    customer = shop.customers[101]
    opened = customer.updated_at
    ask(ADD, id=CUSTOMER, tags=["Fidèle"])
    changed = customer.updated_at
    clock.move(minutes=5)
    ask(ADD, id=CUSTOMER, tags=["FIDÈLE"])
    assert (customer.tags, customer.updated_at) == ({"Fidèle"}, changed)
    assert changed > opened
    ask(REMOVE, id=CUSTOMER, tags=["fidèle"])
    assert (customer.tags, customer.updated_at) == (set(), clock.now)


@pytest.mark.parametrize("tag", ["a,b", "x" * 256, ""])
def test_a_tag_that_cannot_be_is_refused(ask: Caller, shop: Shop, tag: str) -> None:
    assert ask(ADD, id=CUSTOMER, tags=[tag])["data"]["tagsAdd"]["userErrors"]
    assert shop.customers[101].tags == set()


def test_an_id_that_is_none_is_an_error_and_a_stranger_is_a_user_error(ask: Caller, shop: Shop) -> None:
    assert codes(ask(ADD, id="101", tags=["x"])) == ["INVALID_ID"]
    shop.customers[101].deleted = True
    assert ask(ADD, id=CUSTOMER, tags=["x"])["data"]["tagsAdd"]["userErrors"]


def test_only_mutations_that_change_things_are_writes(ask: Caller, fake: FakeShopify) -> None:
    ask(document("setup"))
    ask(document("bulk_query"), document=document("orders_bulk"), grouped=True)
    assert fake.writes == []
    ask(ADD, id=CUSTOMER, tags=["x"])
    assert len(fake.writes) == 1


def test_a_question_that_costs_too_much_is_refused_for_ever(ask: Caller) -> None:
    assert codes(ask(document("orders"), first=100, query="")) == ["MAX_COST_EXCEEDED"]


def test_the_budget_leaks_back_and_what_was_not_used_is_given_back(
    ask: Caller, fake: FakeShopify, clock: Clock
) -> None:
    answers = [ask(document("orders"), first=12, query="id:0") for _ in range(3)]
    extensions = answers[0]["extensions"]["cost"]
    assert (extensions["requestedQueryCost"], extensions["actualQueryCost"]) == (986, 3)
    fake.available = 900
    refused = ask(document("orders"), first=12, query="id:0")
    assert codes(refused) == ["THROTTLED"]
    assert refused["extensions"]["cost"]["throttleStatus"]["restoreRate"] == 100
    clock.move(seconds=1)
    assert "errors" not in ask(document("orders"), first=12, query="id:0")


def test_an_unknown_search_field_is_ignored_with_a_warning(ask: Caller, shop: Shop) -> None:
    answer = ask(document("changed_orders"), query="updatd_at:>='2030-01-01T00:00:00Z'")
    assert answer["data"]["changed"]["count"] == len(shop.orders)
    assert answer["extensions"]["search"][0]["warnings"][0]["field"] == "updatd_at"


def test_a_time_without_quotes_is_not_understood(ask: Caller, shop: Shop) -> None:
    answer = ask(document("changed_orders"), query="updated_at:>=2030-01-01T00:00:00Z")
    assert answer["data"]["changed"]["count"] == len(shop.orders)
    assert answer["extensions"]["search"][0]["warnings"][0]["code"] == "invalid_field"


def test_customers_are_searched_by_whole_days_and_orders_by_the_second(ask: Caller, shop: Shop) -> None:
    shop.customers[101].updated_at = shop.orders[1001].updated_at = NOW - timedelta(hours=3)
    search = f"updated_at:>='{NOW:%Y-%m-%dT%H:%M:%SZ}'"
    assert ask(document("changed_customers"), query=search)["data"]["changed"]["count"] == 1
    assert ask(document("changed_orders"), query=search)["data"]["changed"]["count"] == 0


@pytest.mark.parametrize(
    ("search", "count"),
    [("id:1001", 1), ("id:>=1001 id:<1003", 2), ("source_name:WEB", 40), ("email:'invitee@example.com'", 1)],
)
def test_terms_are_joined_by_and(ask: Caller, search: str, count: int) -> None:
    assert ask(document("changed_orders"), query=search)["data"]["changed"]["count"] == count


def test_orders_older_than_sixty_days_are_hidden_without_the_scope(shop: Shop, clock: Clock) -> None:
    shop.orders[1001].placed_at = NOW - timedelta(days=61)
    with FakeShopify(shop, now=clock, all_orders=False) as fake:
        assert fake.root.visible_orders() == [order for order in shop.orders.values() if order.id != 1001]
    with FakeShopify(shop, now=clock) as fake:
        assert len(fake.root.visible_orders()) == len(shop.orders)


def test_pages_end_at_25_000_objects(ask: Caller, fake: FakeShopify, shop: Shop) -> None:
    small = "query P($after: String) { orders(first: 13, after: $after) { pageInfo { hasNextPage endCursor } } }"
    first = ask(small)["data"]["orders"]["pageInfo"]
    assert first["hasNextPage"]
    rest = ask(small, after=first["endCursor"])["data"]["orders"]["pageInfo"]
    assert rest["endCursor"] != first["endCursor"]
    far = "W1swLCAwXSwgMjQ5OTVd"  # [[0, 0], 24995]
    assert codes(ask(small, after=far)) == ["BAD_REQUEST"]


def test_a_token_lives_a_day(shop: Shop, clock: Clock) -> None:
    with FakeShopify(shop, now=clock, token=None, client_id="id", client_secret="secret") as fake:
        form = {"grant_type": "client_credentials", "client_id": "id", "client_secret": "secret"}
        granted = requests.post(f"{fake.url}/admin/oauth/access_token", data=form, timeout=10).json()
        assert granted["expires_in"] == 86_399
        caller = Caller(fake)
        assert "data" in caller("{ shop { id } }", granted["access_token"])
        clock.move(days=1)
        assert caller("{ shop { id } }", granted["access_token"])["errors"].startswith("[API] Invalid API key")
        caller.session.close()


def test_another_path_is_not_found(fake: FakeShopify) -> None:
    assert requests.post(f"{fake.url}/admin/api/2026-10/orders.json", json={}, timeout=10).status_code == 404
