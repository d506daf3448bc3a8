"""Who is let in: codes, passwords, sessions, limits, forms of other sites, addresses; and in which language."""

from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import jinja2
import pytest
from fastapi.testclient import TestClient
from jinja2 import nodes
from sqlalchemy import Engine

from connector.settings import Settings
from connector.users import FIRST, VALID, disable, every_user
from sync.web.access import passwords
from sync.web.access.limits import ALL, FREE, Tries
from sync.web.access.sessions import IDLE, LONGEST
from sync.web.access.visitor import address_of
from sync.web.look import preferred
from tests.command_line import CommandLine
from tests.contract import NOW
from tests.dashboard_world import BASE, PASSWORD, Browser, Dashboard

TEMPLATES = Path(__file__).parents[1] / "sync/web/templates"
PUBLIC = "https://connector.boutique.example"


@pytest.fixture
def dashboard(engine: Engine) -> Dashboard:
    return Dashboard(engine)


def signed_in(browser: Browser) -> bool:
    return browser.client.get("/account", follow_redirects=False).status_code == 200


def test_a_stranger_is_led_to_the_login_page_in_their_language(dashboard: Dashboard) -> None:
    dashboard.user("Anne", "admin")
    for language, word in (("fr-CA,fr;q=0.9,en;q=0.2", "Connexion"), ("de,en;q=0.5", "Sign in"), ("de", "Connexion")):
        answer = dashboard.browser(language=language).get("/people?q=x")
        assert answer.status_code == 200
        assert answer.url.path == "/login"
        assert f'<html lang="{"en" if word == "Sign in" else "fr"}"' in answer.text
        assert f"<h1>{word}</h1>" in answer.text
        assert "content-security-policy" in answer.headers
        assert not re.findall(r"""(?:src|href|action)="(?!/(?!/)|#)""", answer.text)


def test_before_there_is_anybody_one_code_makes_the_first_administrator_and_no_second(dashboard: Dashboard) -> None:
    code, browser = dashboard.code(), dashboard.browser()
    assert 'name="code"' in browser.get("/").text
    for wrong in ("", "AAAAA-BBBBB-CCCCC-DDDDD", code[:-1], code.replace("-", "") + "2"):
        assert (
            browser.send("/welcome", code=wrong or " ", name="Anne", password=PASSWORD, again=PASSWORD).status_code
            != 303
        )
    answer = browser.send("/welcome", code=code.lower(), name="Anne", password=PASSWORD, again=PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/setup")
    assert signed_in(browser)
    other = dashboard.browser()
    again = other.send("/welcome", code=code, name="Eve", password=PASSWORD, again=PASSWORD)
    assert again.status_code == 422
    assert [user.name for user in every_user(dashboard.engine.connect())] == ["Anne"]


def test_codes_expire_and_are_for_one_name(dashboard: Dashboard) -> None:
    def try_code(code: str, name: str) -> int:
        return dashboard.browser().send("/welcome", code=code, name=name, password=PASSWORD, again=PASSWORD).status_code

    first = dashboard.code()
    dashboard.clock.sleep(FIRST.total_seconds())
    assert try_code(first, "Anne") == 422
    assert try_code(dashboard.code(), "Anne") == 303
    second = dashboard.code("Vic", "viewer")
    assert try_code(second, "Eve") == 422
    dashboard.clock.sleep(VALID.total_seconds())
    assert try_code(second, "Vic") == 422
    old, new = dashboard.code("Vic", "viewer"), dashboard.code("Vic", "viewer")
    assert try_code(old, "Vic") == 422
    assert try_code(new, "vic ") == 303


@pytest.mark.parametrize(
    "password", ["1234567", "Password1!", "azertyuiop", "motdepasse2026", "anne1234", "aaaaaaaa", "x" * 257]
)
def test_passwords_that_are_short_or_tried_first_are_refused(dashboard: Dashboard, password: str) -> None:
    answer = dashboard.browser().send("/welcome", code=dashboard.code(), name="Anne", password=password, again=password)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert password not in answer.text


@pytest.mark.parametrize(
    "password",
    ["x9#kq2Lv", " deux  espaces ", "пароль-для-магазина", "😀" * 9 + "kiwi bleu", "y" + "zab" * 40 + "\\'\"<"],
)
def test_a_password_is_taken_as_it_was_typed(dashboard: Dashboard, password: str) -> None:
    code = dashboard.code()
    assert (
        dashboard.browser().send("/welcome", code=code, name="Anne", password=password, again=password).status_code
        == 303
    )
    assert dashboard.browser().sign_in("ANNE", password).status_code == 303
    for other in (password.strip() if password != password.strip() else password + " ", password.upper() + "x"):
        assert dashboard.browser().sign_in("Anne", other).status_code == 422
    (user,) = every_user(dashboard.engine.connect())
    assert (user.password or "").startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert passwords.matches(user.password, password)
    assert not passwords.matches(None, "")


def test_a_session_ends_idle_in_any_case_and_at_sign_out(dashboard: Dashboard) -> None:
    dashboard.user("Anne", "admin")
    browser = dashboard.browser()
    browser.sign_in("Anne")
    dashboard.clock.sleep(IDLE.total_seconds() - 1)
    assert signed_in(browser)
    dashboard.clock.sleep(IDLE.total_seconds() - 1)
    assert signed_in(browser)
    dashboard.clock.sleep(IDLE.total_seconds())
    assert not signed_in(browser)
    browser.sign_in("Anne")
    for _ in range(round(LONGEST / (IDLE / 2)) - 1):
        dashboard.clock.sleep(IDLE.total_seconds() / 2)
        assert signed_in(browser)
    dashboard.clock.sleep(IDLE.total_seconds() / 2)
    assert not signed_in(browser)
    browser.sign_in("Anne")
    kept = dict(browser.client.cookies)
    assert browser.send("/account", "/logout").headers["location"] == "/login"
    stolen = dashboard.browser()
    stolen.client.cookies.update(kept)
    assert not signed_in(stolen)


def test_each_sign_in_has_a_token_of_its_own_that_lies_nowhere(dashboard: Dashboard, tmp_path: Path) -> None:
    browser = dashboard.user("Anne", "admin")
    first = browser.client.cookies["session_8765"]
    browser.client.cookies.set("session_8765", first)
    dashboard.browser().sign_in("Anne")
    other = dashboard.browser()
    answer = other.sign_in("Anne")
    second = other.client.cookies["session_8765"]
    assert first != second
    assert len(second) >= 43
    cookie = next(value for name, value in answer.headers.multi_items() if name == "set-cookie")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("connector.db*"))
    assert second.encode() not in kept
    assert first.encode() not in kept
    assert (tmp_path / "connector.db.sessions").stat().st_mode & 0o777 == 0o600


