"""The workshop: rules tried, explained where they are wrong, compared, and kept in the merchant's segments.toml."""

from __future__ import annotations

import csv
import tomllib
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from urllib.parse import urlencode

import pytest

from connector.catalogue import library
from connector.query.words import in_words, value_in_words, values, words
from sync.web.wordlist import wordlist
from tests.pages_world import Pages, shop

NOW = date(2026, 6, 30)
MINE = '# ours\n[audiences.friends]  # since May\non = true\nlabel = "Friends"\nrule = "number_of_orders > 3"\n'


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """30 people, the nth of whom bought n times 10 days ago and before."""
    lines = [
        f"{who * 100 + n},c{who},{NOW - timedelta(10 + 40 * n)},20.00,c{who}@x.example"
        for who in range(1, 31)
        for n in range(who % 5 + 1)
    ]
    return shop(tmp_path_factory.mktemp("shop"), "\n".join(lines) + "\n")


@pytest.fixture
def file(pages: Pages) -> Path:
    """The merchant's segments.toml as it is before."""
    return pages.shelve(MINE)


def at(**asked: str) -> str:
    return f"/rules?{urlencode(asked)}"


def test_a_rule_tells_for_how_many_it_holds_and_ten_of_them(pages: Pages, file: Path) -> None:
    del file
    tried = pages.api(at(rule="number_of_orders>=3"))["tried"]

    assert (tried["people"], tried["canonical"]) == (18, "number_of_orders >= 3")
    emails = {one["email"] for one in tried["examples"]["rows"]}
    assert len(emails) == 10
    assert emails <= {f"c{who}@x.example" for who in range(1, 31) if who % 5 >= 2}
    assert tried["native"] == "number_of_orders >= 3"
    assert pages.noted()[-1][1:] == ("rules", "", 10)
    masked = pages.api(at(rule="number_of_orders>=3"), "viewer")["tried"]["examples"]["rows"]
    assert {one["email"] for one in masked} == {"c•••@x•••.example"}


def test_everybody_of_a_rule_is_listed_page_by_page_and_in_a_file(pages: Pages, file: Path) -> None:
    del file
    both = [pages.api(at(rule="number_of_orders>=3", page=page))["tried"]["examples"] for page in "12"]
    asked = urlencode({"rule": "number_of_orders>=3", "form": "fr"})
    answer = pages.browser().get(f"/rules.csv?{asked}")
    rows = list(csv.DictReader(StringIO(answer.text.removeprefix("\ufeff")), delimiter=";"))

    listed = [one["email"] for part in both for one in part["rows"]]
    assert [(part["total"], part["more"]) for part in both] == [(18, True), (18, False)]
    assert [row["e-mail"] for row in rows] == listed
    assert len(listed) == len(set(listed)) == 18
    assert (rows[0]["commandes"], rows[0]["dépensé"]) == ("3", "60,00")
    assert pages.noted()[-1][1:] == ("export", "rules csv", 18)
    assert f"/rules.csv?{urlencode({'rule': 'TRUE', 'as_of': ''})}" in pages.page(at(rule="TRUE")).replace("&amp;", "&")
    assert pages.browser().get("/rules.csv?rule=nonsense").status_code == 400
    viewed = pages.browser("viewer").get(f"/rules.csv?{asked}").text
    assert "c•••@x•••.example" in viewed
    assert "c2@x.example" not in viewed


def test_a_rule_that_cannot_be_read_says_where_and_what_was_meant(pages: Pages, file: Path) -> None:
    del file
    asked = at(rule="number_of_orders > 1\nAND amount_spnt > 3")
    wrong, page = pages.api(asked)["wrong"], pages.page(asked, language="fr")

    assert (wrong["line"], wrong["column"], wrong["hint"]) == (2, 5, "Did you mean amount_spent?")
    assert wrong["pointed"] == "AND amount_spnt > 3\n    ^"
    assert "Ligne 2, colonne 5 – L&#39;attribut amount_spnt n&#39;existe pas." in page
    assert "AND amount_spnt &gt; 3</textarea>" in page


def test_what_there_is_already_is_compared_with_today(pages: Pages, file: Path) -> None:
    del file
    (found,) = pages.api(at(rule="number_of_orders > 4", name="friends"))["compared"]

    assert found["label"] == "Friends"
    assert found["sizes"] == [{"label": "Friends", "before": 12, "after": 6}]
    assert found["moves"] == [{"origin": "Friends", "target": None, "people": 6}]


def test_a_window_is_simulated(pages: Pages, file: Path) -> None:
    del file
    asked = pages.api(at(family="spread", window="30"))

    assert {size["label"]: (size["before"], size["after"]) for size in asked["compared"][0]["sizes"]}["Loyal"] == (
        24,
        0,
    )
    spread = next(one for one in asked["windows"] if one["key"] == "spread")
    assert spread == {"key": "spread", "label": "Life cycle", "days": 180, "audience": False}
    assert '<optgroup label="Audiences">' in pages.page("/rules")
    assert pages.browser().get("/api/v1" + at(family="nothing", window="30")).status_code == 400


