"""Everything there is to switch on and off, with what each is for; the forms change the merchant's segments.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

from fastapi import Depends, Form, HTTPException, Query, Request
from sqlalchemy import Connection

from connector.catalogue import Audience, Family, Platform
from connector.errors import SettingsError
from connector.judging.health import health
from connector.roster import people_of
from connector.suggestions import suggested
from connector.supply import platforms
from sync.cards import CRITERIA, actions, told_card
from sync.labels import segment_labels
from sync.shelving import shelve
from sync.web.desk import Desk, Here
from sync.web.page import Action, Done, Page
from sync.web.sheet import bare

VALUE = "value_"
"""What the fields of a form begin with that give a rule its values."""
_NUMBER = re.compile(r"-?[0-9]+([.,][0-9]+)?")
Text: TypeAlias = Annotated[str, Form(max_length=500)]


@dataclass(frozen=True)
class Asked:
    """A value that a rule asks for: what it is now, and what the shop's own data suggest (only of the `chosen` one)."""

    name: str
    label: str
    value: str
    suggestions: list[str]


@dataclass(frozen=True)
class Aim:
    """What is wanted of a segment's people: so many a month who make the move, by a day."""

    key: str
    label: str
    told: str
    target: int | None
    deadline: str | None


@dataclass(frozen=True)
class Criterion:
    """One of the six criteria of a good segment; `good` is None where nothing is known."""

    label: str
    told: str
    good: bool | None


@dataclass(frozen=True)
class Part:
    """A stage, or an audience itself: its size where it is worked out, and what there is to do with it."""

    key: str
    label: str
    people: int | None
    aim: Aim | None
    cap: str | None
    cap_told: str | None
    ideas: list[str]
    health: list[Criterion]


@dataclass(frozen=True)
class Entry:
    """A family or audience; `obstacle` says why nobody can be counted in it, `limits` what the shop cannot tell."""

    key: str
    label: str
    told: str
    on: bool
    own: bool
    obstacle: str | None
    limits: list[str]
    asked: list[Asked]
    destinations: list[str]
    parts: list[Part]


@dataclass(frozen=True)
class Library:
    """All families and audiences; `chosen` is the one that is to be given its values, `file` what a change goes to."""

    families: list[Entry]
    audiences: list[Entry]
    chosen: Entry | None
    cards: bool
    file: str | None
    q: str


def library(
    desk: Here,
    key: Annotated[str, Query(max_length=200, description="One of which to see suggestions for its values.")] = "",
    health: Annotated[bool, Query(description="Also the six criteria of each segment that is on.")] = False,
    q: Annotated[str, Query(max_length=200, description="Only those whose name or text contains this.")] = "",
) -> Library:
    """Every family and audience: its size, what it is for, what it lacks, and whether it is on."""
    known = desk.shelf.library
    if key:
        _entry_of(desk, key)
    with desk.reading() as connection:
        shops = list(platforms(connection).values())
        made = _Made(desk, connection, _cards(desk, connection) if health else {}, shops)
        families = [made.entry(entry) for entry in known.families.values()]
        audiences = [made.entry(entry) for entry in known.audiences.values() if not _one_of_many(desk, entry)]
        chosen = made.entry(known.entry(key), suggest=True) if key else None
    place = desk.workspace.settings.segments_place
    families, audiences = ([one for one in some if _tells(one, q.strip())] for some in (families, audiences))
    return Library(families, audiences, chosen, health, None if place is None else place.name, q.strip())


def _tells(entry: Entry, sought: str) -> bool:
    """Whether an entry says what is looked for, whatever its case and accents."""
    texts = [entry.key, entry.label, entry.told, *(part.label for part in entry.parts)]
    return bare(sought) in bare(" ".join(texts))


async def given(request: Request) -> dict[str, str]:
    """The values of a form's fields that give a rule its own, by name; empty ones are left out."""
    fields = (
        (name.removeprefix(VALUE), text) for name, text in (await request.form()).items() if name.startswith(VALUE)
    )
    return {name: text.strip() for name, text in fields if isinstance(text, str) and text.strip()}


def switch(
    desk: Here, entry: Text, on: Annotated[bool, Form()], values: Annotated[dict[str, str], Depends(given)]
) -> Done:
    """Switch a family or audience on or off, with the values that its rule asks for."""
    chosen = _entry_of(desk, entry)
    if not on:
        _refuse_sent(desk, chosen)
    parameters = {name: _value(name, text) for name, text in values.items() if name in chosen.used}
    kind, _, name = chosen.place.partition(".")
    change: dict[str, Any] = {"on": on, **({"parameters": parameters} if parameters else {})}
    shelve(desk.workspace.settings, {kind: {name: change}}, desk.say.language)
    label = chosen.label.of(desk.say.language)
    if not on:
        return Done("/segments/library", desk.say.text("{label} est désactivé.", "{label} is off.", label=label))
    said = desk.say.text(
        "{label} est activé : il sera calculé avec la prochaine lecture de la boutique.",
        "{label} is on: it is worked out with the next reading of the shop.",
        label=label,
    )
    return Done(f"/segments/library#{entry}", said)


def aim(desk: Here, objective: Text, target: Annotated[int, Form(ge=1, le=10**9)], deadline: Text = "") -> Done:
    """Set how many people a month are to reach an objective, and by when."""
    wanted = desk.shelf.library.objectives.get(objective)
    if wanted is None:
        raise HTTPException(404)
    change: dict[str, Any] = {"target": target}
    if deadline:
        change["deadline"] = _value("deadline", deadline)
    shelve(desk.workspace.settings, {"objectives": {objective: change}}, desk.say.language)
    label = wanted.label.of(desk.say.language)
    return Done(
        "/segments/library", desk.say.text("Objectif noté : {label}.", "Objective noted: {label}.", label=label)
    )


