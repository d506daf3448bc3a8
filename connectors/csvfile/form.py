"""What a form is: a kind of CSV file whose columns are known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from connector.records import CustomerRecord, OrderRecord
from connectors.csvfile.reading import Cells, Reading


class Form(Protocol):
    """A form: its name and the columns that it reads."""

    @property
    def name(self) -> str:
        """What the form is called."""
        ...

    @property
    def columns(self) -> Sequence[str]:
        """The columns that are read."""
        ...

    @property
    def dated(self) -> Sequence[str]:
        """The columns that hold dates."""
        ...

    @property
    def counted(self) -> Sequence[str]:
        """The columns that hold amounts."""
        ...


class OrderForm(Form, Protocol):
    """A file of orders."""

    @property
    def several_rows(self) -> bool:
        """Whether an order has a row for each of its lines."""
        ...

    def group(self, cells: Cells, reading: Reading) -> str:
        """What the rows of one order have in common; RecordError where the row does not say."""
        ...

    def divide(self, group: str, rows: Sequence[Cells], reading: Reading) -> Iterable[tuple[str, Sequence[Cells]]]:
        """The orders of a group, each with its id and its rows; RecordError where there is no id."""
        ...

    def order(self, id_: str, rows: Sequence[Cells], reading: Reading) -> OrderRecord:
        """The order that these rows tell; RecordError where it cannot be read."""
        ...

    def doubts(self, reading: Reading) -> Iterable[str]:
        """What only the whole file could show, once it is read."""
        ...


class CustomerForm(Form, Protocol):
    """A file of customers, one a row."""

    def customer(self, cells: Cells) -> CustomerRecord:
        """The customer of a row; RecordError where it names none."""
        ...

    def doubts(self) -> Iterable[str]:
        """What the reader of the file should know."""
        ...
