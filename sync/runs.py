"""The record of what was done: a row for each run, from its start to its end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Engine, func, select, update

from connector.days import epoch
from connector.errors import ConnectorError, StoppedError, UnsafeError
from connector.language import Language
from connector.models import Run
from connector.states import RunOutcome
from connector.tables import table
from sync.language.told import sentence
from sync.logs import nameless

log = structlog.get_logger(__name__)


@dataclass
class Record:
    """The run being recorded, of a kind that may still change with what it comes to do.

    What is put into `detail` is kept with it; `as_of` is the shop day that it reached.
    """

    id: int
    kind: str
    detail: dict[str, Any] = field(default_factory=dict)
    as_of: int | None = None


@contextmanager
def recorded(engine: Engine, kind: str, clock: Callable[[], datetime]) -> Iterator[Record]:
    """Write a run's row when the block begins, and how it ended when it does, whatever the way."""
    runs = table(Run)
    with engine.begin() as connection:
        made = connection.execute(runs.insert(), {"kind": kind, "started_at": epoch(clock())}).inserted_primary_key
    assert made is not None
    record = Record(int(made[0]), kind)
    outcome = RunOutcome.FAILED
    try:
        yield record
        outcome = RunOutcome.DONE
    except StoppedError:
        outcome = RunOutcome.STOPPED
        raise
    except UnsafeError as error:
        outcome = RunOutcome.REFUSED
        record.detail |= _told(error)
        raise
    except ConnectorError as error:
        record.detail |= _told(error)
        raise
    except Exception as error:
        record.detail["error"] = nameless(f"{type(error).__name__}: {error}")
        raise
    finally:
        values = {"kind": record.kind, "ended_at": epoch(clock()), "outcome": outcome, "as_of": record.as_of}
        log.info(record.kind, run=record.id, outcome=outcome, **record.detail)
        with engine.begin() as connection:
            connection.execute(
                update(runs).where(runs.c.id == record.id).values(**values, detail=json.dumps(record.detail))
            )


def wrong(detail: Mapping[str, Any], language: Language) -> str | None:
    """What a run failed of and what to do about it, from what it kept; None where it did not fail."""
    words = [sentence(detail[name], language) for name in ("error", "remedy") if detail.get(name)]
    return " ".join(words) or None


def _told(error: ConnectorError) -> dict[str, str]:
    return {"error": nameless(error.message), "remedy": nameless(error.remedy)}


def last_day(engine: Engine) -> int | None:
    """The newest shop day that a run brought the memberships to, None before the first."""
    runs = table(Run)
    with engine.connect() as connection:
        day: int | None = connection.scalar(select(func.max(runs.c.as_of)).where(runs.c.outcome == RunOutcome.DONE))
    return day
