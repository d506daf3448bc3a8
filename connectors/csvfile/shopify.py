"""Shopify's own exports: orders_export.csv and customers_export.csv, from the admin's pages Orders and Customers.

Headers as exported, read in public files: https://github.com/laplace-live/shopify-csv-converter (orders);
Customer ID … Accepts WhatsApp Marketing (customers; Company, Address1 … instead of Default Address … before 2023).
An order has a row for each line item. Order-level cells stand in its first row alone, Id among them; Name, Email,
Created at, Phone and the line item in each (https://docs.xbp.app/docs/development/integrations/shopify/order-format).
"Lineitem discount" is of the whole line. Neither customer ids nor product ids are told, nor when a refund was made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise

from connector.errors import RecordError
from connector.money import minor_units
from connector.records import (
    ConsentRecord,
    ConsentState,
    CustomerRecord,
    FieldRecord,
    LineRecord,
    OrderRecord,
    OrderStatus,
)
from connectors.csvfile.amounts import pieces
from connectors.csvfile.cells import country, identifier, text
from connectors.csvfile.reading import Cells, Reading
from connectors.csvfile.settle import settled
from connectors.csvfile.table import Table

_CONSENTS = {
    "yes": ConsentState.SUBSCRIBED,
    "true": ConsentState.SUBSCRIBED,
    "subscribed": ConsentState.SUBSCRIBED,
    "no": ConsentState.NOT_SUBSCRIBED,  # or unsubscribed: the export does not tell them apart
    "false": ConsentState.NOT_SUBSCRIBED,
    "not_subscribed": ConsentState.NOT_SUBSCRIBED,
    "unsubscribed": ConsentState.UNSUBSCRIBED,
    "pending": ConsentState.PENDING,
    "invalid": ConsentState.INVALID,
}
_CHANNELS = {
    "email": ("Accepts Email Marketing", "Accepts Marketing"),
    "sms": ("Accepts SMS Marketing",),
}


class ShopifyOrders:
    """Shopify's export of orders."""

    name = "shopify-orders"
    several_rows = True
    dated = ("Created at", "Cancelled at")
    counted = (
        "Total", "Shipping", "Taxes", "Discount Amount", "Refunded Amount",
        "Lineitem quantity", "Lineitem price", "Lineitem discount",
    )  # fmt: skip
    columns = (
        *dated, *counted, "Name", "Id", "Email", "Phone", "Financial Status", "Currency", "Discount Code",
        "Lineitem name", "Lineitem sku", "Payment Method", "Shipping Method", "Source",
        "Shipping Country", "Billing Country", "Shipping Province", "Billing Province",
        "Shipping City", "Billing City", "Shipping Zip", "Billing Zip",
    )  # fmt: skip

    @classmethod
    def recognise(cls, table: Table) -> ShopifyOrders | None:
        """The form, where the table has its columns."""
        needed = ("Name", "Id", "Financial Status", "Created at", "Total", "Lineitem name", "Lineitem quantity")
        return cls() if all(table.place(column) is not None for column in needed) else None

    def group(self, cells: Cells, reading: Reading) -> str:  # noqa: ARG002 - a form's method
        """The order's name, which each of its rows has."""
        name = text(cells["Name"])
        if name is None:
            raise RecordError("Name: there is none.")
        return name

    def divide(
        self,
        group: str,
        rows: Sequence[Cells],
        reading: Reading,  # noqa: ARG002 - a form's method
    ) -> Iterator[tuple[str, Sequence[Cells]]]:
        """One order; several where a shop gave its name twice, the last one where files were joined that overlap."""
        heads = [place for place, cells in enumerate(rows) if cells["Total"].strip()]
        if not heads:
            raise RecordError(f"{group} has no row with its total.")
        bounds = [0, *heads[1:], len(rows)]
        parts = [rows[start:end] for start, end in pairwise(bounds)]
        yield from {_id(group, part): part for part in parts}.items()

    def doubts(self, reading: Reading) -> tuple[str, ...]:  # noqa: ARG002 - a form's method
        """None."""
        return ()

    def order(self, id_: str, rows: Sequence[Cells], reading: Reading) -> OrderRecord:
        """The order of a row with its total, and of any others with more of its lines."""
        head = next(cells for cells in rows if cells["Total"].strip())
        currency = reading.order_currency(head, "Currency")
        order = OrderRecord(
            id=id_,
            name=text(head["Name"]),
            placed_at=reading.earliest(rows, "Created at"),
            status=_status(head, reading),
            platform_status=text(head["Financial Status"]),
            currency=currency,
            total=reading.money(head, "Total", currency),
            cancelled_at=reading.instant(head, "Cancelled at"),
            tax=reading.money(head, "Taxes", currency),
            shipping=reading.money(head, "Shipping", currency),
            discount=reading.money(head, "Discount Amount", currency),
            email=text(head["Email"]),
            phone=text(head["Phone"]),
            coupons=tuple(code.strip() for code in head["Discount Code"].split(",") if code.strip()),
            channel=text(head["Source"]),
            payment_method=text(head["Payment Method"]),
            shipping_method=text(head["Shipping Method"]),
            country=country(head["Shipping Country"], head["Billing Country"]),
            region=text(head["Shipping Province"]) or text(head["Billing Province"]),
            city=text(head["Shipping City"]) or text(head["Billing City"]),
            postcode=text(head["Shipping Zip"]) or text(head["Billing Zip"]),
            lines=tuple(line for cells in rows if (line := _line(cells, currency, reading)) is not None),
        )
        return settled(order, refunded=reading.money(head, "Refunded Amount", currency))


