"""The command that explains where a person stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from connector.answers.why import explain
from connector.catalogue import Audience, Library
from connector.errors import SettingsError
from connector.history.segments import currency_of
from connector.people import find_person
from connector.privacy.objections import objecting
from sync.asked import asked_day
from sync.language.conditions import Reason, Wording
from sync.language.voice import Voice, emit, voice
from sync.privacy.disclosing import disclose
from sync.shelf import shelf
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
        currency = currency_of(connection)
    disclose(workspace, "why", segment or "", customer_id=number)
    if as_json:
        emit(told)
        return
    names = _names(known.library, say)
    words = Wording(say, told["as_of"], currency, names)
    for entry in told["segments"]:
        family, stage = known.library.segment(entry["segment"])
        _segment(say, entry, words, family.told(stage, say.language))
    for change in told["next"]:
        _next(say, change, names)


def _names(library: Library, say: Voice) -> dict[str | None, str]:
    """How each segment is called: a stage with its family, and the key that a command takes."""
    found: dict[str | None, str] = {}
    for key, (entry, stage) in library.segments().items():
        label = stage.label.of(say.language)
        whole = label if isinstance(entry, Audience) else f"{entry.label.of(say.language)}{say.colon}{label}"
        found[key] = f"{whole} ({key})"
    return found


def _next(say: Voice, change: dict[str, Any], names: dict[str | None, str]) -> None:
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


def _segment(say: Voice, entry: dict[str, Any], words: Wording, told: str) -> None:
    """Whether the person is in a segment, and why: its own words, the conditions, and the rule."""
    name = words.names[entry["segment"]]
    mark = "✓" if entry["in"] else "✗"
    since = entry["since"] and say.day(entry["since"])
    say.say(
        f"{mark} {name}{f', depuis le {since}' if since else ''}", f"{mark} {name}{f', since {since}' if since else ''}"
    )
    say.say(f"    {told}", f"    {told}")
    _reasons(say, words.reasons(entry["trace"]), "    ")
    if entry["misses"]:
        wanted = " · ".join(words.missing(entry["misses"]))
        say.say(f"    pour en faire partie : {wanted}", f"    to be in it: {wanted}")
    say.say(f"    règle : {entry['rule']}", f"    rule: {entry['rule']}")


def _reasons(say: Voice, reasons: list[Reason], margin: str) -> None:
    """Conditions, each with the person's value and what is wanted of it."""
    for one in reasons:
        value = f"{say.colon}{one.value}" if one.value else ""
        needed = say.text("il faut", "needed") if one.holds else say.text("il faudrait", "it would have to be")
        wanted = f" ({needed}{say.colon}{one.wanted})" if one.wanted else ""
        line = f"{margin}{'✓' if one.holds else '✗'} {one.told}{value}{wanted}"
        say.say(line, line)
        _reasons(say, one.parts, f"{margin}    ")
