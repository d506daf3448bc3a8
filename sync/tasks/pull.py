"""Pulling every store, and telling what came of it."""

from __future__ import annotations

from functools import partial

from connector.days import day_date
from connector.destination import Sender
from connector.errors import SettingsError, UnsafeError
from connector.rows.orders import recount
from connector.sends import Noted
from connector.settings import StoreSettings
from connector.source import ShopCheck, Source
from connector.stores import OpenStore, open_store
from sync.failures import EVERYWHERE, Failures
from sync.inbox import Inbox
from sync.language.told import sentence
from sync.language.voice import Voice
from sync.privacy.erasing import require
from sync.privacy.requests import carry_out
from sync.progress import shown
from sync.pull import Pull, PullReport
from sync.runs import recorded
from sync.sends import read_sends
from sync.shrinking import amounts, require_whole
from sync.timely import require_timely
from sync.workspace import Workspace


def pull_all(workspace: Workspace, say: Voice, *, only: str | None = None, force: bool = False) -> None:
    """Pull the stores one after the other; the first error is raised once all were tried."""
    failures = Failures(say)
    require_timely(workspace.engine, workspace.now(), force=force)
    require(workspace.engine, workspace.suppressed, force=force)
    Inbox(workspace.engine).carry_out(partial(carry_out, workspace), workspace.now())
    for key, settings, source in workspace.sources(only):
        with failures.kept(key, ending=(UnsafeError, *EVERYWHERE)):
            _pull_one(workspace, say, key, settings, source, force=force)
    if only is None:
        _pull_sends(workspace, say, failures)
    failures.end()


def _pull_sends(workspace: Workspace, say: Voice, failures: Failures) -> None:
    """Read which messages the tools sent whose settings ask for it."""
    for key, settings in workspace.settings.destinations.items():
        if settings.read_sends:
            with failures.kept(key):
                noted = _read_sends(workspace, key)
                say.say(
                    f"{key} : {say.count(noted.new, 'envoi nouveau', 'envois nouveaux')}.",
                    f"{key}: {say.count(noted.new, 'new message', 'new messages')}.",
                )


def _read_sends(workspace: Workspace, key: str) -> Noted:
    zone = workspace.merchant().zone
    ((_, settings, destination),) = workspace.destinations(key)
    if not isinstance(destination, Sender):
        raise SettingsError(
            f"Destination {key!r}: {settings.platform} does not tell which messages it sent.",
            remedy="Leave read_sends out, and `connector import-sends FILE` instead.",
        )
    with recorded(workspace.engine, f"sends {key}", workspace.now) as record:
        noted = read_sends(workspace.engine, key, destination, now=workspace.now(), zone=zone)
        record.detail |= {"new": noted.new}
    return noted


def _pull_one(workspace: Workspace, say: Voice, key: str, settings: StoreSettings, source: Source, force: bool) -> None:
    with recorded(workspace.engine, f"pull {key}", workspace.now) as record:
        check = source.check()
        found = [problem for problem in check.problems if not problem.fatal]
        record.detail["problems"] = [{"message": problem.message, "remedy": problem.remedy} for problem in found]
        require_whole(workspace.engine, key, check, force=force)
        store = _registered(workspace, key, settings, source, check, force=force)
        with shown(say, workspace, key) as progress:
            report = Pull(
                workspace.engine,
                store,
                workspace.now,
                shared=frozenset(settings.shared_emails),
                progress=progress,
                suppressed=workspace.suppressed,
            ).run(source)
        record.detail |= amounts(check) | {
            "new": report.rows("orders").new,
            "changed": report.rows("orders").changed,
            "quarantined": report.quarantined,
        }
    tell_pull(say, key, report)
    if store.floor_day is not None:
        _tell_floor(say, store)


def _registered(
    workspace: Workspace, key: str, settings: StoreSettings, source: Source, check: ShopCheck, *, force: bool
) -> OpenStore:
    """The store with its switches as the settings have them now; orders are counted anew where a switch moved."""
    with workspace.engine.connect() as connection:
        before = open_store(connection, key)
    store = workspace.register(key, settings, source, force=force, check=check)
    if before is not None and before.switches != store.switches:
        with workspace.engine.begin() as connection:
            recount(connection, store)
    return store


def tell_pull(say: Voice, key: str, report: PullReport) -> None:
    """Say what a pull or an import read."""
    customers, orders, count = report.rows("customers"), report.rows("orders"), say.count
    say.say(
        f"{key} : {count(orders.new, 'commande nouvelle', 'commandes nouvelles')}, "
        f"{count(orders.changed, 'modifiée', 'modifiées')}, {count(orders.same, 'inchangée', 'inchangées')} ; "
        f"{count(customers.new, 'compte nouveau', 'comptes nouveaux')}, "
        f"{count(customers.changed, 'modifié', 'modifiés')}.",
        f"{key}: {count(orders.new, 'new order', 'new orders')}, {say.number(orders.changed)} changed, "
        f"{say.number(orders.same)} as before; {count(customers.new, 'new account', 'new accounts')}, "
        f"{say.number(customers.changed)} changed.",
    )
    if report.quarantined:
        say.warn(
            f"{key} : gardés en quarantaine avec leur raison : "
            f"{count(report.quarantined, 'enregistrement illisible', 'enregistrements illisibles')}.",
            f"{key}: {count(report.quarantined, 'record', 'records')} could not be read, "
            "kept in quarantine with the reason.",
        )
    for warning in report.warnings:
        say.warn(f"{key} : {sentence(warning, 'fr')}", f"{key}: {warning}")


def _tell_floor(say: Voice, store: OpenStore) -> None:
    assert store.floor_day is not None
    day = say.day(day_date(store.floor_day))
    say.warn(
        f"{store.key} : la boutique ne montre ses commandes que depuis le {day} ; les étapes ne sont pas envoyées. "
        f"Remède : exportez toutes les commandes et `connector import FICHIER --store {store.key}`.",
        f"{store.key}: the shop only shows its orders since {day}; stages are not pushed. "
        f"Remedy: export all orders there and `connector import FILE --store {store.key}`.",
    )
