"""JSON taken apart by its brackets alone, so that one element that no reader takes does not spoil its whole list.

A NaN, half of a surrogate pair or a hundred thousand nested lists make an answer unreadable as a whole. Each such
element is put into quotes: it travels on as a text, which is no record, and reaches its reader as it was sent.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from connector.errors import RecordError

UNREADABLE = (RecordError, msgspec.MsgspecError, RecursionError, ValueError, ArithmeticError)
"""What reading one record raises when it is the record that is wrong."""

LONGEST_ID = 100
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|["\[\]{},:]', re.DOTALL)
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_OPENING, _CLOSING = (b"[", b"{"), (b"]", b"}")
_OPEN_TEXT = b'"'
"""A text that never ends: what comes after it cannot be told apart."""


def mended(body: bytes, *path: str) -> bytes | None:
    """The body with each unreadable element of the list at `path` in quotes; None where it is cut or has no such list.

    Without a `path` the body itself is the list.
    """
    spans = _elements(body, [b'"%s"' % name.encode() for name in path])
    if spans is None:
        return None
    parts, done = [], 0
    for start, end in spans:
        element = body[start:end].strip()
        if element and _fault(element) is not None:
            parts += [body[done:start], msgspec.json.encode(_text(element))]
            done = end
    return b"".join([*parts, body[done:]])


def whole(body: bytes) -> bool:
    """Whether an answer is JSON to its end, by its brackets, whatever stands between them."""
    depth = 0
    for found in _TOKEN.finditer(body):
        if found[0] == _OPEN_TEXT:
            return False
        depth += (found[0] in _OPENING) - (found[0] in _CLOSING)
    return depth == 0 and body.lstrip()[:1] in _OPENING


def raw(element: bytes) -> str:
    """An element as it was sent, also where it was put into quotes; bytes that are no text are written out."""
    if element[:1] == b'"':
        try:
            return msgspec.json.decode(element, type=str)
        except UNREADABLE:
            pass
    return _text(element)


def reason(element: bytes, error: Exception) -> str:
    """Why an element is no record: what is wrong with what was sent, else what its reader said."""
    wrong = error if isinstance(error, RecursionError | UnicodeError) else _fault(raw(element).encode())
    if isinstance(wrong, RecursionError):
        return "It is nested too deeply to be read."
    if isinstance(wrong, UnicodeError):
        return "A text has characters that are none."
    if wrong is not None:
        return "It is not JSON: a number or a text in it is written as none can be."
    return str(error) or type(error).__name__


def member(body: bytes, name: str) -> str | None:
    """The text or number that stands under `name` in an object; None where there is none that could be an id."""
    wanted = b'"%s"' % name.encode()
    depth, start, last = 0, 0, b""
    for found in _TOKEN.finditer(body):
        token = found[0]
        if token in _OPENING:
            depth += 1
        elif depth == 1 and token == b":":
            start = found.end() if last == wanted else 0
        elif depth == 1 and start and token in (b",", b"}"):
            return _plain(body[start : found.start()])
        elif token in _CLOSING:
            depth -= 1
        last = token
    return None


def _plain(value: bytes) -> str | None:
    text = value.strip().strip(b'"')
    return _text(text) if text and len(text) <= LONGEST_ID and text[:1] not in _OPENING and text != b"null" else None


def _elements(body: bytes, path: Sequence[bytes]) -> list[tuple[int, int]] | None:
    """Where each element of the list at `path` begins and ends; None where brackets stay open, or it is not there."""
    inside = len(path) + 1
    depth, begun, last = 0, 0, b""
    trail: list[bytes] = []
    spans: list[tuple[int, int]] = []
    for found in _TOKEN.finditer(body):
        token = found[0]
        if token in _OPENING:
            depth += 1
            if token == b"[" and depth == inside and trail == path:
                begun = found.end()
        elif token == b":" and depth < inside:
            trail[depth - 1 :] = [last]
        elif begun and depth == inside and token in (b",", b"]"):
            spans.append((begun, found.start()))
            begun = found.end() if token == b"," else 0
        elif token == _OPEN_TEXT:
            return None
        if token in _CLOSING:
            depth -= 1
        last = token
    return spans if spans and depth == 0 else None


def storable(*rows: bytes) -> None:
    """RecordError where a row has a NUL character in a text, which no database keeps."""
    for row in rows:
        if b"\\u0000" in row and _NUL.search(row):
            raise RecordError("A text has a NUL character, which no database keeps.")


def readable(element: bytes) -> bool:
    """Whether an element, as it was sent, is JSON."""
    return _fault(raw(element).encode()) is None


def _fault(body: bytes) -> Exception | None:
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError) as error:
        return error
    return None


def _text(body: bytes) -> str:
    return body.decode("utf-8", "backslashreplace")