def test_a_new_password_or_being_disabled_ends_the_sessions_of_a_user(dashboard: Dashboard) -> None:
    here, there = dashboard.user("Anne", "admin"), dashboard.browser()
    there.sign_in("Anne")
    new = "un tout autre mot"
    for current, again in (("wrong", new), (PASSWORD, "different")):
        assert here.send("/account", current=current, password=new, again=again).status_code == 422
    assert here.send("/account", current=PASSWORD, password=new, again=new).status_code == 303
    assert signed_in(here)
    assert not signed_in(there)
    assert there.sign_in("Anne").status_code == 422
    assert there.sign_in("Anne", new).status_code == 303
    program = dashboard.token("Anne", "admin")
    assert program.get("/api/v1/runs").status_code != 401
    with dashboard.engine.begin() as connection:
        disable(connection, "anne", dashboard.clock())
    assert not signed_in(here)
    assert not signed_in(there)
    assert program.get("/api/v1/runs").status_code == 401
    assert dashboard.browser().sign_in("Anne", new).status_code == 422


def test_wrong_tries_make_the_next_wait_and_keep_nobody_out_who_is_in(dashboard: Dashboard) -> None:
    inside = dashboard.user("Anne", "admin")
    browser = dashboard.browser()
    for _ in range(FREE):
        assert browser.sign_in("Anne", "wrong password").status_code == 422
    late = browser.sign_in("Anne")
    assert (late.status_code, late.headers["retry-after"]) == (429, "2")
    assert signed_in(inside)
    dashboard.clock.sleep(2)
    assert browser.sign_in("Anne", "wrong password").status_code == 422
    assert browser.sign_in("Anne").headers["retry-after"] == "4"
    dashboard.clock.sleep(4)
    assert browser.sign_in("Anne").status_code == 303
    assert browser.sign_in("Anne", "wrong password").status_code in {303, 422}


def test_the_limits_hold_for_one_name_and_for_all() -> None:
    tries, now = Tries(), NOW
    waits = []
    for _ in range(20):
        while wait := tries.begin("anne", now):
            waits.append(wait)
            now += timedelta(seconds=wait)
    assert waits[:5] == [2, 4, 8, 16, 32]
    assert max(waits) == 900
    tries = Tries()
    assert [tries.begin(f"name {number}", now) for number in range(ALL)] == [0] * ALL
    assert tries.begin("another", now) == 600
    assert tries.begin("another", now + timedelta(minutes=10)) == 0


