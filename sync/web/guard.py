"""The outermost layer: headers on every answer, and an answer also where the program fails."""

from __future__ import annotations

import secrets
import traceback

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connector.errors import ConnectorError
from sync.web.answers import refused, told

log = structlog.get_logger(__name__)

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
HSTS = "max-age=63072000"


class Guard:
    """Puts HEADERS on whatever is answered, unless an answer has its own; a failure is logged under the id it tells."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, whatever happens."""
        scope.setdefault("state", {})
        begun = False

        async def guarded(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                address = scope["state"].get("address")
                if address is not None and address.secure:
                    headers.setdefault("Strict-Transport-Security", HSTS)
            await send(message)

        try:
            await self._app(scope, receive, guarded)
        except ConnectorError as error:
            if begun:
                raise
            await told(Request(scope), error)(scope, receive, guarded)
        except Exception:
            accident = secrets.token_hex(4)
            what = {"method": scope.get("method"), "path": scope.get("path"), "traceback": traceback.format_exc()}
            log.error("request failed", id=accident, **what)  # noqa: TRY400 - a text, which the log can redact
            if begun:
                raise
            await refused(Request(scope), 500, accident=accident)(scope, receive, guarded)
