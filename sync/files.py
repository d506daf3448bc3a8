"""Files with personal data: their owner's alone."""

from __future__ import annotations

import os
from pathlib import Path

from connector.errors import ConnectorError, SettingsError


def write_private(file: Path, text: str) -> None:
    """Write a new file that only its owner can read; SettingsError where it is there already."""
    try:
        descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        raise SettingsError(f"{file} exists already.", remedy="Name a file that does not.") from None
    except OSError as error:
        raise ConnectorError(f"{file} cannot be written: {error.strerror}.", remedy="Name another file.") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(text + "\n")