def test_nobody_learns_whether_a_name_exists(dashboard: Dashboard) -> None:
    dashboard.user("Anne", "admin")
    known, unknown = dashboard.browser().sign_in("Anne", "wrong pass"), dashboard.browser().sign_in("Eve", "wrong pass")
    assert known.status_code == unknown.status_code

    def bare(text: str) -> str:
        return re.sub(r'nonce="[^"]+"|value="[^"]+"', "", text)

    assert bare(known.text) == bare(unknown.text)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:9999"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": BASE}, 303),
        ({}, 303),  # no browser; the form's key is what counts
    ],
)
def test_forms_of_other_sites_are_refused(dashboard: Dashboard, headers: dict[str, str], status: int) -> None:
    browser = dashboard.user("Anne", "admin")
    fields = {"key": browser.key("/account"), "theme": "dark"}
    assert (
        browser.client.post("/preferences", data=fields, headers=headers, follow_redirects=False).status_code == status
    )


def test_a_form_without_the_key_of_its_session_is_refused(dashboard: Dashboard) -> None:
    browser, other = dashboard.user("Anne", "admin"), dashboard.user("Bob", "admin")
    for key in ("", "x", other.key("/account")):
        for place in ("/logout", "/account", "/preferences"):
            fields = {"key": key, "current": PASSWORD, "password": "un autre mot", "again": "un autre mot"}
            answer = browser.client.post(place, data=fields, headers={"Origin": BASE}, follow_redirects=False)
            assert answer.status_code == 403
    assert signed_in(browser)


@pytest.mark.parametrize(
    "to", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/\tx", ""]
)
def test_nobody_is_sent_elsewhere_after_signing_in(dashboard: Dashboard, to: str) -> None:
    dashboard.user("Anne", "admin")
    answer = dashboard.browser().send("/login", name="Anne", password=PASSWORD, next=to)
    assert (answer.status_code, answer.headers["location"]) == (303, "/setup")


def test_a_body_too_large_for_a_form_is_not_read(dashboard: Dashboard) -> None:
    answer = dashboard.browser().client.post("/login", content=b"a" * (2 * 2**20))
    assert answer.status_code in {403, 413, 422}
    assert (
        dashboard.browser()
        .client.post(
            "/login",
            content=b"name=" + b"a" * (2 * 2**20),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        .status_code
        == 413
    )


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "[::2]", "0.0.0.0", ""]
)
def test_the_dashboard_answers_only_to_its_own_names(dashboard: Dashboard, host: str) -> None:
    client = dashboard.user("Anne", "admin").client
    for place in ("/", "/login", "/segments", "/static/style.css", "/api/v1/segments"):
        assert client.get(place, headers={"Host": host}, follow_redirects=False).status_code == 421
    assert client.get("/api/v1/health", headers={"Host": host}).status_code == 200


def test_behind_https_cookies_are_bound_to_the_host(engine: Engine) -> None:
    serve: object = {"dashboard_url": PUBLIC}
    dashboard = Dashboard(engine, Settings.model_validate({"serve": serve}))
    code = dashboard.code()
    client = TestClient(dashboard.app, PUBLIC, raise_server_exceptions=False)
    page = client.get("/login")
    assert page.headers["strict-transport-security"].startswith("max-age=")
    key = re.findall(r'name="key" value="([^"]+)"', page.text)[0]
    fields = {"key": key, "code": code, "name": "Anne", "password": PASSWORD, "again": PASSWORD}
    assert client.post("/welcome", data=fields, headers={"Origin": BASE}).status_code == 403
    answer = client.post("/welcome", data=fields, headers={"Origin": PUBLIC}, follow_redirects=False)
    assert answer.status_code == 303
    cookie = next(value for name, value in answer.headers.multi_items() if name == "set-cookie")
    assert cookie.startswith("__Host-session=")
    assert "Secure" in cookie
    assert "Domain" not in cookie
    assert client.get("/account").status_code == 200
    with pytest.raises(ValueError, match="https"):
        Settings.model_validate({"serve": {"dashboard_url": "http://192.168.1.5:8765"}})


