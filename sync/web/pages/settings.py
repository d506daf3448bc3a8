"""Settings: every value with where it came from, the keys checked when that is asked for, and who changed what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from sqlalchemy import Connection

from connector.counting import Switches
from connector.database import path
from connector.days import epoch
from connector.origins import Origin, origin
from connector.settings import PlatformSettings, StoreSettings
from connector.stores import open_store
from connector.users import every_user
from sync.amending import differs
from sync.language.told import sentence
from sync.logs import keyless
from sync.tasks.check import Answer, answers
from sync.web.desk import Desk, Here
from sync.web.done import Done
from sync.web.memory import Heard
from sync.web.page import Action, Page
from sync.web.rendering import Place
from sync.web.settable import (
    DESTINATION,
    DESTINATIONS,
    GROUPS,
    NOTHING,
    OPEN,
    PLATFORMS,
    STORE,
    STORES,
    Field,
    Group,
    Text,
    fields_of,
)
from sync.web.settingform import default_of, in_force, read_from

Came: TypeAlias = Origin | Literal["kept", "program", "command"]
"""Beside what settings say of themselves: kept with the store by an import, given by the demo, the command line."""
SHOWN = 10
"""So many changes are shown."""
_KEYS = {one.name for platform in (*STORES.values(), *DESTINATIONS.values()) for one in platform}


@dataclass(frozen=True)
class Setting:
    """A value as it is written; of a secret, `value` is None, and `read` says where it is read from."""

    name: str
    label: str
    value: str | None
    read: str | None
    origin: Came


@dataclass(frozen=True)
class Checked:
    """What a shop or a tool answered when it was asked last; `problems` are pairs of what is wrong and what to do."""

    kind: str  # store, destination, segment
    key: str
    name: str
    works: bool
    problems: list[tuple[str, str]]


@dataclass(frozen=True)
class Platform:
    """A shop or a destination, with what is set of it."""

    kind: str
    key: str
    platform: str
    settings: list[Setting]


@dataclass(frozen=True)
class Tagged:
    """A family as it is in force: its window, and the text that each stage is pushed under."""

    key: str
    label: str
    parameters: dict[str, str]
    tags: list[str]
    window: Came
    texts: Came


@dataclass(frozen=True)
class Part:
    """Settings that are changed together."""

    part: str
    label: str
    told: str
    settings: list[Setting]


@dataclass(frozen=True)
class Act:
    """A change: when, by whom, and of what."""

    at: str
    who: str
    what: str
    how: str


@dataclass(frozen=True)
class AllSettings:
    """Every setting, where it came from, what the last check of the keys said, and what was changed last."""

    parts: list[Part]
    platforms: list[Platform]
    families: list[Tagged]
    users: int
    database: str
    suppressed: str | None  # who is not to come back, of a server's database
    file: str | None
    segments_file: str | None
    differs: bool
    checked: str | None  # when
    answers: list[Checked]
    acts: list[Act]


def settings(desk: Here) -> AllSettings:
    """Every setting with where it came from, and what the last check of the keys said; secrets are never shown."""
    given = desk.workspace.settings
    with desk.reading() as connection:
        users = every_user(connection)
        kept = {key: _kept(desk, connection, key, store) for key, store in given.stores.items()}
    asked, place = desk.memory.check, given.segments_place
    on_a_server = path(desk.workspace.engine) is None
    return AllSettings(
        parts=[_part(desk, group) for group in GROUPS],
        platforms=[
            *(_platform(desk, "stores", key, store, kept[key]) for key, store in given.stores.items()),
            *(_platform(desk, "destinations", key, there, {}) for key, there in given.destinations.items()),
        ],
        families=list(_families(desk)),
        users=sum(user.active for user in users),
        database=desk.workspace.engine.url.set(query={}).render_as_string(hide_password=True),
        suppressed=str(desk.workspace.suppressed.file) if on_a_server else None,
        file=None if given.file is None else str(given.file),
        segments_file=None if place is None else str(place),
        differs=differs(given),
        checked=None if asked is None else desk.moment(epoch(asked.at)),
        answers=[] if asked is None else _checked(desk, asked.found),
        acts=[
            Act(desk.moment(row["at"]), row["who"], row["command"], keyless(row["what"]))
            for row in desk.workspace.suppressed.disclosures.acts(SHOWN)
        ],
    )


def check(desk: Here) -> Done:
    """Ask each shop and tool whether its key works and may do what is needed."""

    def work() -> Done:
        found = answers(desk.workspace, desk.say.language)
        desk.memory.check = Heard(desk.workspace.now(), found)
        return Done("/settings#check")

    return desk.errands.send("check", "/settings", work)


def _part(desk: Desk, group: Group) -> Part:
    say, table = desk.say, () if group.part == "general" else (group.part,)
    found = [_setting(desk, (*table, *one.path), one) for one in group.fields]
    return Part(group.part, say.text(*group.label), say.text(*group.told), found)


def _platform(
    desk: Desk, table: str, key: str, given: PlatformSettings, kept: Mapping[str, Mapping[str, Any]]
) -> Platform:
    """What is said of a store or destination, and what could be: its keys first."""
    common = STORE if table == "stores" else DESTINATION
    offered = fields_of(table, given.platform) if given.platform in PLATFORMS else common
    known = {one.name: one for one in offered}
    extra = [known.get(name, Field((name,), (name, name), kind="secret")) for name in given.model_extra or {}]
    written = [one for one in common if one in offered or one.name in given.model_fields_set]
    said = [_setting(desk, (table, key, one.name), one) for one in (*extra, *written)]
    return Platform(table, key, given.platform, [replace(one, **kept.get(one.name, {})) for one in said])


def _kept(desk: Desk, connection: Connection, key: str, given: StoreSettings) -> dict[str, dict[str, Any]]:
    """What a store's switches stand at that the settings do not say, as an import has kept them with it."""
    known = open_store(connection, key)
    switches = given.switches(known.switches if known else Switches())
    found = {name: value for name, value in asdict(switches).items() if value is not getattr(Switches(), name)}
    return {
        name: {"value": _shown(desk, value), "origin": "kept"}
        for name, value in found.items()
        if getattr(given, name) is None
    }


