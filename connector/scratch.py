"""Temporary tables of one connection, in which a recompute works set by set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, CompoundSelect, Connection, MetaData, Select, Table, insert
from sqlalchemy.schema import CreateTable, DropTable

from connector.models import BigInt
from connector.query.select import METRICS, Choice, moving


@dataclass(frozen=True, slots=True)
class Scratch:
    """The tables, for one set of choices."""

    due: Table  # whom to look at: what they were from `from_day` on is forgotten, and made again from `start` on
    scope: Table  # a person and a day on which something can have changed
    calendar: Table  # each day, with the days that rules compare with as of then
    found: Table  # the answers for each row of scope, and for the last day, after what was held before them
    state: Table  # the answers for the last day, with metrics and next review
    moves: Table  # each change of an answer: from `before_id` to `segment_id`


@contextmanager
def scratch(connection: Connection, choices: Sequence[Choice]) -> Iterator[Scratch]:
    """The tables, empty; they are gone afterwards."""
    made = _tables(choices)
    tables: tuple[Table, ...] = tuple(getattr(made, name) for name in Scratch.__slots__)
    for table in tables:
        connection.execute(DropTable(table, if_exists=True))  # left over where a caller's transaction went on
        connection.execute(CreateTable(table))
    yield made
    for table in tables:
        connection.execute(DropTable(table))


def fill(
    connection: Connection,
    table: Table,
    rows: Select[Any] | CompoundSelect[Any],
    values: Mapping[str, int | None] | None = None,
) -> int:
    """Add rows, with values in the order of the table's columns; how many there were."""
    statement = insert(table).from_select(table.columns.keys(), rows)
    # without the option psycopg's answer is gone by the time it is asked for
    return connection.execute(statement, values or {}, execution_options={"preserve_rowcount": True}).rowcount


def _tables(choices: Sequence[Choice]) -> Scratch:
    names = [choice.name for choice in choices]
    return Scratch(
        due=_table("due", ["customer_id"], ["from_day", "start"]),
        scope=_table("scope", ["customer_id", "day"], ["round"]),
        calendar=_table("calendar", ["day"], [f"edge_{number}" for number, _ in enumerate(moving(choices))]),
        found=_table("found", ["customer_id", "day"], names),
        state=_table("state", ["customer_id"], [*names, "review", *METRICS]),
        moves=_table("moves", ["customer_id", "family", "day"], ["segment_id", "before_id"]),
    )


def _table(name: str, key: list[str], others: list[str]) -> Table:
    keys = [Column(column, BigInt, primary_key=True, autoincrement=False) for column in key]
    rest = [Column(column, BigInt, nullable=True) for column in others]
    return Table(name, MetaData(), *keys, *rest, prefixes=["TEMPORARY"], sqlite_with_rowid=len(key) == 1)
