"""The commands that pull, recompute, and do all of it as the service does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import structlog

from connector.days import day_date
from connector.destination import Sender
from connector.errors import ConnectorError, SettingsError, StoppedError, StorageError, UnsafeError
from connector.rows.orders import recount
from connector.sends import Noted
from connector.settings import StoreSettings
from connector.source import ShopCheck, Source
from connector.stores import OpenStore, merchant, open_store
from sync.commands.nightly import look_back, look_back_at
from sync.commands.pushing import push_all
from sync.erasing import require
from sync.failures import EVERYWHERE, Failures
from sync.hints import Looked, look
from sync.inbox import Inbox
from sync.lock import writer
from sync.progress import shown
from sync.pull import Pull, PullReport
from sync.recompute import Recompute, families
from sync.requests import carry_out, retain
from sync.runs import Record, last_day, recorded
from sync.sends import read_sends
from sync.shelf import shelf
from sync.shrinking import amounts, require_whole
from sync.timely import require_timely
from sync.told import sentence
from sync.voice import Voice, voice
from sync.workspace import Workspace, open_workspace

log = structlog.get_logger(__name__)


def pull(config: Path | None, database: str | None, *, store: str | None, recheck: bool, force: bool) -> None:
    """Pull one store, or all of them; with `recheck` look at the last 60 days again, as once a day is done anyway."""
    workspace = open_workspace(config, database)
    say = voice(workspace.settings)
    with writer(workspace.engine, now=workspace.now()):
        pull_all(workspace, say, only=store, force=force)
        for key, settings, source in workspace.sources(store) if recheck else ():
            look_back_at(workspace, say, key, settings, source)


def recompute(config: Path | None, database: str | None, *, full: bool, history: bool, force: bool) -> None:
    """Bring the memberships to the present day; `full` looks at everyone."""
    workspace = open_workspace(config, database, existing=True)
    say = voice(workspace.settings)
    with writer(workspace.engine, now=workspace.now()):
        _require_right_day(workspace, force=force)
        _recompute_one(workspace, say, full=full, history=history)


def _recompute_one(workspace: Workspace, say: Voice, *, full: bool, history: bool) -> None:
    with _recorded_day(workspace) as record:
        record.as_of = bring_up_to_date(workspace, say, history=history)
        if full:
            differed = _recompute(workspace, history=history).everyone()
            record.detail["differed"] = differed
            say.say(
                f"Tout le monde revu : {say.count(differed, 'écart corrigé', 'écarts corrigés')}.",
                f"Everyone looked at: {say.count(differed, 'difference', 'differences')} repaired.",
            )
        say.say(*(f"{text} {say.day(day_date(record.as_of))}." for text in ("État au", "As of")))


def cycle(config: Path | None, database: str | None, *, force: bool) -> None:
    """Pull, recompute and push once."""
    workspace = open_workspace(config, database)
    work_cycle(workspace, voice(workspace.settings), force=force)


def work_cycle(workspace: Workspace, say: Voice, *, force: bool = False) -> None:
    """Pull, recompute and push. A shop that fails does not keep the rest from being done; its error comes last."""
    with writer(workspace.engine, now=workspace.now()):
        failed: ConnectorError | None = None
        try:
            pull_all(workspace, say, force=force)
        except (UnsafeError, StoppedError, StorageError):
            raise
        except ConnectorError as error:
            failed = error
            log.error("pull failed", error=error.message, remedy=error.remedy)  # noqa: TRY400 - a sentence, no traceback
        recompute_and_push(workspace, say, force=force)
        if failed is not None:
            raise failed


def work_day(workspace: Workspace, say: Voice) -> None:
    """Recompute the new shop day and push what it moved, unless somebody has brought it while we waited to write."""
    with writer(workspace.engine, now=workspace.now()):
        reached = last_day(workspace.engine)
        if reached is None or reached < workspace.today():
            recompute_and_push(workspace, say)


def work_hints(workspace: Workspace, say: Voice, inbox: Inbox) -> Looked:
    """Look into what shops have told of, and recompute and push where that changed anything; what became of it.

    A shop that does not answer keeps no other from being asked; its error comes last.
    """
    with writer(workspace.engine, now=workspace.now()):
        looked, failed = look(workspace, inbox)
        if looked.changed:
            recompute_and_push(workspace, say)
    if failed is not None:
        raise failed
    return looked


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


def bring_up_to_date(workspace: Workspace, say: Voice, *, history: bool | None = None) -> int:
    """Recompute up to the present shop day, and return it."""
    work = _recompute(workspace, history=workspace.settings.history if history is None else history)
    with shown(say, workspace, "") as progress:
        work.day(progress)
    work.judge(shelf(workspace.settings).library)
    return work.as_of


def _recompute(workspace: Workspace, *, history: bool) -> Recompute:
    return Recompute(workspace.engine, families(workspace.settings), workspace.today(), history)


def recompute_and_push(workspace: Workspace, say: Voice, *, force: bool = False) -> None:
    """Bring the memberships to the present day and push what moved; the caller is the one who writes."""
    with workspace.engine.connect() as connection:
        if merchant(connection) is None:
            return  # no shop has answered yet: there is nobody to look at
    _require_right_day(workspace, force=force)
    look_back(workspace, say)
    if (last_day(workspace.engine) or 0) < workspace.today():
        _retain(workspace, say)
    with _recorded_day(workspace) as record:
        record.as_of = bring_up_to_date(workspace, say)
    push_all(workspace, say, force=force)


def _retain(workspace: Workspace, say: Voice) -> None:
    """With each new day, make nameless whose time is over."""
    done = retain(workspace)
    if done:
        say.say(
            f"Durée de conservation écoulée, rendues anonymes : {say.people(done)}.",
            f"Retention is over, made nameless: {say.people(done)}.",
        )


@contextmanager
def _recorded_day(workspace: Workspace) -> Iterator[Record]:
    """The run of a recompute: the first to reach a shop day is that day's, "day"; any further one a "recompute"."""
    reached = last_day(workspace.engine)
    kind = "day" if reached is None or reached < workspace.today() else "recompute"
    with recorded(workspace.engine, kind, workspace.now) as record:
        yield record


def _require_right_day(workspace: Workspace, *, force: bool) -> None:
    """UnsafeError where the clock cannot be right, or stands on a day before one that was worked out already."""
    require_timely(workspace.engine, workspace.now(), force=force)
    reached, today = last_day(workspace.engine), workspace.today()
    if reached is not None and today < reached and not force:
        raise UnsafeError(
            f"The clock stands on {day_date(today)}; the memberships are those of {day_date(reached)}.",
            remedy="Set the clock right; --force insists.",
        )


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
