"""Synchronisations: a plan is made, seen person by person, applied and undone with forms; nobody else writes then."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from connector.database import open_database
from connector.models import Change, Plan, Quarantine, Run
from connector.settings import Settings
from connector.tables import table
from sync.board import Step
from sync.demo.shop import Shop
from sync.demo.shopify import FakeShopify
from sync.lock import writer
from sync.web.done import Done
from sync.workspace import Workspace
from tests.contract import NOW, Clock, small_shop
from tests.dashboard_world import Browser, Dashboard, copied, fill

PUBLIC = "https://boutique.example/connector"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The database of a small shop, with a plan that waits."""
    file = tmp_path_factory.mktemp("syncs") / "connector.db"
    engine = open_database(str(file))
    fill(engine, small_shop())
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return file


class Served(Dashboard):
    """A dashboard whose shop answers."""

    shop: Shop

    def __post_init__(self) -> None:
        self.workspace = Workspace(self.settings, self.engine, wait=self.clock.sleep, clock=self.clock)
        self.open()

    def count(self, model: type[Any]) -> int:
        """The rows of a table."""
        with self.engine.connect() as connection:
            return connection.scalar(select(func.count()).select_from(table(model))) or 0

    def tags(self) -> int:
        """How many customers of the shop carry a tag."""
        return sum(bool(customer.tags) for customer in self.shop.customers.values())


@pytest.fixture
def served(base: Path, tmp_path: Path) -> Iterator[Served]:
    clock, shop = Clock(NOW), small_shop()
    with FakeShopify(shop, now=clock, maximum=1e9, polls=1) as fake, copied(base, tmp_path) as engine:
        boutique: Any = {"platform": "shopify", "shop": shop.domain, "token": "shpat_demo", "endpoint": fake.url}
        boutique["webhook_secret"] = "un long secret de webhook"
        tags: Any = {"platform": "shopify", "store": "boutique", "approve": "always"}
        serve: Any = {"public_url": PUBLIC}
        settings = Settings(stores={"boutique": boutique}, destinations={"tags": tags}, serve=serve)
        made = Served(engine, settings, clock)
        made.shop = shop
        yield made


def plan_of(place: str) -> str:
    """The page of a plan, as a form's answer leads to it."""
    assert re.fullmatch(r"/syncs/plans/\d+", place), place
    return place


def sent(browser: Browser, to: str, page: str = "/syncs", **fields: str) -> str:
    """Where a form led."""
    answer = browser.send(page, to, page=page, **fields)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def test_the_page_tells_what_waits_what_was_done_and_what_comes_next(served: Served) -> None:
    admin = served.user("Anne", "admin")
    served.clock.move(minutes=5)
    page = admin.get("/syncs").text
    assert "il y a 5 minutes" in page
    assert "dans 10 minutes" in page
    assert "Lecture de « boutique »" in page
    assert "Plan 1 pour « tags »" in page
    assert "0 consentement modifié" in page
    assert "La quarantaine est vide" in page
    english = served.user("Ann", "admin", "en").get("/syncs").text
    assert "5 minutes ago" in english
    assert "0 consents changed" in english


def test_a_plan_tells_who_changes_and_why_and_is_applied_and_undone(served: Served) -> None:
    admin = served.user("Anne", "admin")
    page = admin.get("/syncs/plans/1").text
    assert "client104@example.com" in page
    assert page.count('href="/people/') == served.count(Change)
    assert served.tags() == 0
    assert sent(admin, "/syncs/plans/1/apply", "/syncs/plans/1") == "/syncs/plans/1"
    assert served.tags() > 0
    page = admin.get("/syncs/plans/1").text
    assert "changements acceptés" in page
    run = re.findall(r'href="(/syncs/runs/\d+)"', page)[0]
    assert "Annuler cet envoi" in admin.get(run).text
    assert admin.send(run, f"{run}/undo", page=run).status_code == 422  # it has to be meant
    place = sent(admin, f"{run}/undo", run, sure="true")
    assert "Repris" in admin.get(plan_of(place)).text
    assert served.tags() == 0
    assert "suspendue" in admin.get("/syncs").text
    sent(admin, "/syncs/resume", destination="tags")
    assert "suspendue" not in admin.get("/syncs").text


