"""Who went from which stage to which, as `connector movements` tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Query

from connector.history.movements import movements
from sync.asked import asked_days, refuse_unkept
from sync.web.desk import Here
from sync.web.page import Answer

Day = Annotated[str, Query(description="A day as YYYY-MM-DD.", max_length=10)]


@dataclass(frozen=True)
class Move:
    """People who went from a stage to another, by cause; None for not being there yet, or any more."""

    origin: str | None
    target: str | None
    people: int
    causes: dict[str, int]


@dataclass(frozen=True)
class Moves:
    """The moves between the ends of two days."""

    since: str
    until: str
    family: str
    moves: list[Move]


def moves(
    desk: Here,
    since: Day = "",
    until: Day = "",
    family: Annotated[str, Query(description="A family or an audience.", max_length=80)] = "spread",
) -> Moves:
    """Who went from which stage to which between two days, and why; by default in the last 30 days."""
    first, last = asked_days(desk.workspace, since or None, until or None)
    with desk.reading() as connection:
        refuse_unkept(desk.workspace, connection, family)
        report = movements(connection, family, first, last)
    found = [Move(move["from"], move["to"], move["people"], move["causes"]) for move in report["moves"]]
    return Moves(report["from"], report["to"], family, found)


ANSWER = Answer("/movements", moves)
