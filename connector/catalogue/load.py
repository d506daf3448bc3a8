"""Reading the catalogue: the shipped files, and over them what a merchant wrote in a segments.toml of the same form."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from connector.catalogue.check import Path as Place
from connector.catalogue.check import misplaced, problems, rule_problems
from connector.catalogue.entries import said_by
from connector.catalogue.library import Library
from connector.catalogue.refusal import not_toml, refusal, refused_model
from connector.errors import SettingsError
from connector.language import Language

FILE_NAME = "segments.toml"
SHIPPED = (
    "spread",
    "cartelis",
    "loyalty",
    "emarsys",
    "rfm",
    "audiences",
    "prospects",
    "more",
    "objectives",
    "caps",
    "playbooks",
    "needs",
)
_OF_THE_STAGE = ("rule", "tag", "objective", "cap")


@cache
def library() -> Library:
    """The catalogue as it comes with the product."""
    return Library.model_validate(_shaped(_shipped()))


def read(file: Path, language: Language = "en") -> Library:
    """The catalogue with the changes and additions of a file; SettingsError says what is wrong on which line."""
    return load(text_of(file), file.name, language)


def text_of(file: Path) -> str:
    """What a merchant's file says, for `load`, its ends of lines as they are; SettingsError where it cannot be read."""
    try:
        return file.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise SettingsError(f"{file} is not a text in UTF-8.", remedy="Save it as UTF-8.") from None
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}.", remedy="Check its path and rights.") from None


def load(text: str, name: str = FILE_NAME, language: Language = "en") -> Library:
    """The catalogue with the changes and additions of a TOML text, called `name` in what a SettingsError says."""
    try:
        written = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise not_toml(name, text, error, language) from None
    for problem in misplaced(written, _shipped()):
        raise refusal(name, text, problem, language)
    merged = _merged(_shipped(), written)
    try:
        found = Library.model_validate(_shaped(merged))
    except ValidationError as error:
        raise refused_model(name, text, error, merged, language) from None
    found = found.divided()
    for problem in chain(problems(found), rule_problems(found, written, language)):
        if problem.message != "no parameter" or _says(written, problem.path):  # another rule leaves shipped ones behind
            raise refusal(name, text, problem, language)
    return found


def _says(written: object, path: Place) -> bool:
    """Whether a file speaks of a path itself."""
    for part in path:
        if not isinstance(written, dict) or part not in written:
            return False
        written = written[part]
    return True


@cache
def _shipped() -> dict[str, Any]:
    whole: dict[str, Any] = {}
    for name in SHIPPED:
        text = files("connector.catalogue").joinpath(f"{name}.toml").read_text(encoding="utf-8")
        whole = _merged(whole, tomllib.loads(text))
    return whole


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Two tables as one: tables within are merged in the same way, everything else of `over` replaces."""
    merged = dict(under)
    for name, value in over.items():
        both = isinstance(value, dict) and isinstance(under.get(name), dict)
        merged[name] = _merged(under[name], value) if both else value
    return merged


def _shaped(whole: Mapping[str, Any]) -> dict[str, Any]:
    """The tables as the models take them: each entry with its key, stages in a row, lists that cannot change."""
    shaped: dict[str, Any] = {}
    for kind, entries in whole.items():
        shape = {"families": _family, "audiences": _audience}.get(kind, _keyed)
        made = [shape(name, _fixed(entry)) for name, entry in entries.items()]
        shaped[kind] = {entry["key"]: entry for entry in made}
    return shaped


def _keyed(name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    return {"key": name, **entry}


def _family(name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    stages = entry.get("stages")
    if isinstance(stages, dict):
        entry = {**entry, "stages": tuple(_told({"key": key, **stage}) for key, stage in stages.items())}
    told = {"description": entry["label"], **entry} if "label" in entry else entry
    return {"key": name, "version": 1, **told}


def _audience(name: str, entry: Mapping[str, Any]) -> dict[str, Any]:
    told = _told(entry)
    own = {part: value for part, value in told.items() if part not in _OF_THE_STAGE}
    of_the_stage = {part: told[part] for part in (*_OF_THE_STAGE, "label", "description") if part in told}
    return {"key": f"aud.{name}", "version": 1, **own, "stages": ({"key": name, **of_the_stage},)}


def _told(stage: Mapping[str, Any]) -> dict[str, Any]:
    """A stage whose tag is its label, and whose description is its rule, where they are not written."""
    if "label" not in stage:
        return dict(stage)
    rule = stage.get("rule")
    said = said_by(rule) if isinstance(rule, str) and rule else stage["label"]
    return {"tag": stage["label"], "description": said, **stage}


def _fixed(value: Any) -> Any:  # noqa: ANN401 - whatever TOML holds
    match value:
        case dict():
            return {name: _fixed(inner) for name, inner in value.items()}
        case list():
            return tuple(_fixed(inner) for inner in value)
    return value
