"""Objections to profiling: kept beside the database too, so that an older copy that is put back has them as well."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, insert, select

from connector.database import chosen
from connector.days import epoch
from connector.models import Erasure, Identity
from connector.privacy.erase import keys_of_stores
from connector.privacy.objections import bring, object_to_profiling, own, withdraw
from connector.privacy.suppressions import Name, Suppressions, name_of
from connector.tables import table
from sync.privacy.erasing import OBJECTION, chunks, last_serial

_erasures, _identities = table(Erasure), table(Identity)


def note(engine: Engine, suppressed: Suppressions, person: int, day: int, *, now: datetime, objects: bool) -> None:
    """Have a person object from a day on, or no longer; whatever interrupts it, the next start brings it to its end."""
    with engine.connect() as connection:
        stores, known = keys_of_stores(connection), last_serial(connection)
        mine = chosen(connection, _identities, ("kind", "scope", "value"), "id", own(connection, person))
        names = [name_of((row.kind, row.scope, row.value), stores) for row in mine]
    serial = suppressed.say(names, day, epoch(now), known, objects=objects)
    with engine.begin() as connection:
        reason = OBJECTION[not objects]
        connection.execute(insert(_erasures), {"serial": serial, "at": epoch(now), "reason": reason, "people": 1})
        (object_to_profiling if objects else withdraw)(connection, person, day)


def lacks(engine: Engine, suppressed: Suppressions) -> dict[int, int]:
    """The objections, and their ends, that this database does not know of, by their numbers, with their instants."""
    with engine.connect() as connection:
        known = set(connection.scalars(select(_erasures.c.serial)))
    return {serial: at for serial, at in suppressed.serials("objection").items() if serial not in known}


def note_again(engine: Engine, suppressed: Suppressions) -> int:
    """Bring to the database what an older copy of it does not know; of how many people."""
    missing = lacks(engine, suppressed)
    if not missing:
        return 0
    said: dict[int, tuple[bool, int]] = {}
    with engine.begin() as connection:
        stores = keys_of_stores(connection)
        for rows in chunks(connection, select(_identities)):
            names: dict[Name, int] = {name_of((row.kind, row.scope, row.value), stores): row.id for row in rows}
            found = suppressed.said(names)
            said |= {names[n]: (one.objects, one.day) for n, one in found.items() if one.serial in missing}
        rows = [{"serial": serial, "at": at, "reason": OBJECTION[0], "people": 0} for serial, at in missing.items()]
        connection.execute(insert(_erasures), rows)
        return bring(connection, said)
