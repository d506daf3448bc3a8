"""How many people a rule holds for, as `connector query` tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Query
from sqlalchemy import select

from connector.answers.questions import ask
from connector.models import Segment
from connector.tables import table
from sync.web.desk import Here
from sync.web.page import Answer
from sync.web.pages.segments import AsOf

LONGEST = 10_000


@dataclass(frozen=True)
class Counted:
    """The people for whom a rule holds, its one spelling, and Shopify's words for it where it has any."""

    people: int
    canonical: str
    portability: str
    native: str | None
    warnings: list[str]


def query(
    desk: Here,
    rule: Annotated[str, Query(description="last_order_date <= -180d", max_length=LONGEST)],
    as_of: AsOf = "",
) -> Counted:
    """How many people a rule holds for at the end of a day, and Shopify's words for it."""
    segments = table(Segment)
    with desk.reading() as connection:
        kept = frozenset(connection.scalars(select(segments.c.key).where(segments.c.active)))
        answer = ask(
            connection,
            rule,
            desk.day(as_of),
            desk.shelf.library,
            desk.say.language,
            today=desk.workspace.today(),
            kept=kept,
        )
    portable = answer.portability
    return Counted(answer.people, answer.canonical, portable.mark, portable.native, list(answer.warnings))


ANSWER = Answer("/query", query)
