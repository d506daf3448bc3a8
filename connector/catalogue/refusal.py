"""Saying what is wrong with a merchant's file: the file, the line, a sentence, and the nearest name that there is."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from connector.catalogue.check import Path, Problem
from connector.catalogue.entries import (
    Ask,
    Audience,
    Cap,
    Family,
    Move,
    Need,
    Objective,
    Phase,
    Play,
    Stage,
    Supply,
    Text,
)
from connector.catalogue.messages import EXPECTED, NEAR, SENTENCES, WHERE
from connector.errors import SettingsError
from connector.language import Language
from connector.query.tree import NAMED

_MODELS: Mapping[str, type[BaseModel]] = {
    "families": Family,
    "audiences": Audience,
    "objectives": Objective,
    "caps": Cap,
    "playbooks": Play,
    "needs": Need,
}
_INNER: Mapping[str, type[BaseModel]] = {
    "stages": Stage,
    "asks": Ask,
    "moves": Move,
    "phases": Phase,
    "label": Text,
    "tag": Text,
    "description": Text,
    "condition": Text,
    "title": Text,
    "text": Text,
    "reason": Text,
    "shopify": Supply,
    "woocommerce": Supply,
    "csv": Supply,
}
_NOT_WRITTEN = {"key", "stages"}  # an audience's stage is written into its own table


def refusal(file: str, text: str, problem: Problem, language: Language) -> SettingsError:
    """The error for a problem, with the line of the file that it begins on."""
    line = line_of(text, problem.path)
    remedy = _suggestion(problem.facts.get("found", ""), problem.near, language)
    if problem.cause is not None:
        line += problem.cause.line - 1 + _opening(text, line)
    where = WHERE[language].format(file=file, line=line)
    return SettingsError(where + SENTENCES[problem.message][language].format(**problem.facts), remedy=remedy)


def refused_model(
    file: str, text: str, error: ValidationError, merged: Mapping[str, Any], language: Language
) -> SettingsError:
    """The error for the first thing that the models do not take."""
    first = error.errors(include_url=False)[0]
    path = _written_path(first["loc"], merged)
    name = str(path[-2] if path[-1] == "key" else path[-1])
    if first["type"] == "extra_forbidden" and _is_parameter(path, merged):
        facts = {"found": name, "place": ".".join(map(str, path[:-1])), "value": _toml(first["input"])}
        return refusal(file, text, Problem(path, "parameter", facts), language)
    if first["type"] == "extra_forbidden":
        return refusal(file, text, Problem(path, "unknown", {"found": name}, tuple(_names(path))), language)
    if first["type"] == "missing":
        return refusal(file, text, Problem(path, "missing", {"found": name}), language)
    if first["type"] in SENTENCES:
        return refusal(file, text, Problem(path, first["type"]), language)
    facts = {"found": name, "expected": _expected(first, language)}
    return refusal(file, text, Problem(path, "value", facts), language)


def not_toml(file: str, text: str, error: tomllib.TOMLDecodeError, language: Language) -> SettingsError:
    """The error for a text that is not TOML; the reader's own words say what it met."""
    told = re.search(r"line (\d+)", str(error))
    line = told[1] if told else max(len(text.splitlines()), 1)
    where = WHERE[language].format(file=file, line=line)
    return SettingsError(where + SENTENCES["not toml"][language], remedy=f"Exactly: {error}.")


def line_of(text: str, path: Path) -> int:
    """The line, from 1, on which a TOML text first speaks of a path, or of the longest part of it that it knows.

    The text up to each line is read as a whole, so the reader itself says where something begins.
    """
    whole = tomllib.loads(text)
    while path and not _has(whole, path):
        path = path[:-1]
    lines = text.splitlines(keepends=True)
    begins = 1
    for number in range(1, len(lines) + 1):
        try:
            read = tomllib.loads("".join(lines[:number]))
        except tomllib.TOMLDecodeError:
            continue  # it stops within a value that goes on
        if _has(read, path):
            break
        begins = number + 1
    return min(begins, max(len(lines), 1))


def _has(read: object, path: Path) -> bool:
    for part in path:
        if isinstance(read, list):
            read = dict(enumerate(read))
        if not isinstance(read, dict) or part not in read:
            return False
        read = read[part]
    return True


def _opening(text: str, line: int) -> int:
    """One where a text of several lines begins below the line of its name: TOML drops the first line break."""
    return int(text.splitlines()[line - 1].rstrip().endswith(('"""', "'''")))


def _written_path(loc: tuple[int | str, ...], merged: Mapping[str, Any]) -> Path:
    """Where a model's field stands in a file."""
    if loc[0] == "audiences":
        rest = loc[4:] if loc[2:3] == ("stages",) else loc[2:]
        return ("audiences", str(loc[1]).removeprefix("aud."), *rest)
    if loc[0] == "families" and loc[2:3] == ("stages",) and len(loc) > 3:
        stages = list(merged["families"][loc[1]]["stages"])
        return (*loc[:3], stages[int(loc[3])], *loc[4:])
    return loc


def _is_parameter(path: Path, merged: Mapping[str, Any]) -> bool:
    """Whether what stands in an entry's own table is a parameter of its rules."""
    if len(path) != 3 or path[0] not in ("families", "audiences"):
        return False
    entry = merged[path[0]][path[1]]
    rules = [entry.get("rule", ""), *(stage.get("rule", "") for stage in entry.get("stages", {}).values())]
    return any(path[2] in NAMED.findall(rule) for rule in rules if isinstance(rule, str))


def _toml(value: object) -> str:
    """A value as it is written in the file."""
    return value.isoformat() if isinstance(value, date) else json.dumps(value, ensure_ascii=False)


def _names(path: Path) -> Iterable[str]:
    """What could stand where the last name of a path does."""
    kind = str(path[0])
    inner = next((part for part in reversed(path[:-1]) if part in _INNER), None)
    model = _MODELS[kind] if inner is None else _INNER[str(inner)]
    names = {field.alias or name for name, field in model.model_fields.items()}
    return (names | set(Stage.model_fields) if model is Audience else names) - _NOT_WRITTEN


def _expected(error: ErrorDetails, language: Language) -> str:
    """What should stand there, in words; in the checker's own words where there are none of ours."""
    if "parameters" in error["loc"]:
        return EXPECTED["parameter"][language]
    kinds = (error["type"], error["type"].partition("_")[0])
    words = next((EXPECTED[kind][language] for kind in kinds if kind in EXPECTED), error["msg"])
    return words.format(choices=error.get("ctx", {}).get("expected", ""))


def _suggestion(found: str, known: Iterable[str], language: Language) -> str:
    near = get_close_matches(found, list(known), 1, 0.5)
    return NEAR[language].format(name=near[0]) if near else ""
