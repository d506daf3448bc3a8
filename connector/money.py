"""Money as integer minor units of a currency."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from connector.errors import RecordError

LARGEST = 10**15
"""The largest amount, or number of articles, that is believed: ten thousand billion euros.

Nine thousand such amounts still add up within the 64 bits that SQLite and PostgreSQL sum in.
"""

_MINOR_UNITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_DECIMALS = {code: digits for digits, codes in _MINOR_UNITS.items() for code in codes.split()}
"""Where ISO 4217 has not 2 digits. CLDR's are for display: by them an amount in Serbian dinars would lose its paras."""


def decimals(currency: str) -> int:
    """The digits after the point of `currency` (ISO 4217): 2 for EUR, 0 for JPY, 3 for TND."""
    return _DECIMALS.get(currency, 2)


def minor_units(amount: str | int | Decimal, currency: str) -> int:
    """`amount` in the minor units of `currency`, halves rounded away from zero; RecordError where it is no amount."""
    try:
        value = Decimal(amount)
        if value.adjusted() > 18:
            raise RecordError(f"{value:.3e} is too large for an amount.")
        whole = int(value.scaleb(decimals(currency)).to_integral_value(ROUND_HALF_UP))
    except (InvalidOperation, ValueError, OverflowError) as error:
        raise RecordError(f"{str(amount)[:40]!r} is not an amount.") from error
    believed(whole)
    return whole


def major_units(amount: int, currency: str) -> Decimal:
    """`amount` minor units as a decimal number of the currency itself: 1250 EUR is 12.50."""
    return Decimal(amount).scaleb(-decimals(currency))


def believed(*numbers: int) -> None:
    """RecordError where one of the numbers is beyond LARGEST, for then their sum could be beyond what is counted in."""
    for number in numbers:
        if not -LARGEST <= number <= LARGEST:
            raise RecordError(f"{Decimal(number):.3e} is too large for an amount.")
