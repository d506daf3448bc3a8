"""What the catalogue is made of, each kind of entry as a frozen model."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal, Self, TypeAlias, cast
from zlib import crc32

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator
from pydantic_core import PydanticCustomError

from connector.errors import SettingsError
from connector.language import Language
from connector.query import Expression, bind, canonical, parse
from connector.query.meaning import meaning
from connector.query.select import Choice

Platform = Literal["shopify", "woocommerce", "csv"]
Level = Literal["full", "partial", "none"]
ParameterValue: TypeAlias = int | float | date | str | tuple[str, ...]

_NAME = r"[a-z][a-z0-9_]*"
Name: TypeAlias = Annotated[str, StringConstraints(pattern=rf"^{_NAME}$")]
EntryKey: TypeAlias = Annotated[str, StringConstraints(pattern=rf"^(aud\.)?{_NAME}$")]
FIELD_NAMES: Mapping[str, str] = {"woocommerce": r"lc_[a-z0-9_]+", "mailchimp": r"[A-Z][A-Z0-9_]{0,9}"}
"""What a tool takes as the name of a field."""
LONGEST_VALUE = 100
"""Characters of a value of which an audience is made: it stands in a tag beside the audience's own."""
PARAMETER = re.compile(r"\$([A-Za-z_]\w*)")
"""A value that is given beside a rule: $window."""
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


class Entry(BaseModel):
    """What all models here have in common: nothing is converted, nothing unknown is taken, nothing changes."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Text(Entry):
    """A text in both languages; written as one, it serves both."""

    fr: str = Field(min_length=1)
    en: str = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _both(cls, written: object) -> object:
        return {"fr": written, "en": written} if isinstance(written, str) else written

    def of(self, language: Language) -> str:
        """The text in one language."""
        return self.fr if language == "fr" else self.en

    def filled(self, language: Language, values: Mapping[str, ParameterValue]) -> str:
        """The text with the value of each {parameter}; an ellipsis stands where there is none."""
        return _PLACEHOLDER.sub(lambda found: _written(values.get(found[1]), language), self.of(language))


class Tag(Text):
    """What is written into a tool."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for text in (self.fr, self.en):
            if "," in text:
                raise PydanticCustomError("tag_comma", "has a comma, which separates tags in a shop")
            if not text.strip() or len(text) > 255:
                raise PydanticCustomError("tag_length", "should have 1 to 255 characters")
        return self


class Ask(Entry):
    """A value that only the shop can give, and which of its own figures suggests one."""

    label: Text
    suggestion: Literal[
        "frequent_categories",
        "frequent_products",
        "frequent_cities",
        "frequent_postcodes",
        "frequent_sources",
        "frequent_channels",
        "frequent_shipping_methods",
        "frequent_payment_methods",
        "frequent_tags",
        "most_frequent_country",
        "amount_spent_95",
        "mapped_fields",
    ]
    per_value: bool = False  # one segment for each frequent value is as good as one


class Stage(Entry):
    """One rule of a family, with the texts under which it is known."""

    key: Name
    rule: str
    label: Text
    tag: Tag
    description: Text
    objective: Name | None = None
    cap: Name | None = None


def said_by(rule: str) -> str:
    """What says who is meant where nobody has put it in words: the rule itself, with a place for each value."""
    return PARAMETER.sub(r"{\1}", rule)


