"""The commands that take back what was written."""

from __future__ import annotations

from pathlib import Path

from sync.language.voice import voice
from sync.lock import writer
from sync.push import describe
from sync.push.undo import leave as leave_destination
from sync.runs import recorded
from sync.tasks.undo import take_back
from sync.workspace import open_workspace


def undo(config: Path | None, database: str | None, number: int) -> None:
    """Take back what run `number` wrote, at each destination that it wrote to."""
    workspace = open_workspace(config, database, existing=True)
    say = voice(workspace.settings)
    for plan in take_back(workspace, number):
        for line in describe(plan, say.language):
            say.say(line, line)


def leave(config: Path | None, database: str | None, key: str) -> None:
    """Remove everything that we ever wrote at a destination."""
    workspace = open_workspace(config, database, existing=True)
    say = voice(workspace.settings)
    with writer(workspace.engine, now=workspace.now()):
        for _, _, destination in workspace.destinations(key):
            with recorded(workspace.engine, f"leave {key}", workspace.now) as record:
                plan = leave_destination(workspace.engine, key, destination, now=workspace.now(), run_id=record.id)
                record.detail |= {"plan": plan.plan_id, "accepted": plan.accepted}
            for line in describe(plan, say.language):
                say.say(line, line)
