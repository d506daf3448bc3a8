"""Orders of WooCommerce, as its two best known exporters write them; WooCommerce itself exports none.

SkyVerge's "WooCommerce Customer/Order/Coupon Export" in its formats Default, Default - One Row per Item and CSV
Import: columns and cells as in the plugin's own class-wc-customer-order-csv-export-formats.php and -generator.php
(https://github.com/lafranceinsoumise/woocommerce-customer-order-csv-export, versions 4.0 and 4.8).
WebToffee's "Order Import Export": data-order-post-columns.php and export.php of the plugin, version 2.5.9
(https://wordpress.org/plugins/order-import-export-for-woocommerce/): line items in line_item_1, line_item_2, … or one
a row, and a refund as `amount:46.00|reason:…|date:2019-06-19 12:13:48`, where nothing is escaped.

Times are the shop's own. `order_total` is before refunds, with tax and shipping; a line's tax stands beside its total.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from connector.errors import RecordError
from connector.money import minor_units
from connector.records import Attribution, LineRecord, OrderRecord, RefundRecord
from connectors.csvfile import dates
from connectors.csvfile.amounts import number, pieces
from connectors.csvfile.cells import country, identifier, person, short, text
from connectors.csvfile.items import Item, items
from connectors.csvfile.reading import Cells, Reading
from connectors.csvfile.settle import settled
from connectors.csvfile.table import Table

_SKYVERGE = {
    "id": "order_id", "placed_at": "date", "total": "order_total", "refunded": "refunded_total",
    "currency": "order_currency", "customer": "customer_id", "shipping": "shipping_total", "tax": "tax_total",
    "discount": "discount_total", "coupons": "coupon_items", "refunds": "refunds",
}  # fmt: skip
_SKYVERGE_IMPORT = {
    "id": "id", "placed_at": "created_at", "total": "total", "refunded": "total_refunded",
    "currency": "currency", "customer": "customer_user", "shipping": "total_shipping", "tax": "cart_tax",
    "discount": "total_discount", "coupons": "coupon_lines", "refunds": "refunds",
}  # fmt: skip
_WEBTOFFEE = _SKYVERGE | {"placed_at": "order_date", "refunds": "refund_items"}
_ITEM_COLUMNS = ("item_id", "item_product_id", "item_name", "item_sku", "item_quantity", "item_total", "item_total_tax")
_SHARED = (
    "order_number", "order_number_formatted", "status", "payment_method", "shipping_method", "customer_email",
    "billing_email", "billing_phone", "billing_country", "billing_state", "billing_city", "billing_postcode",
    "shipping_country", "shipping_state", "shipping_city", "shipping_postcode",
)  # fmt: skip
_ATTRIBUTION = "meta:_wc_order_attribution_"
_ATTRIBUTED = ("utm_source", "source_type", "referrer", "device_type", "session_count", "session_pages")

_COLUMN_OF_LINE = re.compile(r"line_item_\d+", re.IGNORECASE)
_WEBTOFFEE_EXTRAS = re.compile(r"\|(tax|_variation_id):([^|]*)")
_WEBTOFFEE_REFUND = re.compile(r"(?:^|;)amount:")


@dataclass(frozen=True)
class WooOrders:
    """An export of WooCommerce's orders. `columns_of` names the column of each fact; lines stand in `lines`.

    `lines` are the columns that list line items; where it is empty, each row is one line item.
    """

    name: str
    columns_of: Mapping[str, str]
    lines: tuple[str, ...] = ()

    @classmethod
    def recognise(cls, table: Table) -> WooOrders | None:
        """The form, where the table has the columns of one."""
        lines = tuple(column.casefold() for column in table.columns if _COLUMN_OF_LINE.fullmatch(column))
        forms = (
            cls("skyverge-orders", _SKYVERGE, ("line_items",)),
            cls("skyverge-items", _SKYVERGE),
            cls("skyverge-import", _SKYVERGE_IMPORT, ("line_items",)),
            cls("webtoffee-items", _WEBTOFFEE),
            cls("webtoffee-orders", _WEBTOFFEE, lines or ("line_item_1",)),
        )
        return next((form for form in forms if all(table.place(column) is not None for column in form.needed)), None)

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns that make a file recognised as this form."""
        own = (self.columns_of[fact] for fact in ("id", "placed_at", "total"))
        return (*own, "status", "billing_email", *(self.lines or ("item_product_id", "item_quantity", "item_total")))

    @property
    def several_rows(self) -> bool:
        """Whether an order has a row for each of its lines."""
        return not self.lines

    @property
    def dated(self) -> tuple[str, ...]:
        """The columns that hold dates."""
        return (self.columns_of["placed_at"],)

    @property
    def counted(self) -> tuple[str, ...]:
        """The columns that hold amounts."""
        of_order = tuple(self.columns_of[fact] for fact in ("total", "refunded", "shipping", "tax", "discount"))
        return of_order if self.lines else (*of_order, "item_quantity", "item_total", "item_total_tax")

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are read."""
        attributed = (_ATTRIBUTION + fact for fact in _ATTRIBUTED)
        return (*self.columns_of.values(), *_SHARED, *attributed, *(self.lines or _ITEM_COLUMNS))

    def group(self, cells: Cells, reading: Reading) -> str:  # noqa: ARG002 - a form's method
        """The order's number."""
        found = identifier(self._cell(cells, "id"))
        if found is None:
            raise RecordError(f"{self.columns_of['id']}: there is none.")
        return found

    def divide(
        self,
        group: str,
        rows: Sequence[Cells],
        reading: Reading,  # noqa: ARG002 - a form's method
    ) -> tuple[tuple[str, Sequence[Cells]]]:
        """One order; of its last row where each is a whole order, and files were joined that overlap."""
        return ((group, rows[-1:] if self.lines else rows),)

    def order(self, id_: str, rows: Sequence[Cells], reading: Reading) -> OrderRecord:
        """The order of its rows."""
        head = rows[0]
        customer = person(self._cell(head, "customer"))
        where = "shipping" if head["shipping_country"].strip() else "billing"
        currency = reading.order_currency(head, self.columns_of["currency"])
        total = reading.amount(head, self.columns_of["total"])
        if total is None:
            raise RecordError(f"{self.columns_of['total']}: there is none.")
        order = OrderRecord(
            id=id_,
            name=_name(head, id_),
            placed_at=reading.earliest(rows, self.columns_of["placed_at"]),
            status=reading.status(head["status"]),
            platform_status=text(head["status"]),
            currency=currency,
            total=minor_units(total, currency),
            tax=reading.money(head, self.columns_of["tax"], currency),
            shipping=reading.money(head, self.columns_of["shipping"], currency),
            discount=reading.money(head, self.columns_of["discount"], currency),
            customer_id=customer,
            # An account has its own address; what it types into one order is the next best.
            email=(text(head["customer_email"]) if customer else None) or text(head["billing_email"]),
            phone=None if customer else text(head["billing_phone"]),
            coupons=tuple(item["code"] for item in items(self._cell(head, "coupons")) if item.get("code")),
            payment_method=text(head["payment_method"]),
            shipping_method=text(head["shipping_method"]),
            country=country(head[f"{where}_country"]),
            region=text(head[f"{where}_state"]),
            city=text(head[f"{where}_city"]),
            postcode=text(head[f"{where}_postcode"]),
            attribution=_attribution(head),
            lines=tuple(self._lines(head, rows, currency, reading)),
        )
        refunded = reading.money(head, self.columns_of["refunded"], currency)
        return settled(order, self._refunds(head, id_, currency, reading), refunded=refunded)

    def doubts(self, reading: Reading) -> tuple[str, ...]:  # noqa: ARG002 - a form's method
        """None."""
        return ()

    def _cell(self, cells: Cells, fact: str) -> str:
        return cells[self.columns_of[fact]]

    def _lines(self, head: Cells, rows: Sequence[Cells], currency: str, reading: Reading) -> Iterator[LineRecord]:
        if self.lines == ("line_items",):
            yield from (_line(item, currency) for item in items(head["line_items"]))
        elif self.lines:
            filled = (head[column] for column in self.lines if head[column].strip())
            yield from (_line(_webtoffee_line(cell), currency) for cell in filled)
        else:
            yield from _line_rows(rows, currency, reading)

    def _refunds(self, head: Cells, order_id: str, currency: str, reading: Reading) -> Iterator[RefundRecord]:
        cell = self._cell(head, "refunds")
        listed = _webtoffee_refunds(cell) if self.columns_of["refunds"] == "refund_items" else items(cell)
        for place, refund in enumerate(listed, 1):
            yield RefundRecord(
                id=refund.get("id") or f"{order_id}-refund-{place}",
                amount=minor_units(_number(refund, "amount"), currency),
                at=dates.instant(dates.moment(short(refund.get("date", "")), day_first=True), reading.zone),
            )


