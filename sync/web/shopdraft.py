"""A shop that is being set up: what its form said, and what the shop answered; kept in memory until it is written.

Its keys are held here alone, are shown nowhere, and reach the settings file only once the shop has taken them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from connector.database import connect, path
from connector.errors import ConnectorError, SettingsError
from connector.language import Language
from connector.origins import origin
from connector.source import ShopCheck
from sync.amending import rehearse
from sync.workspace import Workspace

SECRETS: Mapping[str, tuple[str, ...]] = {
    "shopify": ("client_secret", "token"),
    "woocommerce": ("consumer_key", "consumer_secret"),
}
"""What each platform's form asks for that is never shown again."""
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_ADMIN = re.compile(r"admin\.shopify\.com/store/([a-z0-9-]+)")


@dataclass(frozen=True)
class ShopDraft:
    """A shop as its form had it; `wrong` is why it cannot be used, `check` what it said of itself."""

    platform: str
    key: str
    language: Language
    options: dict[str, Any]
    secrets: dict[str, str] = field(repr=False)
    wrong: ConnectorError | None = None
    check: ShopCheck | None = None

    @property
    def works(self) -> bool:
        """Whether the shop can be read."""
        return self.check is not None and not any(problem.fatal for problem in self.check.problems)

    def change(self, workspace: Workspace) -> dict[str, Any]:
        """What is to be written into the settings."""
        settings, more = workspace.settings, dict[str, Any]()
        if origin(settings, "language") == "default":
            more["language"] = self.language
        opened, named = path(workspace.engine), path(connect(settings.database))
        elsewhere = opened is not None and (named is None or opened.resolve() != named.resolve())
        if opened is not None and elsewhere and settings.file is not None and not settings.file.exists():
            more["database"] = f"sqlite:///{opened.resolve()}"  # the one that this service was started with
        store = {"platform": self.platform, **self.options, **self.secrets}
        return {**more, "stores": {self.key: {name: value for name, value in store.items() if value}}}

    def supposed(self, workspace: Workspace) -> Workspace:
        """The workspace as it would be; SettingsError where the form cannot be used as it stands."""
        if not _NAME.fullmatch(self.key):
            raise SettingsError(
                f"{self.key!r} is no name for a shop.",
                remedy="Begin with a small letter; then small letters, digits, _ or -.",
            )
        if self.key in workspace.settings.stores:
            raise SettingsError(f"There is a shop {self.key} already.", remedy="Give this one another name.")
        _require(self)
        return rehearse(workspace, self.change(workspace))

    def asked(self, supposed: Workspace) -> ShopDraft:
        """The draft with what the shop answers to its keys."""
        try:
            ((_, _, source),) = supposed.sources(self.key)
            return replace(self, wrong=None, check=source.check())
        except ConnectorError as error:
            return replace(self, wrong=error, check=None)


def _require(draft: ShopDraft) -> None:
    """SettingsError where something is not filled in, before anything says so in the words of the settings."""
    if not (draft.options.get("shop") or draft.options.get("url")):
        raise SettingsError("The address of the shop is missing.", remedy="Write it as your browser shows it.")
    secrets = draft.secrets
    if draft.platform == "shopify":
        whole = secrets.get("token") or (draft.options.get("client_id") and secrets.get("client_secret"))
    else:
        whole = all(secrets.get(name) for name in SECRETS["woocommerce"])
    if not whole:
        raise SettingsError("A key is missing.", remedy="Fill in both parts of the key.")


def shop_address(platform: str, written: str) -> dict[str, str]:
    """The address as the settings have it, of what somebody wrote or copied from a browser."""
    text = written.strip()
    if platform != "shopify":
        return {"url": text if "://" in text or not text else f"https://{text}"}
    text = text.lower()
    if found := _ADMIN.search(text):
        return {"shop": f"{found[1]}.myshopify.com"}
    host = re.sub(r"^https?://", "", text).partition("/")[0]
    return {"shop": host if "." in host or not host else f"{host}.myshopify.com"}
