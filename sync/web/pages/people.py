"""People in a list: those who ordered last, or those whom one looks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Query

from connector.answers.dossier import Column, Entry, roll
from connector.judging.kept import kept
from sync.language.lapsing import names
from sync.web.desk import Desk, Here
from sync.web.page import Page
from sync.web.rendering import Place
from sync.web.sheet import Sheet, Wished
from sync.web.values import Money

COLUMNS: Mapping[str, Column] = {"orders": "orders", "spent": "spent", "last": "last", "since": "since"}


@dataclass(frozen=True)
class Listed:
    """A person in one line; `stage` is the label of that of the first family, `place` its number there from 1."""

    person: int
    email: str | None
    stage: str | None
    place: int
    orders: int
    spent: Money
    last: str | None
    since: str


@dataclass(frozen=True)
class People:
    """People by a column: orders, spent, last or since; by default from the last order on."""

    people: Sheet[Listed]
    going: str | None = None  # what they are about to be in, where those alone were asked for


def people(
    desk: Here,
    wished: Wished,
    going: Annotated[str, Query(description="Those who have to be won back soon, by this family.", max_length=80)] = "",
) -> People:
    """People by their last order or another column; those whom q means: an e-mail, a phone number, an account id."""
    column = COLUMNS.get(wished.sort.removeprefix("-"))
    sort = wished.sort if column else "-last"
    families = [family for family in desk.shelf.families if len(family.stages) > 1]
    with desk.reading() as connection:
        ahead = kept(connection, "lapsing").found.get("lapsing", {}).get(going) if going else None
        found = roll(
            connection,
            families[0].key if families else "",
            among=None if ahead is None else ahead["most"],
            sought=wished.q,
            exact=not desk.visitor.may("admin"),  # else a viewer could try addresses letter by letter
            sort=column or "last",
            falling=sort.startswith("-"),
            rows=range(wished.skipped, wished.skipped + wished.size + 1),
        )
    currency = desk.workspace.merchant().currency
    rows = [_listed(desk, entry, currency) for entry in found[: wished.size]]
    if rows:
        desk.disclosed("people", people=len(rows))
    more = len(found) > wished.size
    sheet = Sheet(rows, None, wished.page, wished.size, sort, wished.q, more)
    return People(sheet, None if ahead is None else names(desk.say, desk.shelf.library.entry(going), ahead))


def _listed(desk: Desk, entry: Entry, currency: str) -> Listed:
    known = desk.shelf.library.segments()
    family, stage = known.get(entry.stage or "", (None, None))
    label = None if stage is None else stage.label.of(desk.say.language)
    return Listed(
        person=entry.person,
        email=desk.address(entry.email),
        stage=label,
        place=1 + family.stages.index(stage) if family and stage else 0,
        orders=entry.orders,
        spent=Money(entry.spent, currency),
        last=entry.last,
        since=entry.since,
    )


PAGE = Page("/people", "people.html", people, api="/people", place=Place("people", "/people", "Personnes", "People"))
