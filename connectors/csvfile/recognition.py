"""What can be told of a CSV file before it is read: its form, its columns, its first rows, and what they may mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from connector.errors import SettingsError
from connectors.csvfile.cells import short
from connectors.csvfile.shopify import ShopifyCustomers, ShopifyOrders
from connectors.csvfile.table import Row, Table
from connectors.csvfile.woocommerce import WooOrders

FIRST = 5
"""So many rows are shown."""

_USUAL = {  # what columns are often called; an address of a customer is no number of theirs
    "email": ("mail", "courriel"),
    "placed_at": ("date", "placed", "created", "time", "jour"),
    "total": ("total", "amount", "montant", "ttc", "revenue"),
    "order": ("order", "commande", "invoice", "facture"),
    "customer": ("customer", "client", "user"),
    "currency": ("currency", "devise"),
}
_CURRENCY = ("currency", "order_currency", "devise")


@dataclass(frozen=True, slots=True)
class Recognition:
    """`form` is None of a file of no known form; `meanings` then guesses columns by our words, see `parse_mapping`.

    `currency` is what the first row says, None where it says nothing.
    """

    form: str | None
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    meanings: dict[str, str]
    currency: str | None


def recognised(path: Path) -> Recognition:
    """What a file is; SettingsError where it is no CSV, has no header, or nothing stands below it."""
    table = Table(path)
    rows = list(islice(_whole(table), FIRST))
    if not rows:
        raise SettingsError(f"{path.name} has a header and no rows.", remedy="Export it again.")
    form = ShopifyOrders.recognise(table) or ShopifyCustomers.recognise(table, {}) or WooOrders.recognise(table)
    return Recognition(
        None if form is None else form.name,
        table.columns,
        tuple(tuple(short(cell) for cell in row.cells) for row in rows),
        {} if form is not None else meanings(table.columns),
        _currency(table, rows[0]),
    )


def meanings(columns: Sequence[str]) -> dict[str, str]:
    """What columns may mean, by their names: a column for each of our words that one was found for."""
    free, found = list(columns), {}
    for word, usual in _USUAL.items():
        column = next((name for name in free for part in usual if part in name.casefold()), None)
        if column is not None:
            free.remove(column)
            found[word] = column
    return found


def _whole(table: Table) -> list[Row]:
    """The rows that can be read, among the first."""
    return [row for row in islice(table.rows(), 10 * FIRST) if not row.fault]


def _currency(table: Table, row: Row) -> str | None:
    for name in _CURRENCY:
        place = table.place(name)
        if place is not None and len(code := row.cells[place].strip().upper()) == 3 and code.isalpha():
            return code
    return None
