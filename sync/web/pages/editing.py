"""One form of settings: what is sent is checked as at a start, keys are tried, what is wrong is told at its field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Form as Typed
from fastapi import HTTPException, Query, Request

from connector.errors import SettingsError
from connector.settings import WrongValueError
from connector.users import Role
from sync.amending import OutdatedError, amend, differs, rehearse, reread
from sync.language.told import sentence
from sync.logs import keyless
from sync.privacy.requests import due
from sync.tasks.check import Answer
from sync.web.desk import Desk, Here
from sync.web.done import Done
from sync.web.memory import Heard
from sync.web.page import Action, Page, Shown
from sync.web.settable import DESTINATION, PLATFORMS, STORE
from sync.web.settingform import Asked, Box, Reply, Sent, asked, boxes, changes, platforms, told
from sync.web.trial import tried
from sync.workspace import Workspace

KINDS = {"stores": "store", "destinations": "destination"}
_ADMIN: Role = "admin"
_COMMON = {"stores": {one.name for one in STORE}, "destinations": {one.name for one in DESTINATION} - {"store"}}
"""Settings that the platform itself is not asked with."""
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_TEMPLATE = "settings_edit.html"
Name = Annotated[str, Typed(max_length=200)]


@dataclass(frozen=True)
class Form:
    """A form of settings; without fields, the platforms to choose from. `sure` asks for a second yes, and says why."""

    part: str
    key: str
    platform: str
    title: str
    told: str
    file: str | None
    stamp: str
    new: bool
    differs: bool
    boxes: list[Box]
    choices: dict[str, str]
    sent: bool = False  # whether it comes back from having been sent
    name_wrong: str | None = None
    wrong: str | None = None
    problems: tuple[tuple[str, str], ...] = ()
    sure: str | None = None


def edit(
    desk: Here,
    part: Annotated[str, Query(max_length=40)] = "general",
    key: Annotated[str, Query(max_length=200)] = "",
    platform: Annotated[str, Query(max_length=40)] = "",
) -> Form:
    """The form of a group of settings, of a store, a destination or a family."""
    if part in KINDS and not key and not platform:
        return _choosing(desk, part)
    return _form(desk, asked(desk, part, key, platform), Reply())


def save(
    desk: Here,
    request: Request,
    sent: Sent,
    part: Name,
    stamp: Name,
    entry: Name = "",
    platform: Name = "",
    sure: Name = "",
) -> Done | Shown:
    """Write what a form changes into the settings file, or show the form again with what is wrong."""
    form, reply = asked(desk, part, entry, platform), Reply()
    change = changes(desk, form, sent, reply)
    if form.new:
        change = {"platform": form.platform, **change}
        if not _NAME.fullmatch(entry):
            reply.wrong[""] = _naming(desk)
    if reply.wrong:
        return _again(desk, form, reply)
    if not change:
        return Done("/settings", desk.say.text("Il n'y avait rien à changer.", "There was nothing to change."))
    try:
        return _made(desk, request, form, change, stamp, reply, sure=bool(sure))
    except OutdatedError as error:
        return _outdated(desk, error, form, sent)
    except WrongValueError as error:
        wrong = None if _placed(desk, form, reply, error) else told(desk, error)
        return _again(desk, form, reply, wrong=wrong)
    except SettingsError as error:
        return _again(desk, form, reply, wrong=told(desk, error))


def remove(desk: Here, part: Name, entry: Name, stamp: Name, sure: Name = "") -> Done | Shown:
    """Take a store or a destination out of the settings file; what is known of it, and written there, stays."""
    if part not in KINDS:
        raise HTTPException(404)
    form = asked(desk, part, entry, "-")
    if not sure:
        return _again(desk, form, Reply(), wrong=desk.say.text("Cochez pour confirmer.", "Tick to confirm."))
    try:
        _refuse_fixed(rehearse(desk.standing, form.put(None), seen=stamp), part, entry)
        amend(desk.standing, form.put(None), seen=stamp)
    except SettingsError as error:
        return _again(desk, form, Reply(), wrong=told(desk, error))
    _keep(desk, KINDS[part], entry, None)
    _note(desk, f"- {part}.{entry}")
    return Done(
        "/settings", desk.say.text("{key} est retirée des réglages.", "{key} is out of the settings.", key=entry)
    )


def _refuse_fixed(supposed: Workspace, part: str, key: str) -> None:
    if key in getattr(supposed.settings, part):
        raise SettingsError(
            f"{key} stands in the environment, too.",
            remedy=f"Unset the variables CONNECTOR_{part.upper()}__{key.upper()}… first.",
        )


def take(desk: Here) -> Done:
    """Take into force what somebody wrote into the settings file beside this dashboard."""
    reread(desk.standing)
    _note(desk, "connector.toml")
    return Done("/settings", desk.say.text("Le fichier est en vigueur.", "The file is in force."))


def _made(
    desk: Desk, request: Request, form: Asked, change: Mapping[str, Any], stamp: str, reply: Reply, *, sure: bool
) -> Done | Shown:
    """The change made, once whatever it relies on has answered and what cannot be taken back has its second yes."""
    whole = form.put(change)
    supposed = rehearse(desk.standing, whole, seen=stamp)
    if form.part in KINDS and (form.new or change.keys() - _COMMON[form.part]):
        answer = tried(supposed, KINDS[form.part], form.key)
        if not answer.works:
            return _again(desk, form, reply, problems=_problems(desk, answer))
        _keep(desk, KINDS[form.part], form.key, answer)
    if not sure and (why := _doubt(desk, request, supposed, form)):
        return _again(desk, form, reply, sure=why)
    amend(desk.standing, whole, seen=stamp)
    _note(desk, ", ".join(".".join((*form.path, name)) for name in change))
    return Done("/settings", _said(desk, form, change))


def _problems(desk: Desk, answer: Answer) -> tuple[tuple[str, str], ...]:
    """What a shop or a tool answered is wrong, and what to do about it."""
    language = desk.say.language
    return tuple(
        (keyless(sentence(one.message, language)), keyless(sentence(one.remedy, language))) for one in answer.problems
    )


def _said(desk: Desk, form: Asked, change: Mapping[str, Any]) -> str:
    say = desk.say
    if form.new:
        return say.text(
            "{key} répond et compte dès le prochain tour.",
            "{key} answers, and counts from the next turn.",
            key=form.key,
        )
    if any(one.later and one.name in change for one in form.fields):
        return say.text(
            "Enregistré. L'adresse d'écoute et le port changent quand le service redémarre.",
            "Saved. What the service listens on changes when it is started again.",
        )
    return say.text("Enregistré : le prochain tour en tient compte.", "Saved: the next turn goes by it.")


def _doubt(desk: Desk, request: Request, supposed: Workspace, form: Asked) -> str | None:
    """Why a second yes is needed; None where it is not."""
    say = desk.say
    if form.part == "privacy" and (people := _nameless(supposed)):
        return say.text(
            "Dès le prochain jour, rendues anonymes pour toujours : {people}.",
            "With the next day, made nameless for ever: {people}.",
            people=say.people(people),
        )
    here, now = request.state.address, supposed.settings.serve.dashboard_url
    if form.part == "serve" and here.secure and here.origin != now:
        return say.text(
            "Ce tableau de bord ne répondra plus à {here}, d'où vous écrivez.",
            "This dashboard will answer no more at {here}, where you are now.",
            here=here.origin,
        )
    return None


def _nameless(supposed: Workspace) -> int:
    try:
        return len(due(supposed))
    except SettingsError:  # nothing was ever read
        return 0


def _outdated(desk: Desk, error: OutdatedError, form: Asked, sent: Sent) -> Shown:
    """The form again with what the file says by now, beside what was typed."""
    try:
        reread(desk.standing)
    except SettingsError as broken:
        return _again(desk, form, Reply(), wrong=told(desk, broken))
    now, reply = replace(desk, workspace=desk.standing.as_it_is()), Reply(outdated=True)
    changes(now, form, sent, reply)
    return _again(now, form, reply, wrong=told(desk, error))


def _placed(desk: Desk, form: Asked, reply: Reply, error: WrongValueError) -> bool:
    """Note what does not fit at its fields; whether any of it has one here."""
    for fault in error.faults:
        above, rest = fault.keys[: len(form.path)], fault.keys[len(form.path) :]
        for one in form.fields if above == form.path and rest else ():
            near = min(len(rest), len(one.path))
            if rest[:near] == one.path[:near] and (len(rest) >= len(one.path) or one.name in reply.texts):
                reply.wrong[one.name] = sentence(f"This value {fault.says}.", desk.say.language)
    return bool(reply.wrong)


def _naming(desk: Desk) -> str:
    return desk.say.text(
        "Un nom s'écrit en minuscules, chiffres, - et _, et commence par une lettre : boutique_lyon.",
        "A name is written in small letters, digits, - and _, and begins with a letter: boutique_lyon.",
    )


def _again(desk: Desk, form: Asked, reply: Reply, **more: Any) -> Shown:  # noqa: ANN401 - of the form
    query = {"part": form.part, "key": "" if form.new else form.key, "platform": form.platform}
    return Shown(f"/settings/edit?{urlencode(query)}", _TEMPLATE, replace(_form(desk, form, reply), sent=True, **more))


def _form(desk: Desk, form: Asked, reply: Reply) -> Form:
    settings = desk.workspace.settings
    return Form(
        part=form.part,
        key=form.key,
        platform=form.platform,
        title=form.title,
        told=form.told,
        file=None if settings.file is None else settings.file.name,
        stamp=settings.stamp,
        new=form.new,
        differs=differs(settings),
        boxes=boxes(desk, form, reply),
        choices={},
        name_wrong=reply.wrong.get(""),
    )


def _choosing(desk: Desk, part: str) -> Form:
    """The platforms that a new store or destination can be of."""
    say, empty = desk.say, Asked(part, "", "", "", "", (part,), (), new=True)
    title = say.text("Ajouter une boutique", "Add a shop")
    asks = say.text("Où se trouve-t-elle ?", "Where is it?")
    if part == "destinations":
        title = say.text("Ajouter une destination", "Add a destination")
        asks = say.text("Où faut-il écrire ?", "Where is to be written?")
    found = _form(desk, replace(empty, title=title, told=asks), Reply())
    return replace(found, choices={name: PLATFORMS[name] for name in platforms(part)})


def _keep(desk: Desk, kind: str, key: str, answer: Answer | None) -> None:
    """Put what a store or destination answered among what the last check found, in the place of what it said then."""
    asked = desk.memory.check
    if asked is None and answer is None:
        return
    others = [one for one in (asked.found if asked else ()) if (one.kind, one.key) != (kind, key)]
    desk.memory.check = Heard(desk.workspace.now(), [*others, *([] if answer is None else [answer])])


def _note(desk: Desk, what: str) -> None:
    """Note who changed what, and have the service take a turn."""
    desk.acted("settings", what)
    desk.wake()


PAGE = Page("/settings/edit", _TEMPLATE, edit, role=_ADMIN)
ACTIONS = (
    Action("/settings/edit/save", save),
    Action("/settings/edit/remove", remove),
    Action("/settings/edit/take", take),
)
