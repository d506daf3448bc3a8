"""The demo's dashboard: everybody at this machine is let in, and the tour leads from a plan to the shop and back."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from fastapi.testclient import TestClient

from sync.commands.demo import Platforms, folder_of, platforms_of, workspace_of
from sync.commands.demo_serve import front, guest, prepare
from sync.language.voice import Voice
from sync.web import app
from sync.web.tour import Guide, Shopfront
from tests.dashboard_world import BASE, Browser

_TAGS = re.compile(r'<ul class="tags" id="tags">(.*?)</ul>', re.DOTALL)


@dataclass
class World:
    """The demo while it serves, and a browser on it."""

    platforms: Platforms
    shop: Shopfront
    browser: Browser
    folder: Path

    def tags(self) -> list[str]:
        """The tags of the tour's customer, as the page of the shop's own admin shows them."""
        seen = self.shop.example()
        assert seen is not None
        found = _TAGS.search(requests.get(seen.address, timeout=20).text)
        assert found is not None
        return re.findall(r"<li>([^<]*)</li>", found[1])

    def press(self, name: str) -> str:
        """What the tour shows after one of its buttons."""
        answer = self.browser.send("/tour", f"/tour/{name}")
        assert answer.status_code == 303, answer.text
        return html.unescape(self.browser.get("/tour").text)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with folder_of(tmp_path_factory.mktemp("tour")) as folder, platforms_of(60) as platforms:
        workspace = workspace_of(folder, "en", platforms, approve="always")
        prepare(workspace, Voice("en", quiet=True))
        shop = front(platforms, workspace)
        made = app(workspace, guest=guest(workspace, "en"), more=Guide(shop).routes())
        yield World(platforms, shop, Browser(TestClient(made, BASE, headers={"Accept-Language": "en"})), folder)
        workspace.engine.dispose()


def test_everybody_is_let_in_and_led_to_the_tour(world: World) -> None:
    stranger = Browser(TestClient(world.browser.client.app, BASE, headers={"Accept-Language": "fr"}))
    start = stranger.get("/").text
    assert start.index('href="/tour"') < start.index('href="/segments"')
    assert "Un plan attend votre accord" in stranger.get("/tour").text


def test_the_tour_tells_who_is_about_to_go_whom_december_brought_and_why_somebody_is_where_they_are(
    world: World,
) -> None:
    page = html.unescape(world.browser.get("/tour").text)
    seen = world.shop.example()
    assert seen is not None
    assert "Unless they buy again, " in page
    assert re.search(r"December \d{4} brought \d+ (person|people); \d+ of them never came back", page)
    assert f"{seen.name}: each condition of their stage" in page
    assert "0 consents changed" in page
    links = {found.partition("#")[0] for found in re.findall(r'<a [^>]*href="(/[^"]*)"', page)}
    assert len(links) > 10
    assert {link: world.browser.get(link).status_code for link in links} == dict.fromkeys(links, 200)


def test_nobody_is_told_when_the_demo_syncs_next_for_it_does_not_by_itself(world: World) -> None:
    week, syncs = world.browser.get("/").text, world.browser.get("/syncs").text
    assert "The demo does not sync by itself" in week
    assert "; the next" not in week
    assert "the demo reads nothing by itself" in syncs
    assert "Sync now" in syncs


def test_an_audience_is_switched_on_in_the_demos_own_folder(world: World) -> None:
    form = {"entry": "aud.loyal_7_365", "on": "true"}
    answer = world.browser.send("/segments/library", "/segments/library/switch", **form)
    assert answer.status_code == 303, answer.text
    assert "[audiences.loyal_7_365]\non = true" in (world.folder / "segments.toml").read_text(encoding="utf-8")


def test_a_form_of_another_site_is_refused_in_the_demo_too(world: World) -> None:
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    key = world.browser.key("/tour")
    answer = world.browser.client.post("/tour/apply", data={"key": key}, headers=foreign, follow_redirects=False)
    assert answer.status_code == 403
    assert world.platforms.writes == 0


def test_the_demo_answers_under_this_machines_names_alone(world: World) -> None:
    assert world.browser.get("/tour", Host="evil.example").status_code == 421


def test_a_plan_is_applied_seen_in_the_shop_pushed_again_for_nothing_and_taken_back(world: World) -> None:
    before = world.tags()
    assert len(before) == 1, "what the shop itself has put there"
    assert world.platforms.writes == 0, "nothing is written before a yes"

    page = world.press("apply")
    assert "The plan had your yes" in page
    with_ours = world.tags()
    assert len(with_ours) == 2
    assert before[0] in with_ours
    assert all(f'<span class="badge">{tag}</span>' in page for tag in with_ours)

    assert "Write requests: <strong>0</strong>" in world.press("again")
    assert "Begin the tour again" in world.press("undo")
    assert world.tags() == before

    assert "Approve and apply" in world.press("restart")
    assert world.tags() == before


@pytest.mark.parametrize(("language", "title"), [("fr", "Clients"), ("en", "Customers"), ("de", "Clients")])
def test_the_shops_admin_speaks_french_and_english(world: World, language: str, title: str) -> None:
    page = requests.get(f"{world.shop.admin}?language={language}", timeout=20).text
    assert f"<h1>{title}</h1>" in page


def test_the_shops_admin_finds_customers_by_name_and_tag(world: World) -> None:
    seen = world.shop.example()
    assert seen is not None
    admin = world.shop.admin
    assert seen.name in requests.get(admin, {"q": seen.name.upper()}, timeout=20).text
    assert "Personne." in requests.get(admin, {"tag": "nobody has it"}, timeout=20).text
    assert requests.get(f"{admin}/999999", timeout=20).status_code == 404


def test_names_stay_text_in_the_shops_admin(world: World) -> None:
    customer = next(iter(world.platforms.shopify.shop.customers.values()))
    customer.first_name = "<img src=x onerror=alert(1)>"
    page = requests.get(world.shop.admin, timeout=20)
    assert "<img" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


def test_a_kept_demo_lies_where_it_was_asked_for(tmp_path: Path) -> None:
    with folder_of(tmp_path / "kept") as folder:
        assert folder == tmp_path / "kept"
        assert folder.is_dir()
