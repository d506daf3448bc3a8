"""Everything there is to switch on, with the people of each: families, the audiences of the table, further ones.

    listing(connection, library, as_of) -> {"as_of", "people", "families": […], "audiences": […]}

All of them are answered by one statement, whether they are on or off; nothing is kept of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection

from connector.catalogue import Audience, Family, Language, Library
from connector.reports import segments
from connector.suggestions import suggested
from connector.supply import limits


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
    found = {entry["key"]: entry for entry in report["families"]}
    limited = limits(connection, library, entries, language)
    values = _suggestions(connection, entries, as_of)
    told = {
        entry.key: {
            "key": entry.key,
            "version": found[entry.key]["version"] if entry.key in found else entry.version,
            "on": entry.on,
            "label": entry.label.of(language),
            **_counted(entry, found.get(entry.key)),
            "available": missing[entry.key] is None,
            "missing": missing[entry.key],
            **({"suggestions": values[entry.key]} if entry.key in values else {}),
            "limits": limited[entry.key],
        }
        for entry in entries
    }
    return {
        **report,
        "families": [told[entry.key] for entry in entries if not isinstance(entry, Audience)],
        "audiences": [told[entry.key] for entry in entries if isinstance(entry, Audience)],
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
