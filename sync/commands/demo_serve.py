"""The demo command with --serve: the dashboard on the invented shop, open to whoever sits at this machine."""

from __future__ import annotations

import os
import secrets
import sys
import threading
import webbrowser
from contextlib import suppress
from datetime import date
from pathlib import Path

from connector.days import day_date, day_number
from connector.errors import StoppedError
from connector.judging.kept import kept
from connector.language import Language
from connector.notes import add
from connector.people import emails
from connector.settings import ServeSettings
from connector.users import User, invite, redeem
from sync.commands.demo import Platforms, folder_of, platforms_of, spoken_language, workspace_of
from sync.commands.serve import end_when_told
from sync.demo.admin import CUSTOMERS
from sync.language.voice import Voice
from sync.runs import recorded
from sync.tasks.pull import pull_all
from sync.tasks.push import push_all
from sync.tasks.recompute import bring_up_to_date
from sync.web import app, listening
from sync.web.access.passwords import hashed
from sync.web.tour import PATH, Guide, Seen, Shopfront
from sync.workspace import Workspace


def run(*, people: int, language: str, keep: Path | None, port: int, browser: bool) -> None:
    """Pull, work out and plan; then serve the dashboard on this machine alone, without a login, until told to stop."""
    spoken = spoken_language(language)
    say = Voice(spoken)
    with suppress(StoppedError), folder_of(keep) as folder, platforms_of(people) as platforms:
        platforms.shopify.language = spoken
        workspace = workspace_of(folder, spoken, platforms, approve="always")
        workspace.commanded = {("serve", "port"): port}
        ended = threading.Event()
        end_when_told(workspace, ended)
        prepare(workspace, say)
        made = app(workspace, guest=guest(workspace, spoken), more=Guide(front(platforms, workspace)).routes())
        with listening(made, ServeSettings(port=port)) as address:
            _tell(say, address, platforms)
            if browser and _has_screen():
                webbrowser.open(f"{address}{PATH}")
            ended.wait()
        workspace.engine.dispose()


def prepare(workspace: Workspace, say: Voice) -> None:
    """Bring the shop into the database, each day of its past too, and plan what would be written."""
    say.say("Lecture de la boutique inventée et de ses trois ans …", "Reading the invented shop and its three years …")
    pull_all(workspace, say)
    with recorded(workspace.engine, "recompute", workspace.now) as record:
        bring_up_to_date(workspace, say, record)
    _note(workspace, say)
    push_all(workspace, Voice(say.language, quiet=True))


def _note(workspace: Workspace, say: Voice) -> None:
    """Note the days that explain the curves, as a merchant would."""
    today = day_date(workspace.today())
    noted = {(12, 1): say.text("Ventes de Noël", "Christmas season"), (7, 1): say.text("Soldes d'été", "Summer sale")}
    with workspace.engine.begin() as connection:
        for (month, day), text in noted.items():
            last = today.year if (today.month, today.day) >= (month, day) else today.year - 1
            add(connection, day_number(date(last, month, day)), text)


def guest(workspace: Workspace, language: Language) -> User:
    """The user as whom everybody is let in; nobody knows the password."""
    name = "Démo" if language == "fr" else "Demo"
    password = hashed(secrets.token_urlsafe(32))
    with workspace.engine.begin() as connection:
        code = invite(connection, name, "admin", workspace.now())
        user = redeem(connection, code, name, password, workspace.now())
    assert user is not None
    return user


def front(platforms: Platforms, workspace: Workspace) -> Shopfront:
    """What the tour knows of the shop; the customer it follows is, if it can be, about to go."""
    shopify = platforms.shopify
    admin = f"{shopify.url}{CUSTOMERS}"
    shown = shopify.example(_going(workspace))

    def example() -> Seen | None:
        if shown is None:
            return None
        with shopify.lock:
            name, address = f"{shown.first_name} {shown.last_name}", f"{admin}/{shown.id}"
            return Seen(name, shown.email, address, sorted(shown.tags))

    return Shopfront(shopify.shop.name, admin, lambda: platforms.writes, example)


def _going(workspace: Workspace) -> set[str | None]:
    """The addresses of those about to go who bought for most."""
    with workspace.engine.connect() as connection:
        found = kept(connection, "lapsing").found.get("lapsing", {}).values()
        return set(emails(connection, {person for one in found for person in one["most"][:10]}).values())


def _tell(say: Voice, address: str, platforms: Platforms) -> None:
    admin = f"{platforms.shopify.url}{CUSTOMERS}"
    say.say(
        f"\nTableau de bord, sans mot de passe, sur cette machine seule : {address}{PATH}\n"
        f"L'administration de la boutique imitée : {admin}\nCtrl-C arrête.",
        f"\nDashboard, without a password, on this machine alone: {address}{PATH}\n"
        f"The imitated shop's own admin: {admin}\nCtrl-C stops.",
    )


def _has_screen() -> bool:
    """Whether a browser that opens has a screen to open on: else one for terminals could take this one over."""
    elsewhere = sys.platform in {"darwin", "win32"}
    return elsewhere or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))