def test_a_card_of_the_week_leads_to_the_plan_that_waits_and_to_its_own_people_in_it(served: Served) -> None:
    admin = served.user("Anne", "admin")
    start = admin.get("/").text
    place, segment = re.findall(r'href="(/syncs/plans/1\?item=tag%3A([\w.]+))"', start)[0]
    assert "Voir le plan qui attend" in start
    assert place.split("?")[1] in served.user("Vic", "viewer").get("/").text
    program = served.token("robot", "admin")
    found = program.get(f"/api/v1{place.removeprefix('/syncs')}").json()
    assert {change["item"] for change in found["changes"]["rows"]} == {f"tag:{segment}"}
    whole = next(item for item in found["plan"]["items"] if item["item"] == f"tag:{segment}")
    assert found["changes"]["total"] == whole["added"] > 0
    assert program.get("/api/v1/plans/1?item=tag:spread.other").json()["changes"]["total"] == 0
    page = admin.get(place).text
    assert f'<span class="badge">{whole["text"]}</span>' in page
    assert page.count('href="/people/') == whole["added"]
    sent(admin, "/syncs/plans/1/apply", "/syncs/plans/1")
    start = admin.get("/").text
    assert "Voir le plan qui attend" not in start
    assert sent(admin, "/syncs/plans", "/", destination="tags") == "/syncs"  # nothing is left to be pushed
    assert "Préparer l&#39;envoi" in start


def test_what_a_push_brings_can_be_measured_once_a_share_is_held_out_which_the_page_says_how_to_set(
    served: Served,
) -> None:
    admin, viewer = served.user("Anne", "admin"), served.user("Vic", "viewer")
    place, form = "/segments/spread.loyal", "/settings/edit?part=destinations&amp;key=tags#hint-holdout"
    assert f'href="{place}/holdout">Mesurer ce que l&#39;envoi apporte' in viewer.get(place).text
    page = admin.get(f"{place}/holdout").text
    assert "spread.loyal = 10" in page
    assert f'href="{form}"' in page
    assert 'id="hint-holdout"' in admin.get(form.replace("&amp;", "&")).text
    assert form not in viewer.get(f"{place}/holdout").text


def test_a_run_that_only_prepared_a_plan_does_not_say_that_it_pushed(served: Served) -> None:
    admin = served.user("Anne", "admin")
    for page in ("/", "/syncs", "/syncs/runs"):
        told = admin.get(page).text.replace("\u00a0", " ")
        assert "Plan préparé pour « tags »" in told, page
        assert "Envoi vers « tags »" not in told, page
    assert "entrées dans un segment" in admin.get("/syncs/runs").text  # of the recompute
    sent(admin, "/syncs/plans/1/apply", "/syncs/plans/1")
    for page in ("/", "/syncs/runs"):
        assert "Envoi vers « tags »" in admin.get(page).text.replace("\u00a0", " "), page
    assert f"{len(served.shop.customers)} changements acceptés" in admin.get("/syncs/runs").text


def test_a_trial_is_for_a_few_people_and_for_those_who_are_named(served: Served) -> None:
    admin = served.user("Anne", "admin")
    few = plan_of(sent(admin, "/syncs/plans", destination="tags", few="2"))
    told = admin.get(few).text
    assert "essai" in told
    assert len(set(re.findall(r'href="/people/(\d+)"', told))) == 2
    named = plan_of(sent(admin, "/syncs/plans", destination="tags", people="client104@example.com", few="1"))
    sent(admin, f"{named}/apply", named)
    assert served.tags() == 1
    assert served.shop.customers[104].tags
    for wrong in ({"few": "0"}, {"few": "many"}, {"few": "²"}, {"people": "nobody@example.com"}):
        answer = admin.send("/syncs", "/syncs/plans", destination="tags", **wrong)
        assert answer.status_code == 400, wrong
    assert admin.send("/syncs", "/syncs/plans", destination="none").status_code == 400


def test_a_plan_is_the_same_for_programs_with_masked_addresses_for_viewers(served: Served) -> None:
    program, reader = served.token("robot", "admin"), served.token("reader", "viewer")
    told = program.get("/api/v1/plans/1?size=3&page=2").json()
    assert [len(told["changes"]["rows"]), told["changes"]["total"]] == [3, served.count(Change)]
    assert told["ready"] is True
    assert "@example.com" in told["changes"]["rows"][0]["address"]
    assert "•••@e•••.com" in reader.get("/api/v1/plans/1").json()["changes"]["rows"][0]["address"]
    runs = program.get("/api/v1/runs").json()["runs"]["rows"]
    assert program.get(f"/api/v1/runs/{runs[0]['number']}").json()["run"] == runs[0]
    assert program.get("/api/v1/runs/999").status_code == 404
    assert reader.get("/api/v1/syncs").json()["waiting"][0]["plan_id"] == 1


