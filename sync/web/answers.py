"""What is answered where something is refused or goes wrong: a page for people, JSON for programs, shops a status."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from connector.errors import (
    BusyError,
    ConnectorError,
    EmptyError,
    QueryError,
    RecordError,
    RetryableError,
    SettingsError,
    StoppedError,
    UnsafeError,
)
from sync.language.told import message, remedy
from sync.logs import keyless
from sync.web.rendering import rendered, voice_of

API = "/api/"
SHOPS = "/webhooks/"

_STATUS = {QueryError: 400, SettingsError: 400, RecordError: 400, UnsafeError: 409, BusyError: 503,
           RetryableError: 503, StoppedError: 503}  # fmt: skip
_SAID = {
    400: ("Cette demande ne peut pas être lue.", "This request cannot be read."),
    401: ("Il faut s'identifier.", "You have to sign in."),
    403: ("Cela ne vous est pas permis.", "You may not do this."),
    404: ("Cette page n'existe pas.", "There is no such page."),
    405: ("Cela ne se fait pas ici.", "This is not done here."),
    409: ("Cela ne se peut pas maintenant.", "This cannot be done now."),
    413: ("C'est trop pour un formulaire.", "This is too much for a form."),
    421: ("Le tableau de bord ne répond pas à cette adresse.", "The dashboard does not answer at this address."),
    422: ("Une valeur ne convient pas.", "A value does not fit."),
    429: ("Trop d'essais.", "Too many tries."),
    500: ("Une erreur est survenue.", "Something went wrong."),
    503: ("Réessayez dans un instant.", "Try again in a moment."),
}
_REMEDIES = {
    404: (
        "Son adresse est peut-être incomplète, ou ce qu'elle montrait n'existe plus.",
        "Its address may not be whole, or what it showed is no more.",
    ),
    413: (
        "Un export de plus de 1 Gio se compresse (.csv.gz), ou se lit par `connector import`.",
        "Compress an export of more than 1 GiB (.csv.gz), or read it with `connector import`.",
    ),
    403: (
        "Si vous veniez d'une page ouverte depuis longtemps, rechargez-la ; le navigateur doit garder ses cookies.",
        "If you came from a page that was open for long, reload it; the browser has to keep its cookies.",
    ),
    421: (
        "Ouvrez-le sur cette machine par http://127.0.0.1, ou nommez son adresse dans `dashboard_url`.",
        "Open it on this machine at http://127.0.0.1, or name its address as `dashboard_url`.",
    ),
}


@dataclass(frozen=True)
class Trouble:
    """What went wrong, in one sentence, and what to do about it; `id` finds an accident again in the log."""

    message: str
    remedy: str = ""
    id: str = ""


@dataclass(frozen=True)
class Problem:
    """What the API answers instead of what was asked."""

    error: Trouble


def refused(request: Request, status: int, detail: str = "", *, accident: str = "") -> Response:
    """The answer of a status, in the words of this house and the reader's language; `detail` is what to do."""
    say = voice_of(request)
    message = say.text(*_SAID.get(status, _SAID[500 if status >= 500 else 400]))
    remedy = say.text(*_REMEDIES[status]) if status in _REMEDIES else ""
    return _answer(request, status, Trouble(message, detail or remedy, accident))


def told(request: Request, error: ConnectorError) -> Response:
    """The answer that tells one of our own errors, with its remedy; an empty page says how to begin."""
    if isinstance(error, EmptyError) and not request.url.path.startswith(API):
        return rendered(request, "begin.html", 200 if request.method == "GET" else 400)
    status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 503)
    language = voice_of(request).language
    return _answer(request, status, Trouble(keyless(message(error, language)), remedy(error, language)))


def _answer(request: Request, status: int, trouble: Trouble) -> Response:
    if request.url.path.startswith(API):
        said = {"message": trouble.message, "remedy": trouble.remedy, **({"id": trouble.id} if trouble.id else {})}
        headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
        return JSONResponse({"error": said}, status, headers)
    if request.url.path.startswith(SHOPS):
        return Response(status_code=status)  # nobody reads it
    return rendered(request, "trouble.html", status, trouble=trouble, code=status, flash=lambda: None)
