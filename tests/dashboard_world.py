"""A dashboard over a small shop: who may open it, signed in as whom a test wants; its whole database in one digest."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from sqlite3 import connect as sqlite
from typing import Any

import httpx2 as httpx
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from connector.database import connect, path
from connector.settings import Settings
from connector.users import Role, invite, issue_token
from sync.demo.shop import Shop
from sync.demo.shopify import FakeShopify
from sync.language.voice import Voice
from sync.runs import recorded
from sync.tasks.pull import pull_all
from sync.tasks.push import push_all
from sync.tasks.recompute import bring_up_to_date
from sync.web import app
from sync.workspace import Workspace
from tests.contract import NOW, Clock

BASE = "http://127.0.0.1:8765"
PASSWORD = "vélo jaune du mardi"
PATIENCE = 300.0
"""Seconds."""
HOSTILE = "<img src=x onerror=alert(1)>"
QUIET = Voice("en", quiet=True)
_KEY = re.compile(r'name="key" value="([^"]+)"')


@dataclass
class Browser:
    """Somebody with a browser: cookies, the headers that browsers send, and forms that bear what their page gave."""

    client: TestClient

    def get(self, place: str, **headers: str) -> httpx.Response:
        """A page, wherever that leads."""
        return self.client.get(place, headers=headers)

    def send(self, form: str, to: str = "", *, page: str = "", **fields: str) -> httpx.Response:
        """What a form on `page` is answered with; `to` is where it goes where that is another address."""
        key = self.key(page or form)
        headers = {"Origin": BASE, "Sec-Fetch-Site": "same-origin"}
        return self.client.post(to or form, data={"key": key, **fields}, headers=headers, follow_redirects=False)

    def key(self, page: str) -> str:
        """What the forms of a page bear."""
        found = _KEY.search(self.get(page).text)
        assert found is not None
        return found[1]

    def sign_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        """What the login page answers to a name and a password."""
        return self.send("/login", name=name, password=password)


@dataclass
class Dashboard:
    """The application over a database that nobody else writes."""

    engine: Engine
    settings: Settings = field(default_factory=Settings)
    clock: Clock = field(default_factory=lambda: Clock(NOW))

    def __post_init__(self) -> None:
        self.workspace = Workspace(self.settings, self.engine, clock=self.clock)
        self.open()

    def open(self) -> None:
        """Make the application of the workspace; its forms wait for what they sent, however busy the machine is."""
        self.app = app(self.workspace)
        self.app.state.errands.patience = PATIENCE

    def browser(self, base: str = BASE, language: str = "fr") -> Browser:
        """A new browser."""
        headers = {"Accept-Language": language}
        return Browser(TestClient(self.app, base, headers=headers, raise_server_exceptions=False))

    def code(self, name: str = "", role: Role = "admin") -> str:
        """A code for somebody."""
        with self.engine.begin() as connection:
            return invite(connection, name, role, self.clock())

    def user(self, name: str, role: Role, language: str = "fr") -> Browser:
        """Somebody who has chosen a password, signed in."""
        made = self.browser(language=language)
        answer = made.send("/welcome", code=self.code(name, role), name=name, password=PASSWORD, again=PASSWORD)
        assert answer.status_code == 303, answer.text
        return made

    def token(self, name: str, role: Role) -> TestClient:
        """A program with a token."""
        with self.engine.begin() as connection:
            token = issue_token(connection, name, role, self.clock())
        return TestClient(self.app, BASE, headers={"Authorization": f"Bearer {token}"}, raise_server_exceptions=False)

    def routes(self) -> Iterator[tuple[str, APIRoute]]:
        """Each route of the application, with its method."""
        return walked(self.app.routes)

    def digest(self) -> str:
        """The digest of everything in the database."""
        file = path(self.engine)
        assert file is not None
        with closing(sqlite(file)) as connection:
            return hashlib.sha256("\n".join(connection.iterdump()).encode("utf-8", "replace")).hexdigest()


def walked(routes: Iterable[object]) -> Iterator[tuple[str, APIRoute]]:
    """The routes below some, those of routers that were put in too."""
    for route in routes:
        inner = getattr(route, "original_router", None)
        if isinstance(route, APIRoute):
            for method in sorted(route.methods or ()):
                yield method, route
        elif inner is not None:
            yield from walked(inner.routes)


def filled(route: APIRoute, **values: str) -> str:
    """The address of a route, its parameters filled in."""
    return re.sub(r"\{(\w+)\}", lambda found: values[found[1]], route.path)


def fill(engine: Engine, shop: Shop) -> None:
    """Pull a shop, work the day out, and plan a push that waits."""
    clock = Clock(NOW)
    with FakeShopify(shop, now=clock, maximum=1e9, polls=1) as fake:
        boutique: Any = {"platform": "shopify", "shop": shop.domain, "token": "shpat_demo", "endpoint": fake.url}
        tags: Any = {"platform": "shopify", "store": "boutique", "approve": "always"}
        settings = Settings(stores={"boutique": boutique}, destinations={"tags": tags})
        workspace = Workspace(settings, engine, wait=clock.sleep, clock=clock)
        pull_all(workspace, QUIET)
        with recorded(engine, "recompute", clock) as record:
            bring_up_to_date(workspace, QUIET, record)
        push_all(workspace, QUIET)


@contextmanager
def copied(file: Path, folder: Path) -> Iterator[Engine]:
    """The engine of a copy of a database that was filled before."""
    shutil.copy(file, folder / "connector.db")
    engine = connect(str(folder / "connector.db"))
    yield engine
    engine.dispose()


LATER = timedelta(hours=1)
