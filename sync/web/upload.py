"""A file that a form brings: written to the disk piece by piece as it comes, and only of a form of our own.

The form is `multipart/form-data` with its key before its file, so that not a byte of another site's file is kept.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, Any

from fastapi import HTTPException, Request
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from connector.errors import SettingsError
from sync.web.access.visitor import same
from sync.web.rendering import form_key_of

LARGEST_FIELD = 1000
"""Bytes of a field that is no file."""
LONGEST_BOUNDARY = 200
_UNFIT = re.compile(r"[^\w .()\[\]+-]+")


async def received(request: Request, folder: Path) -> Path | None:
    """The file of a form, in a folder that is its own; None where none was chosen.

    HTTPException 403 where the form is not of this visitor's pages, 413 where the body is too large, 422 where it is no
    such form; SettingsError where the disk does not take it. Nothing is left of a file that did not come whole.
    """
    form = _Form(folder, lambda key: same(key, form_key_of(request)))
    try:
        await _read(request, form)
    except (MultipartParseError, UnicodeDecodeError) as error:
        form.discard()
        raise HTTPException(422 if form.proven else 403) from error
    except OSError as error:
        form.discard()
        raise SettingsError(
            f"The file cannot be kept: {error.strerror}.", remedy=f"Free some space in {folder.parent}."
        ) from error
    except (HTTPException, ClientDisconnect):
        form.discard()
        raise
    return form.file


async def _read(request: Request, form: _Form) -> None:
    """Take in the whole body; HTTPException 403 of a form that bears no key."""
    boundary = parse_options_header(request.headers.get("content-type", ""))[1].get(b"boundary", b"")
    if not 0 < len(boundary) <= LONGEST_BOUNDARY:
        raise HTTPException(403)
    parser = MultipartParser(boundary, form.callbacks())
    async for chunk in request.stream():
        await run_in_threadpool(parser.write, chunk)
    parser.finalize()
    if not form.proven:
        raise HTTPException(403)
    if form.unfinished:
        raise HTTPException(422)


def named(sent: str) -> str:
    """A name for a file on this disk, like the one that it was sent under, without the folders that it came from."""
    name = PureWindowsPath(PurePosixPath(sent).name).name
    return _UNFIT.sub("_", name).strip(" .")[-100:] or "export.csv"


@dataclass
class _Form:
    """What has come of a form so far."""

    folder: Path
    believes: Callable[[str], bool]
    proven: bool = False
    file: Path | None = None
    _open: IO[bytes] | None = None
    _header: bytearray = field(default_factory=bytearray)
    _value: bytearray = field(default_factory=bytearray)
    _disposition: bytes = b""
    _name: str = ""
    _text: bytearray = field(default_factory=bytearray)

    def callbacks(self) -> Any:  # noqa: ANN401 - the parser's own kind of dictionary
        """What the parser tells."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda data, start, end: self._header.extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_part_data": self._data,
            "on_part_end": self._end,
        }

    @property
    def unfinished(self) -> bool:
        """Whether the file ended in the middle."""
        return self._open is not None

    def discard(self) -> None:
        """Keep nothing."""
        if self._open is not None:
            self._open.close()
            self._open = None
        if self.file is not None:
            self.file.unlink(missing_ok=True)
            self.file = None

    def _begin(self) -> None:
        self._disposition, self._name = b"", ""
        self._text.clear()

    def _header_end(self) -> None:
        if bytes(self._header).lower() == b"content-disposition":
            self._disposition = bytes(self._value)
        self._header.clear()
        self._value.clear()

    def _headers_finished(self) -> None:
        options = parse_options_header(self._disposition)[1]
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" not in options:
            return
        if not self.proven:
            raise HTTPException(403)
        if (sent := options[b"filename"].decode("utf-8", "replace")) and self.file is None:
            self.file = self.folder / named(sent)
            self.folder.mkdir(mode=0o700, exist_ok=True)
            self._open = os.fdopen(os.open(self.file, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb")

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._open is not None:
            self._open.write(data[start:end])
            return
        self._text.extend(data[start:end])
        if len(self._text) > LARGEST_FIELD:
            raise HTTPException(413)

    def _end(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None
        elif self._name == "key":
            self.proven = self.believes(self._text.decode("utf-8", "replace"))
