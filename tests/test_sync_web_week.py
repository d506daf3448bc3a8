"""The start page: where the base stands, what to decide, and how it came about, from what is kept."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, Executable, insert, select, update

from connector.answers.listing import listing, prepared
from connector.days import day_date, epoch
from connector.history.movements import movements
from connector.judging.kept import find, kept
from connector.judging.objectives import objectives
from connector.models import Finding, Note, Order, Run, Store
from connector.settings import Settings
from connector.tables import table
from sync.demo.shopify import FakeShopify
from sync.shelf import shelf
from sync.tasks.pull import pull_all
from sync.workspace import Workspace
from tests.contract import NOW, Clock, small_shop
from tests.dashboard_world import HOSTILE, QUIET, Dashboard, copied
from tests.week_world import TODAY, bring, made, people


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("week"))


@pytest.fixture
def dashboard(base: Path, tmp_path: Path) -> Iterator[Dashboard]:
    with copied(base, tmp_path) as engine:
        yield Dashboard(engine, Settings(stores={}))


def asked(dashboard: Dashboard, place: str = "/week") -> dict[str, Any]:
    """What the API tells a viewer's program."""
    answer = dashboard.token(f"reader{place}", "viewer").get(f"/api/v1{place}", headers={"Accept-Language": "en"})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def marked(dashboard: Dashboard, kind: str) -> list[tuple[str, str]]:
    """The marks of a kind, by day and text."""
    return [(mark["day"], mark["text"]) for mark in asked(dashboard, "/week?span=7")["marks"] if mark["kind"] == kind]


def change(engine: Engine, statement: Executable) -> None:
    with engine.begin() as connection:
        connection.execute(statement)


def test_cards_are_the_objectives_with_a_sure_value_the_most_valuable_first(dashboard: Dashboard) -> None:
    found, known = asked(dashboard), shelf(Settings())
    with dashboard.engine.connect() as connection:
        report = objectives(connection, known.library.objectives, known.families, TODAY)
    sure = [entry for entry in report if entry["enough"] and entry["interval"][0]["minor"] > 0]
    cards = [card for card in found["decisions"] if card["stake"] and card["stake"]["low"]["minor"] > 0]
    assert len(sure) >= 2
    assert len(found["decisions"]) <= 5
    for card, entry in zip(cards, sure, strict=False):
        assert card["title"] == known.library.objectives[entry["objective"]].label.en
        assert card["people"] == entry["people"] > 0
        assert (card["stake"]["value"], card["stake"]["low"]) == (entry["value"], entry["interval"][0])
        assert card["idea"]["text"]
        assert 0 < card["reach"]["people"] <= card["people"]
        assert card["reach"]["sms"] == 0


def test_a_card_without_a_figure_says_why(dashboard: Dashboard) -> None:
    page = dashboard.user("Vic", "viewer", "en").get("/").text
    reasons = {card["reason"] for card in asked(dashboard)["decisions"] if card["stake"] is None}
    assert reasons <= {"too_few_people", "not_valued"}
    assert "it takes 100 people followed for a year" in page or "too_few_people" not in reasons
    assert "No amount" in page or not reasons


def test_the_button_makes_a_plan_only_where_somebody_is_told_of_the_family(base: Path, tmp_path: Path) -> None:
    tags: Any = {"platform": "shopify", "store": "boutique"}
    with copied(base, tmp_path) as engine:
        told = Dashboard(engine, Settings(stores={}, destinations={"tags": tags}))
        admin, viewer = told.user("Anne", "admin"), told.user("Vic", "viewer")
        assert '<button class="button main" name="destination" value="tags"' in admin.get("/").text
        assert "Préparer" not in viewer.get("/").text
        assert "/segments/spread.loyal.csv" in viewer.get("/").text


def test_stages_are_those_of_today_and_how_they_changed(dashboard: Dashboard) -> None:
    found = asked(dashboard)
    stages = {stage["key"]: stage for stage in found["stages"]}
    assert found["people"] == sum(stage["people"] for stage in stages.values()) == 460
    assert stages["spread.prospect"]["people"] == 10
    assert (stages["spread.prospect"]["month"], stages["spread.prospect"]["quarter"]) == (1, 4)
    along, series = found["chart"]["along"], {line["name"]: line["values"] for line in found["chart"]["series"]}
    assert along[-1] == found["as_of"]
    assert [line[-1] for line in series.values()] == [stage["people"] for stage in stages.values()]
    assert "460 people in your base" in found["sentence"]


