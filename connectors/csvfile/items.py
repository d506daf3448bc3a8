"""Lists of things inside one cell, as the exporters of WooCommerce write them."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

import msgspec

from connector.errors import RecordError

Item = Mapping[str, str]

_ITEMS, _FIELDS, _COLON = (re.compile(rf"(?<!\\){re.escape(mark)}") for mark in ";|:")
_ESCAPED = re.compile(r"\\([:|;])")


def items(cell: str) -> list[Item]:
    """The things listed in a cell: `id:1|name:Bol;id:2|name:Tasse`, with a backslash before a mark in a value, or JSON.

    As SkyVerge's exporter writes them: its `pipe_delimit_item` and `escape_reserved_item_chars`.
    """
    cell = cell.strip()
    if cell.startswith(("[", "{")):
        return _from_json(cell)
    return [_item(part) for part in _ITEMS.split(cell) if part.strip()]


def _item(part: str) -> Item:
    pairs = [_COLON.split(pair, maxsplit=1) for pair in _FIELDS.split(part)]
    return {pair[0].strip(): _ESCAPED.sub(r"\1", pair[1]) for pair in pairs if len(pair) == 2}


def _from_json(cell: str) -> list[Item]:
    try:
        found = msgspec.json.decode(cell)
    except (msgspec.DecodeError, RecursionError) as error:
        raise RecordError(f"{cell[:40]!r} is not a list of items.") from error
    listed = found if isinstance(found, list) else list(found.values())
    return [
        {str(key): html.unescape(str(value)) for key, value in item.items() if value is not None}
        for item in listed
        if isinstance(item, dict)
    ]
