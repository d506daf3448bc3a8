"""What customers and shops write stays text: in the database, on pages, in files, in JSON, and in a terminal."""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import quote

import pytest

from connector.settings import ServeSettings
from sync.commands.demo_serve import guest
from sync.web import app, listening
from sync.web.spreadsheet import FORMULAS
from tests.browser_world import chromium, window
from tests.dashboard_world import Browser, filled
from tests.hostile_world import SOUND, STRINGS, Hostile, Read, address, open_hostile, written

ELEMENTS, ATTRIBUTES = written()
EVERYWHERE = {"number": "1", "key": "spread.loyal", "name": "style.css", "store": "boutique"}
PLACES = (
    "/people?size=500",
    "/segments/spread.prospect?size=500",
    "/segments/spread.loyal?size=500",
    "/syncs/plans/1?size=500",
)
NOBODY = {"'=1+1", "-", "1e999", "NULL", "NaN", "None", "null"}
"""What a file means nobody by, or writes otherwise: the apostrophe of spreadsheets, and words for nothing."""
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hostile]:
    yield from open_hostile(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="module")
def admin(hostile: Hostile) -> Browser:
    return hostile.dashboard.user("Anne", "admin")


def rows(hostile: Hostile, query: str) -> set[str]:
    with closing(sqlite3.connect(hostile.line.database)) as connection:
        return {value for (value,) in connection.execute(query)}


def test_there_are_three_hundred_of_them() -> None:
    assert len(set(STRINGS)) == len(STRINGS) >= 300


def test_each_is_kept_as_it_was_sent(hostile: Hostile) -> None:
    everything = set(SOUND)
    shop = "(SELECT id FROM stores WHERE key = 'boutique')"
    assert rows(hostile, "SELECT DISTINCT title FROM order_lines") >= everything
    assert rows(hostile, "SELECT DISTINCT city FROM accounts") >= everything
    assert rows(hostile, f"SELECT payment_method FROM orders WHERE store_id = {shop}") >= everything
    assert rows(hostile, "SELECT vendor FROM products") >= everything
    of_file = {text for text in SOUND if text.strip()}
    assert {text.strip() for text in of_file} - rows(
        hostile, "SELECT value FROM identities WHERE kind = 'account'"
    ) == NOBODY
    refused = rows(hostile, "SELECT reason FROM quarantine")
    assert {reason.partition(".")[0] for reason in refused} == {
        "A text has a NUL character, which no database keeps",
        "Line 187: A spreadsheet has shortened the number 1e999",
    }


def test_pages_have_no_element_and_no_attribute_that_we_did_not_write(hostile: Hostile, admin: Browser) -> None:
    looked = 0
    for place in places_of(hostile):
        answer = admin.get(place)
        assert answer.status_code < 500, (place, answer.text)
        if "html" not in answer.headers["content-type"]:
            continue
        sound(answer.text, answer.headers["content-security-policy"], place)
        looked += 1
    assert looked > 20


def places_of(hostile: Hostile) -> list[str]:
    """The address of each page, those with many names on them, and searches for some of the strings."""
    every = [filled(route, **EVERYWHERE) for method, route in hostile.dashboard.routes() if method == "GET"]
    sought = [f"/people?q={quote(text)}&sort={quote(text)[:40]}" for text in STRINGS[::20] if len(text) <= 200]
    return [*every, *PLACES, *sought, *(f"/segments?all=true&q={quote(text)}" for text in STRINGS[::60])]


def sound(page: str, policy: str, place: str) -> None:
    nonce = re.findall(r"'nonce-([\w-]+)'", policy)[0]
    for element, attributes in Read.of(page).elements:
        assert element in ELEMENTS, (place, element)
        assert attributes.keys() <= ATTRIBUTES, (place, element, attributes)
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        assert element not in {"script", "style"} or attributes["nonce"] == nonce
        for name in attributes.keys() & {"href", "src", "action", "formaction"}:
            assert re.match(r"/(?!/)|#|\?", attributes[name]), (place, attributes)
    for data in re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL):
        json.loads(data)
        assert "<" not in data
    raw = [text for text in STRINGS if re.match(r"<[a-z/!?]", text, re.IGNORECASE) and text.count("<") > 1]
    assert [text for text in raw if text in page] == []


