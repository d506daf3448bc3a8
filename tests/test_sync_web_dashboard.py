"""The dashboard is closed, writes nothing when it is looked at, and takes what people write for text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from starlette.routing import BaseRoute

from connector.database import open_database
from connector.days import epoch
from connector.models import User
from connector.settings import Settings
from connector.tables import table
from sync.web.access.gate import HEALTH, OPEN, OPEN_BELOW
from sync.web.answers import SHOPS
from sync.web.page import Needs
from tests.contract import small_shop
from tests.dashboard_world import BASE, HOSTILE, PASSWORD, Dashboard, copied, fill, filled, walked

EVERYWHERE = {"number": "1", "key": "spread.loyal", "name": "style.css", "store": "boutique"}
NEEDED = dict.fromkeys(("/api/v1/query", "/rules.csv"), "?rule=number_of_orders%20%3E%200")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a small shop, with a plan that waits."""
    file = tmp_path_factory.mktemp("dashboard") / "connector.db"
    engine = open_database(str(file))
    fill(engine, small_shop())
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return file


@pytest.fixture
def dashboard(base: Path, tmp_path: Path) -> Iterator[Dashboard]:
    with copied(base, tmp_path) as engine:
        yield Dashboard(engine, Settings(stores={}, segments_file=_segments(tmp_path)))


def _segments(folder: Path) -> Path:
    """An audience of the merchant's own."""
    file = folder / "segments.toml"
    file.write_text(
        '[audiences.mine]\non = true\nlabel = "La mienne"\nrule = "number_of_orders > 0"\n', encoding="utf-8"
    )
    return file


def role_of(route: object) -> str | None:
    """The role that a route asks for; None of one that asks for none."""
    needs = [found.dependency for found in getattr(route, "dependencies", ()) if isinstance(found.dependency, Needs)]
    return needs[0].role if needs else None


def opened(path: str) -> bool:
    return path in OPEN or path == HEALTH or path.startswith((*OPEN_BELOW, SHOPS))


def test_every_route_asks_for_a_role_or_is_one_of_the_few_that_are_open(dashboard: Dashboard) -> None:
    routes = list(dashboard.routes())
    assert len(routes) > 20
    assert {route.path for _, route in routes if role_of(route) is None} == {
        "/login", "/welcome", "/preferences", "/api/v1/health", "/static/{name}", "/webhooks/{store}"
    }  # fmt: skip
    assert all(opened(route.path) for _, route in routes if role_of(route) is None)
    assert [route for route in dashboard.app.routes if not list(walked([route]))] == list[BaseRoute]()


def test_the_table_of_every_route_and_role_holds(dashboard: Dashboard) -> None:
    """Generated from the router: strangers are led to the login or get 401, viewers 403 of what administrators do."""
    admin, viewer, stranger = dashboard.user("Anne", "admin"), dashboard.user("Vic", "viewer"), dashboard.browser()
    programs = {"admin": dashboard.token("robot", "admin"), "viewer": dashboard.token("reader", "viewer")}
    seen = set()
    for method, route in dashboard.routes():
        role, place = role_of(route), filled(route, **EVERYWHERE) + NEEDED.get(route.path, "")
        if role is None or place == "/logout":
            continue
        for who, client in (("stranger", stranger.client), ("viewer", viewer.client), ("admin", admin.client)):
            answer = client.request(method, place, headers={"Origin": BASE}, follow_redirects=False)
            let_in = who == "admin" or (who == "viewer" and role == "viewer")
            seen.add((who, answer.status_code))
            if who == "stranger":
                expected = {401} if place.startswith("/api/") else {303}
                assert answer.status_code in expected, (method, place, who)
                assert answer.headers.get("location", "/login").startswith("/login")
            elif not let_in or method == "POST":  # a form without its key is nobody's
                assert answer.status_code == 403, (method, place, who)
            else:
                assert answer.status_code in {200, 303, 404}, (method, place, who, answer.text)
        for who, client in programs.items():
            answer = client.request(method, place, follow_redirects=False)
            if not place.startswith("/api/"):
                assert (answer.status_code, answer.headers["location"][:6]) == (303, "/login")
            else:
                let_in = who == "admin" or role == "viewer"
                assert answer.status_code in ({200, 404} if let_in else {403}), (method, place, who)
    assert {("stranger", 303), ("stranger", 401), ("viewer", 200), ("admin", 200)} <= seen


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
def test_strangers_learn_not_even_what_there_is(dashboard: Dashboard, method: str) -> None:
    stranger = dashboard.browser().client
    for place in (
        "/api/v1/nothing",
        "/api/v1/",
        "/api/",
        "/api/v1/health/",
        "/api/v1/segments",
        "/api/v1/openapi.json",
    ):
        assert stranger.request(method, place, follow_redirects=False).status_code == 401, place
    for place in ("/", "/nothing", "/docs", "/static", "/people/1", "/login/", "/openapi.json"):
        assert stranger.request(method, place, follow_redirects=False).status_code == 303, place