def test_addresses_are_told_apart() -> None:
    assert address_of("localhost:8000", None) is not None
    assert address_of("[::1]:8000", None) is not None
    found = address_of("Connector.Boutique.Example", PUBLIC)
    assert found is not None
    assert found.secure
    assert address_of("connector.boutique.example:444", PUBLIC) is None


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("fr", "fr"),
        ("en-GB,fr;q=0.9", "en"),
        ("fr;q=0.1,en;q=0.2", "en"),
        ("de,*", None),
        ("fr;q=0", None),
        (";;q=x,EN", "en"),
        ("", None),
    ],
)
def test_the_language_that_weighs_most_is_spoken(header: str, language: str | None) -> None:
    assert preferred(header) == language


def test_language_and_colours_are_chosen_without_a_script_and_stay(dashboard: Dashboard) -> None:
    browser = dashboard.user("Anne", "admin", language="fr")
    assert '<html lang="fr">' in browser.get("/account").text
    answer = browser.send("/account", "/preferences", language="en", back="/account")
    assert answer.headers["location"] == "/account"
    browser.send("/account", "/preferences", theme="dark")
    page = browser.get("/account").text
    assert '<html lang="en" data-theme="dark">' in page
    assert "Change the password" in page
    browser.send("/account", "/preferences", theme="<x>", language="xx")
    assert '<html lang="en" data-theme="dark">' in browser.get("/account").text


class _Said(HTMLParser):
    """Collects what people read of a template's own text: data, and the attributes that are shown or read out."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.words: set[str] = set()
        self._inside = ""
        self.feed(re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}", "", source, flags=re.DOTALL))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        for name, value in attrs:
            if name in {"title", "alt", "placeholder", "aria-label"}:
                self._add(value or "")

    def handle_data(self, data: str) -> None:
        if self._inside not in {"style", "script"}:
            self._add(data)

    def _add(self, text: str) -> None:
        self.words.update(re.findall(r"[^\W\d_]{2,}", text))


def test_no_text_of_a_template_is_in_one_language_only() -> None:
    """Every text is a pair `t("français", "English")`, of the same values; and what is the same in both is known."""
    environment = jinja2.Environment(autoescape=True)
    alike = {"Segments", "Audiences", "Audience", "Code", "Menu", "Pages", "Page {page}", "Total", "Cause"}
    alike |= {"Plan", "Plans", "Destination", "Destinations", "Webhooks", "Port", "variable {name}"}
    alike |= {"Chance", "R ↑ V →"}
    plain = {"FR", "EN", "API", "OpenAPI", "GET", "lifecycle", "connector", "app", "door", "CSV"}
    plain |= {"serve", "port", "toml"}  # of a command, and a file
    plain |= {"Shopify", "WooCommerce", "English", "français", "setup", "demo"}
    plain |= {"read", "write", "customers", "orders", "all", "products"}  # of scopes
    plain |= {"https", "ma", "boutique", "myshopify", "example", "com", "Europe", "Paris"}  # of examples
    pairs = 0
    for file in sorted(TEMPLATES.glob("*.html")):
        source = file.read_text(encoding="utf-8")
        tree = environment.parse(source)
        for call in tree.find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "t":
                texts = [found.value for found in call.args if isinstance(found, nodes.Const)]
                if not texts:  # the navigation's, whose places have both
                    assert [found.attr for found in call.args if isinstance(found, nodes.Getattr)] == ["fr", "en"]
                    continue
                french, english = texts
                assert french != english or french in alike, (file.name, french)
                named = {argument.key for argument in call.kwargs}
                assert set(re.findall(r"{(\w+)}", french)) == set(re.findall(r"{(\w+)}", english)) == named, french
                pairs += 1
        assert _Said(source).words <= plain, file.name
    assert pairs > 80


def test_users_are_added_listed_and_disabled_on_the_command_line(tmp_path: Path) -> None:
    line = CommandLine(tmp_path, "2026-06-30T12:00:00Z")
    line.write('language = "en"\n')
    code = line.ask("users", "add", "Zoé").out
    assert re.search(r": ([2-9A-Z]{5}-){3}[2-9A-Z]{5}$", code, re.MULTILINE)
    token = line.ask("users", "token", "robot", "--role", "admin").out
    assert "lc_" in token
    assert [(user["name"], user["role"], user["token"]) for user in line.ask("users", "list", "--json").lines] == [
        ("robot", "admin", True)
    ]
    line.ask("users", "disable", "ROBOT")
    assert "disabled" in line.ask("users", "list").out
    refused = line.within("users", "disable", "nobody")
    assert refused.code == 1
    assert "There is no user 'nobody'" in refused.err
    assert line.within("users", "add", "\x07").code == 1
