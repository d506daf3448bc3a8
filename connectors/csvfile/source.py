"""A CSV file as a source: its form recognised by its header, its rows gathered into orders or customers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import ClassVar, TypeVar

import msgspec

from connector.days import time_zone
from connector.errors import RecordError, SettingsError
from connector.records import CheckoutRecord, CustomerRecord, OrderRecord, Page, ProductRecord, Rejected
from connector.source import Problem, ShopCheck
from connectors.csvfile.columns import Columns
from connectors.csvfile.form import CustomerForm, OrderForm
from connectors.csvfile.groups import grouped
from connectors.csvfile.mapping import MappedOrders, example
from connectors.csvfile.reading import Reading, survey
from connectors.csvfile.shopify import ShopifyCustomers, ShopifyOrders
from connectors.csvfile.table import Row, Table
from connectors.csvfile.woocommerce import WooOrders

PAGE = 1000
PAYLOAD = 2000
"""Characters of a rejected row that are kept."""

_ALONE = "\0"
"""Begins the group of a row that names no order; no cell holds it."""

Record = TypeVar("Record", OrderRecord, CustomerRecord)


class CsvSource:
    """An export of orders or customers; SettingsError where the file, its header or `mapping` cannot be used.

    `currency` and `timezone` are those of what the file leaves unsaid; `mapping` names the columns of a file of no
    known form (see `parse_mapping`), `fields` those columns of an export of customers that rules ask for, by the names
    that they have there. Reading again gives the same records, so importing again changes nothing.
    """

    platform: ClassVar[str] = "csv"

    def __init__(
        self,
        path: Path | str,
        *,
        currency: str,
        timezone: str,
        mapping: Mapping[str, str] | None = None,
        fields: Mapping[str, str] | None = None,
    ) -> None:
        self.currency = currency.upper()
        self.timezone = timezone
        self._zone = time_zone(timezone)
        self._table = Table(Path(path))
        self._form = _form(self._table, mapping, fields or {})

    @property
    def form(self) -> str:
        """The form of the file: "shopify-orders", "shopify-customers", "skyverge-items", …, or "map"."""
        return self._form.name

    @property
    def of_customers(self) -> bool:
        """Whether the file holds customers, and no orders."""
        return isinstance(self._form, ShopifyCustomers)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was decided where the file leaves a doubt; the whole file is looked at."""
        return self._survey().problems

    def check(self) -> ShopCheck:
        """What the file is; `customers` is their number in a file of customers. A file cannot say whose shop it is."""
        reading = self._survey()
        customers = reading.rows if self.of_customers else None
        return ShopCheck(
            shop_id="",
            name=self._table.path.name,
            currency=self.currency,
            timezone=self.timezone,
            customers=customers,
            problems=reading.problems,
        )

    def customers(self, since: str | None = None) -> Iterator[Page[CustomerRecord]]:  # noqa: ARG002 - a file has no past
        """The customers of the file, all of them each time."""
        form = self._form
        if isinstance(form, ShopifyCustomers):
            reading = self._survey()
            yield from _pages(self._read_customers(form), reading, form.doubts, expected=reading.rows)

    def orders(self, since: str | None = None) -> Iterator[Page[OrderRecord]]:  # noqa: ARG002
        """The orders of the file, all of them each time, by their number as text."""
        form = self._form
        if not isinstance(form, ShopifyCustomers):
            reading = self._survey()
            yield from _pages(self._read_orders(form, reading), reading, partial(_order_doubts, form, reading))

    def checkouts(self, since: str | None = None) -> Iterator[Page[CheckoutRecord]]:  # noqa: ARG002
        """None: no export has them."""
        yield from ()

    def order(self, order_id: str) -> OrderRecord | None:
        """The order of that number, found by reading the file."""
        return next((order for page in self.orders() for order in page.records if order.id == order_id), None)

    def products(self, product_ids: Sequence[str]) -> tuple[ProductRecord, ...]:  # noqa: ARG002
        """None: a line's own product is all that an export says."""
        return ()

    def _survey(self) -> Reading:
        return survey(self._table, self._form.dated, self._form.counted, zone=self._zone, currency=self.currency)

    def _read_customers(self, form: CustomerForm) -> Iterator[CustomerRecord | Rejected]:
        columns = Columns(self._table, form.columns)
        for row in columns.rows():
            try:
                yield form.customer(columns.cells(row))
            except RecordError as error:
                yield _rejected(None, [row], error)

    def _read_orders(self, form: OrderForm, reading: Reading) -> Iterator[OrderRecord | Rejected]:
        columns = Columns(self._table, form.columns)
        for group, rows in grouped(_keyed(columns, form, reading)):
            try:
                told = [columns.cells(row) for row in rows]
                parts = list(form.divide(group, told, reading))
            except RecordError as error:
                yield _rejected(None if group.startswith(_ALONE) else group, rows, error)
                continue
            row_of = {id(cells): row for cells, row in zip(told, rows, strict=True)}
            for id_, part in parts:
                try:
                    yield form.order(id_, part, reading)
                except RecordError as error:
                    yield _rejected(id_, [row_of[id(cells)] for cells in part], error)


