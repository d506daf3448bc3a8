"""Settings changed in their file: comments and order stay, what would be refused changes nothing, nobody is overrun."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from connector.errors import SettingsError
from connector.settings import WrongValueError, load
from sync.amending import OutdatedError, amend, differs, rehearse, reread
from sync.tomlfile import changed, difference
from sync.workspace import Workspace

WRITTEN = """\
# our settings; ask Anne before you change them

language = "fr"                          # of tags

# the shop in Lyon
[stores.boutique]
platform = "shopify"
shop = "ma-boutique.myshopify.com"       # without https
token = { env = "SHOP_TOKEN" }
shared_emails = [
  "caisse@example.com",  # the till
  "info@example.com",
]

# the outlet, since 2024
[stores.outlet]
platform = "woocommerce"
url = "https://outlet.example"
consumer_key = "ck_0123456789abcdef0123456789abcdef"
consumer_secret = "cs_0123456789abcdef0123456789abcdef"
fields = { gender = "gender" }

# back into the shop
[destinations.tags]
platform = "shopify"
store = "boutique"

[schedule]
pull = "15m"   # enough for us
"""


@dataclass
class World:
    """A settings file, and the workspace that was made of it."""

    file: Path
    workspace: Workspace

    @property
    def text(self) -> str:
        return self.file.read_text(encoding="utf-8")

    def amend(self, change: Mapping[str, Any]) -> None:
        amend(self.workspace, change, seen=self.workspace.settings.stamp)


@pytest.fixture
def world(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("SHOP_TOKEN", "shpat_demo")
    file = tmp_path / "connector.toml"
    file.write_text(WRITTEN, encoding="utf-8")
    file.chmod(0o640)
    return World(file, Workspace(load(file), engine))


def test_a_value_is_changed_where_it_stands_and_holds_at_once(world: World) -> None:
    world.amend({"schedule": {"pull": "30m", "day": "02:00"}, "language": "en"})
    expected = WRITTEN.replace('"15m"   #', '"30m"   #').replace('language = "fr"', 'language = "en"')
    assert world.text == expected + 'day = "02:00"\n'
    found = world.workspace.settings
    assert (found.language, found.schedule.pull, found.schedule.day) == ("en", "30m", "02:00")
    assert not differs(found)


def test_the_file_is_its_owners_alone_and_nothing_else_is_left_beside_it(world: World) -> None:
    world.amend({"schedule": {"pull": "30m"}})
    assert world.file.stat().st_mode & 0o777 == 0o600
    assert [found.name for found in world.file.parent.iterdir() if "toml" in found.name] == ["connector.toml"]


def test_a_file_that_is_not_there_is_made(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CONNECTOR_CONFIG", raising=False)
    workspace = Workspace(load(), engine)
    table = {"platform": "woocommerce", "url": "https://x.example", "consumer_key": "k", "consumer_secret": "s"}
    amend(workspace, {"language": "en", "stores": {"x": table}}, seen=workspace.settings.stamp)
    file = tmp_path / "connector.toml"
    assert file.stat().st_mode & 0o777 == 0o600
    assert load(file).stores.keys() == workspace.settings.stores.keys() == {"x"}
    assert file.read_text(encoding="utf-8").startswith('language = "en"\n\n[stores.x]\nplatform = "woocommerce"\n')


def test_items_of_lists_and_pairs_come_and_go_and_the_others_keep_their_comments(world: World) -> None:
    world.amend({"stores": {"boutique": {"shared_emails": ["caisse@example.com", "hello@example.com"]}}})
    assert '"caisse@example.com",  # the till' in world.text
    assert world.workspace.settings.stores["boutique"].shared_emails == ("caisse@example.com", "hello@example.com")
    world.amend({"stores": {"outlet": {"fields": {"gender": None, "birth": "birthday"}}}})
    assert world.workspace.settings.stores["outlet"].fields == {"birth": "birthday"}
    world.amend({"stores": {"outlet": {"fields": None}}})
    assert world.workspace.settings.stores["outlet"].fields == {}
    assert "fields" not in world.text


def test_a_secret_moves_from_the_environment_into_the_file_and_to_another_file(world: World, tmp_path: Path) -> None:
    world.amend({"stores": {"boutique": {"token": "shpat_other"}}})
    assert world.workspace.settings.stores["boutique"].options()["token"] == "shpat_other"
    (tmp_path / "token").write_text("shpat_third", encoding="utf-8")
    world.amend({"stores": {"boutique": {"token": {"file": str(tmp_path / "token")}}}})
    assert world.workspace.settings.stores["boutique"].options()["token"] == "shpat_third"
    assert "shpat_other" not in world.text


@pytest.mark.parametrize(
    ("key", "kept", "gone"),
    [
        ("outlet", ["# the shop in Lyon", "# back into the shop", "# our settings"], ["outlet", "since 2024"]),
    ],
)
def test_a_table_goes_with_the_comment_above_it_and_leaves_those_of_others(
    world: World, key: str, kept: list[str], gone: list[str]
) -> None:
    world.amend({"stores": {key: None}})
    assert all(text in world.text for text in kept)
    assert not any(text in world.text for text in gone)
    assert list(world.workspace.settings.stores) == ["boutique"]


def test_a_store_that_a_destination_writes_to_stays(world: World) -> None:
    with pytest.raises(SettingsError, match="would be gone") as caught:
        world.amend({"stores": {"boutique": None}})
    assert caught.value.remedy
    assert world.text == WRITTEN
    world.amend({"destinations": {"tags": None}})
    world.amend({"stores": {"boutique": None}})
    assert list(world.workspace.settings.stores) == ["outlet"]


@pytest.mark.parametrize(
    ("change", "keys"),
    [
        ({"schedule": {"pull": "soon"}}, ("schedule", "pull")),
        ({"schedule": {"pul": "15m"}}, ("schedule", "pul")),
        ({"serve": {"port": 70000}}, ("serve", "port")),
        ({"stores": {"boutique": {"webhook_secret": "short"}}}, ("stores", "boutique", "webhook_secret")),
        ({"stores": {"boutique": {"platform": None}}}, ("stores", "boutique", "platform")),
    ],
)
def test_a_wrong_value_changes_nothing_and_is_told_with_its_place(
    world: World, change: dict[str, Any], keys: tuple[str, ...]
) -> None:
    before = world.workspace.settings
    with pytest.raises(WrongValueError) as caught:
        world.amend(change)
    assert caught.value.keys == keys
    assert caught.value.remedy
    assert "short" not in str(caught.value)
    assert (world.text, world.workspace.settings) == (WRITTEN, before)


@pytest.mark.parametrize(
    "change",
    [
        {"segments": {"sprade": {"window": 90}}},
        {"stores": {"boutique": {"tokn": "x"}}},
        {"stores": {"boutique": {"platform": "magento"}}},
        {"destinations": {"tags": {"store": "elsewhere"}}},
        {"stores": {"boutique": {"token": {"env": "NOT_SET_ANYWHERE"}}}},
    ],
)
def test_what_no_connector_and_no_family_would_take_changes_nothing_either(
    world: World, change: dict[str, Any]
) -> None:
    with pytest.raises(SettingsError):
        world.amend(change)
    assert world.text == WRITTEN


def test_a_file_that_somebody_changed_meanwhile_is_not_overwritten(world: World) -> None:
    seen = world.workspace.settings.stamp
    amend(world.workspace, {"schedule": {"pull": "30m"}}, seen=seen)
    with pytest.raises(OutdatedError, match=r"connector\.toml has changed"):
        amend(world.workspace, {"schedule": {"pull": "1h"}}, seen=seen)
    assert world.workspace.settings.schedule.pull == "30m"
    by_hand = world.text.replace("30m", "45m")
    world.file.write_text(by_hand, encoding="utf-8")
    assert differs(world.workspace.settings)
    with pytest.raises(OutdatedError):
        world.amend({"schedule": {"pull": "1h"}})
    assert world.text == by_hand
    reread(world.workspace)
    assert world.workspace.settings.schedule.pull == "45m"
    assert not differs(world.workspace.settings)
    world.file.write_text("[schedule", encoding="utf-8")
    with pytest.raises(SettingsError, match="is not TOML"):
        reread(world.workspace)
    assert world.workspace.settings.schedule.pull == "45m"


def test_the_environment_stays_above_the_file(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONNECTOR_SCHEDULE__DAY", "01:30")
    world.amend({"schedule": {"day": "02:00"}})
    assert world.workspace.settings.schedule.day == "01:30"
    assert 'day = "02:00"' in world.text


def test_a_rehearsal_writes_nothing_and_leaves_the_workspace_as_it_is(world: World) -> None:
    table = {"platform": "woocommerce", "url": "https://x.example", "consumer_key": "k", "consumer_secret": "s"}
    supposed = rehearse(world.workspace, {"stores": {"new": table}})
    assert [key for key, _, _ in supposed.sources("new")] == ["new"]
    assert "new" not in world.workspace.settings.stores
    assert world.text == WRITTEN


def test_who_works_keeps_the_settings_that_were(world: World) -> None:
    working = world.workspace.as_it_is()
    world.amend({"schedule": {"pull": "30m"}})
    assert (working.settings.schedule.pull, world.workspace.settings.schedule.pull) == ("15m", "30m")


_texts = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=12).filter(
    lambda text: text.strip() and "," not in text
)
_names = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
_keys = st.one_of(_names, _texts)
_edits = st.one_of(
    st.builds(lambda pull: {"schedule": {"pull": pull}}, st.sampled_from(["1m", "15m", "2h", None])),
    st.builds(lambda day: {"schedule": {"day": day}}, st.sampled_from(["00:00", "23:59", None])),
    st.builds(lambda text: {"language": text}, st.sampled_from(["fr", "en", None])),
    st.builds(lambda days: {"privacy": {"retain": days}}, st.sampled_from(["3y", "18m", None])),
    st.builds(lambda port, host: {"serve": {"port": port, "host": host}}, st.integers(0, 65535), _texts),
    st.builds(lambda many: {"stores": {"outlet": {"shared_emails": many}}}, st.lists(_texts, unique=True)),
    st.builds(
        lambda some: {"stores": {"boutique": {"fields": some}}},
        st.dictionaries(_names, st.one_of(_texts, st.none()), max_size=4),
    ),
    st.builds(lambda on: {"stores": {"outlet": {"count_on_hold": on}}}, st.sampled_from([True, False, None])),
    st.builds(
        lambda key, secret: {
            "stores": {key: {"platform": "woocommerce", "url": "https://x.example", "consumer_key": "k"}
                       | {"consumer_secret": secret}}
        },
        _keys,
        _texts,
    ),
    st.builds(lambda key: {"stores": {key: None}}, _keys),
    st.builds(
        lambda key, push: {"destinations": {key: {"platform": "mailchimp", "api_key": "k-us1", "audience": "a"}
                                            | {"push": push}}},
        _keys,
        st.lists(st.sampled_from(["spread", "rfm", "aud.loyal_7_365"]), unique=True),
    ),
    st.builds(lambda key: {"destinations": {key: None}}, _keys),
    st.builds(
        lambda window, tag: {"segments": {"spread": {"window": window, "tags": {"loyal": tag}}}},
        st.one_of(st.integers(1, 3650), st.none()),
        _texts,
    ),
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(edits=st.lists(_edits, max_size=6))
def test_any_edits_leave_a_file_that_loads_and_says_what_was_said(world: World, edits: list[dict[str, Any]]) -> None:
    world.file.write_text(WRITTEN, encoding="utf-8")
    reread(world.workspace)
    told = tomllib.loads(WRITTEN)
    for edit in edits:
        before, refused = world.text, ""
        try:
            world.amend(edit)
        except SettingsError as error:
            refused = str(error)
        if refused:
            assert "is written in a way" not in refused
            assert world.text == before
        else:
            told = tomllib.loads(changed(before, edit, "x"))
    assert tomllib.loads(world.text) == told
    again = load(world.file)
    assert again.model_dump() == world.workspace.settings.model_dump()
    assert "# our settings; ask Anne before you change them" in world.text
    assert "# enough for us" in world.text or "pull" not in told.get("schedule", {})


@given(
    st.recursive(
        st.dictionaries(_names, st.one_of(st.integers(), st.booleans(), _texts), max_size=4),
        lambda inner: st.dictionaries(_names, inner, max_size=3),
        max_leaves=6,
    ),
    st.dictionaries(_names, st.one_of(st.integers(), _texts, st.dictionaries(_names, st.booleans())), max_size=4),
)
@settings(max_examples=60, deadline=None)
def test_the_difference_of_two_tables_makes_the_one_of_the_other(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert _with(before, difference(before, after)) == after
    assert difference(after, after) == {}


def _with(table: dict[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    made = dict(table)
    for name, value in change.items():
        if value is None:
            del made[name]
        elif isinstance(value, dict) and isinstance(made.get(name), dict):
            made[name] = _with(made[name], value)
        else:
            made[name] = value
    return made
