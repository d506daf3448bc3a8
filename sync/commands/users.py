"""The commands that say who may open the dashboard."""

from __future__ import annotations

from pathlib import Path

from connector.days import instant
from connector.users import VALID, Role, disable, every_user, find_user, invite, issue_token, with_token
from sync.language.voice import emit, voice
from sync.workspace import open_workspace


def listed(config: Path | None, database: str | None, *, as_json: bool) -> None:
    """Print each user with the role, and how they are let in."""
    workspace = open_workspace(config, database, existing=True)
    say = voice(workspace.settings, quiet=as_json)
    with workspace.engine.connect() as connection:
        users, tokens = every_user(connection), with_token(connection)
    for user in users:
        if as_json:
            since = instant(user.created_at).isoformat()
            ways = {"password": user.password is not None, "token": user.id in tokens}
            emit({"name": user.name, "role": user.role, "since": since, "disabled": not user.active, **ways})
        role = say.text("administrateur", "administrator") if user.role == "admin" else say.text("lecteur", "viewer")
        off = "" if user.active else say.text(", désactivé", ", disabled")
        by = say.text(", jeton", ", token") if user.id in tokens else ""
        say.say(f"{user.name}  ({role}{off}{by})", f"{user.name}  ({role}{off}{by})")
    if not users:
        say.say(
            "Personne encore : `connector serve` donne le premier code.", "Nobody yet: `connector serve` tells how."
        )


def add(config: Path | None, database: str | None, name: str, role: Role | None) -> None:
    """Print a code for a new user, or a new code for a known one, who keeps the role unless another is given."""
    workspace = open_workspace(config, database)
    with workspace.engine.begin() as connection:
        known = find_user(connection, name)
        granted = role or (known.role if known else "viewer")
        code = invite(connection, name, granted, workspace.now())
    hours = round(VALID.total_seconds() / 3600)
    voice(workspace.settings).say(
        f"Code de {name}, à usage unique, valable {hours} heures : {code}\nÀ saisir sur la page /welcome.",
        f"Code of {name}, to be used once, valid for {hours} hours: {code}\nTo be entered on the page /welcome.",
    )


def end(config: Path | None, database: str | None, name: str) -> None:
    """Disable a user."""
    workspace = open_workspace(config, database, existing=True)
    with workspace.engine.begin() as connection:
        user = disable(connection, name, workspace.now())
    voice(workspace.settings).say(
        f"{user.name} n'entre plus. `connector users add` rouvre.",
        f"{user.name} is let in no more. `connector users add` opens again.",
    )


def token(config: Path | None, database: str | None, name: str, role: Role) -> None:
    """Print a token, once."""
    workspace = open_workspace(config, database)
    with workspace.engine.begin() as connection:
        made = issue_token(connection, name, role, workspace.now())
    voice(workspace.settings).say(
        f"Jeton de {name}, montré cette seule fois (Authorization: Bearer …) : {made}",
        f"Token of {name}, shown this once (Authorization: Bearer …): {made}",
    )
