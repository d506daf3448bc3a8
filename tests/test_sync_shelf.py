"""What is in force: the shipped families and audiences, as segments.toml and connector.toml change them."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.catalogue import Audience
from connector.errors import SettingsError
from connector.settings import load
from sync.shelf import Shelf, shelf

SHIPPED = [
    "spread",
    "aud.bought_30",
    "aud.several_365",
    "aud.bought_180_not_90",
    "aud.loyal_7_365",
    "aud.coupon_30",
    "aud.big_order_30",
    "aud.abandoned_cart_7",
    "aud.newsletter",
]


def made(folder: Path, segments: str | None = None, settings: str = "") -> Shelf:
    """The shelf of a folder that holds these two files."""
    (folder / "connector.toml").write_text(settings, encoding="utf-8")
    if segments is not None:
        (folder / "segments.toml").write_text(segments, encoding="utf-8")
    return shelf(load(folder / "connector.toml"))


def keys(found: Shelf) -> list[str]:
    return [family.key for family in found.families]


def test_spread_and_eight_audiences_are_in_force_without_a_file(tmp_path: Path) -> None:
    assert keys(made(tmp_path)) == SHIPPED


def test_a_file_beside_the_settings_switches_on_and_off(tmp_path: Path) -> None:
    found = made(
        tmp_path,
        "[families.rfm]\non = true\n[audiences.vip]\non = true\nparameters = { x = 500 }\n"
        "[audiences.newsletter]\non = false\n[audiences.big]\nlabel = 'Big'\non = true\n"
        "rule = 'orders_placed MATCHES (amount > 200, date > -365d)'",
    )

    assert set(keys(found)) == {*SHIPPED, "rfm", "aud.vip", "aud.big"} - {"aud.newsletter"}
    assert found.library.entry("aud.vip").parameters["x"] == 500


def test_a_file_elsewhere_is_named_by_the_settings(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("[families.loyalty]\non = true", encoding="utf-8")

    assert "loyalty" in keys(made(tmp_path, settings="segments_file = 'mine.toml'"))
    with pytest.raises(SettingsError, match=r"other\.toml cannot be read"):
        made(tmp_path, settings="segments_file = 'other.toml'")


def test_windows_and_tags_of_the_settings_win(tmp_path: Path) -> None:
    found = made(
        tmp_path,
        "[families.spread.parameters]\nwindow = 90",
        "[segments.spread]\nwindow = 120\ntags = { loyal = 'Cycle: Mine' }\n[segments.'aud.bought_30']\nwindow = 20",
    )

    assert found.families[0].parameters["window"] == 120
    assert found.library.tags("fr")["spread.loyal"] == "Cycle: Mine"
    assert found.library.tags("fr")["spread.new"] == "Cycle : Nouveau"
    assert found.families[1].parameters["window"] == 20


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ("[segments.spraed]\nwindow = 120", "There is no family or audience spraed. Did you mean spread?"),
        ("[segments.rfm]\nwindow = 120", "rfm has no parameter window. It has: none."),
        ("[segments.spread]\ntags = { lost = 'x' }", "spread has no stage lost."),
        ("[segments.spread]\ntags = { loyal = 'Cycle : Nouveau' }", "have the same tag, Cycle : Nouveau"),
    ],
)
def test_changes_of_what_there_is_not_are_refused(tmp_path: Path, settings: str, sentence: str) -> None:
    with pytest.raises(SettingsError) as error:
        made(tmp_path, settings=settings)

    assert sentence in str(error.value)


def test_an_audience_that_needs_a_value_waits_for_it(tmp_path: Path) -> None:
    found = made(tmp_path, "[audiences.vip]\non = true")

    assert keys(found) == SHIPPED
    assert found.library.obstacle(found.library.entry("aud.vip")) == "needs_value: x"
    with pytest.raises(SettingsError, match=r"aud\.vip needs a value for x\. .*\[audiences\.vip\] parameters"):
        found.library.ready("aud.vip")


def test_what_a_rule_asks_since_when_people_are_in_is_worked_out_too(tmp_path: Path) -> None:
    found = made(
        tmp_path,
        "[families.spread]\non = false\n[audiences.given_up]\non = true\n"
        "[audiences.back]\nlabel = 'Back'\non = true\n"
        "rule = \"segment_entered MATCHES (segment = 'aud.several_180', date > -30d)\"",
    )

    assert {"spread", "aud.given_up", "aud.back", "aud.several_180"} <= set(keys(found))


def test_an_audience_divided_by_value_is_one_for_each(tmp_path: Path) -> None:
    found = made(tmp_path, "[audiences.payment_method]\non = true\neach = ['paypal', 'card']")
    made_of = ["aud.payment_method_paypal", "aud.payment_method_card"]

    assert keys(found) == [*SHIPPED, *made_of]
    assert [entry.key for entry in found.library.named("aud.payment_method")] == made_of
    assert all(isinstance(entry, Audience) and not entry.missing for entry in found.families[-2:])


def test_the_settings_of_a_divided_audience_are_those_of_each_value(tmp_path: Path) -> None:
    found = made(
        tmp_path,
        "[audiences.category_several]\non = true\neach = ['Thé', 'Café']",
        "[segments.'aud.category_several_cafe']\nwindow = 30\n"
        "[segments.'aud.category_several']\nwindow = 90\ntags = { category_several = 'Habitué' }",
    )

    windows = {family.key: family.parameters.get("window") for family in found.families}
    assert (windows["aud.category_several_the"], windows["aud.category_several_cafe"]) == (90, 30)
    assert found.library.tags("fr")["aud.category_several_the"] == "Habitué : Thé"


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ("in_segment('spread.loyel')", "line 3: there is no segment spread.loyel. Did you mean spread.loyal?"),
        ("segment_entered MATCHES (segment = 'aud.vi')", "line 3: there is no segment aud.vi."),
        ("segment_entered MATCHES (segment = 'aud.x')", "line 3: aud.x asks since when people are in a segment"),
        ("in_segment('aud.x')", "line 3: the rule cannot be read: aud.x is defined by itself"),
    ],
)
def test_mentions_that_lead_nowhere_are_refused_with_their_line(tmp_path: Path, rule: str, sentence: str) -> None:
    with pytest.raises(SettingsError) as error:
        made(tmp_path, f'[audiences.x]\nlabel = "x"\nrule = "{rule}"', "language = 'en'")

    assert sentence in str(error.value)
