"""Settings in the dashboard: each value with where it came from, secrets never, keys checked when that is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from connector.counting import Switches
from connector.origins import origin
from connector.settings import GivenSettings, StoreSettings, load
from connector.source import ShopCheck
from connector.stores import register
from sync.demo.shopify import FakeShopify
from tests.contract import NOW, Clock, small_shop
from tests.dashboard_world import Dashboard

KEY = "shpat_0123456789abcdef0123456789abcdef"


@pytest.fixture
def dashboard(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dashboard]:
    """A dashboard whose settings come from a file and the environment."""
    clock, shop = Clock(NOW), small_shop()
    with FakeShopify(shop, now=clock, maximum=1e9, polls=1) as fake:
        file = tmp_path / "connector.toml"
        file.write_text(
            f"""
[stores.boutique]
platform = "shopify"
shop = "{shop.domain}"
token = {{ env = "SHOP_TOKEN" }}
endpoint = "{fake.url}"
webhook_secret = "un secret écrit en clair"
[stores.other]
platform = "shopify"
shop = "other.myshopify.com"
endpoint = "{fake.url}"
token = "{KEY}"
[schedule]
pull = "30m"
[segments.spread]
window = 90
""",
            encoding="utf-8",
        )
        monkeypatch.setenv("SHOP_TOKEN", "shpat_demo")
        monkeypatch.setenv("CONNECTOR_SCHEDULE__DAY", "01:30")
        monkeypatch.setenv("CONNECTOR_PRIVACY", '{"retain": "3y"}')
        yield Dashboard(engine, load(file), clock)


def test_each_value_is_told_with_where_it_came_from(dashboard: Dashboard) -> None:
    told = dashboard.token("robot", "admin").get("/api/v1/settings").json()
    general = {one["name"]: (one["value"], one["origin"]) for part in told["parts"] for one in part["settings"]}
    assert general["schedule.pull"] == ("30 min", "file")
    assert general["schedule.day"] == ("01:30", "environment")
    assert general["privacy.retain"] == ("3 ans", "environment")
    assert general["privacy.retain_prospects"] == ("comme les clients", "default")
    assert general["serve.port"] == ("8765", "default")
    assert {one["key"]: one["window"] for one in told["families"]}["spread"] == "file"
    assert origin(dashboard.settings, "stores", "boutique", "token") == "file"
    assert origin(dashboard.settings, "stores", "nobody", "token") == "default"


def test_before_the_first_pull_the_pages_say_that_nothing_was_done_yet(dashboard: Dashboard) -> None:
    page = dashboard.user("Anne", "admin").get("/syncs").text
    assert "Rien n'a encore été fait" in page.replace("&#39;", "'")
    assert "jamais" in page


def test_no_secret_is_ever_shown_only_where_it_is_read_from(dashboard: Dashboard) -> None:
    admin = dashboard.user("Anne", "admin")
    for page in (admin.get("/settings").text, dashboard.token("robot", "admin").get("/api/v1/settings").text):
        assert "SHOP_TOKEN" in page
        assert "shpat_" not in page
        assert "écrit en clair" not in page
    assert "connector.toml" in admin.get("/settings").text
    assert dashboard.user("Vic", "viewer").get("/settings").status_code == 403


def test_keys_are_checked_by_a_form_alone_and_each_problem_has_its_remedy(dashboard: Dashboard) -> None:
    admin = dashboard.user("Anne", "admin")
    assert "Dernière vérification" not in admin.get("/settings").text
    assert admin.send("/settings", "/settings/check", page="/settings").status_code == 303
    page = admin.get("/settings").text
    assert "Dernière vérification" in page
    assert "ne fonctionne pas" in page
    told = dashboard.token("robot", "admin").get("/api/v1/settings").json()["answers"]
    works = {one["key"]: one["works"] for one in told if one["kind"] == "store"}
    assert works["other"] is False
    assert all(remedy for one in told for _, remedy in one["problems"])
    assert KEY not in page


def test_what_nobody_said_is_told_by_what_holds_then(dashboard: Dashboard) -> None:
    told = dashboard.token("robot", "admin").get("/api/v1/settings").json()
    (boutique,) = (one for one in told["platforms"] if one["key"] == "boutique")
    switches = {one["name"]: (one["value"], one["origin"]) for one in boutique["settings"]}
    assert switches["count_zero_orders"] == ("non", "default")
    assert switches["include_tax"] == ("oui", "default")


def test_what_an_import_kept_with_its_store_is_told(dashboard: Dashboard) -> None:
    with dashboard.engine.begin() as connection:
        check = ShopCheck("1", "Boutique", "EUR", "Europe/Paris")
        register(connection, "boutique", "shopify", check, Switches(count_zero_orders=True))
    told = dashboard.token("robot", "admin").get("/api/v1/settings").json()
    (boutique,) = (one for one in told["platforms"] if one["key"] == "boutique")
    switches = {one["name"]: (one["value"], one["origin"]) for one in boutique["settings"]}
    assert switches["count_zero_orders"] == ("oui", "kept")
    assert "gardé avec la boutique" in dashboard.user("Anne", "admin").get("/settings").text


def test_the_command_line_wins_and_each_button_says_what_it_changes(dashboard: Dashboard) -> None:
    dashboard.workspace.commanded = {("serve", "port"): 9044}
    page = dashboard.user("Anne", "admin").get("/settings").text
    assert re.search(r"<code>serve.port</code>.*?9044.*?ligne de commande", page, re.DOTALL)
    assert 'Modifier<span class="hidden">\u00a0: Rythme</span>' in page
    assert 'Modifier<span class="hidden">\u00a0: boutique</span>' in page


def test_settings_of_no_file_are_the_demos_and_cannot_be_changed(engine: Engine) -> None:
    given = {"platform": "shopify", "shop": "demo.myshopify.com", "token": KEY, "count_zero_orders": True}
    boutique = StoreSettings.model_validate(given)
    page = Dashboard(engine, GivenSettings(stores={"boutique": boutique})).user("Anne", "admin").get("/settings").text
    assert "de la démonstration" in page
    assert "/settings/edit" not in page
    assert "connector.toml" not in page
