"""The command that explains where a person stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from connector.catalogue import Audience, Library
from connector.errors import SettingsError
from connector.people import find_person
from connector.privacy.objections import objecting
from connector.query.messages import PARTS
from connector.why import explain
from sync.asked import asked_day
from sync.disclosing import disclose
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
        number = find_person(connection, person)
        if number in objecting(connection):
            raise SettingsError(
                f"{person} objects to profiling.", remedy="`connector object PERSON --withdraw` ends that, if they ask."
            )
        told = explain(
            connection,
            number,
            known.library,
            known.families,
            asked_day(workspace, as_of),
            key=segment,
        )
    disclose(workspace, "why", segment or "", customer_id=number)
    if as_json:
        emit(told)
        return
    names = _names(known.library, say)
    for entry in told["segments"]:
        _segment(say, entry, names[entry["segment"]])
    for change in told["next"]:
        _next(say, change, names)


def _names(library: Library, say: Voice) -> dict[str, str]:
    """How each segment is called: a stage with its family, and the key that a command takes."""
    joint = " : " if say.language == "fr" else ": "
    found = {}
    for key, (entry, stage) in library.segments().items():
        label = stage.label.of(say.language)
        whole = label if isinstance(entry, Audience) else f"{entry.label.of(say.language)}{joint}{label}"
        found[key] = f"{whole} ({key})"
    return found


def _next(say: Voice, change: dict[str, Any], names: dict[str, str]) -> None:
    """What becomes of the person if nothing is bought, and when."""
    if change["to"] is None:
        left = names[change["from"]]
        say.say(
            f"Sans achat, quitte le {say.day(change['day'])} : {left}",
            f"If nothing is bought, leaves on {say.day(change['day'])}: {left}",
        )
        return
    to, day = names[change["to"]], say.day(change["day"])
    say.say(f"Sans achat, le {day} : {to}", f"If nothing is bought, on {day}: {to}")


def _segment(say: Voice, entry: dict[str, Any], name: str) -> None:
    mark = "✓" if entry["in"] else "✗"
    since = entry["since"] and say.day(entry["since"])
    say.say(
        f"{mark} {name}{f', depuis le {since}' if since else ''}", f"{mark} {name}{f', since {since}' if since else ''}"
    )
    for clause in entry["clauses"]:
        line = f"    {'✓' if clause['true'] else '✗'} {clause['clause']}  =  {say.value(clause['value'])}"
        say.say(line, line)
        for part in clause.get("parts", ()):
            line = f"        {'✓' if part['value'] else '✗'} {PARTS[part['name']][say.language]}"
            say.say(line, line)
    if entry["misses"]:
        wanted = [_wanted(clause) for clause in entry["misses"]]
        say.say(f"    il s'en faut de : {' ; '.join(wanted)}", f"    nearest miss: {'; '.join(wanted)}")


def _wanted(clause: dict[str, Any]) -> str:
    """A condition as it would have to be: one that is true would have to be false."""
    return f"NOT ({clause['clause']})" if clause["true"] else str(clause["clause"])
