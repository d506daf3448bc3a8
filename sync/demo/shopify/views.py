"""The shop's things in the form of Shopify's schema; what is dear is a function, called when it is asked for."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from graphql import GraphQLError

from sync.demo.shop import Shop, ShopCheckout, ShopCustomer, ShopLine, ShopOrder, ShopProduct, ShopRefund, digits

View = dict[str, Any]
DEEPEST = 25_000
LARGEST_PAGE = 250
EMAIL_STATES = {"subscribed", "unsubscribed", "not_subscribed", "pending", "invalid"}


@lru_cache(maxsize=65_536)
def time(at: datetime | None) -> str | None:
    """A DateTime scalar: whole seconds, in UTC."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=65_536)
def money(amount: int, currency: str) -> View:
    """A MoneyBag; trailing zeros are trimmed down to one digit, as the vendor does."""
    text = f"{Decimal(amount).scaleb(-digits(currency)):f}"
    whole, _, cents = text.partition(".")
    same = {"amount": f"{whole}.{cents.rstrip('0') or '0'}", "currencyCode": currency}
    return {"shopMoney": same, "presentmentMoney": same}


class Connection:
    """The rows of a connection: `rows` whole for a bulk operation, a page of them when GraphQL calls it."""

    def __init__(self, rows: Sequence[View]) -> None:
        self.rows = rows

    def __call__(self, _info: object, **given: Any) -> View:  # noqa: ANN401 - a field's arguments
        """The page that `first` and `after` ask for."""
        keyed = [((number,), row) for number, row in enumerate(self.rows)]
        return page(keyed, given, lambda row: row)


def page(
    keyed: Sequence[tuple[tuple[Any, ...], Any]],
    given: Mapping[str, Any],
    view: Callable[[Any], View],
    largest: int = LARGEST_PAGE,
) -> View:
    """A page of rows that are sorted by their keys; a cursor holds the key, so that it survives other rows' moves."""
    first = given.get("first")
    if first is None:
        raise GraphQLError("you must provide one of first or last")
    if first > largest:
        raise GraphQLError(f"first cannot be more than {largest}")
    passed = 0
    if given.get("after"):
        key, passed = json.loads(base64.b64decode(given["after"]))
        keyed = [(at, row) for at, row in keyed if list(at) > key]
    if passed + first > DEEPEST:
        raise GraphQLError(f"Pagination stops at {DEEPEST} objects.", extensions={"code": "BAD_REQUEST"})
    shown = keyed[:first]
    cursors = [base64.b64encode(json.dumps([at, passed + n + 1]).encode()).decode() for n, (at, _) in enumerate(shown)]
    nodes = [view(row) for _, row in shown]
    return {
        "nodes": nodes,
        "edges": [{"node": node, "cursor": cursor} for node, cursor in zip(nodes, cursors, strict=True)],
        "pageInfo": {"hasNextPage": len(keyed) > first, "endCursor": cursors[-1] if cursors else None},
    }


def customer_view(customer: ShopCustomer) -> View:
    """A Customer."""
    email = customer.email and {
        "emailAddress": customer.email,
        "marketingState": customer.consent.upper(),
        "marketingUpdatedAt": time(customer.consent_at),
    }
    phone = customer.phone and {
        "phoneNumber": customer.phone,
        "smsMarketingConsent": {"state": "NEVER_SUBSCRIBED", "updatedAt": None},
    }
    return {
        "__typename": "Customer",
        "id": f"gid://shopify/Customer/{customer.id}",
        "createdAt": time(customer.created_at),
        "updatedAt": time(customer.updated_at),
        "locale": customer.language,
        "state": "DISABLED",
        "tags": sorted(customer.tags),
        "defaultEmailAddress": email or None,
        "defaultPhoneNumber": phone or None,
        "defaultAddress": address(customer.city, customer.region, customer.country, customer.postcode),
        "metafield": lambda _info, namespace, key: _metafield(customer.meta.get(f"{namespace}.{key}")),
    }


def _metafield(value: str | None) -> View | None:
    """A Metafield, which has always a value where there is one."""
    return None if value is None else {"value": value}


