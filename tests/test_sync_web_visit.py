"""The first visit: pages of an empty base, a base of files alone, and addresses that lead nowhere or do not fit."""

from __future__ import annotations

import html
import secrets
from collections.abc import Iterator
from datetime import timedelta
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path

import pytest
from sqlalchemy import Engine

from connector.database import open_database
from connector.settings import Settings, load
from connector.users import Role, invite, redeem
from sync.demo.boutique import boutique
from sync.tasks.importing import Belonging, imported
from sync.web import app
from sync.workspace import Workspace
from tests import shop_exports
from tests.contract import NOW, Clock
from tests.dashboard_world import QUIET, Browser, Dashboard, copied

MENU = ("/", "/segments", "/people", "/rules", "/priorities", "/segments/spread.loyal")
DAY = NOW - timedelta(days=8)
"""Two days after the last order of the file."""


@pytest.fixture(scope="module")
def dropped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of somebody who has dropped a file, soon after its last order."""
    folder = tmp_path_factory.mktemp("dropped")
    shop_exports.write_orders(boutique(NOW.date(), people=30), folder / "orders.csv")
    engine = open_database(str(folder / "connector.db"))
    workspace = Workspace(Settings(stores={}), engine, clock=Clock(DAY))
    imported(workspace, QUIET, folder / "orders.csv", Belonging("boutique", "EUR", "Europe/Paris"))
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return folder / "connector.db"


@pytest.fixture
def files(dropped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dashboard]:
    """The dashboard of a base of files alone."""
    monkeypatch.chdir(tmp_path)
    with copied(dropped, tmp_path) as engine:
        yield Dashboard(engine, load(), Clock(DAY))


@pytest.fixture
def empty(engine: Engine) -> Dashboard:
    return Dashboard(engine, Settings(stores={}))


def somebody(dashboard: Dashboard, role: Role = "admin", language: str = "fr") -> Browser:
    """Somebody who is signed in, and has no password that would have to be worked out."""
    with dashboard.engine.begin() as connection:
        name = secrets.token_hex(4)
        user = redeem(connection, invite(connection, name, role, dashboard.clock()), name, "none", dashboard.clock())
    assert user is not None
    browser = dashboard.browser(language=language)
    browser.client.cookies.set("session_8765", dashboard.app.state.sessions.begin(user, dashboard.clock()))
    return browser


def words(browser: Browser, place: str, status: int = 200) -> str:
    """A page as it reads."""
    answer = browser.get(place)
    assert answer.status_code == status, (place, answer.text)
    return html.unescape(answer.text)


@pytest.mark.parametrize(
    ("language", "begin", "wait"),
    [("fr", "Pour commencer", "Un administrateur branche"), ("en", "To begin", "An administrator connects")],
)
def test_an_empty_base_says_on_every_page_how_to_begin(empty: Dashboard, language: str, begin: str, wait: str) -> None:
    admin, viewer = (somebody(empty, role, language) for role in ("admin", "viewer"))
    for place in MENU:
        page, seen = words(admin, place), words(viewer, place)
        assert begin in page
        assert 'href="/setup"' in page
        assert wait in seen
        assert "/setup" not in seen
        assert "connector pull" not in page + seen
        assert "connector recompute" not in page + seen


def test_an_empty_base_has_nothing_to_tell_programs(empty: Dashboard) -> None:
    program = empty.token("robot", "admin")
    answers = [program.get(f"/api/v1{place}") for place in ("/week", "/segments", "/people", "/priorities")]
    assert {answer.status_code for answer in answers} == {400}
    assert {answer.json()["error"]["message"] for answer in answers} == {"La base de données est vide."}


UNFIT = [
    ("/rules?family=spread&window=0", "à `window` un nombre d'au moins 1.", "Give `window` a number of at least 1."),
    ("/rules?window=9999", "à `window` un nombre d'au plus 3 650.", "Give `window` a number of at most 3,650."),
    ("/?span=5", "l'une de ces valeurs : 7, 30, 90.", "Give `span` one of these values: 7, 30, 90."),
    ("/people?page=x", "à `page` un nombre entier.", "Give `page` a whole number."),
    ("/segments?all=perhaps", "à `all` true ou false.", "Give `all` true or false."),
    ("/setup?step=zzz", "ces valeurs : shopify, woocommerce, file,", "values: shopify, woocommerce, file,"),
    ("/segments/spread.loyal.csv?form=zz", "l'une de ces valeurs : plain, fr.", "one of these values: plain, fr."),
    (f"/people?sort={'x' * 50}", "à `sort` un texte de 40 caractères au plus.", "a text of at most 40 characters."),
    ("/api/v1/query", "Donnez une valeur à `rule`.", "Give `rule` a value."),
]


def test_a_value_that_does_not_fit_is_told_with_those_that_would(empty: Dashboard) -> None:
    for language, said in (("fr", 1), ("en", 2)):
        browser = somebody(empty, "admin", language)
        for case in UNFIT:
            page = words(browser, case[0], 422).replace("<code>", "`").replace("</code>", "`")
            assert case[said] in page.replace("\u00a0", " ").replace("\u202f", " "), (case, page)


def test_a_path_that_does_not_fit_is_no_page(empty: Dashboard) -> None:
    browser = somebody(empty)
    for place in ("/people/abc", "/syncs/runs/0", "/api/v1/person/x", f"/segments/{'x' * 300}"):
        assert "Cette page n'existe pas." in words(browser, place, 404)


def test_files_that_end_some_days_ago_are_told_with_what_to_do(files: Dashboard) -> None:
    assert "Dernière commande connue" not in words(somebody(files), "/")
    files.clock.sleep(timedelta(days=30).total_seconds())
    admin, viewer = somebody(files), somebody(files, "viewer")  # the first sessions are over
    page = words(admin, "/")
    assert "Dernière commande connue : 10 nov. 2026." in page.replace("\u00a0", " ")
    assert 'href="/setup?step=file"' in page
    assert 'href="/segments?as_of=2026-11-10"' in page
    past = words(viewer, "/segments?as_of=2026-11-10")
    assert 'href="/segments/spread.loyal?as_of=2026-11-10"' in past
    assert 'href="/segments/spread.loyal"' in words(viewer, "/segments")
    seen = words(viewer, "/")
    assert "/segments?as_of=2026-11-10" in seen
    assert "/setup" not in seen
    files.workspace.settings = Settings.model_validate(
        {"stores": {"boutique": {"platform": "shopify", "shop": "x.myshopify.com", "token": "shpat_x"}}}
    )
    assert "Dernière commande connue" not in words(admin, "/")


def test_without_a_shop_what_was_switched_on_is_worked_out_by_a_button(files: Dashboard) -> None:
    admin, viewer = somebody(files), somebody(files, "viewer")
    rule = {"rule": "number_of_orders > 0", "name": "clients", "label": "Clients"}
    admin.send("/rules", "/rules/keep", page="/rules", **rule)
    page = words(admin, "/segments/aud.clients").replace("\u00a0", " ")
    assert "Clients est gardé : il sera calculé au prochain recalcul, demain au plus tard" in page
    assert "Ce segment vient d'être activé : il sera calculé au prochain recalcul" in page
    assert '<a href="/syncs">Recalculer maintenant</a>' in page
    assert "L'activer dans la bibliothèque" not in page
    syncs = words(admin, "/syncs")
    assert "Dernier import" in syncs
    assert "jamais" not in syncs
    assert "orders.csv, importé" in syncs
    assert "Recalculer maintenant" in syncs
    assert "Recalculer maintenant" not in words(viewer, "/syncs")
    admin.send("/syncs", page="/syncs")
    assert "Tout est recalculé." in words(admin, "/syncs")
    assert "Ce segment vient d'être activé" not in words(admin, "/segments/aud.clients")


def test_a_day_before_the_history_says_when_that_begins(files: Dashboard) -> None:
    page = words(somebody(files), "/segments?as_of=2010-01-01")
    assert "l'historique commence le" in page
    assert "Audiences" not in page.partition("<main")[2]
    program = files.token("robot", "viewer")
    begins = program.get("/api/v1/segments?as_of=2010-01-01").json()["begins"]
    assert f'href="/segments?as_of={begins}"' in page
    assert program.get(f"/api/v1/segments?as_of={begins}").json()["people"] > 0


def test_people_are_found_by_all_words_of_their_address_in_any_order(files: Dashboard) -> None:
    admin = somebody(files)
    address = next(row["email"] for row in admin.get("/api/v1/people").json()["people"]["rows"] if row["email"])
    first, last = address.partition("@")[0].split(".")[:2]
    assert address in words(admin, f"/people?q={last}+{first}")
    assert "Personne ne répond à cela" in words(admin, f"/people?q={last}+{first}+nobody")
    assert address not in words(somebody(files, "viewer"), f"/people?q={last}+{first}")


def test_a_page_after_the_last_leads_back(files: Dashboard) -> None:
    page = words(somebody(files), "/people?page=999&sort=-spent")
    assert "Il n'y a personne sur cette page." in page
    assert '<a class="button" href="/people?sort=-spent">Première page</a>' in page


def test_the_demo_lets_in_without_a_password_but_not_without_cookies(empty: Dashboard) -> None:
    with empty.engine.begin() as connection:
        guest = redeem(connection, invite(connection, "Demo", "admin", NOW), "Demo", "none", NOW)
    empty.app = app(empty.workspace, guest=guest)
    browser = empty.browser()
    assert "Pour commencer" in words(browser, "/segments?all=true")
    assert "La démonstration laisse entrer sans mot de passe" in words(browser, "/account").replace("\u00a0", " ")
    assert 'type="password"' not in words(browser, "/account")
    without = empty.browser()
    without.client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    assert "Ce navigateur ne garde pas les cookies." in words(without, "/", 400)
