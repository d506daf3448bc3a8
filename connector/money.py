"""Money as integer minor units of a currency."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache

from babel.core import get_global

from connector.errors import RecordError

LARGEST = 2**63 - 1
"""The largest amount that both SQLite and PostgreSQL hold as an integer."""


@lru_cache(maxsize=256)
def decimals(currency: str) -> int:
    """The digits after the point of `currency` (ISO 4217, as CLDR has them): 2 for EUR, 0 for JPY, 3 for TND."""
    fractions = get_global("currency_fractions")
    return int(fractions.get(currency, fractions["DEFAULT"])[0])


def minor_units(amount: str | int | Decimal, currency: str) -> int:
    """`amount` in the minor units of `currency`, halves rounded away from zero; RecordError where it is no amount."""
    try:
        value = Decimal(amount)
        if value.adjusted() > 18:
            raise RecordError(f"{str(amount)[:40]!r} is too large for an amount.")
        whole = int(value.scaleb(decimals(currency)).to_integral_value(ROUND_HALF_UP))
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise RecordError(f"{str(amount)[:40]!r} is not an amount.") from error
    if abs(whole) > LARGEST:
        raise RecordError(f"{str(amount)[:40]!r} is too large for an amount.")
    return whole


def major_units(amount: int, currency: str) -> Decimal:
    """`amount` minor units as a decimal number of the currency itself: 1250 EUR is 12.50."""
    return Decimal(amount).scaleb(-decimals(currency))
