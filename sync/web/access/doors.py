"""The doors: signing in and out, choosing a password with a code, changing it, and how pages speak and look."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit

import structlog
from fastapi import APIRouter, Depends, Form, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from connector.errors import SettingsError
from connector.stores import merchant
from connector.users import User, anybody, find_user, folded, invited, redeem, set_password
from sync.language.told import whole
from sync.web.access import passwords
from sync.web.access.limits import Tries
from sync.web.access.sessions import Sessions
from sync.web.access.visitor import Visitor
from sync.web.look import KEPT, LANGUAGES, THEMES
from sync.web.page import Needs, unforged
from sync.web.rendering import rendered, set_cookie, voice_of
from sync.workspace import Workspace

log = structlog.get_logger(__name__)
router = APIRouter(include_in_schema=False, default_response_class=Response)

SETUP = "/setup"
Field = Annotated[str, Form()]
Text = tuple[str, str]
"""A text in French and English."""

_WRONG: Text = ("Le nom ou le mot de passe ne convient pas.", "The name or the password is not right.")
_NO_CODE: Text = (
    "Ce code ne convient pas à ce nom, ou il a expiré. `connector users add NOM` en donne un autre ; "
    "au premier démarrage, relancez `connector serve`.",
    "This code does not fit this name, or it has expired. `connector users add NAME` gives another one; "
    "at the first start, run `connector serve` again.",
)
_DIFFERENT: Text = ("Les deux mots de passe diffèrent.", "The two passwords differ.")
_WAIT: Text = ("Trop d'essais : attendez {seconds} secondes.", "Too many tries: wait for {seconds} seconds.")


@router.get("/login")
def login_page(request: Request, next: str = "/", entered: bool = False) -> Response:  # noqa: A002 - as in the address
    """The form to sign in; before there is anybody, the form of the first start; in the demo, straight in.

    SettingsError where somebody has `entered` and their browser does not show it.
    """
    if _visitor(request) is not None:
        return RedirectResponse(_inside(next), 303)
    guest = _guest(request)
    if guest is not None and entered:
        raise SettingsError("This browser keeps no cookies.", remedy="Allow them for this address, and come again.")
    if guest is not None:
        return _let_in(request, guest, f"/login?{urlencode({'next': _inside(next), 'entered': True})}")
    with _workspace(request).engine.connect() as connection:
        first = not anybody(connection)
    return _welcome(request, first=True) if first else rendered(request, "login.html", next=next, name="", wrong="")


@router.post("/login", dependencies=[Depends(unforged)])
def login(request: Request, name: Field, password: Field, next: Field = "/") -> Response:  # noqa: A002
    """Begin a session, or say again that something is wrong, and never what."""
    if wait := _tries(request).begin(folded(name), _workspace(request).now()):
        return _later(request, "login.html", wait, next=next, name=name)
    workspace = _workspace(request)
    with workspace.engine.connect() as connection:
        user = find_user(connection, name)
    if not passwords.matches(user.password if user else None, password) or user is None or not user.active:
        log.warning("sign-in refused", user=None if user is None else user.name)
        wrong = voice_of(request).text(*_WRONG)
        return rendered(request, "login.html", 422, next=next, name=name, wrong=wrong)
    if user.password is not None and passwords.outdated(user.password):
        user = _keep(workspace, user, password)
    to = _inside(next)
    return _let_in(request, user, _home(request, user) if to == "/" else to)


@router.get("/welcome")
def welcome_page(request: Request) -> Response:
    """The form for somebody with a code."""
    with _workspace(request).engine.connect() as connection:
        return _welcome(request, first=not anybody(connection))


@router.post("/welcome", dependencies=[Depends(unforged)])
def welcome(request: Request, code: Field, name: Field, password: Field, again: Field) -> Response:
    """Let somebody with a code choose a password, and in."""
    workspace, say = _workspace(request), voice_of(request)
    if wait := _tries(request).begin("", workspace.now()):
        return _later(request, "welcome.html", wait, first=False, name=name, code=code)
    with workspace.engine.connect() as connection:
        first, fits = not anybody(connection), invited(connection, code, name, workspace.now())
    if fits:
        _tries(request).right("")
    why = None if fits else _NO_CODE
    why = why or (_DIFFERENT if password != again else passwords.refusal(password, name, *workspace.settings.stores))
    if why is not None:
        return _welcome(request, first=first, name=name, code=code, wrong=say.text(*why), status=422)
    try:
        with workspace.engine.begin() as connection:
            user = redeem(connection, code, name, passwords.hashed(password), workspace.now())
    except SettingsError as error:
        return _welcome(request, first=first, name=name, code=code, wrong=whole(error, say.language), status=422)
    if user is None:
        return _welcome(request, first=first, name=name, code=code, wrong=say.text(*_NO_CODE), status=422)
    log.info("password chosen", user=user.name)
    _sessions(request).end_all(user.id)
    return _let_in(request, user, _home(request, user))


@router.post("/logout", dependencies=[Depends(Needs("viewer")), Depends(unforged)])
def logout(request: Request) -> Response:
    """End the session at once."""
    visitor = _visitor(request)
    if visitor is not None and visitor.session is not None:
        log.info("signed out", user=visitor.user.name)
        _sessions(request).end(visitor.session)
    answer = RedirectResponse("/login", 303)
    set_cookie(answer, request.state.address, "session", "", 0)
    return answer


@router.get("/account", dependencies=[Depends(Needs("viewer"))])
def account_page(request: Request) -> Response:
    """The form to change one's own password."""
    return rendered(request, "account.html", guest=_guest(request) is not None, wrong="")