def _webtoffee_line(cell: str) -> Item:
    """A line item. Nothing in it is escaped, but its first fields always stand in this order."""
    item: dict[str, str] = {}
    marks = ("name:", "|product_id:", "|sku:", "|quantity:", "|total:")
    rest = cell.strip().partition(marks[0])[2]
    for key, following in pairwise(marks):
        before, found, rest = rest.partition(following)
        item[key.strip("|:")] = before
        if not found:
            raise RecordError(f"{cell[:40]!r} is not a line item.")
    extras = {key.strip("_"): value for key, value in _WEBTOFFEE_EXTRAS.findall(rest)}
    return item | {"total": rest.partition("|")[0]} | extras


def _webtoffee_refunds(cell: str) -> Iterator[Item]:
    for part in _WEBTOFFEE_REFUND.split(cell)[1:]:
        amount, _, rest = part.partition("|")
        yield {"amount": amount, "date": rest.rpartition("|date:")[2]}


def _line(item: Item, currency: str) -> LineRecord:
    product = item.get("product_id") or "0"
    sku = item.get("sku")
    return LineRecord(
        product_id=None if product == "0" else product,
        quantity=pieces(_number(item, "quantity")),
        total=sum(minor_units(_number(item, part), currency) for part in ("total", "total_tax", "tax")),
        title=item.get("name") or None,
        sku=None if sku in {"", "unknown_product"} else sku,
        variant_id=item.get("variation_id"),
    )


