"""People by two scores from 1 to 5: how recently they bought, and how often and how much."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from connector.catalogue import Family
from connector.judging.figures import money
from connector.segments import currency_of
from connector.sizes import sizes

SCORES = range(1, 6)

_TEXT = {"fr": "RFM", "en": "RFM"}


def rule(recency: int, value: int) -> str:
    """The rule of a cell; `value` is half of what frequency and money score together, halves left out."""
    money_of = {f: [m for m in SCORES if (f + m) // 2 == value] for f in SCORES}
    cells = [f"rfm_f = {f} AND {_between(ms[0], ms[-1])}" for f, ms in money_of.items() if ms]
    either = " OR ".join(cells)
    return f"rfm_r = {recency} AND {f'({either})' if len(cells) > 1 else either}"


def _between(low: int, high: int) -> str:
    return f"rfm_m = {low}" if low == high else f"rfm_m BETWEEN {low} AND {high}"


def grid(connection: Connection, as_of: int) -> list[dict[str, Any]]:
    """Each of the 25 cells with its rule, its people and what they have spent, net of refunds."""
    cells = [(recency, value) for recency in reversed(SCORES) for value in SCORES]
    stages = [
        {"key": f"r{r}v{v}", "rule": rule(r, v), "label": _TEXT, "tag": _TEXT, "description": _TEXT} for r, v in cells
    ]
    family = Family.model_validate(
        {"key": "grid", "version": 1, "label": _TEXT, "description": _TEXT, "stages": stages}
    )
    found, currency = sizes(connection, [family], as_of)["grid"], currency_of(connection)
    return [
        {
            "recency": recency,
            "value": value,
            "rule": rule(recency, value),
            "people": size.people,
            "revenue": money(size.revenue, currency),
        }
        for (recency, value), size in zip(cells, found, strict=True)
    ]
