"""What pages show of the whole shop, found once a day and kept: nobody who opens a page waits for all orders.

    find(connection, families, library, day) -> Found | None        None where it is kept already
    keep(connection, found)                                         by its own transaction, which is short
    kept(connection, *keys) -> Kept                                 what was kept last

It is found anew with each shop day, where a definition changes, and where there is a hundredth more of orders than
there was: 15 minutes of a shop's orders change none of these figures so that anybody would decide otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, delete, exists, func, insert, select

from connector.answers.supply import shares_of
from connector.catalogue import Audience, Family, Library, Objective
from connector.days import day_date
from connector.errors import SettingsError
from connector.history.movements import movements
from connector.judging.acquisition import acquisition
from connector.judging.coverage import coverage
from connector.judging.grid import grid
from connector.judging.health import reach_of
from connector.judging.ladder import ladder
from connector.judging.lapsing import lapsing
from connector.judging.objectives import objectives
from connector.judging.pareto import pareto
from connector.judging.silences import silences
from connector.judging.window import window
from connector.models import Account, Finding, Membership, Metric, Order, Segment
from connector.tables import table

SPANS = (7, 30, 90)
"""Days over which movements are kept."""
FALLBACK = 180
"""Days within which people are to come back, where the shop's own figures do not say."""
GROWTH = 100
"""One more for so many orders, and all is found anew."""

findings, segments, orders = table(Finding), table(Segment), table(Order)
memberships, metrics, accounts = table(Membership), table(Metric), table(Account)


@dataclass(frozen=True)
class Found:
    """What was found as of a day, by its name, and what it was made of."""

    day: int
    basis: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Kept:
    """What was found, by its name, and the day of whose end it speaks; None where nothing ever was."""

    day: int | None
    found: Mapping[str, Any]


def find(connection: Connection, families: Sequence[Family], library: Library, day: int) -> Found | None:
    """What pages show, as of a day; None where it is kept already. The families must be in force."""
    made_of, amount = _made_of(families, library.objectives), connection.scalar(select(func.max(orders.c.id))) or 0
    if _is_kept(connection, made_of, amount, day):
        return None
    return Found(day, json.dumps([made_of, amount]), _found(connection, families, library, day))


def keep(connection: Connection, found: Found) -> None:
    """Keep what was found, in the place of what was kept before. To find takes long, to keep an instant."""
    connection.execute(delete(findings))
    rows = [
        {"key": key, "day": found.day, "basis": found.basis, "value": json.dumps(value)}
        for key, value in found.values.items()
    ]
    connection.execute(insert(findings), rows)


def kept(connection: Connection, *keys: str) -> Kept:
    """What was kept last: all of it, or what `keys` name."""
    asked = select(findings.c.key, findings.c.day, findings.c.value)
    rows = connection.execute(asked.where(findings.c.key.in_(keys)) if keys else asked).all()
    return Kept(rows[0].day if rows else None, {row.key: json.loads(row.value) for row in rows})


def _made_of(families: Sequence[Family], objectives: Mapping[str, Objective]) -> str:
    """What tells whether the definitions are the same."""
    rules = {family.key: family.rules() for family in families}
    aims = {key: [[move.origin, move.to] for move in objective.moves] for key, objective in objectives.items()}
    return json.dumps([rules, aims], sort_keys=True)


def _is_kept(connection: Connection, made_of: str, amount: int, day: int) -> bool:
    row = connection.execute(select(findings.c.day, findings.c.basis).limit(1)).one_or_none()
    if row is None or row.day != day:
        return False
    before, then = json.loads(row.basis)
    return bool(before == made_of and abs(amount - then) * GROWTH <= then)


def _found(connection: Connection, families: Sequence[Family], library: Library, day: int) -> dict[str, Any]:
    fitting = window(connection, day)
    within = fitting["window"] if fitting["enough"] else FALLBACK
    return {
        "objectives": objectives(connection, library.objectives, families, day),
        "reach": _reach(connection),
        "arrivals": _arrivals(connection, day),
        "lapsing": lapsing(connection, families, day),
        "revenue": _revenue(connection),
        "shares": [[*place, share] for place, share in shares_of(connection, library, _on(library)).items()],
        "movements": _movements(connection, families, day),
        "silences": [[day_date(end).isoformat() for end in ends] for ends in silences(connection, day)],
        "coverage": coverage(connection),
        "undated": bool(connection.scalar(select(exists().where(accounts.c.created_day.is_(None))))),
        "pareto": pareto(connection, day),
        "acquisition": acquisition(connection, day),
        "ladder": {"within": within, "rungs": ladder(connection, day, within)},
        "grid": grid(connection, day),
    }


def _reach(connection: Connection) -> dict[str, dict[str, int]] | None:
    """By segment, how many members have agreed to be written to; None where nobody was ever asked."""
    reach = reach_of(connection)
    if reach is None:
        return None
    rows = connection.execute(select(segments.c.id, segments.c.key).where(segments.c.active))
    return {
        row.key: {name: getattr(reach[row.id], name) for name in ("people", "email", "sms")}
        if row.id in reach
        else dict.fromkeys(("people", "email", "sms"), 0)
        for row in rows
    }


def _arrivals(connection: Connection, day: int) -> dict[str, int]:
    """By segment, how many of its people came in within a week; a definition that began to speak brought nobody."""
    came = and_(memberships.c.left_on.is_(None), memberships.c.entered_on > day - SPANS[0])
    rows = connection.execute(
        select(segments.c.key, func.count().label("people"))
        .join(memberships, memberships.c.segment_id == segments.c.id)
        .where(came, memberships.c.cause != "definition")
        .group_by(segments.c.key)
    )
    return {row.key: row.people for row in rows}


def _revenue(connection: Connection) -> dict[str, int]:
    """By segment, what its people have spent, net of refunds, in minor units."""
    rows = connection.execute(
        select(segments.c.key, func.sum(metrics.c.amount_spent).label("spent"))
        .join(memberships, memberships.c.segment_id == segments.c.id)
        .join(metrics, metrics.c.customer_id == memberships.c.customer_id)
        .where(segments.c.active, memberships.c.left_on.is_(None))
        .group_by(segments.c.key)
    )
    return {row.key: int(row.spent) for row in rows}


def _on(library: Library) -> list[Family]:
    return [entry for entry in library.entries() if entry.on]


def _movements(connection: Connection, families: Sequence[Family], day: int) -> dict[str, dict[str, Any]]:
    """By family of several stages and by span, who went where; a span is left out that reaches behind what is kept."""
    found: dict[str, dict[str, Any]] = {}
    for family in families:
        if isinstance(family, Audience):
            continue
        spans = found.setdefault(family.key, {})
        for span in SPANS:
            try:
                spans[str(span)] = movements(connection, family.key, day - span, day)
            except SettingsError:  # its history begins later
                break
    return found
