"""What a cell says once a spreadsheet's habits are taken off."""

from __future__ import annotations

import re
from functools import lru_cache

from connector.errors import RecordError

_SHORTENED = re.compile(r"\d(?:[.,]\d+)?E\+?\d+", re.IGNORECASE)
_FRACTION = re.compile(r"(\d+)[.,]0+")
_NOBODY = frozenset({"", "0", "-", "nan", "null", "none", "n/a", "#n/a"})


LONGEST = 80
"""Characters of a cell that can be an amount, a date or an id; what is longer is neither read nor remembered whole."""


def short(cell: str) -> str:
    """A cell that is no longer than an amount or a date; one that was is now neither."""
    return cell if len(cell) <= LONGEST else f"{cell[:LONGEST]}…"


def text(cell: str) -> str | None:
    """The text of a cell, None where it is blank; without the apostrophe that keeps a spreadsheet from calculating."""
    cell = cell.strip()
    if cell.startswith("'") and cell[1:2] in tuple("=+-@0123456789"):
        cell = cell[1:]
    return cell or None


def identifier(cell: str) -> str | None:
    """The id in a cell, None where it is blank; RecordError where a spreadsheet has rounded it to 7.41E+12."""
    return _identifier(cell) if len(cell) <= LONGEST else text(cell)


def person(cell: str) -> str | None:
    """The customer id in a cell; None where files write that there is none: blank, 0, NaN, NULL."""
    found = identifier(cell)
    return None if found is None or found.casefold() in _NOBODY else found


def country(*cells: str) -> str | None:
    """The first cell that is an ISO code of a country."""
    codes = (cell.strip().upper() for cell in cells)
    return next((code for code in codes if len(code) == 2 and code.isascii() and code.isalpha()), None)


@lru_cache(maxsize=8192)
def _identifier(cell: str) -> str | None:
    found = text(cell)
    if found is None:
        return None
    if _SHORTENED.fullmatch(found):
        raise RecordError(
            f"A spreadsheet has shortened the number {found}.", remedy="Export the file again and do not save it there."
        )
    whole = _FRACTION.fullmatch(found)
    return whole[1] if whole else found
