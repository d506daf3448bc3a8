"""How a page speaks and looks to who asks: their language, light or dark."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from starlette.requests import Request

from connector.language import Language
from sync.web.access.visitor import Address

Theme: TypeAlias = Literal["auto", "light", "dark"]
LANGUAGES: Mapping[str, Language] = {"fr": "fr", "en": "en"}
THEMES: Mapping[str, Theme] = {"auto": "auto", "light": "light", "dark": "dark"}
KEPT = 365 * 86_400
"""Seconds for which a choice is kept."""


def language_of(request: Request, otherwise: Language) -> Language:
    """The language that was chosen here, else the one that the browser prefers, else that of the settings."""
    chosen = LANGUAGES.get(_kept(request, "language"))
    return chosen or preferred(request.headers.get("accept-language", "")) or otherwise


def preferred(header: str) -> Language | None:
    """The language of ours that an Accept-Language header weighs most; None where it names neither."""
    weights: dict[Language, float] = {}
    for part in header[:500].split(","):
        tag, _, weight = part.partition(";")
        language = LANGUAGES.get(tag.strip().lower().partition("-")[0])
        if language is not None:
            weights[language] = max(weights.get(language, 0), _weight(weight))
    best = max(weights, key=lambda language: weights[language], default=None)
    return best if best is not None and weights[best] > 0 else None


def theme_of(request: Request) -> Theme:
    """What was chosen here, else as the device has it."""
    return THEMES.get(_kept(request, "theme"), "auto")


def _kept(request: Request, name: str) -> str:
    """What was chosen, as the browser says; "" where nothing was."""
    address: Address | None = getattr(request.state, "address", None)  # None where the gate turned it away
    return "" if address is None else request.cookies.get(address.cookie(name), "")


def _weight(text: str) -> float:
    name, _, number = text.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(max(float(number), 0.0), 1.0)
    except ValueError:
        return 0.0
