"""Who went from which stage to which between two days, and how many people each stage held on each day between them.

    movements(connection, "spread", from_day, to_day) -> dict
    evolution(connection, "spread", from_day, to_day) -> dict

Both are read from what the recomputes have kept; `unsettled` tells how many people's stages may still change there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, case, func, or_, select

from connector.days import day_date
from connector.errors import SettingsError
from connector.history.counts import counts
from connector.history.stays import stays
from connector.history.steps import cause_by_rows
from connector.models import Customer, Segment
from connector.tables import AnyRow, table

segments, people = table(Segment), table(Customer)


def movements(connection: Connection, family: str, from_day: int, to_day: int) -> dict[str, Any]:
    """The stage on one day against the stage on a later one, each person once; who stayed is left out.

    `from` is None for people who were not there yet, `to` is None for those who are in no stage any more. The causes
    are those of each one's last change up to `to_day`. SettingsError where no such history is kept.
    """
    stages = _stages(connection, family, from_day, to_day)
    moves: dict[tuple[str | None, str | None], Counter[str]] = {}
    with stays(connection, family, from_day) as kept:
        for row in connection.execute(_moves(kept, from_day, to_day)):
            moves.setdefault((row.origin, row.target), Counter())[row.cause] += row.people
    places: dict[str | None, int] = {key: place for place, key in enumerate(stages)}
    places[None] = -1
    return {
        "from": day_date(from_day).isoformat(),
        "to": day_date(to_day).isoformat(),
        "family": family,
        "moves": [
            {
                "from": origin and stages[origin],
                "to": target and stages[target],
                "people": causes.total(),
                "causes": dict(sorted(causes.items(), key=lambda cause: (-cause[1], cause[0]))),
            }
            for (origin, target), causes in sorted(
                moves.items(), key=lambda move: (places[move[0][0]], places[move[0][1]])
            )
        ],
    }


def evolution(connection: Connection, family: str, from_day: int, to_day: int) -> dict[str, Any]:
    """How many people each stage held at the end of each day, with the version of the definition that said so."""
    stages = _stages(connection, family, from_day, to_day)
    versions = _versions(connection, family)
    return {
        "from": day_date(from_day).isoformat(),
        "to": day_date(to_day).isoformat(),
        "family": family,
        "stages": list(stages.values()),
        "days": [
            {
                "day": day_date(day).isoformat(),
                "version": _version_on(versions, day),
                "people": {stage: held[key] for key, stage in stages.items()},
            }
            for day, held in _held(connection, family, from_day, to_day)
        ],
    }


def unsettled(connection: Connection, day: int) -> int:
    """How many people wait for a recompute to look at them, for their stages up to a day to be right."""
    waiting = select(func.count()).where(people.c.merged_into.is_(None), people.c.next_review_on <= day)
    return connection.scalar(waiting) or 0


def _stages(connection: Connection, family: str, from_day: int, to_day: int) -> dict[str, str]:
    """The stages of a family over all its versions, by segment key, in order."""
    if from_day > to_day:
        raise SettingsError(
            f"{day_date(from_day)} lies after {day_date(to_day)}.", remedy="Give the earlier of the two days first."
        )
    rows = connection.execute(
        select(segments).where(segments.c.family == family).order_by(segments.c.version.desc(), segments.c.position)
    ).all()
    if not rows:
        known = ", ".join(connection.scalars(select(segments.c.family).distinct().order_by(segments.c.family)))
        raise SettingsError(
            f"No history of {family} is kept.",
            remedy=f"Use one of: {known}." if known else "Run `connector recompute` first.",
        )
    _refuse_before(connection, family, rows, from_day)
    return {row.key: row.key.removeprefix(f"{family}.") for row in rows}


def _refuse_before(connection: Connection, family: str, rows: Sequence[AnyRow], day: int) -> None:
    """Refuse a day before the history of a family that was begun without its past."""
    if any(row.from_day is None for row in rows):
        return
    first = connection.scalar(
        select(func.min(counts.c.day))
        .join(segments, segments.c.id == counts.c.segment_id)
        .where(segments.c.family == family)
    )
    if first is None or day < first:
        began = "" if first is None else f" before {day_date(first)}"
        raise SettingsError(f"No history of {family} is kept{began}.", remedy="Ask for later days.")


def _moves(kept: Table, from_day: int, to_day: int) -> Select[Any]:
    """People by the stage on the one day, the stage on the other, and the cause."""

    def on(day: int) -> ColumnElement[bool]:
        return and_(kept.c.entered_on <= day, or_(kept.c.left_on.is_(None), kept.c.left_on > day))

    person = (
        select(
            kept.c.customer_id,
            func.max(case((on(from_day), kept.c.stage))).label("origin"),
            func.max(case((on(to_day), kept.c.stage))).label("target"),
            func.max(case((on(to_day), kept.c.cause))).label("cause"),
            func.max(kept.c.left_on).label("left_on"),
        )
        .where(kept.c.entered_on <= to_day)
        .group_by(kept.c.customer_id)
        .subquery("person")
    )
    by_rows = cause_by_rows(person.c.customer_id, people.c.since_day, person.c.left_on)
    caused = (
        select(person.c.origin, person.c.target, func.coalesce(person.c.cause, by_rows).label("cause"))
        .join(people, people.c.id == person.c.customer_id)
        .where(person.c.origin.is_distinct_from(person.c.target))
        .subquery("caused")
    )
    return select(*caused.c, func.count().label("people")).group_by(*caused.c)


def _versions(connection: Connection, family: str) -> list[tuple[int | None, int]]:
    """Each version's first day and number, in order."""
    statement = select(segments.c.from_day, segments.c.version).where(segments.c.family == family).distinct()
    return sorted(((row.from_day, row.version) for row in connection.execute(statement)), key=lambda found: found[1])


def _version_on(versions: list[tuple[int | None, int]], day: int) -> int:
    """The version that was in force on a day: the last that had begun, else the first of all."""
    begun = [version for first, version in versions if first is None or first <= day]
    return begun[-1] if begun else versions[0][1]


def _held(connection: Connection, family: str, from_day: int, to_day: int) -> Iterator[tuple[int, Counter[str]]]:
    """Each day with how many people each segment key held."""
    statement = (
        select(segments.c.key, counts.c.segment_id, counts.c.day, counts.c.people)
        .join(segments, segments.c.id == counts.c.segment_id)
        .where(segments.c.family == family, counts.c.day <= to_day)
        .order_by(counts.c.day)
    )
    rows = list(connection.execute(statement))
    last: dict[int, int] = {}
    held: Counter[str] = Counter()
    at = 0
    for day in range(from_day, to_day + 1):
        while at < len(rows) and rows[at].day <= day:
            row = rows[at]
            held[row.key] += row.people - last.get(row.segment_id, 0)
            last[row.segment_id] = row.people
            at += 1
        yield day, held
