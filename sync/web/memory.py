"""What a process remembers for its pages: what forms have begun, and what errands found out; it is gone with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from connector.errors import ConnectorError
from connector.source import Subscription
from sync.tasks.check import Answer
from sync.tasks.importing import Imported
from sync.web.filedraft import FileDraft
from sync.web.shopdraft import ShopDraft

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Heard(Generic[Found]):
    """What shops and tools answered, and when, until they are asked again."""

    at: datetime
    found: Found


@dataclass
class Memory:
    """None stands for what was not begun, or not asked for yet."""

    shop: ShopDraft | None = None  # that is being set up
    file: FileDraft | None = None  # that waits to be imported
    refused: ConnectorError | None = None  # why the last file was not taken
    imported: Imported | None = None  # the file that was read last
    check: Heard[list[Answer]] | None = None  # of the keys
    webhooks: Heard[dict[str, list[Subscription]]] | None = None  # by store
