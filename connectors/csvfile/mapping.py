"""Any other file, by a mapping from our words to its columns: customer=client_no,placed_at=date,total=montant."""

from __future__ import annotations

import csv
import difflib
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from connector.errors import RecordError, SettingsError
from connector.money import minor_units
from connector.records import LineRecord, OrderRecord
from connectors.csvfile import dates
from connectors.csvfile.amounts import pieces
from connectors.csvfile.cells import identifier, person, text
from connectors.csvfile.reading import Cells, Reading
from connectors.csvfile.settle import settled
from connectors.csvfile.table import Table

WORDS = (
    "customer", "email", "order", "placed_at", "total", "quantity", "price", "product",
    "currency", "status", "refunded",
)  # fmt: skip

_USUAL = {  # what columns are often called, to make an example from a file's own header
    "customer": ("customer", "client", "user"),
    "placed_at": ("date", "placed", "created", "time", "jour"),
    "total": ("total", "amount", "montant", "ttc", "revenue"),
    "order": ("order", "commande", "invoice", "facture"),
    "email": ("mail", "courriel"),
}
_ENOUGH = 5
"""Orders of several rows, all with the same totals, before that is called a doubt."""


def parse_mapping(said: str, option: str = "--map") -> dict[str, str]:
    """The mapping written as customer=COL,placed_at=COL,…; a part with a comma is quoted. SettingsError else."""
    mapping: dict[str, str] = {}
    for part in next(csv.reader([said], skipinitialspace=True), []):
        word, equals, column = (piece.strip() for piece in part.partition("="))
        if not (word and equals and column):
            raise SettingsError(f"{part!r} in {option} names no column.", remedy="Write it as NAME=COLUMN.")
        if word in mapping:
            raise SettingsError(f"{option} names {word} twice.", remedy="Name it once.")
        mapping[word] = column
    return mapping


def example(columns: Sequence[str]) -> str:
    """A --map for a file with these columns, as far as their names tell."""
    free = list(columns)
    parts = []
    for word, usual in _USUAL.items():
        column = next((name for name in free for part in usual if part in name.casefold()), None)
        if column is not None:
            free.remove(column)
        if column is not None or word in {"customer", "placed_at", "total"}:
            part = f"{word}={column or 'COLUMN'}"
            parts.append(f'"{part}"' if "," in part else part)
    return f"--map '{','.join(parts)}'"