def test_a_rule_is_kept_as_a_segment_and_the_rest_of_the_file_stays(pages: Pages, file: Path) -> None:
    fields = {"rule": "number_of_orders > 4\r\nAND amount_spent > 50", "name": "best", "label": 'The "best"'}
    answer = pages.browser().send("/rules/keep", page="/rules", **fields)

    assert (answer.status_code, answer.headers["location"]) == (303, "/segments/aud.best")
    text = file.read_text(encoding="utf-8")
    assert text.startswith(MINE)
    assert tomllib.loads(text)["audiences"]["best"] == {
        "label": 'The "best"', "rule": "number_of_orders > 4\nAND amount_spent > 50", "on": True,
    }  # fmt: skip
    assert "The &#34;best&#34; is kept" in pages.page("/segments/aud.best")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": "friends"}, "aud.friends is there already."),
        ({"name": "Best Friends"}, "Best Friends is not the name of a segment of your own."),
        ({"name": "x", "rule": "amount_spnt > 3"}, "segments.toml, line 9: the rule cannot be read"),
        ({"name": "x", "rule": "in_segment('aud.x')"}, "line 9: the rule cannot be read: aud.x is defined"),
        ({"name": "x", "label": "a, b"}, "a tag has no comma"),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_said_and_not_written(
    pages: Pages, file: Path, fields: dict[str, str], sentence: str
) -> None:
    answer = pages.browser().send("/rules/keep", page="/rules", **{"rule": "number_of_orders > 1", **fields})

    assert answer.status_code == 400
    assert sentence in answer.text.replace("&#39;", "'")
    assert file.read_text(encoding="utf-8") == MINE


def test_a_changed_rule_makes_a_new_version_and_the_old_one_is_kept(pages: Pages, file: Path) -> None:
    pages.line.ask("recompute")
    sent = pages.browser().send(
        "/rules/keep", page="/rules", rule="number_of_orders > 4", name="friends", label="Friends", replace="true"
    )
    pages.line.ask("recompute")

    assert sent.status_code == 303
    assert "[audiences.friends]  # since May" in file.read_text(encoding="utf-8")
    with pages.dashboard.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT version, rule, active FROM segments WHERE key = 'aud.friends'").all()
    assert [tuple(row) for row in rows] == [(1, "number_of_orders > 3", 0), (2, "number_of_orders > 4", 1)]
    assert pages.api("/members/aud.friends")["people"] == 6


def test_viewers_try_rules_and_keep_none(pages: Pages, file: Path) -> None:
    asked = at(rule="number_of_orders > 4", name="mine")

    assert "/rules/keep" in pages.page(asked)
    assert "/rules/keep" not in pages.page(asked, "viewer")
    viewer = pages.browser("viewer")
    assert viewer.send("/rules/keep", page="/account", rule="TRUE", name="mine").status_code == 403
    assert file.read_text(encoding="utf-8") == MINE


def test_the_words_on_offer_are_those_that_can_be_asked() -> None:
    offered = words()

    assert {"number_of_orders", "MATCHES", "orders_placed", "sum_amount", "in_segment", "PERCENTILE"} <= set(offered)
    assert "predicted_spend_tier" not in offered


def test_every_word_on_offer_says_what_it_means_in_both_languages() -> None:
    plain = {"date", "segment"}  # the same in rules and in French
    assert [word for word in words() if in_words(word, "fr") == word and word not in plain] == []
    assert in_words("number_of_orders", "fr") == "nombre de commandes"
    assert in_words("anniversary(first_order_date)", "en") == "anniversary: date of the first order"
    assert in_words("metafields.size", "fr") == "champ «\u00a0size\u00a0»"


def test_values_that_the_program_gives_are_said_in_words() -> None:
    assert value_in_words("email_subscription_status", "UNSUBSCRIBED", "fr") == "désinscrit"
    assert value_in_words("last_city", "paid", "fr") == "paid"


def test_values_that_the_program_gives_are_offered_as_rules_write_them() -> None:
    assert "'SUBSCRIBED'" in values("email_subscription_status")
    assert values("channel_mix") == ["'in_store'", "'online'", "'omnichannel'"]
    assert values("has_email") == values("refunded") == ["TRUE", "FALSE"]
    assert values("last_city") == []


def test_a_word_is_found_by_what_it_means_in_either_language() -> None:
    found = wordlist(library(), "fr")
    word = next(one for one in found.words if one.word == "number_of_orders")
    state = found.values["email_subscription_status"][-1]
    segment = next(one for one in found.segments if one.word == "'spread.loyal'")

    assert (word.told, word.sought) == ("nombre de commandes", "nombre de commandes number of orders")
    assert (state.word, state.told) == ("'SUBSCRIBED'", "inscrit")
    assert (segment.told, segment.sought) == ("Cycle de vie – Fidèle", "cycle de vie – fidele life cycle – loyal")


def test_rules_to_begin_with_are_such_as_can_be_asked(pages: Pages, file: Path) -> None:
    del file
    samples = pages.api("/rules")["samples"]
    tried = [pages.api(at(rule=sample["rule"])) for sample in samples]

    assert len(samples) >= 3
    assert [one["wrong"] for one in tried] == [None] * len(samples)
    assert [one["tried"]["canonical"] for one in tried] == [sample["rule"] for sample in samples]
    assert samples[0]["told"] in pages.page("/rules")


def test_a_segment_without_words_of_its_own_is_told_by_its_rule(pages: Pages, file: Path) -> None:
    file.write_text(MINE.replace('> 3"', '> $n"\nparameters = {n = 7}'), encoding="utf-8")
    rule = pages.api("/members/aud.friends")["rule"]

    assert (rule["told"], rule["worded"], rule["text"]) == ("number_of_orders > 7", False, "number_of_orders > 7")
    assert pages.page("/segments/aud.friends").count("number_of_orders &gt; 7") == 1
    assert pages.api("/members/spread.new")["rule"]["worded"] is True
