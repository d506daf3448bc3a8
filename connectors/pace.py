"""How fast a platform is asked: never faster than is good for it, and slower for a while after it said "too much"."""

from __future__ import annotations

from collections.abc import Callable

SLOWER, FASTER = 1.5, 0.999
"""Per refusal and per answer. They balance at one refusal in four hundred requests, whatever share others use."""
MOST = 32.0


class Caution:
    """A factor for waits: 1 at first, more after each refusal, and back little by little with each answer."""

    def __init__(self) -> None:
        self.factor = 1.0

    def refused(self) -> None:
        """The platform said that it was too much."""
        self.factor = min(MOST, self.factor * SLOWER)

    def granted(self) -> None:
        """The platform answered."""
        self.factor = max(1.0, self.factor * FASTER)


class Pace:
    """At most `per_second` requests, evenly; None sets no bound. `clock` is in seconds, from any beginning."""

    def __init__(
        self,
        per_second: float | None,
        *,
        sleep: Callable[[float], None],
        clock: Callable[[], float],
    ) -> None:
        self.caution = Caution()
        self._gap = 1.0 / per_second if per_second else 0.0
        self._sleep = sleep
        self._clock = clock
        self._last: float | None = None

    def wait(self) -> None:
        """Sleep until the next request may go."""
        if self._last is not None:
            pause = self._last + self._gap * self.caution.factor - self._clock()
            if pause > 0:
                self._sleep(pause)
        self._last = self._clock()
