"""Asking a shop again for what is in quarantine: it is stored, or kept with the reason of today."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, select, update

from connector.days import epoch
from connector.errors import RecordError
from connector.models import Quarantine
from connector.records import Deletion, Page
from connector.source import LiveSource
from connector.tables import AnyRow, table
from sync.pull import Pull, PullReport, Stream


@dataclass
class Retried:
    """How many records could be stored, are gone at the shop, and are kept; `nameless` ones cannot be asked for."""

    stored: int = 0
    gone: int = 0
    kept: int = 0
    nameless: int = 0


def retry(pull: Pull, source: LiveSource, only: int | None = None) -> Retried:
    """Fetch each kept record of the store again, or the one numbered `only`, oldest first."""
    fetch: dict[Stream, Callable[[str], Any]] = {
        "orders": source.order,
        "customers": source.customer,
        "checkouts": source.checkout,
    }
    report = Retried()
    for row in _kept(pull.engine, pull.store.id, only):
        if row.platform_id is None:
            report.nameless += 1
            continue
        try:
            record = fetch[row.stream](row.platform_id)
        except RecordError as error:
            _renew(pull, row.id, str(error))
            report.kept += 1
            continue
        if record is None:
            _gone(pull, row)
            report.gone += 1
            continue
        taken = PullReport()
        pull.take(row.stream, Page((record,)), taken)
        report.kept += taken.quarantined
        report.stored += not taken.quarantined
    return report


def _kept(engine: Engine, store_id: int, only: int | None) -> list[AnyRow]:
    kept = table(Quarantine)
    statement = select(kept.c.id, kept.c.stream, kept.c.platform_id).where(kept.c.store_id == store_id)
    if only is not None:
        statement = statement.where(kept.c.id == only)
    with engine.connect() as connection:
        return list(connection.execute(statement.order_by(kept.c.id)).all())


def _renew(pull: Pull, number: int, reason: str) -> None:
    kept = table(Quarantine)
    with pull.engine.begin() as connection:
        connection.execute(update(kept).where(kept.c.id == number).values(reason=reason, seen_at=epoch(pull.clock())))


def _gone(pull: Pull, row: AnyRow) -> None:
    """Let go of what the shop has no more; of an order, also what was stored of it before it could not be read."""
    kept = table(Quarantine)
    if row.stream == "orders":
        pull.take("orders", Page((), deletions=(Deletion(row.platform_id),)), PullReport())
    with pull.engine.begin() as connection:
        connection.execute(kept.delete().where(kept.c.id == row.id))
