"""A TOML file that a merchant wrote, changed: comments and order stay, and the whole is written at once or not at all.

    changed(text, {"schedule": {"pull": "30m"}}, "connector.toml")      None in the place of a value takes it out
    difference({"pull": "15m", "day": "00:05"}, {"pull": "30m"})        {"pull": "30m", "day": None}

A change is tables in tables, as the file has them; what it names is set, and made where it is not there yet.
"""

from __future__ import annotations

import os
import re
import shutil
import tomllib
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp
from typing import Any, TypeAlias

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Array

from connector.errors import SettingsError

Change: TypeAlias = Mapping[str, Any]
_HEADER = re.compile(r"\s*\[")


def changed(before: str, change: Change, name: str) -> str:
    """The text with a change; what it says then is compared with what it should say: SettingsError where it differs."""
    wanted = _pruned(_merged(tomllib.loads(before), change))
    for way in (_without_table, _edited):
        try:
            text = way(before, change)
            if text is not None and _pruned(tomllib.loads(text)) == wanted:
                return text
        except (TOMLKitError, tomllib.TOMLDecodeError, TypeError, ValueError, AttributeError, KeyError):
            continue
    raise SettingsError(f"{name} is written in a way that is not changed from here.", remedy="Edit it there.")


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The change that makes the one table of the other: what is gone is None, what is the same is not named."""
    change: dict[str, Any] = {name: None for name in before if name not in after}
    for name, value in after.items():
        old = before.get(name)
        if isinstance(value, Mapping) and isinstance(old, Mapping):
            if inner := difference(old, value):
                change[name] = inner
        elif name not in before or (old, type(old)) != (value, type(value)):
            change[name] = value
    return change


def write(file: Path, text: str, *, private: bool = False) -> None:
    """Put the text in the place of the file at once, so that whoever reads finds the old or the new one whole.

    A new file, and one that is `private`, is its owner's alone; any other keeps its mode.
    """
    beside = None
    try:
        descriptor, beside = mkstemp(prefix=f".{file.name}.", dir=file.parent)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as written:
            written.write(text)
            written.flush()
            os.fsync(written.fileno())
        if file.exists() and not private:
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


def _merged(under: Mapping[str, Any], over: Change) -> dict[str, Any]:
    """What the tables say with a change."""
    merged = dict(under)
    for name, value in over.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, Mapping):
            inner = merged.get(name)
            merged[name] = _merged(inner if isinstance(inner, Mapping) else {}, value)
        else:
            merged[name] = list(value) if isinstance(value, tuple) else value
    return merged


def _pruned(table: Mapping[str, Any]) -> dict[str, Any]:
    """The same without tables that say nothing."""
    inner = {name: _pruned(value) if isinstance(value, Mapping) else value for name, value in table.items()}
    return {name: value for name, value in inner.items() if value != {}}


def _edited(before: str, change: Change) -> str:
    document = tomlkit.parse(before)
    _put(document, change)
    return tomlkit.dumps(document)


def _put(table: MutableMapping[str, Any], change: Change, depth: int = 0) -> None:
    for name, value in change.items():
        if value is None:
            table.pop(name, None)
        elif isinstance(value, Mapping):
            if not isinstance(table.get(name), MutableMapping):
                table[name] = _new(depth)
            _put(table[name], value, depth + 1)
        elif not (isinstance(value, list | tuple) and _moved(table.get(name), list(value))):
            table[name] = tomlkit.string(value, multiline=True) if _long(value) else value


def _moved(there: object, wanted: list[Any]) -> bool:
    """Whether a list that is there could be brought to what is wanted item by item, so that its comments stay."""
    if not isinstance(there, Array):
        return False
    for item in [item for item in there if item not in wanted]:
        there.remove(item)
    for item in wanted[len(there) :]:
        there.append(item)
    return there.unwrap() == wanted


def _new(depth: int) -> MutableMapping[str, Any]:
    """An empty table: what an entry holds stands on one line, as merchants write it."""
    return tomlkit.inline_table() if depth > 1 else tomlkit.table(is_super_table=depth == 0)


def _long(value: object) -> bool:
    return isinstance(value, str) and "\n" in value


def _without_table(before: str, change: Change) -> str | None:
    """The text without the lines of the table that a change takes out; None where it does anything else.

    Comments right above the table go with it, those above the next one stay: tomlkit takes these for its last lines.
    """
    path = _taken_out(change)
    if path is None:
        return None
    header = re.compile(r"\s*\[\s*" + r"\s*\.\s*".join(map(_spelt, path)) + r"\s*[.\]]")
    return "".join(line for block in _blocks(before) if not any(map(header.match, block)) for line in block)


def _taken_out(change: Change) -> tuple[str, ...] | None:
    """The path of the one table that a change takes out, and does nothing else."""
    path: tuple[str, ...] = ()
    inner: object = change
    while isinstance(inner, Mapping) and len(inner) == 1:
        ((name, inner),) = inner.items()
        path = (*path, name)
    return path if path and inner is None else None


def _blocks(text: str) -> list[list[str]]:
    """The lines of what stands before the first table, and of each table with the comments right above it."""
    blocks: list[list[str]] = [[]]
    for line in text.splitlines(keepends=True):
        if _HEADER.match(line):
            last, above = blocks[-1], list[str]()
            while len(last) > 1 and last[-1].lstrip().startswith("#"):
                above.insert(0, last.pop())
            blocks.append([*above, line])
        else:
            blocks[-1].append(line)
    return blocks


def _spelt(key: str) -> str:
    """The ways to write a key, as a pattern."""
    return f"""(?:{re.escape(key)}|"{re.escape(key)}"|'{re.escape(key)}')"""
