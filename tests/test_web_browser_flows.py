"""What a merchant does from beginning to end, in a real browser; the fakes' own books say what came of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from sync import clock
from sync.demo.shop import ShopCustomer, ShopLine, ShopOrder
from sync.lock import writer
from sync.tasks.push import Request, apply_waiting, proposed
from tests.browser_world import PATIENCE, Stand, Window, chromium, stand, window

expect.set_options(timeout=PATIENCE)
WHO = "section:last-of-type table.wide tbody tr"
"""The people of a plan, on its page."""
CELLS = "rows => rows.map(row => [...row.cells].map(cell => cell.innerText))"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def shop(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with stand(tmp_path_factory.mktemp("flows") / "demo", people=50) as made:
        yield made


def to_plan(seen: Window, shop: Stand, destination: str) -> Page:
    """From the synchronisations to the newest plan that waits for a destination."""
    page = seen.open(f"{shop.demo}/syncs")
    with page.expect_navigation(wait_until="load"):
        page.get_by_role("link", name=re.compile(rf"^Plan \d+ (pour|for) [«“]\s?{destination}\s?[»”]$")).first.click()
    return page


def form_plan(seen: Window, shop: Stand, destination: str, name: str) -> Page:
    """Form a plan for everybody at a destination, and see it."""
    page = seen.open(f"{shop.demo}/syncs")
    card = page.locator("article.waits", has=page.get_by_role("heading", name=re.compile(rf"^{destination} ")))
    with page.expect_navigation(wait_until="load"):
        card.get_by_role("button", name=name, exact=True).click()
    seen.settle()
    return to_plan(seen, shop, destination)


def undo_all(seen: Window, shop: Stand, link: str, tick: str, button: str, resume: str) -> None:
    """Take back all that can be, from the newest push on, and let the destination go on after each."""
    page = seen.open(f"{shop.demo}/syncs")
    while page.get_by_role("link", name=link, exact=True).count():
        seen.press(link)
        page.get_by_label(tick).check()
        seen.done(button)
        seen.open(f"{shop.demo}/syncs")
        seen.done(resume)


def rows_of(page: Page) -> dict[str, str]:
    """Each person of a plan's page with what is to be written; every row says why."""
    cells: list[list[str]] = page.locator(WHO).evaluate_all(CELLS)
    assert all(why.strip() for _, _, why, *_ in cells)
    return {who.strip(): what.strip() for who, what, *_ in cells}


def test_a_plan_is_tried_on_a_few_applied_and_undone_to_the_last_tag(browser: Browser, shop: Stand) -> None:
    before = shop.tags()
    emails = {f"tags {n}": str(one.email) for n, one in shop.platforms.shopify.shop.customers.items()}

    def written() -> dict[str, str]:
        now = shop.tags()
        assert all(now[key] >= before[key] for key in before)  # nobody else's tag went
        return {emails[key]: " ".join(now[key] - before[key]) for key in before if now[key] != before[key]}

    with window(browser, "fr-FR", "desk", color_scheme="light") as seen:
        page = to_plan(seen, shop, "tags")
        everybody = rows_of(page)
        assert seen.sound()
        seen.done("D'abord sur 5 personnes")
        few = rows_of(to_plan(seen, shop, "tags"))
        assert len(few) == 5
        assert few.items() <= everybody.items()
        seen.done("Appliquer à 5 personnes")
        assert written() == few

        page = form_plan(seen, shop, "tags", "Préparer un plan")
        seen.done(re.compile("^Appliquer à"))
        assert written().items() >= everybody.items()
        assert len(written()) == len([key for key in before if key.startswith("tags")])
        expect(page.get_by_text("Ce qu'il en est advenu")).to_be_visible()
        assert seen.sound()
        seen.press("L'envoi, et comment l'annuler")
        assert seen.sound()
        undo_all(seen, shop, "Annuler le dernier envoi…", "Oui, reprendre", "Annuler cet envoi", "Reprendre les envois")
        assert shop.tags() == before
        assert seen.clean()


def test_what_a_guard_refuses_is_said_insisted_on_and_undone(browser: Browser, shop: Stand) -> None:
    before = shop.tags()
    with window(browser, "en-GB", "phone", color_scheme="dark") as seen:
        form_plan(seen, shop, "tags", "Prepare a plan")
        seen.done(re.compile("^Apply to"))
        standing = shop.tags()
        buy_again(shop, 25)
        seen.open(f"{shop.demo}/syncs")
        seen.done("Sync now")
        assert all("409" in text for text in seen.said)  # browsers note a page of that status; so it is said at once
        seen.said.clear()
        page = to_plan(seen, shop, "tags")
        expect(page.get_by_role("heading", name="The guards refuse")).to_be_visible()
        assert seen.sound()
        assert shop.tags() == standing
        seen.done("Prepare the plan all the same")
        page = to_plan(seen, shop, "tags")
        page.get_by_label("I have read what the guards say").check()
        seen.done(re.compile("^Apply to"))
        assert sum(tags != standing[key] for key, tags in shop.tags().items()) >= 25
        undo_all(seen, shop, "Undo the last push…", "Yes, take back", "Undo this push", "Let it go on")
        assert shop.tags() == before
        assert seen.clean()


def buy_again(shop: Stand, people: int) -> None:
    """Have so many customers order today who have not for long."""
    books, today = shop.platforms.shopify.shop, clock.now()
    late = sorted(books.customers, key=lambda number: max(_placed(shop, number), default=today - timedelta(days=9999)))
    for order, number in enumerate(late[:people], max(books.orders) + 1):
        line = ShopLine(order * 10, None, "Savon", 1, 900)
        books.orders[order] = ShopOrder(order, today, today, 900, number, lines=[line])


