"""The library: every family and audience there is, with objectives, caps and ideas, and what of it is switched on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Self

from connector.catalogue.entries import (
    Audience,
    Cap,
    Entry,
    Family,
    Level,
    Need,
    Objective,
    ParameterValue,
    Platform,
    Play,
    Stage,
    Text,
)
from connector.errors import QueryError, SettingsError
from connector.language import Language
from connector.query import Expression, canonical
from connector.query.meaning import meaning
from connector.query.references import entered, expanded, in_segment, stage_rules

_ORDER: tuple[Level, ...] = ("full", "partial", "none")
PLATFORMS: tuple[Platform, ...] = ("shopify", "woocommerce", "csv")


@dataclass(frozen=True, slots=True)
class Limit:
    """What a platform cannot, or not quite, tell of what an entry needs, and why."""

    need: str
    level: Level
    reason: Text


class Library(Entry):
    """The catalogue as a whole, each entry by its key, in the order in which it is shown."""

    families: Mapping[str, Family] = {}
    audiences: Mapping[str, Audience] = {}
    objectives: Mapping[str, Objective] = {}
    caps: Mapping[str, Cap] = {}
    playbooks: Mapping[str, Play] = {}
    needs: Mapping[str, Need] = {}

    def entries(self) -> Iterator[Family]:
        """Every family, then every audience."""
        yield from self.families.values()
        yield from self.audiences.values()

    def divided(self) -> Self:
        """The library with an audience for each value that one is to be divided by, next to it."""
        audiences: dict[str, Audience] = {}
        for key, audience in self.audiences.items():
            made = [audience.of_value(value) for value in audience.each]
            audiences |= {key: audience} | {one.key: one for one in made}
        return self.model_copy(update={"audiences": audiences})

    def entry(self, key: str) -> Family:
        """The family or audience of a key; SettingsError names the nearest."""
        found = self.families.get(key) or self.audiences.get(key)
        if found is None:
            raise _nothing("family or audience", key, [*self.families, *self.audiences])
        return found

    def segments(self) -> dict[str, tuple[Family, Stage]]:
        """Every stage and audience by its segment key."""
        return {entry.segment_key(stage): (entry, stage) for entry in self.entries() for stage in entry.stages}

    def segment(self, key: str) -> tuple[Family, Stage]:
        """The entry and the stage of a segment key; SettingsError names the nearest."""
        found = self.segments()
        if key not in found:
            raise _nothing("segment", key, found)
        return found[key]

    def on(self) -> tuple[Family, ...]:
        """What is switched on and can be answered: the families, then the audiences."""
        return tuple(entry for entry in self.entries() if entry.on and self.obstacle(entry) is None)

    def obstacle(self, entry: Family, language: Language = "en") -> str | None:
        """Why an entry cannot be answered: `needs_value: x` where a value is to be given; None where it can."""
        waiting = self.waiting(entry)
        if waiting is not None:
            return waiting.of(language)
        if entry.missing:
            return f"needs_value: {', '.join(entry.missing)}"
        try:
            for expression in self.put_in(entry, language=language).expressions():
                meaning(expression, "EUR", language)
        except QueryError as error:
            return str(error)
        return None

    def ready(self, key: str, language: Language = "en") -> Family:
        """The family or audience of a key as it is asked, segments put in; SettingsError where it cannot be."""
        entry = self.entry(key)
        obstacle = self.obstacle(entry, language)
        if entry.missing and obstacle:
            given = ", ".join(f"{name} = …" for name in entry.missing)
            raise SettingsError(
                f"{key} needs a value for {', '.join(entry.missing)}.",
                remedy=f"Write into segments.toml: [{entry.place}] parameters = {{ {given} }}",
            )
        if obstacle:
            raise SettingsError(f"{key} cannot be worked out: {obstacle}", remedy="Ask for another one.")
        return self.put_in(entry)

    def in_force(self) -> tuple[Family, ...]:
        """What is on, and whatever it asks since when people are in, in the order of `entries`, segments put in."""
        found: dict[str, Family] = {}
        wanted = [entry.key for entry in self.on()]
        for key in wanted:
            if key not in found:
                found[key] = self.ready(key)
                rules = found[key].expressions()
                wanted += [self.segment(name)[0].key for rule in rules for name in entered(rule)]
        return tuple(found[entry.key] for entry in self.entries() if entry.key in found)

    def replaced(self, entry: Family) -> Self:
        """The library with another entry in the place of the one of its key, and of those that it is divided into."""
        part = "audiences" if isinstance(entry, Audience) else "families"
        made = [entry.of_value(value) for value in entry.each] if isinstance(entry, Audience) else []
        return self.model_copy(update={part: {**getattr(self, part), **{one.key: one for one in (entry, *made)}}})

    def named(self, key: str) -> tuple[Family, ...]:
        """What is meant by a key: the entry; where an audience is divided, the one of each of its values."""
        entry = self.entry(key)
        if isinstance(entry, Audience) and entry.each:
            return tuple(self.entry(entry.of_value(value).key) for value in entry.each)
        return (entry,)

    def table(self) -> tuple[Audience, ...]:
        """The 43 audiences of the table, by row."""
        rows = [audience for audience in self.audiences.values() if audience.row is not None]
        return tuple(sorted(rows, key=lambda audience: audience.row or 0))

    def limits(self, entry: Family, platform: Platform) -> tuple[Limit, ...]:
        """What a platform cannot tell in full of what an entry needs, the worst first."""
        found = []
        for name in entry.needs:
            supply = self.needs[name].supply(platform)
            if supply.reason is not None:
                found.append(Limit(name, supply.level, supply.reason))
        return tuple(sorted(found, key=lambda limit: -_ORDER.index(limit.level)))

    def level(self, entry: Family, platform: Platform) -> Level:
        """How far an entry can be answered from a platform: as far as what it can tell least of."""
        return max((limit.level for limit in self.limits(entry, platform)), key=_ORDER.index, default="full")

    def waiting(self, entry: Family) -> Text | None:
        """Why no platform at all can answer an entry; None where one can."""
        for name in entry.needs:
            supplies = [self.needs[name].supply(platform) for platform in PLATFORMS]
            if all(supply.level == "none" for supply in supplies):
                return supplies[0].reason
        return None

    def objective(self, segment_key: str) -> Objective | None:
        """What is wanted of the people of a segment."""
        name = self.segment(segment_key)[1].objective
        return None if name is None else self.objectives[name]

    def cap(self, segment_key: str) -> Cap | None:
        """How often the people of a segment may be written to; None where it adds nothing to their other segments."""
        name = self.segment(segment_key)[1].cap
        return None if name is None else self.caps[name]

    def personal_caps(self) -> dict[str, Cap]:
        """The caps of segments that bind what each of their people gets, by segment key."""
        found = {key: self.caps[stage.cap] for key, (_, stage) in self.segments().items() if stage.cap is not None}
        return {key: cap for key, cap in found.items() if not cap.to_everyone}

    def playbook(self, segment_key: str) -> tuple[Play, ...]:
        """Ideas for a segment: its own first, then those for its objective."""
        objective = self.segment(segment_key)[1].objective
        own = [play for play in self.playbooks.values() if segment_key in play.segments]
        shared = [play for play in self.playbooks.values() if play.objective and play.objective == objective]
        return tuple(dict.fromkeys([*own, *shared]))

    def tags(self, language: Language) -> dict[str, str]:
        """The tag of every segment by its key."""
        return {key: stage.tag.of(language) for key, (_, stage) in self.segments().items()}

    def chosen(
        self,
        changes: Mapping[str, Mapping[str, ParameterValue]] | None = None,
        *,
        keys: Iterable[str] | None = None,
    ) -> tuple[Family, ...]:
        """The families switched on (or what `keys` name), each with the parameters that `changes` gives it by its key.

        SettingsError where there is no such entry or parameter, or a value is missing.
        """
        for key in changes or {}:
            self.entry(key)
        wanted = [f for f in self.families.values() if f.on] if keys is None else [self.entry(key) for key in keys]
        found = tuple(entry.changed((changes or {}).get(entry.key, {})) for entry in wanted)
        for entry in found:
            if entry.missing:
                raise SettingsError(
                    f"{entry.key} needs a value for {entry.missing[0]}.",
                    remedy=f"Set {entry.missing[0]} among its parameters in segments.toml.",
                )
        return tuple(self.put_in(entry, found) for entry in found)

    def rules(self, chosen: Iterable[Family] = ()) -> SegmentRules:
        """What makes each segment that has all its values, by its key: as it is `chosen`, or else as it is shipped."""
        entries = {entry.key: entry for entry in [*self.entries(), *chosen]}
        return SegmentRules([entry for entry in entries.values() if not entry.missing])

    def put_in(self, entry: Family, chosen: Iterable[Family] = (), *, language: Language = "en") -> Family:
        """The entry with its mentions of segments replaced by what makes them; QueryError for a circle."""
        expressions = entry.expressions()
        if not any(in_segment(expression) for expression in expressions):
            return entry
        rules = self.rules(chosen)
        texts = [canonical(expanded(expression, rules, language)) for expression in expressions]
        stages = [s.model_copy(update={"rule": text}) for s, text in zip(entry.stages, texts, strict=True)]
        return entry.model_copy(update={"stages": tuple(stages)})


class SegmentRules(Mapping[str, Expression]):
    """What makes each segment, by its key, read when it is asked for."""

    def __init__(self, entries: Iterable[Family]) -> None:
        self._owners = {entry.segment_key(stage): entry for entry in entries for stage in entry.stages}

    def __getitem__(self, key: str) -> Expression:
        entry = self._owners[key]
        return stage_rules([entry.segment_key(stage) for stage in entry.stages], entry.expressions())[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._owners)

    def __len__(self) -> int:
        return len(self._owners)


def _nothing(kind: str, key: str, known: Iterable[str]) -> SettingsError:
    names = list(known)
    near = [name for name in names if name.endswith(f".{key}")] or get_close_matches(key, names, 1, 0.5)
    return SettingsError(
        f"There is no {kind} {key}.", remedy=f"Did you mean {near[0]}?" if near else "`connector segments` lists them."
    )
