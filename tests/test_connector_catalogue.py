from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

from connector.catalogue import Family, Library, catalogue, check_tags, library
from connector.catalogue.check import problems
from connector.catalogue.entries import slowest
from connector.catalogue.pages import PLACES, page
from connector.errors import QueryError, SettingsError
from connector.language import Language
from connector.query import parse

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = library()
STAGES = {
    "spread": "prospect loyal new occasional inactive",
    "cartelis": "prospect lost inactive at_risk loyal repeat one_time one_time_lapsed",
    "loyalty": "prospect new occasional regular inactive",
    "emarsys": "prospect reconquest conversion growth retention",
    "rfm": "prospects champions loyal active new promising needs_attention at_risk previously_loyal almost_lost "
    "dormant",
}
TITLES = {
    "spread": "Cycle de vie",
    "cartelis": "Phases d'achat",
    "loyalty": "Rythme d'achat",
    "emarsys": "Phases relationnelles",
    "rfm": "Groupes RFM",
}
WAITING = {17, 18, 19, 20, 21, 26, 27, 41}
BRANDS = ("spread", "cartelis", "emarsys", "hubspot", "salesforce", "zaius", "metorik", "klaviyo")
UNREADABLE = """
rfm.champions rfm.loyal rfm.active rfm.new rfm.promising rfm.needs_attention rfm.at_risk rfm.previously_loyal
rfm.almost_lost aud.coupon_30 aud.discount_10 aud.discount_15 aud.discount_20 aud.category_several
aud.category_big aud.big_order_30 aud.abandoned_cart_7 aud.quick_decision aud.one_shot aud.women aud.men
aud.repeated_carts aud.impulse aud.account aud.newsletter aud.email_buyers aud.local aud.distant aud.city
aud.app aud.affiliate aud.delivery_method aud.payment_method aud.prospect_newsletter aud.prospect_account
aud.prospect_cart aud.prospect_tag aud.unreachable aud.top_20 aud.big_basket aud.rfm_best aud.coupon_mostly
aud.category_bought aud.cross_sell aud.defecting aud.given_up aud.delivered aud.reorder aud.replenish
aud.first_order_anniversary aud.birthday aud.home aud.abroad aud.store_only aud.web_only aud.web_and_store
aud.pickup aud.near_store_web_only aud.coupon_in_store aud.costly
"""
"""Rules that use what the language does not know yet; whoever teaches it strikes them out here."""


def texts(entry: Family) -> list[tuple[str, str]]:
    """Every text of an entry, French and English."""
    asked = [ask.label for ask in entry.asks.values()]
    own = [entry.label, entry.description, *([entry.condition] if entry.condition else []), *asked]
    return [(text.fr, text.en) for text in own] + [
        (text.fr, text.en) for stage in entry.stages for text in (stage.label, stage.tag, stage.description)
    ]


def readable(rule: str) -> bool:
    try:
        parse(rule)
    except QueryError:
        return False
    return True


# ------------------------------------------------------------------------------------------------ what is there


def test_the_families_have_the_settled_keys_titles_and_stages_in_their_order() -> None:
    found = {key: " ".join(stage.key for stage in family.stages) for key, family in LIBRARY.families.items()}

    assert found == STAGES
    assert {key: family.label.fr for key, family in LIBRARY.families.items()} == TITLES


def test_spread_alone_is_switched_on_with_a_window_of_180_days() -> None:
    (spread,) = catalogue()

    assert (spread.key, spread.version, spread.parameters) == ("spread", 1, {"window": 180})
    assert spread.fields == {"woocommerce": "lc_lifecycle", "mailchimp": "LIFECYCLE"}
    assert spread.rules() == [
        "number_of_orders = 0",
        "orders_placed MATCHES (date > -180d, count >= 2)",
        "first_order_date > -180d",
        "orders_placed MATCHES (date > -180d, count = 1)",
        "TRUE",
    ]


