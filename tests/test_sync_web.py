"""What the service believes of what it is told: that something changed, and that only of who has the secret."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
import requests
from sqlalchemy import Engine
from structlog.testing import capture_logs

from connector.database import path
from connector.errors import SettingsError
from connector.settings import ServeSettings
from connector.source import Hint, PrivacyRequest
from sync.demo.webhooks import signature
from sync.inbox import Inbox, metadata
from sync.lock import writer
from sync.web import app, listening
from sync.web.guard import HEADERS
from sync.web.webhooks import LIMIT
from tests.conftest import Fresh
from tests.webhook_world import OLD, PUBLIC, SECRET, WOO_SECRET, World, open_world

BODY = json.dumps(
    {"id": 1005, "admin_graphql_api_id": "gid://shopify/Order/1005", "updated_at": "2026-11-20T12:00:00+00:00"}
).encode()
DOOR = "/webhooks/boutique"


@pytest.fixture
def world(engine: Engine) -> Iterator[World]:
    with open_world(engine) as made:
        yield made


def files(world: World) -> dict[str, bytes]:
    """The digests of the database, of the inbox and of their logs."""
    file = path(world.engine)
    assert file is not None
    return {found.name: hashlib.sha256(found.read_bytes()).digest() for found in file.parent.glob(f"{file.name}*")}


def test_a_signed_body_is_kept_as_a_hint_and_wakes_the_service(world: World) -> None:
    assert world.client.post(DOOR, content=BODY, headers=world.signed(BODY)).status_code == 200
    assert world.kept() == [("orders", "1005")]
    assert world.woken == 1


@pytest.mark.parametrize("secret", [SECRET, OLD])
def test_the_new_and_the_old_secret_are_accepted_while_it_is_changed(world: World, secret: str) -> None:
    assert world.client.post(DOOR, content=BODY, headers=world.signed(BODY, secret)).status_code == 200


def test_secrets_that_are_changed_while_it_runs_are_the_ones_that_count(world: World) -> None:
    stores = {key: store.model_copy() for key, store in world.workspace.settings.stores.items()}
    stores["boutique"].webhook_secret = "a secret of tomorrow"
    world.workspace.settings = world.workspace.settings.model_copy(update={"stores": stores})
    for secret, status in ((SECRET, 401), (OLD, 401), ("a secret of tomorrow", 200)):
        assert world.client.post(DOOR, content=BODY, headers=world.signed(BODY, secret)).status_code == status
    stores["boutique"].webhook_secret = {"env": "NOT_SET_ANYWHERE"}
    world.workspace.settings = world.workspace.settings.model_copy()
    with capture_logs() as logs:
        answer = world.client.post(DOOR, content=BODY, headers=world.signed(BODY, "a secret of tomorrow"))
    assert (answer.status_code, logs[0]["event"]) == (200, "webhooks as before")
    stores.clear()
    world.workspace.settings = world.workspace.settings.model_copy()
    assert world.client.post(DOOR, content=BODY, headers=world.signed(BODY, SECRET)).status_code == 404


def test_nothing_else_is_answered_and_every_answer_is_guarded(world: World) -> None:
    health = world.client.get("/api/v1/health")
    assert (health.status_code, health.json()) == (200, {"status": "ok"})
    answers = [world.client.get(place) for place in ("/", "/docs", "/openapi.json", "/webhooks", "/api/v1/people")]
    assert {answer.status_code for answer in answers} == {421}  # by this name the dashboard is not known
    turned = [world.client.request(method, DOOR) for method in ("GET", "PUT", "DELETE", "PATCH", "HEAD")]
    assert {answer.status_code for answer in turned} == {405}
    assert world.client.post("/webhooks/nobody", content=BODY, headers=world.signed(BODY)).status_code == 404
    for answer in (health, *turned):
        assert HEADERS.items() <= {name.title(): value for name, value in answer.headers.items()}.items()


@pytest.mark.parametrize("count", [2000, pytest.param(10_000, marks=pytest.mark.full)])
def test_forged_deliveries_are_refused_and_write_nothing(world: World, count: int) -> None:
    """One bit of body or signature, no signature, others' secrets, other encodings, another JSON of the same data."""
    random = Random(count)
    right = signature(BODY, SECRET)
    raw = base64.b64decode(right)

    def flipped(data: bytes) -> bytes:
        place, bit = random.randrange(len(data)), 1 << random.randrange(8)
        return data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :]

    def forged() -> tuple[bytes, list[tuple[bytes, bytes]]]:
        name = b"X-Shopify-Hmac-Sha256"
        false = random.choice(
            [
                "",
                " ",
                raw.hex(),
                base64.urlsafe_b64encode(raw).decode().rstrip("="),
                f"sha256={right}",
                right.rstrip("="),
                right.swapcase(),
                signature(BODY, "shpss_anothershop0000"),
                signature(b"", SECRET),
                signature(BODY, SECRET.upper()),
                "é" * 44,
            ]
        )
        one_bit = base64.b64encode(flipped(raw))
        same_data = json.dumps(json.loads(BODY), separators=(",", ":")).encode()
        return random.choice(
            [
                (flipped(BODY), [(name, right.encode())]),
                (BODY, [(name, one_bit)]),
                (BODY, [(name, false.encode())]),
                (BODY, []),
                (same_data, [(name, right.encode())]),
                (b"", [(name, right.encode())]),
                (BODY + b" ", [(name, right.encode())]),
                (BODY, [(name, right.encode()), (name, right.encode())]),
                (BODY, [(name, right.encode()), (b"X-Shopify-Shop-Domain", b"evil.myshopify.com")]),
                (BODY, [(b"X-WC-Webhook-Signature", right.encode())]),
                (b"webhook_id=1", []),
            ]
        )

    before = files(world)
    statuses = []
    for _ in range(count):
        body, headers = forged()
        statuses.append(world.client.post(DOOR, content=body, headers=headers).status_code)
    assert set(statuses) <= {400, 401}
    assert len(statuses) == count
    assert files(world) == before
    assert world.woken == 0
    assert world.kept() == []


