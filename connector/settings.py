"""The settings: connector.toml, with every value open to the environment and every secret to a file.

`CONNECTOR_STORES__BOUTIQUE__SHOP` sets `[stores.boutique] shop`. A secret is `{ env = "NAME" }`, `{ file = "PATH" }`
or, where the merchant insists, the text itself.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from hashlib import blake2b
from pathlib import Path
from secrets import token_bytes
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings import SettingsError as EnvironmentProblem

from connector.counting import Switches
from connector.errors import SettingsError
from connector.language import Language
from connector.secret import secret

FILE_NAME = "connector.toml"
SEGMENTS_NAME = Path("segments.toml")
SUPPRESSED_NAME = Path("connector.suppressed")
SHORTEST_SECRET = 16
_ENV_FIELD = re.compile(r'field "(\w+)"')
_STAMPED = token_bytes(16)  # with which the stamps of this process are made: they tell nothing of what a file holds


class WrongValueError(SettingsError):
    """A value that does not fit: of which setting, by its `keys`, and what is wrong, as in `should be an integer`.

    `faults` are all that were found together, this one first.
    """

    def __init__(self, where: str, keys: tuple[str, ...], says: str, *, remedy: str) -> None:
        super().__init__(f"{where} {says}{'' if says.endswith('?') else '.'}", remedy=remedy)
        self.keys = keys
        self.says = says
        self.faults: tuple[WrongValueError, ...] = (self,)


class PlatformSettings(BaseModel):
    """A table of a platform. What is not named here goes to the platform's own class as it stands."""

    model_config = ConfigDict(extra="allow", hide_input_in_errors=True)

    platform: str

    @model_validator(mode="after")
    def _no_slips(self) -> Self:
        for name in self.model_extra or {}:
            if near := get_close_matches(name, type(self).model_fields, 1, 0.8):
                raise ValueError(f"has no setting {name!r}; did you mean {near[0]!r}?")
        return self

    def options(self) -> dict[str, Any]:
        """What the platform's source or destination is built with, secrets resolved."""
        return {name: secret(value) for name, value in (self.model_extra or {}).items()}

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        for name, value in super().__repr_args__():
            yield name, "…" if name in (self.model_extra or {}) else value  # a key may be among them


class StoreSettings(PlatformSettings):
    """A shop to read."""

    count_zero_orders: bool | None = None
    count_on_hold: bool | None = None
    count_refunded: bool | None = None
    include_tax: bool | None = None
    include_shipping: bool | None = None
    shared_emails: tuple[str, ...] = ()
    fields: dict[str, str] = Field(default_factory=dict)
    lifespan_days: dict[str, int] = Field(default_factory=dict)
    webhook_secret: Any = Field(default=None, repr=False)  # one, or the new and the old one while it is changed

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """What deliveries may be signed with: as set here, else a Shopify app's own secret; none where neither is."""
        own = (self.model_extra or {}).get("client_secret") if self.platform == "shopify" else None
        written = self.webhook_secret if self.webhook_secret is not None else own
        several = written if isinstance(written, list) else [] if written is None else [written]
        return tuple(str(secret(one)) for one in several)

    @field_validator("webhook_secret")
    @classmethod
    def _long(cls, written: object) -> object:
        for one in written if isinstance(written, list) else [written]:
            if isinstance(one, str) and len(one) < SHORTEST_SECRET:
                raise ValueError(f"should have {SHORTEST_SECRET} characters or more")
        return written

    @field_validator("lifespan_days")
    @classmethod
    def _days(cls, lifespans: dict[str, int]) -> dict[str, int]:
        if any(not 1 <= days <= 3650 for days in lifespans.values()):
            raise ValueError('should be days by product id: { "8123" = 30 }')
        return lifespans

    @field_validator("fields")
    @classmethod
    def _names(cls, fields: dict[str, str]) -> dict[str, str]:
        for name, path in fields.items():
            if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name) or not path.strip():
                raise ValueError('should be fields by a name of ours: { gender = "custom.gender" }')
        return fields

    def switches(self, stored: Switches = Switches()) -> Switches:  # noqa: B008 - frozen
        """How this store's orders count: as set here, else as it was kept with the store."""
        names = ("count_zero_orders", "count_on_hold", "count_refunded", "include_tax", "include_shipping")
        return Switches(**{n: getattr(stored, n) if getattr(self, n) is None else getattr(self, n) for n in names})


