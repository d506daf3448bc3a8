"""The metafields of customers that a merchant has mapped: how they are asked for, and what they hold."""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from connector.errors import SettingsError
from connector.records import FieldRecord
from connectors.shopify.payloads import Metafield

PLACE = "# mapped fields"
"""Where documents ask for them."""
_ALIAS = "mapped_"
_PATH = re.compile(r"([A-Za-z0-9_$:-]{2,255})\.([A-Za-z0-9_-]{2,64})")
_Scalars = list[str | int | float | bool]


def selection(fields: Mapping[str, str]) -> str:
    """What a document asks of a customer for the fields by name; SettingsError where one is no namespace.key.

    It is written into the document, for a bulk query takes no variables; a path holds nothing that ends a string.
    """
    asked = []
    for name, path in fields.items():
        parts = _PATH.fullmatch(path)
        if parts is None:
            raise SettingsError(
                f"{path!r} is not a customer metafield of Shopify.",
                remedy=f'Write its namespace and key: fields = {{ {name} = "custom.{name}" }}.',
            )
        asked.append(f'{_ALIAS}{name}: metafield(namespace: "{parts[1]}", key: "{parts[2]}") {{ value }}')
    return " ".join(asked)


def read(row: bytes, fields: Mapping[str, str]) -> tuple[FieldRecord, ...]:
    """The mapped fields of a customer's row; one that they have not is left out."""
    if not fields:
        return ()
    values = msgspec.json.decode(row, type=dict[str, msgspec.Raw])
    found = []
    for name, path in fields.items():
        field = msgspec.json.decode(values.get(_ALIAS + name, msgspec.Raw(b"null")), type=Metafield | None)
        if field is not None and (text := _text(field.value)):
            found.append(FieldRecord(name, path, text))
    return tuple(found)


def _text(value: str) -> str:
    """The value; of a list one text a line."""
    if not value.startswith("["):
        return value.strip()
    try:
        return "\n".join(str(one) for one in msgspec.json.decode(value, type=_Scalars))
    except msgspec.DecodeError:
        return value
