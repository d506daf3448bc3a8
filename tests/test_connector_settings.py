"""Settings: what a merchant writes is read, what is wrong is said in one sentence, and a secret is shown nowhere."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from pathlib import Path

import pytest

from connector.counting import Switches
from connector.errors import SettingsError
from connector.secret import secret
from connector.settings import ScheduleSettings, Settings, StoreSettings, load

SAMPLE = """
database = "sqlite:///connector.db"
language = "fr"                          # of texts and labels; fr or en

[stores.boutique]
platform = "shopify"
shop = "ma-boutique.myshopify.com"
client_id = "…"
client_secret = { env = "SHOPIFY_CLIENT_SECRET" }        # or { file = "/run/secrets/shopify" }

[stores.outlet]
platform = "woocommerce"
url = "https://outlet.example"
consumer_key = { env = "WOO_KEY" }
consumer_secret = { env = "WOO_SECRET" }
count_on_hold = true
shared_emails = ["caisse@outlet.example"]

[destinations.tags]                      # back into the shop
platform = "shopify"
store = "boutique"
push = ["spread", "aud.vip"]             # families and audiences
write = ["tag", "field"]

[destinations.newsletter]
platform = "mailchimp"
api_key = { file = "mailchimp-key" }
audience = "a1b2c3d4e5"
push = ["spread", "rfm"]
contacts = "existing"                    # or "all": unknown people as non-subscribed contacts
approve = "auto"                         # or "always": plans wait for a yes
exclude = "aud.vip"

[schedule]
pull = "15m"
day = "00:05"                            # shop time

[segments.spread]
window = 180
tags = { loyal = "Cycle : Fidèle" }
"""

CANARY = "shpss_canary-7f3a"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An environment without settings, and a folder without a settings file."""
    monkeypatch.delenv("CONNECTOR_CONFIG", raising=False)
    monkeypatch.chdir(tmp_path)


def read(text: str) -> Settings:
    file = Path("connector.toml")
    file.write_text(text, encoding="utf-8")
    return load(file)


def test_everything_that_is_documented_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SHOPIFY_CLIENT_SECRET", "WOO_KEY", "WOO_SECRET"):
        monkeypatch.setenv(name, f"{name} itself")
    Path("mailchimp-key").write_text("key-us21\n", encoding="utf-8")
    found = read(SAMPLE)
    assert (found.database, found.language) == ("sqlite:///connector.db", "fr")
    assert found.stores["boutique"].options() == {
        "shop": "ma-boutique.myshopify.com",
        "client_id": "…",
        "client_secret": "SHOPIFY_CLIENT_SECRET itself",
    }
    outlet = found.stores["outlet"]
    assert outlet.options() == {
        "url": "https://outlet.example",
        "consumer_key": "WOO_KEY itself",
        "consumer_secret": "WOO_SECRET itself",
    }
    assert (outlet.switches(), outlet.shared_emails) == (Switches(count_on_hold=True), ("caisse@outlet.example",))
    tags, newsletter = found.destinations["tags"], found.destinations["newsletter"]
    assert (tags.store, tags.push, tags.write) == ("boutique", ("spread", "aud.vip"), ("tag", "field"))
    assert newsletter.options() == {"api_key": "key-us21", "audience": "a1b2c3d4e5"}
    assert (newsletter.contacts, newsletter.approve, newsletter.exclude) == ("existing", "auto", ("aud.vip",))
    assert (found.schedule.pull_seconds, found.schedule.day) == (900, "00:05")
    assert (found.segments["spread"].window, found.segments["spread"].tags) == (180, {"loyal": "Cycle : Fidèle"})


def test_without_a_file_the_defaults_hold() -> None:
    found = load()
    assert (found.database, found.language, found.stores) == ("sqlite:///connector.db", "fr", {})


def test_the_file_of_this_folder_or_of_the_environment_is_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    Path("connector.toml").write_text('language = "en"', encoding="utf-8")
    assert load().language == "en"
    Path("other.toml").write_text('database = "other.db"', encoding="utf-8")
    monkeypatch.setenv("CONNECTOR_CONFIG", str(tmp_path / "other.toml"))
    assert load().database == "other.db"


