"""Whether a column lies in a span. Inside, null is nothing that passes; outside, null always passes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, case, false, func, literal, not_, or_

from connector.dialects import fold, position
from connector.query.bounds import Edge, Level, OneOf, Span
from connector.query.clocks import Clock
from connector.query.measures import Spans

LINE = "\n"


def within(
    value: ColumnElement[Any], span: Spans, clock: Clock, *, per: ColumnElement[Any] | None = None
) -> ColumnElement[bool]:
    """Whether `value` lies in the span; with `per` it is `value` / `per` that lies there."""
    inside = _one_of(value, span, clock) if isinstance(span, OneOf) else _between(value, span, clock, per)
    return complement(inside) if span.outside else inside


def complement(inside: ColumnElement[bool]) -> ColumnElement[bool]:
    """True where a condition is false or null."""
    return not_(func.coalesce(inside, false()))


def holds_one(lines: ColumnElement[Any], span: Spans) -> ColumnElement[bool]:
    """Whether one of the texts in a column, one a line, lies in the span."""
    if not isinstance(span, OneOf):
        return lines.is_(None) if span.outside else lines.is_not(None)
    folded = literal(LINE) + fold(lines) + LINE
    found = or_(false(), *(position(folded, f"{LINE}{text}{LINE}") > 0 for text in span.values))
    return complement(found) if span.outside else found


def positive(value: ColumnElement[Any]) -> ColumnElement[Any]:
    """The value where it is above zero, else null."""
    return case((value > 0, value))


def number(bound: Edge | Level | int, clock: Clock, per: ColumnElement[Any] | None) -> ColumnElement[Any]:
    """What a value is held against, multiplied by what stands below its line."""
    found = literal(bound, BigInteger()) if isinstance(bound, int) else clock.edge(bound)
    return found if per is None else found * per


def _one_of(value: ColumnElement[Any], span: OneOf, clock: Clock) -> ColumnElement[bool]:
    texts = [text for text in span.values if isinstance(text, str)]
    numbers = [number(bound, clock, None) for bound in span.values if not isinstance(bound, str)]
    if texts:
        return fold(value).in_(texts)
    return value.in_(numbers) if numbers else false()


def _between(
    value: ColumnElement[Any], span: Span[Edge | Level | int], clock: Clock, per: ColumnElement[Any] | None
) -> ColumnElement[bool]:
    low, high = (None if bound is None else number(bound, clock, per) for bound in (span.low, span.high))
    inside: list[ColumnElement[bool]] = []
    if low is not None:
        inside.append(value > low if span.above else value >= low)
    if high is not None:
        inside.append(value < high if span.below else value <= high)
    if not inside:
        inside = [value.is_not(None), *([] if per is None else [per.is_not(None)])]
    return and_(*inside)