def _status(head: Cells, reading: Reading) -> OrderStatus:
    """As in a pull: voided is an authorisation that was never captured, whether or not the order was cancelled."""
    word = head["Financial Status"].strip() or "pending"
    return reading.status("pending" if word == "voided" and head["Cancelled at"].strip() else word)


def _id(name: str, rows: Sequence[Cells]) -> str:
    found = next((id_ for cells in rows if (id_ := identifier(cells["Id"])) is not None), None)
    if found is None:
        raise RecordError(f"{name} has no Id.")
    return found


class ShopifyCustomers:
    """Shopify's export of customers: the only file with prospects and with consents."""

    name = "shopify-customers"
    dated: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()
    known = (
        "Customer ID", "Email", "Phone", "Default Address Phone", "Tags",
        "Accepts Email Marketing", "Accepts Marketing", "Accepts SMS Marketing",
        "Default Address City", "City", "Default Address Province Code", "Province Code",
        "Default Address Country Code", "Country Code", "Default Address Zip", "Zip",
    )  # fmt: skip

    def __init__(self, *, has_ids: bool, fields: Mapping[str, str]) -> None:
        self.has_ids = has_ids
        self.fields = fields
        self.columns = (*self.known, *fields.values())

    @classmethod
    def recognise(cls, table: Table, fields: Mapping[str, str]) -> ShopifyCustomers | None:
        """The form, where the table has its columns; `fields` are further ones, by the names that rules know."""
        needed = ("First Name", "Last Name", "Email", "Total Spent", "Total Orders")
        consent = any(table.place(column) is not None for column in _CHANNELS["email"])
        recognised = consent and all(table.place(column) is not None for column in needed)
        return cls(has_ids=table.place("Customer ID") is not None, fields=fields) if recognised else None

    def doubts(self) -> Iterator[str]:
        """That people could not be told apart by the platform's own number."""
        if not self.has_ids:
            yield "This export has no column Customer ID: customers are told apart by e-mail address or phone number."

    def customer(self, cells: Cells) -> CustomerRecord:
        """The customer of a row; where an old export has no Customer ID, the address or number stands for it."""
        email, phone = text(cells["Email"]), text(cells["Phone"])
        id_ = identifier(cells["Customer ID"])
        if id_ is None and not (email or phone):
            raise RecordError("The customer has no Customer ID, e-mail address or phone number.")
        return CustomerRecord(
            id=id_ or (f"email:{email.casefold()}" if email else f"phone:{phone}"),
            email=email,
            phone=phone,
            country=country(cells["Default Address Country Code"], cells["Country Code"]),
            region=text(cells["Default Address Province Code"]) or text(cells["Province Code"]),
            city=text(cells["Default Address City"]) or text(cells["City"]),
            postcode=text(cells["Default Address Zip"]) or text(cells["Zip"]),
            tags=tuple(tag.strip() for tag in cells["Tags"].split(",") if tag.strip()),
            consents=tuple(_consents(cells, email=email, phone=phone)),
            fields=tuple(
                FieldRecord(name, column, value)
                for name, column in self.fields.items()
                if (value := text(cells[column])) is not None
            ),
        )


def _line(cells: Cells, currency: str, reading: Reading) -> LineRecord | None:
    quantity = reading.amount(cells, "Lineitem quantity")
    if quantity is None:
        return None
    price = reading.amount(cells, "Lineitem price") or Decimal(0)
    discount = reading.amount(cells, "Lineitem discount") or Decimal(0)
    return LineRecord(
        product_id=None,
        quantity=pieces(quantity),
        total=minor_units(quantity * price - discount, currency),
        title=text(cells["Lineitem name"]),
        sku=text(cells["Lineitem sku"]),
    )


def _consents(cells: Cells, *, email: str | None, phone: str | None) -> Iterator[ConsentRecord]:
    """A consent for each channel that the person can be reached by and that the file speaks of."""
    for channel, columns in _CHANNELS.items():
        said = next((cells[column] for column in columns if cells[column].strip()), "")
        state = _CONSENTS.get(re.sub(r"[\s_]+", "_", said.strip().casefold()))
        if state is not None and (email if channel == "email" else phone):
            yield ConsentRecord(channel, state)
