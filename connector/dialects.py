"""Where SQLite and PostgreSQL differ, each difference once."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, Integer, Table, func
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from connector.days import NEVER


class least(FunctionElement[int]):  # noqa: N801 - reads as SQL
    """The smallest of two or more values, none of them null."""

    type = Integer()
    inherit_cache = True


class greatest(FunctionElement[int]):  # noqa: N801
    """The largest of two or more values, none of them null."""

    type = Integer()
    inherit_cache = True


def earliest(days: list[ColumnElement[int]]) -> ColumnElement[int | None]:
    """The first of some days of which each may be null; null where all are."""
    known = [func.coalesce(day, NEVER) for day in days]
    if len(known) == 1:
        return func.nullif(known[0], NEVER)
    return func.nullif(least(*known), NEVER)


def insert_missing(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that passes over rows whose key is there already; in SQLite its SELECT needs a WHERE."""
    make = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    return make(table).on_conflict_do_nothing()


@compiles(least)
def _least(element: least, compiler: SQLCompiler, **options: object) -> str:
    return f"least({compiler.process(element.clauses, **options)})"


@compiles(least, "sqlite")
def _least_sqlite(element: least, compiler: SQLCompiler, **options: object) -> str:
    return f"min({compiler.process(element.clauses, **options)})"


@compiles(greatest)
def _greatest(element: greatest, compiler: SQLCompiler, **options: object) -> str:
    return f"greatest({compiler.process(element.clauses, **options)})"


@compiles(greatest, "sqlite")
def _greatest_sqlite(element: greatest, compiler: SQLCompiler, **options: object) -> str:
    return f"max({compiler.process(element.clauses, **options)})"
