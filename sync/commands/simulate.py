"""The command that shows what a change of values or rules would do, before anything of it is set.

Its JSON: {"as_of", "changes": [{"key", "before", "after"}],
"families": [{"key", "on", "complete", "before": {stage: people}, "after": {stage: people},
"moves": [{"from", "to", "people"}], "staying": people, "sample": [{"person", "email", "from", "to"}]}],
"pushes": [{"destination", "people", "adds", "changes", "removes", "refused": null or the reason}],
"window": {"suggested", "covers", "enough", "gaps": {"count", "people", "percentiles", "distribution"}, "words"}}.
`from` and `to` are null for those who are in no stage; `pushes` is empty for a past day, of which nothing is pushed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table

from connector.answers.reports import incomplete
from connector.answers.simulate import Supposition, answered, compared, suppose
from connector.catalogue import Family, ParameterValue
from connector.days import day_date
from connector.errors import ConnectorError
from connector.judging.window import window
from sync.asked import asked_day
from sync.commands.simulation import show
from sync.language.told import whole
from sync.language.voice import Voice, emit, voice
from sync.push import Target, plan, sentence
from sync.push.rehearse import rehearsal
from sync.shelf import shelf
from sync.targets import target, with_given
from sync.workspace import Workspace, open_workspace

_FIGURES = ("people", "adds", "changes", "removes")


def run(config: Path | None, database: str | None, changes: list[str], *, as_of: str | None, as_json: bool) -> None:
    """Print the people of each stage before and after some changes, and what would be pushed. Nothing is written."""
    workspace = open_workspace(config, database, existing=True)
    say = voice(workspace.settings, quiet=as_json)
    known = shelf(workspace.settings)
    supposition = suppose(known.library, changes, [family.key for family in known.families], say.language)
    with workspace.engine.connect() as connection:
        report = _report(workspace, connection, supposition, asked_day(workspace, as_of), say)
        connection.rollback()
    if as_json:
        emit(report)
    else:
        show(say, report, supposition.after)


def _report(
    workspace: Workspace, connection: Connection, supposition: Supposition, as_of: int, say: Voice
) -> dict[str, Any]:
    with answered(connection, supposition, as_of) as answers:
        told = compared(connection, answers, supposition, as_of, say.written)
        pushes = _pushes(workspace, connection, supposition, answers, say) if as_of == workspace.today() else []
    return {
        "as_of": day_date(as_of).isoformat(),
        "changes": [
            {"key": one.key, "before": _plain(one.before), "after": _plain(one.after)} for one in supposition.changes
        ],
        "families": told,
        "pushes": pushes,
        "window": _window(connection, as_of, say),
    }


def _pushes(
    workspace: Workspace, connection: Connection, supposition: Supposition, answers: Table, say: Voice
) -> list[dict[str, Any]]:
    """What the next push to each destination would come to; which place it is there is not asked."""
    day, stages = workspace.today(), supposition.stages(answers)
    aims = _aims(workspace, connection, tuple(family for family, _ in stages), say)
    targets = [aim for aim in aims.values() if isinstance(aim, Target)]
    with rehearsal(connection, answers, stages, day, targets):
        return [
            {"destination": key, **_push(workspace, connection, aim, say)}
            if isinstance(aim, Target)
            else {"destination": key, **dict.fromkeys(_FIGURES, 0), "refused": aim}
            for key, aim in aims.items()
        ]


def _aims(
    workspace: Workspace, connection: Connection, chosen: tuple[Family, ...], say: Voice
) -> dict[str, Target | str]:
    """What each destination is to receive, or why that cannot be said."""
    why = incomplete(connection, chosen, workspace.today(), say.written)
    supposed = replace(shelf(workspace.settings), families=chosen)
    found: dict[str, Target | str] = {}
    for key, _, destination in workspace.destinations():
        try:
            aim = target(connection, workspace.settings, key, supposed, destination, why)
            found[key] = with_given(connection, workspace.settings, aim, supposed, workspace.today())
        except ConnectorError as error:
            found[key] = whole(error, say.written)
    return found


def _push(workspace: Workspace, connection: Connection, aim: Target, say: Voice) -> dict[str, Any]:
    try:
        formed = plan(connection, aim, now=workspace.now(), run_id=0, examples=0)
    except ConnectorError as error:
        return {**dict.fromkeys(_FIGURES, 0), "refused": whole(error, say.written)}
    guards = [sentence(guard, formed.destination, say.written) for guard in formed.guards]
    return {
        "people": formed.people,
        "adds": sum(item.added for item in formed.items),
        "changes": sum(item.changed for item in formed.items),
        "removes": sum(item.removed for item in formed.items),
        "refused": "; ".join(guards) or None,
    }


def _window(connection: Connection, as_of: int, say: Voice) -> dict[str, Any]:
    """The window that fits the shop, as `connector insights` finds it."""
    found = window(connection, as_of, say.written)
    gaps = {"count": found["gaps"], "people": found["people"]}
    gaps |= {name: found.get(name) for name in ("percentiles", "distribution")}
    return {
        "suggested": found["window"],
        "covers": found.get("covers"),
        "enough": found["enough"],
        "gaps": gaps,
        "words": found["words"],
    }


def _plain(value: ParameterValue | None) -> object:
    """A value as JSON has it: days and lists as they are written."""
    return value.isoformat() if isinstance(value, date) else value