class Family(Entry):
    """Stages in order: the first whose rule holds wins."""

    key: EntryKey
    version: int = Field(ge=1)
    on: bool = False
    label: Text
    description: Text
    condition: Text | None = None  # what the method says, in our words, and what was settled where it is silent
    fields: Mapping[str, str] = {}
    parameters: Mapping[str, ParameterValue] = {}
    asks: Mapping[str, Ask] = {}
    needs: tuple[Name, ...] = ()
    stages: tuple[Stage, ...] = Field(min_length=1, strict=False)

    @field_validator("fields")
    @classmethod
    def _nameable(cls, fields: Mapping[str, str]) -> Mapping[str, str]:
        for tool, name in fields.items():
            if tool not in FIELD_NAMES or not re.fullmatch(FIELD_NAMES[tool], name):
                raise PydanticCustomError("field_name", "has a field name that the tool does not take")
        return fields

    @property
    def used(self) -> tuple[str, ...]:
        """The names of the parameters in the rules, in their order."""
        return tuple(dict.fromkeys(name for stage in self.stages for name in PARAMETER.findall(stage.rule)))

    @property
    def missing(self) -> tuple[str, ...]:
        """The parameters without a value: as long as there are any, nobody can be counted."""
        return tuple(name for name in self.used if name not in self.parameters)

    @property
    def place(self) -> str:
        """The table of segments.toml that speaks of it: families.rfm, audiences.vip."""
        name = self.key.removeprefix("aud.")
        return f"families.{name}" if name == self.key else f"audiences.{name}"

    def segment_key(self, stage: Stage) -> str:
        """The key by which the stage is known everywhere: spread.loyal."""
        return f"{self.key}.{stage.key}"

    def told(self, stage: Stage, language: Language) -> str:
        """The stage in plain words, with the values in force."""
        return stage.description.filled(language, self.parameters)

    def expression(self, stage: Stage, language: Language = "en") -> Expression:
        """A stage's rule, parameters filled in; QueryError, in `language`, where it cannot be read."""
        return bind(parse(stage.rule, language), cast("Mapping[str, Any]", self.parameters), language)

    def expressions(self) -> list[Expression]:
        """The stages' rules, parameters filled in; QueryError where one cannot be read."""
        return [self.expression(stage) for stage in self.stages]

    def rules(self) -> list[str]:
        """The stages' rules as text, parameters filled in."""
        return [canonical(expression) for expression in self.expressions()]

    def choice(self, name: str, currency: str, values: Sequence[int]) -> Choice:
        """The question which stage a person is in, answered by the stage's value in `values`."""
        asked = [meaning(expression, currency) for expression in self.expressions()]
        return Choice(name, tuple(zip(asked, values, strict=True)))

    def changed(self, parameters: Mapping[str, ParameterValue]) -> Self:
        """The family with other parameters; SettingsError where it has none of that name."""
        unknown = parameters.keys() - set(self.used)
        if unknown:
            known = ", ".join(sorted(self.used)) or "none"
            raise SettingsError(f"{self.key} has no parameter {min(unknown)}.", remedy=f"It has: {known}.")
        return self.model_copy(update={"parameters": {**self.parameters, **parameters}})

    def with_window(self, days: int | None) -> Self:
        """The family with another window; as it is where none is given, or it has none."""
        return self if days is None or "window" not in self.parameters else self.changed({"window": days})

    def tagged(self, tags: Mapping[str, str]) -> Self:
        """The family with other tags for some of its stages, by their key; SettingsError where it has no such stage."""
        known = [stage.key for stage in self.stages]
        for key in tags:
            if key not in known:
                raise SettingsError(f"{self.key} has no stage {key}.", remedy=f"It has: {', '.join(known)}.")
        own = {key: {"tag": Tag(fr=text, en=text)} for key, text in tags.items()}
        stages = tuple(stage.model_copy(update=own.get(stage.key, {})) for stage in self.stages)
        return self.model_copy(update={"stages": stages})


