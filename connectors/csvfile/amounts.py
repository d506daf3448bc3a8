"""Amounts as shops and spreadsheets write them: 1234.56, 1 234,56, 1.234,56 €, (12,00)."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from connector.errors import RecordError

MOST = 2**31
"""Pieces of a line; more is no quantity."""
COMMA, POINT, EITHER, WHOLE = ",", ".", "either", "whole"

_BLANKS = re.compile(r"[\s'’$¢-¥₠-₿﷼]")  # spaces of any width group digits; in Switzerland apostrophes do
_NUMBER = re.compile(
    r"(?P<open>\()?(?:[A-Za-z]{3})?(?P<sign>[-+−])?(?:[A-Za-z]{3})?"
    r"(?P<digits>(?=[.,]*\d)[\d.,]+)"
    r"(?:[A-Za-z]{3})?(?P<trail>-)?(?P<close>\))?"
)
_GROUPED = re.compile(r"\d{1,3}(?:[.,]\d{2,3})*[.,]\d{3}")  # by threes, in India by twos before the last three
_ONE_GROUP = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")


@lru_cache(maxsize=8192)
def mark(text: str) -> str | None:
    """The decimal mark of an amount: COMMA, POINT, EITHER where 1.234 could have both, WHOLE where it has none.

    None where it is no amount.
    """
    found = _NUMBER.fullmatch(_BLANKS.sub("", text))
    if found is None or bool(found["open"]) is not bool(found["close"]):
        return None
    digits = found["digits"]
    points, commas = digits.count("."), digits.count(",")
    if points + commas == 0:
        return WHOLE
    if points and commas:
        decimal = max(COMMA, POINT, key=digits.rindex)
    elif points + commas > 1:  # they can only group: 1.234.567
        decimal = COMMA if points else POINT
    elif _ONE_GROUP.fullmatch(digits):
        return EITHER
    else:
        decimal = POINT if points else COMMA
    whole = digits.rpartition(decimal)[0] if decimal in digits else digits
    regular = whole.isdigit() or not whole or _GROUPED.fullmatch(whole)
    return decimal if regular and decimal not in whole else None


@lru_cache(maxsize=8192)
def number(text: str, *, comma: bool) -> Decimal:
    """The number of `text`; `comma` says what 1,234 and 1.234 are where they could be both. RecordError where none."""
    own = mark(text)
    found = _NUMBER.fullmatch(_BLANKS.sub("", text))
    if own is None or found is None:
        raise RecordError(f"{text[:40]!r} is not a number.")
    decimal = own if own in {COMMA, POINT} else (COMMA if comma else POINT)
    value = Decimal(found["digits"].replace(POINT if decimal == COMMA else COMMA, "").replace(COMMA, POINT))
    negative = found["open"] or found["trail"] or found["sign"] in {"-", "−"}
    return -value if negative else value


def pieces(quantity: Decimal) -> int:
    """A quantity as whole pieces, halves rounded away from zero; RecordError where it is none."""
    if abs(quantity) > MOST:
        raise RecordError(f"{quantity:.3g} is not a quantity.")
    return int(quantity.to_integral_value(ROUND_HALF_UP))
