"""Everything there is to switch on, with the people of each: families, the audiences of the table, further ones.

    listing(connection, library, as_of) -> {"as_of", "people", "families": […], "audiences": […]}
    prepared(connection, library, today) -> the same of what is on, from what the last recompute has kept

`listing` answers all of them by one statement, whether they are on or off; nothing is kept of it. `prepared` reads no
order, so that it takes as long in a large shop as in a small one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from connector.answers.reports import segments
from connector.answers.sizes import Size
from connector.answers.suggestions import suggested
from connector.answers.supply import limits
from connector.catalogue import Audience, Family, Library
from connector.history.counts import people_on
from connector.history.segments import settled
from connector.judging.kept import kept
from connector.language import Language


def listing(
    connection: Connection,
    library: Library,
    as_of: int,
    *,
    window: int | None = None,
    language: Language = "en",
    keys: Collection[str] | None = None,
    today: int | None = None,
) -> dict[str, Any]:
    """Each family with its stages, and each audience: the table's in its order, then the others; or those of `keys`.

    `window` asks the families with another one than is set; with `today`, what has no past says so for earlier days.
    What cannot be answered has `people` null, and `missing` says why: `needs_value: x`, or the reason in the language.
    """
    entries = [entry for entry in _ordered(library) if keys is None or entry.key in keys]
    missing = {entry.key: library.obstacle(entry, language) for entry in entries}
    asked = [
        library.put_in(entry if isinstance(entry, Audience) else entry.with_window(window))
        for entry in entries
        if missing[entry.key] is None
    ]
    report = segments(connection, asked, as_of, language=language, today=today)
    limited = limits(connection, library, entries, language)
    values = _suggestions(connection, entries, as_of)
    told = _told(entries, report, language, missing, limited)
    for one in told:
        if one["key"] in values:
            one["suggestions"] = values[one["key"]]
    return _parted(report, entries, told)


def prepared(connection: Connection, library: Library, today: int, *, language: Language = "en") -> dict[str, Any]:
    """What `listing` tells of what is on today, without suggestions.

    What was switched on, or was changed, since the last recompute has `people` null, and nothing that is missing.
    """
    entries = [entry for entry in _ordered(library) if entry.on]
    missing = {entry.key: library.obstacle(entry, language) for entry in entries}
    asked = [library.put_in(entry) for entry in entries if missing[entry.key] is None]
    found = kept(connection, "revenue", "shares").found
    known = _sizes(connection, asked, today, found.get("revenue", {}))
    report = segments(connection, [one for one in asked if one.key in known], today, language=language, known=known)
    shares = {(store, need): share for store, need, share in found.get("shares", ())}
    limited = limits(connection, library, entries, language, shares)
    return _parted(report, entries, _told(entries, report, language, missing, limited))


def _sizes(
    connection: Connection, families: Iterable[Family], today: int, revenue: Mapping[str, int]
) -> dict[str, list[Size]]:
    """The sizes of those families that are in force as they are set."""
    in_force = settled(connection, families)
    people = people_on(connection, [number for one in in_force for number in one.ids], today)
    return {
        one.family.key: [
            Size(people.get(number, 0), revenue.get(one.family.segment_key(stage), 0))
            for number, stage in zip(one.ids, one.family.stages, strict=True)
        ]
        for one in in_force
    }


def _told(
    entries: Iterable[Family],
    report: Mapping[str, Any],
    language: Language,
    missing: Mapping[str, str | None],
    limited: Mapping[str, list[dict[str, Any]]],
) -> list[dict[str, Any]]:
    """What there is to tell of each entry, with what a report of segments found of it."""
    found = {one["key"]: one for one in report["families"]}
    return [
        {
            "key": entry.key,
            "version": found[entry.key]["version"] if entry.key in found else entry.version,
            "on": entry.on,
            "label": entry.label.of(language),
            **_counted(entry, found.get(entry.key)),
            "available": missing[entry.key] is None,
            "missing": missing[entry.key],
            "limits": limited[entry.key],
        }
        for entry in entries
    ]


def _parted(report: Mapping[str, Any], entries: Sequence[Family], told: Sequence[dict[str, Any]]) -> dict[str, Any]:
    both = list(zip(entries, told, strict=True))
    return {
        **report,
        "families": [one for entry, one in both if not isinstance(entry, Audience)],
        "audiences": [one for entry, one in both if isinstance(entry, Audience)],
    }


def _ordered(library: Library) -> list[Family]:
    table = library.table()
    others = [audience for audience in library.audiences.values() if audience.row is None]
    return [*library.families.values(), *table, *others]


def _counted(entry: Family, report: Mapping[str, Any] | None) -> dict[str, Any]:
    """The people and the money of an entry, and whether its history is complete; null where it was not answered."""
    if report is None:
        empty = {"people": None, "revenue": None}
        if isinstance(entry, Audience):
            return empty
        return {"stages": [{"key": stage.key, **empty} for stage in entry.stages]}
    complete = {name: report[name] for name in ("complete", "reason", "remedy") if name in report}
    if isinstance(entry, Audience):
        (stage,) = report["stages"]
        return {"people": stage["people"], "revenue": stage["revenue"], **complete}
    return {**complete, "stages": report["stages"]}


def _suggestions(connection: Connection, entries: Iterable[Family], as_of: int) -> dict[str, list[str]]:
    """Values of the shop for the first thing that each entry asks for, by its key."""
    asks = {entry.key: [ask for name, ask in entry.asks.items() if name in entry.used] for entry in entries}
    first = {key: asked[0] for key, asked in asks.items() if asked}
    known = {ask.suggestion: ask for ask in first.values()}
    values = {kind: suggested(connection, ask, as_of) for kind, ask in known.items()}
    return {key: values[ask.suggestion] for key, ask in first.items()}
