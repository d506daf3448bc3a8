"""One person: who they are, where they stood and stand and why, what becomes of them next, what they bought."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Any

from fastapi import HTTPException, Path, Query
from sqlalchemy import Connection

from connector.answers.dossier import Agreed, Dossier, Held, Key, Stay, dossier
from connector.answers.why import explain
from connector.catalogue import Audience
from connector.history.segments import currency_of
from connector.merges import Joined
from connector.privacy.objections import objecting
from sync.language.conditions import Reason, Wording
from sync.web.desk import Desk, Here
from sync.web.page import Answer, Page
from sync.web.pages.segments import AsOf
from sync.web.values import Money

Number = Annotated[int, Path(ge=0, le=2**62, description="The person's number.")]


@dataclass(frozen=True)
class Clause:
    """A condition as rules write it, the person's own value, and whether it holds."""

    clause: str
    value: Any
    true: bool


@dataclass(frozen=True)
class Verdict:
    """Whether they are in a segment, since when, and why: in words, and as the rule says it.

    `missing` and `misses` are the fewest conditions that would turn it.
    """

    segment: str
    name: str
    told: str
    member: bool
    since: str | None
    reasons: list[Reason]
    missing: list[str]
    rule: str
    clauses: list[Clause]
    misses: list[str]


@dataclass(frozen=True)
class Next:
    """Where they are from a day on if nothing is bought: in `to`, or out of what they leave."""

    day: str
    leaves: str | None
    to: str | None


@dataclass(frozen=True)
class Why:
    """Each segment in force, or one; and the next change of each family, the soonest first."""

    person: int
    as_of: str
    objects: bool
    segments: list[Verdict]
    next: list[Next]


@dataclass(frozen=True)
class Span:
    """A stay in a stage; `start` and `width` are its part of all time, from 0 to 1, `place` the stage's number."""

    name: str
    entered: str
    until: str | None
    cause: str
    place: int
    start: float
    width: float


@dataclass(frozen=True)
class Timeline:
    """The stays in the stages of a family, from the first day to the last."""

    family: str
    first: str
    last: str
    spans: list[Span]


@dataclass(frozen=True)
class Purchase:
    """An order, with its lines as title, quantity and total."""

    day: str
    name: str
    store: str
    status: str
    counted: bool
    total: Money
    refunded: Money
    lines: list[tuple[str | None, int, Money]]


@dataclass(frozen=True)
class Person:
    """All that a page tells of somebody."""

    person: int
    name: str
    since: str
    orders: int
    spent: Money
    first: str | None
    last: str | None
    objects: bool
    keys: list[Key]
    consents: list[Agreed]
    purchases: list[Purchase]
    timelines: list[Timeline]
    audiences: list[Span]
    merges: list[Joined]
    held: list[Held]
    why: Why


def person(desk: Here, number: Number) -> Person:
    """One person: identities, consents, orders, stages so far, why they are in each segment, and what comes next."""
    with desk.reading() as connection:
        found = dossier(connection, number)
        if found is None:
            raise HTTPException(404)
        told = reasons(desk, connection, found.person, desk.day(None), None)
    desk.disclosed("person", customer_id=found.person)
    keys = [replace(key, value=_shown(desk, key.kind, key.value)) for key in found.keys]
    return Person(
        person=found.person,
        name=called(desk, found),
        since=found.since,
        orders=found.orders,
        spent=Money(found.spent, found.currency),
        first=found.first,
        last=found.last,
        objects=found.objects,
        keys=keys,
        consents=[replace(consent, of=desk.address(consent.of) or "") for consent in found.consents],
        purchases=_purchases(found),
        timelines=list(_timelines(desk, found.stays)),
        audiences=_audiences(desk, found.stays),
        merges=[replace(one, value=_shown(desk, one.kind, one.value)) for one in found.merges],
        held=found.held,
        why=told,
    )


def why(
    desk: Here,
    number: Number,
    segment: Annotated[str, Query(description="A segment or a family; by default all in force.")] = "",
    as_of: AsOf = "",
) -> Why:
    """Why a person is in each segment or is not, and what changes next."""
    with desk.reading() as connection:
        found = dossier(connection, number, orders=0)
        if found is None:
            raise HTTPException(404)
        told = reasons(desk, connection, found.person, desk.day(as_of), segment or None)
    desk.disclosed("why", segment, customer_id=found.person)
    return told


