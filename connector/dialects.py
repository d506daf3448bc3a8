"""Where SQLite and PostgreSQL differ, each difference once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache

from sqlalchemy import (
    CTE,
    JSON,
    ColumnElement,
    Connection,
    Date,
    Integer,
    Table,
    Text,
    case,
    cast,
    collate,
    func,
    literal,
    literal_column,
    null,
    select,
    union_all,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from connector.days import NEVER

MOST = 100
"""Values of one function: SQLite takes no more than 127."""


class least(FunctionElement[int]):  # noqa: N801 - reads as SQL
    """The smallest of two or more values, none of them null."""

    type = Integer()
    inherit_cache = True


class greatest(FunctionElement[int]):  # noqa: N801
    """The largest of two or more values, none of them null."""

    type = Integer()
    inherit_cache = True


def earliest(days: Sequence[ColumnElement[int]]) -> ColumnElement[int | None]:
    """The first of some days of which each may be null; null where all are."""
    known: list[ColumnElement[int]] = [func.coalesce(day, NEVER) for day in days]
    while len(known) > 1:
        some = [known[start : start + MOST] for start in range(0, len(known), MOST)]
        known = [least(*part) if len(part) > 1 else part[0] for part in some]
    return func.nullif(known[0], NEVER)


def rows_of(name: str, columns: Sequence[str], rows: Sequence[Sequence[int]]) -> CTE:
    """Some rows of whole numbers as a table; SQLAlchemy's own `values` would have a statement compiled each time."""
    each = (select(*(literal(value, Integer).label(c) for c, value in zip(columns, row, strict=True))) for row in rows)
    return union_all(*each).cte(name)


