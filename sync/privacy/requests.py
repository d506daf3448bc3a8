"""What nobody at a keyboard asks for: the privacy requests that a shop passes on, and the end of retention."""

from __future__ import annotations

import json
from secrets import token_hex
from typing import Literal

import structlog
from sqlalchemy import Connection, insert, select

from connector.days import day_date, epoch
from connector.models import Erasure, Identity, Store
from connector.privacy.export import export
from connector.privacy.retention import expired
from connector.tables import table
from sync.files import write_private
from sync.language.labels import labels
from sync.privacy.disclosing import disclose
from sync.privacy.erasing import erase, forget_shop, last_serial
from sync.workspace import Workspace

log = structlog.get_logger(__name__)

Kind = Literal["export", "erase", "erase_shop"]


def carry_out(workspace: Workspace, store: str, kind: Kind, customer_id: str) -> None:
    """Do what a shop passes on, given its key and the customer's id there.

    An export lies in the folder `<database>.exports` for its owner alone. Who is not known here is suppressed all the
    same, so that a page that is on its way does not bring them. The caller is the one who writes.
    """
    if kind == "erase_shop":
        forget_shop(workspace.engine, workspace.suppressed, store, now=workspace.now())
    elif kind == "erase":
        _erase(workspace, store, customer_id)
    else:
        _export(workspace, store, customer_id)


def retain(workspace: Workspace) -> int:
    """Make nameless whose time is over by `[privacy] retain`; how many they were."""
    people = due(workspace)
    if not people:
        return 0
    done = erase(workspace.engine, workspace.suppressed, people, now=workspace.now(), reason="retention")
    return done.people


def due(workspace: Workspace) -> list[int]:
    """Whose time is over by `[privacy] retain`."""
    chosen = workspace.settings.privacy
    if chosen.retain is None and chosen.retain_prospects is None:
        return []
    prospects = chosen.retain_prospects or chosen.retain
    with workspace.engine.connect() as connection:
        return expired(connection, workspace.today(), buyers=chosen.retain, prospects=prospects)


def _erase(workspace: Workspace, store: str, customer_id: str) -> None:
    with workspace.engine.connect() as connection:
        person = _person(connection, store, customer_id)
    if person is not None:
        erase(workspace.engine, workspace.suppressed, [person], now=workspace.now(), reason="redact")
        return
    at = epoch(workspace.now())
    with workspace.engine.connect() as connection:
        serial = workspace.suppressed.add([("account", store, customer_id)], at, last_serial(connection))
    with workspace.engine.begin() as connection:
        connection.execute(insert(table(Erasure)), {"serial": serial, "at": at, "reason": "redact", "people": 0})


def _export(workspace: Workspace, store: str, customer_id: str) -> None:
    with workspace.engine.connect() as connection:
        person = _person(connection, store, customer_id)
        found = (
            None
            if person is None
            else export(connection, person, labels(workspace.settings), workspace.suppressed.disclosures)
        )
    if found is None:
        log.warning("nothing is held of whom a shop asks about", store=store)
        return
    disclose(workspace, "data_request", customer_id=person)
    folder = workspace.suppressed.exports
    folder.mkdir(mode=0o700, exist_ok=True)
    file = folder / f"{day_date(workspace.today())}-{token_hex(4)}.json"
    write_private(file, json.dumps(found, ensure_ascii=False, indent=2))
    log.warning("a customer asks for their data: send them this file", store=store, file=str(file))


def _person(connection: Connection, store: str, customer_id: str) -> int | None:
    identities, stores = table(Identity), table(Store)
    return connection.scalar(
        select(identities.c.customer_id)
        .join(stores, stores.c.id == identities.c.scope)
        .where(stores.c.key == store, identities.c.kind == "account", identities.c.value == customer_id)
    )
