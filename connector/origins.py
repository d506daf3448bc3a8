"""Where the value of a setting came from: the environment, the file, or the program itself."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from pydantic import BaseModel

Origin: TypeAlias = Literal["environment", "file", "default"]


def origin(settings: BaseModel, *path: str) -> Origin:
    """Where the value of the setting at a path, such as ("schedule", "pull"), came from; the environment wins."""
    if variable(*path) is not None:
        return "environment"
    found: object = settings
    for name in path:
        known = found.model_fields_set if isinstance(found, BaseModel) else found
        if not isinstance(known, Mapping | set) or name not in known:
            return "default"
        found = (
            getattr(found, name)
            if isinstance(found, BaseModel)
            else found[name]
            if isinstance(found, Mapping)
            else None
        )
    return "file"


def variable(*path: str) -> str | None:
    """The name of the environment's variable that says the setting at a path; None where none does."""
    for cut in range(1, len(path) + 1):
        name = f"CONNECTOR_{'__'.join(path[:cut])}".upper()
        if _says(name, path[cut:]):
            return name
    return None


def _says(name: str, rest: Sequence[str]) -> bool:
    """Whether a variable is there, and says something of the rest of a path, as JSON."""
    text = next((value for key, value in os.environ.items() if key.upper() == name), None)
    if text is None or not rest:
        return text is not None
    try:
        told = json.loads(text)
    except ValueError:
        return False
    for part in rest:
        if not isinstance(told, dict) or part not in told:
            return False
        told = told[part]
    return True
