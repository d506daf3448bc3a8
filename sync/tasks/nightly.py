"""The night's work: each shop is looked at again once a day, and what that found is said."""

from __future__ import annotations

from sqlalchemy import select

from connector.days import instant, local_day
from connector.errors import UnsafeError
from connector.models import Run
from connector.settings import StoreSettings
from connector.source import LiveSource
from connector.states import RunOutcome
from connector.stores import open_store
from connector.tables import table
from sync.failures import EVERYWHERE, Failures
from sync.language.voice import Voice
from sync.nightly import Nightly, NightlyReport
from sync.privacy.erasing import require
from sync.pull import Pull
from sync.runs import recorded
from sync.shrinking import require_whole
from sync.workspace import Workspace

TRIES = 3
"""How often a day's look is begun where it fails; after that it is the next day's turn."""


def look_back(workspace: Workspace, say: Voice) -> None:
    """Look again at each store that has not been today; one that fails does not keep the rest from being done."""
    failures = Failures(say)
    for name in workspace.settings.stores:
        if is_due(workspace, name):
            ((key, settings, source),) = workspace.sources(name)
            with failures.kept(key, ending=(UnsafeError, *EVERYWHERE)):
                look_back_at(workspace, say, key, settings, source)


def is_due(workspace: Workspace, key: str) -> bool:
    """Whether a store was not looked at on the present shop day; not before the day after it was first read."""
    runs = table(Run)
    with workspace.engine.connect() as connection:
        store = open_store(connection, key)
        if store is None:
            return False
        first = connection.scalar(
            select(runs.c.started_at)
            .where(runs.c.kind == f"pull {key}", runs.c.outcome == RunOutcome.DONE)
            .order_by(runs.c.id)
        )
        begun = connection.execute(
            select(runs.c.started_at, runs.c.outcome)
            .where(runs.c.kind == f"nightly {key}")
            .order_by(runs.c.id.desc())
            .limit(TRIES)
        ).all()
    today = local_day(workspace.now(), store.zone)
    if first is None or local_day(instant(first), store.zone) >= today:
        return False
    outcomes = [row.outcome for row in begun if local_day(instant(row.started_at), store.zone) == today]
    return RunOutcome.DONE not in outcomes and len(outcomes) < TRIES


def look_back_at(
    workspace: Workspace, say: Voice, key: str, settings: StoreSettings, source: LiveSource
) -> NightlyReport:
    """Look at one store again, and say what was found."""
    with recorded(workspace.engine, f"nightly {key}", workspace.now) as record:
        check = source.check()
        require_whole(workspace.engine, key, check, force=False)
        store = workspace.register(key, settings, source, force=False, check=check)
        pull = Pull(
            workspace.engine,
            store,
            workspace.now,
            shared=frozenset(settings.shared_emails),
            suppressed=require(workspace.engine, workspace.suppressed),
        )
        report = Nightly(pull, source).run(check)
        record.detail |= _noted(report)
    tell(say, key, report)
    return report


def _noted(report: NightlyReport) -> dict[str, object]:
    orders = report.pulled.rows("orders")
    return {
        "requests": report.requests,
        "read": orders.new + orders.changed + orders.same,
        "changed": orders.changed,
        "new": orders.new,
        "deleted_orders": report.deleted_orders,
        "deleted_accounts": report.deleted_accounts,
        "merged_accounts": report.merged_accounts,
        "accounts": list(report.accounts),
        "orders": list(report.orders),
        "left": report.left,
    }


def tell(say: Voice, key: str, report: NightlyReport) -> None:
    """Say what a night found, and what it cost."""
    orders = report.pulled.rows("orders")
    read, count = orders.new + orders.changed + orders.same, say.count
    say.say(
        f"{key} : {count(read, 'commande relue', 'commandes relues')} des 60 derniers jours, "
        f"{count(orders.changed, 'corrigée', 'corrigées')}, "
        f"{count(orders.new, 'retrouvée', 'retrouvées')} ; disparus : "
        f"{count(report.deleted_orders, 'commande', 'commandes')}, "
        f"{count(report.deleted_accounts, 'compte', 'comptes')} ; "
        f"{count(report.merged_accounts, 'compte fusionné', 'comptes fusionnés')} "
        f"({count(report.requests, 'requête', 'requêtes')}).",
        f"{key}: {count(read, 'order', 'orders')} of the last 60 days read again, "
        f"{say.number(orders.changed)} corrected, {say.number(orders.new)} found; "
        f"gone: {count(report.deleted_orders, 'order', 'orders')}, "
        f"{count(report.deleted_accounts, 'account', 'accounts')}; "
        f"{count(report.merged_accounts, 'account', 'accounts')} merged "
        f"({count(report.requests, 'request', 'requests')}).",
    )
    if report.left:
        say.warn(
            f"{key} : à vérifier la nuit prochaine : {count(report.left, 'identifiant', 'identifiants')}.",
            f"{key}: left for the next night: {count(report.left, 'id', 'ids')}.",
        )
