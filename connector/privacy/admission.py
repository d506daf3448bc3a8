"""Which records of a page may come in: what is of people who were erased may not, until they place another order.

An order of theirs that was known, and whatever is dated up to the erasure, stays out. An order placed later makes a
new person; from then on the account comes in again, and what else is dated after the erasure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import Connection, func, select

from connector.database import batches
from connector.days import epoch
from connector.identity import Key, Keys, Kind
from connector.models import Identity, Order
from connector.privacy.quarantined import traces
from connector.privacy.suppressions import Name, Suppressions, name_of
from connector.records import CheckoutRecord, CustomerRecord, OrderRecord, Rejected
from connector.rows import checkouts, customers, orders
from connector.rows.writing import Digested, Writing
from connector.tables import table

Stream = Literal["customers", "orders", "checkouts"]
Items = list[Digested[Any]]

_KEYS: Mapping[Stream, Callable[[Any, Writing], Keys]] = {
    "customers": customers.keys_of,
    "orders": orders.keys_of,
    "checkouts": checkouts.keys_of,
}
_ANEW = 0
"""The digest of a record of which a part was left out: whenever it is read again, it is written again."""


@dataclass(frozen=True, slots=True)
class Admission:
    """The admission of one page."""

    connection: Connection
    writing: Writing
    suppressed: Suppressions

    def admit(self, stream: Stream, items: Items) -> tuple[Items, Items]:
        """The records that may come in, and the accounts that may once an order has been placed."""
        keys = [_KEYS[stream](item.record, self.writing).of(self.writing.store.id) for item in items]
        since = self._since(stream, items, keys)
        if not since:
            return items, []
        touched = {key for own in keys if any(self._name(one) in since for one in own) for key in own}
        last = _last_orders(self.connection, touched)
        admitted, waiting = [], []
        for item, own in zip(items, keys, strict=True):
            if stream == "orders" and self._order(item.record.id) in since:
                continue
            blocked = {key for key in own if _blocks(item.record, since.get(self._name(key)), own, last)}
            if not blocked:
                admitted.append(item)
            elif not any(key[0] == "account" for key in blocked) and any(key in last for key in set(own) - blocked):
                admitted.append(_without(item, {key[0] for key in blocked}))
            elif stream == "customers":
                waiting.append(item)
        return admitted, waiting

    def readable(self, rejected: Iterable[Rejected], stream: Stream) -> list[Rejected]:
        """What was rejected, without the payloads of people who were erased."""
        kept = list(rejected)
        if not kept:
            return kept
        stores = {self.writing.store.id: self.writing.store.key}
        names = [{name_of(key, stores) for key in traces(item.payload, self.writing.store.id)} for item in kept]
        for item, own in zip(kept, names, strict=True):
            if item.id and stream != "checkouts":
                own.add((stream.removesuffix("s").replace("customer", "account"), self.writing.store.key, item.id))
        since = self.suppressed.since({name for own in names for name in own})
        return [item for item, own in zip(kept, names, strict=True) if not own & since.keys()]

    def _since(self, stream: Stream, items: Items, keys: Sequence[list[Key]]) -> dict[Name, int]:
        names = {self._name(key) for own in keys for key in own}
        if stream == "orders":
            names |= {self._order(item.record.id) for item in items}
        return self.suppressed.since(names)

    def _name(self, key: Key) -> Name:
        return name_of(key, {self.writing.store.id: self.writing.store.key})

    def _order(self, number: str) -> Name:
        return "order", self.writing.store.key, number


def _blocks(
    record: CustomerRecord | OrderRecord | CheckoutRecord,
    since: int | None,
    own: Sequence[Key],
    last: Mapping[Key, int],
) -> bool:
    """Whether a record may not come in under a key that is suppressed since an instant."""
    if since is None:
        return False
    if isinstance(record, OrderRecord):
        return epoch(record.placed_at) <= since
    ordered = max((last.get(key, 0) for key in own), default=0) > since
    return not ordered or (isinstance(record, CheckoutRecord) and epoch(record.created_at) <= since)


def _without(item: Digested[Any], kinds: set[str]) -> Digested[Any]:
    """A record without some of its keys: they were somebody's who was erased."""
    return Digested(replace(item.record, **dict.fromkeys(kinds)), _ANEW)


def _last_orders(connection: Connection, keys: Iterable[Key]) -> dict[Key, int]:
    """Of each key that is somebody's: when they last placed an order, 0 where they never did."""
    identities, placed = table(Identity), table(Order)
    asked: dict[tuple[Kind, int], list[str]] = {}
    for kind, scope, value in keys:
        asked.setdefault((kind, scope), []).append(value)
    found: dict[Key, int] = {}
    for (kind, scope), values in asked.items():
        for batch in batches(values):
            newest = select(func.max(placed.c.placed_at)).where(placed.c.customer_id == identities.c.customer_id)
            rows = connection.execute(
                select(identities.c.value, newest.scalar_subquery().label("placed_at")).where(
                    identities.c.kind == kind, identities.c.scope == scope, identities.c.value.in_(batch)
                )
            )
            found |= {(kind, scope, row.value): int(row.placed_at or 0) for row in rows}
    return found
