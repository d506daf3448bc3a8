"""What is told of a family or an audience wherever it can be switched: its sizes, its values, what to do with it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy import Connection

from connector.answers.roster import people_of
from connector.answers.suggestions import suggested
from connector.catalogue import Audience, Family, Platform, Stage
from connector.catalogue.entries import Ask
from connector.judging.health import health
from connector.money import decimals
from sync.language.cards import CRITERIA, actions, told_card
from sync.language.labels import segment_labels
from sync.targets import told_of
from sync.web.desk import Desk

NUMBER = re.compile(r"-?[0-9]+([.,][0-9]+)?")
"""A number as somebody writes it."""


@dataclass(frozen=True)
class Asked:
    """A value that a rule asks for: what it is now, and what the shop's own data suggest (only of the `chosen` one)."""

    name: str
    label: str
    value: str
    suggestions: list[str]
    told: str  # the suggestions, as they are read


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
    people: int | None  # in all its parts
    obstacle: str | None
    limits: list[str]
    asked: list[Asked]
    destinations: list[str]
    parts: list[Part]


@dataclass(frozen=True)
class Entries:
    """Makes them of the catalogue's; `counted` are the people of segments that are off, where they were counted."""

    desk: Desk
    connection: Connection
    cards: Mapping[str, list[Criterion]] = field(default_factory=dict)
    shops: list[Platform] = field(default_factory=list)
    counted: Mapping[str, int | None] = field(default_factory=dict)

    def entry(self, found: Family, *, suggest: bool = False) -> Entry:
        """A family or audience as it is shown; with suggestions, which are asked of all the shop's orders."""
        language, known = self.desk.say.language, self.desk.shelf.library
        parts = [self.part(found, stage) for stage in found.stages]
        sizes = [part.people for part in parts if part.people is not None]
        return Entry(
            key=found.key,
            label=found.label.of(language),
            told=found.description.filled(language, found.parameters),
            on=found.on,
            own=isinstance(found, Audience) and found.group == "own",
            people=sum(sizes) if len(sizes) == len(parts) else None,
            obstacle=None if found.missing else known.obstacle(found, language),
            limits=self._limits(found),
            asked=[self._asked(found, name, suggest=suggest) for name in self._names(found)],
            destinations=told_of(self.desk.workspace.settings, self.desk.shelf, found.key),
            parts=parts,
        )

    def _names(self, found: Family) -> list[str]:
        """What may be given: whatever is asked for, and what has no value."""
        return [name for name in found.used if name in found.asks or name in found.missing]

    def _asked(self, found: Family, name: str, *, suggest: bool) -> Asked:
        ask, value = found.asks.get(name), found.parameters.get(name)
        label = ask.label.of(self.desk.say.language) if ask else name
        values = suggested(self.connection, ask, self.desk.workspace.today()) if suggest and ask else []
        given = "" if value is None else self._told(value)
        return Asked(name, label, given, [self._told(one) for one in values], self._read(ask, values))

    def _read(self, ask: Ask | None, values: Sequence[str]) -> str:
        """Suggestions in one line, amounts with their currency."""
        if ask is None or ask.suggestion != "amount_spent_95":
            return " · ".join(map(self._told, values))
        currency = self.desk.workspace.merchant().currency
        return " · ".join(self.desk.say.money(int(Decimal(one).scaleb(decimals(currency))), currency) for one in values)

    def _told(self, value: object) -> str:
        """A value as it can be given back: amounts with the language's comma."""
        text = ", ".join(value) if isinstance(value, tuple) else str(value)
        return text.replace(".", ",") if self.desk.say.language == "fr" and NUMBER.fullmatch(text) else text

    def _limits(self, found: Family) -> list[str]:
        """Why the shops that there are cannot tell all that it needs; the worst first."""
        known, language = self.desk.shelf.library, self.desk.say.language
        told = [limit.reason.of(language) for name in self.shops for limit in known.limits(found, name)]
        return list(dict.fromkeys(told))

    def part(self, found: Family, stage: Stage) -> Part:
        """A stage as it is shown."""
        key, known, language = found.segment_key(stage), self.desk.shelf.library, self.desk.say.language
        cap = known.cap(key)
        return Part(
            key=key,
            label=stage.label.of(language),
            people=people_of(self.connection, key, None) if self.desk.shelf.holds(found.key) else self.counted.get(key),
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


def cards(desk: Desk, connection: Connection) -> dict[str, list[Criterion]]:
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
