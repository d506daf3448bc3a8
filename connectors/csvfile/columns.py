"""The columns of a file that its form reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connector.errors import RecordError
from connectors.csvfile.reading import Cells
from connectors.csvfile.table import Row, Table


class Columns:
    """Some columns of a table; one that it has not is blank in each row."""

    def __init__(self, table: Table, names: Sequence[str]) -> None:
        self._table = table
        places = {name: table.place(name) for name in names}
        self._names = [name for name, place in places.items() if place is not None]
        self._places = [place for place in places.values() if place is not None]
        self._blank = {name: "" for name, place in places.items() if place is None}

    def rows(self) -> Iterator[Row]:
        """The table's rows, with the cells of these columns alone."""
        for row in self._table.rows():
            cells = row.cells
            if row.fault:
                cells = cells + [""] * len(self._table.columns)
            yield Row(row.line, [cells[place] for place in self._places], row.fault)

    def named(self, row: Row) -> Cells:
        """The cells of a row by the column's name."""
        return dict(zip(self._names, row.cells, strict=True)) | self._blank

    def cells(self, row: Row) -> Cells:
        """The cells of a row by the column's name; RecordError where the row cannot be read."""
        if row.fault:
            raise RecordError(row.fault)
        return self.named(row)
