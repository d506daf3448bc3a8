"""What the database holds, in sum."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from connector.models import Customer, Order, Quarantine, Refund
from connector.records import OrderStatus
from connector.tables import table


@dataclass(frozen=True, slots=True)
class Totals:
    """Numbers of people and orders; money in minor units of the database's currency."""

    people: int
    orders: int  # of any status but deleted
    counted: int  # those that are purchases, before cancellations and refunds take any back
    anonymous: int  # of the counted ones, those of nobody that is known
    foreign: int  # of the counted ones, those paid in another currency: they count, without an amount
    gross: int
    refunded: int  # of counted orders, and of none that is known
    first_day: int | None
    last_day: int | None
    quarantined: int

    @property
    def net(self) -> int:
        """What was taken less what was given back."""
        return self.gross - self.refunded


def totals(connection: Connection, store_id: int | None = None) -> Totals:
    """The sums over one store's orders, or over all; people are always those of the whole database."""
    orders, refunds, people, quarantine = table(Order), table(Refund), table(Customer), table(Quarantine)
    counted = orders.c.counted == 1
    ours = orders.c.store_id == store_id if store_id is not None else orders.c.store_id.is_not(None)
    row = connection.execute(
        select(
            func.count().filter(orders.c.status != OrderStatus.DELETED.value),
            func.count().filter(counted),
            func.count().filter(counted, orders.c.customer_id.is_(None)),
            func.count().filter(counted, orders.c.total.is_(None)),
            func.coalesce(func.sum(orders.c.total).filter(counted), 0),
            func.coalesce(func.sum(orders.c.refunded).filter(counted), 0),
            func.min(orders.c.local_day),
            func.max(orders.c.local_day),
        ).where(ours)
    ).one()
    credits_ = select(func.coalesce(func.sum(refunds.c.amount), 0)).where(
        refunds.c.order_id.is_(None),
        refunds.c.store_id == store_id if store_id is not None else refunds.c.store_id.is_not(None),
    )
    return Totals(
        people=connection.scalar(select(func.count()).select_from(people).where(people.c.merged_into.is_(None))) or 0,
        orders=row[0],
        counted=row[1],
        anonymous=row[2],
        foreign=row[3],
        gross=int(row[4]),
        refunded=int(row[5]) + int(connection.scalar(credits_) or 0),
        first_day=row[6],
        last_day=row[7],
        quarantined=connection.scalar(select(func.count()).select_from(quarantine)) or 0,
    )