def test_looking_at_everything_writes_nothing(dashboard: Dashboard) -> None:
    admin = dashboard.user("Anne", "admin")
    before = dashboard.digest()
    looked = 0
    for method, route in dashboard.routes():
        if method == "GET":
            answer = admin.get(filled(route, **EVERYWHERE) + NEEDED.get(route.path, ""))
            assert answer.status_code in {200, 404}, (route.path, answer.text)
            looked += answer.status_code == 200
    for place in (
        "/people?q=client101&sort=-spent",
        "/segments?all=true&q=promo&sort=-people",
        "/people?page=2&size=5",
    ):
        assert admin.get(place).status_code == 200
    assert looked > 15
    assert dashboard.digest() == before


@pytest.mark.parametrize("name", [HOSTILE, "'; DROP TABLE users; --", "\u202egnp.exe", "=1+1", "Zoé O'Brien"])
def test_hostile_names_of_users_are_text_or_refused(dashboard: Dashboard, name: str) -> None:
    browser = dashboard.browser()
    answer = browser.send("/welcome", code=dashboard.code(), name=name, password=PASSWORD, again=PASSWORD)
    assert answer.status_code in {303, 422}
    page = browser.get("/account" if answer.status_code == 303 else "/login").text + answer.text
    assert "<img" not in page.replace('<img src="/static/', "")
    assert dashboard.engine.connect().scalar(select(table(User).c.id).limit(1)) == (
        1 if answer.status_code == 303 else None
    )


def test_pages_let_only_their_own_scripts_run_and_load_nothing_from_elsewhere(dashboard: Dashboard) -> None:
    admin = dashboard.user("Anne", "admin")
    nonces = set()
    for place in ("/segments", "/people", "/people/1", "/account", "/nothing", "/api", "/segments/spread.loyal"):
        answer = admin.get(place)
        policy = answer.headers["content-security-policy"]
        found = re.search(r"script-src 'nonce-([\w-]{16,})';", policy)
        assert found is not None
        nonces.add(found[1])
        assert policy.startswith("default-src 'none';")
        for rule in ("base-uri 'none'", "object-src 'none'", "frame-ancestors 'none'", "form-action 'self'"):
            assert rule in policy
        assert "unsafe" not in policy
        for tag in re.findall(r"<(?:script|style|link rel=\"stylesheet\")[^>]*>", answer.text):
            assert f'nonce="{found[1]}"' in tag
        assert not re.search(r"""<[^>]+\s(?:style|on\w+)\s*=""", answer.text)
        assert not re.findall(r"""(?:src|href|action)="(?!/(?!/)|#)""", answer.text)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "same-origin"
    assert len(nonces) == 7
    script = admin.get(re.findall(r'src="(/static/plotly[^"]+)"', admin.get("/segments").text)[0])
    assert "plotly.js" in script.text[:200]
    assert "immutable" in script.headers["cache-control"]


