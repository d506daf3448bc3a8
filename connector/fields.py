"""Fields of customers that a merchant has mapped to names: which are read, and what is kept of them.

No platform tells a gender or a birth date by itself. A shop that keeps one in a metafield, a meta key or a column names
it in its settings; only what is named is read and kept, and nothing is inferred from anything else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import date

from sqlalchemy import Connection, delete, select, update

from connector.days import day_number
from connector.identity import touch
from connector.models import Checkpoint, CustomerField, Identity, Store
from connector.tables import table

stores, fields, identities = table(Store), table(CustomerField), table(Identity)

_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})([T ].*)?")
_DAY_FIRST = re.compile(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})")


def mapped(connection: Connection, platform: str | None = None) -> dict[str, str]:
    """The fields that are read, of the stores of a platform or of all: what the platform calls each, by its name."""
    wanted = select(stores.c.fields).where(stores.c.fields.is_not(None)).order_by(stores.c.id)
    rows = connection.scalars(wanted if platform is None else wanted.where(stores.c.platform == platform))
    return {name: path for text in rows for name, path in json.loads(text).items()}


def map_fields(connection: Connection, store_id: int, wanted: Mapping[str, str], today: int) -> None:
    """Have a store read these fields and no others; its customers are then read anew, and what is not named goes."""
    known = connection.scalar(select(stores.c.fields).where(stores.c.id == store_id))
    if json.loads(known or "{}") == dict(wanted):
        return
    text = json.dumps(dict(wanted), ensure_ascii=False) if wanted else None
    connection.execute(update(stores).where(stores.c.id == store_id).values(fields=text))
    checkpoints = table(Checkpoint)
    connection.execute(
        delete(checkpoints).where(checkpoints.c.store_id == store_id, checkpoints.c.stream == "customers")
    )
    _drop_others(connection, store_id, wanted, today)


def add_fields(connection: Connection, store_id: int, more: Mapping[str, str], today: int) -> None:
    """Have a store read these fields too: those of a file."""
    known = connection.scalar(select(stores.c.fields).where(stores.c.id == store_id))
    map_fields(connection, store_id, {**json.loads(known or "{}"), **more}, today)


def unmapped(names: Iterable[str], known: Mapping[str, str]) -> list[str]:
    """Those of some attributes that ask for a field that is not read: metafields.gender, by its name or its path."""
    asked = dict.fromkeys(name.removeprefix("anniversary(").removesuffix(")") for name in names)
    wanted = [name for name in asked if name.startswith("metafields.")]
    read = {*known, *known.values()}
    return [name for name in wanted if name.removeprefix("metafields.") not in read]


def day_of(value: str) -> int | None:
    """The day that a value is, written 1984-05-31 or, the day first, 31/05/1984; None for what is no day."""
    iso, day_first = _ISO.fullmatch(value), _DAY_FIRST.fullmatch(value)
    try:
        if iso:
            return day_number(date(int(iso[1]), int(iso[2]), int(iso[3])))
        return day_number(date(int(day_first[3]), int(day_first[2]), int(day_first[1]))) if day_first else None
    except ValueError:
        return None


def _drop_others(connection: Connection, store_id: int, wanted: Mapping[str, str], today: int) -> None:
    mine = select(identities.c.id).where(identities.c.kind == "account", identities.c.scope == store_id)
    gone = fields.c.identity_id.in_(mine), fields.c.name.not_in(list(wanted))
    people = select(identities.c.customer_id).join(fields, fields.c.identity_id == identities.c.id).where(*gone)
    touch(connection, dict.fromkeys(connection.scalars(people), today), {})
    connection.execute(delete(fields).where(*gone))
