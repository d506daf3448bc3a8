"""Where a statement takes its days and calibrated figures from: bound for one day, or beside each row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import BigInteger, BindParameter, ColumnElement, FromClause, Table, bindparam, literal

from connector.query.bounds import UNCALIBRATED, Calibrations, Edge, Moving

TODAY = Edge(0, 0, "d")


@dataclass(frozen=True, slots=True)
class Shape:
    """What of the general case a base can leave out.

    `closed`: no order, cancellation or refund is dated after the day asked for. `credits`: some refund has no order.
    """

    closed: bool = False
    credits: bool = True


class Clock(Protocol):
    """Where a statement takes its days from."""

    def edge(self, edge: Moving) -> ColumnElement[int]:
        """The day of an edge, or the number of a level."""


class BoundClock:
    """One day for the whole statement, bound when it runs."""

    def __init__(self) -> None:
        self._edges: dict[Moving, BindParameter[int]] = {}

    def edge(self, edge: Moving) -> ColumnElement[int]:
        """The parameter that holds the day of an edge, or the number of a level."""
        if edge not in self._edges:
            self._edges[edge] = bindparam(f"edge_{len(self._edges)}", type_=BigInteger())
        return self._edges[edge]

    def values(self, as_of: int, calibrations: Calibrations = UNCALIBRATED) -> dict[str, int | None]:
        """The parameters as of a day, with the calibrations in force on it."""
        return {parameter.key: edge.on(as_of, calibrations) for edge, parameter in self._edges.items()}


class CalendarClock:
    """A day for each row, with the days of its edges and its levels beside it in columns."""

    def __init__(self, columns: Mapping[Moving, ColumnElement[int]]) -> None:
        self._columns = columns

    def edge(self, edge: Moving) -> ColumnElement[int]:
        """The column that holds the day of an edge, or the number of a level."""
        if isinstance(edge, Edge) and edge.unit is None:
            return literal(edge.shift, BigInteger())
        return self._columns[edge]


@dataclass(frozen=True, slots=True)
class Calendar:
    """A table with a row for each day, and beside it what rules compare with as of then: a column for each bound."""

    table: Table
    moving: Sequence[Moving]

    def clock(self, rows: FromClause, today: ColumnElement[int]) -> CalendarClock:
        """Days from the columns of `rows`, the table or an alias of it."""
        columns = [rows.c[name] for name in self.names(self.moving)]
        return CalendarClock({TODAY: today, **dict(zip(self.moving, columns, strict=True))})

    @staticmethod
    def names(moving: Sequence[Moving]) -> list[str]:
        """The names of the columns for some bounds."""
        return [f"edge_{number}" for number, _ in enumerate(moving)]

    def column(self, bound: Moving) -> str:
        """The name of a bound's column."""
        return self.names(self.moving)[self.moving.index(bound)]

    def rows(self, days: Iterable[int], calibrations: Calibrations) -> list[dict[str, int | None]]:
        """What stands in the table for some days."""
        columns = list(zip(self.names(self.moving), self.moving, strict=True))
        return [{"day": day, **{name: bound.on(day, calibrations) for name, bound in columns}} for day in days]