def insert_missing(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that passes over rows whose key is there already; in SQLite its SELECT needs a WHERE."""
    make = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    return make(table).on_conflict_do_nothing()


class fold(FunctionElement[str]):  # noqa: N801
    """A text as it is compared: NFC, without case, exactly as `connector.query.bounds.fold` does it in Python.

    SQLite calls that very function, which the database gives it; PostgreSQL has the same done letter by letter.
    """

    type = Text()
    inherit_cache = True


class position(FunctionElement[int]):  # noqa: N801
    """Where the second text begins in the first, from 1; 0 where it does not."""

    type = Integer()
    inherit_cache = True


class json_text(FunctionElement[str]):  # noqa: N801
    """The value of a key of a JSON object that is kept as text; null where it has none."""

    type = Text()
    inherit_cache = True


class each_line(FunctionElement[str]):  # noqa: N801
    """The lines of a text as rows of a table, whose one column is called `value`."""

    type = Text()
    inherit_cache = True


class bytewise(FunctionElement[str]):  # noqa: N801
    """A text that is ordered by its bytes, whatever the language of the database."""

    type = Text()
    inherit_cache = True


class month_day(FunctionElement[int]):  # noqa: N801
    """Month and day of a day's number, as 1231."""

    type = Integer()
    inherit_cache = True


class iso_day(FunctionElement[str]):  # noqa: N801
    """A day's number as a text, 2026-06-30."""

    type = Text()
    inherit_cache = True


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


@compiles(fold, "sqlite")
def _fold_sqlite(element: fold, compiler: SQLCompiler, **options: object) -> str:
    return f"fold({compiler.process(element.clauses, **options)})"


@compiles(fold, "postgresql")
def _fold_postgresql(element: fold, compiler: SQLCompiler, **options: object) -> str:
    (text,) = element.clauses
    single, several = _foldings()
    plain = func.normalize(text)
    folded = func.translate(plain, _constant("".join(single)), _constant("".join(single.values())))
    letters = (
        func.unnest(func.string_to_array(folded, null()))
        .table_valued("letter", with_ordinality="place")
        .render_derived()
    )
    letter, by_letter = letters.c.letter, cast(_constant(json.dumps(several, ensure_ascii=False)), JSONB)
    whole = func.string_agg(
        func.coalesce(by_letter.op("->>")(letter), letter), aggregate_order_by(_constant(""), letters.c.place)
    )
    longer = select(whole).select_from(letters).scalar_subquery()
    exact = case(
        (text.regexp_match(_constant("^[\x01-\x7f]*$")), func.lower(collate(text, "C"))),
        (plain.regexp_match(_constant(f"[{''.join(several)}]")), func.normalize(longer)),
        else_=func.normalize(folded),
    )
    return compiler.process(exact.self_group(), **options)


@cache
def _foldings() -> tuple[dict[str, str], dict[str, str]]:
    """The letters that folding changes: into one other letter, and into several."""
    letters = [letter for letter in map(chr, range(128, 0x1FFFF)) if letter.casefold() != letter]
    capitals = [chr(number) for number in range(ord("A"), ord("Z") + 1)]
    single = {letter: letter.casefold() for letter in [*capitals, *letters] if len(letter.casefold()) == 1}
    several = {letter: letter.casefold() for letter in letters if len(letter.casefold()) > 1}
    return single, several


def _constant(text: str) -> ColumnElement[str]:
    """A text of ours written into the statement."""
    escaped = text.replace("'", "''")
    return literal_column(f"'{escaped}'", Text())


@compiles(position, "sqlite")
def _position_sqlite(element: position, compiler: SQLCompiler, **options: object) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


@compiles(position, "postgresql")
def _position_postgresql(element: position, compiler: SQLCompiler, **options: object) -> str:
    return f"strpos({compiler.process(element.clauses, **options)})"


@compiles(json_text, "sqlite")
def _json_text_sqlite(element: json_text, compiler: SQLCompiler, **options: object) -> str:
    column, key = element.clauses
    return compiler.process(func.json_extract(column, "$." + key), **options)


@compiles(json_text, "postgresql")
def _json_text_postgresql(element: json_text, compiler: SQLCompiler, **options: object) -> str:
    column, key = element.clauses
    return compiler.process(cast(column, JSON).op("->>")(key), **options)


@compiles(each_line, "sqlite")
def _each_line_sqlite(element: each_line, compiler: SQLCompiler, **options: object) -> str:
    """As a list in JSON, in which the sign for a line's end is told from a backslash before an n."""
    (lines,) = element.clauses
    escaped = func.replace(func.json_quote(lines), _constant("\\\\"), _constant("\\u005c"))
    listed = _constant("[") + func.replace(escaped, _constant("\\n"), _constant('","')) + _constant("]")
    return compiler.process(func.json_each(listed), **options)


@compiles(each_line, "postgresql")
def _each_line_postgresql(element: each_line, compiler: SQLCompiler, **options: object) -> str:
    (lines,) = element.clauses
    listed = func.to_jsonb(func.string_to_array(lines, func.chr(10)))
    return compiler.process(func.jsonb_array_elements_text(listed), **options)


@compiles(bytewise, "sqlite")
def _bytewise_sqlite(element: bytewise, compiler: SQLCompiler, **options: object) -> str:
    return compiler.process(element.clauses, **options)


@compiles(bytewise, "postgresql")
def _bytewise_postgresql(element: bytewise, compiler: SQLCompiler, **options: object) -> str:
    (text,) = element.clauses
    return compiler.process(collate(text, "C"), **options)


@compiles(iso_day, "sqlite")
def _iso_day_sqlite(element: iso_day, compiler: SQLCompiler, **options: object) -> str:
    (day,) = element.clauses
    return compiler.process(func.date(day * 86400, "unixepoch"), **options)


@compiles(iso_day, "postgresql")
def _iso_day_postgresql(element: iso_day, compiler: SQLCompiler, **options: object) -> str:
    (day,) = element.clauses
    date = literal_column("DATE '1970-01-01'", Date()) + cast(day, Integer)
    return compiler.process(func.to_char(date, "YYYY-MM-DD"), **options)


@compiles(month_day, "sqlite")
def _month_day_sqlite(element: month_day, compiler: SQLCompiler, **options: object) -> str:
    (day,) = element.clauses
    return compiler.process(cast(func.strftime("%m%d", day * 86400, "unixepoch"), Integer), **options)


@compiles(month_day, "postgresql")
def _month_day_postgresql(element: month_day, compiler: SQLCompiler, **options: object) -> str:
    (day,) = element.clauses
    date = literal_column("DATE '1970-01-01'", Date()) + cast(day, Integer)
    return compiler.process(cast(func.to_char(date, "MMDD"), Integer), **options)
