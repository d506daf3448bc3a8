"""The serve command: the schedule and the webhooks, until told to stop."""

from __future__ import annotations

import signal
import threading
from contextlib import suppress
from datetime import time
from pathlib import Path
from types import FrameType
from zoneinfo import ZoneInfo

from connector.errors import SettingsError, StoppedError
from connector.stores import merchant
from sync.commands.syncing import work_cycle, work_day, work_hints
from sync.inbox import Inbox
from sync.logs import set_up
from sync.runs import last_day
from sync.schedule import Service, Timetable, alarms
from sync.voice import voice
from sync.web import app, listening
from sync.workspace import Workspace, open_workspace


def run(config: Path | None, database: str | None) -> None:
    """Serve until SIGTERM or SIGINT; the work under way ends at its next page, and nothing is left half."""
    set_up(verbose=True)
    workspace = open_workspace(config, database)
    if not workspace.settings.stores:
        raise SettingsError(
            "The settings name no shop to serve.",
            remedy="Write a [stores.NAME] table into connector.toml (see README).",
        )
    woken = threading.Event()
    _end_when_told(workspace, woken)
    # told to end while it still begins, it ends as quietly
    with suppress(StoppedError), listening(app(workspace, woken.set), workspace.settings.serve) as address:
        service = _service(workspace)
        _tell(workspace, service.timetable.zone, address)

        def nap(seconds: float) -> None:
            woken.wait(seconds)
            woken.clear()

        with alarms(service.timetable, woken.set):
            service.serve(nap)


def _service(workspace: Workspace) -> Service:
    say = voice(workspace.settings, quiet=True)
    plan = workspace.settings.schedule
    inbox = Inbox(workspace.engine)
    return Service(
        Timetable(plan.pull_seconds, time.fromisoformat(plan.day), _zone(workspace)),
        workspace.now,
        pull=lambda: work_cycle(workspace, say),
        day=lambda: work_day(workspace, say),
        reached=lambda: last_day(workspace.engine),
        hints=lambda: work_hints(workspace, say, inbox).done,
        waiting=inbox.waiting,
        stopping=workspace.stopping,
    )


def _tell(workspace: Workspace, zone: ZoneInfo, address: str) -> None:
    plan = workspace.settings.schedule
    voice(workspace.settings).say(
        f"En service sur {address} : lecture toutes les {plan.pull}, recalcul du jour à {plan.day} ({zone.key}). "
        "Ctrl-C arrête.",
        f"Serving on {address}: pull every {plan.pull}, the day's recompute at {plan.day} ({zone.key}). Ctrl-C stops.",
    )


def _end_when_told(workspace: Workspace, woken: threading.Event) -> None:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        workspace.stopping.set()
        woken.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def _zone(workspace: Workspace) -> ZoneInfo:
    """The shop's time zone; before the first pull the first shop is asked, so that a wrong key is told at once."""
    with workspace.engine.connect() as connection:
        found = merchant(connection)
    if found is not None:
        return found.zone
    key, settings, source = next(workspace.sources())
    return workspace.register(key, settings, source, force=False).zone