def test_viewers_see_no_form_and_may_not_send_one(served: Served) -> None:
    viewer = served.user("Vic", "viewer")
    for place in ("/syncs", "/syncs/plans/1", "/syncs/runs/1"):
        assert 'action="/syncs' not in viewer.get(place).text
    for form in ("/syncs", "/syncs/plans", "/syncs/plans/1/apply", "/syncs/runs/1/undo", "/syncs/retry"):
        assert viewer.send("/syncs", form, page="/syncs").status_code == 403
    assert served.count(Plan) == 1


def test_while_somebody_else_writes_every_form_says_so_and_does_nothing(served: Served) -> None:
    admin = served.user("Anne", "admin")
    before = served.count(Run), served.count(Plan), served.tags()
    with writer(served.engine, now=served.clock()):
        for form, fields in (
            ("/syncs", {}),
            ("/syncs/plans", {"destination": "tags"}),
            ("/syncs/plans/1/apply", {}),
            ("/syncs/runs/3/undo", {"sure": "true"}),
            ("/syncs/retry", {}),
            ("/syncs/resume", {"destination": "tags"}),
        ):
            answer = admin.send("/syncs", form, page="/syncs", **fields)
            assert answer.status_code == 503, form
            assert "Une autre synchronisation écrit" in answer.text
    assert (served.count(Run), served.count(Plan), served.tags()) == before


def test_a_long_errand_is_followed_live_and_without_a_script_and_keeps_others_out(served: Served) -> None:
    admin = served.user("Anne", "admin")
    release, errands = threading.Event(), served.app.state.errands
    errands.patience = 0.0

    def work() -> Done:
        release.wait(60)
        return Done("/syncs")

    assert errands.send("slow", "/syncs", work) == Done("/syncs")
    served.workspace.board.tell(Step("boutique", "orders", 250, 1000))
    page = admin.get("/syncs").text
    assert "250 sur 1\u202f000" in page.replace("&#8239;", "\u202f")
    assert '<noscript><meta http-equiv="refresh"' in page
    assert 'data-live="/syncs/live"' in page
    assert admin.send("/syncs", page="/syncs").status_code == 503
    with admin.client.stream("GET", "/syncs/live") as stream:
        release.set()
        served.workspace.board.clear("boutique")
        assert "event: end" in "".join(stream.iter_text())
    assert "data-live" not in admin.get("/syncs").text


def test_a_shop_that_refuses_the_key_is_told_with_its_remedy(served: Served) -> None:
    admin = served.user("Anne", "admin")
    served.settings.stores["boutique"].model_extra["token"] = "wrong"  # type: ignore[index]  # extras are a dict here
    answer = admin.send("/syncs", page="/syncs")
    assert answer.status_code == 503
    assert "la boutique" in answer.text
    assert "échoué" in admin.get("/syncs").text


def test_what_is_in_quarantine_is_asked_for_again(served: Served) -> None:
    admin = served.user("Anne", "admin")
    row = {"store_id": 1, "stream": "orders", "platform_id": "1001", "digest": 5, "payload": "{}", "seen_at": 0}
    with served.engine.begin() as connection:
        connection.execute(table(Quarantine).insert(), {**row, "reason": "no date, from zoe@example.com"})
    page = admin.get("/syncs").text
    assert "commande 1001" in page
    assert "zoe@example.com" not in page
    sent(admin, "/syncs/retry", number="1")
    assert "Enregistrés : 1" in admin.get("/syncs").text
    assert served.count(Quarantine) == 0


def test_webhooks_are_asked_about_and_what_is_missing_is_named(served: Served) -> None:
    admin = served.user("Anne", "admin")
    assert "à vérifier" in admin.get("/syncs").text
    sent(admin, "/syncs/webhooks")
    assert "en panne" in admin.get("/syncs").text


def test_a_plan_that_guards_refuse_says_why_and_can_be_insisted_on(served: Served) -> None:
    served.clock.move(days=400)  # the clock stands long after what was done last
    admin = served.user("Anne", "admin")
    place = plan_of(sent(admin, "/syncs/plans", destination="tags"))
    page = admin.get(place).text
    assert "Les garde-fous refusent" in page
    assert "horloge" in page
    assert "/apply" not in page
    insisted = plan_of(sent(admin, "/syncs/plans", place, destination="tags", insist="true"))
    assert admin.send(insisted, f"{insisted}/apply", page=insisted).status_code == 409
    assert served.tags() == 0
    sent(admin, f"{insisted}/apply", insisted, insist="true")
    assert served.tags() > 0
