"""The application: its routes, and the layers that each request goes through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from connector.errors import ConnectorError
from connector.users import User
from sync.web import static
from sync.web.access import doors
from sync.web.access.gate import HEALTH, Gate
from sync.web.access.limits import Tries
from sync.web.access.sessions import Sessions
from sync.web.answers import refused, told
from sync.web.api import ANSWERS
from sync.web.errand import Errands
from sync.web.guard import Guard
from sync.web.memory import Memory
from sync.web.page import Page, Routed, mount
from sync.web.pages import ACTIONS, DOWNLOADS, INTAKES, LIVES, PAGES
from sync.web.rendering import voice_of
from sync.web.unfit import misplaced, wanted
from sync.web.webhooks import Receiver
from sync.workspace import Workspace


def app(
    workspace: Workspace,
    arrived: Callable[[], object] = lambda: None,
    *,
    guest: User | None = None,
    more: Sequence[Routed] = (),
) -> FastAPI:
    """The application over a workspace; `arrived` is called once a webhook, or a change of settings, asks for a turn.

    The demo has a `guest`, as whom everybody is let in without a password, and `more` pages, before the others.
    """
    things = (*more, *DOWNLOADS, *PAGES, *ACTIONS, *INTAKES, *LIVES, *ANSWERS)
    made = FastAPI(
        title="lifecycle-connector",
        version="1",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        routes=list(_routes(things)),
    )
    sessions = Sessions(workspace.engine)
    made.state.workspace, made.state.sessions, made.state.tries = workspace, sessions, Tries()
    made.state.guest, made.state.arrived = guest, arrived
    made.state.places = [(page.place, page.role) for page in things if isinstance(page, Page) and page.place]
    made.state.errands, made.state.memory = Errands(workspace.now), Memory()
    made.add_middleware(Gate, workspace=workspace, sessions=sessions)
    made.add_middleware(Guard)
    made.add_exception_handler(HTTPException, _refused)
    made.add_exception_handler(RequestValidationError, _unfit)
    made.add_exception_handler(ConnectorError, _told)
    made.post("/webhooks/{store}", include_in_schema=False, response_model=None)(Receiver(workspace, arrived).receive)
    return made


@lru_cache(maxsize=4)  # they hold no state, and take some tenths of a second to make
def _routes(things: Sequence[Routed]) -> Sequence[BaseRoute]:
    router = APIRouter()
    router.get(HEALTH, summary="Whether the service is there.")(health)
    router.get("/static/{name}", include_in_schema=False, response_model=None)(static.served)
    for thing in things:
        mount(router, thing)
    return (*doors.router.routes, *router.routes)


def health() -> dict[str, str]:
    """That the service is there; nothing of what it knows."""
    return {"status": "ok"}


def _refused(request: Request, error: Exception) -> Response:
    return refused(request, error.status_code if isinstance(error, HTTPException) else 500)


def _unfit(request: Request, error: Exception) -> Response:
    """A path that does not fit leads nowhere; of anything else, what would fit."""
    assert isinstance(error, RequestValidationError)
    errors = error.errors()
    return refused(request, 404) if misplaced(errors) else refused(request, 422, wanted(voice_of(request), errors))


def _told(request: Request, error: Exception) -> Response:
    assert isinstance(error, ConnectorError)
    return told(request, error)
