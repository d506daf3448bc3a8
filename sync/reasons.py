"""Our orders of a person as far as a shop can count them otherwise, and the fewest reasons that explain its figures."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from sqlalchemy import Connection, func, select

from connector.database import batches, chosen
from connector.identity import EVERYWHERE, normal_email
from connector.models import Identity, Order, Refund
from connector.records import OrderStatus
from connector.source import Buyer
from connector.stores import OpenStore
from connector.tables import AnyRow, table

Kind = str
KINDS: tuple[Kind, ...] = ("cancelled", "refunded", "zero", "on_hold", "unpaid", "test", "guest", "merged")
"""Why an order is in one count and not in the other, the likeliest first."""
UNPAID = frozenset({"cancelled", "unpaid", "on_hold"})
MOST_KINDS = 4
"""How many reasons together are believed to explain one person's figures."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One of our orders as far as it can be in a count or not."""

    kinds: frozenset[Kind]
    net: int  # in the shop's currency, with tax and shipping, less what was given back
    gross: int
    foreign: int = 0  # the net amount where it is in another currency, which no sum of ours holds


def explain(pieces: Sequence[Piece], orders: int, spent: int) -> tuple[str, ...] | None:
    """The fewest kinds of orders that the shop must count, beside ours, for its figures to be these; None for none."""
    there = [kind for kind in KINDS if any(kind in piece.kinds for piece in pieces)]
    for size in range(min(len(there), MOST_KINDS) + 1):
        for kinds in combinations(there, size):
            counted = [piece for piece in pieces if piece.kinds <= set(kinds)]
            if len(counted) == orders and (note := _money_note(counted, spent)) is not None:
                return (*kinds, *note)
    return None


def _money_note(counted: Sequence[Piece], spent: int) -> tuple[str, ...] | None:
    """What the shop must do with the money of these orders for their sum to be `spent`; None for nothing we know."""
    paid = [piece for piece in counted if not piece.kinds & UNPAID]
    sums = {
        (): sum(piece.net for piece in counted),
        ("without_unpaid",): sum(piece.net for piece in paid),
        ("gross",): sum(piece.gross for piece in counted),
        ("foreign",): sum(piece.net + piece.foreign for piece in counted),
    }
    return next((note for note, money in sums.items() if money == spent), None)


def figures_of(pieces: Iterable[Piece]) -> tuple[int, int]:
    """How many orders we count of some, and their money."""
    counted = [piece for piece in pieces if not piece.kinds]
    return len(counted), sum(piece.net for piece in counted)


def pieces_of(
    connection: Connection, store: OpenStore, buyers: Sequence[Buyer], today: int
) -> list[list[Piece] | None]:
    """Our orders of each buyer's person, None where the buyer is nobody we know."""
    keys = [_key(store, buyer) for buyer in buyers]
    owners = _owners(connection, {key for key in keys if key is not None})
    rows: dict[int, list[AnyRow]] = {}
    for row in _orders(connection, store.id, {*owners.values()}):
        rows.setdefault(row.customer_id, []).append(row)
    return [
        [_piece(row, key, store, today) for row in rows.get(owners[key], ())] if key in owners else None for key in keys
    ]


Key = tuple[str, int, str]


def _key(store: OpenStore, buyer: Buyer) -> Key | None:
    if buyer.account is not None:
        return "account", store.id, buyer.account
    email = normal_email(buyer.email)
    return None if email is None else ("email", EVERYWHERE, email)


def _owners(connection: Connection, keys: Collection[Key]) -> dict[Key | None, int]:
    identities = table(Identity)
    found: dict[Key | None, int] = {}
    for kind, scope in {key[:2] for key in keys}:
        values = [key[2] for key in keys if key[:2] == (kind, scope)]
        asked = chosen(connection, identities, ("value", "customer_id"), "value", values, kind=kind, scope=scope)
        found |= {(kind, scope, row.value): row.customer_id for row in asked}
    return found


def _orders(connection: Connection, store_id: int, people: Collection[int]) -> Iterator[AnyRow]:
    orders, identities, refunds = table(Order), table(Identity), table(Refund)
    names = ("customer_id", "counted", "void_day", "cancelled_day", "status", "test", "gross", "currency")
    back = select(func.coalesce(func.sum(refunds.c.amount), 0)).where(refunds.c.order_id == orders.c.id)
    statement = (
        select(
            *(orders.c[name] for name in names),
            back.scalar_subquery().label("back"),
            identities.c.kind,
            identities.c.scope,
            identities.c.value,
        )
        .outerjoin(identities, identities.c.id == orders.c.identity_id)
        .where(orders.c.store_id == store_id, orders.c.status != OrderStatus.DELETED)
    )
    for batch in batches(people):
        yield from connection.execute(statement.where(orders.c.customer_id.in_(batch)))


def _piece(row: AnyRow, key: Key | None, store: OpenStore, today: int) -> Piece:
    kinds = frozenset(kind for kind in (_belonging(row, key), _uncounted(row, today)) if kind is not None)
    net = max(0, row.gross - row.back)
    return Piece(kinds, net, row.gross) if row.currency == store.base else Piece(kinds, 0, 0, net)


def _belonging(row: AnyRow, key: Key | None) -> Kind | None:
    """Why an order of the same person is perhaps not this buyer's to the shop; None where it is."""
    if (row.kind, row.scope, row.value) == key:
        return None
    return "merged" if row.kind == "account" else "guest"


def _uncounted(row: AnyRow, today: int) -> Kind | None:
    """Why an order is no purchase of ours; None where it is one."""
    if row.counted and (row.void_day is None or row.void_day > today):
        return None
    if row.test:
        return "test"
    if row.status == OrderStatus.CANCELLED or (row.cancelled_day is not None and row.cancelled_day <= today):
        return "cancelled"
    if row.status == OrderStatus.ON_HOLD:
        return "on_hold"
    if row.status not in {OrderStatus.PAID, OrderStatus.REFUNDED}:
        return "unpaid"
    return "refunded" if row.gross > 0 else "zero"
