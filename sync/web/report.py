"""A picture of a shop as one file that stands alone: what the dashboard shows first, without a script or a request.

The figures are those of the pages' own functions, and the templates show the pages' own parts.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from connector.judging.kept import kept
from connector.users import User
from sync.language.vocabulary import FACTS
from sync.language.voice import Voice
from sync.web import static
from sync.web.access.visitor import Visitor
from sync.web.desk import Sight
from sync.web.pages.priorities import Priorities, priorities
from sync.web.pages.segments import Segments, segments
from sync.web.pages.week import Week, week
from sync.web.rendering import document
from sync.web.sheet import LARGEST, Wish
from sync.web.trust import Known, Worry, known
from sync.web.values import Money
from sync.workspace import Workspace

_READER = Visitor(User(0, "", "viewer", None, 0, None), None, "")
"""Whoever the file is sent to: they see no addresses, and change nothing."""


@dataclass(frozen=True)
class Subject:
    """What the picture is of: a file, its orders and what they brought, on the days from the first to the last."""

    file: str
    first: str
    last: str
    orders: int
    net: Money
    timezone: str


@dataclass(frozen=True)
class Picture:
    """What pages show of a shop on one day, and of how many orders or people each fact is known."""

    week: Week
    priorities: Priorities
    segments: Segments
    known: list[Known]


def picture(workspace: Workspace, say: Voice) -> Picture:
    """What the pages of the dashboard say of a workspace today."""
    desk = Sight(workspace, _READER, say)
    with workspace.engine.connect() as connection:
        found = kept(connection, "coverage")
    everything = Wish("", "", 1, LARGEST)
    return Picture(week(desk), priorities(desk), segments(desk, everything), known(say, found, FACTS))


def page(subject: Subject, shown: Picture, doubts: list[Worry], say: Voice) -> str:
    """The picture as HTML: one file with its style, its charts and its policy, which lets nothing be asked for."""
    style = static.text("style.css")
    icon = base64.b64encode(static.text("icon.svg").encode()).decode()
    return document(
        "report.html",
        say,
        subject=subject,
        shown=shown,
        doubts=doubts,
        style=style,
        digest=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        icon=f"data:image/svg+xml;base64,{icon}",
    )
