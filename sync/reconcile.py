"""Our counts and money beside the shop's own: who differs, and why. Reads only, and in a bounded number of requests."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, Select, exists, func, or_, select, true

from connector.database import NAMELESS, batches
from connector.errors import ConnectorError
from connector.identity import normal_email
from connector.models import Account, Checkpoint, Customer, Erasure, Identity, Order, Refund
from connector.privacy.suppressions import Name, Suppressions
from connector.records import OrderStatus, Page
from connector.source import Buyer, LiveSource, Segmenting, ShopFigures
from connector.stores import OpenStore
from connector.tables import table
from sync.quarantine import digest
from sync.reasons import KINDS, Piece, explain, figures_of, pieces_of

SUSPECT_PAGES = 10
"""How many pages of what changed since the last pull are looked at."""
VERIFIED = 20
"""How many accounts that the shop does not list are asked for singly."""


@dataclass(frozen=True, slots=True)
class Total:
    """One figure of the whole shop, ours and its own; None where it has none."""

    what: str  # accounts, spent, or orders and the shop's word for their status
    ours: int
    theirs: int | None
    why: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether the two are not the same."""
        return self.theirs is not None and self.ours != self.theirs


@dataclass(frozen=True, slots=True)
class Difference:
    """One person whose figures differ, as (orders, money in minor units); None on the side that has none."""

    account: str | None
    email: str | None
    ours: tuple[int, int] | None
    theirs: tuple[int, int] | None
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """One rule worked out on both sides; the accounts that only one has, each with its reasons."""

    key: str
    rule: str
    ours: int
    theirs: int | None  # None where the shop does not take the rule
    only_ours: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    only_theirs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    erased: int = 0  # accounts that are only there because they were erased here; they are not named
    refused: str | None = None


@dataclass
class Reconciled:
    """All that was compared. `people` is how many persons were, `same` how many of them do not differ.

    `erased` is how many are still there and were erased here: they differ for ever, and are not named.
    """

    totals: list[Total] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    segments: list[Segment] = field(default_factory=list)
    people: int = 0
    same: int = 0
    erased: int = 0
    requests: int = 0

    @property
    def unexplained(self) -> int:
        """How many differences have no reason."""
        found = [total for total in self.totals if total.differs and not total.why]
        strangers = [
            why for segment in self.segments for why in (*segment.only_ours.values(), *segment.only_theirs.values())
        ]
        return len(found) + sum(not one.why for one in self.differences) + sum(not why for why in strangers)


@dataclass(frozen=True, slots=True)
class Rule:
    """A segment that the shop can work out too: its key, its text there, and our accounts for whom it holds."""

    key: str
    native: str
    accounts: frozenset[str]
    people: int


