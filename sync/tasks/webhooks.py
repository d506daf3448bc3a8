"""The webhooks of the shops: at which address, which are there, which are missing."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import connectors
from connector.errors import SettingsError
from connector.settings import StoreSettings
from connector.source import Problem, Source, Subscription, Webhooks
from sync.workspace import Workspace


def broken(workspace: Workspace, key: str, settings: StoreSettings, source: Source) -> list[Problem]:
    """What keeps a store's webhooks from being called, where the settings say that they are wanted."""
    public, secrets = workspace.settings.serve.public_url, settings.webhook_secrets
    if public is None or not secrets:
        return []
    address = f"{public}/webhooks/{key}"
    found = ours(connectors.webhooks(settings.platform, source=source, secret=secrets[0]), address)
    return [Problem(f"Webhook {one.topic}: {one.problem}", one.remedy) for one in found if one.problem]


def shops(workspace: Workspace, only: str | None) -> Iterator[tuple[str, str, Webhooks]]:
    """Each store with the address of its webhooks; SettingsError where something is missing for them."""
    public = _public(workspace)
    for key, settings, source in workspace.sources(only):
        secrets = settings.webhook_secrets
        if not secrets:
            raise SettingsError(
                f"Store {key!r} has no webhook_secret, so nothing that it tells could be believed.",
                remedy="Write webhook_secret; at Shopify it is the app's client secret, at WooCommerce any long text.",
            )
        yield key, f"{public}/webhooks/{key}", connectors.webhooks(settings.platform, source=source, secret=secrets[0])


def _public(workspace: Workspace) -> str:
    """The address under which shops reach the service; SettingsError where there is none that they may call."""
    public = workspace.settings.serve.public_url
    if public is None:
        raise SettingsError(
            "The settings do not say under which address shops reach the service.",
            remedy='Write public_url = "https://…" under [serve]; README shows how to put it behind the shop\'s host.',
        )
    parts = urlsplit(public)
    if parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "localhost"}:
        raise SettingsError(
            f"public_url = {public!r} is plain http: customers' data would travel readable.",
            remedy="Give it a certificate: README has the lines for nginx and for Caddy.",
        )
    return public


def ours(platform: Webhooks, address: str) -> list[Subscription]:
    """The webhooks that call `address`, and for each topic that has none a word that it is missing."""
    found = [one for one in platform.installed() if one.address == address]
    missing = [topic for topic in platform.topics if topic not in {one.topic for one in found}]
    why = "It is not there: never installed, or deleted by the platform after it failed for hours."
    return [*found, *(Subscription("", topic, address, why, "`connector webhooks install`") for topic in missing)]
