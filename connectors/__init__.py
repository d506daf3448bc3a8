"""Whom we talk to: one module or folder per outside system, over one shared HTTP client."""

from __future__ import annotations

from importlib import import_module
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any, cast

from connector.errors import SettingsError

if TYPE_CHECKING:
    from connector.destination import Destination
    from connector.source import LiveSource, Webhooks

SOURCES = {
    "shopify": "connectors.shopify:ShopifySource",
    "woocommerce": "connectors.woocommerce:WooCommerceSource",
}
WEBHOOKS = {
    "shopify": "connectors.shopify.webhooks:ShopifyWebhooks",
    "woocommerce": "connectors.woocommerce.webhooks:WooCommerceWebhooks",
}
DESTINATIONS = {
    "shopify": "connectors.shopify:ShopifyDestination",
    "woocommerce": "connectors.woocommerce:WooCommerceDestination",
    "mailchimp": "connectors.mailchimp:MailchimpDestination",
}


def source(platform: str, **options: Any) -> LiveSource:  # noqa: ANN401 - each class's signature is the schema of its options
    """The source of `platform`, built with its options; SettingsError where platform or options do not fit."""
    return cast("LiveSource", _build(SOURCES, platform, options))


def destination(platform: str, **options: Any) -> Destination:  # noqa: ANN401
    """The destination of `platform`, built with its options; SettingsError where platform or options do not fit."""
    return cast("Destination", _build(DESTINATIONS, platform, options))


def webhooks(platform: str, **options: Any) -> Webhooks:  # noqa: ANN401
    """The webhooks of `platform`, built with its source and a secret; SettingsError where it has none."""
    return cast("Webhooks", _build(WEBHOOKS, platform, options))


def reach(platform: str) -> str:
    """What addresses a destination of `platform` knows people by: account or email."""
    return str(_named(DESTINATIONS, platform).reach)


def kinds(platform: str) -> tuple[str, ...]:
    """What a destination of `platform` can write, the default first: tag, field."""
    return tuple(_named(DESTINATIONS, platform).kinds)


def _build(registry: dict[str, str], platform: str, options: dict[str, Any]) -> object:
    made = _named(registry, platform)
    asked = signature(made).parameters.values()
    if missing := [one.name for one in asked if one.default is Parameter.empty and one.name not in options]:
        raise SettingsError(
            f"A {platform} connector needs {', '.join(missing)}.",
            remedy="Write it into its table in connector.toml (see README).",
        )
    try:
        return made(**options)
    except TypeError as error:
        raise SettingsError(f"The settings of a {platform} connector do not fit: {error}.") from error


def _named(registry: dict[str, str], platform: str) -> Any:  # noqa: ANN401 - a class of any platform
    if platform not in registry:
        raise SettingsError(f"No platform is called {platform!r}.", remedy=f"Use one of: {', '.join(registry)}.")
    module, _, name = registry[platform].partition(":")
    return getattr(import_module(module), name)
