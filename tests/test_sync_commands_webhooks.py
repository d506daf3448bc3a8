"""`connector webhooks` and `connector serve`: installed at the platforms, called for real, looked into at once."""

from __future__ import annotations

import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event

import pytest

from connector.database import connect
from connector.source import PrivacyRequest
from sync.demo.server import Answer, Request
from sync.demo.shopify import FakeShopify
from sync.demo.woocommerce import FakeWooCommerce
from sync.inbox import Inbox
from tests.command_line import CommandLine
from tests.contract import NOW, small_shop
from tests.test_main_job_serve import SOON, serving, stop
from tests.webhook_world import SECRET, WOO_SECRET, shops

PUBLIC = "https://boutique.example/connector"


class Platforms:
    """Both fakes, and the settings that name them."""

    def __init__(self, folder: Path) -> None:
        one, other = shops()
        self.told = Event()  # that an order is asked for by its number
        self.boutique = FakeShopify(one, now=lambda: NOW, maximum=1e9, polls=1, client_secret=SECRET, fault=self._watch)
        self.outlet = FakeWooCommerce(other, now=lambda: NOW)
        self.line = CommandLine(folder, "")

    def _watch(self, _number: int, request: Request) -> Answer | None:
        if b"query Order(" in request.body:
            self.told.set()
        return None

    def write(self, serve: str, woo: str = f'webhook_secret = "{WOO_SECRET}"') -> None:
        self.line.write(f"""
            language = "en"
            [stores.boutique]
            platform = "shopify"
            shop = "{self.boutique.shop.domain}"
            token = "shpat_demo"
            endpoint = "{self.boutique.url}"
            webhook_secret = "{SECRET}"
            [stores.outlet]
            platform = "woocommerce"
            url = "https://outlet.example"
            consumer_key = "ck_demo"
            consumer_secret = "cs_demo"
            endpoint = "{self.outlet.url}"
            ca = "{self.outlet.ca}"
            {woo}
            [schedule]
            pull = "1h"
            [serve]
            {serve}
        """)

    def hooks(self) -> list[tuple[str, str, str]]:
        """What both platforms have: topic, address, secret."""
        found = [*self.boutique.courier.hooks.values(), *self.outlet.courier.hooks.values()]
        return [(hook.topic, hook.address, hook.secret) for hook in found]


@contextmanager
def opened(folder: Path) -> Iterator[Platforms]:
    made = Platforms(folder)
    with made.boutique, made.outlet:
        for fake in (made.boutique, made.outlet):
            fake.courier.post = lambda *_: 200
        made.write(f'public_url = "{PUBLIC}"')
        yield made
        assert made.boutique.violations == []


@pytest.fixture
def platforms(tmp_path: Path) -> Iterator[Platforms]:
    with opened(tmp_path) as made:
        yield made


def test_install_asks_each_shop_once_for_each_topic(platforms: Platforms) -> None:
    said = platforms.line.ask("webhooks", "install")
    hooks = platforms.hooks()
    assert "boutique: 8 webhooks added" in said.out
    assert "outlet: 7 webhooks added" in said.out
    assert {address for _, address, _ in hooks} == {f"{PUBLIC}/webhooks/boutique", f"{PUBLIC}/webhooks/outlet"}
    assert {secret for _, _, secret in hooks} == {SECRET, WOO_SECRET}
    assert "boutique: 0 webhooks added" in platforms.line.ask("webhooks", "install").out
    assert platforms.hooks() == hooks
    orders = next(hook for hook in platforms.boutique.courier.hooks.values() if hook.topic == "ORDERS_CREATE")
    assert orders.fields == ["id", "admin_graphql_api_id", "updated_at"]  # nothing personal is asked for


def test_remove_takes_ours_away_and_leaves_the_others(platforms: Platforms) -> None:
    platforms.boutique.courier.add("ORDERS_CREATE", "https://other.example/", "x")
    platforms.outlet.courier.add("order.created", "https://other.example/", "x")
    platforms.line.ask("webhooks", "install")
    platforms.line.ask("webhooks", "remove")
    assert {address for _, address, _ in platforms.hooks()} == {"https://other.example/"}
    assert len(platforms.hooks()) == 2
    status = platforms.line.within("webhooks", "status")
    assert (status.code, status.out.count("It is not there")) == (1, 15)


