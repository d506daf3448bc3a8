"""The schedule: which work begins when, in one process, one at a time.

Jobs live in memory and are made from the settings at each start. A day that was missed needs no memory either: each
recompute goes on from the last day on which it looked at a person, so the next one makes it up.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from datetime import datetime
from types import FrameType
from zoneinfo import ZoneInfo

import structlog
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_MISSED, JobExecutionEvent
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from connector.errors import BusyError, ConnectorError

log = structlog.get_logger(__name__)

Job = Callable[[], None]


def scheduler(cycle: Job, day: Job, *, every: int, at: str, zone: ZoneInfo, start: datetime) -> BackgroundScheduler:
    """A scheduler, not started: `cycle` each `every` seconds from `start` on, `day` at `at` (HH:MM) of the shop's day.

    One thread works them off, so that no two ever overlap; what was missed while the machine slept runs once.
    """
    made = BackgroundScheduler(
        timezone=zone,
        executors={"default": ThreadPoolExecutor(max_workers=1)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
    )
    hour, minute = at.split(":")
    made.add_job(_guarded(cycle), IntervalTrigger(seconds=every, timezone=zone), id="cycle", next_run_time=start)
    made.add_job(_guarded(day), CronTrigger(hour=int(hour), minute=int(minute), timezone=zone), id="day")
    made.add_listener(_log_failure, EVENT_JOB_ERROR | EVENT_JOB_MISSED)
    return made


def serve(scheduler: BackgroundScheduler, stopping: threading.Event) -> None:
    """Run the schedule until SIGTERM or SIGINT; the work under way ends at its next page, and nothing is left half."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopping.set()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    scheduler.start()
    stopping.wait()
    scheduler.shutdown(wait=True)


def _guarded(job: Job) -> Job:
    """A job whose expected failures are a line in the log: the next one tries again."""

    def work() -> None:
        try:
            job()
        except BusyError:
            log.info("busy", remedy="another command is writing; the next turn goes on")
        except ConnectorError as error:
            log.error("failed", error=error.message, remedy=error.remedy)  # noqa: TRY400 - a sentence, no traceback

    return work


def _log_failure(event: JobExecutionEvent) -> None:
    log.error("failed", job=event.job_id, error=repr(event.exception))
