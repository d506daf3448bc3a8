"""Shopify's search strings, as far as the fake understands them (shopify.dev/docs/api/usage/search-syntax).

A field that the resource does not have is ignored, all rows come back, and only a warning says so: as the vendor does.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

TERM = re.compile(r"""(?P<field>\w+):(?P<compare>>=|<=|>|<)?(?P<value>'[^']*'|"[^"]*"|\S+)""")
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "": operator.eq,
}
Getter = Callable[[Any], Any]
Warnings = list[dict[str, str]]


def search(text: str | None, fields: Mapping[str, Getter]) -> tuple[Callable[[Any], bool], Warnings]:
    """What a search string keeps, and the warnings about what it cannot use; terms are joined by AND."""
    tests = []
    warnings: Warnings = []
    for term in TERM.finditer(text or ""):
        name, raw = term["field"], term["value"]
        if name not in fields:
            warnings.append(_warning(name))
        elif raw[0] not in "'\"" and ":" in raw:  # an unquoted time falls apart at its colons
            warnings.append(_warning(raw.partition(":")[0][-2:]))
        else:
            tests.append(_test(fields[name], COMPARE[term["compare"] or ""], raw.strip("'\"")))
    return lambda row: all(test(row) for test in tests), warnings


def _test(getter: Getter, compare: Callable[[Any, Any], bool], text: str) -> Callable[[Any], bool]:
    """Values are compared as what they are: times, whole days, numbers or words without regard to case."""

    def test(row: Any) -> bool:  # noqa: ANN401 - whatever is searched
        value = getter(row)
        if isinstance(value, datetime):
            return compare(value, _instant(text))
        if isinstance(value, date):
            return compare(value, _instant(text).date())
        if isinstance(value, int):
            return compare(value, int(text))
        return str(value).casefold() == text.casefold()

    return test


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _warning(field: str) -> dict[str, str]:
    return {"field": field, "message": "Invalid search field for this query.", "code": "invalid_field"}
