"""What the language says of a rule that it cannot read, in French and English."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Literal

from connector.errors import QueryError
from connector.query.measures import Kind
from connector.query.tree import Place

Language = Literal["fr", "en"]
Name = Literal["unexpected", "end", "attribute", "function", "inside", "kind", "twice", "no day", "large", "deep"]

MESSAGES: Mapping[Name, Mapping[Language, str]] = {
    "unexpected": {
        "en": "{found} cannot stand here; expected {expected}.",
        "fr": "{found} ne peut pas se trouver ici ; attendu : {expected}.",
    },
    "end": {
        "en": "The rule stops short; expected {expected}.",
        "fr": "La règle s'arrête trop tôt ; attendu : {expected}.",
    },
    "attribute": {"en": "There is no attribute {found}.", "fr": "L'attribut {found} n'existe pas."},
    "function": {
        "en": "{found} cannot be followed by MATCHES (…).",
        "fr": "{found} ne peut pas être suivi de MATCHES (…).",
    },
    "inside": {"en": "{function} knows no {found}.", "fr": "{function} ne connaît pas {found}."},
    "kind": {"en": "{found} is compared with {expected}.", "fr": "{found} se compare à {expected}."},
    "twice": {
        "en": "{found} stands twice; for a range write {found} BETWEEN … AND ….",
        "fr": "{found} figure deux fois ; pour un intervalle, écrivez {found} BETWEEN … AND ….",
    },
    "no day": {"en": "{found} is not a day of the calendar.", "fr": "{found} n'est pas un jour du calendrier."},
    "large": {"en": "{found} is too large.", "fr": "{found} est trop grand."},
    "deep": {"en": "The rule is too long or too deeply nested.", "fr": "La règle est trop longue ou trop imbriquée."},
}

_SUGGESTION: Mapping[Language, str] = {"en": "Did you mean {name}?", "fr": "Vouliez-vous dire {name} ?"}
_JOIN: Mapping[Language, str] = {"en": " or ", "fr": " ou "}

KINDS: Mapping[Kind, Mapping[Language, str]] = {
    Kind.DATE: {
        "en": "a date, such as -180d, today or 2026-06-30",
        "fr": "une date, par exemple -180d, today ou 2026-06-30",
    },
    Kind.COUNT: {"en": "a whole number", "fr": "un nombre entier"},
    Kind.MONEY: {"en": "an amount, such as 49.90", "fr": "un montant, par exemple 49.90"},
    Kind.PRICE: {"en": "an amount, such as 49.90", "fr": "un montant, par exemple 49.90"},
    Kind.RATIO: {
        "en": "a number with at most four decimals, such as 0.5",
        "fr": "un nombre à quatre décimales au plus, par exemple 0.5",
    },
}

_VALUE: Mapping[Language, str] = {"en": "a value", "fr": "une valeur"}
_EXPECTED: Mapping[str, Mapping[Language, str]] = {
    "NAME": {"en": "an attribute", "fr": "un attribut"},
    "COMPARISON": {"en": "a comparison", "fr": "une comparaison"},
    "$END": {"en": "the end", "fr": "la fin"},
    "_LEFT": {"en": "(", "fr": "("},
    "_RIGHT": {"en": ")", "fr": ")"},
    "_COMMA": {"en": ",", "fr": ","},
    **dict.fromkeys(("NUMBER", "DATE", "OFFSET", "TODAY", "YESTERDAY", "PARAMETER"), _VALUE),
}


def problem(name: Name, place: Place, language: Language, *, near: Iterable[str] = (), **facts: str) -> QueryError:
    """The error `name` at a place of a rule; where what was found is `near` a known word, that is suggested."""
    close = get_close_matches(facts.get("found", ""), list(near), n=1, cutoff=0.6)
    remedy = _SUGGESTION[language].format(name=close[0]) if close else ""
    message = MESSAGES[name][language].format(**facts)
    return QueryError(message, line=place.line, column=place.column, remedy=remedy)


def expected(terminals: Iterable[str], language: Language) -> str:
    """What the grammar would take, in words."""
    words = {_EXPECTED.get(name, {}).get(language) or name.strip("_") for name in terminals}
    return _JOIN[language].join(sorted(words))


def pointed(error: QueryError) -> str:
    """The error with the rule's line and a `^` under the character, for a fixed-width screen."""
    lines = error.text.splitlines() or [""]
    return f"{error}\n{lines[min(error.line, len(lines)) - 1]}\n{' ' * (error.column - 1)}^"
