"""Whatever the shop, its export says the same in every separator, encoding, style of numbers and order of rows."""

from __future__ import annotations

import csv
import io
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.records import OrderRecord
from connectors.csvfile import CsvSource, parse_mapping

ZONE = ZoneInfo("Europe/Paris")
Cells = dict[str, str]
Money = Callable[[int], str]
Writer = Callable[["Shop", Money], list[Cells]]

STYLES: dict[str, Money] = {
    "plain": lambda cents: f"{cents / 100:.2f}",
    "french": lambda cents: f"{cents / 100:,.2f}".replace(",", "\u00a0").replace(".", ","),
    "german": lambda cents: f"{cents / 100:,.2f} €".replace(",", "_").replace(".", ",").replace("_", "."),
    "english": lambda cents: f"£{cents / 100:,.2f}",
}


@dataclass(frozen=True)
class Line:
    product: int
    title: str
    quantity: int
    price: int


@dataclass(frozen=True)
class ShopOrder:
    id: int
    placed: datetime
    buyer: int  # even numbers are guests
    lines: tuple[Line, ...]
    shipping: int
    refunded: int

    @property
    def total(self) -> int:
        return sum(line.quantity * line.price for line in self.lines) + self.shipping

    @property
    def local(self) -> str:
        return f"{self.placed.astimezone(ZONE):%Y-%m-%d %H:%M:%S}"


Shop = list[ShopOrder]

titles = st.text(st.sampled_from("éèàçùô a;:,\"'\n"), max_size=6).map(lambda text: f"P{text}".strip())
lines = st.builds(Line, st.integers(1, 99), titles, st.integers(1, 3), st.integers(0, 2_000_00))
instants = st.integers(0, 700 * 86_400).map(lambda seconds: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(0, seconds))
orders = st.builds(
    ShopOrder,
    st.integers(1, 10**13),
    instants.filter(lambda when: when.astimezone(ZONE).month not in {3, 10}),  # an hour of October is there twice
    st.integers(1, 9),
    st.lists(lines, min_size=1, max_size=3).map(tuple),
    st.integers(0, 1_000_00),
    st.just(0) | st.integers(1, 500_00),
)
shops = st.lists(orders, min_size=1, max_size=8, unique_by=lambda order: order.id)


def shopify(shop: Shop, money: Money) -> list[Cells]:
    rows = []
    for order in shop:
        for place, line in enumerate(order.lines):
            shared = {
                "Name": f"#{order.id}",
                "Email": f"c{order.buyer}@example.com",
                "Created at": f"{order.placed.astimezone(ZONE):%Y-%m-%d %H:%M:%S %z}",
                "Lineitem quantity": str(line.quantity),
                "Lineitem name": line.title,
                "Lineitem price": money(line.price),
                "Lineitem sku": f"S{line.product}",
            }
            head = {
                "Id": str(order.id),
                "Financial Status": "paid",
                "Currency": "EUR",
                "Total": money(order.total),
                "Shipping": money(order.shipping),
                "Refunded Amount": money(order.refunded),
            }
            rows.append(shared | (head if place == 0 else dict.fromkeys(head, "")))
    return rows


def _woocommerce(order: ShopOrder, money: Money, placed_at: str) -> Cells:
    return {
        "order_id": str(order.id),
        placed_at: order.local,
        "status": "completed",
        "order_total": money(order.total),
        "shipping_total": money(order.shipping),
        "order_currency": "EUR",
        "customer_id": str(order.buyer if order.buyer % 2 else 0),
        "billing_email": f"c{order.buyer}@example.com",
    }


def _escaped(text: str) -> str:
    return text.replace(":", r"\:").replace("|", r"\|").replace(";", r"\;")


def skyverge(shop: Shop, money: Money) -> list[Cells]:
    def item(line: Line) -> str:
        total = line.quantity * line.price / 100
        return (
            f"id:1|name:{_escaped(line.title)}|product_id:{line.product}|sku:S{line.product}"
            f"|quantity:{line.quantity}|total:{total:.2f}|total_tax:0.00|meta:"
        )

    return [
        _woocommerce(order, money, "date")
        | {"refunded_total": money(order.refunded), "line_items": ";".join(map(item, order.lines))}
        for order in shop
    ]


def skyverge_items(shop: Shop, money: Money) -> list[Cells]:
    return [
        _woocommerce(order, money, "date")
        | {
            "refunded_total": money(order.refunded),
            "item_id": f"{order.id}{place}",
            "item_product_id": str(line.product),
            "item_name": line.title,
            "item_sku": f"S{line.product}",
            "item_quantity": str(line.quantity),
            "item_total": money(line.quantity * line.price),
        }
        for order in shop
        for place, line in enumerate(order.lines)
    ]


def webtoffee(shop: Shop, money: Money) -> list[Cells]:
    def item(line: Line | None) -> str:
        if line is None:
            return ""
        total = line.quantity * line.price / 100
        return (
            f"name:{line.title}|product_id:{line.product}|sku:S{line.product}|quantity:{line.quantity}"
            f"|total:{total:.2f}|sub_total:{total:.2f}"
        )

    return [
        _woocommerce(order, money, "order_date")
        | {"refund_items": f"amount:{order.refunded / 100:.2f}|reason:a;b|date:2027-01-01 10:00:00"}
        | {f"line_item_{place + 1}": item((*order.lines, None, None)[place]) for place in range(3)}
        for order in shop
    ]


