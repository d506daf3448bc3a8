"""The serve command: the schedule, until told to stop."""

from __future__ import annotations

import signal
from datetime import time
from pathlib import Path
from types import FrameType
from zoneinfo import ZoneInfo

from connector.errors import SettingsError
from connector.stores import merchant
from sync.commands.syncing import work_cycle, work_day
from sync.logs import set_up
from sync.runs import last_day
from sync.schedule import Service, Timetable
from sync.voice import voice
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
    service = _service(workspace)
    plan, zone = workspace.settings.schedule, service.timetable.zone
    voice(workspace.settings).say(
        f"En service : lecture toutes les {plan.pull}, recalcul du jour à {plan.day} ({zone.key}). Ctrl-C arrête.",
        f"Serving: pull every {plan.pull}, the day's recompute at {plan.day} ({zone.key}). Ctrl-C stops.",
    )
    _end_when_told(workspace)
    service.serve(workspace.stopping.wait)


def _service(workspace: Workspace) -> Service:
    say = voice(workspace.settings, quiet=True)
    plan = workspace.settings.schedule
    return Service(
        Timetable(plan.pull_seconds, time.fromisoformat(plan.day), _zone(workspace)),
        workspace.now,
        pull=lambda: work_cycle(workspace, say),
        day=lambda: work_day(workspace, say),
        reached=lambda: last_day(workspace.engine),
        stopping=workspace.stopping,
    )


def _end_when_told(workspace: Workspace) -> None:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        workspace.stopping.set()

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
