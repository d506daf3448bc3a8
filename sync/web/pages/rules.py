"""The workshop: a rule is tried on everybody, compared with what is in force, and kept as a segment of one's own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

from fastapi import Form, Query
from sqlalchemy import Connection, select

from connector.answers.questions import Answer, ask
from connector.answers.roster import described
from connector.answers.simulate import answered, compared, suppose
from connector.catalogue import Audience
from connector.errors import ConnectorError, QueryError, SettingsError
from connector.models import Segment
from connector.tables import table
from sync.language.told import message, remedy
from sync.shelving import rehearse, shelve
from sync.web.desk import Desk, Here
from sync.web.done import Done
from sync.web.page import Action, Page
from sync.web.pages.segments import AsOf
from sync.web.rendering import Place
from sync.web.sheet import Sheet
from sync.web.values import Money
from sync.web.wordlist import EXAMPLES, Words, wordlist
from sync.web.words import coming

LONGEST = 10_000
SHOWN = 10
"""So many of the people are named at once."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
Text: TypeAlias = Annotated[str, Form(max_length=200)]


@dataclass(frozen=True)
class Wrong:
    """What is wrong with a rule: where, from 1, and what may have been meant; `pointed` has a ^ under the place."""

    message: str
    hint: str
    line: int
    column: int
    pointed: str


@dataclass(frozen=True)
class Person:
    """One of those for whom the rule holds."""

    person: int
    email: str | None
    orders: int
    spent: Money
    last: str | None


@dataclass(frozen=True)
class Tried:
    """A rule that could be read: for how many it holds, a page of them, its one spelling, Shopify's words for it."""

    people: int
    examples: Sheet[Person]
    canonical: str
    native: str | None
    warnings: list[str]


@dataclass(frozen=True)
class Way:
    """People who would be elsewhere; None is no stage at all."""

    origin: str | None
    target: str | None
    people: int


@dataclass(frozen=True)
class Size:
    """A stage before and after."""

    label: str
    before: int
    after: int


@dataclass(frozen=True)
class Compared:
    """A segment or family as it is today and as it would be: people by stage, and who would move."""

    key: str
    label: str
    sizes: list[Size]
    moves: list[Way]
    staying: int
    reason: str | None  # why it is not complete


@dataclass(frozen=True)
class Windowed:
    """A family or an audience that counts over a window, and over how many days now."""

    key: str
    label: str
    days: int
    audience: bool


@dataclass(frozen=True)
class Sample:
    """A rule to begin with, and whom it means."""

    told: str
    rule: str


@dataclass(frozen=True)
class Rules:
    """The workshop: what was written, what came of it, and what of a window."""

    rule: str
    name: str
    label: str
    as_of: str
    wrong: Wrong | None
    tried: Tried | None
    compared: list[Compared]
    replaces: bool  # whether there is a segment of this name
    refused: str | None  # why it could not be kept
    family: str
    window: int | None
    windows: list[Windowed]
    words: Words
    samples: list[Sample]


def rules(
    desk: Here,
    rule: Annotated[str, Query(max_length=LONGEST, description="last_order_date <= -180d")] = "",
    name: Annotated[str, Query(max_length=60, description="A segment of your own to compare with or to make.")] = "",
    label: Annotated[str, Query(max_length=200, description="What it is called.")] = "",
    family: Annotated[str, Query(max_length=100, description="A family of which to try another window.")] = "",
    window: Annotated[int | None, Query(ge=1, le=3650, description="Days of that window.")] = None,
    as_of: AsOf = "",
    page: Annotated[int, Query(ge=1, le=1_000_000, description="Which page of the people, from 1.")] = 1,
) -> Rules:
    """For how many people a rule would hold, who they are, and who would move if it, or a window, were set."""
    day, known = desk.day(as_of), desk.shelf.library
    wrong, tried, found = None, None, list[Compared]()
    present = known.audiences.get(f"aud.{name}")
    with desk.reading() as connection:
        try:
            tried = _tried(desk, connection, rule, day, page) if rule.strip() else None
            if tried is not None and present is not None:
                found = _compared(desk, connection, f"aud.{name}={tried.canonical}", day)
        except QueryError as error:
            wrong = _wrong(desk, rule, error)
        if family and window:
            known.entry(family)
            found += _compared(desk, connection, f"{family}.window={window}", day)
        connection.rollback()
    if tried is not None and tried.examples.rows:
        desk.disclosed("rules", people=len(tried.examples.rows))
    return Rules(
        rule=rule,
        name=name,
        label=label or (present.label.of(desk.say.language) if present else ""),
        as_of=as_of,
        wrong=wrong,
        tried=tried,
        compared=found,
        replaces=present is not None,
        refused=_refused(desk, rule, name, label) if tried is not None and name else None,
        family=family,
        window=window,
        windows=_windows(desk),
        words=wordlist(known, desk.say.language),
        samples=[Sample(desk.say.text(fr, en), text) for fr, en, text in EXAMPLES],
    )


