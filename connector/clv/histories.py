"""What people bought by a day, as arrays: one statement, streamed, so that millions of people fit."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, Connection, Label, Select, Subquery, cast, func, literal, select

from connector.catalogue import Family
from connector.clv.fitting import Days
from connector.history.segments import currency_of
from connector.history.steps import shape_of
from connector.query.clocks import BoundClock, Shape
from connector.query.fields import net, orders, visible
from connector.query.select import COUNTED, state

CHUNK = 50_000


@dataclass(frozen=True, slots=True)
class Histories:
    """One place for each person; days are shop days, money is in minor units, net of refunds seen by the day.

    A purchase is a day with one or more counted orders; a repeat is one after the first. Who never bought has `days` 0.
    """

    person: Days
    stage: Days  # the number of the stage in its family, -1 for none
    spent: Days  # the fact: all that was spent, less what was given back
    days: Days
    recency: Days  # from the first purchase to the last
    age: Days  # from the first purchase to the day asked for
    valued: Days  # the repeats whose amount is known
    value: Days  # what those brought

    def __len__(self) -> int:
        return len(self.person)

    @property
    def repeats(self) -> Days:
        """Purchases after the first."""
        return self.days - 1

    def chosen(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> Histories:
        """Those people alone, or in that order."""
        return Histories(*(getattr(self, field.name)[which] for field in fields(self)))

    def buyers(self) -> Histories:
        """Who bought, in an order that depends on what they did alone, not on their number."""
        bought = self.chosen(self.days > 0)
        keys = (bought.spent, bought.value, bought.valued, bought.age, bought.recency, bought.days, bought.stage)
        return bought.chosen(np.lexsort(keys))


def read(connection: Connection, family: Family, as_of: int) -> Histories:
    """The histories of everyone who is known at the end of a day, by number, with their stages in `family`."""
    shape = shape_of(connection, as_of)
    choice = family.choice("stage", currency_of(connection), range(len(family.stages)))
    asked = state([choice], shape)
    people, bought = asked.select.subquery("q"), _bought(asked.clock, shape)
    known = select(
        people.c.customer_id, func.coalesce(people.c.stage, -1), people.c.amount_spent, *_figures(bought, as_of)
    ).select_from(people.outerjoin(bought, bought.c.customer_id == people.c.customer_id))
    streamed = {"stream_results": True, "yield_per": CHUNK}
    rows = connection.execute(known, asked.clock.values(as_of), execution_options=streamed)
    chunks = [np.array(chunk, dtype=np.int64) for chunk in rows.partitions(CHUNK)]
    table = np.concatenate(chunks) if chunks else np.empty((0, len(fields(Histories))), dtype=np.int64)
    return Histories(*table[np.argsort(table[:, 0])].T)


def _figures(bought: Subquery, as_of: int) -> list[Label[int]]:
    figures = {
        "days": bought.c.days,
        "recency": bought.c.last - bought.c.first,
        "age": literal(as_of) - bought.c.first,
        "valued": bought.c.valued,
        "value": bought.c.value,
    }
    return [cast(func.coalesce(figure, 0), BigInteger).label(name) for name, figure in figures.items()]


def _bought(clock: BoundClock, shape: Shape) -> Subquery:
    """One row a buyer: purchase days, and the money of those after the first."""
    by_day = _purchase_days(clock, shape).subquery("d")
    firsts = func.min(by_day.c.local_day).over(partition_by=by_day.c.customer_id)
    marked = select(by_day, (by_day.c.local_day > firsts).label("again")).subquery("m")
    money = marked.c.money
    return (
        select(
            marked.c.customer_id,
            func.count().label("days"),
            func.min(marked.c.local_day).label("first"),
            func.max(marked.c.local_day).label("last"),
            func.count(money).filter(marked.c.again).label("valued"),
            func.sum(money).filter(marked.c.again).label("value"),
        )
        .group_by(marked.c.customer_id)
        .subquery("b")
    )


def _purchase_days(clock: BoundClock, shape: Shape) -> Select[tuple[int, int, int | None]]:
    return (
        select(orders.c.customer_id, orders.c.local_day, func.sum(net(clock, shape)).label("money"))
        .where(orders.c.customer_id.is_not(None), COUNTED, visible(clock))
        .group_by(orders.c.customer_id, orders.c.local_day)
    )
