"""The library in the dashboard: what is on, what it lacks, and the forms that change the merchant's segments.toml."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.pages_world import Pages, shop

NOW = date(2026, 6, 30)
MINE = """# what we send, by Zoé
[audiences.newsletter]   # since May
on = true

[audiences.friends]
label = "Friends"
rule = "number_of_orders > 3"
"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    lines = [f"{n},c{n},{NOW - timedelta(n)},{20 + n}.00,c{n}@x.example" for n in range(1, 30)]
    made = shop(tmp_path_factory.mktemp("shop"), "\n".join(lines) + "\n")
    made.dashboard.workspace.settings.destinations.clear()
    return made


@pytest.fixture
def file(pages: Pages) -> Path:
    """The merchant's segments.toml as it is before."""
    return pages.shelve(MINE)


def switch(pages: Pages, **fields: str) -> tuple[int, str]:
    """What a form of the library is answered with, and what is said then."""
    admin = pages.browser()
    answer = admin.send("/segments/library/switch", page="/segments/library", **fields)
    told = answer.text if answer.status_code != 303 else admin.get(answer.headers["location"]).text
    return answer.status_code, told


def entry(pages: Pages, key: str) -> dict[str, object]:
    found = pages.api("/library")
    return next(one for one in [*found["families"], *found["audiences"]] if one["key"] == key)


def test_the_library_has_everything_with_what_it_is_for(pages: Pages, file: Path) -> None:
    del file
    found = pages.api("/library")
    spread = entry(pages, "spread")
    new = next(part for part in spread["parts"] if part["key"] == "spread.new")  # type: ignore[attr-defined]

    assert len(found["families"]) >= 5
    assert len(found["audiences"]) >= 43
    assert (spread["on"], new["people"]) == (True, 29)
    assert new["aim"]["label"] == "Win the second purchase"
    assert new["cap_told"]
    assert new["ideas"]
    assert entry(pages, "aud.friends")["own"] is True
    assert entry(pages, "aud.vip")["asked"][0]["name"] == "x"  # type: ignore[index]


def test_a_family_is_switched_on_and_off_and_all_else_stays_as_it_was_written(pages: Pages, file: Path) -> None:
    status, told = switch(pages, entry="rfm", on="true")

    assert status == 303
    assert "is on: it is worked out with the next recompute, tomorrow at the latest" in told
    assert file.read_text(encoding="utf-8") == MINE + "\n[families.rfm]\non = true\n"
    assert entry(pages, "rfm")["on"] is True
    switch(pages, entry="aud.newsletter", on="false")
    assert "[audiences.newsletter]   # since May\non = false" in file.read_text(encoding="utf-8")


def test_an_audience_that_needs_a_value_is_given_one_and_the_shop_suggests_it(pages: Pages, file: Path) -> None:
    page = pages.page("/segments/library?key=aud.vip")
    status, _ = switch(pages, entry="aud.vip", on="true", value_x="45,50", value_other="1")

    assert "Suggestion from your shop: €48" in page
    assert '<option value="48' in page  # one in twenty of the shop has spent more
    assert status == 303
    written = tomllib.loads(file.read_text(encoding="utf-8"))["audiences"]["vip"]
    assert written == {"on": True, "parameters": {"x": 45.5}}


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"entry": "aud.vip", "value_x": "much"}, "segments.toml, line "),
        ({"entry": "aud.vip", "value_x": "{ y = 1 }"}, "cannot be a value of x."),
    ],
)
def test_what_the_loader_refuses_is_said_and_not_written(
    pages: Pages, file: Path, fields: dict[str, str], sentence: str
) -> None:
    status, told = switch(pages, on="true", **fields)

    assert status == 400
    assert sentence in told
    assert file.read_text(encoding="utf-8") == MINE


def test_a_file_that_is_wrong_already_is_told_with_its_line_and_left_alone(pages: Pages, file: Path) -> None:
    admin = pages.browser()
    key = admin.key("/segments/library")
    wrong = MINE + "[audiences.vip]\nonn = true\n"
    file.write_text(wrong, encoding="utf-8")
    answer = admin.client.post("/segments/library/switch", data={"key": key, "entry": "rfm", "on": "true"})

    assert answer.status_code == 400
    assert "segments.toml, line 9: there is nothing called onn here." in answer.text
    assert file.read_text(encoding="utf-8") == wrong


def test_an_objective_is_given_a_target_and_a_deadline(pages: Pages, file: Path) -> None:
    fields = {"target": "40", "deadline": "2027-03-31"}
    answer = pages.browser().send(
        "/segments/library/aim", page="/segments/library", objective="second_purchase", **fields
    )

    assert answer.status_code == 303, answer.text
    written = tomllib.loads(file.read_text(encoding="utf-8"))
    assert answer.headers["location"] == "/segments/library"
    fields["segment"] = "spread.new"
    there = pages.browser().send(
        "/segments/library/aim", page="/segments/library", objective="second_purchase", **fields
    )
    assert there.headers["location"] == "/segments/spread.new"
    assert written["objectives"] == {"second_purchase": {"target": 40, "deadline": date(2027, 3, 31)}}


def test_before_it_is_switched_off_one_is_told_what_that_means(pages: Pages, file: Path) -> None:
    listed = pages.page("/segments/library")
    asked = pages.page("/segments/library?off=spread", language="fr")

    assert 'href="/segments/library?off=spread"' in listed
    assert 'name="on" value="false"' not in listed
    assert "est retiré au prochain envoi" in asked
    assert 'name="on" value="false"' in asked
    assert 'name="on" value="false"' not in pages.page("/segments/library?off=rfm")  # it is off
    assert file.read_text(encoding="utf-8") == MINE


def test_what_is_off_is_counted_where_that_is_asked_for(pages: Pages, file: Path) -> None:
    del file

    def people(asked: str) -> dict[str, int | None]:
        found = pages.api(f"/library{asked}")
        return {one["key"]: one["people"] for one in [*found["families"], *found["audiences"]]}

    assert (people("")["spread"], people("")["rfm"], people("")["aud.friends"]) == (29, None, None)
    assert (people("?count=rfm")["rfm"], people("?count=rfm")["aud.friends"]) == (29, None)
    assert (people("?count=all")["rfm"], people("?count=all")["aud.friends"], people("?count=all")["aud.vip"]) == (
        29, 0, None,
    )  # fmt: skip
    assert 'href="/segments/library?count=rfm#rfm"' in pages.page("/segments/library")


def test_viewers_look_and_change_nothing(pages: Pages, file: Path) -> None:
    viewer = pages.browser("viewer")

    assert "/segments/library/switch" not in pages.page("/segments/library", "viewer")
    assert viewer.send("/segments/library/switch", page="/account", entry="rfm", on="true").status_code == 403
    assert file.read_text(encoding="utf-8") == MINE


def test_the_health_card_is_told_where_it_is_asked_for(pages: Pages, file: Path) -> None:
    del file
    page = pages.page("/segments/library?health=true", language="fr")

    assert "identifiable" in page
    assert "objectif : " in page


def test_the_library_is_searched_by_what_it_says_in_the_reader_s_language(pages: Pages, file: Path) -> None:
    found = pages.api("/library?q=NEWSLETTER")
    assert "aud.newsletter" in {entry["key"] for entry in found["audiences"]}
    assert 0 < len(found["audiences"]) < len(pages.api("/library")["audiences"])
    assert found["families"] == []
    assert "Nothing fits “zzz”" in pages.page("/segments/library?q=zzz")
    assert "Friends" in pages.page("/segments/library?q=friends")