def _setting(desk: Desk, path: tuple[str, ...], one: Field) -> Setting:
    """A setting as it is shown: of what is not known to be open, only where it is read from."""
    workspace, came, label = desk.workspace, _came(desk, path), one.label
    value = workspace.commanded.get(path, in_force(workspace.settings, path))
    name, text = ".".join(path[2:] or path), desk.say.text(*label)
    is_open = one.name in OPEN and not isinstance(value, dict)
    if is_open or (one.kind != "secret" and one.name not in (OPEN | _KEYS)):
        return Setting(name, text, keyless(_told(desk, value, one)), None, came)
    return Setting(name, text, None if value else "–", read_from(desk.say, value) if value else None, came)


def _came(desk: Desk, path: tuple[str, ...]) -> Came:
    """Where the value of a setting came from."""
    settings = desk.workspace.settings
    if path in desk.workspace.commanded:
        return "command"
    found = origin(settings, *path)
    return "program" if found == "file" and settings.file is None else found


def _told(desk: Desk, value: object, one: Field) -> str:
    """A value as people read it; where nothing is said, what holds then."""
    if (value is None or value == ()) and one.default:
        return default_of(desk.say, one)
    if value is None and one.nothing != NOTHING:
        return desk.say.text(*one.nothing)
    if one.units and isinstance(value, str) and value[-1:] in one.units:
        ways = zip(*one.units[value[-1]], strict=True)  # in French, and in English
        return desk.say.count(int(value[:-1]), *desk.say.choose(*ways))
    return _shown(desk, value, dict(one.options))


def _families(desk: Desk) -> Iterator[Tagged]:
    given, language = desk.workspace.settings, desk.say.language
    for family in desk.shelf.families:
        parameters = {name: _shown(desk, value) for name, value in family.parameters.items()}
        names = [f"{stage.label.of(language)} → " if len(family.stages) > 1 else "" for stage in family.stages]
        tags = [name + stage.tag.of(given.language) for name, stage in zip(names, family.stages, strict=True)]
        window, texts = (_came(desk, ("segments", family.key, name)) for name in ("window", "tags"))
        yield Tagged(family.key, family.label.of(language), parameters, tags, window, texts)


def _checked(desk: Desk, found: object) -> list[Checked]:
    language = desk.say.language
    return [
        Checked(
            answer.kind,
            answer.key,
            answer.name,
            answer.works,
            [(sentence(one.message, language), sentence(one.remedy, language)) for one in answer.problems],
        )
        for answer in (found if isinstance(found, list) else ())
        if isinstance(answer, Answer)
    ]


def _shown(desk: Desk, value: object, words: Mapping[str, Text] = MappingProxyType({})) -> str:
    """A value as people read it; `words` are those of what can be chosen."""
    say = desk.say
    if isinstance(value, bool):
        return say.text("oui", "yes") if value else say.text("non", "no")
    if isinstance(value, Mapping):
        return ", ".join(f"{name} = {_shown(desk, one)}" for name, one in value.items()) or "–"
    if isinstance(value, tuple | list | frozenset):
        return ", ".join(_shown(desk, one, words) for one in value) or "–"
    if value in words:
        return say.text(*words[str(value)])
    return "–" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


PAGE = Page(
    "/settings",
    "settings.html",
    settings,
    api="/settings",
    role="admin",
    place=Place("settings", "/settings", "Réglages", "Settings"),
)
CHECK = Action("/settings/check", check)
