"""A value of an address or a form that does not fit, in words: which one it is, and what would fit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sync.language.voice import Voice

_QUOTED = re.compile(r"'([^']*)'")
_WHOLE = ("Donnez à `{name}` un nombre entier.", "Give `{name}` a whole number.")
_SWITCH = ("Donnez à `{name}` true ou false.", "Give `{name}` true or false.")
_OTHER = ("Donnez à `{name}` une autre valeur.", "Give `{name}` another value.")
_WANTED: Mapping[str, tuple[str, str]] = {
    "missing": ("Donnez une valeur à `{name}`.", "Give `{name}` a value."),
    "literal_error": (
        "Donnez à `{name}` l'une de ces valeurs : {values}.",
        "Give `{name}` one of these values: {values}.",
    ),
    "greater_than_equal": ("Donnez à `{name}` un nombre d'au moins {ge}.", "Give `{name}` a number of at least {ge}."),
    "less_than_equal": ("Donnez à `{name}` un nombre d'au plus {le}.", "Give `{name}` a number of at most {le}."),
    "string_too_long": (
        "Donnez à `{name}` un texte de {max_length} caractères au plus.",
        "Give `{name}` a text of at most {max_length} characters.",
    ),
    **dict.fromkeys(("int_parsing", "int_parsing_size", "int_from_float", "int_type"), _WHOLE),
    **dict.fromkeys(("bool_parsing", "bool_type"), _SWITCH),
}
"""By pydantic's name of the error (docs.pydantic.dev/latest/errors/validation_errors)."""


def misplaced(errors: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the path itself does not fit, so that there is no such page."""
    return any(error["loc"][:1] == ("path",) for error in errors)


def wanted(say: Voice, errors: Sequence[Mapping[str, Any]]) -> str:
    """What the first value that does not fit should be; never the value itself, which is somebody else's text."""
    if not errors:
        return ""
    error, known = errors[0], errors[0].get("ctx", {})
    bounds = {name: say.number(known[name]) for name in ("ge", "le", "max_length") if name in known}
    values = ", ".join(filter(None, _QUOTED.findall(str(known.get("expected", "")))))
    name = ".".join(str(part) for part in error["loc"][1:])
    return say.text(*_WANTED.get(error["type"], _OTHER), name=name, values=values, **bounds)
