"""The families of segments that come with the product, as data, and what a merchant changes of them.

catalogue(changes={"spread": {"window": 90}}) -> tuple[Family, ...]     those that are switched on
family.choice(name, currency, values) -> Choice                        for the compiler
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator, model_validator

from connector.errors import QueryError, SettingsError
from connector.query import Expression, bind, canonical, parameters, parse
from connector.query.meaning import meaning
from connector.query.select import Choice

Language = Literal["fr", "en"]


class Text(BaseModel):
    """A text in both languages."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fr: str
    en: str

    def of(self, language: Language) -> str:
        """The text in one language."""
        return self.fr if language == "fr" else self.en


class Stage(BaseModel):
    """One rule of a family, with the texts under which it is known."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    rule: str
    label: Text
    tag: Text
    description: Text

    @field_validator("rule")
    @classmethod
    def _readable(cls, rule: str) -> str:
        try:
            return canonical(parse(rule))
        except QueryError as error:
            raise ValueError(f"column {error.column}: {error}") from error

    @field_validator("tag")
    @classmethod
    def _no_comma(cls, tag: Text) -> Text:
        if "," in tag.fr + tag.en:
            raise ValueError("a tag has no comma, for a comma separates tags in a shop")
        return tag


class Family(BaseModel):
    """Stages in order: the first whose rule holds wins."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    version: int
    on: bool = False
    label: Text
    description: Text
    fields: dict[str, str] = {}
    parameters: dict[str, int | float] = {}
    stages: tuple[Stage, ...]

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        keys = [stage.key for stage in self.stages]
        if len(set(keys)) != len(keys):
            raise ValueError(f"{self.key} has two stages of one key")
        return self

    def segment_key(self, stage: Stage) -> str:
        """The key by which the stage is known everywhere: spread.loyal."""
        return f"{self.key}.{stage.key}"

    def expressions(self) -> list[Expression]:
        """The stages' rules, parameters filled in."""
        return [bind(parse(stage.rule), self.parameters) for stage in self.stages]

    def rules(self) -> list[str]:
        """The stages' rules as text, parameters filled in."""
        return [canonical(expression) for expression in self.expressions()]

    def choice(self, name: str, currency: str, values: Sequence[int]) -> Choice:
        """The question which stage a person is in, answered by the stage's value in `values`."""
        asked = [meaning(expression, currency) for expression in self.expressions()]
        return Choice(name, tuple(zip(asked, values, strict=True)))

    def changed(self, parameters: Mapping[str, int | float]) -> Family:
        """The family with other parameters; SettingsError where it has none of that name."""
        unknown = parameters.keys() - self.parameters.keys()
        if unknown:
            known = ", ".join(sorted(self.parameters)) or "none"
            raise SettingsError(f"{self.key} has no parameter {min(unknown)}.", remedy=f"It has: {known}.")
        return self.model_copy(update={"parameters": {**self.parameters, **parameters}})


def catalogue(
    changes: Mapping[str, Mapping[str, int | float]] | None = None, *, keys: Iterable[str] | None = None
) -> tuple[Family, ...]:
    """The families switched on (or those of `keys`), each with the parameters that `changes` gives it by its key."""
    shipped = {family.key: family for family in _shipped()}
    wanted = [family.key for family in shipped.values() if family.on] if keys is None else list(keys)
    for key in [*wanted, *(changes or {})]:
        if key not in shipped:
            raise SettingsError(f"There is no family {key}.", remedy=f"Use one of {', '.join(shipped)}.")
    families = tuple(shipped[key].changed((changes or {}).get(key, {})) for key in wanted)
    for family in families:
        _check_values(family)
    return families


def check_tags(tags: Mapping[str, str]) -> None:
    """Refuse two segments, by key, with one tag: tools compare tags without case."""
    seen: dict[str, str] = {}
    for key, tag in tags.items():
        folded = unicodedata.normalize("NFC", tag).casefold()
        if folded in seen:
            raise SettingsError(
                f"{seen[folded]} and {key} have the same tag, {tag}.", remedy="Give one of them another text."
            )
        seen[folded] = key


def _check_values(family: Family) -> None:
    for stage, expression in zip(family.stages, family.expressions(), strict=True):
        missing = parameters(expression)
        if missing:
            raise SettingsError(
                f"{family.segment_key(stage)} needs a value for {min(missing)}.",
                remedy=f"Set it under [segments.{family.key}].",
            )


@cache
def _shipped() -> tuple[Family, ...]:
    text = files("connector").joinpath("catalogue.toml").read_text(encoding="utf-8")
    return load(text)


def load(text: str) -> tuple[Family, ...]:
    """The families written in a TOML text; SettingsError says what is wrong where."""
    try:
        written = tomllib.loads(text).get("family", [])
        return tuple(
            Family.model_validate({"stages" if name == "stage" else name: value for name, value in entry.items()})
            for entry in written
        )
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise SettingsError(f"The catalogue cannot be read: {error}", remedy="Correct it there.") from error