@dataclass(frozen=True)
class Reconciliation:
    """One store compared with its shop. `most` is how many people, and how many members of a segment, are compared."""

    engine: Engine
    store: OpenStore
    source: LiveSource
    today: int
    most: int
    suppressed: Suppressions | None = None  # who was erased here and may still be there
    _still: list[Buyer] = field(default_factory=list)  # those of them who are

    def run(self, rules: Sequence[Rule] = ()) -> Reconciled:
        """Totals, then people, then the segments in `rules`."""
        found, before = Reconciled(), self.source.requests
        orders, accounts = self._pending()
        with self.engine.connect() as connection:
            figures = self.source.figures()
            owners = {str(customer) for customer in (*orders.values(), *accounts) if customer}
            self._people(connection, owners, found)
            found.totals = self._totals(connection, figures, len(orders), len(accounts))
            found.totals += self._money(connection, figures.spent, found)
            if isinstance(self.source, Segmenting):
                found.segments = [self._segment(connection, rule, owners) for rule in rules]
        found.requests = self.source.requests - before
        return found

    # What is not here yet

    def _pending(self) -> tuple[dict[str, str | None], set[str]]:
        """The orders (with their accounts) and the accounts that changed at the shop since the last pull."""
        orders, accounts = table(Order), _accounts(self.store.id)
        with self.engine.connect() as connection:
            cursors = dict(
                connection.execute(
                    select(table(Checkpoint).c.stream, table(Checkpoint).c.cursor).where(
                        table(Checkpoint).c.store_id == self.store.id
                    )
                ).all()
            )
            known = dict(
                connection.execute(
                    select(orders.c.platform_id, orders.c.digest).where(orders.c.store_id == self.store.id)
                ).all()
            )
            here = set(connection.scalars(accounts))
        changed = {
            record.id: record.customer_id
            for record in _first(self.source.orders(cursors.get("orders")), cursors.get("orders"))
            if known.get(record.id) != digest(record)
        }
        fresh = {
            record.id for record in _first(self.source.customers(cursors.get("customers")), cursors.get("customers"))
        }
        return changed, fresh - here

    # The whole shop

    def _totals(self, connection: Connection, figures: ShopFigures, orders: int, accounts: int) -> list[Total]:
        mine = len(set(connection.scalars(_accounts(self.store.id))))
        ours = _by_status(connection, self.store.id)
        gone = max(_erased_people(connection), sum(one.account is not None for one in self._still))
        totals = [Total("accounts", mine, figures.accounts, self._why(mine, figures.accounts, accounts, gone))]
        gone = max(_nameless(connection, self.store.id), sum(one.orders for one in self._still))
        for word in sorted({*ours, *figures.orders}):
            here, there = ours.get(word, 0), figures.orders.get(word)
            why = self._why(here, there, orders, gone)
            gone -= (there or 0) - here if "erased" in why else 0  # each explains one difference
            totals.append(Total(f"orders {word}", here, there, why))
        return totals

    def _why(self, ours: int, theirs: int | None, pending: int, erased: int) -> tuple[str, ...]:
        """Why two counts differ, given how many may be pending, and how many were erased here."""
        if theirs is None or ours == theirs:
            return ()
        if abs(ours - theirs) <= pending:
            return ("not_pulled",)
        if 0 < theirs - ours <= erased + pending:
            return ("erased", "not_pulled") if theirs - ours > erased else ("erased",)
        return ("floor",) if ours < theirs and self.store.floor_day is not None else ()

    # People

    def _people(self, connection: Connection, pending: Collection[str], found: Reconciled) -> None:
        buyers = list(self.source.buyers(self.most))
        pieces = pieces_of(connection, self.store, buyers, self.today)
        for buyer, mine in zip(buyers, pieces, strict=True):
            found.people += 1
            theirs = buyer.orders, buyer.spent
            if self._erased(buyer):
                found.erased += 1
                self._still.append(buyer)
                continue
            if mine is None:
                why: tuple[str, ...] = ("not_pulled",) if buyer.account in pending else ()
                found.differences.append(Difference(buyer.account, buyer.email, None, theirs, why))
                continue
            ours = figures_of(mine)
            if ours == theirs:
                found.same += 1
            else:
                why = self._explained(buyer, mine, pending)
                found.differences.append(Difference(buyer.account, buyer.email, ours, theirs, why))
        found.differences += self._missing({buyer.account for buyer in buyers}, len(buyers))

    def _explained(self, buyer: Buyer, pieces: Sequence[Piece], pending: Collection[str]) -> tuple[str, ...]:
        if buyer.account in pending:
            return ("not_pulled",)
        if (why := explain(pieces, buyer.orders, buyer.spent)) is not None:
            return why
        return ("floor",) if self.store.floor_day is not None and buyer.orders > len(pieces) else ()

    def _erased(self, buyer: Buyer) -> bool:
        names: list[Name] = [("account", self.store.key, buyer.account)] if buyer.account else []
        if email := normal_email(buyer.email):
            names.append(("email", "", email))
        return bool(self.suppressed and self.suppressed.since(names))

    def _missing(self, listed: Collection[str | None], people: int) -> Iterator[Difference]:
        """Accounts of ours that a shop which lists everyone does not list; they are asked for singly."""
        if people >= self.most or not isinstance(self.source, Segmenting):
            return
        with self.engine.connect() as connection:
            ours = set(connection.scalars(_accounts(self.store.id)))
        for account in islice(sorted(ours - set(listed)), VERIFIED):
            gone = self.source.customer(account) is None
            yield Difference(account, None, (0, 0), None, ("gone",) if gone else ("lagging",))

    def _money(self, connection: Connection, theirs: int | None, found: Reconciled) -> list[Total]:
        """The money of the whole shop; explained where everyone was compared and each difference has its reason."""
        if theirs is None:
            return []
        ours = _spent(connection, self.store, self.today)
        why = () if ours == theirs else self._money_why(connection, ours - theirs, found)
        return [Total("spent", ours, theirs, why)]

    def _money_why(self, connection: Connection, gap: int, found: Reconciled) -> tuple[str, ...]:
        if found.people >= self.most:
            return ("sampled",)
        if not all(one.why for one in found.differences):
            return ()
        people = sum(_money_of(one.ours) - _money_of(one.theirs) for one in found.differences)
        guests = _spent(connection, self.store, self.today, guests=True)  # nobody there has spent it
        erased = sum(one.spent for one in self._still)
        if gap == people + guests - erased:
            parts = {"people": people, "without_guests": guests, "erased": erased}
            return tuple(name for name, part in parts.items() if part)
        return ("people",) if found.differences or found.erased else ()

    # Segments

    def _segment(self, connection: Connection, rule: Rule, pending: Collection[str]) -> Segment:
        assert isinstance(self.source, Segmenting)
        try:
            theirs = self.source.segment(rule.native, self.store.zone.key, self.most)
        except ConnectorError as error:
            return Segment(rule.key, rule.native, rule.people, None, refused=error.message)
        whole = theirs.people <= len(theirs.accounts)
        here, there = rule.accounts - theirs.accounts if whole else frozenset(), theirs.accounts - rule.accounts
        erased = {account for account in there if self._erased(Buyer(account, None, 0, 0))}
        there -= erased
        reasons = self._reasons(connection, sorted(here | there), pending)
        return Segment(
            rule.key,
            rule.native,
            len(rule.accounts),
            theirs.people,
            {account: reasons[account] for account in sorted(here)},
            {account: reasons[account] for account in sorted(there)},
            len(erased),
        )

    def _reasons(
        self, connection: Connection, accounts: Sequence[str], pending: Collection[str]
    ) -> dict[str, tuple[str, ...]]:
        """What there is about each account for which two counts of its orders may differ."""
        buyers = [Buyer(account, None, 0, 0) for account in accounts]
        reasons: dict[str, tuple[str, ...]] = {}
        objecting = _objecting(connection, self.store.id)
        elsewhere = _elsewhere(connection, self.store.id, accounts)
        for buyer, pieces in zip(buyers, pieces_of(connection, self.store, buyers, self.today), strict=True):
            kinds = {kind for piece in pieces or () for kind in piece.kinds}
            found = [kind for kind in KINDS if kind in kinds] + ["elsewhere"] * (buyer.account in elsewhere)
            if buyer.account in pending:
                found = ["not_pulled"]
            elif buyer.account in objecting:
                found = ["objected"]
            elif not found and self.store.floor_day is not None:
                found = ["floor"]
            reasons[str(buyer.account)] = tuple(found)
        return reasons