@pytest.mark.parametrize("count", [200, pytest.param(1000, marks=pytest.mark.full)])
def test_a_replay_changes_nothing_whatever_its_headers_say(world: World, count: int) -> None:
    """The headers are not signed: another event, another topic, another time make no other delivery of one body."""
    first = world.signed(BODY, X_Shopify_Event_Id="one")
    assert world.client.post(DOOR, content=BODY, headers=first).status_code == 200
    world.pull()
    world.look()
    before = files(world)
    for number in range(count):
        again = world.signed(
            BODY,
            X_Shopify_Event_Id=f"event-{number}",
            X_Shopify_Webhook_Id=str(number),
            X_Shopify_Topic=("orders/delete", "customers/redact", "customers/update", "shop/redact")[number % 4],
        )
        assert world.client.post(DOOR, content=BODY, headers=again).status_code == 200
    assert files(world) == before
    assert world.woken == 1


def test_a_body_is_read_no_further_than_the_limit(world: World) -> None:
    large = b" " * (10 * 2**20)
    assert world.client.post(DOOR, content=large, headers=world.signed(large)).status_code == 413
    read = 0

    def drip() -> Iterator[bytes]:  # without a Content-Length
        nonlocal read
        for _ in range(160):
            read += 65_536
            yield bytes(65_536)

    assert world.client.post(DOOR, content=drip(), headers=world.signed(large)).status_code == 413
    assert world.kept() == []
    fits = BODY[:-1] + b" " * (LIMIT - len(BODY)) + b"}"
    assert world.client.post(DOOR, content=fits, headers=world.signed(fits)).status_code == 200


def test_the_question_of_woocommerce_is_answered_and_kept_nowhere(world: World) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    before = files(world)
    assert world.client.post("/webhooks/outlet", content=b"webhook_id=123", headers=form).status_code == 200
    for other in (b"webhook_id=123&x=1", b"webhook_id=", b"webhook_id=1\n", b'{"id": 1}', b""):
        assert world.client.post("/webhooks/outlet", content=other, headers=form).status_code == 400
    assert files(world) == before