def reasons(desk: Desk, connection: Connection, number: int, day: int, key: str | None) -> Why:
    """What `connector why` tells, in the visitor's language; nothing of who objects to profiling."""
    if number in objecting(connection):
        return Why(number, "", objects=True, segments=[], next=[])
    shelf, names = desk.shelf, _names(desk)
    report = explain(connection, number, shelf.library, shelf.families, day, key=key)
    words = Wording(desk.say, report["as_of"], currency_of(connection), names)
    verdicts = [_verdict(desk, entry, words) for entry in report["segments"]]
    changes = [
        Next(change["day"], names.get(change["from"]), names.get(change["to"]))
        for change in sorted(report["next"], key=lambda change: str(change["day"]))
    ]
    return Why(number, report["as_of"], objects=False, segments=verdicts, next=changes)


def _verdict(desk: Desk, entry: Mapping[str, Any], words: Wording) -> Verdict:
    key = entry["segment"]
    family, stage = desk.shelf.library.segment(key)
    return Verdict(
        segment=key,
        name=words.names[key],
        told=family.told(stage, desk.say.language),
        member=entry["in"],
        since=entry["since"],
        reasons=words.reasons(entry["trace"]),
        missing=words.missing(entry["misses"]),
        rule=entry["rule"],
        clauses=[Clause(clause["clause"], clause["value"], clause["true"]) for clause in entry["clauses"]],
        misses=[f"NOT ({one['clause']})" if one["true"] else one["clause"] for one in entry["misses"]],
    )


def _names(desk: Desk) -> dict[str | None, str]:
    """How each segment is called: an audience by its name, a stage with its family."""
    language = desk.say.language
    found: dict[str | None, str] = {}
    for key, (entry, stage) in desk.shelf.library.segments().items():
        label = stage.label.of(language)
        whole = desk.say.text("{family} : {stage}", "{family}: {stage}", family=entry.label.of(language), stage=label)
        found[key] = label if isinstance(entry, Audience) else whole
    return found


def called(desk: Desk, found: Dossier) -> str:
    """What somebody goes by: their first address, or their number."""
    first = next((_shown(desk, key.kind, key.value) for key in found.keys), None)
    return first or desk.say.text("Personne {n}", "Person {n}", n=found.person)


def _shown(desk: Desk, kind: str, value: str) -> str:
    return value if kind == "account" else desk.address(value) or ""


def _purchases(found: Dossier) -> list[Purchase]:
    return [
        Purchase(
            order.day,
            order.name,
            order.store,
            "cancelled" if order.cancelled else order.status,
            order.counted,
            Money(order.total, order.currency),
            Money(order.refunded, order.currency),
            [(line.title, line.quantity, Money(line.total, order.currency)) for line in order.lines],
        )
        for order in found.bought
    ]


def _timelines(desk: Desk, stays: Sequence[Stay]) -> Iterable[Timeline]:
    """One for each family of several stages that the person has been in."""
    known = {family.key: family for family in desk.shelf.library.entries() if not isinstance(family, Audience)}
    for key in dict.fromkeys(stay.family for stay in stays if stay.family in known):
        family, mine = known[key], [stay for stay in stays if stay.family == key]
        names = {family.segment_key(stage): stage.label.of(desk.say.language) for stage in family.stages}
        places = {name: place for place, name in enumerate(names, 1)}
        first, last = date.fromisoformat(mine[0].entered), desk.today
        length = max(1, (last - first).days)
        spans = []
        for stay in mine:
            start = date.fromisoformat(stay.entered)
            end = last if stay.until is None else date.fromisoformat(stay.until)
            part = (start - first).days / length, max(0, (end - start).days) / length
            name, place = names.get(stay.segment, stay.segment), places.get(stay.segment, 0)
            spans.append(Span(name, stay.entered, stay.until, stay.cause, place, *part))
        yield Timeline(family.label.of(desk.say.language), first.isoformat(), last.isoformat(), spans)


def _audiences(desk: Desk, stays: Sequence[Stay]) -> list[Span]:
    """The stays in audiences, the newest first."""
    known = {
        family.key: family.label.of(desk.say.language)
        for family in desk.shelf.library.entries()
        if isinstance(family, Audience)
    }
    return [
        Span(known[stay.family], stay.entered, stay.until, stay.cause, 0, 0, 0)
        for stay in reversed(stays)
        if stay.family in known
    ]


PAGE = Page("/people/{number}", "person.html", person, api="/person/{number}")
WHY = Answer("/why/{number}", why)