def test_the_table_has_43_audiences_of_which_8_wait_for_web_events() -> None:
    table = LIBRARY.table()

    assert [audience.row for audience in table] == list(range(1, 44))
    assert {audience.row for audience in table if LIBRARY.waiting(audience)} == WAITING
    assert all(audience.key.startswith("aud.") for audience in table)


def test_eight_audiences_are_on_by_default_and_none_of_them_lacks_a_value() -> None:
    on = [entry.key for entry in LIBRARY.on()]

    assert on[0] == "spread"
    assert len(on) == 9
    assert on == [entry.key for entry in LIBRARY.entries() if entry.on]


def test_every_entry_is_told_in_both_languages() -> None:
    for entry in LIBRARY.entries():
        assert entry.condition is not None, entry.key
        assert all(fr.strip() and en.strip() for fr, en in texts(entry)), entry.key
        assert entry.description.fr != entry.description.en, entry.key
        assert entry.condition.fr != entry.condition.en, entry.key


def test_the_same_words_in_both_languages_are_few() -> None:
    same = {fr for entry in LIBRARY.entries() for fr, en in texts(entry) if fr == en}

    assert same == {"VIP", "Acquisition", "Dormant", "Champion", "Prospect", "Conversion"}


def test_no_text_names_a_brand_that_the_method_came_from() -> None:
    written = [text for entry in LIBRARY.entries() for pair in texts(entry) for text in pair]
    written += [text for play in LIBRARY.playbooks.values() for text in (play.text.fr, play.text.en)]

    assert not [text for text in written for brand in BRANDS if re.search(rf"\b{brand}\b", text.lower())]


def test_no_french_text_collides_with_what_shopify_calls_one_time_buyers() -> None:
    assert not [fr for entry in LIBRARY.entries() for fr, _ in texts(entry) if "occasionnel" in fr.lower()]


def test_tags_are_written_for_merchants_and_none_is_used_twice() -> None:
    for language in ("fr", "en"):
        tags = LIBRARY.tags(language)
        check_tags(tags)
        assert not [tag for tag in tags.values() if "," in tag or len(tag) > 60]
    assert LIBRARY.tags("fr")["spread.loyal"] == "Cycle : Fidèle"
    assert LIBRARY.tags("en")["spread.loyal"] == "Lifecycle: Loyal"


def test_every_entry_has_a_field_of_its_own_at_each_tool() -> None:
    for tool, form in (("woocommerce", r"lc_[a-z0-9_]+"), ("mailchimp", r"[A-Z][A-Z0-9_]{0,9}")):
        names = [entry.fields[tool] for entry in LIBRARY.entries()]
        assert len(set(names)) == len(names)
        assert [name for name in names if not re.fullmatch(form, name)] == []


def test_every_name_that_one_entry_uses_of_another_exists() -> None:
    assert list(problems(LIBRARY)) == []


def test_every_parameter_has_a_value_or_is_asked_for() -> None:
    for entry in LIBRARY.entries():
        assert set(entry.missing) == set(entry.asks), entry.key
        placeholders = {name for fr, en in texts(entry) for name in re.findall(r"\{(\w+)\}", fr + en)}
        assert placeholders <= set(entry.used), entry.key


def test_every_description_speaks_of_the_same_values_in_both_languages() -> None:
    for entry in LIBRARY.entries():
        for stage in entry.stages:
            french, english = (re.findall(r"\{(\w+)\}", text) for text in (stage.description.fr, stage.description.en))
            assert sorted(french) == sorted(english), entry.key


# ------------------------------------------------------------------------------------------------- what is missing


def test_no_rules_but_these_wait_for_the_language() -> None:
    waiting = {audience.key for audience in LIBRARY.table() if LIBRARY.waiting(audience)}
    unreadable = {key for key, (_, stage) in LIBRARY.segments().items() if not readable(stage.rule)}

    assert unreadable - waiting <= set(UNREADABLE.split())