def keep(
    desk: Here, rule: Annotated[str, Form(max_length=LONGEST)], name: Text, label: Text = "", replace: Text = ""
) -> Done:
    """Keep a rule as a segment of one's own; one that there is, only where it is said that it is to be replaced."""
    key = f"aud.{name}"
    if not _NAME.fullmatch(name):
        raise SettingsError(
            f"{name} is not the name of a segment of your own.",
            remedy="Use small letters, digits and _, such as good_friends.",
        )
    if key in desk.shelf.library.audiences and replace != "true":
        raise SettingsError(f"{key} is there already.", remedy="Say that it is to be replaced, or give another name.")
    shelve(desk.workspace.settings, _change(rule, name, label), desk.say.language)
    said = desk.say.text(
        "{label} est gardé : {coming}.",
        "{label} is kept: {coming}.",
        label=label or name,
        coming=coming(desk.say, shop=bool(desk.workspace.settings.stores)),
    )
    return Done(f"/segments/{key}", said)


def _windows(desk: Desk) -> list[Windowed]:
    """Whatever can be tried with another window: what is on before what is off."""
    return [
        Windowed(entry.key, entry.label.of(desk.say.language), days, isinstance(entry, Audience))
        for entry in sorted(desk.shelf.library.entries(), key=lambda entry: not entry.on)
        if "window" in entry.used and isinstance(days := entry.parameters.get("window"), int)
    ]


def _change(rule: str, name: str, label: str) -> dict[str, Any]:
    return {"audiences": {name: {"label": label or name, "rule": rule.replace("\r\n", "\n").strip(), "on": True}}}


def _refused(desk: Desk, rule: str, name: str, label: str) -> str | None:
    """Why a rule could not be kept under a name; None where it could."""
    say = desk.say
    if not _NAME.fullmatch(name):
        return say.text(
            "Le nom s'écrit en minuscules, chiffres et _, par exemple bons_amis.",
            "The name is written in small letters, digits and _, such as good_friends.",
        )
    try:
        rehearse(desk.workspace.settings, _change(rule, name, label), say.language)
    except ConnectorError as error:
        return f"{message(error, say.language)} {remedy(error, say.language)}".strip()
    return None


def answer_to(desk: Desk, connection: Connection, rule: str, day: int, examples: slice) -> Answer:
    """A rule asked of everybody; QueryError, in the visitor's language, where it cannot be read."""
    segments = table(Segment)
    kept = frozenset(connection.scalars(select(segments.c.key).where(segments.c.active)))
    return ask(
        connection,
        rule,
        day,
        desk.shelf.library,
        desk.say.language,
        today=desk.workspace.today(),
        kept=kept,
        examples=examples,
    )


def _tried(desk: Desk, connection: Connection, rule: str, day: int, page: int) -> Tried:
    skipped = (page - 1) * SHOWN
    answer = answer_to(desk, connection, rule, day, slice(skipped, skipped + SHOWN))
    currency = desk.workspace.merchant().currency
    people = [
        Person(one.person, desk.address(one.email), one.orders, Money(one.spent, currency), one.last)
        for one in described(connection, answer.examples)
    ]
    more = skipped + SHOWN < answer.people
    return Tried(
        people=answer.people,
        examples=Sheet(people, answer.people, page, SHOWN, "", "", more),
        canonical=answer.canonical,
        native=answer.portability.native,
        warnings=list(answer.warnings),
    )


def _wrong(desk: Desk, rule: str, error: QueryError) -> Wrong:
    lines = rule.splitlines() or [""]
    pointed = f"{lines[min(error.line, len(lines)) - 1]}\n{' ' * (error.column - 1)}^"
    language = desk.say.language
    return Wrong(message(error, language), remedy(error, language), error.line, error.column, pointed)


def _compared(desk: Desk, connection: Connection, change: str, day: int) -> list[Compared]:
    """What would be otherwise with a change, in everything that it concerns."""
    on = [family.key for family in desk.shelf.families]
    supposed = suppose(desk.shelf.library, [change], on, desk.say.language)
    with answered(connection, supposed, day) as answers:
        return [_told(desk, one) for one in compared(connection, answers, supposed, day, desk.say.language)]


def _told(desk: Desk, report: dict[str, Any]) -> Compared:
    entry, language = desk.shelf.library.entry(report["key"]), desk.say.language
    names = {stage.key: stage.label.of(language) for stage in entry.stages}
    whole = entry.label.of(language)
    return Compared(
        key=report["key"],
        label=whole,
        sizes=[
            Size(whole if isinstance(entry, Audience) else names[key], report["before"][key], report["after"][key])
            for key in names
        ],
        moves=[Way(names.get(move["from"]), names.get(move["to"]), move["people"]) for move in report["moves"]],
        staying=report["staying"],
        reason=report.get("reason"),
    )


PAGE = Page(
    "/rules",
    "rules.html",
    rules,
    api="/rules",
    place=Place("rules", "/rules", "Atelier de règles", "Rule workshop"),
)
ACTIONS = (Action("/rules/keep", keep),)
