"""Importing an export of a shop: whose it is, its rows, and what the store holds then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection, func, select, update

from connector.answers.totals import Totals, totals
from connector.counting import Switches
from connector.days import local_day
from connector.errors import SettingsError
from connector.fields import add_fields
from connector.models import Order, Store
from connector.rows.orders import recount
from connector.source import ShopCheck
from connector.stores import FILE, OpenStore, complete_history, open_store, register
from connector.tables import table
from connectors.csvfile import CsvSource, parse_mapping
from sync.language.voice import Voice
from sync.lock import writer
from sync.privacy.erasing import require
from sync.progress import shown
from sync.pull import Pull, PullReport
from sync.runs import recorded
from sync.tasks.recompute import bring_up_to_date
from sync.workspace import Workspace

ONLY_STORE = "shop"
"""The name of a store that nobody named."""


@dataclass(frozen=True, slots=True)
class Belonging:
    """What the user says of a file: whose it is, and how to read it; a mapping also as the command line has it."""

    store: str | None = None
    currency: str | None = None
    timezone: str | None = None
    mapping: Mapping[str, str] | str | None = None
    fields: str | None = None
    count_zero: bool | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """A file that was read: its store, what came of its rows, and what the store holds now."""

    store: OpenStore
    report: PullReport
    held: Totals
    lifted: bool  # whether its orders have made the history complete
    customers: bool  # whether it is an export of customers, without orders


def imported(workspace: Workspace, say: Voice, file: Path, belonging: Belonging) -> Imported:
    """Import `file` into a store, and bring the memberships up to date; SettingsError where it cannot be read."""
    with writer(workspace.engine, now=workspace.now()), recorded(workspace.engine, "import", workspace.now) as record:
        found = read_file(workspace, say, file, belonging)
        bring_up_to_date(workspace, say, record)
        record.detail |= {"store": found.store.key, "file": file.name, "orders": found.report.rows("orders").new}
    return found


def read_file(workspace: Workspace, say: Voice, file: Path, belonging: Belonging) -> Imported:
    """Read a file into the store that it belongs to; the caller is the one who writes, and recomputes."""
    store, source = _open(workspace, file, belonging)
    with shown(say, workspace, file.name) as progress:
        suppressed = require(workspace.engine, workspace.suppressed)
        pull = Pull(workspace.engine, store, workspace.now, origin="file", progress=progress, suppressed=suppressed)
        report = pull.run(source)
    lifted = _complete_history(workspace, store)
    with workspace.engine.connect() as connection:
        return Imported(store, report, totals(connection, store.id), lifted, source.of_customers)


def _open(workspace: Workspace, file: Path, belonging: Belonging) -> tuple[OpenStore, CsvSource]:
    """The store that the file belongs to, made if it is new, and the file opened as its currency and zone ask."""
    with workspace.engine.begin() as connection:
        key = belonging.store or _only_store(connection)
        known = open_store(connection, key)
        currency, timezone = _place(known, belonging, file)
        said = belonging.mapping
        mapping = parse_mapping(said) if isinstance(said, str) else said
        fields = parse_mapping(belonging.fields, option="--fields") if belonging.fields else {}
        source = CsvSource(file, currency=currency, timezone=timezone, mapping=mapping or None, fields=fields)
        switches = known.switches if known else Switches()
        if belonging.count_zero is not None:
            switches = replace(switches, count_zero_orders=belonging.count_zero)
        if known is None:
            check = ShopCheck(shop_id=f"file:{key}", name=key, currency=currency, timezone=timezone)
            store = register(connection, key, FILE, check, switches)
        else:
            store = _switched(connection, known, switches)
        if fields:
            add_fields(connection, store.id, fields, local_day(workspace.now(), store.zone))
        return store, source


def _only_store(connection: Connection) -> str:
    keys = connection.scalars(select(table(Store).c.key)).all()
    if len(keys) > 1:
        raise SettingsError(
            "This database has several stores.", remedy=f"Say whose file it is: --store {' or --store '.join(keys)}."
        )
    return str(keys[0]) if keys else ONLY_STORE


def _place(known: OpenStore | None, belonging: Belonging, file: Path) -> tuple[str, str]:
    """The currency and time zone of a file, which for a known store are the store's."""
    currency = belonging.currency.upper() if belonging.currency else None
    if currency is not None and not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        raise SettingsError(f"{belonging.currency!r} is not a currency.", remedy="Use an ISO code such as EUR or USD.")
    if known is not None:
        for name, said, is_ in (
            ("currency", currency, known.currency),
            ("timezone", belonging.timezone, known.zone.key),
        ):
            if said is not None and said != is_:
                raise SettingsError(
                    f"Store {known.key} has --{name} {is_}, not {said}.",
                    remedy=f"Leave --{name} out, or import into another store or database.",
                )
        return known.currency, known.zone.key
    if currency is None or belonging.timezone is None:
        raise SettingsError(
            "A new store needs its currency and its time zone.",
            remedy=f"For example: connector import {file.name} --currency EUR --timezone Europe/Paris",
        )
    return currency, belonging.timezone


def _switched(connection: Connection, store: OpenStore, switches: Switches) -> OpenStore:
    """The store with these switches; its orders are counted anew where one of them moved."""
    if switches == store.switches:
        return store
    stores = table(Store)
    values = {name: getattr(switches, name) for name in Switches.__slots__}
    connection.execute(update(stores).where(stores.c.id == store.id).values(**values))
    changed = replace(store, switches=switches)
    recount(connection, changed)
    return changed


def _complete_history(workspace: Workspace, store: OpenStore) -> bool:
    """Lift the store's history floor where the files' orders reach over it; whether they did."""
    orders = table(Order)
    with workspace.engine.begin() as connection:
        first, last = connection.execute(
            select(func.min(orders.c.local_day), func.max(orders.c.local_day)).where(
                orders.c.store_id == store.id, orders.c.origin == "file"
            )
        ).one()
        return first is not None and complete_history(connection, store, first, last)
