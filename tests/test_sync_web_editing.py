"""Settings edited on the page: into the file, its comments kept; keys tried; wrong values told at their fields."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2 as httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from structlog.testing import capture_logs

from connector.settings import Settings, load
from sync.amending import reread
from sync.demo.mailchimp import FakeMailchimp
from sync.demo.shopify import FakeShopify
from sync.tasks.pull import pull_all
from sync.web.settingform import raw
from sync.web.typed import typed
from tests.contract import NOW, Clock, small_shop
from tests.dashboard_world import QUIET, Browser, Dashboard, copied

TOKEN = "shpat_demo"
CANARY = "shpat_c0ffee00c0ffee00c0ffee00c0ffee00"
API_KEY = "0123456789abcdef0123456789abcdef-us21"


@dataclass
class World:
    """A dashboard over a settings file, a shop and a tool that answer, and an administrator at it."""

    file: Path
    dashboard: Dashboard
    shop: str
    shop_url: str
    tool_url: str
    audience: str
    admin: Browser = field(init=False)
    first: str = field(init=False)

    def __post_init__(self) -> None:
        self.admin, self.first = self.dashboard.user("Anne", "admin"), self.text

    @property
    def text(self) -> str:
        return self.file.read_text(encoding="utf-8")

    @property
    def settings(self) -> Settings:
        return self.dashboard.workspace.settings

    def page(self, part: str, key: str = "", **more: str) -> str:
        """The page of a form."""
        return "/settings/edit?" + str(httpx.QueryParams({"part": part, "key": key, **more}))

    def form(self, part: str, key: str = "", **more: str) -> dict[str, str]:
        """What a form holds when it is opened, hidden fields too."""
        page = self.admin.get(self.page(part, key, **more)).text
        found = {"part": part, "entry": key, **more, "stamp": re.findall(r'name="stamp" value="(\w+)"', page)[0]}
        return found | {
            f"was.{name}": html.unescape(was) for name, was in re.findall(r'name="was\.([^"]+)" value="([^"]*)"', page)
        }

    def send(self, part: str, key: str = "", form: dict[str, str] | None = None, /, **written: str) -> httpx.Response:
        """What the form answers with these fields typed in, the others left alone."""
        opened = self.form(part, key) if form is None else form
        fields = {name if "." in name else f"set.{name}": value for name, value in written.items()}
        return self.admin.send("/settings", "/settings/edit/save", page="/settings", **(opened | fields))


WRITTEN = """\
# ask Anne before you change these
language = "fr"

# the shop in Lyon
[stores.boutique]
platform = "shopify"
shop = "SHOP"
token = { env = "SHOP_TOKEN" }   # never in the file
endpoint = "URL"

[destinations.tags]
platform = "shopify"
store = "boutique"