def _form(table: Table, mapping: Mapping[str, str] | None, fields: Mapping[str, str]) -> OrderForm | ShopifyCustomers:
    if fields:
        return _with_fields(table, fields)
    if mapping:
        return MappedOrders(table, mapping)
    form = ShopifyOrders.recognise(table) or ShopifyCustomers.recognise(table, {}) or WooOrders.recognise(table)
    if form is None:
        raise SettingsError(
            f"{table.path.name} is no export that is known; its columns are: {', '.join(table.columns)[:2000]}.",
            remedy=f"Say which columns to read, for example: {example(table.columns)}",
        )
    return form


def _with_fields(table: Table, fields: Mapping[str, str]) -> ShopifyCustomers:
    form = ShopifyCustomers.recognise(table, fields)
    if form is None:
        raise SettingsError(
            f"{table.path.name} is no export of customers, so it has no fields of theirs.",
            remedy="Give --fields with the export of customers only.",
        )
    for column in fields.values():
        if table.place(column) is None:
            raise SettingsError(
                f"{table.path.name} has no column {column!r}; its columns are: {', '.join(table.columns)[:2000]}.",
                remedy="Write the column's name as it stands in the first line of the file.",
            )
    return form


def _keyed(columns: Columns, form: OrderForm, reading: Reading) -> Iterator[tuple[str, Row]]:
    """Each row with its group. One that cannot be read spoils its order, rather than make that smaller."""
    for row in columns.rows():
        if row.fault and not form.several_rows:
            yield f"{_ALONE}{row.line}", row
            continue
        try:
            yield form.group(columns.named(row), reading), row
        except RecordError as error:
            yield f"{_ALONE}{row.line}", row._replace(fault=row.fault or str(error))


def _rejected(id_: str | None, rows: Sequence[Row], error: RecordError) -> Rejected:
    lines = f"Line {rows[0].line}" if len(rows) == 1 else f"Lines {rows[0].line} to {rows[-1].line}"
    payload = msgspec.json.encode([row.cells for row in rows[:10]]).decode()
    return Rejected(id_, payload[:PAYLOAD], f"{lines}: {error}")


def _pages(
    found: Iterable[Record | Rejected],
    reading: Reading,
    doubts: Callable[[], Iterable[str]],
    expected: int | None = None,
) -> Iterator[Page[Record]]:
    """Pages of at most PAGE records; the first says what was decided, the last what only the whole file showed."""
    warnings: tuple[str, ...] = tuple(f"{problem.message} {problem.remedy}" for problem in reading.problems)
    records: list[Record] = []
    rejected: list[Rejected] = []
    for item in found:
        if isinstance(item, Rejected):
            rejected.append(item)
        else:
            records.append(item)
        if len(records) + len(rejected) == PAGE:
            yield Page(tuple(records), rejected=tuple(rejected), warnings=warnings, expected=expected)
            records, rejected = [], []
            warnings = ()
    yield Page(tuple(records), rejected=tuple(rejected), warnings=(*warnings, *doubts()), expected=expected)


def _order_doubts(form: OrderForm, reading: Reading) -> Iterator[str]:
    if reading.unknown_statuses:
        words = ", ".join(sorted(reading.unknown_statuses))
        yield f"Orders in a state that is not known were taken as paid: {words}."
    yield from form.doubts(reading)
