"""What a page, an answer of the API, a download and a form's action are: each becomes a route, always with a role.

A page and its address in the API share one function; its parameters are those of the address, its value is what the
template shows and what the API tells.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeAlias, get_type_hints

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.security import HTTPBearer
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response, StreamingResponse

from connector.users import Role
from sync.web.access.visitor import Visitor, same
from sync.web.answers import Problem
from sync.web.desk import Desk, Here
from sync.web.done import Done
from sync.web.rendering import Place, form_key_of, rendered
from sync.web.upload import received

PREFIX = "/api/v1"
_TOKEN = HTTPBearer(scheme_name="token", description="Of `connector users token`.", auto_error=False)  # only told of
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    code: {"model": Problem, "description": text}
    for code, text in {
        400: "It cannot be answered as it was asked.",
        401: "Nobody is signed in, and there is no token.",
        403: "The role does not allow it.",
        404: "There is no such thing.",
        409: "A guard refuses.",
        422: "A parameter does not fit.",
        503: "It takes too long, or somebody writes.",
    }.items()
}


@dataclass(frozen=True)
class Page:
    """Something to look at. `answer` gives the value for its template and, where `api` names one, its API address."""

    path: str
    template: str
    answer: Callable[..., Any]
    api: str | None = None
    role: Role = "viewer"
    place: Place | None = None  # in the navigation


@dataclass(frozen=True)
class Answer:
    """Something that only programs ask for."""

    path: str
    answer: Callable[..., Any]
    role: Role = "viewer"


@dataclass(frozen=True)
class Download:
    """A file to keep: `answer` gives the response itself. It is found before a page whose path would fit as well."""

    path: str
    answer: Callable[..., Response]
    role: Role = "viewer"


@dataclass(frozen=True, slots=True)
class Shown:
    """A page that a form leads to at once: itself again with what was wrong, or what is to be seen this once.

    `at` is its address, where it is found again.
    """

    at: str
    template: str
    found: Any
    status: int = 422


@dataclass(frozen=True)
class Action:
    """What a form does; `act` takes the form's fields and says what came of it."""

    path: str
    act: Callable[..., Done | Shown]
    role: Role = "admin"


@dataclass(frozen=True)
class Intake:
    """What a form with a file does; `take` gets the file where it was kept, None where none was chosen.

    `folder` says where files are kept; it raises a ConnectorError where none can be taken now.
    """

    path: str
    folder: Callable[[Desk], Path]
    take: Callable[[Desk, Path | None], Done]
    role: Role = "admin"


@dataclass(frozen=True)
class Live:
    """Something that goes on being told: `events` gives the texts of server-sent events, until there is no more."""

    path: str
    events: Callable[..., AsyncIterator[str]]
    role: Role = "viewer"


Routed: TypeAlias = Page | Answer | Download | Action | Intake | Live
"""What becomes a route."""


@dataclass(frozen=True)
class Needs:
    """Keeps everybody out who may not do what a role may."""

    role: Role

    def __call__(self, request: Request) -> None:
        """HTTPException for who is kept out."""
        visitor: Visitor | None = getattr(request.state, "visitor", None)
        if visitor is None:
            raise HTTPException(401)
        if not visitor.may(self.role):
            raise HTTPException(403)


def unforged(request: Request, key: Annotated[str, Form()] = "") -> None:
    """HTTPException 403 for a form that is not of this visitor's own pages."""
    if not same(key, form_key_of(request)):
        raise HTTPException(403)


def mount(router: APIRouter, thing: Routed) -> None:
    """Make routes of a page, an answer or an action."""
    needs = [Depends(Needs(thing.role))]
    match thing:
        case Page():
            router.get(thing.path, include_in_schema=False, dependencies=needs, response_model=None)(_shown(thing))
            if thing.api is not None:
                mount(router, Answer(thing.api, thing.answer, thing.role))
        case Answer():
            model = get_type_hints(thing.answer)["return"]
            told = router.get(
                f"{PREFIX}{thing.path}",
                dependencies=[*needs, Depends(_TOKEN)],
                response_model=model,
                responses=_PROBLEMS,
                summary=_first_line(thing.answer),
                name=thing.answer.__name__,
            )
            told(_told(thing))
        case Download():
            router.get(thing.path, include_in_schema=False, dependencies=needs, response_model=None)(thing.answer)
        case Action():
            proven = [*needs, Depends(unforged)]
            router.post(thing.path, include_in_schema=False, dependencies=proven, response_model=None)(_done(thing))
        case Intake():
            router.post(thing.path, include_in_schema=False, dependencies=needs, response_model=None)(_taken(thing))
        case Live():
            router.get(thing.path, include_in_schema=False, dependencies=needs, response_model=None)(_streamed(thing))


def _streamed(live: Live) -> Callable[..., Response]:
    events = Depends(live.events)

    def stream(told: Any = events) -> Response:  # noqa: ANN401 - the iterator that `events` gives
        return StreamingResponse(told, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})

    return stream


def _shown(page: Page) -> Callable[..., Response]:
    answer = Depends(page.answer)

    def show(request: Request, found: Any = answer) -> Response:  # noqa: ANN401 - the page's own type
        return rendered(request, page.template, found=found)

    return show


def _told(answer: Answer) -> Callable[..., Any]:
    value = Depends(answer.answer)

    def tell(found: Any = value) -> Any:  # noqa: ANN401 - the answer's own type
        return found

    return tell


def _done(action: Action) -> Callable[..., Response]:
    act = Depends(action.act)

    def do(request: Request, desk: Here, done: Done | Shown = act) -> Response:
        if isinstance(done, Shown):
            request.state.at = done.at
            return rendered(request, done.template, done.status, found=done.found)
        return _led(request, desk, done)

    return do


def _taken(intake: Intake) -> Callable[..., Any]:
    async def take(request: Request, desk: Here) -> Response:
        """The form proves itself while it is read: its file is not kept before."""
        file = await received(request, await run_in_threadpool(intake.folder, desk))
        return _led(request, desk, await run_in_threadpool(intake.take, desk, file))

    return take


def _led(request: Request, desk: Desk, done: Done) -> Response:
    """To where a form led, with what it has to say there."""
    if done.said and desk.visitor.session is not None:
        request.app.state.sessions.tell(desk.visitor.session, done.said)
    return RedirectResponse(done.to, 303)


def _first_line(function: Callable[..., Any]) -> str:
    return (function.__doc__ or "").strip().partition("\n")[0]
