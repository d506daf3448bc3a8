"""What a destination is: a platform that tags and fields are written to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Literal, Protocol, runtime_checkable

from connector.records import ConsentState
from connector.source import Problem

Kind = Literal["tag", "field"]


@dataclass(frozen=True, slots=True)
class Automations:
    """What may start by itself at a destination once something is written there, each time in whole sentences."""

    told: str
    first: str | None = None  # said instead of a first push, where `silent` keeps them from starting


@dataclass(frozen=True, slots=True)
class DestinationCheck:
    """What a destination says of itself; guards compare `remote_id`."""

    remote_id: str  # the shop's or the audience's own id
    name: str
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class RemoteState:
    """What a destination holds for one address, read before writing.

    `exists` is False where it knows no such person in any status, archived included.
    """

    address: str
    exists: bool
    tags: frozenset[str] = frozenset()
    fields: Mapping[str, str] = field(default_factory=dict)
    consent: ConsentState | None = None


@dataclass(frozen=True, slots=True)
class RemoteChange:
    """What one address is to gain and to lose. `create` asks for a contact that is not subscribed to anything.

    A field set to None is removed; those named in `days` hold a day, as 2026-06-30. `archive` takes back a contact
    that we created; `forget` deletes it for good, where the tool keeps what is archived.
    """

    address: str
    add: frozenset[str] = frozenset()
    remove: frozenset[str] = frozenset()
    fields: Mapping[str, str | None] = field(default_factory=dict)
    days: frozenset[str] = frozenset()
    create: bool = False
    archive: bool = False
    forget: bool = False


class Result(StrEnum):
    """How a change ended."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # for ever: the reason is kept, it is not tried again until the person changes
    RETRY = "retry"  # this time only


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the change of one address ended, with the reason where it was not accepted."""

    address: str
    result: Result
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SentPage:
    """Some of those to whom a tool sent a message of its own. `at` is None where it does not say when to each.

    The last page has a `cursor`: given back, it spares reading all up to there again.
    """

    message: str
    at: datetime | None
    addresses: tuple[str, ...]
    cursor: str | None = None


@runtime_checkable
class Sender(Protocol):
    """A destination that can tell which messages it sent itself."""

    def sent(self, since: datetime, cursor: str | None) -> Iterator[SentPage]:
        """Who got what since an instant, as far as `cursor` leaves it to be read."""
        ...


class Destination(Protocol):
    """Somewhere to write. It only adds and removes what it is told to, and has no way to raise a consent."""

    platform: ClassVar[str]
    reach: ClassVar[Literal["account", "email"]]  # addresses are the shop's own customer ids, or e-mail addresses
    kinds: ClassVar[tuple[Kind, ...]]  # what can be written here, the default first
    automations: ClassVar[Mapping[Kind, Automations]]  # of each of them

    @property
    def creates(self) -> bool:
        """Whether it takes a contact that it does not know."""
        ...

    def check(self) -> DestinationCheck:
        """Its identity, and each problem with its remedy; AuthenticationError where the key is refused."""
        ...

    def read(self, addresses: Sequence[str]) -> Iterator[RemoteState]:
        """The present state of each address, in any order, in as few requests as the platform allows."""
        ...

    def apply(self, changes: Sequence[RemoteChange], *, silent: bool) -> Iterator[Outcome]:
        """Write, and yield one outcome per address as they become known. `silent` keeps those quiet that can be."""
        ...