def mapped(shop: Shop, money: Money) -> list[Cells]:
    """One row a line; shipping is a line of its own, without a product."""
    return [
        {
            "commande": str(order.id),
            "client": str(order.buyer) if order.buyer % 2 else "",
            "mail": f"c{order.buyer}@example.com",
            "date": f"{order.placed.astimezone(ZONE):%d/%m/%Y %H:%M:%S}",
            "qté": str(line.quantity),
            "prix": money(line.price),
            "produit": str(line.product) if line.product else "",
        }
        for order in shop
        for line in (*order.lines, Line(0, "", 1, order.shipping))
    ]


MAPPING = "order=commande,customer=client,email=mail,placed_at=date,quantity=qté,price=prix,product=produit"
WRITERS: dict[str, tuple[Writer, str]] = {
    "shopify-orders": (shopify, ""),
    "skyverge-orders": (skyverge, ""),
    "skyverge-items": (skyverge_items, ""),
    "webtoffee-orders": (webtoffee, ""),
    "map": (mapped, MAPPING),
}


def file_of(rows: list[Cells], path: Path, *, separator: str = ",", encoding: str = "utf-8") -> Path:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=separator)
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def read(path: Path, mapping: str) -> list[OrderRecord]:
    source = CsvSource(
        path, currency="EUR", timezone="Europe/Paris", mapping=parse_mapping(mapping) if mapping else None
    )
    pages = list(source.orders())
    assert [rejected for page in pages for rejected in page.rejected] == []
    return [order for page in pages for order in page.records]


def told(form: str, order: OrderRecord) -> tuple[object, ...]:
    """What each form tells of an order."""
    whole = [(line.sku or line.product_id, line.quantity, line.total) for line in order.lines]
    refunded = 0 if form == "map" else sum(refund.amount for refund in order.refunds)
    customer = None if form == "shopify-orders" else order.customer_id
    return (order.id, order.placed_at, order.total, order.currency, customer, order.email, Counter(whole), refunded)


def true(form: str, order: ShopOrder) -> tuple[object, ...]:
    """What a form ought to tell of an order."""
    prefix = "" if form == "map" else "S"
    whole: list[tuple[str | None, int, int]] = [
        (f"{prefix}{line.product}", line.quantity, line.quantity * line.price) for line in order.lines
    ]
    if form == "map":
        whole.append((None, 1, order.shipping))
    refunded = 0 if form == "map" else min(order.refunded, order.total)
    customer = None if form == "shopify-orders" or order.buyer % 2 == 0 else str(order.buyer)
    mail = f"c{order.buyer}@example.com"
    return (str(order.id), order.placed, order.total, "EUR", customer, mail, Counter(whole), refunded)


@pytest.mark.parametrize("form", WRITERS)
@settings(max_examples=40, deadline=None)
@given(
    shop=shops,
    style=st.sampled_from(sorted(STYLES)),
    separator=st.sampled_from(",;\t"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252"]),
    shuffle=st.randoms(use_true_random=False),
)
def test_a_shop_is_read_back_from_each_form_however_it_was_saved(
    form: str,
    tmp_path_factory: pytest.TempPathFactory,
    shop: Shop,
    style: str,
    separator: str,
    encoding: str,
    shuffle: random.Random,
) -> None:
    write, mapping = WRITERS[form]
    rows = write(shop, STYLES[style])
    shuffle.shuffle(rows)
    path = file_of(rows, tmp_path_factory.mktemp("shop") / "a.csv", separator=separator, encoding=encoding)
    found = {order.id: told(form, order) for order in read(path, mapping)}
    assert found == {str(order.id): true(form, order) for order in shop}


sales = st.tuples(
    st.integers(1, 3), st.integers(0, 9), st.sampled_from([0, 500, 1200]), st.sampled_from(["", "", " 10:00"])
)


@settings(max_examples=80, deadline=None)
@given(
    rows=st.lists(sales, min_size=1, max_size=30),
    cut=st.integers(0, 9),
    overlap=st.integers(0, 3),
    shuffle=st.randoms(use_true_random=False),
)
def test_two_files_that_overlap_by_whole_days_bring_the_orders_of_the_whole(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[int, int, int, str]],
    cut: int,
    overlap: int,
    shuffle: random.Random,
) -> None:
    folder = tmp_path_factory.mktemp("halves")
    mapping = "customer=client,placed_at=date,total=total"

    def imported(name: str, part: list[tuple[int, int, int, str]]) -> dict[str, tuple[str | None, int]]:
        cells = [
            {"client": str(client), "date": f"2026-03-{day + 1:02}{time}", "total": f"{total / 100:.2f}"}
            for client, day, total, time in part
        ]
        found = read(file_of(cells, folder / name), mapping) if cells else []
        assert len({order.id for order in found}) == len(part)
        return {order.id: (order.customer_id, order.total) for order in found}

    whole = imported("whole.csv", rows)
    older = imported("older.csv", [row for row in rows if row[1] <= cut + overlap])
    newer = imported(
        "newer.csv", shuffle.sample([row for row in rows if row[1] >= cut], k=sum(row[1] >= cut for row in rows))
    )
    assert older | newer == whole