def test_each_stands_on_the_page_as_the_text_that_it_is(hostile: Hostile, admin: Browser) -> None:
    bought = Read.of(admin.get(f"/people/{hostile.buyer}").text).texts
    missing = [text for text in SOUND if f"1 × {text}" not in bought]
    assert missing == []
    names = {text.strip() for place in PLACES for text in Read.of(admin.get(place).text).texts}
    known = rows(hostile, "SELECT value FROM identities WHERE kind = 'email' AND value NOT LIKE 'f%'")
    assert len(known) > 300
    assert {name.strip() for name in known} - names == set()


@pytest.mark.parametrize("form", ["plain", "fr"])
def test_no_cell_of_a_file_for_spreadsheets_is_a_formula(hostile: Hostile, admin: Browser, form: str) -> None:
    seen = 0
    for key in ("spread.prospect", "spread.new", "spread.loyal", "spread.occasional", "spread.inactive"):
        answer = admin.get(f"/segments/{key}.csv?form={form}")
        text = answer.content.decode("utf-8-sig")
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=";" if form == "fr" else ","))
        assert {len(line) for line in lines} == {9}
        for cell in (cell for line in lines for cell in line):
            assert not cell.startswith(FORMULAS)
        seen += len(lines) - 1
    assert seen > 300


def test_programs_are_told_the_very_same_strings(hostile: Hostile) -> None:
    program = hostile.dashboard.token("robot", "admin")
    told = program.get(f"/api/v1/person/{hostile.buyer}").json()
    titles = {title for order in told["purchases"] for title, _, _ in order["lines"]}
    assert titles == set(SOUND)
    people = program.get("/api/v1/people?size=500").json()["people"]["rows"]
    more = program.get("/api/v1/people?size=500&page=2").json()["people"]["rows"]
    known = rows(hostile, "SELECT value FROM identities WHERE kind = 'email'")
    assert {row["email"] for row in (*people, *more) if row["email"]} <= known
    assert len({row["email"] for row in (*people, *more)}) > 600


@pytest.mark.parametrize(
    "asked",
    [
        ("export", address(0)),
        ("plan", "tags"),
        ("segments",),
        ("insights",),
        ("why", address(1)),
        ("merges",),
        ("quarantine", "list"),
        ("query", "customer_tags CONTAINS '\u001b[2J'"),
        ("why", "\u001b]0;x\u0007\u202e"),
    ],
)
def test_nothing_that_a_terminal_obeys_is_printed(hostile: Hostile, asked: tuple[str, ...]) -> None:
    answer = hostile.line.within(*asked)
    assert OBEYED.findall(answer.out + answer.err) == []
    assert (answer.out + answer.err).strip()
    if asked[0] == "export":
        told = {
            line["title"]
            for one in json.loads(answer.out)["sections"]
            if one["key"] == "orders"
            for order in one["rows"]
            for line in order["lines"]
        }
        assert told == set(SOUND)


def test_nothing_runs_in_a_browser(hostile: Hostile) -> None:
    with (
        chromium() as browser,
        listening(
            app(hostile.dashboard.workspace, guest=guest(hostile.dashboard.workspace, "fr")), ServeSettings(port=0)
        ) as served,
        window(browser, "fr-FR", "phone") as seen,
    ):
        opened: list[str] = []
        seen.page.on("dialog", lambda dialog: opened.append(dialog.message))
        for place in (f"/people/{hostile.buyer}", "/people?size=100", "/segments/library?key=aud.city"):
            seen.open(f"{served}{place}")
            assert seen.fits(), place
        assert opened == []
        assert seen.clean()
