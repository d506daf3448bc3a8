"""What no change ever tells: refunds that leave an order's date alone, and orders and accounts that are gone.

Once a shop's day the orders of the last 60 days are read again and compared by their checksums; what we have of those
days and the shop does not list is asked for by its id, and only then taken for gone. Accounts are counted, and listed
by id where the shop has fewer than we do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from sqlalchemy import Select, select

from connector.days import epoch
from connector.errors import RecordError
from connector.identity import Resolver
from connector.models import Account, Identity, Order
from connector.records import Deletion, OrderStatus, Page
from connector.source import LiveSource, ShopCheck
from connector.tables import table
from sync.pull import Pull, PullReport

WINDOW = timedelta(days=60)
SURE, SURE_UNDER_A_FLOOR = timedelta(days=58), timedelta(days=30)
"""How old an order may be to be taken for gone: nearer its limit, a platform that hides older ones may hide it."""
ASKED_OF_AN_ACCOUNT = 3
MOST = 200
"""How many ids of a kind are asked for singly in one night; the rest comes the next."""


@dataclass
class NightlyReport:
    """What a night found. `accounts` and `orders` are ours and the shop's own, of the accounts and of the window."""

    pulled: PullReport = field(default_factory=PullReport)
    accounts: tuple[int, int | None] = (0, None)
    orders: tuple[int, int] = (0, 0)
    deleted_orders: int = 0
    deleted_accounts: int = 0
    merged_accounts: int = 0
    left: int = 0  # ids that wait for the next night
    requests: int = 0


@dataclass(frozen=True)
class Nightly:
    """One night's look at one store; everything it finds is stored as a pull would store it."""

    pull: Pull
    source: LiveSource

    def run(self, check: ShopCheck) -> NightlyReport:
        """Read the window again, then look for what is gone; `check` is what the shop says of itself now."""
        report, before, now = NightlyReport(), self.source.requests, self.pull.clock()
        owners = self._owners(now - WINDOW)
        window = self._read_window(now - WINDOW, report)
        self._orders(window.keys(), now - (SURE if check.floor is None else SURE_UNDER_A_FLOOR), report)
        moved = {was: is_now for name, was in owners.items() if (is_now := window.get(name)) not in {None, was}}
        self._accounts(check.customers, moved, report)
        report.requests = self.source.requests - before
        return report

    def _owners(self, since: datetime) -> dict[str, str]:
        """Whose account the orders of the window are, as we have them."""
        with self.pull.engine.connect() as connection:
            return dict(connection.execute(_owned_since(self.pull.store.id, since)).all())

    def _read_window(self, since: datetime, report: NightlyReport) -> dict[str, str | None]:
        """Read the window again; the account of each order that is there."""
        there: dict[str, str | None] = {}
        for page in self.source.orders_placed(since):
            self.pull.take("orders", page, report.pulled)
            there.update((record.id, record.customer_id) for record in page.records)
            there.update((item.id, None) for item in page.rejected if item.id is not None)
        return there

    def _orders(self, seen: Set[str], since: datetime, report: NightlyReport) -> None:
        """Ask for each order that was not listed; delete it where the shop has it no more."""
        ours = self._ids(_orders_since(self.pull.store.id, since))
        report.orders = len(ours), len(seen)
        for order_id in self._some(sorted(ours - seen), report):
            try:
                record = self.source.order(order_id)
            except RecordError:
                continue  # it is there
            gone = () if record else (Deletion(order_id),)
            self.pull.take("orders", Page((record,) if record else (), deletions=gone), report.pulled)
        report.deleted_orders = report.pulled.deleted

    def _accounts(self, theirs: int | None, moved: Mapping[str, str], report: NightlyReport) -> None:
        """Where the shop has fewer accounts than we do, find out which are gone, and into whom they were merged.

        `moved` has the accounts whose orders are another's now.
        """
        ours = self._ids(_accounts(self.pull.store.id))
        report.accounts = len(ours), theirs
        if theirs is None or theirs >= len(ours):
            return
        listed = {account for ids in self.source.account_ids() for account in ids}
        for account in self._some(sorted(ours - listed), report):
            if self._account_is_gone(account):
                heir = moved.get(account) or self._heir(account)
                report.merged_accounts += heir is not None
                report.deleted_accounts += heir is None
                if heir is not None:
                    with self.pull.engine.begin() as connection:
                        Resolver(connection, self.pull.store.id, epoch(self.pull.clock())).unite(account, heir)
                self.pull.take("customers", Page((), deletions=(Deletion(account),)), PullReport())

    def _account_is_gone(self, account: str) -> bool:
        try:
            return self.source.customer(account) is None
        except RecordError:
            return False

    def _heir(self, account: str) -> str | None:
        """Whose the orders of a gone account are now; None where it had none, or they are nobody's."""
        for order_id in self._ids(_newest_orders_of(self.pull.store.id, account)):
            try:
                record = self.source.order(order_id)
            except RecordError:
                continue
            if record is not None and record.customer_id not in {None, account}:
                self.pull.take("orders", Page((record,)), PullReport())  # so that the other account is known here
                return record.customer_id
        return None

    def _some(self, ids: list[str], report: NightlyReport) -> Iterable[str]:
        report.left += max(0, len(ids) - MOST)
        return islice(ids, MOST)

    def _ids(self, statement: Select[str]) -> set[str]:
        with self.pull.engine.connect() as connection:
            return set(connection.scalars(statement))


def _orders_since(store_id: int, since: datetime) -> Select[str]:
    orders = table(Order)
    return _living(store_id).where(orders.c.placed_at >= epoch(since))


def _owned_since(store_id: int, since: datetime) -> Select[str, str]:
    orders, identities = table(Order), table(Identity)
    return (
        select(orders.c.platform_id, identities.c.value)
        .join(identities, identities.c.id == orders.c.identity_id)
        .where(orders.c.store_id == store_id, orders.c.placed_at >= epoch(since), identities.c.kind == "account")
    )


def _newest_orders_of(store_id: int, account: str) -> Select[str]:
    orders, identities = table(Order), table(Identity)
    mine = identities.c.kind == "account", identities.c.scope == store_id, identities.c.value == account
    joined = _living(store_id).join(identities, identities.c.id == orders.c.identity_id)
    return joined.where(*mine).order_by(orders.c.placed_at.desc()).limit(ASKED_OF_AN_ACCOUNT)


def _living(store_id: int) -> Select[str]:
    """The ids of orders that the platform itself told us of, and has not taken back."""
    orders = table(Order)
    return select(orders.c.platform_id).where(
        orders.c.store_id == store_id, orders.c.origin == "api", orders.c.status != OrderStatus.DELETED
    )


def _accounts(store_id: int) -> Select[str]:
    accounts, identities = table(Account), table(Identity)
    return (
        select(identities.c.value)
        .join(accounts, accounts.c.identity_id == identities.c.id)
        .where(identities.c.scope == store_id, accounts.c.origin == "api")
    )
