"""Recency, frequency and money of each buyer as one text, 543: each a score from 1 to 5, of which 5 is best.

Scores are those of the day on which the calibrations in force were made: a Monday. Until the next they stand still,
whoever orders and whatever leaves the year that is counted; a first purchase has its scores from the next one on.
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from connector.history.calibrations import Calibrated
from connector.history.segments import currency_of
from connector.history.steps import shape_of
from connector.query import parse
from connector.query.meaning import meaning
from connector.query.select import Choice, calibrated, state

LETTERS = ("rfm_r", "rfm_f", "rfm_m")
GRADES = (5, 4, 3, 2, 1)


def graded(currency: str) -> list[Choice]:
    """A question for each letter: which grade; amounts are in the currency."""
    return [
        Choice(f"score_{letter}", tuple((meaning(parse(f"{letter} = {grade}"), currency), grade) for grade in GRADES))
        for letter in LETTERS
    ]


def scores(connection: Connection, as_of: int) -> dict[int, str]:
    """The scores of each person who had bought when the calibrations in force on a day were made."""
    choices = graded(currency_of(connection))
    figures = Calibrated(connection, calibrated(choices), as_of)
    day = figures.made_on(as_of)
    if day is None:
        return {}
    asked = state(choices, shape_of(connection, day), watched=())
    q = asked.select.subquery("q")
    rows = connection.execute(
        select(q.c.customer_id, *(q.c[choice.name] for choice in choices)), asked.clock.values(day, figures)
    )
    return {person: "".join(map(str, grades)) for person, *grades in rows if None not in grades}
