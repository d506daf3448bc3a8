"""From which day on each person may be written to again: the strictest cap of their segments, by the messages known.

Where messages are not known for as long as the cap asks, there is no day, only the reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, and_, exists, select

from connector.catalogue import Cap, Library, Phase
from connector.catalogue.entries import slowest
from connector.days import day_date
from connector.language import Language
from connector.models import Identity, Membership, Segment, Send
from connector.sends import Log, logs
from connector.tables import table

LONGEST = 366
"""So many days ahead a day is looked for."""

_sends, _identities = table(Send), table(Identity)
_members, _segments = table(Membership), table(Segment)


REASONS = {
    "no_sends": (
        "aucun envoi n'est connu : connector import-sends FICHIER, ou read_sends = true",
        "no messages are known: connector import-sends FILE, or read_sends = true",
    ),
    "stale": ("les envois ne sont connus que jusqu'au {until}", "messages are known up to {until} only"),
    "no_address": ("la personne n'a pas d'adresse e-mail", "the person has no e-mail address"),
    "no_cap": ("aucun de ses segments n'a de plafond", "none of their segments has a cap"),
    "known_too_late": ("les envois ne sont connus que depuis le {since}", "messages are known since {since} only"),
    "no_messages": (
        "le plafond de {segment} ne permet plus d'envoi",
        "the cap of {segment} allows no more messages",
    ),
}
"""Why there is no day."""


@dataclass(frozen=True, slots=True)
class Known:
    """From which day on all messages of all sources are known; `reason` where they are not known up to the day."""

    from_day: int = 0
    until_day: int | None = None
    reason: str | None = None  # no_sends, stale

    def why(self, language: Language) -> str:
        """The reason in words, empty where messages are known."""
        until = None if self.until_day is None else day_date(self.until_day)
        return "" if self.reason is None else REASONS[self.reason][language == "en"].format(until=until)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The day from which a person may be written to; None with the reason."""

    day: int | None = None
    reason: str | None = None  # no_sends, stale, no_address, no_cap, known_too_late, no_messages
    segment: str | None = None  # whose cap it is
    phase: Phase | None = None


def known(connection: Connection, as_of: int) -> Known:
    """What is known of messages: all of it, or as little as the source that was read least."""
    found: list[Log] = logs(connection)
    if not found:
        return Known(reason="no_sends")
    last = min(log.until_day for log in found)
    return Known(max(log.from_day for log in found), last, "stale" if last < as_of - 1 else None)


def verdict(entries: Mapping[str, tuple[Cap, int]], sends: Sequence[int], seen: Known, as_of: int) -> Verdict:
    """What the caps say to someone who entered their segments on these days and got messages on those (any order)."""
    latest = sorted((day for day in sends if day <= as_of), reverse=True)
    day = as_of
    while day < as_of + LONGEST:
        caps = {key: cap for key, (cap, _) in entries.items()}
        strictest = slowest(caps, {key: day - entered for key, (_, entered) in entries.items()})
        if strictest is None:
            return Verdict(reason="no_cap")
        segment, phase = strictest
        if phase.at_most == 0:
            return Verdict(None, "no_messages", segment, phase)
        if len(latest) < phase.at_most and seen.from_day > as_of - phase.per_days + 1:
            return Verdict(None, "known_too_late", segment, phase)
        free = _free(phase, latest, seen)
        if free <= day:
            return Verdict(free if day == as_of else day, None, segment, phase)
        day = free
    return Verdict(reason="no_messages")


def days(connection: Connection, library: Library, as_of: int) -> Iterator[tuple[int, int]]:
    """Everyone who has such a day, with it; nobody while messages are not known."""
    seen = known(connection, as_of)
    if seen.reason is None:
        sends = _sent(connection)
        for person, entries in _entries(connection, library, as_of):
            found = verdict(entries, sends.get(person, ()), seen, as_of)
            if found.day is not None:
                yield person, found.day


def pressure(connection: Connection, library: Library, person: int, as_of: int) -> dict[str, Any]:
    """What one person may be sent: the day, the cap that decides, the messages known; or the reason why not."""
    seen, sends = known(connection, as_of), _sent(connection, person).get(person, [])
    entries = dict(_entries(connection, library, as_of, person)).get(person, {})
    found = Verdict(reason=seen.reason)
    if not _reached(connection, person):
        found = Verdict(reason="no_address")
    elif seen.reason is None:
        found = verdict(entries, sends, seen, as_of)
    return {
        "person": person,
        "as_of": day_date(as_of).isoformat(),
        "contact_ok_after": None if found.day is None else day_date(found.day).isoformat(),
        "reason": found.reason,
        "segment": found.segment,
        "cap": found.phase and {"at_most": found.phase.at_most, "per_days": found.phase.per_days},
        "segments": sorted(entries),
        "sends": [day_date(day).isoformat() for day in sorted(sends)],
        "known_from": None if seen.until_day is None else day_date(seen.from_day).isoformat(),
        "known_until": None if seen.until_day is None else day_date(seen.until_day).isoformat(),
    }


def _free(phase: Phase, latest: Sequence[int], seen: Known) -> int:
    """The day from which one more message fits: once the last but so many has left the span of days."""
    if len(latest) >= phase.at_most:
        return latest[phase.at_most - 1] + phase.per_days
    return latest[0] if latest else seen.from_day


def _sent(connection: Connection, person: int | None = None) -> dict[int, list[int]]:
    """The days of messages, by person."""
    rows = (
        select(_identities.c.customer_id, _sends.c.day)
        .join(_identities, _identities.c.id == _sends.c.identity_id)
        .where(_sends.c.day.is_not(None))
    )
    if person is not None:
        rows = rows.where(_identities.c.customer_id == person)
    found = defaultdict[int, list[int]](list)
    for who, day in connection.execute(rows):
        found[who].append(day)
    return found


def _entries(
    connection: Connection, library: Library, as_of: int, person: int | None = None
) -> Iterator[tuple[int, dict[str, tuple[Cap, int]]]]:
    """Everyone with an address, with the segments that have a cap and the day of each entry."""
    caps = library.personal_caps()
    mine = _identities.c.kind == "email", _identities.c.customer_id == _members.c.customer_id
    rows = (
        select(_members.c.customer_id, _segments.c.key, _members.c.entered_on, _members.c.left_on)
        .join(_segments, _segments.c.id == _members.c.segment_id)
        .where(_segments.c.key.in_(sorted(caps)), _members.c.entered_on <= as_of, exists().where(*mine))
        .order_by(_members.c.customer_id, _segments.c.key, _members.c.entered_on)
    )
    if person is not None:
        rows = rows.where(_members.c.customer_id == person)
    for who, some in groupby(connection.execute(rows), key=lambda row: row.customer_id):
        entered = {key: _entered(stays, as_of) for key, stays in groupby(some, key=lambda row: row.key)}
        yield who, {key: (caps[key], day) for key, day in entered.items() if day is not None}


def _entered(stays: Iterable[Any], as_of: int) -> int | None:
    """The day on which the present stay began, whatever versions of the definition it went through; None outside."""
    began: int | None = None
    until: int | None = None
    for stay in stays:
        began = began if began is not None and until == stay.entered_on else stay.entered_on
        until = stay.left_on
    return began if until is None or until > as_of else None


def _reached(connection: Connection, person: int) -> bool:
    mine = and_(_identities.c.kind == "email", _identities.c.customer_id == person)
    return connection.execute(select(_identities.c.id).where(mine).limit(1)).first() is not None
