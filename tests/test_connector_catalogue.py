from __future__ import annotations

import pytest

from connector.catalogue import catalogue, check_tags, load
from connector.errors import SettingsError
from connector.query import parse

GOOD = """
[[family]]
key = "f"
version = 1
label = { fr = "F", en = "F" }
description = { fr = "f", en = "f" }
parameters = { window = 30 }
[[family.stage]]
key = "s"
rule = "last_order_date>-$window"
label = { fr = "S", en = "S" }
tag = { fr = "F : S", en = "F: S" }
description = { fr = "s", en = "s" }
"""


def test_spread_alone_is_switched_on_with_a_window_of_180_days() -> None:
    (spread,) = catalogue()

    assert (spread.key, spread.version, spread.parameters) == ("spread", 1, {"window": 180})
    assert [stage.key for stage in spread.stages] == ["prospect", "loyal", "new", "occasional", "inactive"]
    assert spread.label.of("fr") == "Cycle de vie"
    assert spread.fields == {"woocommerce": "lc_lifecycle", "mailchimp": "LIFECYCLE"}


def test_spreads_tags_are_written_for_merchants() -> None:
    (spread,) = catalogue()
    tags = {stage.key: (stage.tag.of("fr"), stage.tag.of("en")) for stage in spread.stages}

    assert tags["loyal"] == ("Cycle : Fidèle", "Lifecycle: Loyal")
    assert all("occasionnel" not in french.lower() for french, _ in tags.values())
    check_tags({key: french for key, (french, _) in tags.items()})
    check_tags({key: english for key, (_, english) in tags.items()})


def test_a_merchant_changes_the_window() -> None:
    (spread,) = catalogue({"spread": {"window": 90}})

    assert spread.rules()[1] == "orders_placed MATCHES (date > -90d, count >= 2)"


def test_every_rule_that_is_shipped_can_be_read() -> None:
    for family in catalogue():
        assert [parse(rule) for rule in family.rules()] == family.expressions()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"spred": {"window": 90}}, "no family spred"),
        ({"spread": {"windows": 90}}, "no parameter windows"),
    ],
)
def test_what_there_is_not_cannot_be_changed(changes: dict[str, dict[str, int]], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        catalogue(changes)


def test_two_segments_with_one_tag_are_refused_whatever_the_case() -> None:
    with pytest.raises(SettingsError, match=r"spread\.new and aud\.x have the same tag"):
        check_tags({"spread.new": "Cycle : Épisodique", "aud.x": "cycle : e\u0301pisodique"})


def test_a_catalogue_is_data() -> None:
    (family,) = load(GOOD)

    assert family.stages[0].rule == "last_order_date > -$window"
    assert family.segment_key(family.stages[0]) == "f.s"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("last_order_date>-$window", "last_order_dat > -3d", "Did you mean last_order_date"),
        ("F: S", "F, S", "no comma"),
        ('key = "s"', 'key = "s"\ncolour = "red"', "colour"),
        ("version = 1", "version = ", "cannot be read"),
        ('description = { fr = "s", en = "s" }', 'description = { fr = "s" }', "description"),
    ],
)
def test_a_catalogue_that_is_wrong_says_where(old: str, new: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        load(GOOD.replace(old, new))


def test_two_stages_of_one_key_are_refused() -> None:
    stage = GOOD[GOOD.index("[[family.stage]]") :]

    with pytest.raises(SettingsError, match="two stages of one key"):
        load(GOOD + stage)
