"""Tables as files for spreadsheets, in which nothing that a customer typed is taken for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Literal, TypeAlias

Form: TypeAlias = Literal["plain", "fr"]
"""plain: commas, 12.50, 2026-06-30. fr: as a French spreadsheet opens it, with semicolons, 12,50 and 30/06/2026."""
Cell: TypeAlias = str | int | Decimal | date | None
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a cell begins with that spreadsheets work out."""


def lines(rows: Iterable[Iterable[Cell]], form: Form) -> Iterator[bytes]:
    """The rows as lines of a file in UTF-8; the French form begins with the mark by which Excel knows that."""
    if form == "fr":
        yield "\ufeff".encode()
    for row in rows:
        line = io.StringIO()
        csv.writer(line, delimiter=";" if form == "fr" else ",").writerow([_written(cell, form) for cell in row])
        yield line.getvalue().encode()


def _written(cell: Cell, form: Form) -> str:
    """A cell's text; one that somebody typed is told from a formula by an apostrophe, numbers are as they are."""
    match cell:
        case None:
            return ""
        case date():
            return f"{cell:%d/%m/%Y}" if form == "fr" else cell.isoformat()
        case str():
            return f"'{cell}" if cell.startswith(FORMULAS) else cell
    return f"{cell:f}".replace(".", ",") if form == "fr" and isinstance(cell, Decimal) else str(cell)
