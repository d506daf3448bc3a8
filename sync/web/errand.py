"""Errands: what the dashboard does for somebody and may take long, one at a time, in a thread of its own.

The work takes the lock of all who write itself: where somebody else has it, BusyError says so at once.
"""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from connector.errors import BusyError, ConnectorError
from sync.web.done import Done

log = structlog.get_logger(__name__)

PATIENCE = 2.0
"""Seconds that a form waits for its errand, before its page tells how far it is instead."""


@dataclass
class Errand:
    """An errand that was sent, and how it ended once `over` is set."""

    name: str
    at: datetime
    over: threading.Event = field(default_factory=threading.Event)
    ending: Done | None = None
    failed: Exception | None = None
    told: bool = False  # whether who sent it has been told how it ended


class Errands:
    """The errands of one process; `latest` is the one that was sent last. `patience` is in seconds, see there."""

    def __init__(self, clock: Callable[[], datetime], patience: float = PATIENCE) -> None:
        self._clock = clock
        self.patience = patience
        self._sending = threading.Lock()
        self.latest: Errand | None = None

    @property
    def under_way(self) -> Errand | None:
        """The errand that has not ended yet."""
        latest = self.latest
        return None if latest is None or latest.over.is_set() else latest

    def send(self, name: str, back: str, work: Callable[[], Done]) -> Done:
        """Do `work`, and say how it ended, or where that will be seen: on the page `back`.

        BusyError where another errand is under way. What the work raises soon is raised here.
        """
        with self._sending:
            if self.under_way is not None:
                raise BusyError("The dashboard is still at work.", remedy="Wait until that has finished.")
            errand = self.latest = Errand(name, self._clock())
        threading.Thread(target=_run, args=(errand, work), name="errand").start()
        if not errand.over.wait(self.patience):
            return Done(back)
        errand.told = True
        if errand.failed is not None:
            raise errand.failed
        return errand.ending or Done(back)


def _run(errand: Errand, work: Callable[[], Done]) -> None:
    try:
        errand.ending = work()
    except ConnectorError as error:
        errand.failed = error
    except Exception as error:
        errand.failed = error
        log.error("errand failed", errand=errand.name, traceback=traceback.format_exc())  # noqa: TRY400 - a text, which the log can redact
    finally:
        errand.over.set()
