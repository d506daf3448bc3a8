"""A form of settings: what it asks, what stands there now, and what was sent with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, TypeAlias

from fastapi import Depends, HTTPException, Request
from starlette.datastructures import FormData

from connector.errors import ConnectorError, SettingsError
from connector.origins import variable
from connector.settings import PlatformSettings, Settings
from sync.language.told import message, remedy
from sync.language.voice import Voice
from sync.logs import keyless
from sync.tomlfile import difference
from sync.web.desk import Desk
from sync.web.settable import GROUPS, OPEN, PLATFORMS, Field, Group, Text, fields_of
from sync.web.typed import meant, typed

LONGEST = 20_000
"""Characters of a field."""


async def _sent(request: Request) -> FormData:
    return await request.form()


Sent: TypeAlias = Annotated[FormData, Depends(_sent)]
"""What a form was sent with, whatever it asks."""


@dataclass(frozen=True)
class Asked:
    """A table of the settings file, or what stands above them: where it is, and the fields that it has."""

    part: str
    key: str
    platform: str
    title: str
    told: str
    path: tuple[str, ...]
    fields: tuple[Field, ...]
    new: bool = False

    def put(self, change: Mapping[str, Any] | None) -> dict[str, Any]:
        """A change of this table as one of the file; None takes the table out."""
        found: Any = change
        for name in reversed(self.path):
            found = {name: found}
        return dict(found)


@dataclass(frozen=True)
class Option:
    """A value that can be chosen."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True)
class Box:
    """A field as it is shown. `was` is what the file says; a secret has no `text`, and `held` tells where it is read.

    Of what the environment says, `locked` names the variable. `now` is what the file says by now, where somebody else
    changed what was typed here.
    """

    name: str
    label: str
    hint: str
    kind: str
    text: str
    was: str
    default: str
    options: list[Option]
    locked: str | None
    held: str | None
    later: bool
    rare: bool
    needed: bool
    wrong: str | None = None
    now: str | None = None

    @property
    def helped(self) -> bool:
        """Whether something is said below it."""
        return bool(self.hint or self.later or (self.default and self.kind in {"text", "number", "decimal"}))

    @property
    def pointed(self) -> str:
        """The ids of what is said of it."""
        return " ".join([f"hint-{self.name}"] * self.helped + [f"wrong-{self.name}"] * bool(self.wrong))


@dataclass
class Reply:
    """What was typed into a form, by the names of its fields; what is wrong there, and what became of it elsewhere."""

    texts: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    outdated: bool = False


def asked(desk: Desk, part: str, key: str, platform: str) -> Asked:
    """What a form is of; HTTPException 404 where there is no such thing."""
    say, settings = desk.say, desk.workspace.settings
    group = next((group for group in GROUPS if group.part == part), None)
    if group is not None:
        return _group(say, group)
    if part in {"stores", "destinations"}:
        given = getattr(settings, part).get(key)
        kind = given.platform if given is not None else platform
        if kind not in platforms(part):
            raise HTTPException(404)
        fields, new = _platform(desk, part, kind, given), given is None
        return Asked(part, key, kind, _title(say, part, key, new=new), PLATFORMS[kind], (part, key), fields, new)
    family = next((family for family in desk.shelf.families if part == "segments" and family.key == key), None)
    if family is None:
        raise HTTPException(404)
    told = family.description.of(say.language)
    return Asked(part, key, "", family.label.of(say.language), told, ("segments", key), _family(desk, key))


def boxes(desk: Desk, form: Asked, reply: Reply) -> list[Box]:
    """The fields as they are shown, with what was typed where something was."""
    return [_box(desk, form, one, reply) for one in form.fields]


def changes(desk: Desk, form: Asked, sent: FormData, reply: Reply) -> dict[str, Any]:
    """What the sent form changes of its table; what is wrong is noted in the reply, at its field."""
    change: dict[str, Any] = {}
    for one in form.fields:
        if variable(*form.path, *one.path) is not None:
            continue
        try:
            value = _secret(desk, form, one, sent) if one.kind == "secret" else _plain(desk, form, one, sent, reply)
        except SettingsError as error:
            reply.wrong[one.name] = told(desk, error)
            continue
        if value is not KEPT:
            _put(change, one.path, value)
    return change