def test_viewers_see_addresses_masked_wherever_they_look(dashboard: Dashboard) -> None:
    viewer, program = dashboard.user("Vic", "viewer"), dashboard.token("reader", "viewer")
    admin = dashboard.user("Anne", "admin")
    places = ["/people", "/segments/aud.mine", *(f"/people/{number}" for number in range(1, 15))]
    answers = ["/people", "/members/aud.mine", "/person/3", "/plans/1"]
    assert "client104@example.com" in "".join(admin.get(place).text for place in places)
    text = "".join(viewer.get(place).text for place in places)
    text += "".join(program.get(f"/api/v1{place}").text for place in answers)
    assert "c•••@e•••.com" in text
    assert not re.findall(r"client\d+@", text)
    assert viewer.get("/people?q=client104@exam").text.count('href="/people/') == 0  # not letter by letter
    assert viewer.get("/people?q=client104@example.com").text.count('href="/people/') == 1


def test_who_was_shown_whom_is_noted_by_name(dashboard: Dashboard) -> None:
    dashboard.user("Vic", "viewer").get("/people/3")
    (noted,) = dashboard.workspace.suppressed.disclosures.of([3])
    assert (noted["who"], noted["command"], noted["at"]) == ("Vic", "person", epoch(dashboard.clock()))


def test_the_page_and_the_api_give_the_same_value(dashboard: Dashboard) -> None:
    admin, program = dashboard.user("Anne", "admin"), dashboard.token("robot", "admin")
    told = program.get("/api/v1/segments").json()
    page = admin.get("/segments").text
    for stage in told["families"][0]["stages"]:
        assert f'href="/segments/{stage["key"]}">{stage["label"]}</a>' in page
        assert f">{stage['people']}</td>" in page
    person = program.get("/api/v1/person/3").json()
    assert {verdict["segment"] for verdict in person["why"]["segments"] if verdict["member"]} >= {"aud.mine"}
    assert program.get("/api/v1/why/3?segment=spread").json()["segments"][0]["clauses"]
    assert program.get("/api/v1/query?rule=number_of_orders%20%3E%200").json()["people"] == next(
        one["people"]
        for one in program.get("/api/v1/segments?all=true&size=200").json()["audiences"]["rows"]
        if one["key"] == "aud.mine"
    )
    assert program.get("/api/v1/plans").json()["plans"]["rows"][0]["state"] == "planned"
    assert {run["outcome"] for run in program.get("/api/v1/runs").json()["runs"]["rows"]} == {"done"}
    moves = program.get("/api/v1/movements").json()["moves"]
    assert sum(move["people"] for move in moves) > 0


def test_the_api_says_what_does_not_fit_in_one_sentence(dashboard: Dashboard) -> None:
    program = dashboard.token("robot", "admin")
    for place, status in (
        ("/query?rule=x%20%3D%3D", 400),
        ("/segments?as_of=tomorrow", 400),
        ("/segments?as_of=2999-01-01", 400),
        ("/segments?page=0", 422),
        ("/person/999999", 404),
        ("/person/x", 404),
        ("/members/spread.nobody", 404),
        ("/plans/77", 404),
        ("/movements?family=none", 400),
    ):
        answer = program.get(f"/api/v1{place}")
        assert answer.status_code == status, (place, answer.text)
        assert answer.json()["error"]["message"]


def test_a_failure_is_told_by_an_id_and_nothing_else(dashboard: Dashboard, engine: Engine) -> None:
    del engine
    admin = dashboard.user("Anne", "admin")
    dashboard.app.state.places = None  # whatever breaks
    answer = admin.get("/segments")
    assert answer.status_code == 500
    assert "Traceback" not in answer.text
    assert "NoneType" not in answer.text
