"""One segment: who is in it, by which rule, how many they were, who came and went, and what it shares with others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

from fastapi import HTTPException, Path, Query
from sqlalchemy import Connection

from connector.answers.roster import COLUMNS, counted_since, first_day, listed, people_of
from connector.catalogue import Audience, Family, Stage
from connector.catalogue.entries import said_by
from connector.days import day_date
from connector.errors import QueryError, SettingsError
from connector.history.passage import overlaps, passage
from connector.holdout import in_force
from connector.query import canonical
from sync.language.labels import segment_labels
from sync.targets import told_of
from sync.web.chart import Chart, Series
from sync.web.desk import Desk, Here
from sync.web.entries import Entries, Part, cards
from sync.web.page import Page
from sync.web.pages.segments import WEEKS, AsOf
from sync.web.sheet import Sheet, Wished
from sync.web.values import Money
from sync.web.words import coming, word

SHOWN = 12
"""So many other segments are shown beside one."""
Days: TypeAlias = Annotated[int, Query(ge=1, le=3650, description="Over so many days who came and who left.")]


@dataclass(frozen=True)
class Member:
    """A person in the segment, since when and why; orders and money are those up to now."""

    person: int
    email: str | None
    since: str
    cause: str
    cause_told: str
    orders: int
    spent: Money
    last: str | None


@dataclass(frozen=True)
class Way:
    """So many people, by where they came from, where they went, or why."""

    key: str | None
    label: str
    people: int


@dataclass(frozen=True)
class Moved:
    """Who is there now and was not on the day `since`, and the reverse; `net` is the difference.

    Of very many people all but `net` is estimated from a sample, and not `exact`.
    """

    days: int
    since: str
    came: int
    left: int
    net: int
    origins: list[Way]
    targets: list[Way]
    causes: list[Way]
    exact: bool


@dataclass(frozen=True)
class Shared:
    """Another segment with the people in common, and their share of this one; counted, or estimated from a sample."""

    key: str
    label: str
    people: int
    share: float | None
    exact: bool


@dataclass(frozen=True)
class Held:
    """A hold-out in force: so many per cent receive nothing of the segment at a destination."""

    destination: str
    percent: float
    since: str


@dataclass(frozen=True)
class Rule:
    """The rule in words and in the language; `place` of how many stages, of which the first that holds wins.

    The words are the rule itself where nobody has put it in any: it is not `worded`. `whole` says the same without the
    stages before it; None where that is the rule itself.
    """

    told: str
    worded: bool
    text: str
    whole: str | None
    place: int
    places: int


@dataclass(frozen=True)
class Segment:
    """One segment; `people` is None while nobody was ever worked out for it, and `remark` says why."""

    key: str
    label: str
    family: str
    on: bool
    own: bool  # an audience, whose rule can be changed by itself
    as_of: str
    now: bool
    people: int | None
    remark: str | None
    rule: Rule
    members: Sheet[Member]
    chart: Chart | None
    moved: Moved | None
    days: int
    counted_since: str | None  # where that is why nothing is said of who came and left in those days
    overlaps: list[Shared]
    holdouts: list[Held]
    entry: str  # what the library has it under
    doing: Part
    destinations: list[str]
    cards: bool  # whether its health was asked for


def segment(
    desk: Here,
    wished: Wished,
    key: Annotated[str, Path(description="For example spread.loyal.", max_length=200)],
    as_of: AsOf = "",
    days: Days = 30,
    health: Annotated[bool, Query(description="Also its six criteria, where it is on.")] = False,
) -> Segment:
    """A segment: its people, its rule, its past, who came and left, what it shares with others that are on."""
    entry, stage = found(desk, key)
    today, day = desk.workspace.today(), desk.day(as_of)
    now = day == today
    with desk.reading() as connection:
        people = people_of(connection, key, None if now else day)
        rows = _members(desk, connection, key, None if now else day, wished) if people else []
        chart = _past(desk, connection, entry, stage, day) if people is not None else None
        known = people is not None and now
        began = counted_since(connection, entry.key) if known else None
        late = began is not None and today - days < began
        moved = _moved(desk, connection, entry, key, today - days, days) if known and not late else None
        shared = _shared(desk, connection, entry, key, people or 0) if known else []
        doing = Entries(desk, connection, cards(desk, connection) if health else {}).part(entry, stage)
        holdouts = [
            Held(one.destination, one.share.percent, day_date(one.since).isoformat())
            for one in in_force(connection)
            if one.segment == key
        ]
    if rows:
        desk.disclosed("members", key, people=min(len(rows), wished.size))
    more, total = len(rows) > wished.size, None if wished.q else people
    return Segment(
        key=key,
        label=stage.label.of(desk.say.language),
        family=entry.label.of(desk.say.language),
        on=desk.shelf.holds(entry.key),
        own=isinstance(entry, Audience),
        as_of=day_date(day).isoformat(),
        now=now,
        people=people,
        remark=_remark(desk, entry) if people is None else None,
        rule=_rule(desk, entry, stage),
        members=Sheet(rows[: wished.size], total, wished.page, wished.size, _sort(wished), wished.q, more),
        chart=chart,
        moved=moved,
        days=days,
        counted_since=day_date(began).isoformat() if began is not None and late else None,
        overlaps=shared,
        holdouts=holdouts,
        entry=entry.key,
        doing=doing,
        destinations=told_of(desk.workspace.settings, desk.shelf, entry.key),
        cards=health,
    )


def found(desk: Desk, key: str) -> tuple[Family, Stage]:
    """The family and the stage of a segment; HTTPException 404 where there is none of that key."""
    known = desk.shelf.library
    try:
        return known.segment(key)
    except SettingsError as error:
        raise HTTPException(404) from error


def _sort(wished: Wished) -> str:
    """The column that is asked for; without one, who came last is first."""
    return wished.sort if wished.sort.removeprefix("-") in COLUMNS else "-since"


def _members(desk: Desk, connection: Connection, key: str, day: int | None, wished: Wished) -> list[Member]:
    """The people of the page, and one more where there is one."""
    currency = desk.workspace.merchant().currency
    people = listed(
        connection,
        key,
        day,
        sought=wished.q,
        exact=not desk.visitor.may("admin"),  # else a viewer could try addresses letter by letter
        sort=_sort(wished),
        limit=wished.size + 1,
        offset=wished.skipped,
    )
    return [
        Member(
            one.who.person,
            desk.address(one.who.email),
            one.since,
            one.cause,
            word(desk.say, "cause", one.cause),
            one.who.orders,
            Money(one.who.spent, currency),
            one.who.last,
        )
        for one in people
    ]


def _past(desk: Desk, connection: Connection, entry: Family, stage: Stage, day: int) -> Chart | None:
    """How many people were there, week by week, from when that is known; None before its second week."""
    first, key = first_day(connection, entry.key), entry.segment_key(stage)
    weeks = [day - 7 * ago for ago in range(WEEKS, -1, -1) if first is not None and day - 7 * ago >= first]
    if len(weeks) < 2:
        return None
    people: list[float | None] = [people_of(connection, key, week) for week in weeks]
    along = [day_date(week).isoformat() for week in weeks]
    return Chart("line", along, [Series(stage.label.of(desk.say.language), people)])


def _moved(desk: Desk, connection: Connection, entry: Family, key: str, since: int, days: int) -> Moved:
    ways = passage(connection, entry.key, key, since)
    names: dict[str | None, str] = {
        entry.segment_key(stage): stage.label.of(desk.say.language) for stage in entry.stages
    }
    nowhere = _nowhere(desk, entry)
    came, left = sum(ways.came.values()), sum(ways.left.values())
    return Moved(
        days,
        day_date(since).isoformat(),
        came,
        left,
        ways.net,
        _ways(ways.came, names | {None: nowhere[0]}),
        _ways(ways.left, names | {None: nowhere[1]}),
        _ways(ways.causes, {cause: word(desk.say, "cause", cause) for cause in ways.causes}),
        ways.exact,
    )


def _ways(people: Mapping[Any, int], names: Mapping[Any, str]) -> list[Way]:
    """The most travelled first; a stage that there is no more goes by its key."""
    ways = [Way(key, names.get(key, key), number) for key, number in people.items()]
    return sorted(ways, key=lambda way: (-way.people, way.label))


def _nowhere(desk: Desk, entry: Family) -> tuple[str, str]:
    """What is said of those who were in no stage before, or are in none now."""
    say = desk.say
    if isinstance(entry, Audience):
        return say.text("n'y étaient pas", "were not in it"), say.text("n'y sont plus", "are no longer in it")
    return say.text("pas encore connus", "not known yet"), say.text("dans aucune étape", "in no stage")


def _shared(desk: Desk, connection: Connection, entry: Family, key: str, people: int) -> list[Shared]:
    called = segment_labels(desk.say, desk.shelf)
    others = {one.segment_key(stage) for one in desk.shelf.families if one.key != entry.key for stage in one.stages}
    return [
        Shared(one.key, called[one.key], one.people, min(1.0, one.people / people) if people else None, one.exact)
        for one in overlaps(connection, key, others, SHOWN)
    ]


def _rule(desk: Desk, entry: Family, stage: Stage) -> Rule:
    try:
        text = canonical(entry.expression(stage, desk.say.language))
    except QueryError:  # it waits for a value
        text = stage.rule
    place = [one.key for one in entry.stages].index(stage.key) + 1
    worded = stage.description.en != said_by(stage.rule)
    return Rule(
        entry.told(stage, desk.say.language), worded, text, _whole(desk, entry, stage), place, len(entry.stages)
    )


def _whole(desk: Desk, entry: Family, stage: Stage) -> str | None:
    """The rule of a stage as one that says by itself who is not in an earlier one."""
    if stage is entry.stages[0] or entry.missing:
        return None
    rule = canonical(desk.shelf.library.rules()[entry.segment_key(stage)])
    return rule.removeprefix("TRUE AND ")  # of the stage that everybody else is in


def _remark(desk: Desk, entry: Family) -> str:
    """Why nobody is known of a segment, and what to do."""
    say = desk.say
    obstacle = desk.shelf.library.obstacle(entry, say.language)
    if entry.missing:
        asked = [entry.asks[name].label.of(say.language) if name in entry.asks else name for name in entry.missing]
        return say.text("Il manque une valeur : {asked}.", "A value is missing: {asked}.", asked=", ".join(asked))
    if obstacle:
        return obstacle
    if desk.shelf.holds(entry.key):
        return say.text(
            "Ce segment vient d'être activé : {coming}.",
            "This segment was just switched on: {coming}.",
            coming=coming(say, shop=bool(desk.workspace.settings.stores)),
        )
    return say.text(
        "Ce segment n'est pas activé : personne n'y est compté.", "This segment is off: nobody is counted in it."
    )


PAGE = Page("/segments/{key}", "segment.html", segment, api="/members/{key}")
