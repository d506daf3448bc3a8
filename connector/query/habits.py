"""How somebody's habits change, and what they like best: figures that look at purchases in their order.

Purchases are the counted orders that hold as of the day; nothing is divided, ratios compare multiplied crosswise.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Subquery,
    and_,
    case,
    func,
    literal,
    or_,
    select,
    true,
)

from connector.dialects import bytewise, each_line, fold
from connector.models import Order, OrderLine, Product, Refund
from connector.query.measures import Figures
from connector.tables import table

orders = table(Order).alias("h")
lines = table(OrderLine).alias("hl")
products = table(Product).alias("hp")
refunds = table(Refund).alias("hr")

RECENT = 180
"""Days in which returns are held against those of before."""
FEWEST = 4
"""Orders that show whether somebody comes more rarely, or buys cheaper."""


def rarer(figures: Figures) -> ColumnElement[int]:
    """1 where the last gap between two purchase days is longer than 1.5 times the median of the gaps before it.

    Two or more gaps must lie before it, which takes four purchase days; with fewer, this is no sign. The median of
    an even number of gaps is the mean of the two in the middle. The time since the last purchase is no gap yet.
    """
    days = select(orders.c.local_day.label("day")).where(*_mine(figures)).distinct().correlate_except(orders)
    day = days.subquery("days").c.day
    gap = (day - func.lag(day).over(order_by=day)).label("gap")
    stepped = select(day, gap, func.max(day).over().label("last")).subquery("stepped")
    kind = case((stepped.c.gap.is_(None), 2), (stepped.c.day == stepped.c.last, 1), else_=0)
    ranked = select(
        stepped.c.gap,
        kind.label("kind"),
        func.row_number().over(partition_by=kind, order_by=[stepped.c.gap, stepped.c.day]).label("place"),
        func.count().over(partition_by=kind).label("number"),
    ).subquery("ranked")
    before, place, number = ranked.c.kind == 0, ranked.c.place, ranked.c.number
    middle = sum_of(ranked.c.gap, place == (number + 1) // 2) + sum_of(ranked.c.gap, place == (number + 2) // 2)
    last = func.max(ranked.c.gap).filter(ranked.c.kind == 1)
    longer = and_(func.count().filter(before) >= 2, 4 * last > 3 * func.sum(middle).filter(before))
    return _sign(select(case((longer, 1), else_=0)))


def cheaper(figures: Figures) -> ColumnElement[int]:
    """1 where a piece cost less than 0.8 times as much in the last two orders as in those before them.

    A piece costs what lines cost after discounts, over their quantity. Gift cards, lines without pieces and orders in
    a foreign currency tell no price. Two or more orders that tell one must lie before the last two that do.
    """
    priced = (
        select(
            orders.c.id,
            orders.c.local_day,
            orders.c.placed_at,
            func.sum(lines.c.total).label("money"),
            func.sum(lines.c.quantity).label("pieces"),
        )
        .select_from(orders.join(lines, lines.c.order_id == orders.c.id))
        .where(*_mine(figures), orders.c.total.is_not(None), lines.c.quantity > 0, lines.c.gift_card.is_(False))
        .group_by(orders.c.id, orders.c.local_day, orders.c.placed_at)
        .correlate_except(orders, lines)
        .subquery("priced")
    )
    newest = [priced.c.local_day.desc(), priced.c.placed_at.desc(), priced.c.id.desc()]
    place = func.row_number().over(order_by=newest).label("place")
    ranked = select(priced.c.money, priced.c.pieces, place).subquery("ranked")
    last, before = ranked.c.place <= 2, ranked.c.place > 2
    less = 5 * func.sum(ranked.c.money).filter(last) * func.sum(ranked.c.pieces).filter(before) < (
        4 * func.sum(ranked.c.money).filter(before) * func.sum(ranked.c.pieces).filter(last)
    )
    return _sign(select(case((and_(func.count().filter(before) >= 2, less), 1), else_=0)))


def returning(figures: Figures) -> ColumnElement[int]:
    """1 where somebody gave back more often, for the orders they placed, in the last 180 days than before.

    The rate is the number of refunds of a stretch of days over the number of orders placed in it, those among them
    that were taken back since. Without an order before the 180 days, or a refund within them, this is no sign.
    """
    begins = figures.today - RECENT
    given_back, bought = _refunded(figures), _placed(figures)
    recent, earlier = given_back.where(refunds.c.day > begins), given_back.where(refunds.c.day <= begins)
    now, then = bought.where(orders.c.local_day > begins), bought.where(orders.c.local_day <= begins)
    more = recent.scalar_subquery() * then.scalar_subquery() > earlier.scalar_subquery() * now.scalar_subquery()
    return case((and_(recent.scalar_subquery() > 0, more), 1), else_=0)  # few gave back: nothing else is counted


def signs(figures: Figures) -> ColumnElement[int]:
    """How many of the three signs of defection somebody shows, 0 to 3; null for who never bought."""
    orders_ = figures.value("count")
    of_many = case((orders_ >= FEWEST, rarer(figures) + cheaper(figures)), else_=0)
    return case((orders_ > 0, of_many + returning(figures)))


def favourite_channel(figures: Figures) -> ColumnElement[str]:
    """Where somebody ordered most often; of several, where they ordered last, then the first by its letters."""
    named = (
        select(orders.c.id, orders.c.local_day, orders.c.channel.label("text"), fold(orders.c.channel).label("folded"))
        .where(*_mine(figures), orders.c.channel.is_not(None))
        .correlate_except(orders)
    )
    return _favourite(named.subquery("named"))


def favourite_category(figures: Figures) -> ColumnElement[str]:
    """The category that most of somebody's orders hold; of several, that ordered last, then the first by its letters.

    A product in several categories counts for each.
    """
    one = each_line(products.c.categories).table_valued("value", joins_implicitly=True)
    bought = (
        orders.join(lines, lines.c.order_id == orders.c.id)
        .join(products, products.c.id == lines.c.product_id)
        .join(one, true())
    )
    named = (
        select(orders.c.id, orders.c.local_day, one.c.value.label("text"), fold(one.c.value).label("folded"))
        .select_from(bought)
        .where(*_mine(figures), products.c.categories.is_not(None))
        .correlate_except(orders, lines, products, one)
    )
    return _favourite(named.subquery("named"))


def channel_mix(figures: Figures) -> ColumnElement[str]:
    """`online`, `in_store` (channel `pos`) or `omnichannel` (both); null where no order says its channel."""
    told, here = orders.c.channel.is_not(None), fold(orders.c.channel) == "pos"
    in_store = func.count().filter(and_(told, here))
    online = func.count().filter(and_(told, ~here))
    named = case(
        (and_(in_store > 0, online > 0), literal("omnichannel")),
        (in_store > 0, literal("in_store")),
        (online > 0, literal("online")),
    )
    return select(named).select_from(orders).where(*_mine(figures)).scalar_subquery()


def sum_of(value: ColumnElement[Any], condition: ColumnElement[bool]) -> ColumnElement[Any]:
    """The value where a condition holds, else 0: something to be summed."""
    return case((condition, value), else_=0)


def _favourite(named: Subquery) -> ColumnElement[str]:
    often, last = func.count(named.c.id.distinct()), func.max(named.c.local_day)
    best = (
        select(func.min(bytewise(named.c.text)))
        .group_by(named.c.folded)
        .order_by(often.desc(), last.desc(), bytewise(named.c.folded))
    )
    return best.limit(1).scalar_subquery()


def _mine(figures: Figures) -> list[ColumnElement[bool]]:
    """What makes an order one of somebody's purchases as of the day."""
    holds = or_(orders.c.void_day.is_(None), orders.c.void_day > figures.today)
    return [
        orders.c.customer_id == figures.person,
        orders.c.counted == 1,
        orders.c.local_day <= figures.today,
        holds,
    ]


def _placed(figures: Figures) -> Select[Any]:
    mine = orders.c.customer_id == figures.person
    by_today = orders.c.local_day <= figures.today
    return select(func.count()).select_from(orders).where(mine, orders.c.counted == 1, by_today)


def _refunded(figures: Figures) -> Select[Any]:
    joined = refunds.join(orders, orders.c.id == refunds.c.order_id)
    mine = refunds.c.customer_id == figures.person
    return select(func.count()).select_from(joined).where(mine, orders.c.counted == 1, refunds.c.day <= figures.today)


def _sign(asked: Select[Any]) -> ColumnElement[int]:
    return func.coalesce(asked.scalar_subquery(), literal(0, Integer()))
