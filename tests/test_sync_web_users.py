"""Users on the page: invited, given another role, shown out; one administrator always stays; a code is shown once."""

from __future__ import annotations

import html
import re

import pytest
from sqlalchemy import Engine
from structlog.testing import capture_logs

from connector.users import VALID, every_user, waiting
from tests.dashboard_world import HOSTILE, PASSWORD, Browser, Dashboard

USERS = "/settings/users"
_CODE = re.compile(r"\b(?:[2-9A-Z]{5}-){3}[2-9A-Z]{5}\b")


@pytest.fixture
def dashboard(engine: Engine) -> Dashboard:
    return Dashboard(engine)


@pytest.fixture
def admin(dashboard: Dashboard) -> Browser:
    return dashboard.user("Anne", "admin")


def press(browser: Browser, button: str, **fields: str) -> tuple[int, str]:
    """What a button of the page answers, and the page that comes of it."""
    answer = browser.send(USERS, f"{USERS}/{button}", **fields)
    page = answer.text if answer.status_code != 303 else browser.get(answer.headers["location"]).text
    return answer.status_code, html.unescape(page)


def roles(dashboard: Dashboard) -> dict[str, str]:
    with dashboard.engine.connect() as connection:
        return {user.name: user.role if user.active else "-" for user in every_user(connection)}


def test_somebody_is_invited_by_a_code_that_is_shown_once(dashboard: Dashboard, admin: Browser) -> None:
    with capture_logs() as logs:
        status, page = press(admin, "invite", name="Vic", role="viewer")
    (code,) = set(_CODE.findall(page))
    assert status == 200
    assert code not in admin.get(USERS).text
    assert code not in str(logs)
    assert "Vic" in html.unescape(admin.get(USERS).text)
    vic = dashboard.browser()
    assert vic.send("/welcome", code=code, name="Vic", password=PASSWORD, again=PASSWORD).status_code == 303
    assert roles(dashboard) == {"Anne": "admin", "Vic": "viewer"}
    assert waiting(dashboard.engine.connect(), dashboard.clock()) == []
    assert "/settings" not in vic.get("/people").text
    assert "1 session ouverte" in html.unescape(admin.get(USERS).text)


def test_an_invitation_is_withdrawn_or_expires(dashboard: Dashboard, admin: Browser) -> None:
    code = _CODE.findall(press(admin, "invite", name="Vic", role="admin")[1])[0]
    assert press(admin, "withdraw", name="Vic")[0] == 303
    answer = dashboard.browser().send("/welcome", code=code, name="Vic", password=PASSWORD, again=PASSWORD)
    assert answer.status_code == 422
    assert press(admin, "withdraw", name="Vic")[0] == 400
    press(admin, "invite", name="Zoé", role="viewer")
    dashboard.clock.sleep(VALID.total_seconds())
    assert waiting(dashboard.engine.connect(), dashboard.clock()) == []


def test_a_role_holds_at_once_in_both_directions(dashboard: Dashboard, admin: Browser) -> None:
    vic = dashboard.user("Vic", "viewer")
    assert vic.get("/settings").status_code == 403
    assert press(admin, "role", name="Vic", role="admin")[0] == 303
    assert vic.get("/settings").status_code == 200
    assert press(vic, "role", name="anne", role="viewer")[0] == 303
    assert admin.get("/settings").status_code == 403
    assert roles(dashboard) == {"Anne": "viewer", "Vic": "admin"}
    assert press(vic, "role", name="Anne", role="queen")[0] == 422
    status, page = press(vic, "role", name="nobody", role="admin")
    assert (status, "nobody" in page) == (400, True)


def test_the_last_administrator_stays_one(dashboard: Dashboard, admin: Browser) -> None:
    dashboard.user("Vic", "viewer")
    for button, fields in (("role", {"role": "viewer"}), ("close", dict[str, str]())):
        status, page = press(admin, button, name="Anne", **fields)
        assert status == 400
        assert "Anne est le dernier administrateur. Donnez d'abord ce rôle à quelqu'un d'autre." in " ".join(
            re.sub(r"<[^>]+>", " ", page).split()
        )
    assert roles(dashboard) == {"Anne": "admin", "Vic": "viewer"}
    status, page = press(admin, "invite", name="ANNE", role="viewer")  # which would make her one
    assert (status, "Anne entre déjà" in page) == (422, True)
    press(admin, "role", name="Vic", role="admin")
    assert press(admin, "role", name="Anne", role="viewer")[0] == 303
    assert roles(dashboard) == {"Anne": "viewer", "Vic": "admin"}


def test_who_is_shown_out_is_out_at_once_and_can_be_invited_again(dashboard: Dashboard, admin: Browser) -> None:
    vic, program = dashboard.user("Vic", "viewer"), dashboard.token("Vic", "viewer")
    assert press(admin, "close", name="Vic")[0] == 303
    assert vic.client.get("/account", follow_redirects=False).status_code == 303
    assert program.get("/api/v1/runs").status_code == 401
    assert vic.sign_in("Vic").status_code == 422
    assert "n'entre plus" in html.unescape(admin.get(USERS).text)
    code = _CODE.findall(press(admin, "invite", name="Vic", role="viewer")[1])[0]
    assert vic.send("/welcome", code=code, name="Vic", password=PASSWORD, again=PASSWORD).status_code == 303
    assert roles(dashboard)["Vic"] == "viewer"


def test_all_sessions_of_somebody_end_and_a_forgotten_password_has_a_new_code(
    dashboard: Dashboard, admin: Browser
) -> None:
    vic = dashboard.user("Vic", "viewer")
    other = dashboard.browser()
    other.sign_in("Vic")
    assert press(admin, "end", name="Vic")[0] == 303
    assert {one.client.get("/account", follow_redirects=False).status_code for one in (vic, other)} == {303}
    assert vic.sign_in("Vic").status_code == 303
    code = _CODE.findall(press(admin, "code", name="Vic")[1])[0]
    new = "un tout autre mot"
    assert other.send("/welcome", code=code, name="Vic", password=new, again=new).status_code == 303
    assert vic.client.get("/account", follow_redirects=False).status_code == 303
    assert roles(dashboard)["Vic"] == "viewer"


def test_odd_names_are_refused_or_stay_text(dashboard: Dashboard, admin: Browser) -> None:
    for name in ("", " ", "x" * 65, "a\x00b", "\u202egnp"):
        status, page = press(admin, "invite", name=name, role="viewer")
        assert status == 422, name
        assert 'role="alert"' in page
    assert press(admin, "invite", name=HOSTILE, role="viewer")[0] == 200
    for place in (USERS, "/settings"):
        page = admin.get(place).text
        assert "<img src=x" not in page
        assert "&lt;img" in page
    assert roles(dashboard) == {"Anne": "admin"}


def test_viewers_see_and_do_nothing_of_it_and_what_is_done_is_noted(dashboard: Dashboard, admin: Browser) -> None:
    vic = dashboard.user("Vic", "viewer")
    assert vic.get(USERS).status_code == 403
    for button in ("invite", "code", "role", "close", "end", "withdraw"):
        answer = vic.send(USERS, f"{USERS}/{button}", page="/account", name="Vic", role="admin")
        assert answer.status_code == 403
        assert admin.client.post(f"{USERS}/{button}", data={"name": "Vic", "role": "admin"}).status_code == 403
    assert roles(dashboard) == {"Anne": "admin", "Vic": "viewer"}
    press(admin, "role", name="Vic", role="admin")
    (act,) = dashboard.workspace.suppressed.disclosures.acts(10)
    assert (act["who"], act["command"], act["what"]) == ("Anne", "users", "Vic: admin")
