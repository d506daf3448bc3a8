"""Everything there is to switch on and off, with what each is for; the forms change the merchant's segments.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

from fastapi import Depends, Form, HTTPException, Query, Request
from sqlalchemy import Connection

from connector.answers.listing import listing
from connector.answers.supply import platforms
from connector.catalogue import Audience, Family
from connector.errors import SettingsError
from sync.shelving import shelve
from sync.targets import told_of
from sync.web.desk import Desk, Here
from sync.web.done import Done
from sync.web.entries import NUMBER, Entries, Entry, cards
from sync.web.page import Action, Page
from sync.web.sheet import bare
from sync.web.words import coming

ALL = "all"
VALUE = "value_"
"""What the fields of a form begin with that give a rule its values."""
Text: TypeAlias = Annotated[str, Form(max_length=500)]


@dataclass(frozen=True)
class Library:
    """All families and audiences; `chosen` is the one that is to be given its values, `leaving` the one to switch off.

    `file` is what a change goes to.
    """

    families: list[Entry]
    audiences: list[Entry]
    chosen: Entry | None
    leaving: Entry | None
    cards: bool
    file: str | None
    q: str


def library(
    desk: Here,
    key: Annotated[str, Query(max_length=200, description="One of which to see suggestions for its values.")] = "",
    health: Annotated[bool, Query(description="Also the six criteria of each segment that is on.")] = False,
    count: Annotated[
        str, Query(max_length=200, description="Also count who is in this one that is off, or in all.")
    ] = "",
    off: Annotated[str, Query(max_length=200, description="One of which to see what switching it off means.")] = "",
    q: Annotated[str, Query(max_length=200, description="Only those whose name or text contains this.")] = "",
) -> Library:
    """Every family and audience: its size, what it is for, what it lacks, and whether it is on."""
    known = desk.shelf.library
    for asked in {key, off, count} - {"", ALL}:
        _entry_of(desk, asked)
    with desk.reading() as connection:
        shops = list(platforms(connection).values())
        made = Entries(
            desk, connection, cards(desk, connection) if health else {}, shops, _counted(desk, connection, count)
        )
        families = [made.entry(entry) for entry in known.families.values()]
        audiences = [made.entry(entry) for entry in known.audiences.values() if not _one_of_many(desk, entry)]
        chosen = made.entry(known.entry(key), suggest=True) if key else None
        leaving = made.entry(known.entry(off)) if off and desk.shelf.holds(off) else None
    place = desk.workspace.settings.segments_place
    families, audiences = ([one for one in some if _tells(one, q.strip())] for some in (families, audiences))
    return Library(families, audiences, chosen, leaving, health, None if place is None else place.name, q.strip())


def _counted(desk: Desk, connection: Connection, which: str) -> dict[str, int | None]:
    """The people of one that is off, or of all those, which everybody is looked at for."""
    known, today = desk.shelf.library, desk.workspace.today()
    keys = [one.key for one in known.entries() if not one.on and which in (one.key, ALL)]
    if not keys:
        return {}
    report = listing(connection, known, today, keys=keys, language=desk.say.language)
    stages = {f"{one['key']}.{stage['key']}": stage["people"] for one in report["families"] for stage in one["stages"]}
    return stages | {one["key"]: one["people"] for one in report["audiences"]}


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
        "{label} est activé : {coming}.",
        "{label} is on: {coming}.",
        label=label,
        coming=coming(desk.say, shop=bool(desk.workspace.settings.stores)),
    )
    return Done(f"/segments/library#{entry}", said)


def aim(
    desk: Here,
    objective: Text,
    target: Annotated[int, Form(ge=1, le=10**9)],
    deadline: Text = "",
    segment: Text = "",
) -> Done:
    """Set how many people a month are to reach an objective, and by when; it leads back to a segment's page."""
    wanted = desk.shelf.library.objectives.get(objective)
    if wanted is None:
        raise HTTPException(404)
    change: dict[str, Any] = {"target": target}
    if deadline:
        change["deadline"] = _value("deadline", deadline)
    shelve(desk.workspace.settings, {"objectives": {objective: change}}, desk.say.language)
    label = wanted.label.of(desk.say.language)
    back = f"/segments/{segment}" if segment in desk.shelf.library.segments() else "/segments/library"
    return Done(back, desk.say.text("Objectif noté : {label}.", "Objective noted: {label}.", label=label))


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


def _refuse_sent(desk: Desk, found: Family) -> None:
    """SettingsError where a destination would be left with something to push that is off."""
    for destination in told_of(desk.workspace.settings, desk.shelf, found.key):
        raise SettingsError(
            f"{found.key} is sent to {destination}.",
            remedy="Take it out of that destination's table in connector.toml first.",
        )


def _value(name: str, text: str) -> Any:  # noqa: ANN401 - what TOML holds
    """A value as somebody writes it: a number, a day, a list, or the text itself."""
    written = text.strip()
    plain = written.replace(",", ".") if NUMBER.fullmatch(written) else written
    try:
        value = tomllib.loads(f"value = {plain}")["value"]
    except tomllib.TOMLDecodeError:
        return written
    if isinstance(value, bool | dict):
        raise SettingsError(
            f"{written} cannot be a value of {name}.", remedy="Write it as in segments.toml: 500, 2026-06-30 or Lyon."
        )
    return value


PAGE = Page("/segments/library", "library.html", library, api="/library")
ACTIONS = (Action("/segments/library/switch", switch), Action("/segments/library/aim", aim))
