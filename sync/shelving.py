"""Changing the merchant's segments.toml: what else stands in it stays, and nothing is written that would be refused.

    shelve(settings, {"audiences": {"vip": {"on": True, "parameters": {"x": 500}}}}, language)

A change is tables in tables, as the file has them; what it names is set, and made where it is not there yet.
"""

from __future__ import annotations

import os
import shutil
import threading
import tomllib
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp
from typing import Any, TypeAlias

import tomlkit
from tomlkit.exceptions import TOMLKitError

from connector.catalogue import Language, load
from connector.errors import SettingsError
from connector.settings import Settings
from sync.shelf import filled

Change: TypeAlias = Mapping[str, Any]
_one = threading.Lock()
"""Held by who reads the file and writes it anew."""


def shelve(settings: Settings, change: Change, language: Language = "en") -> None:
    """Write segments.toml with a change; SettingsError with the line, and the file as it was, where that is refused."""
    place = settings.segments_place
    if place is None:
        raise SettingsError("There is no settings file to put segments.toml beside.", remedy="Make connector.toml.")
    with _one:
        text = rehearse(settings, change, language)
        _write(place.resolve(), text)


def rehearse(settings: Settings, change: Change, language: Language = "en") -> str:
    """The text that segments.toml would have with a change; SettingsError with the line where it would be refused."""
    place = settings.segments_place
    before = _read(place) if place is not None and place.exists() else ""
    name = "segments.toml" if place is None else place.name
    load(before, name, language)
    text = _changed(before, change)
    filled(settings, load(text, name, language))
    return text


def _read(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise SettingsError(f"{file} is not a text in UTF-8.", remedy="Save it as UTF-8.") from None
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}.", remedy="Check its path and rights.") from None


def _changed(before: str, change: Change) -> str:
    """The text with a change; what it says then is compared with what it should say."""
    try:
        document = tomlkit.parse(before)
        _put(document, change)
        text = tomlkit.dumps(document)
    except (TOMLKitError, TypeError, ValueError, AttributeError):
        text = ""
    if not text or tomllib.loads(text) != _merged(tomllib.loads(before), change):
        raise SettingsError("segments.toml is written in a way that is not changed from here.", remedy="Edit it there.")
    return text


def _put(table: MutableMapping[str, Any], change: Change, depth: int = 0) -> None:
    for name, value in change.items():
        if isinstance(value, Mapping):
            if name not in table:
                table[name] = _new(depth)
            _put(table[name], value, depth + 1)
        else:
            table[name] = tomlkit.string(value, multiline=True) if _long(value) else value


def _new(depth: int) -> MutableMapping[str, Any]:
    """An empty table: what an entry holds stands on one line, as merchants write it."""
    return tomlkit.inline_table() if depth > 1 else tomlkit.table(is_super_table=depth == 0)


def _long(value: object) -> bool:
    return isinstance(value, str) and "\n" in value


def _merged(under: Mapping[str, Any], over: Change) -> dict[str, Any]:
    merged = dict(under)
    for name, value in over.items():
        merged[name] = _merged(under.get(name, {}), value) if isinstance(value, Mapping) else value
    return merged


def _write(file: Path, text: str) -> None:
    """Put the text in the place of the file at once, so that whoever reads finds the old or the new one whole."""
    beside = None
    try:
        descriptor, beside = mkstemp(prefix=f".{file.name}.", dir=file.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as written:
            written.write(text)
            written.flush()
            os.fsync(written.fileno())
        if file.exists():
            shutil.copymode(file, beside)
        os.replace(beside, file)
    except OSError as error:
        if beside is not None:
            with suppress(OSError):
                os.unlink(beside)
        raise SettingsError(
            f"{file} cannot be written: {error.strerror}.",
            remedy="Give the user who runs the connector the right to write to that folder.",
        ) from error
