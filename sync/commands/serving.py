"""The serve command: the schedule, until told to stop."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from connector.errors import SettingsError
from connector.stores import merchant
from sync.commands.syncing import work_cycle, work_day
from sync.logs import set_up
from sync.runs import last_day
from sync.schedule import scheduler, serve
from sync.voice import Voice, voice
from sync.workspace import Workspace, open_workspace


def run(config: Path | None, database: str | None) -> None:
    """Serve until SIGTERM."""
    set_up(verbose=True)
    workspace = open_workspace(config, database)
    if not workspace.settings.stores:
        raise SettingsError(
            "The settings name no shop to serve.",
            remedy="Write a [stores.NAME] table into connector.toml (see README).",
        )
    say = voice(workspace.settings, quiet=True)
    zone = _zone(workspace)
    plan = workspace.settings.schedule
    jobs = scheduler(
        lambda: work_cycle(workspace, say),
        lambda: _new_day(workspace, say),
        every=plan.pull_seconds,
        at=plan.day,
        zone=zone,
        start=workspace.now(),
    )
    voice(workspace.settings).say(
        f"En service : lecture toutes les {plan.pull}, recalcul du jour à {plan.day} ({zone.key}). Ctrl-C arrête.",
        f"Serving: pull every {plan.pull}, the day's recompute at {plan.day} ({zone.key}). Ctrl-C stops.",
    )
    serve(jobs, workspace.stopping)


def _zone(workspace: Workspace) -> ZoneInfo:
    """The shop's time zone; before the first pull the first shop is asked, so that a wrong key is told at once."""
    with workspace.engine.connect() as connection:
        found = merchant(connection)
    if found is not None:
        return found.zone
    key, settings, source = next(workspace.sources())
    return workspace.register(key, settings, source, force=False).zone


def _new_day(workspace: Workspace, say: Voice) -> None:
    """The day's recompute, unless a pull since midnight has brought it already."""
    if (last_day(workspace.engine) or 0) < workspace.today():
        work_day(workspace, say)
