"""The application: its routes, and the headers that each of its answers bears."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sync.web.webhooks import Receiver
from sync.workspace import Workspace

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def app(workspace: Workspace, arrived: Callable[[], object] = lambda: None) -> FastAPI:
    """The application over a workspace; `arrived` is called once a webhook has told something new."""
    made = FastAPI(title="lifecycle-connector", openapi_url=None, docs_url=None, redoc_url=None)
    made.add_middleware(_Guarded)
    made.get("/api/v1/health")(health)
    receiver = Receiver.of(workspace, arrived)
    made.post("/webhooks/{store}", response_model=None)(receiver.receive)
    return made


def health() -> dict[str, str]:
    """That the service is there; nothing of what it knows."""
    return {"status": "ok"}


class _Guarded:
    """Puts HEADERS on whatever is answered, errors too, unless an answer has its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, guarded)
