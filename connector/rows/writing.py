"""What writing a page has in common for every stream."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Literal, Protocol, TypeVar

from connector.days import NEVER, epoch
from connector.stores import OpenStore

Origin = Literal["api", "file"]
Version = tuple[int, int | None, str]
"""What is known of a stored record: its digest, when it changed last, and its origin."""


class Dated(Protocol):
    """A record that has an id and may say when it changed."""

    @property
    def id(self) -> str:
        """The platform's own number."""
        ...

    @property
    def updated_at(self) -> datetime | None:
        """When it changed last, None where the platform does not say."""
        ...


Record_co = TypeVar("Record_co", bound=Dated, covariant=True)


@dataclass(frozen=True, slots=True)
class Digested(Generic[Record_co]):
    """A record with a 64-bit digest of its content."""

    record: Record_co
    digest: int


@dataclass(frozen=True, slots=True)
class Writing:
    """Where and when a page is written. `today` is the shop's day, for what has no date of its own."""

    store: OpenStore
    origin: Origin
    now: int
    today: int
    shared: frozenset[str] = frozenset()  # addresses that many people use, and nobody is


@dataclass(frozen=True, slots=True)
class Written:
    """How many records of a page made a row, changed one, or left everything as it was."""

    new: int = 0
    changed: int = 0
    same: int = 0

    def __add__(self, other: Written) -> Written:
        return Written(self.new + other.new, self.changed + other.changed, self.same + other.same)


def newest(page: Iterable[Digested[Record_co]]) -> list[Digested[Record_co]]:
    """One record per id: what would be stored, had each come on a page of its own."""
    latest: dict[str, Digested[Record_co]] = {}
    for item in page:
        known = latest.get(item.record.id)
        if known is None or not _older(item.record.updated_at, _seconds(known.record.updated_at)):
            latest[item.record.id] = item
    return list(latest.values())


def supersedes(item: Digested[Record_co], stored: Version | None, origin: Origin) -> bool:
    """Whether a record replaces the row stored for its id: of one second, what comes last is what holds."""
    if stored is None:
        return True
    digest, updated_at, stored_origin = stored
    if digest == item.digest or (origin == "file" and stored_origin == "api"):
        return False
    if origin == "api" and stored_origin == "file":
        return True
    return not _older(item.record.updated_at, updated_at)


def earliest(days: Iterable[tuple[int | None, int]]) -> dict[int, int]:
    """The first of each person's days; what is nobody's is left out."""
    first: dict[int, int] = {}
    for person, day in days:
        if person is not None and day < first.get(person, NEVER):
            first[person] = day
    return first


def _older(changed: datetime | None, than: int | None) -> bool:
    """Whether a record is known to have changed before the second `than`."""
    return changed is not None and than is not None and epoch(changed) < than


def _seconds(instant: datetime | None) -> int | None:
    return None if instant is None else epoch(instant)
