"""The dashboard in a real browser: each page in both languages, light and dark, on a phone and on a desk."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from connector.database import open_database
from connector.settings import ServeSettings, Settings, load
from connector.users import invite
from sync.web import app, listening
from sync.web.pages import PAGES
from sync.web.tour import PATH
from sync.workspace import Workspace
from tests.browser_world import COLOURS, PATIENCE, VALUES, WIDTHS, Stand, chromium, stand, window
from tests.dashboard_world import PASSWORD

LANGUAGES = {"fr-FR": "fr", "en-GB": "en"}
PLACES = [PATH, *(page.path.format(**VALUES) for page in PAGES), "/account"]

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def shop(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with stand(tmp_path_factory.mktemp("browser") / "demo") as made:
        yield made


@pytest.mark.parametrize("place", PLACES)
def test_a_page_is_sound_in_both_languages_light_and_dark_on_any_screen(
    browser: Browser, shop: Stand, place: str
) -> None:
    """Nothing in the console, nobody else asked, nothing to scroll sideways, nothing serious for axe-core."""
    for locale, language in LANGUAGES.items():
        with window(browser, locale, "phone") as seen:
            page = seen.open(shop.demo + place)
            assert page.url == shop.demo + place
            expect(page.locator("html")).to_have_attribute("lang", language)
            for width in WIDTHS:
                for colours in COLOURS:
                    seen.wear(width, colours)
                    assert seen.fits(), (locale, width, colours)
                    if (width == "desk") == (colours == "light") == (language == "fr"):
                        assert seen.faults() == [], (locale, width, colours)
            assert seen.clean()


def test_the_first_who_comes_chooses_a_password_and_comes_back_with_it(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> None:
    settings = Settings(database=f"sqlite:///{tmp_path_factory.mktemp('first') / 'connector.db'}")
    workspace = Workspace(settings, open_database(settings.database))
    with workspace.engine.begin() as connection:
        code = invite(connection, "", "admin", workspace.now())
    with listening(app(workspace), ServeSettings(port=0)) as address, window(browser, "en-GB", "phone") as seen:
        page = seen.open(address)
        assert page.url.startswith(f"{address}/login")
        assert seen.fits()
        assert seen.faults() == []
        page.fill("input[name=code]", code)
        page.fill("input[name=name]", "Ada")
        page.fill("input[name=password]", PASSWORD)
        page.fill("input[name=again]", PASSWORD)
        seen.press("Begin")
        assert page.url == f"{address}/setup"  # nothing was read yet
        assert seen.open(f"{address}/people").locator("nav").count()
    workspace.engine.dispose()


def test_a_wrong_password_is_said_and_the_right_one_lets_in_and_out(browser: Browser, shop: Stand) -> None:
    with window(browser) as seen:
        page = seen.open(f"{shop.locked}/people")
        assert "/login" in page.url
        for password in ("autre chose", PASSWORD):
            page.fill("input[name=name]", "Ada")
            page.fill("input[name=password]", password)
            assert seen.faults() == []
            with page.expect_navigation(wait_until="load"):
                page.keyboard.press("Enter")
            if password != PASSWORD:
                expect(page.get_by_role("alert")).to_contain_text("ne convient pas")
        assert page.url == f"{shop.locked}/people"
        seen.press("Se déconnecter")
        assert "/login" in seen.open(f"{shop.locked}/people").url
        assert seen.hosts == {"127.0.0.1"}


def test_language_and_colours_that_are_chosen_stay(browser: Browser, shop: Stand) -> None:
    with window(browser) as seen:
        seen.open(f"{shop.demo}/people")
        seen.press("EN")
        page = seen.press("Dark")
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        page = seen.open(f"{shop.demo}/segments")
        expect(page.locator("html")).to_have_attribute("lang", "en")
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        assert seen.clean()


def test_the_chart_is_drawn_and_its_table_says_the_same_without_a_script(browser: Browser, shop: Stand) -> None:
    with window(browser) as seen:
        page = seen.open(f"{shop.demo}/segments")
        expect(page.locator("[data-chart] svg.main-svg").first).to_be_visible()
        assert seen.clean()
    with window(browser, java_script_enabled=False) as seen:
        page = seen.open(f"{shop.demo}/segments")
        expect(page.locator("[data-chart]")).to_be_hidden()
        expect(page.locator("figure.chart table")).to_be_visible()
        seen.press("Inactif")
        assert page.url.startswith(f"{shop.demo}/segments/spread.inactive")


def test_the_menu_of_a_phone_and_the_keyboard_lead_everywhere(browser: Browser, shop: Stand) -> None:
    with window(browser, "en-GB", "phone") as seen:
        page = seen.open(f"{shop.demo}/segments")
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
        page.get_by_label("Menu").click()
        assert seen.fits()
        assert seen.faults() == []
        seen.press("People")
        assert page.url == f"{shop.demo}/people"
        assert seen.clean()


def test_the_tour_leads_from_the_plan_to_the_tag_in_the_shop_and_back(browser: Browser, shop: Stand) -> None:
    with window(browser) as seen:
        page = seen.open(shop.demo + PATH)
        before = page.locator(".labels .badge").all_inner_texts()
        seen.press("Approuver et appliquer")
        with page.expect_popup() as opened:
            page.get_by_role("link", name="Ouvrir cette fiche dans la boutique").click()
        customer = opened.value
        tags = customer.locator("#tags li")
        expect(tags).to_have_count(2)
        expect(tags.filter(has_text="Cycle")).to_have_count(1)

        seen.press("Envoyer de nouveau")
        expect(page.locator(".counted")).to_have_text(re.compile("^Requêtes d'écriture : 0$"))
        seen.press("Annuler l'envoi")
        customer.reload()
        expect(tags).to_have_text(before)
        assert seen.clean()


@pytest.mark.parametrize("locale", LANGUAGES)
def test_the_shops_own_admin_is_sound_too(browser: Browser, shop: Stand, locale: str) -> None:
    with window(browser, locale) as seen:
        for place in (shop.admin, f"{shop.admin}/1"):
            seen.open(f"{place}?language={LANGUAGES[locale]}")
            for width, colours in zip(WIDTHS, COLOURS, strict=True):
                seen.wear(width, colours)
                assert seen.fits()
                assert seen.faults() == []
        assert seen.clean()


def test_a_rule_is_tried_and_kept_in_the_workshop(browser: Browser, shop: Stand) -> None:
    with window(browser) as seen:
        page = seen.open(f"{shop.demo}/rules")
        page.locator("textarea[name=rule]").press_sequentially("commandes")
        page.get_by_role("button", name="number_of_orders nombre de commandes").click()
        expect(page.locator("textarea[name=rule]")).to_have_value("number_of_orders ")
        page.fill("textarea[name=rule]", "email_subscription_status = ")
        expect(page.locator("#offered code").first).to_have_text("'INVALID'")
        page.fill("textarea[name=rule]", "number_of_orders >= 2")
        page.fill("input[name=name]", "deux_achats")
        seen.press("Essayer")
        expect(page.locator("pre.rule").first).to_have_text("number_of_orders >= 2")
        assert seen.fits()
        assert seen.faults() == []
        seen.press("Garder comme segment")
        expect(page.get_by_role("status")).to_be_visible()
        assert seen.clean()


SETTING = {"fr-FR": ("Enregistrer", "Donner un code", "phone"), "en-GB": ("Save", "Give a code", "desk")}


@pytest.mark.parametrize("locale", SETTING)
def test_a_setting_is_changed_and_somebody_invited_from_any_screen(
    browser: Browser, locale: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    save, give, width = SETTING[locale]
    folder = tmp_path_factory.mktemp("settings")
    file = folder / "connector.toml"
    file.write_text(f'database = "{folder / "connector.db"}"\n\n[schedule]\npull = "15m"  # enough\n', encoding="utf-8")
    workspace = Workspace(load(file), open_database(str(folder / "connector.db")))
    code = invited(workspace)
    with listening(app(workspace), ServeSettings(port=0)) as address, window(browser, locale, width) as seen:
        page = seen.open(f"{address}/welcome")
        for name, typed in (("code", code), ("name", "Ada"), ("password", PASSWORD), ("again", PASSWORD)):
            page.fill(f"input[name={name}]", typed)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{address}/setup")  # nothing was read yet
        seen.open(f"{address}/settings/edit?part=schedule")
        for pull in ("soon", "30m"):
            page.fill("input[name='set.pull']", pull)
            seen.press(save)
            assert seen.fits()
            assert seen.faults() == []
            if pull == "soon":
                expect(page.get_by_role("alert")).to_be_visible()
                assert page.locator("[aria-invalid]").get_attribute("name") == "set.pull"
                seen.said.clear()  # 422 is what was to come
        assert page.url == f"{address}/settings"
        assert file.read_text(encoding="utf-8").endswith('pull = "30m"  # enough\n')
        seen.open(f"{address}/settings/users")
        page.fill("main input[name=name]", "Vic")
        seen.press(give)
        expect(page.locator(".code")).to_have_text(re.compile("^[2-9A-Z]{5}(-[2-9A-Z]{5}){3}$"))
        page.locator("summary", has_text="Ada").click()
        assert seen.fits()
        assert seen.faults() == []
        assert seen.clean()
    workspace.engine.dispose()


def invited(workspace: Workspace) -> str:
    with workspace.engine.begin() as connection:
        return invite(connection, "", "admin", workspace.now())