@dataclass(frozen=True)
class _Made:
    """Makes entries of the catalogue's."""

    desk: Desk
    connection: Connection
    cards: Mapping[str, list[Criterion]]
    shops: list[Platform]

    def entry(self, found: Family, *, suggest: bool = False) -> Entry:
        """A family or audience as it is shown; with suggestions, which are asked of all the shop's orders."""
        language, known = self.desk.say.language, self.desk.shelf.library
        return Entry(
            key=found.key,
            label=found.label.of(language),
            told=found.description.filled(language, found.parameters),
            on=found.on,
            own=isinstance(found, Audience) and found.group == "own",
            obstacle=None if found.missing else known.obstacle(found, language),
            limits=self._limits(found),
            asked=[self._asked(found, name, suggest=suggest) for name in self._names(found)],
            destinations=_sent_to(self.desk, found),
            parts=[self._part(found, found.segment_key(stage), stage.label.of(language)) for stage in found.stages],
        )

    def _names(self, found: Family) -> list[str]:
        """What may be given: whatever is asked for, and what has no value."""
        return [name for name in found.used if name in found.asks or name in found.missing]

    def _asked(self, found: Family, name: str, *, suggest: bool) -> Asked:
        ask, value = found.asks.get(name), found.parameters.get(name)
        label = ask.label.of(self.desk.say.language) if ask else name
        values = suggested(self.connection, ask, self.desk.workspace.today()) if suggest and ask else []
        return Asked(name, label, "" if value is None else self._told(value), [self._told(one) for one in values])

    def _told(self, value: object) -> str:
        """A value as it can be given back: amounts with the language's comma."""
        text = ", ".join(value) if isinstance(value, tuple) else str(value)
        return text.replace(".", ",") if self.desk.say.language == "fr" and _NUMBER.fullmatch(text) else text

    def _limits(self, found: Family) -> list[str]:
        """Why the shops that there are cannot tell all that it needs; the worst first."""
        known, language = self.desk.shelf.library, self.desk.say.language
        told = [limit.reason.of(language) for name in self.shops for limit in known.limits(found, name)]
        return list(dict.fromkeys(told))

    def _part(self, found: Family, key: str, label: str) -> Part:
        known, language = self.desk.shelf.library, self.desk.say.language
        cap = known.cap(key)
        return Part(
            key=key,
            label=label,
            people=people_of(self.connection, key, None) if self.desk.shelf.holds(found.key) else None,
            aim=self._aim(key),
            cap=cap.label.of(language) if cap else None,
            cap_told=cap.description.of(language) if cap else None,
            ideas=[f"{play.title.of(language)} – {play.text.of(language)}" for play in known.playbook(key)],
            health=list(self.cards.get(key, ())),
        )

    def _aim(self, key: str) -> Aim | None:
        found, language = self.desk.shelf.library.objective(key), self.desk.say.language
        if found is None:
            return None
        deadline = found.deadline.isoformat() if found.deadline else None
        return Aim(found.key, found.label.of(language), found.description.of(language), found.target, deadline)


def _entry_of(desk: Desk, key: str) -> Family:
    known = desk.shelf.library
    try:
        return known.entry(key)
    except SettingsError as error:
        raise HTTPException(404) from error


def _one_of_many(desk: Desk, found: Audience) -> bool:
    """Whether an audience is only that of one value of another one."""
    several = (one for one in desk.shelf.library.audiences.values() if one.each)
    return any(found.key == one.of_value(value).key for one in several for value in one.each)


def _sent_to(desk: Desk, found: Family) -> list[str]:
    destinations = desk.workspace.settings.destinations
    return [name for name, settings in destinations.items() if found.key in settings.push]


def _refuse_sent(desk: Desk, found: Family) -> None:
    """SettingsError where a destination would be left with something to push that is off."""
    for destination in _sent_to(desk, found):
        raise SettingsError(
            f"{found.key} is sent to {destination}.",
            remedy="Take it out of that destination's table in connector.toml first.",
        )


def _value(name: str, text: str) -> Any:  # noqa: ANN401 - what TOML holds
    """A value as somebody writes it: a number, a day, a list, or the text itself."""
    written = text.strip()
    plain = written.replace(",", ".") if _NUMBER.fullmatch(written) else written
    try:
        value = tomllib.loads(f"value = {plain}")["value"]
    except tomllib.TOMLDecodeError:
        return written
    if isinstance(value, bool | dict):
        raise SettingsError(
            f"{written} cannot be a value of {name}.", remedy="Write it as in segments.toml: 500, 2026-06-30 or Lyon."
        )
    return value


def _cards(desk: Desk, connection: Connection) -> dict[str, list[Criterion]]:
    """The six criteria of each segment that is on, in words."""
    say, known = desk.say, desk.shelf
    names = segment_labels(say, known)
    cards = health(connection, known.families, desk.workspace.today(), actions(desk.workspace, known))
    return {
        card["segment"]: [
            Criterion(say.text(*CRITERIA[name]), told, card[name]["good"])
            for name, told in told_card(say, card, names, known.library).items()
        ]
        for card in cards
    }


PAGE = Page("/segments/library", "library.html", library, api="/library")
ACTIONS = (Action("/segments/library/switch", switch), Action("/segments/library/aim", aim))
