"""Files that are written: their owner's alone, and never half of one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from connector.errors import ConnectorError, SettingsError


def write_private(file: Path, text: str) -> None:
    """Write a new file that only its owner can read; SettingsError where it is there already."""
    try:
        descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        raise SettingsError(f"{file} exists already.", remedy="Name a file that does not.") from None
    except OSError as error:
        raise _unwritable(file, error) from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(text + "\n")


@contextmanager
def replacing(file: Path) -> Iterator[Callable[[str], None]]:
    """A function that writes a text in the place of a file, or of none: whole, or it is as it was.

    ConnectorError where it cannot be written there; that is found out as the block begins, before any work.
    """
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{file.name[:60]}.", suffix=".part", dir=file.parent)
        os.close(descriptor)
    except OSError as error:
        raise _unwritable(file, error) from error
    part = Path(name)

    def write(text: str) -> None:
        try:
            with part.open("w", encoding="utf-8", newline="\n") as opened:
                opened.write(text)
                opened.flush()
                os.fsync(opened.fileno())
            part.replace(file)
        except OSError as error:
            raise _unwritable(file, error) from error

    try:
        yield write
    finally:
        part.unlink(missing_ok=True)


def _unwritable(file: Path, error: OSError) -> ConnectorError:
    return ConnectorError(f"{file} cannot be written: {error.strerror}.", remedy="Name another file.")
