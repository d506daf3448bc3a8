"""When people run out of what they bought: from the gaps between their own purchases, or from those of others.

A product lasts so many thousandths of a day a piece. Where somebody has come back for it twice or more, it is the
median of their own gaps, each over the pieces bought before it; else what the merchant says it lasts; else the median
over everyone (`connector.history.lifespans`). It is due on the day of the last purchase and as many days as its
pieces last, at least one. Gift cards do not run out.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    FromClause,
    Integer,
    MetaData,
    Select,
    Subquery,
    Table,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
)

from connector.dialects import greatest
from connector.models import Order, OrderLine, Product, ProductLifespan
from connector.query.bounds import Level
from connector.query.clocks import TODAY
from connector.query.measures import Test
from connector.query.person import Someone
from connector.query.within import holds_one, within
from connector.tables import table

LIFESPANS = "lifespans"
"""The key of the calibration that says on which day the life spans in force were found."""
DAY = 1000
OWN = 2
"""Times that somebody has come back for a product before their own gaps say how long it lasts."""

orders, lines = table(Order).alias("ro"), table(OrderLine).alias("rl")
products, manual = table(Product).alias("rp"), table(ProductLifespan).alias("rm")

usual = Table(
    "usual_lifespans",
    MetaData(),
    Column("product_id", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("value", BigInteger().with_variant(Integer(), "sqlite")),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)
"""How long products last by everyone's gaps, for each day on which that was found: each connection has its own copy."""


def of_products(of: Someone) -> ColumnElement[bool]:
    """Whether somebody's orders name products at all: asked first, since it is little work to find that they do not."""
    joined = orders.join(lines, lines.c.order_id == orders.c.id)
    named = (
        select(literal(1)).select_from(joined).where(orders.c.customer_id == of.person, lines.c.product_id.is_not(None))
    )
    return exists(named.correlate_except(orders, lines))


def bought(whose: list[ColumnElement[bool]], today: ColumnElement[int], *by: ColumnElement[int]) -> Select[tuple[int]]:
    """How many `pieces` of each product were bought on each `day`, of the orders that hold as of a day."""
    holds = or_(orders.c.void_day.is_(None), orders.c.void_day > today)
    piece = and_(lines.c.product_id.is_not(None), lines.c.quantity > 0, lines.c.gift_card.is_(False))
    columns = [*by, lines.c.product_id, orders.c.local_day]
    return (
        select(*columns[:-1], orders.c.local_day.label("day"), _whole(func.sum(lines.c.quantity)).label("pieces"))
        .select_from(orders.join(lines, lines.c.order_id == orders.c.id))
        .where(*whose, orders.c.counted == 1, orders.c.local_day <= today, holds, piece)
        .group_by(*columns)
    )


def spans(purchases: FromClause, *by: ColumnElement[int]) -> Subquery:
    """The purchases, each with how long a piece of the one before it has lasted: `span`, null for the first."""
    each = [*by, purchases.c.product_id]
    before = func.lag(purchases.c.day, type_=BigInteger()).over(partition_by=each, order_by=purchases.c.day)
    pieces = func.lag(purchases.c.pieces, type_=BigInteger()).over(partition_by=each, order_by=purchases.c.day)
    return select(*purchases.c, ((purchases.c.day - before) * DAY // pieces).label("span")).subquery("spans")


def due(of: Someone) -> Subquery:
    """What somebody runs out of: `product_id`, and the `day` on which that is; what nobody knows is left out."""
    today = of.clock.edge(TODAY)
    mine = bought([orders.c.customer_id == of.person], today).correlate_except(orders, lines).subquery("bought")
    gaps = spans(mine)
    product, span, day = gaps.c.product_id, gaps.c.span, gaps.c.day
    # the first purchase has no span and comes first, so that places count from the shortest span
    place = func.row_number().over(partition_by=product, order_by=[func.coalesce(span, -1), day]) - 1
    ranked = select(
        *gaps.c,
        place.label("place"),
        func.count(span).over(partition_by=product).label("number"),
        func.max(day).over(partition_by=product).label("last"),
    ).subquery("ranked")
    number, place = ranked.c.number, ranked.c.place
    ends = case((place == (number + 1) // 2, ranked.c.span), else_=0) + case(
        (place == (number + 2) // 2, ranked.c.span), else_=0
    )
    habit = (
        select(
            ranked.c.product_id,
            func.max(ranked.c.last).label("last"),
            _whole(func.sum(ranked.c.pieces).filter(ranked.c.day == ranked.c.last)).label("pieces"),
            case((func.max(number) >= OWN, _whole(func.sum(ends).filter(place > 0)) // 2)).label("own"),
        )
        .group_by(ranked.c.product_id)
        .subquery("habit")
    )
    found = and_(usual.c.product_id == habit.c.product_id, usual.c.day == of.clock.edge(Level(LIFESPANS)))
    said = and_(manual.c.store_id == products.c.store_id, manual.c.platform_id == products.c.platform_id)
    each = func.coalesce(habit.c.own, manual.c.days * DAY, usual.c.value)
    lasts = greatest(each * habit.c.pieces // DAY, literal(1, BigInteger()))
    return (
        select(habit.c.product_id, (habit.c.last + lasts).label("day"))
        .select_from(
            habit.join(products, products.c.id == habit.c.product_id).outerjoin(manual, said).outerjoin(usual, found)
        )
        .where(each.is_not(None))
        .correlate_except(habit, products, manual, usual)
        .subquery("due")
    )


def passing(tests: tuple[Test, ...], of: Someone) -> Select[tuple[int]]:
    """The days on which somebody runs out of products that pass some tests."""
    runs_out = due(of)
    columns = {
        "date": runs_out.c.day,
        "id": products.c.platform_id,
        "product_type": products.c.type,
        "vendor": products.c.vendor,
        "title": products.c.title,
    }
    lists = {"tag": products.c.tags, "category": products.c.categories, "collection": products.c.categories}
    passed = [
        holds_one(lists[test.field], test.span)
        if test.field in lists
        else within(columns[test.field], test.span, of.clock)
        for test in tests
    ]
    joined = runs_out.join(products, products.c.id == runs_out.c.product_id)
    return select(runs_out.c.day).select_from(joined).where(*passed).correlate_except(runs_out, products)


def _whole(value: ColumnElement[Any]) -> ColumnElement[int]:
    """A sum as a whole number, which it is not in PostgreSQL."""
    return cast(value, BigInteger())