def test_a_webhook_that_woocommerce_gave_up_is_told_and_set_going_again(platforms: Platforms) -> None:
    platforms.line.ask("webhooks", "install")
    platforms.line.ask("webhooks", "status")
    courier = platforms.outlet.courier
    courier.post = lambda *_: 500
    order = platforms.outlet.shop.orders[1005]
    for number in range(7):
        order.total += 1
        courier.deliver()
        assert [hook.topic for hook in courier.hooks.values() if hook.status != "active"] == (
            ["order.updated"] if number >= 5 else []
        )
    status = platforms.line.within("webhooks", "status", "--json", "--store", "outlet")
    assert status.code == 1
    (broken,) = [hook for hook in status.last["webhooks"] if hook["problem"]]
    assert broken["topic"] == "order.updated"
    assert "more than five failures" in broken["problem"]
    assert "webhooks install" in broken["remedy"]
    told = {answer["key"]: answer["problems"] for answer in platforms.line.ask("check", "--json").lines}
    assert [len(told[key]) for key in ("boutique", "outlet")] == [0, 1]
    assert "order.updated" in told["outlet"][0]["message"]
    assert "outlet: 1 webhook added" in platforms.line.ask("webhooks", "install").out
    platforms.line.ask("webhooks", "status")


def test_privacy_requests_that_wait_are_told(platforms: Platforms) -> None:
    platforms.line.ask("webhooks", "install")
    Inbox(connect(str(platforms.line.database))).put("boutique", PrivacyRequest("erase", "104"), ["k"], NOW)
    *_, request = platforms.line.ask("webhooks", "status", "--json").lines
    assert request == {"store": "boutique", "request": "erase", "customer": "104", "received": "2026-11-20"}
    assert "request 'erase' of 20 Nov 2026, customer 104" in platforms.line.ask("webhooks", "status").out


def test_without_a_database_there_are_no_requests_and_none_is_made(platforms: Platforms) -> None:
    for arguments in (("webhooks", "status"), ("export", "client105@example.com")):
        answer = platforms.line.within(*arguments)
        assert (answer.code, "There is no database" in answer.err) == (1, True)
    assert [file.name for file in platforms.line.folder.iterdir()] == ["connector.toml"]


def test_a_changed_secret_reaches_woocommerce_by_installing_again(platforms: Platforms) -> None:
    platforms.line.ask("webhooks", "install")
    platforms.write(f'public_url = "{PUBLIC}"', 'webhook_secret = ["a quite new secret", "' + WOO_SECRET + '"]')
    platforms.line.ask("webhooks", "install")
    assert {hook.secret for hook in platforms.outlet.courier.hooks.values()} == {"a quite new secret"}


@pytest.mark.parametrize(
    ("serve", "woo", "says"),
    [
        ("port = 1", f'webhook_secret = "{WOO_SECRET}"', "do not say under which address"),
        ('public_url = "http://boutique.example"', f'webhook_secret = "{WOO_SECRET}"', "plain http"),
        ('public_url = "https://boutique.example:8443"', f'webhook_secret = "{WOO_SECRET}"', "80, 443 and 8080"),
        (f'public_url = "{PUBLIC}"', "", "has no webhook_secret"),
        (f'public_url = "{PUBLIC}"', 'webhook_secret = "short"', "16 characters or more"),
        ('public_url = "boutique.example"', f'webhook_secret = "{WOO_SECRET}"', "should be an address"),
    ],
)
def test_what_could_not_work_is_told_before_it_is_tried(platforms: Platforms, serve: str, woo: str, says: str) -> None:
    platforms.write(serve, woo)
    refused = platforms.line.within("webhooks", "install", "--store", "outlet")
    assert refused.code == 1
    assert says in refused.err
    assert WOO_SECRET not in refused.out + refused.err
    assert platforms.hooks() == []


def test_the_service_is_called_over_http_and_looks_at_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    platforms = Platforms(tmp_path)
    with platforms.boutique, platforms.outlet:
        platforms.write(f'port = {port}\npublic_url = "http://127.0.0.1:{port}"')
        with serving(platforms.line) as process:
            assert process.stdout is not None
            assert any(f"Serving on http://127.0.0.1:{port}" in line for line in iter(process.stdout.readline, ""))
            installed = platforms.line.run("webhooks", "install")  # the one who serves answers WooCommerce's question
            assert "outlet: 7 webhooks added" in installed.out
            assert platforms.outlet.courier.sent == [("ping", 200)] * 7
            order = platforms.boutique.shop.orders[1005]
            order.total += 1
            platforms.boutique.courier.deliver()
            assert [status for _, status in platforms.boutique.courier.sent] == [200]
            assert platforms.told.wait(SOON)
            code, _, err = stop(process)
        assert (code, "Traceback" in err) == (0, False)
        assert SECRET not in err
        platforms.line.ask("pull")  # what the stop cut short
        with closing(sqlite3.connect(tmp_path / "connector.db")) as connection:
            rows = connection.execute(
                "SELECT gross FROM orders WHERE platform_id = '1005' ORDER BY store_id"
            ).fetchall()
        assert rows == [(3001,), (3000,)]
        assert small_shop().orders[1005].total == 3000
