"""A shop's own books beside what our tables say, in one form: nothing of ours works out what the books say."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Engine, select

from connector.models import Account, Identity, Order, OrderLine, Product, Refund
from connector.records import OrderStatus
from connector.tables import table
from sync.demo.shop import Shop, ShopOrder

UNSEEN = {"draft", "trash"}


class Booked(NamedTuple):
    """One order: in its own currency's minor units, `amount` and `refunded` in the shop's own, None if in another."""

    placed_at: int
    counts: bool
    currency: str
    gross: int
    amount: int | None
    refunded: int
    whose: str | None
    lines: tuple[tuple[str | None, int, int], ...]
    refunds: tuple[tuple[str, int], ...]


class Books(NamedTuple):
    """Orders and accounts by their numbers; of an account its address and city."""

    orders: dict[str, Booked]
    accounts: dict[str, tuple[str | None, str | None]]


def booked(shop: Shop, *, drafts: bool = False) -> Books:
    """What the shop's books say; `drafts` are shown by some platforms."""
    unseen = {"trash"} if drafts else UNSEEN
    return Books(
        {str(number): _booked(order, shop) for number, order in shop.orders.items() if order.status not in unseen},
        {str(n): (one.email, one.city or None) for n, one in shop.customers.items() if not one.deleted},
    )


def _booked(order: ShopOrder, shop: Shop) -> Booked:
    currency = order.currency or shop.currency
    home = currency == shop.currency
    paid = order.status == "paid" and order.cancelled_at is None and not order.test
    return Booked(
        int(order.placed_at.timestamp()),
        paid and order.total > 0 and order.refunded < order.total,
        currency,
        order.total,
        order.total if home else None,
        order.refunded if home else 0,
        str(order.customer_id) if order.customer_id is not None else order.email,
        tuple(
            (None if line.product_id is None else str(line.product_id), line.quantity, line.total)
            for line in order.lines
        ),
        tuple(sorted((str(refund.id), refund.amount) for refund in order.refunds)),
    )


def stored(engine: Engine) -> Books:
    """What our tables say of one store."""
    orders, identities, accounts = table(Order), table(Identity), table(Account)
    with engine.connect() as connection:
        lines = _below(connection.execute(_lines()).all())
        refunds = _below(connection.execute(_refunds()).all())
        rows = connection.execute(
            select(orders, identities.c.value)
            .outerjoin(identities, identities.c.id == orders.c.identity_id)
            .where(orders.c.status != OrderStatus.DELETED)
        ).all()
        held = connection.execute(
            select(identities.c.value, identities.c.customer_id, accounts.c.city).join(
                accounts, accounts.c.identity_id == identities.c.id
            )
        ).all()
        mails = connection.execute(
            select(identities.c.customer_id, identities.c.value).where(identities.c.kind == "email")
        ).all()
    emails = {row.customer_id: row.value for row in mails}
    return Books(
        {
            row.platform_id: Booked(
                row.placed_at,
                bool(row.counted) and row.void_day is None,
                row.currency,
                row.gross,
                row.total,
                row.refunded,
                row.value,
                tuple(lines.get(row.id, ())),
                tuple(sorted(refunds.get(row.id, ()))),
            )
            for row in rows
        },
        {row.value: (emails.get(row.customer_id), row.city) for row in held},
    )


def _lines() -> Any:  # noqa: ANN401 - a select of four columns
    lines, products = table(OrderLine), table(Product)
    return (
        select(lines.c.order_id, products.c.platform_id, lines.c.quantity, lines.c.total)
        .outerjoin(products, products.c.id == lines.c.product_id)
        .order_by(lines.c.order_id, lines.c.position)
    )


def _refunds() -> Any:  # noqa: ANN401
    refunds = table(Refund)
    return select(refunds.c.order_id, refunds.c.platform_id, refunds.c.amount).where(refunds.c.order_id.is_not(None))


def _below(rows: Any) -> dict[int, list[Any]]:  # noqa: ANN401
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(tuple(row[1:]))
    return found


def differences(books: Books, ours: Books) -> list[str]:
    """Each order and account of which the two say different things; a few words each."""
    told = []
    for kind, one, other in (("order", books.orders, ours.orders), ("account", books.accounts, ours.accounts)):
        for number in sorted({*one, *other}):
            if one.get(number) != other.get(number):
                told.append(f"{kind} {number}: {one.get(number)} in the books, {other.get(number)} stored")
    return told