def _first(pages: Iterator[Page[Any]], cursor: str | None) -> Iterator[Any]:
    """The records of the first pages; none where nothing was ever read, for then all would come."""
    for page in islice(pages, SUSPECT_PAGES) if cursor is not None else ():
        yield from page.records


def _accounts(store_id: int) -> Select[str]:
    """The accounts that the platform itself told us of."""
    accounts, identities = table(Account), table(Identity)
    return (
        select(identities.c.value)
        .join(accounts, accounts.c.identity_id == identities.c.id)
        .where(identities.c.scope == store_id, accounts.c.origin == "api")
    )


def _by_status(connection: Connection, store_id: int) -> dict[str, int]:
    orders = table(Order)
    statement = (
        select(orders.c.platform_status, func.count())
        .where(orders.c.store_id == store_id, orders.c.origin == "api", orders.c.status != OrderStatus.DELETED)
        .where(orders.c.platform_status.is_not(None))
        .group_by(orders.c.platform_status)
    )
    return dict(connection.execute(statement).all())


def _objecting(connection: Connection, store_id: int) -> set[str]:
    """The accounts of who objects to profiling, and so is in no segment here."""
    people, identities = table(Customer), table(Identity)
    return set(
        connection.scalars(
            select(identities.c.value)
            .join(people, people.c.id == identities.c.customer_id)
            .where(people.c.objected_on.is_not(None))
            .where(identities.c.kind == "account", identities.c.scope == store_id)
        )
    )


def _elsewhere(connection: Connection, store_id: int, accounts: Sequence[str]) -> set[str]:
    """Those of some accounts whose people are customers of another store too: a segment of ours is of all stores."""
    identities, orders = table(Identity), table(Order)
    others = identities.alias()
    same = orders.c.customer_id == identities.c.customer_id
    ordered = exists().where(same, orders.c.store_id != store_id, orders.c.status != OrderStatus.DELETED)
    known = exists().where(
        others.c.customer_id == identities.c.customer_id, others.c.kind == "account", others.c.scope != store_id
    )
    mine = identities.c.kind == "account", identities.c.scope == store_id
    statement = select(identities.c.value).where(*mine, or_(ordered, known))
    return {
        account
        for batch in batches(accounts)
        for account in connection.scalars(statement.where(identities.c.value.in_(batch)))
    }


def _erased_people(connection: Connection) -> int:
    """How many people were erased; a request of somebody who was not known is one, too."""
    erasures = table(Erasure)
    rows = connection.execute(select(erasures.c.people, erasures.c.reason))
    return sum(max(row.people, row.reason == "redact") for row in rows)


def _nameless(connection: Connection, store_id: int) -> int:
    """How many orders of a store were made nameless."""
    orders = table(Order)
    mine = orders.c.store_id == store_id, orders.c.id >= NAMELESS, orders.c.status != OrderStatus.DELETED
    return connection.scalar(select(func.count()).select_from(orders).where(*mine)) or 0


def _money_of(figures: tuple[int, int] | None) -> int:
    return 0 if figures is None else figures[1]


def _spent(connection: Connection, store: OpenStore, today: int, *, guests: bool = False) -> int:
    """The money of a store's orders; of those alone that belong to no account, for `guests`."""
    orders, refunds, identities = table(Order), table(Refund), table(Identity)
    account = exists().where(identities.c.id == orders.c.identity_id, identities.c.kind == "account")
    counts = (
        ~account if guests else true(),
        orders.c.store_id == store.id,
        orders.c.counted == 1,
        or_(orders.c.void_day.is_(None), orders.c.void_day > today),
        orders.c.currency == store.base,
    )
    gross = connection.scalar(select(func.sum(orders.c.gross)).where(*counts)) or 0
    back = select(func.sum(refunds.c.amount)).join(orders, orders.c.id == refunds.c.order_id).where(*counts)
    return int(gross) - int(connection.scalar(back) or 0)