class DestinationSettings(PlatformSettings):
    """Somewhere to write."""

    store: str | None = None  # whose accounts are written to, and whose keys are used
    push: tuple[str, ...] = ("spread",)
    write: tuple[Literal["tag", "field"], ...] = ()
    fields: tuple[Literal["stage", "previous", "day", "contact_ok_after", "scores"], ...] = ("stage", "previous", "day")
    exclude: tuple[str, ...] = ()
    holdout: dict[str, Annotated[float, Field(gt=0, le=50)]] = Field(default_factory=dict)  # percent by segment key
    read_sends: bool = False  # which messages the tool itself sent, to know the contact pressure
    contacts: Literal["existing", "all"] = "existing"
    approve: Literal["auto", "always"] = "auto"

    @field_validator("exclude", mode="before")
    @classmethod
    def _several(cls, written: object) -> object:
        return (written,) if isinstance(written, str) else written

    def options(self) -> dict[str, Any]:
        """What the platform's destination is built with; whether it creates contacts, where that is asked for."""
        return super().options() | ({"contacts": self.contacts} if self.contacts == "all" else {})


class ScheduleSettings(BaseModel):
    """When the service works. `pull` is an interval such as 15m or 1h, `day` a time of the shop's day."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    pull: str = "15m"
    day: str = "00:05"

    @field_validator("pull")
    @classmethod
    def _interval(cls, text: str) -> str:
        if not re.fullmatch(r"[1-9][0-9]{0,5}[smhd]", text):
            raise ValueError("should be an interval such as 15m, 1h or 1d")
        return text

    @field_validator("day")
    @classmethod
    def _time(cls, text: str) -> str:
        if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text):
            raise ValueError("should be a time of day such as 00:05")
        return text

    @property
    def pull_seconds(self) -> int:
        """The interval between two pulls, in seconds."""
        return int(self.pull[:-1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[self.pull[-1]]


class PrivacySettings(BaseModel):
    """How long people are known by name. `retain` is a span such as 3y, 18m or 400d, from their last activity on."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    retain: str | None = None  # of whoever has bought; None: without end
    retain_prospects: str | None = None  # of whoever has not; None: as `retain`
    suppressed: Path | None = None  # where a server's database keeps who is not to come back

    @field_validator("retain", "retain_prospects")
    @classmethod
    def _span(cls, text: str | None) -> str | None:
        if text is not None and not re.fullmatch(r"[1-9][0-9]{0,3}[dmy]", text):
            raise ValueError("should be a span such as 3y, 18m or 400d")
        return text


class ServeSettings(BaseModel):
    """Where the service listens, and under which addresses shops and people reach it."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8765, ge=0, le=65535)
    public_url: str | None = None
    dashboard_url: str | None = None  # where people open the dashboard; None: on this machine alone

    @field_validator("dashboard_url")
    @classmethod
    def _host(cls, text: str | None) -> str | None:
        if text is not None and not re.fullmatch(r"https://[^/?#@\s]+/?", text):
            raise ValueError("should be https and a host of its own, such as https://connector.boutique.example")
        return text and text.rstrip("/")

    @field_validator("public_url")
    @classmethod
    def _address(cls, text: str | None) -> str | None:
        if text is not None and not re.fullmatch(r"https?://[^/?#@\s]+(/[^?#\s]*)?", text):
            raise ValueError("should be an address such as https://boutique.example/connector")
        return text and text.rstrip("/")


class SegmentSettings(BaseModel):
    """What a merchant changes of a family: its parameters, and the texts of its stages."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    window: int | None = Field(default=None, ge=1, le=3650)
    tags: dict[str, str] = Field(default_factory=dict)

    @field_validator("tags")
    @classmethod
    def _no_commas(cls, tags: dict[str, str]) -> dict[str, str]:
        for text in tags.values():
            if "," in text or not text.strip() or len(text) > 255:
                raise ValueError(
                    "should be texts of 1 to 255 characters without a comma, which separates tags in a shop"
                )
        return tags


class Settings(BaseSettings):
    """Everything a merchant can set."""

    model_config = SettingsConfigDict(
        env_prefix="CONNECTOR_", env_nested_delimiter="__", extra="forbid", hide_input_in_errors=True
    )

    database: str = Field(default="sqlite:///connector.db", repr=False)  # it may have a password
    language: Language = "fr"
    stores: dict[str, StoreSettings] = Field(default_factory=dict)
    destinations: dict[str, DestinationSettings] = Field(default_factory=dict)
    schedule: ScheduleSettings = Field(default_factory=ScheduleSettings)
    serve: ServeSettings = Field(default_factory=ServeSettings)
    segments: dict[str, SegmentSettings] = Field(default_factory=dict)
    privacy: PrivacySettings = Field(default_factory=PrivacySettings)
    segments_file: Path | None = None  # the merchant's own families and audiences; None: as they are shipped
    history: bool = True
    _folder: Path | None = PrivateAttr(default=None)  # of the settings file
    _file: Path | None = PrivateAttr(default=None)
    _stamp: str = PrivateAttr(default="")
    _told: ClassVar[Mapping[str, Any]] = {}  # what the file says

    @property
    def file(self) -> Path | None:
        """The settings file, which need not be there yet; None of settings that were given."""
        return self._file

    @property
    def written(self) -> Mapping[str, Any]:
        """What the file itself says, secrets too; nothing of settings that were given."""
        return type(self)._told

    @property
    def stamp(self) -> str:
        """What tells, in this process, the text that was read from any other; see `stamped`."""
        return self._stamp

    @property
    def segments_place(self) -> Path | None:
        """Where the merchant's own families and audiences are, or would be; None where there is no such place."""
        beside = None if self._folder is None else self._folder / SEGMENTS_NAME
        return self.segments_file or beside

    def beside(self, folder: Path) -> Self:
        """These settings as if their file lay in a folder."""
        found = self.model_copy()
        found._folder = folder
        return found

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
        return init_settings, env_settings, InitSettingsSource(settings_cls, dict(cls._told))