def told(desk: Desk, error: ConnectorError) -> str:
    """An error with its remedy, in the reader's language, without what looks like a key."""
    language = desk.say.language
    return keyless(f"{message(error, language)} {remedy(error, language)}".strip())


KEPT = object()
"""A field that changes nothing."""


def raw(settings: Settings, path: Sequence[str]) -> Any:  # noqa: ANN401 - what TOML holds
    """What the file says at a path; None where it says nothing."""
    found: Any = settings.written
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def in_force(settings: Settings, path: Sequence[str]) -> Any:  # noqa: ANN401 - a setting's value
    """The value that holds at a path, wherever it is from; None where there is none."""
    found: Any = settings
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else getattr(found, name, None)
    return found


def read_from(say: Voice, value: object) -> str:
    """Where a secret is read from; never the secret."""
    if isinstance(value, list | tuple):
        return ", ".join(read_from(say, one) for one in value)
    if isinstance(value, Mapping) and "env" in value:
        return say.text("variable {name}", "variable {name}", name=keyless(str(value["env"])))
    if isinstance(value, Mapping) and "file" in value:
        return say.text("fichier {name}", "file {name}", name=keyless(str(value["file"])))
    return say.text("écrit là même, jamais montré", "written in place, never shown")


def platforms(part: str) -> list[str]:
    """The platforms that a store, or a destination, can be of."""
    return [name for name in PLATFORMS if part == "destinations" or name != "mailchimp"]


def _title(say: Voice, part: str, key: str, *, new: bool) -> str:
    if part == "stores":
        return (
            say.text("Nouvelle boutique", "New shop")
            if new
            else say.text("Boutique « {key} »", "Shop “{key}”", key=key)
        )
    if new:
        return say.text("Nouvelle destination", "New destination")
    return say.text("Destination « {key} »", "Destination “{key}”", key=key)


def _group(say: Voice, group: Group) -> Asked:
    path = () if group.part == "general" else (group.part,)
    return Asked(group.part, "", "", say.text(*group.label), say.text(*group.told), path, group.fields)


def _platform(desk: Desk, part: str, platform: str, given: PlatformSettings | None) -> tuple[Field, ...]:
    """What a platform is asked, and whatever else the file says of it; with the choices that this shop has."""
    settings = desk.workspace.settings
    found = list(fields_of(part, platform))
    known = {one.name for one in found}
    for name in (given.model_extra or {}) if given is not None else ():
        if name not in known:
            found.append(Field((name,), (name, name), kind="text" if name in OPEN else "secret", rare=True))
    choices: dict[str, Callable[[], list[tuple[str, Text]]]] = {
        "store": lambda: [(key, (key, key)) for key, store in settings.stores.items() if store.platform == platform],
        "push": lambda: _pushable(desk, getattr(given, "push", ())),
    }
    return tuple(_with(one, choices[one.name]()) if one.name in choices else one for one in found)


def _pushable(desk: Desk, written: Sequence[str]) -> list[tuple[str, Text]]:
    found = {family.key: (family.label.fr, family.label.en) for family in desk.shelf.families}
    return [*found.items(), *((key, (key, key)) for key in written if key not in found)]


def _with(one: Field, options: list[tuple[str, Text]]) -> Field:
    return replace(one, options=tuple(options))


def _family(desk: Desk, key: str) -> tuple[Field, ...]:
    """The window of a family, where it has one, and the tag of each stage."""
    family = next(family for family in desk.shelf.families if family.key == key)
    window = Field(
        ("window",),
        ("Fenêtre, en jours", "Window, in days"),
        (
            "Un autre nombre déplace des clients d'une étape à l'autre ; l'atelier de règles montre combien.",
            "Another number moves customers from stage to stage; the rule workshop shows how many.",
        ),
        "number",
        default=str(family.parameters.get("window", "")),
    )
    tags = (
        Field(
            ("tags", stage.key),
            (f"Étiquette : {stage.label.fr}", f"Tag: {stage.label.en}"),
            default=stage.tag.of(desk.workspace.settings.language),
        )
        for stage in family.stages
    )
    return ((window,) if "window" in family.used else ()) + tuple(tags)


