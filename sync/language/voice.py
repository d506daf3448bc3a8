"""Speaking to people in their language, with numbers and money in its form."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from babel.dates import format_timedelta
from babel.numbers import format_currency, format_decimal

from connector import worded
from connector.language import Language
from connector.money import major_units
from connector.settings import Settings
from sync.language.terminal import terminal_language

_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What a terminal would obey instead of showing it: escapes, returns, and marks that turn writing round."""

T = TypeVar("T")
_SPOKEN: ContextVar[Language | None] = ContextVar("spoken", default=None)


@dataclass(frozen=True)
class Voice:
    """Prints in one language; what only people read is left out where programs read."""

    language: Language
    quiet: bool = False
    data: Language | None = None

    @property
    def written(self) -> Language:
        """The language of texts in what is made for whoever reads: people, or programs where it is quiet."""
        return self.data or self.language

    def say(self, fr: str, en: str) -> None:
        """Print a sentence."""
        if not self.quiet:
            print(plain(self.text(fr, en)))  # noqa: T201

    def warn(self, fr: str, en: str) -> None:
        """Print a sentence to standard error, whoever reads."""
        print(plain(self.text(fr, en)), file=sys.stderr)  # noqa: T201

    def text(self, fr: str, en: str, **values: object) -> str:
        """A text, with each {name} in it replaced by its value."""
        found = self.choose(fr, en)
        return found.format(**values) if values else found

    def choose(self, fr: T, en: T) -> T:
        """Of two things, such as the heads of a table, the one in the language."""
        return fr if self.language == "fr" else en

    def number(self, value: float) -> str:
        """A number in the language's form, with at most three decimals: 12 345 or 12,345."""
        return format_decimal(value, locale=self.language)

    def people(self, number: int) -> str:
        """So many people: 1 personne or 1 person, 12 345 personnes or 12,345 people."""
        return self.count(number, *self.choose(("personne", "personnes"), ("person", "people")))

    def count(self, number: int, one: str, more: str) -> str:
        """A number with the words for one, or for more: 0 commande lue in French, 0 orders read in English."""
        single = number < 2 if self.language == "fr" else number == 1
        return f"{self.number(number)} {one if single else more}"

    def decimal(self, value: float) -> str:
        """A number with at most one decimal in the language's form: 392,3 or 392.3."""
        return format_decimal(value, format="#,##0.#", locale=self.language)

    @property
    def colon(self) -> str:
        """A colon with its spaces."""
        return self.text("\u00a0: ", ": ")

    def percent(self, part: float | None) -> str:
        """A share in per cent, with one decimal: 56,9 % or 56.9%; a dash where there is none."""
        if part is None:
            return "–"
        return self._percents(format_decimal(100 * part, format="#,##0.0", locale=self.language))

    def percents(self, number: float) -> str:
        """So many per cent: 20 % or 20%."""
        return self._percents(self.number(number))

    def _percents(self, written: str) -> str:
        """A number with the sign, which in French does not go to the next line alone and in English stands at it."""
        return f"{written}\u00a0%" if self.language == "fr" else f"{written}%"

    def day(self, day: date | str, form: str = "medium") -> str:
        """A day, given as one or as YYYY-MM-DD: 30 juin 2026 or 30 Jun 2026; `form` is one of Babel's."""
        found = date.fromisoformat(day) if isinstance(day, str) else day
        return worded.day(found, self.language, form)

    def moment(self, instant: datetime) -> str:
        """An instant in the time zone that it bears, to the minute: 30 juin 2026, 14:05."""
        return worded.moment(instant, self.language)

    def value(self, value: object) -> str:
        """What a person has, as a report gives it: a number, an amount, a list, a text; a dash where there is none."""
        if isinstance(value, Mapping):
            return self.money(value["minor"], value["currency"])
        if isinstance(value, list):
            return ", ".join(self.value(one) for one in value) or "–"
        if isinstance(value, bool) or not isinstance(value, int | float):
            return "–" if value is None else str(value)
        return self.number(value)

    def money(self, minor: int, currency: str) -> str:
        """An amount in the language's form: 12,50 € or €12.50."""
        return format_currency(major_units(minor, currency), currency, locale=self.language)

    def rough(self, minor: int, currency: str) -> str:
        """An amount that is an estimate, in whole units and with three digits that mean something: 12 300 €."""
        units = int(major_units(minor, currency))
        step = 10 ** max(0, len(str(abs(units))) - 3)
        whole = round(units / step) * step
        return format_currency(whole, currency, format="#,##0 ¤" if self.language == "fr" else "¤#,##0",
                               locale=self.language, currency_digits=False)  # fmt: skip

    def ago(self, seconds: float) -> str:
        """How long ago, or, below zero, in how long: il y a 5 minutes, in 3 hours, just now."""
        if not round(seconds):
            return self.text("à l'instant", "just now")
        return format_timedelta(timedelta(seconds=-round(seconds)), add_direction=True, locale=self.language)


def voice(settings: Settings, *, quiet: bool = False) -> Voice:
    """The voice of the settings' language where it is set, else of the terminal's.

    What is made for programs is the same in any terminal: English where the settings name no language.
    """
    chosen = settings.language if "language" in settings.model_fields_set else None
    return Voice(chosen or terminal_language(), quiet, (chosen or "en") if quiet else None)


def speak(language: Language) -> None:
    """Let whatever goes wrong from here on be said in a language."""
    _SPOKEN.set(language)


def spoken() -> Language:
    """The language that was set to speak in this run; until then the terminal's."""
    return _SPOKEN.get() or terminal_language()


def emit(value: Any) -> None:  # noqa: ANN401 - what JSON holds
    """Print one line of JSON."""
    print(as_json(value))  # noqa: T201


def as_json(value: Any, indent: int | None = None) -> str:  # noqa: ANN401 - what JSON holds
    """A value as JSON, in which what a terminal would obey is escaped: whoever reads it has the same value."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, separators=("," if indent else ", ", ": "))
    return _OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def plain(text: str) -> str:
    """A text for a terminal: what it would obey is written out."""
    return _OBEYED.sub(lambda found: ascii(found[0])[1:-1], text)