def address(city: str, region: str, country: str, postcode: str) -> View:
    """A MailingAddress."""
    return {"city": city or None, "provinceCode": region or None, "countryCodeV2": country, "zip": postcode or None}


def product_view(product: ShopProduct) -> View:
    """A Product."""
    return {
        "__typename": "Product",
        "id": f"gid://shopify/Product/{product.id}",
        "title": product.title,
        "productType": product.category,
        "vendor": product.vendor,
        "tags": list(product.tags),
        "category": None,
    }


def financial_status(order: ShopOrder) -> str:
    """The displayFinancialStatus that the shop's own status stands for."""
    if order.status == "cancelled" and order.cancelled_at is None:
        return "VOIDED"
    if order.status in {"pending", "on_hold"}:
        return "PENDING"
    if order.status == "failed":
        return "EXPIRED"
    if order.refunded:
        return "REFUNDED" if order.refunded >= order.total else "PARTIALLY_REFUNDED"
    return "PAID"


class Views:
    """Views that need the rest of the shop: an order knows its customer and its products."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def order(self, order: ShopOrder) -> View:
        """An Order."""
        currency = order.currency or self.shop.currency
        return {
            "__typename": "Order",
            "id": f"gid://shopify/Order/{order.id}",
            "name": f"#{order.id}",
            "createdAt": time(order.placed_at),
            "processedAt": time(order.placed_at),
            "updatedAt": time(order.updated_at),
            "cancelledAt": time(order.cancelled_at),
            "test": order.test,
            "email": order.email or self._email(order.customer_id),
            "phone": order.phone,
            "sourceName": order.channel,
            "displayFinancialStatus": financial_status(order),
            "paymentGatewayNames": [order.payment_method],
            "discountCodes": list(order.coupons),
            "customer": lambda _info: self._customer(order.customer_id),
            "shippingAddress": address(order.city, "", order.country, order.postcode),
            "shippingLine": {"title": order.shipping_method},
            "fulfillments": [],
            "totalPriceSet": money(order.total, currency),
            "totalTaxSet": money(order.tax, currency),
            "totalShippingPriceSet": money(order.shipping, currency),
            "totalDiscountsSet": money(order.discount, currency),
            "refunds": [self.refund(refund, currency) for refund in order.refunds],
            "customerJourneySummary": None,
            "lineItems": Connection([self.line(line, currency) for line in order.lines]),
        }

    def line(self, line: ShopLine, currency: str) -> View:
        """A LineItem; its product is null once the shop has it no more."""
        product = None if line.product_id is None else self.shop.products.get(line.product_id)
        return {
            "__typename": "LineItem",
            "id": f"gid://shopify/LineItem/{line.id}",
            "title": line.title,
            "sku": line.sku or None,
            "quantity": line.quantity,
            "isGiftCard": False,
            "discountedTotalSet": money(line.total, currency),
            "variant": None,
            "product": None if product is None else product_view(product),
        }

    def refund(self, refund: ShopRefund, currency: str) -> View:
        """A Refund."""
        return {
            "id": f"gid://shopify/Refund/{refund.id}",
            "createdAt": time(refund.at),
            "totalRefundedSet": money(refund.amount, currency),
        }

    def checkout(self, checkout: ShopCheckout) -> View:
        """An AbandonedCheckout."""
        return {
            "__typename": "AbandonedCheckout",
            "id": f"gid://shopify/AbandonedCheckout/{checkout.id}",
            "createdAt": time(checkout.created_at),
            "updatedAt": time(checkout.updated_at),
            "completedAt": time(checkout.completed_at),
            "customer": self._customer(checkout.customer_id),
            "totalPriceSet": money(checkout.total, self.shop.currency),
        }

    def _customer(self, number: int | None) -> View | None:
        customer = None if number is None else self.shop.customers.get(number)
        return None if customer is None or customer.deleted else customer_view(customer)

    def _email(self, number: int | None) -> str | None:
        customer = None if number is None else self.shop.customers.get(number)
        return None if customer is None or customer.deleted else customer.email
