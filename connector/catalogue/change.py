"""The library with one thing changed, as it is asked on one line.

`spread.window=120` changes a value, `spread.new=first_order_date > -60d` a stage's rule, `aud.mine=amount_spent > 300`
an audience's rule; an audience that there is not is made.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal, TypeAlias

from pydantic import TypeAdapter, ValidationError

from connector.catalogue.entries import Audience, Family, ParameterValue, Stage, Tag, Text
from connector.catalogue.library import Library
from connector.catalogue.messages import EXPECTED, NEAR, SENTENCES
from connector.errors import QueryError, SettingsError
from connector.language import Language
from connector.query.meaning import meaning
from connector.query.references import expanded

Word: TypeAlias = Literal["form", "form remedy", "unknown", "there are", "value", "should", "needs"]

_WORDS: Mapping[Word, Mapping[Language, str]] = {
    "form": {"en": "{found!r} changes nothing.", "fr": "« {found} » ne change rien."},
    "form remedy": {
        "en": 'Write KEY=VALUE, for example spread.window=120 or "aud.mine=amount_spent > 300".',
        "fr": 'Écrivez CLÉ=VALEUR, par exemple spread.window=120 ou "aud.mine=amount_spent > 300".',
    },
    "unknown": {"en": "There is no {found} to change.", "fr": "Il n'y a pas de {found} à changer."},
    "there are": {"en": "There are: {names}.", "fr": "Il y a : {names}."},
    "value": {"en": "{found} cannot be {value}: {why}", "fr": "{found} ne peut pas valoir {value} : {why}"},
    "should": {
        "en": "{found} cannot be {value}: it should be {expected}.",
        "fr": "{found} ne peut pas valoir {value} : il faut {expected}.",
    },
    "needs": {"en": "{found} needs a value for {name}.", "fr": "{found} demande une valeur pour {name}."},
}
_AUDIENCE = re.compile(r"aud\.[a-z][a-z0-9_]*")
_VALUE: TypeAdapter[ParameterValue] = TypeAdapter(ParameterValue)


@dataclass(frozen=True, slots=True)
class Changed:
    """A library with one change, and what it was: a value or a rule, None where there was none."""

    library: Library
    key: str  # spread.window
    entry: str  # spread
    before: ParameterValue | None
    after: ParameterValue


def change(library: Library, text: str, language: Language = "en") -> Changed:
    """The library with the change that `text` asks for.

    SettingsError names the nearest key where there is none, and says what a value should be; QueryError points into a
    rule that cannot be read.
    """
    key, sign, written = (part.strip() for part in text.partition("="))
    if not sign or not key or not written:
        raise SettingsError(_say("form", language, found=text), remedy=_WORDS["form remedy"][language])
    value, (name, _, part) = _read(written), key.rpartition(".")
    entry = _entry(library, name)
    if entry is not None and part in entry.used and not (_is_stage(entry, part) and isinstance(value, str)):
        changed = _with_value(library, entry, part, value, language)
        return Changed(changed, key, entry.key, entry.parameters.get(part), value)
    owner = _owner(library, key, entry, part)
    if owner is None:
        raise _unknown(library, key, language)
    changed, was = (
        _with_rule(library, *owner, written, language),
        owner[1].rule if _entry(library, owner[0].key) else None,
    )
    return Changed(changed, key, owner[0].key, was, written)


def require_values(entry: Family, language: Language = "en") -> None:
    """Refuse an entry that still lacks a value, by a SettingsError."""
    for name in entry.missing[:1]:
        raise SettingsError(
            _say("needs", language, found=entry.key, name=name),
            remedy=f"{entry.key}.{name}=…",
        )


def _entry(library: Library, key: str) -> Family | None:
    return library.families.get(key) or library.audiences.get(key)


def _is_stage(entry: Family, name: str) -> bool:
    return not isinstance(entry, Audience) and any(stage.key == name for stage in entry.stages)


def _owner(library: Library, key: str, entry: Family | None, part: str) -> tuple[Family, Stage] | None:
    """Whose rule a key names: a stage's, an audience's, or that of an audience to be made."""
    if entry is not None and _is_stage(entry, part):
        return entry, next(stage for stage in entry.stages if stage.key == part)
    if key in library.audiences:
        return library.audiences[key], library.audiences[key].stage
    if _AUDIENCE.fullmatch(key):
        label = key.removeprefix("aud.")
        text = Text(fr=label, en=label)
        stage = Stage(key=label, rule="TRUE", label=text, tag=Tag(fr=label, en=label), description=text)
        return Audience(key=key, version=1, label=text, description=text, stages=(stage,)), stage
    return None


def _with_value(library: Library, entry: Family, name: str, value: ParameterValue, language: Language) -> Library:
    changed = entry.changed({name: value})
    try:
        for stage in changed.stages:
            _check(library, changed, stage, language)
    except QueryError as error:
        raise _wrong(f"{entry.key}.{name}", value, entry.parameters.get(name), error, language) from None
    return library.replaced(changed)


def _with_rule(library: Library, entry: Family, stage: Stage, rule: str, language: Language) -> Library:
    new = stage.model_copy(update={"rule": rule})
    stages = tuple(new if one.key == stage.key else one for one in entry.stages)
    changed = entry.model_copy(update={"stages": stages})
    try:
        _check(library, changed, new, language)
    except QueryError as error:
        error.text = rule
        raise
    return library.replaced(changed)


def _check(library: Library, entry: Family, stage: Stage, language: Language) -> None:
    """Refuse a stage that cannot be answered, by a QueryError; which money it is counted in is no matter."""
    if entry.key in library.families and stage.key == entry.stages[-1].key and stage.rule.strip().upper() != "TRUE":
        raise QueryError(_capital(SENTENCES["not whole"][language].format(found=entry.key)))
    expression = expanded(entry.expression(stage, language), library.rules(), language)
    if not entry.missing:
        meaning(expression, "EUR", language)


def _read(written: str) -> ParameterValue:
    """A value as segments.toml would take it: a number, a day, a list; anything else is the text itself."""
    try:
        value = tomllib.loads(f"value = {written}")["value"]
    except tomllib.TOMLDecodeError:
        return written
    try:
        return _VALUE.validate_python(tuple(value) if isinstance(value, list) else value, strict=True)
    except ValidationError:
        return written


def _wrong(
    key: str, value: ParameterValue, present: ParameterValue | None, error: QueryError, language: Language
) -> SettingsError:
    """What a value should be instead: what stands there now says it, or else the place in the rule."""
    if isinstance(value, int | float) and value <= 0:
        expected = EXPECTED["greater"][language]
    elif isinstance(present, int) and not isinstance(value, int):
        expected = EXPECTED["int"][language]
    else:
        return SettingsError(_say("value", language, found=key, value=str(value), why=error.message))
    return SettingsError(_say("should", language, found=key, value=str(value), expected=expected))


def _unknown(library: Library, key: str, language: Language) -> SettingsError:
    known = list(_keys(library))
    near = get_close_matches(key, known, 1, 0.5)
    mine = [name for name in known if name.startswith(f"{key.rpartition('.')[0]}.")] or list(library.families)
    remedy = NEAR[language].format(name=near[0]) if near else _say("there are", language, names=", ".join(mine))
    return SettingsError(_say("unknown", language, found=key), remedy=remedy)


def _keys(library: Library) -> Iterable[str]:
    """Everything that can be changed by one value or one rule."""
    for entry in library.entries():
        yield from (f"{entry.key}.{name}" for name in entry.used)
        yield from dict.fromkeys(entry.segment_key(stage) for stage in entry.stages)


def _capital(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]


def _say(word: Word, language: Language, **facts: str) -> str:
    return _WORDS[word][language].format(**facts)
