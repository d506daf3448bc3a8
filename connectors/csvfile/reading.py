"""How one file writes its dates and amounts: looked at as a whole before the first record is made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from connector.errors import RecordError, SettingsError
from connector.money import minor_units
from connector.records import OrderStatus
from connector.source import Problem
from connectors.csvfile import amounts, dates, statuses
from connectors.csvfile.cells import short
from connectors.csvfile.table import Table

Cells = Mapping[str, str]
"""A row's cells by the column's name; a column that the file has not is a blank."""

MANY = 20
"""As many words are remembered, and as many cells are enough to judge a column by most of them."""


@dataclass
class Reading:
    """Reads the cells of one file. `commas` holds the columns whose decimal mark is a comma."""

    zone: ZoneInfo
    currency: str
    day_first: bool = True
    commas: frozenset[str] = frozenset()
    rows: int = 0
    problems: tuple[Problem, ...] = ()
    unknown_statuses: set[str] = field(default_factory=set)
    orders_of_several_rows: int = 0
    orders_of_equal_rows: int = 0

    def amount(self, cells: Cells, column: str) -> Decimal | None:
        """The number in a cell, None where it is blank; RecordError where it is none."""
        text = cells.get(column, "")
        if not text.strip():
            return None
        try:
            return amounts.number(short(text), comma=column in self.commas)
        except RecordError as error:
            raise RecordError(f"{column}: {error}") from error

    def money(self, cells: Cells, column: str, currency: str) -> int:
        """The amount in a cell in minor units, 0 where it is blank."""
        return minor_units(self.amount(cells, column) or Decimal(0), currency)

    def moment(self, cells: Cells, column: str) -> datetime | None:
        """The date in a cell as it is written there, None where it is blank; RecordError where it is none."""
        text = cells.get(column, "")
        if not text.strip():
            return None
        try:
            return dates.moment(short(text), day_first=self.day_first)
        except RecordError as error:
            raise RecordError(f"{column}: {error}") from error

    def instant(self, cells: Cells, column: str) -> datetime | None:
        """The date in a cell as an instant in UTC, None where it is blank."""
        found = self.moment(cells, column)
        return found and dates.instant(found, self.zone)

    def earliest(self, rows: Iterable[Cells], column: str) -> datetime:
        """The earliest instant of a column; RecordError where no row has one."""
        found = [when for cells in rows if (when := self.instant(cells, column)) is not None]
        if not found:
            raise RecordError(f"{column}: there is no date.")
        return min(found)

    def order_currency(self, cells: Cells, column: str) -> str:
        """The currency in a cell, the shop's own where it is blank; RecordError where it is no currency."""
        text = cells.get(column, "").strip().upper()
        code = {"": self.currency, "€": "EUR", "£": "GBP"}.get(text, text)
        if len(code) != 3 or not (code.isascii() and code.isalpha()):
            raise RecordError(f"{column}: {text[:40]!r} is not a currency.")
        return code

    def status(self, word: str) -> OrderStatus:
        """What a word for an order's state means: paid where the word is unknown, which is remembered, or blank."""
        if not word.strip():
            return OrderStatus.PAID
        known = statuses.status(short(word))
        if known is None and len(self.unknown_statuses) < MANY:
            self.unknown_statuses.add(word.strip()[:40])
        return known or OrderStatus.PAID


def survey(table: Table, dated: Iterable[str], counted: Iterable[str], *, zone: ZoneInfo, currency: str) -> Reading:
    """How `table` writes the dates of the columns `dated` and the amounts of `counted`.

    SettingsError where a column is not what it is taken for: most of its cells are no dates, or no amounts.
    """
    date_places = [(name, place) for name in dated if (place := table.place(name)) is not None]
    amount_places = [(name, place) for name in counted if (place := table.place(name)) is not None]
    kinds: dict[str, Counter[str | None]] = {name: Counter() for name, _ in date_places}
    marks: dict[str, Counter[str | None]] = {name: Counter() for name, _ in amount_places}
    rows = faults = 0
    for row in table.rows():
        rows += 1
        if row.fault:
            faults += 1
            continue
        for name, place in date_places:
            if (cell := row.cells[place]) and not cell.isspace():
                kinds[name][dates.parts(short(cell))] += 1
        for name, place in amount_places:
            if (cell := row.cells[place]) and not cell.isspace():
                marks[name][amounts.mark(short(cell))] += 1
    if _mostly(faults, rows):
        raise SettingsError(
            f"{faults} of the {rows} rows of {table.path.name} have not the cells that its header names.",
            remedy="Export it again; a file that was edited by hand may lack quotation marks.",
        )
    _refuse_wrong_columns(table, kinds, "dates")
    _refuse_wrong_columns(table, marks, "amounts")
    day_first, date_problems = _day_first(sum(kinds.values(), Counter()))
    commas, amount_problems = _commas(marks, by_default=table.separator == ";")
    empty = () if rows else (Problem(f"{table.path.name} has a header and no rows.", "Export it again."),)
    return Reading(zone, currency, day_first, commas, rows, (*empty, *date_problems, *amount_problems))


def _mostly(bad: int, whole: int) -> bool:
    return bad > 0 and (bad == whole or (whole >= MANY and bad * 2 > whole))


def _refuse_wrong_columns(table: Table, found: Mapping[str, Counter[str | None]], what: str) -> None:
    for name, kinds in found.items():
        if _mostly(kinds[None], kinds.total()):
            raise SettingsError(
                f"The column {name!r} of {table.path.name} does not hold {what}: {kinds[None]} of its"
                f" {kinds.total()} cells cannot be read.",
                remedy="Name another column, or correct the file.",
            )


def _day_first(kinds: Counter[str | None]) -> tuple[bool, tuple[Problem, ...]]:
    day, month, either = kinds[dates.DAY_FIRST], kinds[dates.MONTH_FIRST], kinds[dates.EITHER]
    day_first = day >= month
    chosen = "day/month/year" if day_first else "month/day/year"
    if day and month:
        said = f"Some dates can only be day/month/year ({day}), others only month/day/year ({month})"
    elif either and not (day or month):
        said = "No date of the file says whether days or months come first"
    else:
        return day_first, ()
    remedy = "If that is wrong, write the dates as 2026-12-31."
    return day_first, (Problem(f"{said}: {chosen} is assumed.", remedy),)


def _commas(
    marks: Mapping[str, Counter[str | None]], *, by_default: bool
) -> tuple[frozenset[str], tuple[Problem, ...]]:
    """The columns with decimal commas; one that does not say follows the others, and all silent, the separator."""
    whole: Counter[str | None] = sum(marks.values(), Counter())
    fallback = whole[amounts.COMMA] > whole[amounts.POINT]
    if not (whole[amounts.COMMA] or whole[amounts.POINT]):
        fallback = by_default
    commas = frozenset(
        name
        for name, found in marks.items()
        if (found[amounts.COMMA] > found[amounts.POINT] if found[amounts.COMMA] or found[amounts.POINT] else fallback)
    )
    if whole[amounts.EITHER] and not (whole[amounts.COMMA] or whole[amounts.POINT]):
        chosen = "comma" if fallback else "point"
        message = f"No amount of the file says what its decimal mark is: a {chosen} is assumed."
        return commas, (Problem(message, "If that is wrong, write the amounts with two decimals."),)
    return commas, ()
