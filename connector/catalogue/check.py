"""What is wrong with a catalogue beyond the form of its entries, each with its path in the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from connector.catalogue.entries import Audience, Family, slug
from connector.catalogue.library import Library
from connector.errors import QueryError, SettingsError
from connector.language import Language
from connector.query import parse
from connector.query.meaning import meaning
from connector.query.references import entered, in_segment
from connector.text import fold

Path: TypeAlias = tuple[str | int, ...]
_ESSENTIAL = {"audiences": "rule", "families": "stages", "playbooks": "text"}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where, the name of the message, the facts for it, and what may have been meant."""

    path: Path
    message: str
    facts: Mapping[str, str] = field(default_factory=dict)
    near: tuple[str, ...] = ()
    cause: QueryError | None = None


def check_tags(tags: Mapping[str, str]) -> None:
    """Refuse two segments, by key, with one tag: tools compare tags without case."""
    seen: dict[str, str] = {}
    for key, tag in tags.items():
        other = seen.setdefault(fold(tag), key)
        if other != key:
            raise SettingsError(f"{other} and {key} have the same tag, {tag}.", remedy="Give one of them another text.")


def misplaced(written: Mapping[str, Any], shipped: Mapping[str, Any]) -> Iterator[Problem]:
    """What would be taken for something else: unknown tables, new entries that say too little, keys of their own."""
    for kind, entries in written.items():
        if kind not in shipped:
            yield Problem((kind,), "unknown", {"found": kind}, tuple(shipped))
        elif not isinstance(entries, dict):
            yield Problem((kind,), "table", {"found": kind})
        else:
            for name, entry in entries.items():
                yield from _misplaced((kind, name), entry, shipped[kind])


def _misplaced(path: tuple[str, str], entry: object, shipped: Mapping[str, Any]) -> Iterator[Problem]:
    kind, name = path
    if not isinstance(entry, dict):
        yield Problem(path, "table", {"found": name})
    elif name not in shipped and _ESSENTIAL.get(kind, "label") not in entry:
        yield Problem(path, "no entry", {"found": name, "essential": _ESSENTIAL.get(kind, "label")}, tuple(shipped))
    elif "key" in entry:
        yield Problem((*path, "key"), "unknown", {"found": "key"})
    elif kind == "families":
        yield from (Problem(place, "stage table", {"found": name}) for place in _loose(path, entry.get("stages", {})))


def _loose(path: Path, stages: object) -> list[Path]:
    """Where stages, or one of them, are no table."""
    if not isinstance(stages, dict):
        return [(*path, "stages")]
    return [(*path, "stages", key) for key, stage in stages.items() if not isinstance(stage, dict)]


def problems(library: Library) -> Iterator[Problem]:
    """What does not fit together: names of what there is not, and two segments with one tag or field."""
    for entry in library.entries():
        yield from _entry_problems(library, entry)
    segments = library.segments()
    for name, objective in library.objectives.items():
        for key in (key for move in objective.moves for key in (*move.origin, *move.to)):
            yield from _known(("objectives", name, "moves"), "segment", key, segments)
    for name, play in library.playbooks.items():
        if play.objective is not None:
            yield from _known(("playbooks", name, "objective"), "objective", play.objective, library.objectives)
        for key in play.segments:
            yield from _known(("playbooks", name, "segments"), "segment", key, segments)
    yield from _shared_texts(library)


def _entry_problems(library: Library, entry: Family) -> Iterator[Problem]:
    path = entry_path(entry)
    for need in entry.needs:
        yield from _known((*path, "needs"), "need", need, library.needs)
    for part, names in (("parameters", entry.parameters), ("asks", entry.asks)):
        for name in names:
            yield from _known((*path, part, name), "parameter", name, entry.used)
    for number, stage in enumerate(entry.stages):
        where = stage_path(entry, number)
        if stage.objective is not None:
            yield from _known((*where, "objective"), "objective", stage.objective, library.objectives)
        if stage.cap is not None:
            yield from _known((*where, "cap"), "cap", stage.cap, library.caps)
    if isinstance(entry, Audience) and entry.each:
        yield from _value_problems(entry)
    if entry.key in library.families and entry.stages[-1].rule.strip().upper() != "TRUE":
        yield Problem((*stage_path(entry, len(entry.stages) - 1), "rule"), "not whole", {"found": entry.key})