[schedule]
pull = "15m"   # enough
"""


@pytest.fixture(scope="module")
def house(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder, clock, shop = tmp_path_factory.mktemp("editing"), Clock(NOW), small_shop()
    with (
        FakeShopify(shop, now=clock, maximum=1e9, polls=1) as fake,
        FakeMailchimp(api_key=API_KEY, now=clock, name="Lettre") as tool,
        copied(template, folder) as engine,
        pytest.MonkeyPatch.context() as environment,
    ):
        environment.setenv("SHOP_TOKEN", TOKEN)
        environment.setenv("CONNECTOR_SCHEDULE__DAY", "01:30")
        file = folder / "connector.toml"
        file.write_text(WRITTEN.replace("SHOP", shop.domain, 1).replace("URL", fake.url), encoding="utf-8")
        yield World(file, Dashboard(engine, load(file), clock), shop.domain, fake.url, tool.url, tool.audience)


@pytest.fixture
def world(house: World) -> World:
    """The same for each test, its file as it was first."""
    house.file.write_text(house.first, encoding="utf-8")
    reread(house.dashboard.workspace)
    return house


def test_a_value_is_written_into_the_file_and_is_in_force_at_once(world: World) -> None:
    before = world.text
    answer = world.send("schedule", pull="30m")
    assert (answer.status_code, answer.headers["location"]) == (303, "/settings")
    assert world.text == before.replace('"15m"   # enough', '"30m"   # enough')
    assert world.settings.schedule.pull == "30m"
    page = html.unescape(world.admin.get("/settings").text)
    assert "Enregistré" in page
    assert "30 min" in page.replace("\u00a0", " ")
    assert "schedule.pull" in page.split("Derniers changements")[1]
    assert "Anne" in page.split("Derniers changements")[1]


def test_what_is_emptied_is_as_by_default_again(world: World) -> None:
    world.send("privacy", retain="3y")
    assert (world.settings.privacy.retain, 'retain = "3y"' in world.text) == ("3y", True)
    world.send("privacy", retain="")
    assert (world.settings.privacy.retain, "retain" in world.text) == (None, False)


def test_each_kind_of_field_is_written_as_the_file_has_it(world: World) -> None:
    written = {
        "count_on_hold": "true",
        "shared_emails": "caisse@example.com\r\n\r\n info@example.com ",
        "fields": "gender = custom.gender\r\nbirth_date=facts.birth_date",
        "lifespan_days": "8123 = 30",
    }
    assert world.send("stores", "boutique", **written).status_code == 303
    store = world.settings.stores["boutique"]
    assert (store.count_on_hold, store.shared_emails) == (True, ("caisse@example.com", "info@example.com"))
    assert store.fields == {"gender": "custom.gender", "birth_date": "facts.birth_date"}
    assert store.lifespan_days == {"8123": 30}
    assert (
        world.send("destinations", "tags", push="aud.loyal_7_365", holdout="aud.loyal_7_365 = 12,5").status_code == 303
    )
    tags = world.settings.destinations["tags"]
    assert (tags.push, tags.holdout) == (("aud.loyal_7_365",), {"aud.loyal_7_365": 12.5})
    assert world.send("segments", "spread", window="90", **{"set.tags.loyal": "Fidèle"}).status_code == 303
    assert (world.settings.segments["spread"].window, world.settings.segments["spread"].tags) == (
        90,
        {"loyal": "Fidèle"},
    )
    assert "Fidèle" in world.admin.get("/settings").text
    assert "# never in the file" in world.text


WRONG = [
    ("schedule", "", "pull", "bientôt", "Cette valeur devrait être un intervalle, par exemple 15m, 1h ou 1d."),
    ("serve", "", "port", "70000", "Cette valeur devrait être au plus 65535."),
    ("serve", "", "port", "x", "Ce n'est pas un nombre. Écrivez-le en chiffres, par exemple 30."),
    ("serve", "", "dashboard_url", "http://x.example", "Cette valeur devrait être"),
    ("privacy", "", "retain", "3 ans", "Cette valeur devrait être une durée, par exemple 3y, 18m ou 400d."),
    ("stores", "boutique", "fields", "gender", "Une des lignes n'est pas une paire."),
    ("stores", "boutique", "webhook_secret", "court", "Cette valeur devrait avoir au moins 16 caractères."),
    ("segments", "spread", "window", "0", "Cette valeur devrait être au moins 1."),
    ("segments", "spread", "tags.loyal", "a, b", "sans virgule"),
    ("destinations", "tags", "holdout", "spread.loyal = 60", "Cette valeur devrait être au plus 50."),
]


def test_a_wrong_value_is_told_at_its_field_and_changes_nothing(world: World) -> None:
    for part, key, name, value, said in WRONG:
        answer = world.send(part, key, **{f"set.{name}": value})
        page = html.unescape(answer.text)
        assert answer.status_code == 422
        assert world.text == world.first
        assert said in page.split(f'id="wrong-{name}"')[1].split("</p>")[0]
        assert "Rien n'a été enregistré." in page
        back = html.unescape(re.findall(r'name="back" value="([^"]+)"', answer.text)[0])
        assert (back.split("&")[0], world.admin.get(back).status_code) == (f"/settings/edit?part={part}", 200)
        assert (value in page) == (name != "webhook_secret")


def test_what_no_family_and_no_shop_fits_is_told_above_the_form(world: World) -> None:
    before = world.text
    answer = world.send("destinations", "tags", exclude="aud.nobody")
    assert answer.status_code == 422
    assert "aud.nobody" in answer.text
    assert world.send("segments", "spread", **{"set.tags.loyal": "x", "set.tags.new": "X"}).status_code == 422
    assert world.text == before


def test_what_the_environment_says_is_shown_as_such_and_is_not_changed_here(world: World) -> None:
    page = html.unescape(world.admin.get(world.page("schedule")).text)
    assert "Vient de la variable CONNECTOR_SCHEDULE__DAY" in page
    assert 'name="set.day"' not in page
    assert world.send("schedule", day="05:00").status_code == 303  # as nothing that is there to be changed
    assert "05:00" not in world.text
    assert world.settings.schedule.day == "01:30"


def test_a_secret_is_replaced_kept_moved_and_never_shown(world: World) -> None:
    seen = [world.send("stores", "boutique", count_on_hold="true").text]
    assert '{ env = "SHOP_TOKEN" }   # never in the file' in world.text
    with capture_logs() as logs:
        refused = world.send("stores", "boutique", token=CANARY)
        assert refused.status_code == 422
        assert "Rien n'a été enregistré" in html.unescape(refused.text)
        assert CANARY not in world.text
        seen.append(refused.text)
        both = world.send("stores", "boutique", token=CANARY, **{"env.token": "SHOP_TOKEN"})
        assert both.status_code == 422
        assert world.send("stores", "boutique", token=TOKEN, webhook_secret=f"{CANARY} 1").status_code == 303
        assert f'token = "{TOKEN}"' in world.text
        assert world.send("stores", "boutique", **{"set.webhook_secret": f"{CANARY} 2", "both.webhook_secret": "true"})
        assert world.settings.stores["boutique"].webhook_secrets == (f"{CANARY} 2", f"{CANARY} 1")
        assert world.send("stores", "boutique", **{"drop.webhook_secret": "true"}).status_code == 303
        assert world.settings.stores["boutique"].webhook_secret is None
        assert world.send("stores", "boutique", **{"env.token": "NOT_SET_ANYWHERE"}).status_code == 422
        assert world.send("stores", "boutique", **{"env.token": "SHOP_TOKEN"}).status_code == 303
    assert TOKEN not in world.text
    seen += [both.text, *(world.admin.get(place).text for place in ("/settings", world.page("stores", "boutique")))]
    seen += [world.dashboard.token("robot", "admin").get("/api/v1/settings").text, str(logs)]
    assert not any(secret in text for text in seen for secret in (CANARY, TOKEN))


def test_a_destination_is_tried_before_it_is_added_and_removed_with_a_second_yes(world: World) -> None:
    form = world.form("destinations", platform="mailchimp") | {"entry": "lettre"}
    filled = {"set.audience": world.audience, "set.endpoint": world.tool_url, "set.push": "spread"}
    for key, said in (("0" * 32 + "-us21", "401"), ("sans-centre", "centre de données"), ("", "")):
        answer = world.send("", "", form, **filled, **{"set.api_key": key})
        assert answer.status_code == 422
        assert said in html.unescape(answer.text)
    assert "lettre" not in world.text
    for name in ("Lettre", "", "lettre du lundi", "../x"):
        answer = world.send("", "", form | {"entry": name}, **filled, **{"set.api_key": API_KEY})
        assert "Un nom s'écrit en minuscules" in html.unescape(answer.text)
    assert world.send("", "", form, **filled, **{"set.api_key": API_KEY}).status_code == 303
    assert world.settings.destinations["lettre"].platform == "mailchimp"
    page = html.unescape(world.admin.get("/settings").text)
    assert "lettre" in page.split("Dernière vérification")[1].split("</section>")[0]
    assert API_KEY not in page

    stamp = world.form("destinations", "lettre")["stamp"]
    gone = {"part": "destinations", "entry": "lettre", "stamp": stamp}
    assert world.admin.send("/settings", "/settings/edit/remove", page="/settings", **gone).status_code == 422
    assert (
        world.admin.send("/settings", "/settings/edit/remove", page="/settings", **gone, sure="true").status_code == 303
    )
    assert "lettre" not in world.text
    assert "lettre" not in world.settings.destinations


def test_a_shop_is_added_once_it_answers_and_not_removed_while_a_destination_writes_to_it(world: World) -> None:
    form = world.form("stores", platform="shopify") | {"entry": "lyon"}
    filled = {"set.shop": world.shop, "set.endpoint": world.shop_url}
    assert world.send("", "", form, **filled, **{"set.token": CANARY}).status_code == 422
    assert world.send("", "", form, **filled, **{"env.token": "SHOP_TOKEN"}).status_code == 303
    assert [key for key, _, _ in world.dashboard.workspace.sources("lyon")] == ["lyon"]
    stamp = world.form("stores", "boutique")["stamp"]
    gone = {"part": "stores", "entry": "boutique", "stamp": stamp, "sure": "true"}
    answer = world.admin.send("/settings", "/settings/edit/remove", page="/settings", **gone)
    assert answer.status_code == 422
    assert "nomme la boutique" in html.unescape(answer.text)
    assert (
        world.admin.send(
            "/settings", "/settings/edit/remove", page="/settings", **(gone | {"entry": "lyon"})
        ).status_code
        == 303
    )
    assert list(world.settings.stores) == ["boutique"]
    assert "# the shop in Lyon" in world.text


def test_of_two_edits_at_once_the_second_is_told_and_overwrites_nothing(world: World) -> None:
    first = second = world.form("schedule")
    assert world.send("schedule", "", first, pull="30m").status_code == 303
    late = world.send("schedule", "", second, pull="1h")
    page = html.unescape(late.text)
    assert late.status_code == 422
    assert "connector.toml a changé depuis que cette page a été affichée." in page
    assert "Le fichier contient maintenant : 30m" in page
    assert 'value="1h"' in page
    assert world.settings.schedule.pull == "30m"
    stamp = re.findall(r'name="stamp" value="(\w+)"', page)[0]
    assert world.send("schedule", "", second | {"stamp": stamp, "was.pull": "30m"}, pull="1h").status_code == 303
    assert world.settings.schedule.pull == "1h"


def test_what_was_changed_by_hand_is_told_and_taken_into_force_by_a_form(world: World) -> None:
    by_hand = world.text.replace('"15m"', '"45m"')
    world.file.write_text(by_hand, encoding="utf-8")
    assert "a été modifié ailleurs" in html.unescape(world.admin.get("/settings").text)
    assert world.settings.schedule.pull == "15m"
    assert world.admin.send("/settings", "/settings/edit/take", page="/settings").status_code == 303
    assert world.settings.schedule.pull == "45m"
    form = world.form("schedule")
    world.file.write_text("[schedule", encoding="utf-8")
    broken = world.send("schedule", "", form, pull="1h")
    assert broken.status_code == 422
    assert "n'est pas du TOML" in html.unescape(broken.text)
    assert world.text == "[schedule"


def test_a_retention_that_makes_people_nameless_needs_a_second_yes(world: World) -> None:
    pull_all(world.dashboard.workspace, QUIET)
    asked = world.send("privacy", retain="1d")
    assert asked.status_code == 422
    assert "rendues anonymes pour toujours" in html.unescape(asked.text)
    assert "retain" not in world.text
    assert world.send("privacy", retain="1d", **{"sure.": ""}).status_code == 422
    form = world.form("privacy") | {"sure": "true"}
    assert world.send("privacy", "", form, retain="1d").status_code == 303
    assert world.settings.privacy.retain == "1d"


def test_viewers_strangers_and_forged_forms_change_nothing_and_viewers_are_shown_no_way_there(world: World) -> None:
    before, form = world.text, world.form("schedule") | {"set.pull": "1h"}
    viewer = world.dashboard.user("Vic", "viewer")
    assert "/settings" not in viewer.get("/segments").text
    assert 'href="/settings"' in world.admin.get("/segments").text
    for place in ("/settings", "/settings/edit", "/settings/users", "/api/v1/settings", "/api/v1/users"):
        assert viewer.get(place).status_code == 403
    assert viewer.send("/account", "/settings/edit/save", page="/account", **form).status_code == 403
    forged = world.admin.client.post("/settings/edit/save", data=form, follow_redirects=False)
    assert forged.status_code == 403
    key = world.admin.key("/settings")
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    other = world.admin.client.post("/settings/edit/save", data={**form, "key": key}, headers=foreign)
    assert other.status_code == 403
    stranger = world.dashboard.browser().client.post("/settings/edit/save", data=form, follow_redirects=False)
    assert stranger.status_code == 303
    assert world.text == before


def test_what_there_is_not_cannot_be_edited(world: World) -> None:
    for place in (world.page("nothing"), world.page("stores", "x"), world.page("stores", "x", platform="mailchimp"),
                  world.page("segments", "nobody"), world.page("segments")):  # fmt: skip
        assert world.admin.get(place).status_code == 404, place
    for part in ("general", "segments", "nothing"):
        fields = {"part": part, "entry": "spread", "stamp": "x", "sure": "true"}
        assert world.admin.send("/settings", "/settings/edit/remove", page="/settings", **fields).status_code == 404


def test_settings_that_are_in_no_file_are_shown_and_not_changed(engine: Engine) -> None:
    dashboard = Dashboard(engine, Settings())
    admin = dashboard.user("Anne", "admin")
    page = html.unescape(admin.get("/settings/edit?part=schedule").text)
    assert "Ces réglages ne sont dans aucun fichier" in page
    fields = {"part": "schedule", "stamp": "", "set.pull": "1h", "was.pull": ""}
    answer = admin.send("/settings", "/settings/edit/save", page="/settings", **fields)
    assert answer.status_code == 422
    assert dashboard.workspace.settings.schedule.pull == "15m"


_TYPED = st.one_of(
    st.tuples(st.just("schedule"), st.just(""), st.just("pull"), st.sampled_from(["1m", "2h", "", "soon"])),
    st.tuples(st.just("general"), st.just(""), st.just("language"), st.sampled_from(["fr", "en", "de"])),
    st.tuples(st.just("serve"), st.just(""), st.just("port"), st.sampled_from(["0", "8080", "99999", ""])),
    st.tuples(st.just("stores"), st.just("boutique"), st.just("shared_emails"), st.text("a@.\n\"'#\\é ", max_size=20)),
    st.tuples(st.just("stores"), st.just("boutique"), st.just("fields"), st.text("ab= .\n\"'#[", max_size=16)),
    st.tuples(st.just("segments"), st.just("spread"), st.just("tags.loyal"), st.text("aé,\"'\\#= \t", max_size=12)),
    st.tuples(
        st.just("segments"), st.just("spread"), st.just("window"), st.sampled_from(["", "1", "90", "4000", "1,5"])
    ),
)


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(edits=st.lists(_TYPED, max_size=4))
def test_any_edits_leave_a_file_that_loads_and_says_what_the_page_says(
    world: World, edits: list[tuple[str, str, str, str]]
) -> None:
    for part, key, name, value in edits:
        before = world.text
        answer = world.send(part, key, **{f"set.{name}": value})
        assert answer.status_code in {303, 422}
        assert answer.status_code == 303 or world.text == before
        again = load(world.file)
        assert again.model_dump() == world.settings.model_dump()
        assert "# ask Anne before you change these" in world.text
        path = {"general": (), "stores": (part, key), "segments": (part, key)}.get(part, (part,))
        kept = raw(world.settings, (*path, *name.split(".")))
        assert world.form(part, key)[f"was.{name}"] == typed(kept)
