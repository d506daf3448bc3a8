"""People by two scores from 1 to 5: how recently they bought, and how often and how much."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, func, select

from connector.history.calibrations import in_force
from connector.history.scores import graded
from connector.history.segments import currency_of
from connector.history.steps import shape_of
from connector.judging.figures import money
from connector.query.select import state

SCORES = range(1, 6)


def rule(recency: int, value: int) -> str:
    """The rule of a cell; `value` is half of what frequency and money score together, halves left out."""
    money_of = {f: [m for m in SCORES if (f + m) // 2 == value] for f in SCORES}
    cells = [f"rfm_f = {f} AND {_between(ms[0], ms[-1])}" for f, ms in money_of.items() if ms]
    either = " OR ".join(cells)
    return f"rfm_r = {recency} AND {f'({either})' if len(cells) > 1 else either}"


def _between(low: int, high: int) -> str:
    return f"rfm_m = {low}" if low == high else f"rfm_m BETWEEN {low} AND {high}"


def grid(connection: Connection, as_of: int) -> list[dict[str, Any]]:
    """Each of the 25 cells with its rule, its people and what they have spent, net of refunds."""
    people, revenue = Counter[tuple[int, int]](), Counter[tuple[int, int]]()
    for recency, frequency, spent, number, amount in _counted(connection, as_of):
        cell = recency, (frequency + spent) // 2
        people[cell] += number
        revenue[cell] += amount
    currency = currency_of(connection)
    return [
        {
            "recency": recency,
            "value": value,
            "rule": rule(recency, value),
            "people": people[recency, value],
            "revenue": money(revenue[recency, value], currency),
        }
        for recency in reversed(SCORES)
        for value in SCORES
    ]


def _counted(connection: Connection, as_of: int) -> Iterator[tuple[int, int, int, int, int]]:
    """The three scores that some people share, how many they are, and what they have spent."""
    choices = graded(currency_of(connection))
    asked = state(choices, shape_of(connection, as_of), watched=())
    q = asked.select.subquery("q")
    letters = [q.c[choice.name] for choice in choices]
    counted = select(*letters, func.count(), func.sum(q.c.amount_spent)).group_by(*letters)
    for row in connection.execute(counted, asked.clock.values(as_of, in_force(connection, choices))):
        if None not in row:
            recency, frequency, spent, number, amount = map(int, row)
            yield recency, frequency, spent, number, amount
