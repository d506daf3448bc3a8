"""The commands that pull, recompute, and do all of it as the service does."""

from __future__ import annotations

from pathlib import Path

from connector.days import day_date
from sync.language.voice import Voice, voice
from sync.lock import writer
from sync.tasks.cycle import work_cycle
from sync.tasks.nightly import look_back_at
from sync.tasks.pull import pull_all
from sync.tasks.recompute import bring_up_to_date, recorded_day, require_right_day, work_of
from sync.workspace import Workspace, open_workspace


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
        require_right_day(workspace, force=force)
        _recompute_one(workspace, say, full=full, history=history)


def _recompute_one(workspace: Workspace, say: Voice, *, full: bool, history: bool) -> None:
    with recorded_day(workspace) as record:
        day = bring_up_to_date(workspace, say, record, history=history)
        if full:
            differed = work_of(workspace, history=history).everyone()
            record.detail["differed"] = differed
            say.say(
                f"Tout le monde revu : {say.count(differed, 'écart corrigé', 'écarts corrigés')}.",
                f"Everyone looked at: {say.count(differed, 'difference', 'differences')} repaired.",
            )
        say.say(*(f"{text} {say.day(day_date(day))}." for text in ("État au", "As of")))


def cycle(config: Path | None, database: str | None, *, force: bool) -> None:
    """Pull, recompute and push once."""
    workspace = open_workspace(config, database)
    work_cycle(workspace, voice(workspace.settings), force=force)
