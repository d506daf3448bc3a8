"""Tables of a page: searched, sorted and cut into pages by the parameters of its address."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeAlias, TypeVar

from fastapi import Depends, Query

Row = TypeVar("Row")
SIZE, LARGEST = 50, 500


@dataclass(frozen=True, slots=True)
class Wish:
    """Which part of a table is asked for: what is searched, by which column it is sorted, which page of which size."""

    q: str
    sort: str  # a column; -column is from the largest down
    page: int  # from 1
    size: int

    @property
    def skipped(self) -> int:
        """How many rows lie before the page."""
        return (self.page - 1) * self.size


def wish(
    q: Annotated[str, Query(max_length=200, description="Only rows that contain this.")] = "",
    sort: Annotated[str, Query(max_length=40, description="A column to sort by; -column from the largest down.")] = "",
    page: Annotated[int, Query(ge=1, le=1_000_000, description="Which page, from 1.")] = 1,
    size: Annotated[int, Query(ge=1, le=LARGEST, description="Rows of a page.")] = SIZE,
) -> Wish:
    """What the parameters of an address ask for."""
    return Wish(q.strip(), sort, page, size)


Wished: TypeAlias = Annotated[Wish, Depends(wish)]
"""How a page's function asks for its parameters."""


@dataclass(frozen=True)
class Sheet(Generic[Row]):
    """One page of a table; `total` counts the rows of all its pages, None where they were not counted."""

    rows: list[Row]
    total: int | None
    page: int
    size: int
    sort: str
    q: str
    more: bool  # whether there is a page after this one


def sheet(
    rows: Iterable[Row], wished: Wish, columns: Mapping[str, Callable[[Row], Any]], *, first: str = ""
) -> Sheet[Row]:
    """The part of some rows that is wished for; `columns` are those to sort by, texts among them to search in.

    Without a wish they are sorted by `first`, or stay as they come. What has no value comes last.
    """
    kept = [row for row in rows if _holds(row, wished.q, columns)]
    sort = wished.sort if wished.sort.removeprefix("-") in columns else first
    if sort:
        value, down = columns[sort.removeprefix("-")], sort.startswith("-")
        known = [row for row in kept if value(row) is not None]
        known.sort(key=lambda row: _comparable(value(row)), reverse=down)
        kept = known + [row for row in kept if value(row) is None]
    part = kept[wished.skipped : wished.skipped + wished.size]
    more = wished.skipped + wished.size < len(kept)
    return Sheet(part, len(kept), wished.page, wished.size, sort, wished.q, more)


def _holds(row: Row, sought: str, columns: Mapping[str, Callable[[Row], Any]]) -> bool:
    values = (column(row) for column in columns.values()) if sought else ()
    return not sought or any(isinstance(value, str) and bare(sought) in bare(value) for value in values)


def _comparable(value: Any) -> Any:  # noqa: ANN401 - of any column
    return bare(value) if isinstance(value, str) else value


def bare(text: str) -> str:
    """A text without case and accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