def test_what_is_signed_but_tells_nothing_is_answered_and_kept_nowhere(world: World) -> None:
    gone = b'{"code":"woocommerce_rest_shop_order_invalid_id","message":"Invalid ID.","data":{"status":404}}'
    headers = {"X-WC-Webhook-Signature": signature(gone, WOO_SECRET), "X-WC-Webhook-Topic": "order.created"}
    assert world.client.post("/webhooks/outlet", content=gone, headers=headers).status_code == 200
    product = b'{"id": 7, "admin_graphql_api_id": "gid://shopify/Product/7"}'
    world.client.post(DOOR, content=product, headers=world.signed(product, X_Shopify_Topic="products/update"))
    assert world.kept() == []


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"id": {}}', b'{"id": "../1"}', b"[" * 100_000, b'{"id": 1e400}'])
def test_what_is_signed_but_is_no_delivery_is_refused(world: World, body: bytes) -> None:
    assert world.client.post(DOOR, content=body, headers=world.signed(body)).status_code in {200, 400}
    assert world.kept() == []


def test_the_thing_is_told_by_the_body_not_by_the_topic(world: World) -> None:
    headers = world.signed(BODY, X_Shopify_Topic="customers/delete")
    world.client.post(DOOR, content=BODY, headers=headers)
    assert world.kept() == [("orders", "1005")]


def test_the_answer_is_given_while_another_writes(world: World) -> None:
    """The one writer holds the database's own lock for as long as the test wants; the shop is answered meanwhile."""
    file = path(world.engine)
    assert file is not None
    with writer(world.engine, now=world.clock()), closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("DELETE FROM leases")
        answered: list[int] = []

        def deliver() -> None:
            answered.append(world.client.post(DOOR, content=BODY, headers=world.signed(BODY)).status_code)

        caller = threading.Thread(target=deliver)
        caller.start()
        caller.join(4)  # Shopify waits for five seconds
        assert answered == [200]
        connection.execute("ROLLBACK")
    assert world.kept() == [("orders", "1005")]


def test_the_inbox_is_its_owner_s_alone(world: World, tmp_path: Path) -> None:
    assert (tmp_path / "connector.db.inbox").stat().st_mode & 0o777 == 0o600


def test_an_inbox_that_cannot_be_written_asks_the_platform_to_come_again(world: World, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "connector.db.inbox", isolation_level=None)) as connection:
        connection.execute("DROP TABLE inbox_hints")
    assert world.client.post(DOOR, content=BODY, headers=world.signed(BODY)).status_code == 503


PRIVACY = {
    "export": {
        "orders_requested": [1005],
        "customer": {"id": 104, "phone": "+33600000000"},
        "data_request": {"id": 9},
    },
    "erase": {"customer": {"id": 104, "email": "x@example.com"}, "orders_to_redact": [1005]},
    "erase_shop": {},
}


@pytest.mark.parametrize("kind", PRIVACY)
@pytest.mark.parametrize("topic", ["customers/data_request", "customers/redact", "shop/redact", "orders/updated"])
def test_a_privacy_request_is_what_its_signed_body_says_and_is_kept_until_settled(
    world: World, kind: str, topic: str
) -> None:
    body = json.dumps({"shop_id": 1, "shop_domain": world.boutique.shop.domain, **PRIVACY[kind]}).encode()
    for _ in range(2):
        headers = world.signed(body, X_Shopify_Topic=topic)
        assert world.client.post(DOOR, content=body, headers=headers).status_code == 200
    inbox = Inbox(world.engine)  # as another process finds it
    (request,) = inbox.requests()
    assert (request.store, request.asked.kind, request.asked.customer_id) == (
        "boutique",
        kind,
        "" if kind == "erase_shop" else "104",
    )
    acted: list[tuple[str, str, str]] = []

    def act(store: str, what: str, customer: str) -> None:
        acted.append((store, what, customer))

    assert inbox.carry_out(act, world.clock()) == 1
    assert acted == [("boutique", kind, request.asked.customer_id)]
    assert inbox.requests() == []


