"""A destination in memory: it keeps tags, fields and consents, counts writes, and fails where it is told to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from connector.destination import Automations, DestinationCheck, Kind, Outcome, RemoteChange, RemoteState, Result
from connector.records import ConsentState
from connector.source import Problem
from connector.text import fold


class CrashError(Exception):
    """The program dies here."""


@dataclass
class Contact:
    """One address in the tool's own books."""

    tags: set[str] = field(default_factory=set)
    fields: dict[str, str] = field(default_factory=dict)
    consent: ConsentState = ConsentState.NOT_SUBSCRIBED
    archived: bool = False


def accept(_change: RemoteChange) -> Outcome | None:
    """No fault."""
    return None


class MemoryDestination:
    """Tags are compared as the tools do it: whatever their case. A `fault` answers instead of a write, or raises."""

    platform: ClassVar[str] = "memory"
    reach: ClassVar[Literal["account", "email"]] = "email"
    kinds: ClassVar[tuple[Kind, ...]] = ("tag", "field")
    automations: ClassVar[Mapping[Kind, Automations]] = {}
    creates = True

    def __init__(self, *addresses: str) -> None:
        self.contacts = {address: Contact() for address in addresses}
        self.remote_id = "list-1"
        self.problems: tuple[Problem, ...] = ()
        self.fault: Callable[[RemoteChange], Outcome | None] = accept
        self.before_write: Callable[[RemoteChange], None] = lambda change: None
        self.before_read: Callable[[], None] = lambda: None
        self.writes: list[RemoteChange] = []
        self.reads: list[str] = []
        self.checks = 0
        self.silent: list[bool] = []

    def check(self) -> DestinationCheck:
        self.checks += 1
        return DestinationCheck(self.remote_id, "Memory", self.problems)

    def read(self, addresses: Sequence[str]) -> Iterator[RemoteState]:
        self.before_read()
        self.reads += addresses
        for address in addresses:
            there = self.contacts.get(address)
            if there is None:
                yield RemoteState(address, exists=False)
            else:
                yield RemoteState(address, True, frozenset(there.tags), dict(there.fields), there.consent)

    def apply(self, changes: Sequence[RemoteChange], *, silent: bool) -> Iterator[Outcome]:
        self.silent.append(silent)
        for change in changes:
            self.before_write(change)
            self.writes.append(change)
            yield self.fault(change) or self._write(change)

    def _write(self, change: RemoteChange) -> Outcome:
        if change.create and change.address not in self.contacts:
            self.contacts[change.address] = Contact()
        there = self.contacts.get(change.address)
        if there is None:
            return Outcome(change.address, Result.REFUSED, "not there")
        for tag in change.remove:
            there.tags = {other for other in there.tags if fold(other) != fold(tag)}
        held = {fold(tag) for tag in there.tags}
        there.tags |= {tag for tag in change.add if fold(tag) not in held}
        for name, value in change.fields.items():
            there.fields.pop(name, None)
            if value is not None:
                there.fields[name] = value
        if change.archive:
            there.archived = True
        return Outcome(change.address, Result.ACCEPTED)

    def state(self) -> dict[str, tuple[frozenset[str], tuple[tuple[str, str], ...]]]:
        """All tags and fields, to be compared."""
        return {a: (frozenset(c.tags), tuple(sorted(c.fields.items()))) for a, c in self.contacts.items()}
