"""What a WooCommerce shop says of itself, and what stands in the way of reading it.

Name, home and time zone are in WordPress's public index; the currency under data/currencies/current, which a shop
manager's key may read. Nothing here writes.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import msgspec

from connector.days import time_zone
from connector.errors import PermanentError
from connector.source import Problem, ShopCheck
from connectors.http import HTTPError
from connectors.woocommerce.client import WooCommerceClient, error_code
from connectors.woocommerce.walk import Params

FAR_FUTURE = "2100-01-01T00:00:00"
ZONE_REMEDY = (
    'Set timezone = "Europe/Paris" (or the shop\'s own) here, or choose a city in WordPress, Settings > General.'
)


class _Currency(msgspec.Struct):
    code: str


def shop_check(client: WooCommerceClient, timezone: str | None) -> ShopCheck:
    """The shop as it stands; `timezone` is the merchant's own word, which wins over the shop's."""
    orders = _count(client, "orders")
    index = client.index() or {}
    zone, problems = _zone(index, timezone)
    return ShopCheck(
        shop_id=shop_id(client, index),
        name=str(index.get("name") or urlsplit(client.url).netloc),
        currency=currency(client),
        timezone=zone,
        customers=_count(client, "customers", role="all"),
        orders=orders,
        problems=(*_transport(client), *_filters(client), *problems),
    )


def currency(client: WooCommerceClient) -> str:
    """The shop's currency (ISO 4217)."""
    return client.get("data/currencies/current", _Currency).code.upper()


def shop_id(client: WooCommerceClient, index: dict[str, Any]) -> str:
    """The shop's own address without scheme and www, so that turning on https does not make it another shop."""
    parts = urlsplit(str(index.get("home") or client.url))
    return f"{parts.netloc.lower().removeprefix('www.')}{parts.path.rstrip('/')}"


def _count(client: WooCommerceClient, path: str, **params: str) -> int:
    try:
        return client.rows(path, per_page=1, _fields="id", **params).total
    except HTTPError as error:
        if error.status != 404:
            raise
        raise PermanentError(
            f"{client.url} has no WooCommerce API at /wp-json/wc/v3/.",
            remedy="Check the address and that WooCommerce is active; in WordPress, Settings > Permalinks must be "
            "anything but Plain.",
        ) from error


def _transport(client: WooCommerceClient) -> tuple[Problem, ...]:
    if client.encrypted:
        return ()
    return (
        Problem(
            "The shop is read over plain http: the key is safe, but your customers' data can be read on the way.",
            "Turn on https for the shop and write its https address.",
        ),
    )


def _filters(client: WooCommerceClient) -> tuple[Problem, ...]:
    """Asks for changes in the far future, of which there are none unless the shop does not know the question."""
    future: Params = {"modified_after": FAR_FUTURE, "dates_are_gmt": "true", "per_page": 1, "_fields": "id"}
    problems: tuple[Problem, ...] = ()
    try:
        found = client.rows("orders", orderby="modified", **future).total
    except HTTPError as error:
        if error_code(error) != "rest_invalid_param":
            raise
        found = client.rows("orders", **future).total
        problems = (
            Problem(
                "This WooCommerce cannot sort orders by their last change; they are read all the same, by their ids.",
                "Update WooCommerce when you can.",
            ),
        )
    if found:
        return (
            Problem(
                f"The shop ignores modified_after: asked for changes in the future it shows orders ({found}).",
                "Update WooCommerce to 5.8 or newer, or remove what strips the parameter on the way.",
                fatal=True,
            ),
        )
    return problems


def _zone(index: dict[str, Any], timezone: str | None) -> tuple[str, tuple[Problem, ...]]:
    if timezone is not None:
        return time_zone(timezone).key, ()
    named, offset = str(index.get("timezone_string") or ""), str(index.get("gmt_offset") or "0")
    if not index:
        return "UTC", (Problem("The shop does not tell its time zone.", ZONE_REMEDY, fatal=True),)
    if named:
        return named, ()
    return _fixed_zone(float(offset))


def _fixed_zone(offset: float) -> tuple[str, tuple[Problem, ...]]:
    """The zone of a shop that is set to "UTC+1" instead of a city; Etc/GMT has whole hours, with the sign turned."""
    if offset != int(offset):
        problem = f"The shop's clock is UTC{offset:+g}, which is no time zone."
        return "UTC", (Problem(problem, ZONE_REMEDY, fatal=True),)
    zone = f"Etc/GMT{-int(offset):+d}" if offset else "UTC"
    problem = f"The shop's clock is UTC{offset:+g} all year: days will be an hour off in summer or winter."
    return zone, (Problem(problem, ZONE_REMEDY),)