@pytest.mark.parametrize("by_argument", [True, False])
def test_a_file_that_is_named_must_be_there(monkeypatch: pytest.MonkeyPatch, by_argument: bool) -> None:
    monkeypatch.setenv("CONNECTOR_CONFIG", "absent.toml")
    with pytest.raises(SettingsError, match=r"no settings file absent\.toml"):
        load(Path("absent.toml") if by_argument else None)


def test_the_environment_goes_before_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONNECTOR_LANGUAGE", "en")
    monkeypatch.setenv("CONNECTOR_STORES__OUTLET__URL", "https://neu.example")
    monkeypatch.setenv("CONNECTOR_SEGMENTS__SPREAD__WINDOW", "90")
    found = read(SAMPLE)
    assert (found.language, found.segments["spread"].window) == ("en", 90)
    assert (found.stores["outlet"].platform, found.stores["outlet"].model_extra) == (
        "woocommerce",
        {**(found.stores["outlet"].model_extra or {}), "url": "https://neu.example"},
    )


WRONG: dict[str, tuple[str, str]] = {
    "a name at the top": (
        'databse = "x"',
        "connector.toml has no setting 'databse'; did you mean 'database'? There are",
    ),
    "a name of the schedule": ('[schedule]\npul = "1h"', "[schedule] has no setting 'pul'; did you mean 'pull'?"),
    "a name of a family": (
        "[segments.spread]\nwindw = 9",
        "[segments.spread] has no setting 'windw'; did you mean 'window'?",
    ),
    "a name that nothing is like": ("zzz = 1", "connector.toml has no setting 'zzz'. There are: database, language"),
    "a name of a store": (
        '[stores.b]\nplatform = "shopify"\ncount_zero_order = true',
        "stores.b has no setting 'count_zero_order'; did you mean 'count_zero_orders'?",
    ),
    "a name of a destination": (
        '[destinations.d]\nplatform = "mailchimp"\ncontact = "all"',
        "destinations.d has no setting 'contact'; did you mean 'contacts'?",
    ),
    "a language": ('language = "de"', "connector.toml: language should be 'fr' or 'en'."),
    "a store without a platform": ('[stores.b]\nshop = "x"', "connector.toml: stores.b.platform is missing."),
    "an interval": ('[schedule]\npull = "15 minutes"', "schedule.pull should be an interval such as 15m, 1h or 1d."),
    "no time of day": ('[schedule]\nday = "24:05"', "schedule.day should be a time of day such as 00:05."),
    "one family instead of a list": (
        '[destinations.d]\nplatform = "m"\npush = "spread"',
        'destinations.d.push should be a list, such as ["spread"].',
    ),
    "who is created": (
        '[destinations.d]\nplatform = "m"\ncontacts = "al"',
        "destinations.d.contacts should be 'existing' or 'all'.",
    ),
    "how it is approved": (
        '[destinations.d]\nplatform = "m"\napprove = "never"',
        "destinations.d.approve should be 'auto' or 'always'.",
    ),
    "what is written": (
        '[destinations.d]\nplatform = "m"\nwrite = ["tags"]',
        "destinations.d.write.0 should be 'tag' or 'field'.",
    ),
    "a window of nothing": (
        "[segments.spread]\nwindow = 0",
        "segments.spread.window should be greater than or equal to 1.",
    ),
    "a window in words": ('[segments.spread]\nwindow = "six"', "segments.spread.window should be a valid integer."),
    "a tag with a comma": (
        '[segments.spread.tags]\nloyal = "a, b"',
        "segments.spread.tags should be texts of 1 to 255",
    ),
    "a switch": (
        '[stores.b]\nplatform = "s"\ncount_on_hold = "perhaps"',
        "stores.b.count_on_hold should be a valid boolean.",
    ),
    "a table that is none": ("segments = 3", "connector.toml: segments should be a table."),
    "no TOML": ("a = b = c", "connector.toml is not TOML"),
}


