"""An order with what was given back of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from connector.records import OrderRecord, OrderStatus, RefundRecord


def settled(order: OrderRecord, refunds: Iterable[RefundRecord] = (), *, refunded: int = 0) -> OrderRecord:
    """`order` with its refunds, which together never exceed its total; `refunded` is the sum that the shop states.

    What of that sum no refund explains is an undated refund. Where dated refunds tell since when an order is refunded,
    it keeps the status that it had before. A negative total is no sale: it is money given back on that day.
    """
    if order.total < 0:
        back = RefundRecord(f"{order.id}-refund", -order.total, order.placed_at)
        return replace(order, sale=False, total=0, tax=0, shipping=0, discount=0, lines=(), refunds=(back,))
    left = order.total
    kept: list[RefundRecord] = []
    for refund in refunds:
        amount = min(abs(refund.amount), left)
        left -= amount
        if amount:
            kept.append(replace(refund, amount=amount))
    unexplained = min(abs(refunded) - sum(refund.amount for refund in kept), left)
    dated = any(refund.at for refund in kept)
    if unexplained > 0:
        kept.append(RefundRecord(f"{order.id}-refunded", unexplained))
    status = OrderStatus.PAID if dated and order.status is OrderStatus.REFUNDED else order.status
    return replace(order, refunds=tuple(kept), status=status) if kept else order
