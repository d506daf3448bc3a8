"""Templates filled: each text in the reader's language, each value escaped, each page with its own nonce."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from connector.settings import Settings
from connector.users import Role
from sync.language.voice import Voice
from sync.web import static
from sync.web.access.visitor import Address, Visitor
from sync.web.chart import figure
from sync.web.look import language_of, theme_of
from sync.web.plot import plot
from sync.web.words import did, noted, word
from sync.workspace import Workspace

_POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
_environment = Environment(
    loader=PackageLoader("sync.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the navigation: its key, which names its icon too, its address, and its title in both languages."""

    key: str
    path: str
    fr: str
    en: str


def document(template: str, say: Voice, /, **values: object) -> str:
    """A template as a file that stands alone: nobody is signed in, it links to no page, and it has no script."""
    found = _environment.get_template(template)
    return found.render({**_speaking(say), "alone": True, "theme": "auto", **values})


def voice_of(request: Request) -> Voice:
    """The voice that speaks to who asks."""
    settings: Settings = request.app.state.workspace.settings
    return Voice(language_of(request, settings.language))


def rendered(request: Request, template: str, status: int = 200, /, **values: object) -> HTMLResponse:
    """A template as a page; `values` are its own, beside what all have (see `_shared`)."""
    nonce = secrets.token_urlsafe(16)
    say = voice_of(request)
    new = _new_form_key(request)
    shared = _shared(request, say, nonce, new or form_key_of(request))
    headers = {
        "Content-Security-Policy": _POLICY.format(nonce=nonce),
        "Referrer-Policy": "same-origin",  # with less, browsers do not tell a form's origin
        "Content-Language": say.language,
    }
    answer = HTMLResponse(_environment.get_template(template).render({**shared, **values}), status, headers)
    if new:
        set_cookie(answer, request.state.address, "form", new)
    return answer


def form_key_of(request: Request) -> str:
    """What a form must bear to be believed: the session's key, or, before there is one, that of a cookie."""
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    address: Address | None = getattr(request.state, "address", None)
    if visitor is not None:
        return visitor.key
    return request.cookies.get(address.cookie("form"), "") if address else ""


def set_cookie(answer: Response, address: Address, name: str, value: str, seconds: int | None = None) -> None:
    """Give the browser a cookie that no script reads and no other site sends with a form."""
    answer.set_cookie(
        address.cookie(name), value, max_age=seconds, path="/", secure=address.secure, httponly=True, samesite="lax"
    )


def _new_form_key(request: Request) -> str:
    """A key for the forms of somebody who has none yet."""
    has = form_key_of(request) or getattr(request.state, "address", None) is None
    return "" if has else secrets.token_urlsafe(24)


def _speaking(say: Voice) -> dict[str, Any]:
    """What every template can say and draw."""
    return {
        "t": say.text,
        "say": say,
        "word": partial(word, say),
        "did": partial(did, say),
        "noted": partial(noted, say),
        "moment": lambda text: say.moment(datetime.fromisoformat(text)),
        "figure": partial(figure, say=say),
        "plot": partial(plot, say=say),
    }


def _shared(request: Request, say: Voice, nonce: str, key: str) -> dict[str, Any]:
    """What every template of a page can use."""
    workspace: Workspace = request.app.state.workspace
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    places: Sequence[tuple[Place, Role]] = request.app.state.places
    return {
        **_speaking(say),
        "alone": False,
        "visitor": visitor,
        "places": [place for place, role in places if visitor and visitor.may(role)],
        "path": request.url.path,
        "link": _link(request),
        "static": static.address,
        "style_ids": static.style_ids,
        "nonce": nonce,
        "key": key,
        "theme": theme_of(request),
        "flash": lambda: _flash(request, visitor),
        "shops": ", ".join(workspace.settings.stores),
    }


def _flash(request: Request, visitor: Visitor | None) -> str | None:
    """What the last form has to say."""
    return request.app.state.sessions.told(visitor.session) if visitor and visitor.session else None


def _link(request: Request) -> Callable[..., str]:
    """Makes the address of this page with other parameters; one that is None is left out."""

    def link(**changed: object) -> str:
        asked = {name: value for name, value in request.query_params.items() if name not in changed}
        asked |= {name: str(value) for name, value in changed.items() if value is not None}
        place = getattr(request.state, "at", request.url.path)
        return f"{place}?{urlencode(asked)}" if asked else place

    return link