class Audience(Family):
    """A family of one stage: whoever does not pass its rule is in none."""

    row: int | None = Field(default=None, ge=1, le=43)  # in the table of audiences that the product promises
    group: Literal["phase", "value", "habits", "demographic", "channel", "behaviour", "own"] = "own"
    use: Literal["address", "exclude"] = "address"  # exclude: kept out of campaigns, never blacklisted
    each: tuple[str, ...] = ()  # values of what it asks for, of which each makes an audience of its own

    @field_validator("each")
    @classmethod
    def _said(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        if not all(value.strip() and len(value) <= LONGEST_VALUE for value in values):
            raise PydanticCustomError("each_value", "should be texts of 1 to 100 characters")
        return values

    @property
    def stage(self) -> Stage:
        """Its one stage, with rule and tag."""
        return self.stages[0]

    @property
    def divisible(self) -> str | None:
        """The parameter of which each value can make an audience of its own; None where there is none."""
        return next((name for name, ask in self.asks.items() if ask.per_value), None)

    def of_value(self, value: str) -> Audience:
        """The audience for one value of what it can be divided by: aud.payment_method_paypal."""
        name = f"{self.stage.key}_{slug(value)}"
        label = Text(fr=f"{self.label.fr}\u00a0: {value}", en=f"{self.label.en}: {value}")
        beside = value.replace(",", " ")
        tag = Tag(fr=f"{self.stage.tag.fr} : {beside}", en=f"{self.stage.tag.en}: {beside}")
        stage = self.stage.model_copy(update={"key": name, "label": label, "tag": tag})
        parameters = {**self.parameters, str(self.divisible): value}
        changes = {"key": f"aud.{name}", "label": label, "stages": (stage,), "each": ()}
        return self.model_copy(update={**changes, "parameters": parameters, "row": None, "asks": {}, "fields": {}})

    def segment_key(self, stage: Stage) -> str:  # noqa: ARG002 - there is only one
        """An audience is its own segment: aud.vip."""
        return self.key


class Move(Entry):
    """From which segments of one family to which; the same on both sides: to stay."""

    origin: tuple[str, ...] = Field(alias="from", min_length=1)
    to: tuple[str, ...] = Field(min_length=1)


class Objective(Entry):
    """What is wanted of people, told for each family that can tell it."""

    key: Name
    label: Text
    description: Text
    moves: tuple[Move, ...]
    target: int | None = Field(default=None, ge=1)  # people who make the move, a month
    deadline: date | None = None  # the day by which the target is to be reached

    @property
    def stays(self) -> bool:
        """Whether it is reached by not moving."""
        return all(set(move.origin) == set(move.to) for move in self.moves)


class Phase(Entry):
    """From some day after the entry on, at most so many messages in so many days; zero: none at all."""

    from_day: int = Field(ge=0)
    at_most: int = Field(ge=0)
    per_days: int = Field(ge=1)

    @property
    def pace(self) -> float:
        """Messages a day."""
        return self.at_most / self.per_days


class Cap(Entry):
    """How often people of a segment may be written to, all messages counted."""

    key: Name
    label: Text
    description: Text
    hours: tuple[int, ...] = ()  # when the first messages go best, after the entry
    to_everyone: bool = False  # it binds messages to the whole base only, not those to one segment
    phases: tuple[Phase, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _from_the_start(self) -> Self:
        days = [phase.from_day for phase in self.phases]
        if days[0] != 0 or days != sorted(set(days)):
            raise PydanticCustomError("phases", "should have phases from day 0 on, in order")
        return self

    def on_day(self, day: int) -> Phase:
        """The phase in force so many days after the entry."""
        return next(phase for phase in reversed(self.phases) if phase.from_day <= day)


def slowest(caps: Mapping[str, Cap], days: Mapping[str, int]) -> tuple[str, Phase] | None:
    """The slowest pace among segments with a cap, and whose it is, by the days since each entry; None without any."""
    phases = [(key, caps[key].on_day(since)) for key, since in days.items() if key in caps]
    return min(phases, key=lambda found: (found[1].pace, found[0]), default=None)


class Play(Entry):
    """An idea for a campaign, for an objective's segments or for those named."""

    key: Name
    objective: Name | None = None
    segments: tuple[str, ...] = ()
    title: Text
    text: Text


class Supply(Entry):
    """How far a platform can tell something, and why no further."""

    level: Level
    reason: Text | None = None

    @model_validator(mode="after")
    def _reasoned(self) -> Self:
        if (self.level == "full") != (self.reason is None):
            raise ValueError("a reason is told where, and only where, the supply is not full")
        return self


class Need(Entry):
    """Something that rules must know, and how far each platform can tell it."""

    key: Name
    label: Text
    kind: Literal["transactions", "person", "context", "place"]
    shopify: Supply
    woocommerce: Supply
    csv: Supply

    def supply(self, platform: Platform) -> Supply:
        """How far a platform can tell it."""
        return {"shopify": self.shopify, "woocommerce": self.woocommerce, "csv": self.csv}[platform]


def slug(text: str) -> str:
    """A text as part of a key: small letters, digits and _; its digest where it has none of these."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_") or f"x{crc32(text.encode()):08x}"


def _written(value: ParameterValue | None, language: Language) -> str:
    match value:
        case None:
            return "…"
        case float():
            return f"{value:g}".replace(".", "," if language == "fr" else ".")
        case tuple():
            return ", ".join(value)
    return str(value)
