"""Temporary tables of one connection, in which a recompute works set by set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Column, CompoundSelect, Connection, MetaData, Select, Table, func, insert, select
from sqlalchemy.schema import CreateTable, DropTable

from connector.models import BigInt
from connector.query.clocks import Calendar
from connector.query.select import METRICS, Choice, moving


@dataclass(frozen=True, slots=True)
class Scratch:
    """The tables, for one set of choices."""

    due: Table  # whom to look at: what they were from `from_day` on is forgotten, and made again from `start` on
    calendar: Table  # each day, with the days that rules compare with as of then
    state: Table  # the answers for the last day, with metrics and next review
    moves: Table  # each change of an answer: from `before_id` to `segment_id`


@contextmanager
def scratch(connection: Connection, choices: Sequence[Choice]) -> Iterator[Scratch]:
    """The tables, empty; they are gone afterwards."""
    edges = Calendar.names(moving(choices))
    with (
        lent(connection, "due", ["customer_id"], ["from_day", "start"]) as due,
        lent(connection, "calendar", ["day"], edges) as calendar,
        lent(connection, "state", ["customer_id"], [*(c.name for c in choices), "review", *METRICS]) as state,
        lent(connection, "moves", ["customer_id", "family", "day"], ["segment_id", "before_id"]) as moves,
    ):
        yield Scratch(due, calendar, state, moves)


@contextmanager
def lent(connection: Connection, name: str, key: Sequence[str], others: Sequence[str]) -> Iterator[Table]:
    """An empty table of whole numbers; it is gone afterwards."""
    with standing(connection, _table(name, tuple(key), tuple(others))) as made:
        yield made


@contextmanager
def standing(connection: Connection, table: Table) -> Iterator[Table]:
    """A temporary table, empty; it is gone afterwards."""
    connection.execute(DropTable(table, if_exists=True))  # left over where a caller's transaction went on
    connection.execute(CreateTable(table))
    yield table
    connection.execute(DropTable(table))


def fill(
    connection: Connection,
    table: Table,
    rows: Select[Any] | CompoundSelect[Any],
    values: Mapping[str, int | None] | None = None,
    *,
    only: Sequence[str] | None = None,
) -> int:
    """Add rows, with values in the order of the table's columns, or for some `only`; how many there were."""
    statement = insert(table).from_select(table.columns.keys() if only is None else only, rows)
    # without the option psycopg's answer is gone by the time it is asked for
    done = connection.execute(statement, values or {}, execution_options={"preserve_rowcount": True})
    if connection.dialect.name == "sqlite":  # Python knows no INSERT where, as in Turkish, I is not the capital of i
        return int(connection.execute(select(func.changes())).scalar_one())
    return done.rowcount


@cache
def _table(name: str, key: tuple[str, ...], others: tuple[str, ...]) -> Table:
    """The same table for the same columns: only so does a statement that was compiled once serve again."""
    keys = [Column(column, BigInt, primary_key=True, autoincrement=False) for column in key]
    rest = [Column(column, BigInt, nullable=True) for column in others]
    return Table(name, MetaData(), *keys, *rest, prefixes=["TEMPORARY"], sqlite_with_rowid=len(key) == 1)
