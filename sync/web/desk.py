"""What a page works with: the merchant's workspace, who asks, and the voice that speaks to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Annotated, TypeAlias
from zoneinfo import ZoneInfo

import structlog
from fastapi import Depends, Request
from sqlalchemy import Connection

from connector.days import day_date, instant
from connector.errors import SettingsError
from connector.stores import merchant
from sync.asked import asked_day
from sync.language.voice import Voice
from sync.limit import limited
from sync.privacy.disclosing import disclose
from sync.shelf import Shelf, shelf
from sync.web.access.sessions import Sessions
from sync.web.access.visitor import Visitor
from sync.web.errand import Errands
from sync.web.memory import Memory
from sync.web.rendering import voice_of
from sync.workspace import Workspace

log = structlog.get_logger(__name__)

PATIENCE = 20.0
"""Seconds that a page's questions to the database may take in all."""


@dataclass(frozen=True)
class Sight:
    """What a page works with that only shows, in a browser or in a file."""

    workspace: Workspace  # as it was when the request came
    visitor: Visitor
    say: Voice

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection to ask with; what takes too long is stopped with a QueryError."""
        engine = self.workspace.engine
        with engine.connect() as connection, limited(connection, PATIENCE, self.say.language):
            yield connection

    @cached_property
    def shelf(self) -> Shelf:
        """The families and audiences, as the settings have them now."""
        return shelf(self.workspace.settings)

    def day(self, as_of: str | None) -> int:
        """The day that was asked for, or today; SettingsError for one that has not come."""
        return asked_day(self.workspace, as_of or None)

    @property
    def today(self) -> date:
        """The present day in the shop's time zone."""
        return day_date(self.workspace.today())

    def moment(self, seconds: int) -> str:
        """An instant, given in seconds since the epoch, in the shop's time zone: 2026-06-30T14:05:00+02:00.

        While no shop was ever read, in that of Greenwich.
        """
        return instant(seconds).astimezone(self._zone).isoformat()

    @cached_property
    def _zone(self) -> ZoneInfo:
        with self.workspace.engine.connect() as connection:
            found = merchant(connection)
        return ZoneInfo("UTC") if found is None else found.zone

    def address(self, text: str | None) -> str | None:
        """An e-mail address or phone number as this visitor may see it: of viewers', only enough to tell it apart."""
        return text if text is None or self.visitor.may("admin") else masked(text)

    def disclosed(self, page: str, what: str = "", *, people: int = 1, customer_id: int | None = None) -> None:
        """Note that the visitor is shown personal data."""
        who = self.visitor.user.name
        disclose(self.workspace, page, what, people=people, customer_id=customer_id, who=who)

    def acted(self, what: str, how: str) -> None:
        """Note that the visitor changed settings, or users."""
        log.info("changed", what=what, how=how, user=self.visitor.user.name)
        self.disclosed(what, how, people=0)


@dataclass(frozen=True)
class Desk(Sight):
    """What a page works with, for one request."""

    errands: Errands
    memory: Memory
    sessions: Sessions
    standing: Workspace  # whose settings forms change
    wake: Callable[[], object]  # the service, for a turn


def masked(text: str) -> str:
    """An address or a number with its middle blotted out: c•••@e•••.fr, •••12."""
    name, at, host = text.rpartition("@")
    if not at:
        return f"•••{text[-2:]}" if len(text) > 4 else "•••"
    domain, dot, end = host.rpartition(".")
    return f"{name[:1]}•••@{domain[:1]}•••{dot}{end}" if dot else f"{name[:1]}•••@•••"


def desk(request: Request) -> Desk:
    """The desk of a request; only who is let in comes to one."""
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    if visitor is None:
        raise SettingsError("Nobody is signed in.")
    state = request.app.state
    return Desk(
        state.workspace.as_it_is(),
        visitor,
        voice_of(request),
        state.errands,
        state.memory,
        state.sessions,
        state.workspace,
        state.arrived,
    )


Here: TypeAlias = Annotated[Desk, Depends(desk)]
"""How a page's function asks for its desk."""

Seen: TypeAlias = Annotated[Sight, Depends(desk)]
"""How a page's function asks for it where it only shows, and may be asked for a file too."""
