"""The gate: before anything is looked up, who asks and from where.

Open to all are the webhooks, which have their own signature, the health check, and what the login page is made of.
Everything else, whether it exists or not, is for users: strangers are led to the login page, or get 401 of the API.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connector.users import bearer, user_of
from sync.web.access.sessions import Sessions
from sync.web.access.visitor import Address, Visitor, address_of, form_key
from sync.web.answers import API, SHOPS, refused
from sync.workspace import Workspace

log = structlog.get_logger(__name__)

HEALTH = "/api/v1/health"
OPEN = {"/login", "/welcome", "/preferences"}
OPEN_BELOW = ("/static/",)
LARGEST = 2**20
"""Bytes of a request's body."""
FILES = "/setup/file"
"""Where administrators may send a file."""
LARGEST_FILE = 2**30
"""Bytes of such a file."""
SAFE = {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True)
class Gate:
    """Lets requests through with their visitor and address in the request's state, or answers itself."""

    app: ASGIApp
    workspace: Workspace
    sessions: Sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or have it answered."""
        if scope["type"] != "http":
            raise RuntimeError(f"There is no {scope['type']} here.")
        if scope["path"] == HEALTH or scope["path"].startswith(SHOPS):  # under any address
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        answer = await self._stopped(request)
        largest = _largest(request)
        if answer is None and request.headers.get("content-length", "0").zfill(20) > f"{largest:020}":
            answer = refused(request, 413)  # before any of it has come
        await (answer or self.app)(scope, _counted(receive, largest), send)

    async def _stopped(self, request: Request) -> Response | None:
        """The answer that a request gets instead of what it asks for; None where it may go on."""
        address = address_of(request.headers.get("host", ""), self.workspace.settings.serve.dashboard_url)
        if address is None:
            log.warning("unknown address", host=request.headers.get("host", "")[:100])
            return refused(request, 421)
        request.state.address = address
        visitor = await run_in_threadpool(self._visitor, request, address)
        request.state.visitor = visitor
        by_token = visitor is not None and visitor.session is None
        if request.method not in SAFE and not by_token and _foreign(request.headers, address):
            log.warning("foreign form", path=request.url.path, origin=request.headers.get("origin", "")[:100])
            return refused(request, 403)
        path = request.url.path
        if visitor is not None or path in OPEN or path.startswith(OPEN_BELOW):
            return None
        if path.startswith(API):
            return refused(request, 401)
        back = f"?next={quote(_asked(request), safe='')}" if request.method == "GET" and path != "/" else ""
        return RedirectResponse(f"/login{back}", 303)

    def _visitor(self, request: Request, address: Address) -> Visitor | None:
        """Who asks: of the API by a token, else by a session; None of strangers, and of who was disabled."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        with self.workspace.engine.connect() as connection:
            if scheme.lower() == "bearer" and request.url.path.startswith(API):
                user = bearer(connection, token.strip())
                return None if user is None else Visitor(user, None, "")
            cookie = request.cookies.get(address.cookie("session"), "")
            session = self.sessions.visit(cookie, self.workspace.now()) if cookie else None
            user = user_of(connection, session.user_id) if session else None
        if session is None or user is None or not session.of(user):
            return None
        return Visitor(user, session, form_key(cookie))


def _largest(request: Request) -> int:
    """Bytes that the body of a request may have."""
    visitor: Visitor | None = request.state.visitor if hasattr(request.state, "visitor") else None
    files = request.url.path == FILES and visitor is not None and visitor.may("admin")
    return LARGEST_FILE + LARGEST if files else LARGEST  # what stands around the file counts as well


def _counted(receive: Receive, largest: int) -> Receive:
    """A body of which no more is read than it may have."""
    read = 0

    async def counted() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > largest:
            raise HTTPException(413)
        return message

    return counted


def _foreign(headers: Headers, address: Address) -> bool:
    """Whether a page of another site sent this; what is no browser says neither, and has the form's key to show."""
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin is not None:
        return origin.lower() != address.origin
    return site is not None and site not in {"same-origin", "none"}


def _asked(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")