def _placed(shop: Stand, number: int) -> list[datetime]:
    return [one.placed_at for one in shop.platforms.shopify.shop.orders.values() if one.customer_id == number]


def test_an_objection_takes_everything_of_ours_off_and_can_be_withdrawn(browser: Browser, shop: Stand) -> None:
    before = shop.tags()
    someone = somebody(shop)
    with window(browser, "en-GB", "desk", color_scheme="dark") as seen:
        push(shop)
        pushed = shop.tags()
        page = seen.open(f"{shop.demo}/people?q={someone.email}")
        seen.press(str(someone.email))
        place = page.url
        assert seen.sound()
        with page.expect_download() as given:
            page.get_by_role("link", name="Export their data").click()
        held = json.loads(Path(given.value.path()).read_text(encoding="utf-8"))
        assert {"kind": "email", "value": someone.email} in held["sections"][0]["rows"]
        seen.done("Note their objection")
        theirs = [f"tags {someone.id}", f"newsletter {someone.email}"]
        assert {key: tags for key, tags in shop.tags().items() if tags != pushed[key]} == {
            key: before[key] for key in theirs
        }
        seen.open(place)
        expect(page.get_by_text("This person objects to profiling")).to_be_visible()
        expect(page.get_by_text("Nothing of ours is written there.")).to_be_visible()
        assert seen.sound()
        seen.done("Withdraw the objection")
        expect(seen.open(place).get_by_role("button", name="Note their objection")).to_be_visible()
        assert seen.clean()


def test_who_is_erased_is_on_no_page_and_nothing_of_ours_is_left_of_them(browser: Browser, shop: Stand) -> None:
    before = shop.tags()
    someone = somebody(shop)
    theirs = {key: before[key] for key in (f"tags {someone.id}", f"newsletter {someone.email}")}
    with window(browser, "fr-FR", "phone", color_scheme="dark") as seen:
        plans = push(shop)
        assert all(shop.tags()[key] > tags for key, tags in theirs.items())
        seen.open(f"{shop.demo}/people?q={someone.email}")
        seen.press(str(someone.email))
        person = seen.page.url
        assert names(seen, shop, [person, *plans], someone) == [person, *plans]
        seen.press("Effacer cette personne…")
        assert seen.sound()
        page = seen.press("Ne rien effacer")
        assert page.url == person
        seen.press("Effacer cette personne…")
        page.get_by_role("button", name="Effacer définitivement").click()
        assert page.url == f"{person}/erase"  # it has to be meant
        page.get_by_label("J'ai lu ce qui disparaît").check()
        seen.done("Effacer définitivement")
        assert {key: shop.tags()[key] for key in theirs} == theirs
        everywhere = [f"{shop.demo}{place}" for place in (*shop.pages(), "/segments/spread.inactive.csv")]
        answers = [
            f"{shop.demo}/api/v1{place}" for place in ("/people?size=500", "/plans/1?size=500", "/syncs", "/runs")
        ]
        assert names(seen, shop, [*everywhere, *answers, *plans, person], someone) == []
        assert seen.page.request.get(person).status == 404
        assert seen.clean()


def names(seen: Window, shop: Stand, places: list[str], someone: ShopCustomer) -> list[str]:
    """Which of the pages name somebody."""
    return [place for place in places if str(someone.email) in seen.page.request.get(place).text()]


def test_two_who_were_found_to_be_one_are_separated_again(browser: Browser, shop: Stand) -> None:
    one, other = two(shop)
    own, one.email = one.email, other.email
    one.updated_at = clock.now()
    with window(browser, "fr-FR", "phone", color_scheme="light") as seen:
        seen.open(f"{shop.demo}/syncs")
        seen.done("Synchroniser maintenant")
        seen.open(f"{shop.demo}/people?q={own}")
        page = seen.press(str(min(str(own), str(other.email))))
        expect(page.get_by_role("heading", name="Fiches réunies")).to_be_visible()
        expect(page.get_by_text(str(own)).first).to_be_visible()
        expect(page.get_by_text(str(other.email)).first).to_be_visible()
        assert seen.sound()
        page = seen.press("Séparer")
        expect(page.get_by_role("status")).to_contain_text("Séparées")
        expect(page.get_by_role("heading", name="Fiches réunies")).to_have_count(0)
        assert seen.clean()


def push(shop: Stand) -> list[str]:
    """Have what is wanted stand at each destination; the pages of the plans."""
    workspace = shop.workspace
    with writer(workspace.engine, now=workspace.now()):
        plans = [
            proposed(workspace, key, Request([], None, rename=False, again=False)) for key in ("tags", "newsletter")
        ]
    for plan in plans:
        apply_waiting(workspace, plan)
    return [f"{shop.demo}/syncs/plans/{plan.plan_id}?size=500" for plan in plans]


def two(shop: Stand) -> list[ShopCustomer]:
    """Two customers with an account each."""
    return list(shop.platforms.shopify.shop.customers.values())[-2:]


def somebody(shop: Stand) -> ShopCustomer:
    """A customer who bought, and is subscribed to the newsletter."""
    books = shop.platforms.shopify.shop
    bought = {order.customer_id for order in books.orders.values()}
    return next(one for one in books.customers.values() if one.consent == "subscribed" and one.id in bought)
