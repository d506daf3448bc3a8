"""Days and instants in words, as each language writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime

from babel.dates import format_date, format_datetime

from connector.language import Language

_FIRST = re.compile(r"\b1 (?=[a-zéû])")
_LOCALES: Mapping[Language, str] = {"fr": "fr", "en": "en_GB"}
"""Days before months: an English reader of a European shop is no American one."""


def day(found: date, language: Language, form: str = "medium") -> str:
    """A day: 1er juin 2026 or 1 Jun 2026; `form` is one of Babel's."""
    return _said(found, format_date(found, form, locale=_LOCALES[language]), language)


def moment(instant: datetime, language: Language) -> str:
    """An instant in the time zone that it bears, to the minute: 30 juin 2026, 14:05."""
    return _said(instant, format_datetime(instant, "d MMM y, HH:mm", locale=_LOCALES[language]), language)


def _said(found: date, text: str, language: Language) -> str:
    """A day as it is said: in French the first of a month is the 1er."""
    return _FIRST.sub("1er ", text, count=1) if language == "fr" and found.day == 1 else text
