"""The schedule: alarms ring, and what is due is asked of the clock and of the database at each wake.

So a machine that slept, a clock that was set, an hour that comes twice or never change when a day is worked out, not
whether. Everything runs in one thread, one after the other; other processes are kept out by the lock.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, time
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from connector.days import local_day
from connector.errors import BusyError, ConnectorError, StoppedError

log = structlog.get_logger(__name__)

PATIENCE = 20.0
"""Seconds of the longest nap: so late, at most, is noticed that the clock was set or that the machine slept."""
AGAIN = 300.0
"""Seconds after which a day that could not be worked out is tried again."""

Job = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Timetable:
    """A pull each `every` seconds; each shop day worked out at `at` of its own clock in `zone`, or before."""

    every: float
    at: time
    zone: ZoneInfo

    def day(self, now: datetime) -> int:
        """The newest shop day that is to have been worked out by now; an hour that comes twice is one hour."""
        begun = now.astimezone(self.zone).time() >= self.at
        return local_day(now, self.zone) - (not begun)


@contextmanager
def alarms(timetable: Timetable, wake: Callable[[], object]) -> Iterator[BackgroundScheduler]:
    """A scheduler that calls `wake` when a pull is due, and at the timetable's hour of each shop day.

    It only rings, on time: what is due then is asked of the clock and the database. Where the clock was set it may ring
    late or not at all, which is what naps are short for. Its jobs live in memory, made from the settings at each start.
    """
    made = BackgroundScheduler(timezone=timetable.zone, job_defaults={"coalesce": True, "misfire_grace_time": None})
    ring(made, timetable, wake)
    made.start()
    try:
        yield made
    finally:
        made.shutdown(wait=False)


def ring(scheduler: BackgroundScheduler, timetable: Timetable, wake: Callable[[], object]) -> None:
    """Have a scheduler call `wake` as a timetable says, and no more as another one said before."""
    interval = IntervalTrigger(seconds=timetable.every, timezone=timetable.zone)
    daily = CronTrigger(hour=timetable.at.hour, minute=timetable.at.minute, timezone=timetable.zone)
    scheduler.add_job(wake, interval, id="pull", replace_existing=True)
    scheduler.add_job(wake, daily, id="day", replace_existing=True)


@dataclass
class _Turn:
    """A job, and until when it rests after its last turn."""

    job: Job
    rest: float  # seconds after a turn, whether it succeeded or not
    name: str
    last: datetime | None = None
    resting: float = 0.0

    def left(self, now: datetime) -> float:
        """Seconds until its next turn; none where the clock stands before its last one, which is then no measure."""
        if self.last is None or now < self.last:
            return 0.0
        return max(0.0, self.resting - (now - self.last).total_seconds())


@dataclass
class Service:
    """What one process does: `pull`, `day` and `hints` when each is due; `reached` tells the last day worked out.

    `hints` is done whenever `waiting` says that some are there, and again at once while it says how many it was.
    """

    timetable: Timetable
    clock: Callable[[], datetime]
    pull: Job
    day: Job
    reached: Callable[[], int | None]
    hints: Callable[[], int] = lambda: 0
    waiting: Callable[[], bool] = lambda: False
    patience: float = PATIENCE
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._pull = _Turn(self.pull, self.timetable.every, "pull")
        self._day = _Turn(self.day, AGAIN, "day")
        self._hints = _Turn(self.hints, 0.0, "hints")

    def follow(self, timetable: Timetable) -> None:
        """Go by another timetable from now on; a pull is due no later than it says."""
        self.timetable = timetable
        self._pull.rest = timetable.every
        self._pull.resting = min(self._pull.resting, timetable.every)

    def turn(self) -> float:
        """Do what is due, and return for how many seconds there is surely nothing to do."""
        if not self._pull.left(self.clock()):
            self._work(self._pull)
        if not self._day.left(self.clock()) and self._day_is_due():
            self._work(self._day)
        if self._hints_are_due():
            self._work(self._hints)
        return 0.0 if self._hints_are_due() else min(self.patience, self._pull.left(self.clock()))

    def serve(self, wait: Callable[[float], object]) -> None:
        """Take turns until the process is asked to end; `wait` naps, and may be woken."""
        while not self.stopping.is_set():
            nap = self.turn()
            if not self.stopping.is_set():
                wait(nap)
        log.info("stopped")

    def _day_is_due(self) -> bool:
        if self.stopping.is_set():
            return False
        reached = self.reached()
        return reached is not None and reached < self.timetable.day(self.clock())

    def _hints_are_due(self) -> bool:
        return not self._hints.left(self.clock()) and not self.stopping.is_set() and self.waiting()

    def _work(self, turn: _Turn) -> None:
        """Do a job; what is expected to fail is a line in the log, and its next turn tries again."""
        turn.resting = turn.rest
        try:
            if turn.job() == 0:  # nothing could be done of what waits
                turn.resting = max(turn.rest, self.patience)
        except StoppedError:
            self.stopping.set()
        except BusyError:
            turn.resting = min(turn.rest or self.patience, self.patience)
            log.info("busy", job=turn.name, remedy="another process is writing; the next turn goes on")
        except ConnectorError as error:
            turn.resting = max(turn.rest, min(AGAIN, self.timetable.every))
            log.error("failed", job=turn.name, error=error.message, remedy=error.remedy)  # noqa: TRY400 - a sentence, no traceback
        except Exception:
            turn.resting = max(turn.rest, min(AGAIN, self.timetable.every))
            log.exception("failed", job=turn.name)
        turn.last = self.clock()
