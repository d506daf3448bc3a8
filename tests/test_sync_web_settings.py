"""Settings in the dashboard: each value with where it came from, secrets never, keys checked when that is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from connector.origins import origin
from connector.settings import load
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
    assert general["schedule.pull"] == ("30m", "file")
    assert general["schedule.day"] == ("01:30", "environment")
    assert general["privacy.retain"] == ("3y", "environment")
    assert general["privacy.retain_prospects"][1] == "default"
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
