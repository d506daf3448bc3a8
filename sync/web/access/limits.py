"""How often somebody may try to be let in.

Each wrong try for a name makes the next one wait: not at all for the first five, then 2, 4, 8 … seconds up to a
quarter of an hour. All names together have 100 wrong tries in ten minutes. Tries are counted in this process; a right
one makes the name's wrong ones forgotten, and nobody who is signed in is ever kept out.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta

FREE = 5
LONGEST_WAIT = timedelta(minutes=15)
MEMORY = timedelta(hours=24)
ALL, SPAN = 100, timedelta(minutes=10)
NAMES = 10_000
"""Of so many names, at most, wrong tries are remembered."""


@dataclass
class Tries:
    """The wrong tries of late."""

    _names: OrderedDict[str, tuple[int, datetime]] = field(default_factory=OrderedDict)
    _all: deque[datetime] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, name: str, now: datetime) -> int:
        """Seconds to wait until the next try for a name, 0 where it may be made; then it counts as wrong at once.

        So of tries that come together no more are let through than one after the other.
        """
        with self._lock:
            wait = max(self._wait(name, now), self._wait_for_all(now))
            if wait <= timedelta(0):
                self._count(name, now)
                return 0
            return max(1, round(wait.total_seconds()))

    def right(self, name: str) -> None:
        """Forget the wrong tries of a name."""
        with self._lock:
            if self._names.pop(name, None) is not None and self._all:
                self._all.pop()

    def _count(self, name: str, now: datetime) -> None:
        wrong, last = self._names.pop(name, (0, now))
        self._names[name] = (1 if now - last > MEMORY else wrong + 1, now)
        self._all.append(now)
        while len(self._names) > NAMES:
            self._names.popitem(last=False)

    def _wait(self, name: str, now: datetime) -> timedelta:
        wrong, last = self._names.get(name, (0, now))
        if wrong < FREE:
            return timedelta(0)
        return last + min(timedelta(seconds=2 ** min(wrong - FREE + 1, 20)), LONGEST_WAIT) - now

    def _wait_for_all(self, now: datetime) -> timedelta:
        while self._all and self._all[0] <= now - SPAN:
            self._all.popleft()
        return self._all[0] + SPAN - now if len(self._all) >= ALL else timedelta(0)
