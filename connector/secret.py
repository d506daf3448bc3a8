"""A secret: the text itself, or where it is read from, `{ env = "NAME" }` or `{ file = "PATH" }`."""

from __future__ import annotations

import os
from pathlib import Path

from connector.errors import SettingsError


def secret(value: object) -> object:
    """A setting's value, read from the environment or a file where it says so; SettingsError where that is missing."""
    if not isinstance(value, dict) or not {"env", "file"} & value.keys():
        return value
    if len(value) != 1:
        raise SettingsError(
            f"A secret is read from one place, not from {', '.join(map(str, value))}.",
            remedy='Write { env = "NAME" } or { file = "PATH" }.',
        )
    (where, name), *_ = value.items()
    return _from_environment(str(name)) if where == "env" else _from_file(Path(str(name)).expanduser())


def _from_environment(name: str) -> str:
    if found := os.environ.get(name, "").strip():
        return found
    if file := os.environ.get(f"{name}_FILE"):
        return _from_file(Path(file))
    raise SettingsError(f"The environment has no {name}.", remedy=f"Set {name}, or {name}_FILE to the path of a file.")


def _from_file(file: Path) -> str:
    try:
        found = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise SettingsError(
            f"The secret file {file} cannot be read.", remedy="Check its path and its rights."
        ) from None
    if not found:
        raise SettingsError(f"The secret file {file} is empty.", remedy="Write the secret into it.")
    return found
