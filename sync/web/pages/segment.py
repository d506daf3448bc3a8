"""One segment: its rule, its people on any day, and how many they were."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Any

from fastapi import HTTPException, Path
from sqlalchemy import Connection

from connector.catalogue import Family, Stage
from connector.errors import SettingsError
from connector.listing import listing
from connector.movements import evolution
from connector.reports import members
from sync.web.chart import Chart, Series
from sync.web.desk import Desk, Here
from sync.web.page import Page
from sync.web.pages.segments import WEEKS, AsOf, remark
from sync.web.sheet import Sheet, Wished
from sync.web.values import Money


@dataclass(frozen=True)
class Member:
    """A person in the segment, since when, with the account ids by store."""

    person: int
    since: str | None
    email: str | None
    accounts: dict[str, list[str]]


@dataclass(frozen=True)
class Members:
    """A segment at the end of a day."""

    key: str
    label: str
    family: str
    told: str
    rule: str
    as_of: str
    people: int | None
    revenue: Money | None
    remark: str | None
    members: Sheet[Member]
    chart: Chart | None


def segment(
    desk: Here, wished: Wished, key: Annotated[str, Path(description="For example spread.loyal.")], as_of: AsOf = ""
) -> Members:
    """The people of a segment on any day, by their numbers."""
    family, stage = _found(desk, key)
    day, language = desk.day(as_of), desk.say.language
    with desk.reading() as connection:
        report = listing(
            connection, desk.shelf.library, day, language=language, keys=[family.key], today=desk.workspace.today()
        )
        entry = next(iter((*report["families"], *report["audiences"])))
        counted = next((one for one in entry.get("stages", ()) if one["key"] == stage.key), entry)
        able = counted["people"] is not None
        rows = list(_members(desk, connection, family, key, day, wished.skipped, wished.size + 1)) if able else []
        chart = _past(connection, family, stage, day, stage.label.of(language)) if able else None
    if rows:
        desk.disclosed("members", key, people=len(rows))
    more = len(rows) > wished.size
    return Members(
        key=key,
        label=stage.label.of(language),
        family=family.label.of(language),
        told=family.told(stage, language),
        rule=_rule(desk, family, stage) if able else stage.rule,
        as_of=report["as_of"],
        people=counted["people"],
        revenue=Money.of(counted["revenue"]),
        remark=remark(desk, entry, family),
        members=Sheet(rows[: wished.size], counted["people"], wished.page, wished.size, "", "", more),
        chart=chart,
    )


def _found(desk: Desk, key: str) -> tuple[Family, Stage]:
    try:
        return desk.shelf.library.segment(key)
    except SettingsError as error:
        raise HTTPException(404) from error


def _rule(desk: Desk, family: Family, stage: Stage) -> str:
    """The rule as it is asked, with the values in force."""
    ready = desk.shelf.library.ready(family.key, desk.say.language)
    return ready.rules()[[one.key for one in ready.stages].index(stage.key)]


def _members(
    desk: Desk, connection: Connection, family: Family, key: str, day: int, skipped: int, most: int
) -> Iterator[Member]:
    ready = desk.shelf.library.ready(family.key, desk.say.language)
    for person in islice(members(connection, [ready], key, day), skipped, skipped + most):
        yield _member(desk, person)


def _member(desk: Desk, person: dict[str, Any]) -> Member:
    return Member(person["person"], person["since"], desk.address(person["email"]), person["accounts"])


def _past(connection: Connection, family: Family, stage: Stage, day: int, label: str) -> Chart | None:
    """How many people were in the segment, week by week; None where no past is kept."""
    try:
        weeks = evolution(connection, family.key, day - 7 * WEEKS, day)["days"][::7]
    except SettingsError:
        return None
    name = family.segment_key(stage).removeprefix(f"{family.key}.")
    return Chart(
        "line", [week["day"] for week in weeks], [Series(label, [week["people"].get(name, 0) for week in weeks])]
    )


PAGE = Page("/segments/{key}", "segment.html", segment, api="/members/{key}")
