"""What is assumed of a file of orders that does not say it: the currency of its amounts, and the zone of its days."""

from __future__ import annotations

from babel.dates import LOCALTZ

CURRENCY = "EUR"
_ZONE = "Europe/Paris"
_NOBODYS = {None, "UTC", "Etc/UTC", "Etc/GMT", "GMT"}
"""What the clocks of servers show: it says nothing of a shop."""


def zone() -> str:
    """The time zone of this computer where it has one of a place, else that of Paris, as the currency is the euro."""
    own: str | None = getattr(LOCALTZ, "key", None)
    return _ZONE if own in _NOBODYS else str(own)
