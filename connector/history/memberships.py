"""Who is in which segment since when: intervals, made from orders and kept true as rows and days come in.

    activate(connection, families, as_of, history=True)     these families, and no others, are in force
    advance(connection, families, as_of, progress=None)     everyone who is due, brought up to the day
    full(connection, families, as_of) -> int                everyone, compared with what advance has kept

`customers.next_review_on` is the only queue. Whoever changes rows of a person lowers it to the first day touched;
`advance` forgets what the person was from that day on and makes it again, on every day on which a row or time alone
can have changed an answer. First load, the day, missed days and late rows are this one step. A stage is a function of
a person's rows and a day, so days need no loop: all days of a batch of people are answered by one statement.

What an older version of a definition has said stays: a version speaks of days from its `segments.from_day` on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from connector.catalogue import Family
from connector.history.calibrations import in_force as figures_in_force
from connector.history.calibrations import keep
from connector.history.segments import activate, active, currency_of
from connector.history.steps import Steps
from connector.models import Customer
from connector.query.bounds import Calibrations
from connector.scratch import scratch
from connector.tables import table

__all__ = ["Advanced", "activate", "advance", "full"]

BATCH = 50_000
"""People who are brought up to the day at once; between batches a caller may commit."""

Progress = Callable[[int, int], None]
"""Told how many people are up to the day, of how many who were due."""


@dataclass(frozen=True, slots=True)
class Advanced:
    """How many people were looked at, and how many entries into segments were found that were not known."""

    people: int
    entries: int


def advance(
    connection: Connection,
    families: Sequence[Family],
    as_of: int,
    progress: Progress | None = None,
    *,
    batch: int = BATCH,
    calibrations: Calibrations | None = None,
) -> Advanced:
    """Bring everyone who is due up to the end of a day. Whatever is not done when it is interrupted is still due."""
    review = table(Customer).c.next_review_on
    total = connection.scalar(select(func.count()).where(review <= as_of)) or 0
    done = 0
    with _steps(connection, families, as_of, calibrations) as steps:
        while done < total and (taken := steps.take_due(batch)):
            done += taken
            steps.bring()
            if progress is not None:
                progress(done, total)
        return Advanced(done, sum(number for number in steps.entries.values() if number > 0))


def full(
    connection: Connection, families: Sequence[Family], as_of: int, *, calibrations: Calibrations | None = None
) -> int:
    """Answer every rule for everyone, and repair; how many people differed, which after `advance` nobody does."""
    with _steps(connection, families, as_of, calibrations) as steps:
        different = steps.take_different()
        if different:
            steps.bring()
        return different


@contextmanager
def _steps(
    connection: Connection, families: Sequence[Family], as_of: int, calibrations: Calibrations | None
) -> Iterator[Steps]:
    """The steps; figures that nobody gave are the database's own, and those that had to be made are kept."""
    in_force = active(connection, families)
    currency = currency_of(connection)
    choices = [family.choice(f"choice_{number}", currency) for number, family in enumerate(in_force)]
    figures = figures_in_force(connection, choices, as_of) if calibrations is None else calibrations
    with scratch(connection, choices) as tables:
        yield Steps(connection, in_force, choices, as_of, tables, figures)
    keep(figures)