def _value_problems(audience: Audience) -> Iterator[Problem]:
    path = (*entry_path(audience), "each")
    if audience.divisible is None:
        yield Problem(path, "not divisible", {"found": audience.key})
    slugs = [slug(value) for value in audience.each]
    for value, short in zip(audience.each, slugs, strict=True):
        if slugs.count(short) > 1:
            yield Problem(path, "value twice", {"found": value})


def _known(path: Path, kind: str, name: str, known: Iterable[str]) -> Iterator[Problem]:
    if name not in known:
        yield Problem(path, f"no {kind}", {"found": name}, tuple(known))


def _shared_texts(library: Library) -> Iterator[Problem]:
    """Two segments with one tag, and two entries with one field, at any tool."""
    seen: dict[tuple[str, str], str] = {}
    for entry in library.entries():
        for number, stage in enumerate(entry.stages):
            for text in {fold(stage.tag.fr), fold(stage.tag.en)}:
                key = entry.segment_key(stage)
                other = seen.setdefault(("tag", text), key)
                if other != key:
                    yield Problem((*stage_path(entry, number), "tag"), "same tag", {"found": text, "other": other})
        for tool, name in entry.fields.items():
            other = seen.setdefault((tool, name), entry.key)
            if other != entry.key:
                facts = {"found": name, "other": other}
                yield Problem((*entry_path(entry), "fields", tool), "same field", facts)


def rule_problems(library: Library, written: Mapping[str, Any], language: Language) -> Iterator[Problem]:
    """What cannot be read in the rules of those entries that a file speaks of, and which values do not fit them."""
    for kind in ("families", "audiences"):
        for name in written.get(kind, {}):
            entry = library.entry(f"aud.{name}" if kind == "audiences" else name)
            for number in range(len(entry.stages)):
                yield from _rule_problems(entry, number, language)
            yield from _mention_problems(library, entry, language)
            yield from _fit_problems(library, entry, language)


def _rule_problems(entry: Family, number: int, language: Language) -> Iterator[Problem]:
    stage = entry.stages[number]
    try:
        parse(stage.rule, language)
    except QueryError as error:
        yield Problem((*stage_path(entry, number), "rule"), "rule", {"error": str(error)}, cause=error)
        return
    try:
        entry.expression(stage, language)
    except QueryError as error:
        names = [name for name in entry.parameters if f"${name} " in str(error)]
        yield Problem((*entry_path(entry), "parameters", *names[:1]), "rule", {"error": str(error)})


def _mention_problems(library: Library, entry: Family, language: Language) -> Iterator[Problem]:
    """Segments that a rule mentions and there are not, and circles."""
    segments = library.segments()
    for number, expression in enumerate(entry.expressions()):
        path = (*stage_path(entry, number), "rule")
        for key in (*in_segment(expression), *entered(expression)):
            yield from _known(path, "segment", key, segments)
    path = (*stage_path(entry, len(entry.stages) - 1), "rule")
    try:
        if _comes_back(library, entry, language):
            yield Problem(path, "circle", {"found": entry.key})
    except QueryError as error:
        yield Problem(path, "rule", {"error": str(error)})


def _fit_problems(library: Library, entry: Family, language: Language) -> Iterator[Problem]:
    """A value of another kind than what it is compared with: $x = "much" where an amount is asked for."""
    if entry.missing or library.waiting(entry) is not None:
        return
    for number, expression in enumerate(library.put_in(entry).expressions()):
        try:
            meaning(expression, "EUR", language)
        except QueryError as error:
            place = (*entry_path(entry), "parameters") if entry.parameters else (*stage_path(entry, number), "rule")
            yield Problem(place, "rule", {"error": str(error)})


def _comes_back(library: Library, entry: Family, language: Language) -> bool:
    """Whether a rule asks since when people are in a segment that is worked out after it."""
    seen: set[str] = set()
    wanted = [entry]
    while wanted:
        rules = library.put_in(wanted.pop(), language=language).expressions()
        for owner in (library.segment(key)[0] for rule in rules for key in entered(rule)):
            if owner.key == entry.key:
                return True
            if owner.key not in seen:
                seen.add(owner.key)
                wanted.append(owner)
    return False


def entry_path(entry: Family) -> Path:
    """Where an entry stands in a file."""
    kind, _, name = entry.key.rpartition("aud.")
    return ("audiences" if entry.key.startswith("aud.") else "families", name or kind)


def stage_path(entry: Family, number: int) -> Path:
    """Where a stage stands in a file: an audience is written as one with its only stage."""
    path = entry_path(entry)
    return path if path[0] == "audiences" else (*path, "stages", entry.stages[number].key)
