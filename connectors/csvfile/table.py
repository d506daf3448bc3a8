"""A CSV file as a header and rows: packed or not, in whichever encoding and with whichever separator it was saved."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import IO, NamedTuple

from connector.errors import SettingsError

SEPARATORS = ",;\t"
LONGEST_LINE = 1 << 20
"""Characters of one physical line; what is longer is cut, so that a file without line ends cannot fill the memory."""

_CHUNK = 1 << 20
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_GZIP = b"\x1f\x8b"
_FORMATS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")
"""How zip archives and workbooks, old workbooks, and PDF documents begin."""
_OPEN = "is a quotation mark open?"
_HINT = re.compile(r'"?sep=([,;\t|])"?\s*', re.IGNORECASE)  # Excel's own first line: sep=;


class Row(NamedTuple):
    """A row with the line it begins on; `fault` says why it cannot be read, and is empty where it can."""

    line: int
    cells: list[str]
    fault: str = ""


class Table:
    """The rows of a CSV file, read anew each time they are asked for; SettingsError where the file is no CSV."""

    def __init__(self, path: Path) -> None:
        self.path = path
        _require_file(path)
        try:
            self.encoding, self._nulls = _encoding(path)
            with self._text() as stream:
                first = stream.readline(LONGEST_LINE)
                hint = _HINT.fullmatch(first)
                self._skip = 1 if hint else 0
                head = stream.readline(LONGEST_LINE) if hint else first
        except (OSError, EOFError, zlib.error) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else error
            raise SettingsError(
                f"{path.name} cannot be read: {why}.", remedy=f"Check the path {path}, and that the file is whole."
            ) from error
        self.separator = hint[1] if hint else _separator(head)
        self.columns = self._header()
        self._places = {name.casefold(): place for place, name in reversed(list(enumerate(self.columns)))}

    def place(self, column: str) -> int | None:
        """Where the column called so stands, whatever its case; None where there is none, the first of several."""
        return self._places.get(column.strip().casefold())

    def rows(self) -> Iterator[Row]:
        """Every row under the header that is not blank."""
        width = len(self.columns)
        for row in self._lines():
            if len(row.cells) != width and (row.fault or any(row.cells)):
                yield row if row.fault else row._replace(fault=_misfit(row.cells, width))
            elif any(row.cells):
                yield row

    def _header(self) -> tuple[str, ...]:
        head = next(self._lines(body=False), Row(0, []))
        if not any(head.cells):
            raise SettingsError(
                f"The first line of {self.path.name} names no columns.", remedy="The header must be the first line."
            )
        return tuple(name.strip() for name in head.cells)

    def _lines(self, *, body: bool = True) -> Iterator[Row]:
        with self._text() as stream:
            for _ in range(self._skip):
                stream.readline(LONGEST_LINE)
            lines: Iterator[str] = iter(partial(stream.readline, LONGEST_LINE), "")
            if self._nulls:
                lines = (line.replace("\0", "") for line in lines)
            reader = csv.reader(lines, delimiter=self.separator)
            if body:
                next(reader, None)
            while True:
                before = reader.line_num
                try:
                    for cells in reader:
                        yield Row(before + 1 + self._skip, cells)
                        before = reader.line_num
                except csv.Error as error:  # the reader goes on with the next line
                    last = reader.line_num + self._skip
                    fault = f"It and what follows to line {last} cannot be read ({error}): {_OPEN}"
                    yield Row(before + 1 + self._skip, [], fault)
                else:
                    return

    def _text(self) -> IO[str]:
        return io.TextIOWrapper(_open(self.path), encoding=self.encoding, errors="replace", newline="")


def _require_file(path: Path) -> None:
    """SettingsError where there is no such file, or a folder in its place: the system's own words say less."""
    if path.is_dir():
        raise SettingsError(f"{path} is a folder.", remedy="Name the CSV file in it.")
    if not path.exists():
        raise SettingsError(
            f"There is no file {path}.",
            remedy="Check the path; dragging the file into the terminal writes it.",
        )


def _misfit(cells: list[str], width: int) -> str:
    said = f"It has {len(cells)} cells where the header has {width}."
    lines = 1 + sum(cell.strip().count("\n") for cell in cells)
    return said if lines == 1 else f"{said} It runs over {lines} lines: {_OPEN}"


def _open(path: Path) -> io.BufferedReader | gzip.GzipFile:
    with path.open("rb") as stream:
        packed = stream.read(2) == _GZIP
    return gzip.open(path) if packed else path.open("rb")


def _encoding(path: Path) -> tuple[str, bool]:
    """UTF-8 where the whole file is, UTF-16 where it says so, else what Windows writes; and whether there are NULs."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    utf8, nulls = True, False
    with _open(path) as stream:
        chunk = stream.read(_CHUNK)
        _refuse_other_formats(path, chunk)
        if chunk.startswith(_UTF16):
            return "utf-16", True
        while chunk:
            nulls = nulls or b"\0" in chunk
            following = stream.read(_CHUNK)
            utf8 = utf8 and _decodes(decoder, chunk, final=not following)
            chunk = following
    return "utf-8-sig" if utf8 else "cp1252", nulls


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _refuse_other_formats(path: Path, start: bytes) -> None:
    if not start.strip():
        raise SettingsError(f"{path.name} is empty.", remedy="Export it again.")
    zip_, old, pdf = (start.startswith(magic) for magic in _FORMATS)
    if zip_ and path.suffix.casefold() == ".zip":
        raise SettingsError(f"{path.name} is a zip archive.", remedy="Unpack it, and name the CSV file in it.")
    if zip_ or old:
        raise SettingsError(
            f"{path.name} is an Excel workbook, not a CSV file.",
            remedy="Open it, save it as CSV (UTF-8), and name that file.",
        )
    if pdf or (not start.startswith(_UTF16) and start.count(0) > len(start) // 20):
        raise SettingsError(f"{path.name} is not a text file.", remedy="Export it as CSV, and name that file.")


def _separator(head: str) -> str:
    def width(separator: str) -> int:
        rows: Sequence[list[str]] = list(csv.reader([head], delimiter=separator))
        return len(rows[0]) if rows else 0

    return max(SEPARATORS, key=width)