def test_the_log_of_a_privacy_request_does_not_say_of_whom(world: World) -> None:
    with capture_logs() as lines:
        for kind in ("export", "erase"):
            body = json.dumps({"shop_id": 1, "shop_domain": world.boutique.shop.domain, **PRIVACY[kind]}).encode()
            assert world.client.post(DOOR, content=body, headers=world.signed(body)).status_code == 200
    assert [line["kind"] for line in lines] == ["export", "erase"]
    assert not [word for word in ("104", "33600000000", "x@example.com") if word in str(lines)]


def test_a_privacy_request_of_another_shop_is_refused(world: World) -> None:
    body = json.dumps({"shop_id": 1, "shop_domain": "evil.myshopify.com", **PRIVACY["erase"]}).encode()
    assert world.client.post(DOOR, content=body, headers=world.signed(body)).status_code == 400
    assert world.inbox.requests() == []


def test_an_inbox_keeps_one_hint_a_thing_and_what_is_told_while_it_is_looked_into(fresh: Fresh, now: datetime) -> None:
    """On PostgreSQL too, where the inbox is in the database itself."""
    inbox = Inbox(fresh())
    for number in range(3):
        assert inbox.put("boutique", Hint("orders", "7"), [f"a{number}"], now)
    assert not inbox.put("boutique", Hint("orders", "7"), ["a0", "new"], now)
    (waiting,) = inbox.hints("boutique", 10)
    assert inbox.put("boutique", Hint("orders", "7"), ["later"], now)
    inbox.done([waiting])
    (again,) = inbox.hints("boutique", 10)
    inbox.done([again])
    assert not inbox.waiting()
    inbox.put("boutique", PrivacyRequest("erase", "7"), ["p"], now)
    assert [found.asked for found in inbox.requests()] == [PrivacyRequest("erase", "7")]
    inbox.carry_out(lambda *_: None, now)
    inbox.forget(now + timedelta(days=8))
    assert inbox.put("boutique", Hint("orders", "7"), ["a0"], now)
    metadata.drop_all(inbox.engine)  # the server is other tests' too


# Over a real port ---------------------------------------------------------------------------------------------------


def test_a_real_server_answers_the_same_and_says_nothing_of_itself(world: World) -> None:
    with listening(app(world.workspace), ServeSettings(port=0)) as address:
        kept = requests.post(f"{address}{DOOR}", data=BODY, headers=world.signed(BODY), timeout=10)
        assert kept.status_code == 200
        assert "server" not in kept.headers
        assert requests.post(f"{address}{DOOR}", data=BODY, timeout=10).status_code == 400
        assert requests.get(f"{address}{DOOR}", timeout=10).status_code == 405
        assert requests.get(f"{address}/api/v1/health", timeout=10).json() == {"status": "ok"}
    assert world.kept() == [("orders", "1005")]
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{address}/api/v1/health", timeout=10)


def test_a_real_server_reads_no_more_of_a_large_body_than_the_limit(world: World) -> None:
    with listening(app(world.workspace), ServeSettings(port=0)) as address:
        host, port = address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as caller:
            head = (
                f"POST {DOOR} HTTP/1.1\r\nHost: x\r\nX-Shopify-Hmac-Sha256: x\r\nContent-Length: {10 * 2**20}\r\n\r\n"
            )
            caller.sendall(head.encode() + bytes(1000))  # and no more
            assert caller.recv(100).startswith(b"HTTP/1.1 413 ")


def test_a_port_that_is_taken_is_told(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = pytest.raises(SettingsError, match=rf"Nobody can listen on 127\.0\.0\.1:{port}")
        with refused, listening(app(world.workspace), ServeSettings(port=port)):
            pytest.fail("it is taken")


def test_the_address_that_shops_are_given_is_the_one_of_the_settings(world: World) -> None:
    assert world.workspace.settings.serve.public_url == PUBLIC