def test_who_will_be_inactive_in_30_days_unless_they_buy_and_what_is_at_stake(dashboard: Dashboard) -> None:
    """Counted from the people that the shop was made of: the window is 180 days."""
    last = [[sale.day for sale in one.sales] for one in people()]
    going = [days for days in last if days and TODAY - 180 < max(days) <= TODAY - 150]
    bought = sum(sum(day > TODAY - 365 for day in days) for days in going)
    told = asked(dashboard)["ahead"]
    until = day_date(TODAY + 30)
    assert told == (
        f"Unless they buy again, {len(going)} people will be “Inactive” by {until.day} {until:%B %Y}; "
        f"they bought for €{10 * bought} in the past year."
    )
    page = dashboard.user("Vic", "viewer", "en").get("/").text
    assert told in html.unescape(page)
    (who,) = re.findall(r'<a href="(/people[^"]*)">Who\?</a>', page)
    listed = asked(dashboard, f"{html.unescape(who)}&size=100")
    assert (len(listed["people"]["rows"]), listed["going"]) == (len(going), "“Inactive”")
    assert {one["stage"] for one in listed["people"]["rows"]} <= {"New", "Occasional", "Loyal"}
    assert asked(dashboard, "/people?going=nothing")["going"] is None


def test_movements_are_those_of_the_command_with_their_causes(dashboard: Dashboard) -> None:
    with dashboard.engine.connect() as connection:
        report = movements(connection, "spread", TODAY - 90, TODAY)
    found = asked(dashboard, "/week?span=90")
    assert [(one["origin"], one["target"], one["people"], one["causes"]) for one in found["moves"]] == [
        (one["from"], one["to"], one["people"], one["causes"]) for one in report["moves"]
    ]
    assert sum(flow["people"] for flow in found["flows"]["flows"]) == sum(one["people"] for one in found["moves"]) > 0
    assert any("time" in one["told"] for one in found["moves"])


@pytest.mark.parametrize(("language", "own", "other"), [("fr", "À décider", "To decide"), ("en", "To decide", "À")])
def test_the_page_speaks_one_language(dashboard: Dashboard, language: str, own: str, other: str) -> None:
    page = dashboard.user("Vic", "viewer", language).get("/").text
    shown = re.sub(r"<script.*?</script>|<[^>]+>", " ", page, flags=re.DOTALL)
    assert own in shown
    assert other not in shown
    assert not re.search(r"\{\w+\}", shown)


def test_a_note_is_kept_shown_as_text_and_taken_away(dashboard: Dashboard) -> None:
    admin = dashboard.user("Anne", "admin")
    day = day_date(TODAY - 100).isoformat()
    assert admin.send("/notes/add", page="/", day=day, text=f"  Soldes {HOSTILE}\n d'été ").status_code == 303
    assert marked(dashboard, "note") == [(day, f"Soldes {HOSTILE} d'été")]
    page = admin.get("/").text
    assert "Soldes &lt;img" in page
    assert "<img src=x" not in page
    assert "C&#39;est noté." not in admin.get("/").text  # it was said once
    with dashboard.engine.connect() as connection:
        number = connection.scalar(select(table(Note).c.id))
    for _ in range(2):
        assert admin.send("/notes/remove", page="/", note=str(number)).status_code == 303
    assert marked(dashboard, "note") == []


@pytest.mark.parametrize(("day", "text"), [("2026-13-01", "x"), ("soon", "x"), ("2026-01-01", " "), ("", "")])
def test_a_note_of_no_day_or_no_words_is_refused(dashboard: Dashboard, day: str, text: str) -> None:
    admin = dashboard.user("Anne", "admin")
    assert admin.send("/notes/add", page="/", day=day, text=text).status_code in {400, 422}
    assert admin.send("/notes/add", page="/", day="2026-01-01", text="x" * 201).status_code == 422
    assert marked(dashboard, "note") == []


def test_viewers_read_notes_and_write_none(dashboard: Dashboard) -> None:
    change(dashboard.engine, insert(table(Note)).values(day=TODAY - 3, text="Grève de la poste"))
    viewer = dashboard.user("Vic", "viewer")
    page = viewer.get("/").text
    assert "Grève de la poste" in page
    assert "/notes/" not in page
    assert viewer.send("/notes/add", page="/", day="2026-01-01", text="x").status_code == 403


def test_a_changed_definition_and_days_without_orders_are_marked(dashboard: Dashboard) -> None:
    narrower = Settings.model_validate({"stores": {}, "segments": {"spread": {"window": 120}}})
    bring(dashboard.engine, narrower, TODAY)
    dashboard.settings = narrower
    dashboard.__post_init__()
    assert marked(dashboard, "definition") == [(day_date(TODAY).isoformat(), "New definition (version 2)")]
    silence = table(Finding).update().where(table(Finding).c.key == "silences")
    change(dashboard.engine, silence.values(value=json.dumps([["2025-03-01", "2025-04-02"]])))
    assert marked(dashboard, "silence") == [("2025-03-01", "No order at all")]


def test_nothing_is_found_again_until_something_changed(dashboard: Dashboard) -> None:
    known = shelf(Settings())
    with dashboard.engine.connect() as connection:
        assert find(connection, known.families, known.library, TODAY) is None
        assert find(connection, known.families[:1], known.library, TODAY) is not None
        orders = table(Order)
        last = connection.execute(select(orders).order_by(orders.c.id.desc()).limit(1)).mappings().one()
        connection.execute(insert(orders).values({**last, "id": last["id"] + 5, "platform_id": "few"}))
        assert find(connection, known.families, known.library, TODAY) is None
        connection.execute(insert(orders).values({**last, "id": 2 * last["id"], "platform_id": "many"}))
        again = find(connection, known.families, known.library, TODAY)
        assert again is not None
        assert again.values.keys() == kept(connection).found.keys()
        connection.rollback()


