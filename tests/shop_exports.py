"""A shop's own CSV exports, in the columns that Shopify's admin writes."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sync.demo.shop import Shop, ShopCustomer, ShopOrder

ORDERS = (  # noqa: SIM905 - as the file's first line has them
    "Name,Email,Financial Status,Paid at,Fulfillment Status,Fulfilled at,Accepts Marketing,Currency,Subtotal,Shipping,"
    "Taxes,Total,Discount Code,Discount Amount,Shipping Method,Created at,Lineitem quantity,Lineitem name,"
    "Lineitem price,Lineitem compare at price,Lineitem sku,Lineitem requires shipping,Lineitem taxable,"
    "Lineitem fulfillment status,Billing Name,Billing Street,Billing Address1,Billing Address2,Billing Company,"
    "Billing City,Billing Zip,Billing Province,Billing Country,Billing Phone,Shipping Name,Shipping Street,"
    "Shipping Address1,Shipping Address2,Shipping Company,Shipping City,Shipping Zip,Shipping Province,"
    "Shipping Country,Shipping Phone,Notes,Note Attributes,Cancelled at,Payment Method,Payment Reference,"
    "Refunded Amount,Vendor,Outstanding Balance,Employee,Location,Device ID,Id,Tags,Risk Level,Source,"
    "Lineitem discount,Tax 1 Name,Tax 1 Value,Tax 2 Name,Tax 2 Value,Tax 3 Name,Tax 3 Value,Tax 4 Name,Tax 4 Value,"
    "Tax 5 Name,Tax 5 Value,Phone,Receipt Number,Duties,Billing Province Name,Shipping Province Name,Payment ID,"
    "Payment Terms Name,Next Payment Due At,Payment References"
).split(",")

CUSTOMERS = (  # noqa: SIM905
    "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,Default Address Address1,"
    "Default Address Address2,Default Address City,Default Address Province Code,Default Address Country Code,"
    "Default Address Zip,Default Address Phone,Phone,Accepts SMS Marketing,Total Spent,"
    "Total Orders,Note,Tax Exempt,Tags"
).split(",")


def write_orders(shop: Shop, file: Path) -> None:
    """orders_export.csv: the newest order first, a row for each line, what is the order's in the first of them."""
    newest = sorted(shop.orders.values(), key=lambda order: order.placed_at, reverse=True)
    _write(file, ORDERS, (row for order in newest for row in _order_rows(shop, order)))


def write_customers(shop: Shop, file: Path) -> None:
    """customers_export.csv."""
    _write(file, CUSTOMERS, (_customer_row(shop, customer) for customer in shop.customers.values()))


def _write(file: Path, columns: list[str], rows: Iterable[dict[str, str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as text:
        writer = csv.DictWriter(text, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)


def _order_rows(shop: Shop, order: ShopOrder) -> Iterable[dict[str, str]]:
    zone = ZoneInfo(shop.timezone)
    each = {"Name": f"#{order.id}", "Email": order.email or "", "Created at": _time(order.placed_at, zone)}
    status = "paid"
    if order.refunded:
        status = "refunded" if order.refunded >= order.total else "partially_refunded"
    whole = {
        "Financial Status": status,
        "Paid at": _time(order.placed_at, zone),
        "Fulfillment Status": "fulfilled",
        "Accepts Marketing": "no",
        "Currency": shop.currency,
        "Subtotal": _money(order.total - order.shipping),
        "Shipping": _money(order.shipping),
        "Taxes": _money(order.tax),
        "Total": _money(order.total),
        "Discount Code": ", ".join(order.coupons),
        "Discount Amount": _money(order.discount),
        "Shipping Method": order.shipping_method,
        "Shipping Country": order.country,
        "Cancelled at": _time(order.cancelled_at, zone) if order.cancelled_at else "",
        "Payment Method": order.payment_method,
        "Refunded Amount": _money(order.refunded),
        "Id": str(order.id),
        "Risk Level": "Low",
        "Source": order.channel,
    }
    for number, line in enumerate(order.lines):
        cells = {
            "Lineitem quantity": str(line.quantity),
            "Lineitem name": line.title,
            "Lineitem price": _money(line.total // line.quantity),
            "Lineitem sku": line.sku,
            "Lineitem discount": "0.00",
        }
        yield {**each, **(whole if number == 0 else {}), **cells}


def _customer_row(shop: Shop, customer: ShopCustomer) -> dict[str, str]:
    mine = [order for order in shop.orders.values() if order.customer_id == customer.id]
    return {
        "Customer ID": f"'{customer.id}",
        "First Name": customer.first_name,
        "Last Name": customer.last_name,
        "Email": customer.email or "",
        "Accepts Email Marketing": "yes" if customer.consent == "subscribed" else "no",
        "Default Address City": customer.city,
        "Default Address Country Code": customer.country,
        "Default Address Zip": f"'{customer.postcode}" if customer.postcode else "",
        "Phone": f"'{customer.phone}" if customer.phone else "",
        "Accepts SMS Marketing": "no",
        "Total Spent": _money(sum(order.total for order in mine)),
        "Total Orders": str(len(mine)),
        "Tax Exempt": "no",
        "Tags": ", ".join(sorted(customer.tags)),
    }


def _time(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S %z}"


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"
