"""Settings: every value with where it came from, the keys checked when that is asked for, and who may open this."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connector.days import epoch
from connector.origins import Origin, origin
from connector.settings import PlatformSettings, Settings
from connector.users import every_user, with_token
from sync.commands.check import Answer, answers
from sync.logs import keyless
from sync.told import sentence
from sync.web.desk import Desk, Here
from sync.web.errand import Ending
from sync.web.page import Action, Done, Page
from sync.web.rendering import Place

OPEN = {"shop", "url", "audience", "endpoint", "ca", "timezone", "allow_http", "requests_per_second"}
"""Settings of platforms that are no secrets; of all others only is told where they are read from."""
Text = tuple[str, str]
_STORE: Mapping[str, Text] = {
    "count_zero_orders": ("Compter les commandes à zéro", "Count orders of nothing"),
    "count_on_hold": ("Compter les commandes en attente", "Count orders on hold"),
    "count_refunded": ("Compter les commandes remboursées", "Count refunded orders"),
    "include_tax": ("Montants taxes comprises", "Amounts with tax"),
    "include_shipping": ("Montants avec la livraison", "Amounts with shipping"),
    "shared_emails": ("Adresses partagées par plusieurs personnes", "Addresses that several people share"),
    "fields": ("Champs de clients lus", "Customer fields that are read"),
    "lifespan_days": ("Durée d'usage de produits, en jours", "How long products last, in days"),
    "webhook_secret": ("Secret des webhooks", "Secret of the webhooks"),
}
_DESTINATION: Mapping[str, Text] = {
    "store": ("Boutique dont les comptes sont écrits", "Shop whose accounts are written"),
    "push": ("Ce qui est envoyé", "What is pushed"),
    "write": ("Sous quelle forme", "In which form"),
    "fields": ("Champs écrits", "Fields that are written"),
    "exclude": ("Segments exclus", "Segments that are excluded"),
    "holdout": ("Part mise à l'écart, en %", "Share that is held out, in %"),
    "read_sends": ("Lire les envois de l'outil", "Read the tool's own messages"),
    "contacts": ("Contacts nouveaux", "New contacts"),
    "approve": ("Accord demandé", "Asks for a yes"),
}
_GENERAL: tuple[tuple[tuple[str, ...], Text], ...] = (
    (("language",), ("Langue des textes envoyés et des commandes", "Language of pushed texts and commands")),
    (("history",), ("Garder l'historique des segments", "Keep the past of the segments")),
    (("schedule", "pull"), ("Lecture des boutiques, toutes les", "The shops are read every")),
    (("schedule", "day"), ("Heure du calcul du jour", "The day is worked out at")),
    (("serve", "host"), ("Le service écoute sur", "The service listens on")),
    (("serve", "port"), ("Port", "Port")),
    (("serve", "public_url"), ("Adresse que les boutiques appellent", "Address that shops call")),
    (("serve", "dashboard_url"), ("Adresse de ce tableau de bord", "Address of this dashboard")),
    (("privacy", "retain"), ("Conservation des clients", "Customers are kept for")),
    (("privacy", "retain_prospects"), ("Conservation des prospects", "Prospects are kept for")),
)


@dataclass(frozen=True)
class Setting:
    """A value as it is written; of a secret, `value` is None, and `read` says where it is read from."""

    name: str
    label: str
    value: str | None
    read: str | None
    origin: Origin


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
    window: Origin
    texts: Origin


@dataclass(frozen=True)
class Person:
    """A user."""

    name: str
    role: str
    active: bool
    programs: bool  # whether programs may ask in this user's name


@dataclass(frozen=True)
class AllSettings:
    """Every setting, where it came from, and what the last check of the keys said."""

    general: list[Setting]
    platforms: list[Platform]
    families: list[Tagged]
    users: list[Person]
    database: str
    segments_file: str | None
    checked: str | None  # when
    answers: list[Checked]


def settings(desk: Here) -> AllSettings:
    """Every setting with where it came from, and what the last check of the keys said; secrets are never shown."""
    given = desk.workspace.settings
    with desk.reading() as connection:
        users, tokens = every_user(connection), with_token(connection)
    kept = desk.errands.found.get("check")
    place = given.segments_place
    return AllSettings(
        [_general(desk, path, label) for path, label in _GENERAL],
        [
            *(_platform(desk, "stores", key, store, _STORE) for key, store in given.stores.items()),
            *(_platform(desk, "destinations", key, there, _DESTINATION) for key, there in given.destinations.items()),
        ],
        list(_families(desk)),
        [Person(user.name, user.role, user.active, user.id in tokens) for user in users],
        desk.workspace.engine.url.set(query={}).render_as_string(hide_password=True),
        None if place is None else str(place),
        None if kept is None else desk.moment(epoch(kept.at)),
        [] if kept is None else _checked(desk, kept.value),
    )


def check(desk: Here) -> Done:
    """Ask each shop and tool whether its key works and may do what is needed."""

    def work() -> Ending:
        desk.errands.keep("check", answers(desk.workspace, desk.say.language))
        return Ending("/settings#check")

    ending = desk.errands.send("check", "/settings", work)
    return Done(ending.to, ending.said)


def _general(desk: Desk, path: tuple[str, ...], label: Text) -> Setting:
    value: Any = desk.workspace.settings
    for part in path:
        value = getattr(value, part)
    return Setting(
        ".".join(path), desk.say.text(*label), _shown(desk, value), None, _origin(desk.workspace.settings, path)
    )


def _platform(desk: Desk, table: str, key: str, given: PlatformSettings, labels: Mapping[str, Text]) -> Platform:
    found = []
    for name, label in labels.items():
        value, text = getattr(given, name), desk.say.text(*label)
        came = _origin(desk.workspace.settings, (table, key, name))
        if name == "webhook_secret":
            found.append(Setting(name, text, None if value else "–", _read(desk, value) if value else None, came))
        else:
            found.append(Setting(name, text, _shown(desk, value), None, came))
    for name, value in (given.model_extra or {}).items():
        came = _origin(desk.workspace.settings, (table, key, name))
        is_open = name in OPEN and not isinstance(value, dict)
        shown = keyless(_shown(desk, value)) if is_open else None
        found.append(Setting(name, name, shown, None if is_open else _read(desk, value), came))
    return Platform(table.removesuffix("s"), key, given.platform, found)


def _families(desk: Desk) -> Iterator[Tagged]:
    given, language = desk.workspace.settings, desk.say.language
    for family in desk.shelf.families:
        parameters = {name: _shown(desk, value) for name, value in family.parameters.items()}
        tags = [f"{stage.label.of(language)} : {stage.tag.of(given.language)}" for stage in family.stages]
        window, texts = (_origin(given, ("segments", family.key, name)) for name in ("window", "tags"))
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


def _origin(given: Settings, path: tuple[str, ...]) -> Origin:
    return origin(given, *path)


def _read(desk: Desk, value: object) -> str:
    """Where a secret is read from; never the secret."""
    say = desk.say
    if isinstance(value, dict) and "env" in value:
        return say.text("variable {name}", "variable {name}", name=keyless(str(value["env"])))
    if isinstance(value, dict) and "file" in value:
        return say.text("fichier {name}", "file {name}", name=keyless(str(value["file"])))
    return say.text("écrit là même, jamais montré", "written in place, never shown")


def _shown(desk: Desk, value: object) -> str:
    """A value as people read it."""
    say = desk.say
    if isinstance(value, bool):
        return say.text("oui", "yes") if value else say.text("non", "no")
    if isinstance(value, Mapping):
        return ", ".join(f"{name} = {_shown(desk, one)}" for name, one in value.items()) or "–"
    if isinstance(value, tuple | list | frozenset):
        return ", ".join(_shown(desk, one) for one in value) or "–"
    return "–" if value is None else str(value)


PAGE = Page(
    "/settings",
    "settings.html",
    settings,
    api="/settings",
    role="admin",
    place=Place("settings", "/settings", "Réglages", "Settings"),
)
CHECK = Action("/settings/check", check)