def test_what_is_prepared_of_segments_is_what_the_orders_say(dashboard: Dashboard) -> None:
    known = shelf(Settings())
    with dashboard.engine.connect() as connection:
        on = [entry.key for entry in known.library.entries() if entry.on]
        told = listing(connection, known.library, TODAY, keys=on, today=TODAY)
        for entry in [*told["families"], *told["audiences"]]:
            entry.pop("suggestions", None)
        assert prepared(connection, known.library, TODAY) == told
        assert sum(stage["people"] for stage in told["families"][0]["stages"]) > 0


def test_what_was_changed_since_has_no_people_yet(dashboard: Dashboard) -> None:
    dashboard.settings = Settings.model_validate({"stores": {}, "segments": {"spread": {"window": 90}}})
    dashboard.__post_init__()
    (spread,) = dashboard.user("Ada", "viewer", "en").get("/api/v1/segments").json()["families"]
    assert {stage["people"] for stage in spread["stages"]} == {None}
    assert spread["remark"] == "Counted with the next recompute."


def test_before_the_first_recompute_the_page_says_what_to_do(dashboard: Dashboard) -> None:
    change(dashboard.engine, table(Finding).delete())
    for browser, ways in (
        (dashboard.user("Anne", "admin", "en"), True),
        (dashboard.user("Vic", "viewer", "en"), False),
    ):
        for place in ("/", "/priorities"):
            page = browser.get(place).text
            assert "with the next recompute, each day." in page
            assert ('<a href="/syncs">Recompute now</a>' in page) is ways
    found = asked(dashboard)
    assert (found["decisions"], found["moves"], found["judged"]) == ([], [], None)


def test_the_history_s_floor_and_missing_scopes_are_told_with_their_remedies(dashboard: Dashboard) -> None:
    problems = [
        {
            "message": "Products cannot be read.",
            "remedy": "Give the app the scope read_products (…), then reinstall it.",
        },
        {"message": "Only 60 days.", "remedy": "Ask for the scope read_all_orders, or import the exports."},
        {"message": "The clock is fixed.", "remedy": "Set a city."},
    ]
    run = {"kind": "pull shop", "started_at": epoch(NOW) - 300, "ended_at": epoch(NOW) - 240, "outcome": "done"}
    change(dashboard.engine, insert(table(Run)).values(**run, detail=json.dumps({"problems": problems})))
    change(dashboard.engine, update(table(Store)).values(floor_day=TODAY - 60))
    worries = asked(dashboard)["trust"]["worries"]
    assert [worry["told"].split(":")[0] for worry in worries] == [
        f"shop shows its orders only since {day_date(TODAY - 60):%-d %B %Y}",
        "shop",
        "shop reports a problem of its setup.",
    ]
    assert "read_all_orders" in worries[0]["remedy"]
    assert "read_products" in worries[1]["told"]
    page = dashboard.user("Vic", "viewer").get("/").text
    assert "il manque la permission read_products" in page


def test_what_a_pull_finds_amiss_is_told_on_the_page(engine: Engine) -> None:
    clock = Clock(NOW)
    scopes = {"read_all_orders", "read_customers", "read_orders"}
    with FakeShopify(small_shop(), now=clock, maximum=1e9, polls=1, scopes=scopes) as fake:
        shop: Any = {"platform": "shopify", "shop": fake.shop.domain, "token": "shpat_demo", "endpoint": fake.url}
        pulled = Dashboard(engine, Settings(stores={"boutique": shop}), clock)
        pull_all(Workspace(pulled.settings, engine, wait=clock.sleep, clock=clock), QUIET)
        assert ["read_products" in worry["told"] for worry in asked(pulled)["trust"]["worries"]] == [True, False]


def test_the_last_and_the_next_sync_are_told_in_words(base: Path, tmp_path: Path) -> None:
    shop: Any = {"platform": "shopify", "shop": "x.myshopify.com", "token": "shpat_x"}
    with copied(base, tmp_path) as engine:
        run = {"kind": "pull shop", "started_at": epoch(NOW) - 300, "ended_at": epoch(NOW) - 240}
        change(engine, insert(table(Run)).values(**run, outcome="failed"))
        synced = Dashboard(engine, Settings(stores={"shop": shop}))
        (pull, day) = asked(synced)["turns"]
        assert (pull["kind"], pull["seconds"], pull["next_seconds"], pull["outcome"]) == ("pull", 240, 600, "failed")
        assert (day["kind"], day["outcome"], day["next"]) == ("recompute", "done", None)
        page = " ".join(re.sub(r"<[^>]+>", "", synced.user("Vic", "viewer").get("/").text).split())
        assert "Lecture de « shop » il y a 4 minutes, en échec ; la prochaine dans 10 minutes" in page
        synced.clock.sleep(timedelta(hours=2).total_seconds())
        assert asked(synced, "/week?family=none")["turns"][0]["next_seconds"] == 0
