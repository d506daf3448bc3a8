"""An error in the language of whoever reads it: French by the catalogue of sentences, else as it was raised."""

from __future__ import annotations

import re
from functools import cache
from itertools import chain

from connector.errors import ConnectorError
from connector.settings import Language
from sync.french import DATABASE, SETTINGS, STORES
from sync.french_checks import CHECKS
from sync.french_help import USAGE
from sync.french_work import AUDITS, FILES, PLATFORMS, PUSHES, QUESTIONS

HOLE = re.compile(r"\{(\w+)\}")
"""What stands in a sentence for something that differs from case to case."""

DEEPEST = 3
"""A sentence may hold another, and that a name."""

CATALOGUE = {**SETTINGS, **DATABASE, **STORES, **PUSHES, **QUESTIONS, **FILES, **AUDITS, **PLATFORMS, **CHECKS, **USAGE}


def sentence(text: str, language: Language, *, depth: int = 0) -> str:
    """A sentence of an error or a remedy in a language; as it is where the catalogue does not have it."""
    if language != "fr" or depth > DEEPEST:
        return text
    for pattern, french in _patterns():
        if found := pattern.fullmatch(text):
            return _filled(french, found.groupdict(), depth)
    return text


def message(error: ConnectorError, language: Language) -> str:
    """What went wrong."""
    return error.french if error.french and language == "fr" else sentence(error.message, language)


def remedy(error: ConnectorError, language: Language) -> str:
    """What to do about it; empty where nothing is known."""
    return sentence(error.remedy, language)


def whole(error: ConnectorError, language: Language) -> str:
    """What went wrong and what to do, in one line."""
    return f"{message(error, language)} {remedy(error, language)}".strip()


_OPEN = {"expected", "meant", "where", "says", "reason", "order", "kind", "what", "right", "keys"}
"""Holes that may hold a sentence of ours, where others hold names."""


def _filled(french: str, holes: dict[str, str], depth: int) -> str:
    return HOLE.sub(lambda hole: _held(hole[1], holes[hole[1]], depth), french)


def _held(name: str, held: str, depth: int) -> str:
    return _within(held, depth) if name in _OPEN else held


def _within(held: str, depth: int) -> str:
    """What stands in a hole, in French where it is a sentence itself; spaces at its end stay."""
    words = held.rstrip()
    return sentence(words, "fr", depth=depth + 1) + held[len(words) :]


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """The English sentences as patterns, each with the French one: those with most words of their own first."""
    ordered = sorted(CATALOGUE.items(), key=lambda pair: -len(HOLE.sub("", pair[0])))
    return [(_pattern(english), french) for english, french in ordered]


def _pattern(english: str) -> re.Pattern[str]:
    parts = HOLE.split(english)
    named = chain.from_iterable(
        (re.escape(part),) if place % 2 == 0 else (f"(?P<{part}>.*?)",) for place, part in enumerate(parts)
    )
    return re.compile("".join(named), re.DOTALL)
