"""The decisions of the week: whom to turn to, what is at stake, what to say, and where to begin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from connector.catalogue import Audience, Family, Play
from connector.judging.kept import Kept
from sync.push import PlanSummary
from sync.shelf import Shelf
from sync.targets import told_of
from sync.web.desk import Sight
from sync.web.values import Money

MOST = 5
"""More is not read."""


@dataclass(frozen=True)
class Group:
    """A stage or audience to turn to."""

    key: str
    label: str
    people: int


@dataclass(frozen=True)
class Reach:
    """How many of some people have agreed to be written to, at all and by channel."""

    people: int
    email: int
    sms: int


@dataclass(frozen=True)
class Stake:
    """What an objective is worth in a year, with its 95 % interval; `keeps` where it is not to be lost."""

    value: Money
    low: Money
    high: Money
    chance: float
    within: int
    keeps: bool

    @property
    def sure(self) -> bool:
        """Whether there surely is something to win."""
        return self.low.minor > 0


@dataclass(frozen=True)
class Idea:
    """What to say, of the catalogue's playbooks."""

    title: str
    text: str


@dataclass(frozen=True)
class Waiting:
    """A plan that waits for a yes, and which of its tags or fields is about people of a card."""

    plan: int
    item: str


@dataclass(frozen=True)
class Decision:
    """A card. `stake` is None where `reason` says why: too_little_history, too_few_people, or not_valued.

    Where a plan `waits` that is about them, there is nothing to prepare; else `prepares` names the destinations that
    are told of them, for whoever may have a plan made.
    """

    title: str
    groups: list[Group]
    people: int
    arrived: int  # of them, within the week
    reach: Reach | None
    stake: Stake | None
    reason: str | None
    idea: Idea | None
    waits: Waiting | None
    prepares: list[str]


def decisions(desk: Sight, kept: Kept, people: Mapping[str, int], plans: Sequence[PlanSummary]) -> list[Decision]:
    """At most five, what is surely worth most first; one place is kept for an audience with an idea of its own.

    That is the one that most people came into this week. `people` counts those of each segment in force, `plans` are
    those that wait for a yes. Before the first recompute there are none.
    """
    if kept.day is None:
        return []
    deck = _Deck(desk, desk.shelf, kept, people, plans)
    aims = [card for card in deck.objectives() if card.people]
    audiences = sorted((card for card in deck.audiences() if card.people), key=lambda card: -card.arrived)
    sure = [card for card in aims if card.stake is not None and card.stake.sure]
    others = sorted((card for card in aims if card not in sure), key=lambda card: -card.people)
    lively = [card for card in audiences if card.arrived][:1]
    return [*sure[: MOST - len(lively)], *lively, *others, *(card for card in audiences if card not in lively)][:MOST]


@dataclass(frozen=True)
class _Deck:
    """Makes cards."""

    desk: Sight
    shelf: Shelf
    kept: Kept
    people: Mapping[str, int]
    plans: Sequence[PlanSummary]

    def objectives(self) -> Iterator[Decision]:
        """A card for each objective, of the family for which it is worth most."""
        library, seen = self.shelf.library, set[str]()
        for entry in self.kept.found.get("objectives", ()):
            objective = library.objectives.get(entry["objective"])
            if objective is None or objective.key in seen or not self.shelf.holds(entry["family"]):
                continue
            seen.add(objective.key)
            family = library.entry(entry["family"])
            keys = [family.segment_key(stage) for stage in family.stages if stage.key in entry["from"]]
            yield self._card(
                objective.label.of(self.desk.say.language), family, keys, stake(entry), entry.get("reason")
            )

    def audiences(self) -> Iterator[Decision]:
        """A card for each audience to be addressed that has a playbook of its own."""
        library = self.shelf.library
        own = {key for play in library.playbooks.values() for key in play.segments}
        for family in self.shelf.families:
            if isinstance(family, Audience) and family.use == "address" and family.key in own:
                yield self._card(family.label.of(self.desk.say.language), family, [family.key], None, "not_valued")

    def _card(
        self, title: str, family: Family, keys: Sequence[str], at_stake: Stake | None, reason: str | None
    ) -> Decision:
        library, language = self.shelf.library, self.desk.say.language
        stages = {family.segment_key(stage): stage for stage in family.stages}
        groups = [Group(key, stages[key].label.of(language), self.people.get(key, 0)) for key in keys]
        groups.sort(key=lambda group: -group.people)
        plays = library.playbook(groups[0].key)
        waits = self._waiting(family, [group.key for group in groups])
        prepares = waits is None and self.desk.visitor.may("admin")
        return Decision(
            title=title,
            groups=groups,
            people=sum(group.people for group in groups),
            arrived=sum(self.kept.found.get("arrivals", {}).get(key, 0) for key in keys),
            reach=self._reach(keys),
            stake=at_stake,
            reason=reason,
            idea=_idea(plays[0], language) if plays else None,
            waits=waits,
            prepares=told_of(self.desk.workspace.settings, self.shelf, family.key) if prepares else [],
        )

    def _reach(self, keys: Sequence[str]) -> Reach | None:
        reach = self.kept.found.get("reach")
        if reach is None or not all(key in reach for key in keys):
            return None
        people, email, sms = (sum(reach[key][name] for key in keys) for name in ("people", "email", "sms"))
        return Reach(people, email, sms)

    def _waiting(self, family: Family, keys: Sequence[str]) -> Waiting | None:
        """The plan that waits with a tag of one of these segments, the first that it has, or the family's field."""
        asked = [*(f"tag:{key}" for key in keys), f"field:{family.key}"]
        for plan in self.plans:
            held = {item.item for item in plan.items}
            if found := [item for item in asked if item in held]:
                return Waiting(plan.plan_id, found[0])
        return None


def stake(entry: Mapping[str, Any]) -> Stake | None:
    """What a report on an objective says it is worth; None where it has no figure."""
    if not entry["enough"]:
        return None
    value, low, high = (Money(**amount) for amount in (entry["value"], *entry["interval"]))
    return Stake(value, low, high, entry["chance"], entry["within"], entry["stays"])


def _idea(play: Play, language: Literal["fr", "en"]) -> Idea:
    return Idea(play.title.of(language), play.text.of(language))