def test_an_audience_that_needs_a_value_says_which_and_what_suggests_it() -> None:
    vip, women = LIBRARY.audiences["aud.vip"], LIBRARY.audiences["aud.women"]

    assert (vip.missing, vip.asks["x"].suggestion) == (("x",), "amount_spent_95")
    assert (women.missing, women.asks["gender"].suggestion) == (("gender",), "mapped_fields")
    assert vip.told(vip.stage, "fr") == "A dépensé plus de … depuis le début, remboursements déduits."
    with pytest.raises(SettingsError, match=r"aud\.vip needs a value for x"):
        catalogue(keys=["aud.vip"])


def test_an_audience_with_its_value_is_a_family_of_one_stage_under_its_own_key() -> None:
    (vip,) = catalogue({"aud.vip": {"x": 500}}, keys=["aud.vip"])

    assert vip.rules() == ["amount_spent > 500"]
    assert [vip.segment_key(stage) for stage in vip.stages] == ["aud.vip"]
    assert vip.told(vip.stages[0], "en") == "Has spent more than 500 in all, refunds taken off."


def test_what_a_platform_cannot_tell_is_said_with_the_reason() -> None:
    impulse, cart, local = (LIBRARY.audiences[f"aud.{name}"] for name in ("impulse", "abandoned_cart_7", "local"))

    assert [LIBRARY.level(impulse, platform) for platform in ("shopify", "woocommerce", "csv")] == [
        "none",
        "partial",
        "none",
    ]
    assert LIBRARY.level(local, "shopify") == "full"
    (limit,) = LIBRARY.limits(cart, "woocommerce")
    assert (limit.need, limit.reason.fr) == ("checkouts", "WooCommerce ne donne pas accès aux paniers abandonnés.")


def test_what_waits_says_why() -> None:
    reason = LIBRARY.waiting(LIBRARY.audiences["aud.wishlist"])

    assert reason is not None
    assert "favoris" in reason.fr


# ---------------------------------------------------------------------------------------- objectives, caps, playbooks


def test_there_are_six_objectives_and_only_one_is_to_stay() -> None:
    assert list(LIBRARY.objectives) == [
        "first_purchase",
        "second_purchase",
        "keep_active",
        "rekindle",
        "reactivate",
        "to_loyal",
    ]
    assert [key for key, objective in LIBRARY.objectives.items() if objective.stays] == ["keep_active"]


def test_every_stage_has_an_objective_a_cap_and_ideas() -> None:
    for family in LIBRARY.families.values():
        for stage in family.stages:
            key = family.segment_key(stage)
            assert LIBRARY.objective(key) is not None, key
            assert LIBRARY.cap(key) is not None, key
            assert LIBRARY.playbook(key), key


def test_every_audience_to_write_to_has_an_objective_and_none_to_leave_alone_has() -> None:
    for audience in LIBRARY.audiences.values():
        wanted = audience.use == "address" and audience.key != "aud.everyone"
        assert (LIBRARY.objective(audience.key) is not None) == wanted, audience.key


def test_every_objective_starts_where_it_is_the_objective() -> None:
    for key, objective in LIBRARY.objectives.items():
        for origin in {origin for move in objective.moves for origin in move.origin}:
            found = LIBRARY.objective(origin)
            assert found is not None
            assert found.key == key or {found.key, key} == {"keep_active", "to_loyal"}, origin


def test_of_several_segments_the_strictest_cap_holds() -> None:
    caps = LIBRARY.personal_caps()
    slow = slowest(caps, {"spread.loyal": 3, "cartelis.at_risk": 40, "aud.everyone": 1})

    assert slow is not None
    assert (slow[0], slow[1].at_most, slow[1].per_days) == ("cartelis.at_risk", 1, 14)
    assert slowest(caps, {"aud.bought_30": 2}) is None


