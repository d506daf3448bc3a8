"""One segment in the dashboard: who, the rule, the past, who came and left, what is shared, and the files."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from io import StringIO

import pytest

from tests.pages_world import Pages, shop

NOW = date(2026, 6, 30)
HOSTILE = "=cmd@evil.example"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """60 people who bought 200 days ago, 20 of them again ten days ago; one of them has a hostile address."""
    rows = [(who, 200, "20.00") for who in range(60)] + [(who, 10, "35.50") for who in range(20)]
    lines = [
        f"{n},c{who},{NOW - timedelta(ago)},{money},{HOSTILE if who == 30 else f'c{who}@x.example'}"
        for n, (who, ago, money) in enumerate(rows, 1)
    ]
    return shop(tmp_path_factory.mktemp("shop"), "\n".join(lines) + "\n")


def test_a_segment_tells_who_is_in_it_since_when_and_why(pages: Pages) -> None:
    found = pages.api("/members/spread.occasional?sort=-spent&size=5")

    assert (found["label"], found["people"], found["on"], found["now"]) == ("Occasional", 20, True, True)
    assert found["members"]["total"] == 20
    assert found["members"]["more"] is True
    assert found["members"]["rows"][0] == {
        "person": 1,
        "email": "c0@x.example",
        "since": "2026-06-20",
        "cause": "order",
        "cause_told": "order",
        "orders": 2,
        "spent": {"minor": 5550, "currency": "EUR"},
        "last": "2026-06-20",
    }


def test_pages_of_people_follow_each_other_without_a_gap(pages: Pages) -> None:
    for sort in ("since", "-since", "orders", "-orders", "spent", "-spent", "last", "-last", "nonsense"):
        asked = [pages.api(f"/members/spread.inactive?size=17&page={n}&sort={sort}") for n in (1, 2, 3, 4)]
        seen = [row["person"] for one in asked for row in one["members"]["rows"]]
        assert len(seen) == len(set(seen)) == 40
        assert [one["members"]["more"] for one in asked] == [True, True, False, False]


def test_people_are_found_by_what_one_knows_of_them(pages: Pages) -> None:
    def found(sought: str) -> list[str]:
        asked = pages.api(f"/members/spread.inactive?q={sought}&size=500")
        return [row["email"] for row in asked["members"]["rows"]]

    assert found("C25@x.example") == ["c25@x.example"]
    assert found("c25") == ["c25@x.example"]  # by the beginning, and by the shop's own id
    assert len(found("c2@")) == 0  # who is elsewhere is not found here
    assert sorted(found("c4")) == [f"c{number}@x.example" for number in range(40, 50)]
    assert found("nobody") == []


def test_viewers_see_masked_addresses_and_find_whole_ones_only(pages: Pages) -> None:
    page = pages.page("/segments/spread.inactive", "viewer")
    listed = pages.api("/members/spread.inactive?size=500", "viewer")

    assert "c25@x.example" not in page
    assert {row["email"] for row in listed["members"]["rows"]} == {"c•••@x•••.example", "=•••@e•••.example"}
    assert len(pages.api("/members/spread.inactive?q=c25@x.example", "viewer")["members"]["rows"]) == 1
    assert len(pages.api("/members/spread.inactive?q=c25@x", "viewer")["members"]["rows"]) == 0
    assert "c25@x.example" not in pages.browser("viewer").get("/segments/spread.inactive.csv").text


def test_who_came_and_left_is_told_with_where_and_why(pages: Pages) -> None:
    moved = pages.api("/members/spread.inactive?days=30")["moved"]

    # 60 were new 30 days ago, fell inactive on 10 June, and 20 of them came back on the 20th
    assert (moved["since"], moved["came"], moved["left"], moved["net"]) == ("2026-05-31", 40, 0, 40)
    assert moved["origins"] == [{"key": "spread.new", "label": "New", "people": 40}]
    assert moved["causes"] == [{"key": "time", "label": "time", "people": 40}]
    left = pages.api("/members/spread.new?days=30")["moved"]
    assert (left["came"], left["left"]) == (0, 60)
    assert {way["key"]: way["people"] for way in left["targets"]} == {"spread.inactive": 40, "spread.occasional": 20}


def test_an_earlier_day_has_its_own_people_and_tells_of_no_moves(pages: Pages) -> None:
    found = pages.api("/members/spread.inactive?as_of=2026-06-15&size=500")

    assert (found["people"], len(found["members"]["rows"]), found["now"], found["moved"]) == (60, 60, False, None)
    assert found["chart"]["along"][-1] == "2026-06-15"
    assert pages.browser().get("/segments/spread.inactive?as_of=2026-07-01").status_code == 400


def test_who_came_and_left_is_not_told_of_days_before_it_was_counted(pages: Pages) -> None:
    found = pages.api("/members/aud.newsletter?days=30")
    page = pages.page("/segments/aud.newsletter", language="fr")

    assert (found["moved"], found["counted_since"], found["days"]) == (None, "2026-06-30", 30)
    assert "compté depuis le 30 juin 2026" in page
    assert "Ce segment n&#39;est compté que depuis le 30 juin 2026" in page
    assert pages.api("/members/spread.new?days=365")["counted_since"] is None


def test_what_a_segment_shares_with_others_is_counted(pages: Pages) -> None:
    shared = {one["key"]: one for one in pages.api("/members/spread.occasional")["overlaps"]}

    assert shared["aud.bought_30"] == {
        "key": "aud.bought_30", "label": "Buyers of the month", "people": 20, "share": 1.0, "exact": True,
    }  # fmt: skip
    assert "spread.inactive" not in shared


def test_the_page_shows_the_rule_in_words_and_in_the_language(pages: Pages) -> None:
    page = pages.page("/segments/spread.new", language="fr")

    assert "first_order_date &gt; -180d" in page
    assert "Étape 3 sur 5" in page
    assert "Personnes, semaine après semaine" in page
    last = pages.page("/segments/spread.inactive")
    assert "NOT" in last  # whoever is in no earlier stage


def test_the_page_says_what_to_do_with_a_segment_and_where_it_is_set(pages: Pages) -> None:
    found = pages.api("/members/spread.new")
    page = pages.page("/segments/spread.new", language="fr")
    judged = pages.page("/segments/spread.new?health=true", language="fr")

    assert found["doing"]["aim"]["label"] == "Win the second purchase"
    assert found["doing"]["cap_told"]
    assert found["doing"]["ideas"]
    assert found["destinations"] == []
    assert 'href="/segments/library#spread"' in page
    assert 'name="segment" value="spread.new"' in page
    assert ("identifiable" in page, "identifiable" in judged) == (False, True)
    assert 'action="/segments/library/aim"' not in pages.page("/segments/spread.new", "viewer")


def test_a_segment_that_is_off_says_so_and_one_that_there_is_not_is_not_found(pages: Pages) -> None:
    off = pages.api("/members/aud.vip")
    assert (off["on"], off["people"], off["members"]["rows"]) == (False, None, [])
    assert off["remark"].startswith("A value is missing: ")
    for path in ("/segments/aud.nothing", "/segments/aud.nothing.csv", "/segments/aud.nothing/holdout"):
        assert pages.browser().get(path).status_code == 404


def test_the_file_holds_everyone_and_no_formula(pages: Pages) -> None:
    answer = pages.browser().get("/segments/spread.inactive.csv")
    rows = list(csv.DictReader(StringIO(answer.text)))

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''spread.inactive-2026-06-30.csv"
    assert len(rows) == 40
    assert rows[0]["spent"] == "20.00"
    assert [row["email"] for row in rows if "evil" in row["email"]] == [f"'{HOSTILE}"]


def test_the_french_form_opens_in_a_french_spreadsheet(pages: Pages) -> None:
    answer = pages.browser().get("/segments/spread.occasional.csv?form=fr")
    head, first, *_ = answer.content.decode("utf-8-sig").splitlines()

    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert head.startswith("personne;e-mail;accord e-mail;depuis;commandes;dépensé;devise;")
    assert first == "1;c0@x.example;;20/06/2026;2;55,50;EUR;20/06/2026;shop:c0"


def test_who_looked_and_who_took_a_file_is_noted(pages: Pages) -> None:
    pages.page("/segments/spread.occasional?size=5")
    pages.browser().get("/segments/spread.occasional.csv")

    noted = pages.noted()
    assert noted[-2:] == [
        ("admin en", "members", "spread.occasional", 5),
        ("admin en", "export", "spread.occasional csv", 20),
    ]


def test_where_a_segment_is_pushed_nowhere_there_is_nothing_to_measure(pages: Pages) -> None:
    assert "Measure what the push brings" not in pages.page("/segments/spread.inactive")
    assert "This segment is pushed nowhere" in pages.page("/segments/spread.inactive/holdout")
    told = pages.api("/holdout/spread.inactive")
    assert (told["results"], told["destinations"]) == ([], [])
