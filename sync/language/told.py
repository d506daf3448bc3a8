"""An error in the language of whoever reads it: French by the catalogue of sentences, else as it was raised."""

from __future__ import annotations

import re
from datetime import date
from functools import cache, lru_cache
from itertools import chain

from connector.errors import ConnectorError
from connector.language import Language
from connector.worded import day
from sync.language.french import DATABASE, SETTINGS, STORES
from sync.language.french_checks import CHECKS
from sync.language.french_help import USAGE
from sync.language.french_reasons import ANSWERS, MACHINE, OUTCOMES, RECORDS, WORDS
from sync.language.french_work import AUDITS, FILES, PLATFORMS, PUSHES, QUESTIONS

HOLE = re.compile(r"\{(\w+)\}")
"""What stands in a sentence for something that differs from case to case."""

DEEPEST = 3
"""A sentence may hold another, and that a name."""

CATALOGUE = {
    english: french
    for part in (
        *(SETTINGS, DATABASE, STORES, PUSHES, QUESTIONS, FILES, AUDITS, PLATFORMS, CHECKS),
        *(RECORDS, OUTCOMES, ANSWERS, MACHINE, WORDS, USAGE),
    )
    for english, french in part.items()
}


def sentence(text: str, language: Language) -> str:
    """A sentence of an error or a remedy in a language; as it is where the catalogue does not have it."""
    return _french(text, 0)[1] if language == "fr" else text


def message(error: ConnectorError, language: Language) -> str:
    """What went wrong."""
    return error.french if error.french and language == "fr" else sentence(error.message, language)


def remedy(error: ConnectorError, language: Language) -> str:
    """What to do about it; empty where nothing is known."""
    return sentence(error.remedy, language)


def whole(error: ConnectorError, language: Language) -> str:
    """What went wrong and what to do, in one line."""
    return f"{message(error, language)} {remedy(error, language)}".strip()


_OPEN = {"expected", "meant", "where", "says", "reason", "order", "kind", "what"}
"""Holes that may hold a sentence of ours, where others hold names."""

_DAYS = {"day", "today", "reached", "first", "last"}
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?: ([0-9:]+ UTC))?")


@lru_cache(maxsize=256)
def _french(text: str, depth: int) -> tuple[int, str]:
    """The French of a text by the sentence that leaves least of it as it is, and how many letters it leaves."""
    least, said, holes = len(text), "", dict[str, str]()
    for pattern, french in _patterns() if depth <= DEEPEST else ():
        if found := pattern.fullmatch(text):
            held = {name: _held(name, part, depth) for name, part in found.groupdict().items()}
            left = sum(number for number, _ in held.values())
            if left < least:
                least, said, holes = left, french, {name: told for name, (_, told) in held.items()}
    return least, HOLE.sub(lambda hole: holes[hole[1]], said) if said else text


def _held(name: str, held: str, depth: int) -> tuple[int, str]:
    """What stands in a hole, in French where it is a day, or a sentence itself; spaces at its end stay."""
    if name in _DAYS and (found := _DAY.fullmatch(held)):
        words = day(date.fromisoformat(found[1]), "fr")
        return len(held), f"{words}, {found[2]}" if found[2] else words
    if name not in _OPEN:
        return len(held), held
    words = held.rstrip()
    left, told = _french(words, depth + 1)
    return left, told + held[len(words) :]


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