def test_the_inactive_are_left_alone_after_a_month() -> None:
    cap = LIBRARY.cap("spread.inactive")

    assert cap is not None
    assert [cap.on_day(day).at_most for day in (0, 29, 30, 400)] == [1, 1, 0, 0]


def test_a_segments_own_ideas_come_before_those_of_its_objective() -> None:
    ideas = [play.key for play in LIBRARY.playbook("aud.abandoned_cart_7")]

    assert ideas == ["abandoned_cart", "welcome", "first_offer", "lookalike"]


# ------------------------------------------------------------------------------------------------------- changing


def test_a_merchant_changes_the_window() -> None:
    (spread,) = catalogue({"spread": {"window": 90}})

    assert spread.rules()[1] == "orders_placed MATCHES (date > -90d, count >= 2)"
    assert spread.told(spread.stages[4], "fr") == "A déjà commandé, mais plus depuis 90 jours."


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"spred": {"window": 90}}, "no family or audience spred. Did you mean spread"),
        ({"spread": {"windows": 90}}, "no parameter windows"),
    ],
)
def test_what_there_is_not_cannot_be_changed(changes: dict[str, dict[str, int]], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        catalogue(changes)


def test_a_segment_that_there_is_not_is_refused_with_the_nearest() -> None:
    with pytest.raises(SettingsError, match=r"no segment spread\.loyl\. Did you mean spread\.loyal"):
        LIBRARY.segment("spread.loyl")


def test_two_segments_with_one_tag_are_refused_whatever_the_case() -> None:
    with pytest.raises(SettingsError, match=r"spread\.new and aud\.x have the same tag"):
        check_tags({"spread.new": "Cycle : Épisodique", "aud.x": "cycle : e\u0301pisodique"})


# ------------------------------------------------------------------------------------------------------- the grid


def grid(r: int, f: int, m: int) -> str:
    """The group of three scores, as it is settled."""
    v = (f + m) / 2
    match r:
        case 5:
            return "champions" if v >= 4 else "active" if v >= 2 else "new"
        case 4:
            return "loyal" if v >= 4 else "active" if v >= 2 else "promising"
        case 3:
            return "loyal" if v >= 4 else "needs_attention" if v >= 2 else "almost_lost"
        case 2:
            return "at_risk" if v >= 3 else "almost_lost"
    return "previously_loyal" if v >= 3 else "dormant"


def verdict(rule: str, scores: dict[str, int]) -> bool:
    """Whether scores pass a rule that compares nothing else."""
    python = re.sub(r"(\w+) BETWEEN (\d) AND (\d)", r"(\2 <= \1 <= \3)", rule)
    python = re.sub(r"(?<![<>=])=(?!=)", "==", python.replace("AND", "and").replace("OR", "or").replace("TRUE", "True"))
    return bool(eval(python, {"__builtins__": {}}, {**scores, "number_of_orders": 1}))


def test_the_rfm_rules_are_the_settled_grid_for_all_125_scores() -> None:
    stages = LIBRARY.families["rfm"].stages
    for r, f, m in product(range(1, 6), repeat=3):
        scores = {"rfm_r": r, "rfm_f": f, "rfm_m": m}
        assert next(stage.key for stage in stages if verdict(stage.rule, scores)) == grid(r, f, m), scores


# ------------------------------------------------------------------------------------------------------- the pages


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_pages_in_docs_are_those_of_the_catalogue(language: Language) -> None:
    kept = (ROOT / PLACES[language]).read_text(encoding="utf-8")

    assert kept == page(LIBRARY, language), "write them anew: python -m connector.catalogue"


def test_a_page_names_every_family_and_audience_with_its_rule() -> None:
    for language in PLACES:
        text = page(LIBRARY, language)
        for entry in LIBRARY.entries():
            assert f"(`{entry.key}`" in text
            assert all(stage.rule in text for stage in entry.stages)


def test_a_library_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        LIBRARY.families = {}
    assert isinstance(LIBRARY, Library)