def _box(desk: Desk, form: Asked, one: Field, reply: Reply) -> Box:
    say, settings, path = desk.say, desk.workspace.settings, (*form.path, *one.path)
    locked, value = variable(*path), raw(settings, path)
    is_secret = one.kind == "secret"
    value = in_force(settings, path) if locked else value
    was = "" if is_secret else typed(value)
    if one.options and value is None:
        was = one.default  # which is what its ticks show
    text = reply.texts.get(one.name, was)
    chosen = set(text.split("\n"))
    return Box(
        name=one.name,
        label=say.text(*one.label),
        hint=say.text(*one.hint),
        kind=one.kind,
        text=keyless(text),
        was=keyless(was),
        default="" if form.part == "segments" and value is not None else default_of(say, one),
        options=[Option(value, say.text(*label), value in chosen) for value, label in one.options],
        locked=locked,
        held=read_from(say, value) if is_secret and value is not None else None,
        later=one.later,
        rare=one.rare and value is None and one.name not in reply.wrong,
        needed=one.needed,
        wrong=reply.wrong.get(one.name),
        now=was if reply.outdated and one.name in reply.texts and text != was else None,
    )


def default_of(say: Voice, one: Field) -> str:
    """What holds where nothing is said, as people read it."""
    if one.kind == "switch":
        return {"true": say.text("oui", "yes"), "false": say.text("non", "no")}.get(one.default, "")
    words = dict(one.options)
    return ", ".join(say.text(*words.get(value, (value, value))) for value in one.default.split("\n"))


def _plain(desk: Desk, form: Asked, one: Field, sent: FormData, reply: Reply) -> Any:  # noqa: ANN401 - what TOML holds
    """The value of a field that was changed; KEPT of any other."""
    given = [text for text in sent.getlist(f"set.{one.name}") if isinstance(text, str)]
    if not given:
        return KEPT
    if sum(map(len, given)) > LONGEST:
        raise SettingsError("This is too long.", remedy="Write less.")
    text = "\n".join(line for line in given if line or one.kind != "several").replace("\r\n", "\n")
    was = str(sent.get(f"was.{one.name}", "")).replace("\r\n", "\n")
    if text == was or (one.kind == "several" and set(text.split()) == set(was.split())):
        return KEPT
    reply.texts[one.name] = text
    value, before = meant(one, given), raw(desk.workspace.settings, (*form.path, *one.path))
    if isinstance(value, dict) and isinstance(before, Mapping):
        return difference(before, value) or KEPT
    return KEPT if (value, type(value)) == (before, type(before)) else value


def _secret(desk: Desk, form: Asked, one: Field, sent: FormData) -> Any:  # noqa: ANN401 - what TOML holds
    """A secret that was typed, or where it is to be read from; None where it is taken out, KEPT where it stays."""
    typed_in, variable_, file = (str(sent.get(f"{way}.{one.name}", "")).strip() for way in ("set", "env", "file"))
    ways = [way for way in (typed_in, variable_, file) if way]
    before = raw(desk.workspace.settings, (*form.path, *one.path))
    if len(ways) > 1 or (ways and sent.get(f"drop.{one.name}")):
        raise SettingsError(
            "A secret is read from one place.", remedy="Fill in one field of it, and leave the others empty."
        )
    if not ways:
        return None if sent.get(f"drop.{one.name}") and before is not None else KEPT
    new: Any = {"env": variable_} if variable_ else {"file": file} if file else typed_in
    if sent.get(f"both.{one.name}") and before is not None:
        return [new, before[0] if isinstance(before, list) else before]
    return difference(before, new) or KEPT if isinstance(before, Mapping) and isinstance(new, Mapping) else new


def _put(change: dict[str, Any], path: Sequence[str], value: Any) -> None:  # noqa: ANN401 - what TOML holds
    for name in path[:-1]:
        change = change.setdefault(name, {})
    change[path[-1]] = value