class MappedOrders:
    """A file whose columns the user named.

    Rows that share an `order` are lines of one order: its total is their sum, its time the earliest. Without that
    column each row is an order. Its id is made of the customer, the time and a number among the orders of both; so a
    file imported again, or another that holds whole days of it, brings the same orders, and equal rows stay apart.
    """

    name = "map"

    def __init__(self, table: Table, mapping: Mapping[str, str]) -> None:
        _check_words(mapping)
        _check_columns(mapping, table)
        self.column = {word: mapping.get(word, "") for word in WORDS}
        self.columns = tuple(mapping.values())
        self.several_rows = "order" in mapping
        self.dated = (self.column["placed_at"],)
        self.counted = tuple(mapping[word] for word in ("total", "quantity", "price", "refunded") if word in mapping)

    def group(self, cells: Cells, reading: Reading) -> str:
        """The order's number, or else its customer and time."""
        if self.several_rows:
            found = identifier(self._cell(cells, "order"))
            if found is None:
                raise RecordError(f"{self.column['order']}: there is none.")
            return found
        when = reading.moment(cells, self.column["placed_at"])
        if when is None:
            raise RecordError(f"{self.column['placed_at']}: there is no date.")
        email = text(self._cell(cells, "email")) or ""
        who = person(self._cell(cells, "customer")) or email.casefold()
        return f"{dates.stamp(when)}-{hashlib.blake2b(who.encode(), digest_size=6).hexdigest()}"

    def divide(self, group: str, rows: Sequence[Cells], reading: Reading) -> Iterator[tuple[str, Sequence[Cells]]]:
        """The order of the rows, or an order for each of them: by content, whatever the order of the file."""
        if self.several_rows:
            yield group, rows
            return
        ranked = sorted(rows, key=lambda cells: self._content(cells, reading)) if len(rows) > 1 else rows
        for place, cells in enumerate(ranked, 1):
            yield f"{group}-{place}", (cells,)

    def order(self, id_: str, rows: Sequence[Cells], reading: Reading) -> OrderRecord:
        """The order of its rows: the sum of their totals, at the earliest of their times."""
        totals = [self._total(cells, reading) for cells in rows]
        known = [total for total in totals if total is not None]
        if not known:
            raise RecordError(f"{self.column['total'] or self.column['price']}: there is none.")
        self._look_for_repeated_totals(known, reading)
        currency = reading.order_currency(
            {self.column["currency"]: self._first(rows, "currency")}, self.column["currency"]
        )
        order = OrderRecord(
            id=id_,
            placed_at=reading.earliest(rows, self.column["placed_at"]),
            status=reading.status(self._first(rows, "status")),
            platform_status=text(self._first(rows, "status")),
            currency=currency,
            total=minor_units(sum(known, Decimal(0)), currency),
            customer_id=next((who for cells in rows if (who := person(self._cell(cells, "customer")))), None),
            email=text(self._first(rows, "email")),
            lines=tuple(self._lines(rows, totals, currency, reading)),
        )
        if not self.column["refunded"]:
            return settled(order)
        back = [abs(reading.amount(cells, self.column["refunded"]) or Decimal(0)) for cells in rows]
        return settled(order, refunded=minor_units(sum(back, Decimal(0)), currency))

    def doubts(self, reading: Reading) -> tuple[str, ...]:
        """That `total` seems to be each order's, not each line's."""
        if reading.orders_of_several_rows < _ENOUGH or reading.orders_of_equal_rows < reading.orders_of_several_rows:
            return ()
        return (
            f"Every order's rows repeat one {self.column['total']}, and they were added up:"
            " if it is the order's total, map quantity and price instead.",
        )

    def _cell(self, cells: Cells, word: str) -> str:
        return cells.get(self.column[word], "")

    def _first(self, rows: Sequence[Cells], word: str) -> str:
        return next((cell for cells in rows if (cell := self._cell(cells, word).strip())), "")

    def _total(self, cells: Cells, reading: Reading) -> Decimal | None:
        """What a row adds to its order; None where the row does not say."""
        if self.column["total"]:
            return reading.amount(cells, self.column["total"])
        price = reading.amount(cells, self.column["price"])
        return None if price is None else price * self._quantity(cells, reading)

    def _quantity(self, cells: Cells, reading: Reading) -> Decimal:
        found = reading.amount(cells, self.column["quantity"])
        return Decimal(1) if found is None else found

    def _lines(
        self, rows: Sequence[Cells], totals: Sequence[Decimal | None], currency: str, reading: Reading
    ) -> Iterator[LineRecord]:
        if not (self.column["product"] or self.column["quantity"]):
            return
        for cells, total in zip(rows, totals, strict=True):
            yield LineRecord(
                product_id=identifier(self._cell(cells, "product")),
                quantity=pieces(self._quantity(cells, reading)),
                total=minor_units(total or Decimal(0), currency),
            )

    def _content(self, cells: Cells, reading: Reading) -> list[str]:
        """What the row says, written in one way."""
        return [self._plain(cells, column, reading) for column in self.columns if column not in self.dated]

    def _plain(self, cells: Cells, column: str, reading: Reading) -> str:
        try:
            found = reading.amount(cells, column) if column in self.counted else None
        except RecordError:
            found = None
        return cells[column].strip() if found is None else f"{found.normalize():f}"

    def _look_for_repeated_totals(self, totals: Sequence[Decimal], reading: Reading) -> None:
        if self.column["total"] and len(totals) > 1:
            reading.orders_of_several_rows += 1
            reading.orders_of_equal_rows += totals[0] != 0 and len(set(totals)) == 1


def _check_words(mapping: Mapping[str, str]) -> None:
    unknown = next((word for word in mapping if word not in WORDS), None)
    if unknown is not None:
        near = difflib.get_close_matches(unknown, WORDS, 1, 0.5)
        remedy = f"Did you mean {near[0]}? " if near else ""
        raise SettingsError(f"--map does not know {unknown!r}.", remedy=f"{remedy}It takes {', '.join(WORDS)}.")
    missing = [
        said
        for said, words in (
            ("placed_at", ("placed_at",)),
            ("total", ("total", "price")),
            ("customer", ("customer", "email")),
        )
        if not any(word in mapping for word in words)
    ]
    if missing:
        raise SettingsError(
            f"--map must also name {', '.join(missing)}.",
            remedy="Write total=COLUMN, and so on; price with quantity can stand for total, and email for customer.",
        )


def _check_columns(mapping: Mapping[str, str], table: Table) -> None:
    missing = next((column for column in mapping.values() if table.place(column) is None), None)
    if missing is None:
        return
    by_case = {column.casefold(): column for column in table.columns}
    near = difflib.get_close_matches(missing.casefold(), by_case, 1, 0.5)
    remedy = f"Did you mean {by_case[near[0]]!r}? " if near else ""
    raise SettingsError(
        f"{table.path.name} has no column {missing!r}.", remedy=f"{remedy}Its columns are: {', '.join(table.columns)}."
    )
