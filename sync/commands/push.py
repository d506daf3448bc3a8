"""The commands that push, and that show and approve plans."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from connector.errors import SettingsError
from sync.language.voice import Voice, emit, voice
from sync.lock import writer
from sync.push import load, waiting
from sync.tasks.push import Request, apply_waiting, let_go_on, push_all, scope_of, tell_plan
from sync.workspace import Workspace, open_workspace


def run(
    config: Path | None,
    database: str | None,
    only_destination: str | None,
    request: Request,
    *,
    dry_run: bool,
    resume: bool,
    force: bool,
    as_json: bool,
) -> None:
    """Push the differences to one destination, or to all."""
    workspace = open_workspace(config, database, existing=True)
    say = voice(workspace.settings, quiet=as_json)
    if not workspace.settings.destinations:
        raise SettingsError(
            "The settings name no destination.",
            remedy="Write a [destinations.NAME] table into connector.toml (see README).",
        )
    with writer(workspace.engine, now=workspace.now()):
        scope = scope_of(workspace, request)
        if resume:
            let_go_on(workspace, only_destination)
        made = push_all(workspace, say, only=only_destination, scope=scope, force=force, rehearse=dry_run)
    if as_json:
        for plan in made:
            emit(asdict(plan))


def plans(config: Path | None, database: str | None, number: int | None, *, approve: bool, force: bool) -> None:
    """List the plans that wait, show one, or apply it."""
    workspace = open_workspace(config, database, existing=True)
    say = voice(workspace.settings)
    if number is None:
        _list_waiting(workspace, say)
        return
    with workspace.engine.connect() as connection:
        plan = load(connection, number)
    if approve:
        plan = apply_waiting(workspace, plan, force=force)
    tell_plan(say, plan)


def _list_waiting(workspace: Workspace, say: Voice) -> None:
    with workspace.engine.connect() as connection:
        found = waiting(connection)[::-1]
    for plan in found:
        number, key = plan.plan_id, plan.destination
        say.say(f"Plan {number} pour {key}", f"Plan {number} for {key}")
    if not found:
        say.say("Aucun plan n'attend.", "No plan waits.")