class GivenSettings(Settings):
    """Settings as they are given: neither a file nor the environment is asked."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic's
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The given values alone."""
        return (init_settings,)


def load(file: Path | None = None) -> Settings:
    """The settings of `file`, or of connector.toml here if there is one; SettingsError says what is wrong where."""
    named = file or os.environ.get("CONNECTOR_CONFIG")
    chosen = Path(named or FILE_NAME).expanduser()
    if named is not None and not chosen.is_file():
        raise SettingsError(f"There is no settings file {chosen}.", remedy="README shows what to write into one.")
    return read(chosen, text_of(chosen))


def text_of(file: Path) -> bytes:
    """What a settings file holds: nothing where there is none; SettingsError where it cannot be read."""
    try:
        return file.read_bytes() if file.is_file() else b""
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}.", remedy="Check its rights.") from None


def stamped(text: bytes) -> str:
    """The stamp of a text: another one in each process, so that nothing can be found out with it."""
    return blake2b(text, key=_STAMPED, digest_size=16).hexdigest()


def read(file: Path, text: bytes) -> Settings:
    """The settings of a file that has this text, and of the environment; SettingsError says what is wrong where."""
    # what these errors quote may be a secret: none of them is kept as the cause
    try:
        told = tomllib.loads(text.decode("utf-8"))
        found = type("FileSettings", (Settings,), {"_told": told})()
    except ValidationError as error:
        faults = tuple(_wrong(file, one) for one in error.errors(include_url=False, include_input=False))
        faults[0].faults = faults
        raise faults[0] from None
    except EnvironmentProblem as error:
        name = _ENV_FIELD.search(str(error))
        where = f"CONNECTOR_{name[1].upper()}" if name else "the environment"
        raise SettingsError(f"The value of {where} cannot be read.", remedy="Write it as JSON.") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file} is not TOML: {error}.", remedy="Correct it there.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{file} is not a text in UTF-8.", remedy="Save it as UTF-8.") from None
    found._file, found._stamp = file.absolute(), stamped(text)
    return _with_segments(found, file)


def _with_segments(settings: Settings, file: Path) -> Settings:
    """The settings with the paths of what lies beside them; that of segments.toml is None where there is none."""
    beside = file.parent / (settings.segments_file or SEGMENTS_NAME).expanduser()
    named = settings.segments_file is not None
    suppressed = file.parent / (settings.privacy.suppressed or SUPPRESSED_NAME).expanduser()
    privacy = settings.privacy.model_copy(update={"suppressed": suppressed})
    found = settings.model_copy(
        update={"segments_file": beside if named or beside.exists() else None, "privacy": privacy}
    )
    # what is filled in here was not set
    privacy.model_fields_set.intersection_update(settings.privacy.model_fields_set)
    found.model_fields_set.intersection_update(settings.model_fields_set)
    return found.beside(file.parent)


def _wrong(file: Path, error: ErrorDetails) -> WrongValueError:
    """What does not fit: file or variable, key, and what is expected."""
    keys = tuple(str(part) for part in error["loc"])
    variable = f"CONNECTOR_{'__'.join(keys)}".upper()
    if error["type"] == "extra_forbidden":
        *table, name = keys
        near = get_close_matches(name, _names(table), 1)
        where = f"{file}: [{'.'.join(table)}]" if table else str(file)
        says = f"has no setting {name!r}{f'; did you mean {near[0]!r}?' if near else ''}"
        return WrongValueError(where, keys, says, remedy=f"There are: {', '.join(_names(table))}.")
    expected = error["msg"].removeprefix("Input ").replace("valid tuple", 'list, such as ["spread"]')
    expected = expected.replace("valid dictionary", "table").partition(", unable")[0]
    says = {"missing": "is missing", "value_error": error["msg"].removeprefix("Value error, ")}.get(
        error["type"], expected
    )
    where = variable if variable in os.environ else f"{file}: {'.'.join(keys)}"
    return WrongValueError(where, keys, says, remedy="Correct it there.")


def _names(table: list[str]) -> list[str]:
    """The settings that a table of the file has."""
    models: dict[str, type[BaseModel]] = {
        "schedule": ScheduleSettings,
        "privacy": PrivacySettings,
        "serve": ServeSettings,
        "segments": SegmentSettings,
    }
    return list(models[table[0]].model_fields if table and table[0] in models else Settings.model_fields)
