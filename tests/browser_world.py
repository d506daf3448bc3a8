"""A real browser on the demo's dashboard: what it may say, ask for and show, and axe-core's opinion of each page."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

from connector.settings import ServeSettings
from connector.users import invite, redeem
from sync.commands.demo import Platforms, folder_of, platforms_of, workspace_of
from sync.commands.demo_serve import front, guest, prepare
from sync.language.voice import Voice
from sync.web import app, listening
from sync.web.access.passwords import hashed
from sync.web.pages import PAGES
from sync.web.tour import PATH, Guide
from sync.workspace import Workspace
from tests.dashboard_world import PASSWORD

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
WIDTHS = {"phone": (390, 844), "desk": (1440, 900)}
COLOURS: tuple[Literal["light", "dark"], ...] = ("light", "dark")
SERIOUS = {"serious", "critical"}
PATIENCE = 60_000.0
"""Milliseconds: machines that test are slow."""
SOON = 10_000.0
"""Milliseconds in which a page has its shape."""
SHAPES = 100
"""So often it is looked at within them."""
_FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"

# what stands in the addresses of pages
VALUES = {"key": "spread.inactive", "number": "1"}


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser; its tests are skipped where this machine has none."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip(f"no browser is installed here: none of {', '.join(NAMES)}")
    confined = [] if os.geteuid() else ["--no-sandbox"]  # root has no namespaces of its own to be confined in
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=[*confined, "--disable-gpu", "--disable-dev-shm-usage"], timeout=PATIENCE
        )
        yield browser
        browser.close()


@dataclass(frozen=True)
class Stand:
    """The demo as it serves, and the same dashboard as it asks everybody for a password."""

    platforms: Platforms
    workspace: Workspace
    demo: str
    locked: str
    admin: str

    def pages(self) -> list[str]:
        """The address of each page of the dashboard."""
        return [PATH, *(page.path.format(**VALUES) for page in PAGES), "/account"]

    def tags(self) -> dict[str, set[str]]:
        """The tags of each account and each contact, by the fakes' own books."""
        accounts = self.platforms.shopify.shop.customers
        contacts = self.platforms.mailchimp.members
        return {f"tags {number}": set(one.tags) for number, one in accounts.items()} | {
            f"newsletter {address}": set(one.tags) for address, one in contacts.items()
        }


@contextmanager
def stand(folder: Path, people: int = 80) -> Iterator[Stand]:
    """The demo, with so many people in its shop, while the block lasts."""
    with ExitStack() as open_, folder_of(folder) as place:
        platforms = open_.enter_context(platforms_of(people))
        workspace = workspace_of(place, "fr", platforms, approve="always")
        open_.callback(workspace.engine.dispose)
        prepare(workspace, Voice("fr", quiet=True))
        shop, port = front(platforms, workspace), ServeSettings(port=0)
        with workspace.engine.begin() as connection:
            code = invite(connection, "Ada", "admin", workspace.now())
            redeem(connection, code, "Ada", hashed(PASSWORD), workspace.now())
        showing = app(workspace, guest=guest(workspace, "fr"), more=Guide(shop).routes())
        demo = open_.enter_context(listening(showing, port))
        locked = open_.enter_context(listening(app(workspace), port))
        yield Stand(platforms, workspace, demo, locked, shop.admin)


@dataclass
class Window:
    """A browser's window, and what it said and asked for."""

    context: BrowserContext
    said: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.context.on("console", self._note_console)
        self.context.on("weberror", lambda error: self.said.append(f"{error.error}"))
        self.context.on("request", self._note_request)
        self.context.set_default_timeout(PATIENCE)
        self.page: Page = self.context.new_page()

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.said.append(f"{urlsplit(message.location['url']).path}: {message.text}")

    def _note_request(self, request: Request) -> None:
        if urlsplit(request.url).scheme not in {"data", "blob"}:
            self.hosts.add(urlsplit(request.url).hostname or "")

    def open(self, address: str) -> Page:
        """Go to an address; the page, once all it asks for has come."""
        self.page.goto(address, wait_until="load")
        return self.page

    def press(self, name: str | re.Pattern[str]) -> Page:
        """Press the first button or follow the first link of a name; the page that comes."""
        target = (
            self.page.get_by_role("button", name=name, exact=True)
            .or_(self.page.get_by_role("link", name=name, exact=True))
            .first
        )
        with self.page.expect_navigation(wait_until="load"):
            target.click()
        return self.page

    def done(self, name: str | re.Pattern[str]) -> Page:
        """Press a button whose work may take long; the page once that has come to its end."""
        self.press(name)
        return self.settle()

    def settle(self) -> Page:
        """The page, once nothing is under way any more."""
        self.page.locator("[data-live]").wait_for(state="detached")
        return self.page

    def sound(self) -> bool:
        """Whether the page fits and axe-core finds nothing serious; AssertionError says what."""
        assert self.fits(), self.page.url
        assert self.faults() == [], self.page.url
        return self.clean()

    def fits(self) -> bool:
        """Whether the page comes to be no wider than the window: charts are drawn anew after it changed."""
        for _ in range(SHAPES):  # asked again and again by us: the pages' policy lets nobody poll within them
            if self.page.evaluate(_FITS):
                return True
            self.page.wait_for_timeout(SOON / SHAPES)
        return False

    def wear(self, width: str, colours: Literal["light", "dark"]) -> None:
        """Have the window's size and the colours that its device prefers."""
        across, down = WIDTHS[width]
        self.page.set_viewport_size({"width": across, "height": down})
        self.page.emulate_media(color_scheme=colours)

    def faults(self) -> list[str]:
        """What axe-core finds at the page that is serious or critical: the rule, and the first place."""
        self.page.evaluate(_axe())
        found: list[dict[str, Any]] = self.page.evaluate(
            "axe.run({resultTypes: ['violations']}).then(found => found.violations)"
        )
        return [
            f"{fault['id']}: {fault['nodes'][0]['target']} {fault['nodes'][0]['failureSummary']}"
            for fault in found
            if fault["impact"] in SERIOUS
        ]

    def clean(self) -> bool:
        """Whether nothing was said in the console, and nobody else was asked; AssertionError says what."""
        assert self.said == []
        assert self.hosts <= {"127.0.0.1"}
        return True


@contextmanager
def window(browser: Browser, language: str = "fr-FR", width: str = "desk", **options: Any) -> Iterator[Window]:  # noqa: ANN401 - as Playwright has them
    """A window of its own, with its own cookies."""
    across, down = WIDTHS[width]
    given = {"viewport": {"width": across, "height": down}, **options}
    context = browser.new_context(locale=language, **given)
    yield Window(context)
    context.close()


@cache
def _axe() -> str:
    """The script of axe-core, from the package that brings it."""
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