@router.post("/account", dependencies=[Depends(Needs("viewer")), Depends(unforged)])
def account(request: Request, current: Field, password: Field, again: Field) -> Response:
    """Change the password of who knows the present one; all their other sessions end."""
    workspace, say, visitor = _workspace(request), voice_of(request), _visitor(request)
    if visitor is None:
        raise HTTPException(401)
    user = visitor.user
    if wait := _tries(request).begin(folded(user.name), workspace.now()):
        return _later(request, "account.html", wait, guest=False)
    why = None if passwords.matches(user.password, current) else _WRONG
    why = why or (
        _DIFFERENT if password != again else passwords.refusal(password, user.name, *workspace.settings.stores)
    )
    if why is not None:
        return rendered(request, "account.html", 422, guest=False, wrong=say.text(*why))
    user = _keep(workspace, user, password)
    log.info("password changed", user=user.name)
    _sessions(request).end_all(user.id)
    return _let_in(request, user, "/account", say.text("Mot de passe changé.", "Password changed."))


@router.post("/preferences", dependencies=[Depends(unforged)])
def preferences(request: Request, back: Field = "/", language: Field = "", theme: Field = "") -> Response:
    """Keep a choice of language or colours in the browser."""
    answer = RedirectResponse(_inside(back), 303)
    for name, value, known in (("language", language, LANGUAGES), ("theme", theme, THEMES)):
        if value in known:
            set_cookie(answer, request.state.address, name, value, KEPT)
    return answer


def _let_in(request: Request, user: User, to: str, said: str = "") -> Response:
    """A new session for a user, and the way to a page; one that they had here ends."""
    sessions, now = _sessions(request), _workspace(request).now()
    _tries(request).right(folded(user.name))
    before = _visitor(request)
    if before is not None and before.session is not None:
        sessions.end(before.session)
    token = sessions.begin(user, now)
    session = sessions.visit(token, now)
    if said and session is not None:
        sessions.tell(session, said)
    log.info("signed in", user=user.name)
    answer = RedirectResponse(to, 303)
    set_cookie(answer, request.state.address, "session", token)
    return answer


def _welcome(
    request: Request, *, first: bool, name: str = "", code: str = "", wrong: str = "", status: int = 200
) -> Response:
    values = {"first": first, "name": name, "code": code, "wrong": wrong}
    return rendered(request, "welcome.html", status, **values, recommended=passwords.RECOMMENDED)


def _later(request: Request, template: str, wait: int, **values: Any) -> Response:  # noqa: ANN401 - of the template
    """The form again, with how long to wait."""
    log.warning("too many tries", seconds=wait)
    wrong = voice_of(request).text(*_WAIT, seconds=wait)
    answer = rendered(request, template, 429, **values, wrong=wrong, recommended=passwords.RECOMMENDED)
    answer.headers["Retry-After"] = str(wait)
    return answer


def _keep(workspace: Workspace, user: User, password: str) -> User:
    """Give a user a password; the user as they are with it."""
    with workspace.engine.begin() as connection:
        return set_password(connection, user, passwords.hashed(password))


def _home(request: Request, user: User) -> str:
    """Where somebody begins: with the set-up who may do that, while nothing was ever read."""
    with _workspace(request).engine.connect() as connection:
        return SETUP if user.role == "admin" and merchant(connection) is None else "/"


def _inside(to: str) -> str:
    """An address of our own that somebody is sent to, whatever was asked for."""
    parts = urlsplit(to)
    ours = to.startswith("/") and not to.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    return to if ours and to.isprintable() and "\\" not in to else "/"


def _visitor(request: Request) -> Visitor | None:
    return getattr(request.state, "visitor", None)


def _guest(request: Request) -> User | None:
    """As whom everybody is let in, in the demo."""
    guest: User | None = request.app.state.guest
    return guest


def _workspace(request: Request) -> Workspace:
    workspace: Workspace = request.app.state.workspace
    return workspace


def _sessions(request: Request) -> Sessions:
    sessions: Sessions = request.app.state.sessions
    return sessions


def _tries(request: Request) -> Tries:
    tries: Tries = request.app.state.tries
    return tries
