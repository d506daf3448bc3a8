"""Users: who may open the dashboard, who was invited, and what an administrator does about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Form, Query

from connector.errors import SettingsError
from connector.users import (
    VALID,
    Role,
    User,
    change_role,
    disable,
    every_user,
    find_user,
    invite,
    known,
    require_another,
    waiting,
    with_token,
    withdraw,
)
from sync.web.desk import Desk, Here
from sync.web.done import Done
from sync.web.page import Action, Page, Shown
from sync.web.settingform import told

Name = Annotated[str, Form(max_length=200)]
_HERE = "/settings/users"
_TEMPLATE = "settings_users.html"


@dataclass(frozen=True)
class Person:
    """A user; `programs` is whether programs may ask in this user's name, `sessions` how many are open."""

    name: str
    role: str
    active: bool
    since: str
    programs: bool
    sessions: int
    here: bool  # whether it is who asks


@dataclass(frozen=True)
class Waiting:
    """Who was invited and has not come yet."""

    name: str
    role: str
    until: str


@dataclass(frozen=True)
class Code:
    """A one-time code as it is shown, this once."""

    name: str
    code: str
    hours: int


@dataclass(frozen=True)
class Users:
    """Everybody who has, had or was offered a way in."""

    users: list[Person]
    waiting: list[Waiting]
    name: str = ""
    role: str = "viewer"
    code: Code | None = None
    wrong: str | None = None


def users(desk: Here, name: Annotated[str, Query(max_length=64, description="Whom to invite.")] = "") -> Users:
    """Who may open the dashboard, in which role, and who was invited."""
    return _users(desk, name=name)


def offer(desk: Here, name: Name = "", role: Annotated[Role, Form()] = "viewer") -> Done | Shown:
    """Invite somebody who has no way in; the code is shown this once."""
    with desk.workspace.engine.connect() as connection:
        there = find_user(connection, name)
    if there is not None and there.active:
        wrong = desk.say.text(
            "{name} entre déjà : changez son rôle, ou donnez un nouveau code, dans la liste.",
            "{name} is let in already: change the role, or give a new code, in the list.",
            name=there.name,
        )
        return Shown(_HERE, _TEMPLATE, _users(desk, name=name, role=role, wrong=wrong))
    return _invited(desk, name, role)


def recode(desk: Here, name: Name) -> Done | Shown:
    """Give somebody who is let in a new code, for a password that was forgotten; the role stays."""
    with desk.workspace.engine.connect() as connection:
        user = known(connection, name)
    return _invited(desk, user.name, user.role)


def give(desk: Here, name: Name, role: Annotated[Role, Form()]) -> Done:
    """Give a user another role."""
    with desk.workspace.engine.begin() as connection:
        user = change_role(connection, name, role)
    desk.acted("users", f"{user.name}: {role}")
    said = desk.say.text("Rôle de {name} changé.", "The role of {name} is changed.", name=user.name)
    return Done("/" if _is_here(desk, user) and role != "admin" else _HERE, said)


def close(desk: Here, name: Name) -> Done:
    """Let a user in no more."""
    with desk.workspace.engine.begin() as connection:
        user = known(connection, name)
        require_another(connection, user)
        disable(connection, user.name, desk.workspace.now())
    desk.sessions.end_all(user.id)
    desk.acted("users", f"- {user.name}")
    return Done(_HERE, desk.say.text("{name} n'entre plus.", "{name} is let in no more.", name=user.name))


def end(desk: Here, name: Name) -> Done:
    """End all sessions of a user, one's own too."""
    with desk.workspace.engine.connect() as connection:
        user = known(connection, name)
    desk.sessions.end_all(user.id)
    desk.acted("users", f"{user.name}: 0 sessions")
    return Done(_HERE, desk.say.text("Sessions de {name} fermées.", "Sessions of {name} ended.", name=user.name))


def take_back(desk: Here, name: Name) -> Done:
    """End the code of somebody who was invited."""
    with desk.workspace.engine.begin() as connection:
        ended = withdraw(connection, name)
    if not ended:
        raise SettingsError(f"There is no invitation of {name!r}.", remedy="It was used, or has expired.")
    desk.acted("users", f"- {name} (code)")
    return Done(_HERE, desk.say.text("Invitation retirée.", "Invitation withdrawn."))


def _invited(desk: Desk, name: str, role: Role) -> Shown:
    """The page with a new code on it, which is kept nowhere as it is."""
    if not name.strip():
        wrong = desk.say.text("Donnez un nom.", "Give a name.")
        return Shown(_HERE, _TEMPLATE, _users(desk, role=role, wrong=wrong))
    try:
        with desk.workspace.engine.begin() as connection:
            code = invite(connection, name, role, desk.workspace.now())
    except SettingsError as error:
        return Shown(_HERE, _TEMPLATE, _users(desk, name=name, role=role, wrong=told(desk, error)))
    desk.acted("users", f"+ {name.strip()}: {role}")
    shown = Code(name.strip(), code, round(VALID.total_seconds() / 3600))
    return Shown(_HERE, _TEMPLATE, _users(desk, code=shown), 200)


def _users(desk: Desk, **more: Any) -> Users:  # noqa: ANN401 - of the page
    now = desk.workspace.now()
    with desk.reading() as connection:
        everybody, tokens, invited = every_user(connection), with_token(connection), waiting(connection, now)
    return Users(
        [
            Person(
                user.name,
                user.role,
                user.active,
                desk.moment(user.created_at),
                user.id in tokens,
                desk.sessions.open(user.id, now) if user.active else 0,
                _is_here(desk, user),
            )
            for user in sorted(everybody, key=lambda user: not user.active)
        ],
        [Waiting(one.name, one.role, desk.moment(one.expires_at)) for one in invited],
        **more,
    )


def _is_here(desk: Desk, user: User) -> bool:
    return user.id == desk.visitor.user.id


PAGE = Page(_HERE, _TEMPLATE, users, api="/users", role="admin")
ACTIONS = (
    Action(f"{_HERE}/invite", offer),
    Action(f"{_HERE}/code", recode),
    Action(f"{_HERE}/role", give),
    Action(f"{_HERE}/close", close),
    Action(f"{_HERE}/end", end),
    Action(f"{_HERE}/withdraw", take_back),
)
