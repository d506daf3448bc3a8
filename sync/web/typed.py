"""What is typed into a field, as the settings file holds it, and back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from connector.errors import SettingsError
from sync.web.settable import Field

_NUMBER = re.compile(r"[-+]?[0-9]{1,15}")
_DECIMAL = re.compile(r"[-+]?[0-9]{1,15}([.,][0-9]{1,15})?")


def typed(value: object) -> str:
    """A setting's value as it is typed; empty where there is none."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "\n".join(f"{name} = {typed(one)}" for name, one in value.items())
    if isinstance(value, list | tuple):
        return "\n".join(str(one) for one in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def meant(field: Field, given: Sequence[str]) -> Any:  # noqa: ANN401 - what TOML holds
    """What was typed, as the file has it; None for nothing. SettingsError where it is not of the field's kind."""
    text = "\n".join(given).replace("\r\n", "\n").strip()
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    value: Any = text or None
    if field.kind == "several":
        value = lines
    elif not text:
        value = None
    elif field.kind == "switch":
        value = _one_of(text, ("true", "false")) == "true"
    elif field.kind == "choice":
        value = _one_of(text, [value for value, _ in field.options])
    elif field.kind == "lines":
        value = lines
    elif field.kind == "pairs":
        value = dict(_pair(field, line) for line in lines)
    elif field.kind in {"number", "decimal"}:
        value = _number(text, field.kind)
    return value


def _pair(field: Field, line: str) -> tuple[str, Any]:
    name, sign, value = (part.strip().strip("\"'") for part in line.partition("="))
    if not sign or not name or not value:
        raise SettingsError("A line of it is no pair.", remedy="Write one a line, as in name = value.")
    return name, value if field.of == "text" else _number(value, field.of)


def _number(text: str, kind: str) -> float:
    if kind == "number" and _NUMBER.fullmatch(text):
        return int(text)
    if kind == "decimal" and _DECIMAL.fullmatch(text):
        plain = text.replace(",", ".")
        return float(plain) if "." in plain else int(plain)
    raise SettingsError("This is no number.", remedy="Write it in digits, such as 30.")


def _one_of(text: str, known: Sequence[str]) -> str:
    if text not in known:
        raise SettingsError("This cannot be chosen.", remedy=f"Use one of: {', '.join(known)}.")
    return text
