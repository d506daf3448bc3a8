"""The commands about messages: reading a file of those that were sent, and when a person may get the next."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from connector.days import day_date, local_day, parse_day
from connector.errors import SettingsError
from connector.people import find_people
from connector.pressure import REASONS, pressure
from connector.sends import Log, cover, note
from connectors.csvfile import parse_mapping
from connectors.csvfile.sends import SentRow, Unread, read_sends
from sync.language.told import sentence
from sync.language.voice import Voice, emit, voice
from sync.lock import writer
from sync.privacy.disclosing import disclose
from sync.runs import recorded
from sync.shelf import shelf
from sync.workspace import open_workspace


def import_sends(
    config: Path | None,
    database: str | None,
    file: Path,
    *,
    mapping: str | None,
    source: str,
    until: str | None,
    as_json: bool,
) -> None:
    """Keep the messages of a file; they are known from its first day to its last, or to `until`."""
    workspace = open_workspace(config, database, existing=True)
    say = voice(workspace.settings, quiet=as_json)
    zone = workspace.merchant().zone
    with writer(workspace.engine, now=workspace.now()), recorded(workspace.engine, "import", workspace.now) as record:
        found = list(read_sends(file, zone.key, parse_mapping(mapping) if mapping else None))
        sent = [(row.address, row.stamp, _day(row.at, zone)) for row in found if isinstance(row, SentRow)]
        unread = [row for row in found if isinstance(row, Unread)]
        if not sent:
            raise SettingsError(f"{file.name} names no message.", remedy="Export it again, or name its columns: --map.")
        last = max(day for _, _, day in sent)
        if until is not None and not last <= parse_day(until) <= workspace.today():
            raise SettingsError(f"--until {until} is no day from the last message to today.", remedy="Leave it out.")
        with workspace.engine.begin() as connection:
            noted = note(connection, source, sent)
            first = min(day for _, _, day in sent)
            log = cover(connection, Log(source, first, last if until is None else parse_day(until)))
        record.detail |= {"file": file.name, "sends": noted.new}
    told = {
        "new": noted.new,
        "same": len(sent) - noted.new - noted.unknown,
        "unknown": noted.unknown,
        "unread": len(unread),
        "known_from": day_date(log.from_day).isoformat(),
        "known_until": day_date(log.until_day).isoformat(),
    }
    _tell(say, told, unread)
    if as_json:
        emit(told)


def run(config: Path | None, database: str | None, person: str, *, as_json: bool) -> None:
    """Print from which day on a person may be written to, the cap that decides, or why it cannot be told."""
    workspace = open_workspace(config, database, existing=True)
    say = voice(workspace.settings, quiet=as_json)
    library = shelf(workspace.settings).library
    with workspace.engine.connect() as connection:
        told = [
            pressure(connection, library, one, workspace.today()) for one in sorted(find_people(connection, person))
        ]
    for one in told:
        disclose(workspace, "pressure", customer_id=one["person"])
        if as_json:
            emit(one)
        elif one["contact_ok_after"] is None:
            ends = {"until": one["known_until"], "since": one["known_from"]}
            facts = {name: day and say.day(day) for name, day in ends.items()} | {"segment": one["segment"]}
            fr, en = (text.format(**facts) for text in REASONS[one["reason"]])
            say.say(f"Pas de date : {fr}.", f"No day: {en}.")
        else:
            cap, known = one["cap"], len(one["sends"])
            say.say(
                f"Peut être contacté à partir du {say.day(one['contact_ok_after'])} ({one['segment']} : "
                f"{cap['at_most']} en {cap['per_days']} jours, {say.count(known, 'envoi connu', 'envois connus')}).",
                f"May be written to from {say.day(one['contact_ok_after'])} on ({one['segment']}: "
                f"{cap['at_most']} in {cap['per_days']} days, {say.count(known, 'message', 'messages')} known).",
            )


def _day(at: datetime, zone: ZoneInfo) -> int:
    return local_day(at, zone)


def _tell(say: Voice, told: dict[str, Any], unread: list[Unread]) -> None:
    say.say(
        f"{say.count(told['new'], 'envoi nouveau', 'envois nouveaux')}, "
        f"{say.count(told['same'], 'déjà connu', 'déjà connus')}, {told['unknown']} à des adresses inconnues ; "
        f"connus du {say.day(told['known_from'])} au {say.day(told['known_until'])}.",
        f"{say.count(told['new'], 'new message', 'new messages')}, {told['same']} known already, "
        f"{told['unknown']} to unknown addresses; "
        f"known from {say.day(told['known_from'])} to {say.day(told['known_until'])}.",
    )
    for row in unread[:10]:
        say.warn(sentence(row.reason, "fr"), row.reason)
