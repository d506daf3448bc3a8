"""The first visit in a real browser: from nothing to a first pull, and by a CSV export that is dropped on the page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, expect

from connector.database import open_database
from connector.settings import ServeSettings, load
from connector.users import invite
from sync import clock
from sync.demo.boutique import boutique
from sync.demo.shop import Shop
from sync.demo.shopify import FakeShopify
from sync.demo.woocommerce import FakeWooCommerce
from sync.web import app, listening
from sync.workspace import Workspace
from tests import shop_exports
from tests.browser_world import PATIENCE, Window, chromium, window
from tests.dashboard_world import PASSWORD

expect.set_options(timeout=PATIENCE)
DROP = """([name, text]) => {
    const data = new DataTransfer();
    data.items.add(new File([text], name, { type: "text/csv" }));
    document.querySelector("[data-drop]").dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true }));
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A folder in which nothing is set up yet."""
    monkeypatch.chdir(tmp_path)
    made = Workspace(load(), open_database("sqlite:///connector.db"))
    yield made
    made.engine.dispose()


@pytest.fixture
def address(workspace: Workspace) -> Iterator[str]:
    with listening(app(workspace), ServeSettings(port=0)) as found:
        yield found


def sound(seen: Window) -> None:
    """Whether a step fits its window, and axe-core finds nothing serious."""
    assert seen.fits()
    assert seen.faults() == []


def enter(seen: Window, workspace: Workspace, address: str, begin: str) -> None:
    """Make the first account, which leads to the set-up."""
    with workspace.engine.begin() as connection:
        code = invite(connection, "", "admin", workspace.now())
    page = seen.open(address)
    for name, value in (("code", code), ("name", "Ada"), ("password", PASSWORD), ("again", PASSWORD)):
        page.fill(f"input[name={name}]", value)
    seen.press(begin)
    assert page.url == f"{address}/setup"


@dataclass(frozen=True)
class Platform:
    """A platform's link, the field whose key is wrong at first, the right keys, and what is said of the wrong one."""

    link: str
    wrong: str
    keys: Mapping[str, str]
    said: str


PLATFORMS = {
    "shopify": Platform("Shopify", "token", {"token": "shpat_demo"}, "Vérifiez la clé"),
    "woocommerce": Platform(
        "WooCommerce",
        "consumer_secret",
        {"consumer_key": "ck_demo", "consumer_secret": "cs_demo"},
        "Vérifiez le secret",
    ),
}


def fake_of(platform: str, shop: Shop) -> FakeShopify | FakeWooCommerce:
    """The platform with a shop in it, WooCommerce over TLS."""
    if platform == "shopify":
        return FakeShopify(shop, now=clock.now, maximum=1e9, polls=1, token="shpat_demo")
    return FakeWooCommerce(shop, now=clock.now)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_from_nothing_to_a_first_pull(
    browser: Browser, workspace: Workspace, address: str, monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    shop, asked = boutique(clock.now().date() - timedelta(days=1), people=40), PLATFORMS[platform]
    colours: Literal["light", "dark"] = "dark" if platform == "shopify" else "light"
    with (
        fake_of(platform, shop) as fake,
        window(browser, "fr-FR", "phone", color_scheme=colours) as seen,
    ):
        enter(seen, workspace, address, "Commencer")
        monkeypatch.setenv("CONNECTOR_STORES__BOUTIQUE__PLATFORM", platform)
        monkeypatch.setenv("CONNECTOR_STORES__BOUTIQUE__ENDPOINT", fake.url)
        if isinstance(fake, FakeWooCommerce):
            assert fake.ca is not None
            monkeypatch.setenv("CONNECTOR_STORES__BOUTIQUE__CA", fake.ca)
        page = seen.page
        page.get_by_role("link", name=asked.link).click()
        page.fill("input[name=address]", shop.domain)
        if platform == "shopify":
            page.get_by_text("J'ai le jeton").click()
        for name, key in asked.keys.items():
            page.fill(f"input[name={name}]", f"{key}_wrong" if name == asked.wrong else key)
        sound(seen)
        seen.press("Vérifier")
        expect(page.get_by_role("alert")).to_contain_text(asked.said)
        sound(seen)
        page.get_by_role("link", name="Changer l'adresse ou les clés").click()
        page.fill(f"input[name={asked.wrong}]", asked.keys[asked.wrong])
        seen.press("Vérifier")
        expect(page.locator("h1")).to_have_text("La boutique répond")
        sound(seen)
        seen.press("Enregistrer et lire la boutique")
        expect(page.locator("h1")).to_have_text("C'est prêt")
        sound(seen)
        seen.press("Voir où en sont vos clients")
        expect(page.locator(".standing")).to_contain_text("personnes")
        assert seen.clean()
    assert not any(key in page.url for key in asked.keys.values())
    assert [store.platform for store in workspace.settings.stores.values()] == [platform]


def test_an_export_is_dropped_its_columns_are_confirmed_and_it_is_read(
    browser: Browser, workspace: Workspace, address: str, tmp_path: Path
) -> None:
    shop_exports.write_orders(boutique(clock.now().date() - timedelta(days=1), people=40), tmp_path / "orders.csv")
    with window(browser, "en-GB", "desk", color_scheme="light") as seen:
        enter(seen, workspace, address, "Begin")
        page = seen.page
        sound(seen)
        page.evaluate(DROP, ["sales.xlsx", "PK\x03\x04 a workbook"])
        expect(page.get_by_role("alert")).to_contain_text("is an Excel workbook")
        page.evaluate(DROP, ["sales.csv", "who;when\nx;y\n"])
        expect(page.locator("h1")).to_have_text("Is this right?")
        sound(seen)
        seen.press("Read this file")
        expect(page.get_by_role("alert")).to_contain_text("No column says")
        seen.press("Take another file")
        page.set_input_files("input[type=file]", tmp_path / "orders.csv")
        expect(page.locator("[data-said]")).to_have_text(re.compile(r"orders\.csv · [0-9,]+ kB"))
        seen.press("Go on with this file")
        expect(page.get_by_text("orders exported from Shopify")).to_be_visible()
        sound(seen)
        seen.press("Read this file")
        expect(page.locator("h1")).to_have_text("It is ready")
        sound(seen)
        seen.press("See where your customers stand")
        expect(page.locator(".standing")).to_contain_text("people")
        assert seen.clean()


@pytest.mark.full
def test_without_a_script_the_steps_are_the_same(
    browser: Browser, workspace: Workspace, address: str, tmp_path: Path
) -> None:
    shop_exports.write_orders(boutique(clock.now().date() - timedelta(days=1), people=20), tmp_path / "orders.csv")
    with window(browser, "fr-FR", "desk", java_script_enabled=False) as seen:
        enter(seen, workspace, address, "Commencer")
        page = seen.open(f"{address}/setup?step=file")
        page.set_input_files("input[type=file]", tmp_path / "orders.csv")
        seen.press("Continuer avec ce fichier")
        seen.press("Lire ce fichier")
        expect(page.locator("h1")).to_have_text("C'est prêt")  # the page comes again by itself
