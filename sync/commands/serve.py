"""The serve command: the dashboard, the schedule and the webhooks, until told to stop."""

from __future__ import annotations

import signal
import threading
from contextlib import suppress
from datetime import time
from pathlib import Path
from types import FrameType
from zoneinfo import ZoneInfo

from connector.errors import StoppedError
from connector.stores import merchant
from connector.users import FIRST, anybody, invite
from sync.inbox import Inbox
from sync.language.voice import Voice, voice
from sync.logs import set_up
from sync.runs import last_day
from sync.schedule import Service, Timetable, alarms, ring
from sync.tasks.cycle import work_cycle, work_day, work_hints
from sync.web import app, listening
from sync.web.filedraft import clear
from sync.workspace import Workspace, open_workspace


def run(config: Path | None, database: str | None, *, host: str | None = None, port: int | None = None) -> None:
    """Serve until SIGTERM or SIGINT; the work under way ends at its next page, and nothing is left half.

    Without a shop in the settings there is nothing to pull: each day is worked out, and the dashboard answers. Where
    settings are changed from there, the service goes by them from its next turn on.
    """
    set_up(verbose=True)
    workspace = open_workspace(config, database)
    changed = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    workspace.commanded = {("serve", name): value for name, value in changed.items()}
    listens = workspace.settings.serve.model_copy(update=changed)
    woken = threading.Event()
    end_when_told(workspace, woken)
    clear(workspace)  # of what was dropped on the set-up and never imported
    # told to end while it still begins, it ends as quietly
    with suppress(StoppedError), listening(app(workspace, woken.set), listens) as address:
        _invite(workspace, address)
        service = _service(workspace)
        _tell(workspace, service.timetable.zone, address)

        with alarms(service.timetable, woken.set) as ringing:

            def nap(seconds: float) -> None:
                woken.wait(seconds)
                woken.clear()
                if (planned := _timetable(workspace, _known_zone(workspace))) != service.timetable:
                    service.follow(planned)
                    ring(ringing, planned, woken.set)

            service.serve(nap)


def _service(workspace: Workspace) -> Service:
    inbox = Inbox(workspace.engine)
    return Service(
        _timetable(workspace, _zone(workspace)),
        workspace.now,
        pull=lambda: _work(workspace),
        day=lambda: work_day(workspace.as_it_is(), _voice(workspace)),
        reached=lambda: last_day(workspace.engine),
        hints=lambda: work_hints(workspace.as_it_is(), _voice(workspace), inbox).done,
        waiting=inbox.waiting,
        stopping=workspace.stopping,
    )


def _timetable(workspace: Workspace, zone: ZoneInfo) -> Timetable:
    plan = workspace.settings.schedule
    return Timetable(plan.pull_seconds, time.fromisoformat(plan.day), zone)


def _work(workspace: Workspace) -> None:
    """What a turn does: pull, recompute and push where there is a shop, else work the day out."""
    work = work_cycle if workspace.settings.stores else work_day
    work(workspace.as_it_is(), _voice(workspace))


def _voice(workspace: Workspace) -> Voice:
    return voice(workspace.settings, quiet=True)


def _invite(workspace: Workspace, address: str) -> None:
    """While nobody may open the dashboard, say with which code the first one does."""
    with workspace.engine.begin() as connection:
        if anybody(connection):
            return
        code = invite(connection, "", "admin", workspace.now())
    door = f"{workspace.settings.serve.dashboard_url or address}/login"
    minutes = round(FIRST.total_seconds() / 60)
    voice(workspace.settings).say(
        f"Tableau de bord : {door}\nPersonne n'y a de compte. Code du premier, à usage unique, valable "
        f"{minutes} minutes : {code}",
        f"Dashboard: {door}\nNobody has an account there. Code of the first one, to be used once, valid for "
        f"{minutes} minutes: {code}",
    )


def _tell(workspace: Workspace, zone: ZoneInfo, address: str) -> None:
    plan = workspace.settings.schedule
    if not workspace.settings.stores:
        voice(workspace.settings).say(
            f"En service sur {address} : recalcul de chaque jour, sans boutique à lire. Ctrl-C arrête.",
            f"Serving on {address}: each day is worked out, there is no shop to pull. Ctrl-C stops.",
        )
        return
    voice(workspace.settings).say(
        f"En service sur {address} : lecture toutes les {plan.pull}, recalcul du jour à {plan.day} ({zone.key}). "
        "Ctrl-C arrête.",
        f"Serving on {address}: pull every {plan.pull}, the day's recompute at {plan.day} ({zone.key}). Ctrl-C stops.",
    )


def end_when_told(workspace: Workspace, woken: threading.Event) -> None:
    """Have SIGTERM and SIGINT set `stopping`, and wake who waits."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        workspace.stopping.set()
        woken.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def _zone(workspace: Workspace) -> ZoneInfo:
    """The shop's time zone; before the first pull the first shop is asked, so that a wrong key is told at once."""
    with workspace.engine.connect() as connection:
        known = merchant(connection) is not None
    if known or not workspace.settings.stores:
        return _known_zone(workspace)
    key, settings, source = next(workspace.sources())
    return workspace.register(key, settings, source, force=False).zone


def _known_zone(workspace: Workspace) -> ZoneInfo:
    """The shop's time zone as it is known; that of Greenwich while no shop was ever read."""
    with workspace.engine.connect() as connection:
        found = merchant(connection)
    return ZoneInfo("UTC") if found is None else found.zone
