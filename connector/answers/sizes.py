"""How many people each stage of many families holds at the end of a day, and what they have spent: one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, case, func, select

from connector.catalogue import Family
from connector.history.calibrations import in_force
from connector.history.segments import currency_of
from connector.history.steps import shape_of
from connector.query.select import state


@dataclass(frozen=True, slots=True)
class Size:
    """The people of a stage, and what they have spent by the day, net of refunds, in minor units."""

    people: int
    revenue: int


def sizes(connection: Connection, families: Sequence[Family], as_of: int) -> dict[str, tuple[Size, ...]]:
    """The size of each stage, by the family's key, in the order of its stages."""
    if not families:
        return {}
    currency = currency_of(connection)
    choices = [
        family.choice(f"choice_{number}", currency, range(len(family.stages))) for number, family in enumerate(families)
    ]
    asked = state(choices, shape_of(connection, as_of), watched=())
    wanted = {"amount_spent", *(choice.name for choice in choices)}
    answers = asked.select.with_only_columns(
        *(column for column in asked.select.selected_columns if column.name in wanted)
    )
    q = answers.cte("q").prefix_with("MATERIALIZED")  # or each sum would work the rules out again
    held = [q.c[choice.name] == number for choice in choices for number, _ in enumerate(choice.cases)]
    counts = [func.count(case((here, 1))).label(f"people_{n}") for n, here in enumerate(held)]
    spent = [func.sum(case((here, q.c.amount_spent))).label(f"spent_{n}") for n, here in enumerate(held)]
    figures = in_force(connection, choices)
    row = connection.execute(select(*counts, *spent), asked.clock.values(as_of, figures)).one()
    found = iter(
        [Size(people, int(revenue or 0)) for people, revenue in zip(row[: len(held)], row[len(held) :], strict=True)]
    )
    return {family.key: tuple(next(found) for _ in family.stages) for family in families}