def _number(item: Item, key: str) -> Decimal:
    return number(short(item.get(key) or "0"), comma=False)


def _line_rows(rows: Sequence[Cells], currency: str, reading: Reading) -> Iterator[LineRecord]:
    """A line for each row; the last of the rows with one item's id, where files were joined that overlap."""
    by_item = {cells["item_id"] or str(place): cells for place, cells in enumerate(rows)}
    for cells in by_item.values():
        quantity = reading.amount(cells, "item_quantity")
        if quantity is not None:
            product, sku = identifier(cells["item_product_id"]), text(cells["item_sku"])
            yield LineRecord(
                product_id=None if product == "0" else product,
                quantity=pieces(quantity),
                total=reading.money(cells, "item_total", currency) + reading.money(cells, "item_total_tax", currency),
                title=text(cells["item_name"]),
                sku=None if sku == "unknown_product" else sku,
            )


def _name(head: Cells, id_: str) -> str:
    shown = text(head["order_number_formatted"]) or text(head["order_number"]) or id_
    return shown if shown.startswith("#") else f"#{shown}"


def _attribution(head: Cells) -> Attribution | None:
    source, medium, referrer, device, sessions, pages = (text(head[_ATTRIBUTION + fact]) for fact in _ATTRIBUTED)
    found = Attribution(
        source=source,
        medium=medium,
        referrer=referrer,
        device=device and device.lower(),
        sessions=int(sessions) if sessions and sessions.isdecimal() and len(sessions) < 10 else None,
        pages=int(pages) if pages and pages.isdecimal() and len(pages) < 10 else None,
    )
    return None if found == Attribution() else found
