"""Speaking to people in their language, with numbers and money in its form."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from typing import Any

from babel.numbers import format_currency, format_decimal

from connector.money import major_units
from connector.settings import Language, Settings


@dataclass(frozen=True)
class Voice:
    """Prints in one language; what only people read is left out where programs read."""

    language: Language
    quiet: bool = False

    def say(self, fr: str, en: str) -> None:
        """Print a sentence."""
        if not self.quiet:
            print(fr if self.language == "fr" else en)  # noqa: T201

    def warn(self, fr: str, en: str) -> None:
        """Print a sentence to standard error, whoever reads."""
        print(fr if self.language == "fr" else en, file=sys.stderr)  # noqa: T201

    def number(self, value: float) -> str:
        """A number in the language's form, with at most three decimals: 12 345 or 12,345."""
        return format_decimal(value, locale=self.language)

    def people(self, number: int) -> str:
        """So many people: 1 personne or 1 person, 12 345 personnes or 12,345 people."""
        one, more = ("personne", "personnes") if self.language == "fr" else ("person", "people")
        single = number < 2 if self.language == "fr" else number == 1  # in French nought is one, too
        return f"{self.number(number)} {one if single else more}"

    def decimal(self, value: float) -> str:
        """A number with at most one decimal in the language's form: 392,3 or 392.3."""
        return format_decimal(value, format="#,##0.#", locale=self.language)

    def percent(self, part: float | None) -> str:
        """A share in per cent, with one decimal; a dash where there is none."""
        if part is None:
            return "–"
        return f"{format_decimal(100 * part, format='#,##0.0', locale=self.language)} %"

    def money(self, minor: int, currency: str) -> str:
        """An amount in the language's form: 12,50 € or €12.50."""
        return format_currency(major_units(minor, currency), currency, locale=self.language)


def voice(settings: Settings, *, quiet: bool = False) -> Voice:
    """The voice of the settings' language where it is set, else of the terminal's."""
    if "language" in settings.model_fields_set:
        return Voice(settings.language, quiet)
    return Voice(terminal_language(), quiet)


def terminal_language() -> Language:
    """French where the terminal's locale is French, else English."""
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "fr" if spoken.lower().startswith("fr") else "en"


def emit(value: Any) -> None:  # noqa: ANN401 - what JSON holds
    """Print one line of JSON."""
    print(json.dumps(value, ensure_ascii=False, separators=(", ", ": ")))  # noqa: T201
