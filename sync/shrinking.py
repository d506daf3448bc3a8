"""A shop that suddenly shows much less than at its last reading: an empty copy, a key that lost its rights."""

from __future__ import annotations

import json

from sqlalchemy import Engine, select

from connector.errors import UnsafeError
from connector.models import Run
from connector.source import ShopCheck
from connector.states import RunOutcome
from connector.tables import table
from sync.push.guard import fell

_WORDS = {"shop_accounts": "customer accounts", "shop_orders": "orders"}


def amounts(check: ShopCheck) -> dict[str, int]:
    """How much a shop says that it has, to be kept with the reading; of orders only where it shows them all."""
    counts = {"shop_accounts": check.customers, "shop_orders": check.orders if check.floor is None else None}
    return {name: count for name, count in counts.items() if count is not None}


def require_whole(engine: Engine, key: str, check: ShopCheck, *, force: bool) -> None:
    """UnsafeError where a shop has lost more than a fifth since it was last read, unless somebody insists.

    The shop is compared with its own words: once somebody insisted, its new figures are what the next is held against.
    """
    before, now = _last_amounts(engine, key), amounts(check)
    lost = [name for name in now if name in before and fell(before[name], now[name])]
    if lost and not force:
        figures = " and ".join(f"fewer {_WORDS[name]} ({now[name]}, before {before[name]})" for name in lost)
        raise UnsafeError(
            f"{key} suddenly shows {figures}.",
            remedy="Look at the shop and at what its key may read; --force takes it as it is.",
        )


def _last_amounts(engine: Engine, key: str) -> dict[str, int]:
    runs = table(Run)
    mine = runs.c.kind == f"pull {key}", runs.c.outcome == RunOutcome.DONE
    with engine.connect() as connection:
        detail = connection.scalar(select(runs.c.detail).where(*mine).order_by(runs.c.id.desc()).limit(1))
    found = json.loads(detail) if detail else {}
    return {name: int(found[name]) for name in _WORDS if name in found}
