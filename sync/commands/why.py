"""The command that explains where a person stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from connector.errors import SettingsError
from connector.people import find_people
from connector.query.messages import PARTS
from connector.why import explain
from sync.commands.reading import asked_day
from sync.shelf import shelf
from sync.voice import Voice, emit, voice
from sync.workspace import open_workspace


def run(
    config: Path | None, database: str | None, person: str, segment: str | None, *, as_of: str | None, as_json: bool
) -> None:
    """Print each condition of each segment with the person's value, what is missing, and what changes next."""
    workspace = open_workspace(config, database, existing=True)
    say = voice(workspace.settings, quiet=as_json)
    known = shelf(workspace.settings)
    with workspace.engine.connect() as connection:
        found = find_people(connection, person)
        if len(found) > 1:
            names = ", ".join(f"person:{number}" for number in found)
            raise SettingsError(f"{person} is known of several people.", remedy=f"Ask for one of them: {names}.")
        told = explain(
            connection,
            found[0],
            known.library,
            known.families,
            asked_day(workspace, as_of),
            key=segment,
        )
    if as_json:
        emit(told)
        return
    for entry in told["segments"]:
        _segment(say, entry)
    for change in told["next"]:
        say.say(
            f"Sans achat : {change['to'] or '–'} le {change['day']}",
            f"If nothing is bought: {change['to'] or '–'} on {change['day']}",
        )


def _segment(say: Voice, entry: dict[str, Any]) -> None:
    mark = "✓" if entry["in"] else "✗"
    since = f" ({entry['since']})" if entry["since"] else ""
    say.say(f"{mark} {entry['segment']}{since}", f"{mark} {entry['segment']}{since}")
    for clause in entry["clauses"]:
        line = f"    {'✓' if clause['true'] else '✗'} {clause['clause']}  =  {_shown(say, clause['value'])}"
        say.say(line, line)
        for part in clause.get("parts", ()):
            line = f"        {'✓' if part['value'] else '✗'} {PARTS[part['name']][say.language]}"
            say.say(line, line)
    if entry["misses"]:
        wanted = "; ".join(clause["clause"] for clause in entry["misses"])
        say.say(f"    il s'en faut de : {wanted}", f"    nearest miss: {wanted}")


def _shown(say: Voice, value: object) -> str:
    if isinstance(value, dict):
        return say.money(value["minor"], value["currency"])
    if isinstance(value, list):
        return ", ".join(_shown(say, one) for one in value) or "–"
    return "–" if value is None else str(value)
