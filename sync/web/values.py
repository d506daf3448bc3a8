"""Values that several pages show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units of its currency."""

    minor: int
    currency: str

    @staticmethod
    def of(report: Mapping[str, Any] | None) -> Money | None:
        """The amount of a report's {"minor", "currency"}; None where it has none."""
        return None if report is None else Money(report["minor"], report["currency"])
