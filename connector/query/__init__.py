"""The segment language: text to tree (`parse`), tree to text (`canonical`), tree to SQL (`meaning`, `select`).

parse(text, language="en") -> Expression        QueryError points at the character
canonical(expression) -> str                    parse(canonical(x)) == x
bind(expression, parameters) -> Expression      $parameters filled in
parameters(expression) -> frozenset[str]        those still open
"""

from __future__ import annotations

from connector.query.binding import bind
from connector.query.canonical import canonical
from connector.query.parse import parse
from connector.query.tree import Expression, parameters

__all__ = ["Expression", "bind", "canonical", "parameters", "parse"]
