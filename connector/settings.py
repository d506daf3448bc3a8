"""The settings: connector.toml, with every value open to the environment and every secret to a file.

`CONNECTOR_STORES__BOUTIQUE__SHOP` sets `[stores.boutique] shop`. A secret is `{ env = "NAME" }`, `{ file = "PATH" }`
or, where the merchant insists, the text itself.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from connector.counting import Switches
from connector.errors import SettingsError

Language = Literal["fr", "en"]
FILE_NAME = "connector.toml"


class StoreSettings(BaseModel):
    """A shop to read. What is not named here goes to the platform's source as it stands."""

    model_config = ConfigDict(extra="allow")

    platform: str
    count_zero_orders: bool | None = None
    count_on_hold: bool | None = None
    count_refunded: bool | None = None
    include_tax: bool | None = None
    include_shipping: bool | None = None
    shared_emails: tuple[str, ...] = ()

    def switches(self, stored: Switches = Switches()) -> Switches:  # noqa: B008 - frozen
        """How this store's orders count: as set here, else as it was kept with the store."""
        names = ("count_zero_orders", "count_on_hold", "count_refunded", "include_tax", "include_shipping")
        return Switches(**{n: getattr(stored, n) if getattr(self, n) is None else getattr(self, n) for n in names})

    def options(self) -> dict[str, Any]:
        """What the platform's source is built with, secrets resolved."""
        return {name: secret(value) for name, value in (self.model_extra or {}).items()}


class DestinationSettings(BaseModel):
    """Somewhere to write. What is not named here goes to the platform's destination as it stands."""

    model_config = ConfigDict(extra="allow")

    platform: str
    store: str | None = None  # whose accounts are written to, and whose keys are used
    push: tuple[str, ...] = ("spread",)
    write: tuple[Literal["tag", "field"], ...] = ()
    exclude: str | None = None
    approve: Literal["auto", "always"] = "auto"

    def options(self) -> dict[str, Any]:
        """What the platform's destination is built with, secrets resolved."""
        return {name: secret(value) for name, value in (self.model_extra or {}).items()}


class ScheduleSettings(BaseModel):
    """When the service works. `pull` is an interval such as 15m or 1h, `day` a time of the shop's day."""

    model_config = ConfigDict(extra="forbid")

    pull: str = Field(default="15m", pattern=r"^[1-9][0-9]*[smhd]$")
    day: str = Field(default="00:05", pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")

    @property
    def pull_seconds(self) -> int:
        """The interval between two pulls, in seconds."""
        return int(self.pull[:-1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[self.pull[-1]]


class SegmentSettings(BaseModel):
    """What a merchant changes of a family: its parameters, and the texts of its stages."""

    model_config = ConfigDict(extra="forbid")

    window: int | None = Field(default=None, ge=1, le=3650)
    tags: dict[str, str] = Field(default_factory=dict)

    @field_validator("tags")
    @classmethod
    def _no_commas(cls, tags: dict[str, str]) -> dict[str, str]:
        for text in tags.values():
            if "," in text or not text.strip() or len(text) > 255:
                raise ValueError("a tag is 1 to 255 characters without a comma, for a comma separates tags in a shop")
        return tags


class Settings(BaseSettings):
    """Everything a merchant can set."""

    model_config = SettingsConfigDict(env_prefix="CONNECTOR_", env_nested_delimiter="__", extra="forbid")

    database: str = "sqlite:///connector.db"
    language: Language = "fr"
    stores: dict[str, StoreSettings] = Field(default_factory=dict)
    destinations: dict[str, DestinationSettings] = Field(default_factory=dict)
    schedule: ScheduleSettings = Field(default_factory=ScheduleSettings)
    segments: dict[str, SegmentSettings] = Field(default_factory=dict)
    history: bool = True

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment over the file."""
        toml = TomlConfigSettingsSource(settings_cls, toml_file=cls.model_config.get("toml_file"))
        return init_settings, env_settings, toml


def load(file: Path | None = None) -> Settings:
    """The settings of `file`, or of connector.toml here if there is one; SettingsError says what is wrong where."""
    chosen = file or Path(os.environ.get("CONNECTOR_CONFIG", FILE_NAME))
    if file is not None and not file.is_file():
        raise SettingsError(f"There is no settings file {file}.", remedy="Make one with `connector init`.")
    here = type("FileSettings", (Settings,), {"model_config": {**Settings.model_config, "toml_file": chosen}})
    try:
        return here()  # type: ignore[no-any-return]
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"{chosen}: {where}: {first['msg']}.", remedy="Correct it there.") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{chosen} is not TOML: {error}.", remedy="Correct it there.") from error


def secret(value: object) -> object:
    """A setting's value, read from the environment or a file where it says so; SettingsError where that is missing."""
    if not isinstance(value, dict) or len(value) != 1:
        return value
    (where, name), *_ = value.items()
    if where == "env":
        return _from_environment(str(name))
    if where == "file":
        return _from_file(Path(str(name)))
    return value


def _from_environment(name: str) -> str:
    if name in os.environ:
        return os.environ[name]
    if f"{name}_FILE" in os.environ:
        return _from_file(Path(os.environ[f"{name}_FILE"]))
    raise SettingsError(f"The environment has no {name}.", remedy=f"Set {name}, or {name}_FILE to the path of a file.")


def _from_file(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The secret file {file} cannot be read.", remedy="Check its path and its rights."
        ) from error
