from __future__ import annotations

import pytest
from sqlalchemy import Engine, Select, func, literal, select

from connector.errors import QueryError
from sync.limit import limited


def endless() -> Select[int]:
    """A question without an end."""
    numbers = select(literal(1).label("n")).cte("numbers", recursive=True)
    numbers = numbers.union_all(select(numbers.c.n * 0 + 1))
    return select(func.count()).select_from(numbers)


def test_a_question_is_stopped_when_its_time_is_over(engine: Engine) -> None:
    with engine.connect() as connection:
        with pytest.raises(QueryError, match=r"plus de 0 secondes\. .*--timeout"), limited(connection, 0, "fr"):
            connection.execute(endless())

        assert connection.scalar(select(literal(1))) == 1


def test_other_errors_of_the_database_are_let_through(engine: Engine) -> None:
    with engine.connect() as connection, limited(connection, 60, "en"):
        assert connection.scalar(select(literal(2))) == 2
