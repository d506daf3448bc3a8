"""The words that rules are made of, for whoever helps to write one."""

from __future__ import annotations

from connector.query.attributes import ATTRIBUTES, FIGURES, FUNCTIONS

_OWN = (
    "AND", "AVG", "BETWEEN", "CONTAINS", "FALSE", "IN", "IS NOT NULL", "IS NULL", "MATCHES", "NOT", "NOT CONTAINS",
    "NOT IN", "NOT MATCHES", "OR", "PERCENTILE", "TRUE", "in_segment", "today",
)  # fmt: skip


def words() -> list[str]:
    """Operators, attributes, functions with what they know, and figures of the shop: each that can be asked here."""
    asked = {name: function for name, function in FUNCTIONS.items() if function.missing is None}
    inner = {name for function in asked.values() for name, known in function.parameters.items() if not known.missing}
    own = {name for name, attribute in ATTRIBUTES.items() if attribute.missing is None}
    return sorted({*_OWN, *own, *asked, *inner, *FIGURES})