@pytest.mark.parametrize(("text", "sentence"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_in_one_sentence_with_file_key_and_the_nearest_name(text: str, sentence: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read(text)
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_utf_8_is_refused() -> None:
    Path("connector.toml").write_bytes('language = "é"'.encode("cp1252"))
    with pytest.raises(SettingsError, match=r"connector\.toml is not a text in UTF-8"):
        load()


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"CONNECTOR_SCHEDULE__PULL": "often"}, "CONNECTOR_SCHEDULE__PULL should be an interval such as 15m"),
        ({"CONNECTOR_LANGUAGE": "de"}, "CONNECTOR_LANGUAGE should be 'fr' or 'en'"),
        ({"CONNECTOR_STORES": CANARY}, "The value of CONNECTOR_STORES cannot be read. Write it as JSON."),
    ],
)
def test_what_is_wrong_in_the_environment_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str], sentence: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        load()
    assert sentence in str(refused.value)
    assert CANARY not in "".join(traceback.format_exception(refused.value))


SECRETS = f"""
database = "postgresql+psycopg://connector:{CANARY}@db/shop"
[stores.boutique]
platform = "shopify"
client_secret = "{CANARY}"
[destinations.newsletter]
platform = "mailchimp"
api_key = "{CANARY}"
"""


def test_no_secret_is_in_a_repr() -> None:
    found = read(SECRETS)
    assert found.stores["boutique"].options() == {"client_secret": CANARY}
    for shown in (repr(found), str(found), repr(found.stores), str(found.destinations["newsletter"])):
        assert CANARY not in shown
        assert "platform='" in shown


@pytest.mark.parametrize(
    "mistake", ["stores.boutique.count_on_hold = 'x'", "language = 7", "stores.boutique.platfrom = 'x'", "a = = b"]
)
def test_no_secret_is_in_an_error_nor_in_what_led_to_it(mistake: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read(
            f"{mistake}\n{SECRETS.replace('[stores.boutique]', '[stores.boutique2]')}\nclient_secret.count = '{CANARY}'"
        )
    assert CANARY not in "".join(traceback.format_exception(refused.value))


def test_a_secret_may_be_a_text_a_variable_or_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("key").write_text("of the file\n", encoding="utf-8")
    monkeypatch.setenv("KEY", "of the environment")
    monkeypatch.setenv("OTHER_FILE", "key")
    found = [
        secret(value) for value in ("itself", {"env": "KEY"}, {"file": "key"}, {"env": "OTHER"}, 7, {"a": {"b": 1}})
    ]
    assert found == ["itself", "of the environment", "of the file", "of the file", 7, {"a": {"b": 1}}]


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({"env": "ABSENT"}, "The environment has no ABSENT. Set ABSENT, or ABSENT_FILE"),
        ({"env": "EMPTY"}, "The environment has no EMPTY."),
        ({"file": "absent"}, "The secret file absent cannot be read."),
        ({"file": "empty"}, "The secret file empty is empty."),
        ({"file": "."}, "The secret file . cannot be read."),
        ({"env": "A", "file": "b"}, "A secret is read from one place, not from env, file."),
    ],
)
def test_a_secret_that_is_not_there_is_said_to_be_missing(
    monkeypatch: pytest.MonkeyPatch, value: dict[str, str], sentence: str
) -> None:
    monkeypatch.setenv("EMPTY", "  ")
    Path("empty").write_text("\n", encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        secret(value)
    assert str(refused.value).startswith(sentence)


@pytest.mark.parametrize(("text", "seconds"), [("45s", 45), ("15m", 900), ("1h", 3600), ("2d", 172_800)])
def test_an_interval_is_seconds(text: str, seconds: int) -> None:
    assert ScheduleSettings(pull=text).pull_seconds == seconds


def test_a_switch_that_is_not_set_is_as_it_was_kept_with_the_store() -> None:
    kept = Switches(count_zero_orders=True, include_tax=False)
    chosen = StoreSettings(platform="shopify", count_zero_orders=False).switches(kept)
    assert chosen == Switches(count_zero_orders=False, include_tax=False)
