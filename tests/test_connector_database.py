"""The database: made and migrated to one revision, closed to others, and clear about what is wrong with it."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, make_url, select

from connector.database import (
    bulk,
    bulk_update,
    chosen,
    connect,
    copy,
    head,
    open_database,
    remove,
    upsert,
)
from connector.database import revision as revision_of
from connector.errors import ConnectorError, SettingsError
from connector.faults import explained
from connector.models import Customer, Product, metadata
from connector.tables import table
from tests.conftest import Fresh
from tests.newer_version import openers
from tests.pull_world import customer, order, put, store

CANARY = "geheim-7f3a"


def mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def filled(file: Path) -> Engine:
    """A database with an order in it."""
    engine = open_database(str(file))
    put(engine, store(engine), order(1), customer(7))
    return engine


def set_revision(file: Path, revision: str) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (revision,))


def test_the_migrations_make_the_tables_that_the_models_describe(fresh: Fresh) -> None:
    with fresh().connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []
        assert revision_of(connection) == head()


def test_a_new_database_is_its_owner_s_alone_from_its_first_byte(tmp_path: Path) -> None:
    file = tmp_path / "connector.db"
    engine = filled(file)
    with engine.begin() as connection:
        connection.execute(table(Customer).update().values(next_review_on=1))
        modes = {name.name: mode(name) for name in tmp_path.glob("connector.db*")}
    engine.dispose()
    assert modes == dict.fromkeys(("connector.db", "connector.db-wal", "connector.db-shm"), 0o600)


def test_opening_again_changes_nothing_and_makes_no_copy(tmp_path: Path) -> None:
    filled(tmp_path / "connector.db").dispose()
    open_database(f"sqlite:///{tmp_path / 'connector.db'}").dispose()
    assert [file.name for file in tmp_path.glob("*before*")] == []


def test_a_database_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "connector.db"
    filled(file).dispose()
    set_revision(file, "9999")
    before = file.read_bytes()
    with pytest.raises(SettingsError, match=r"newer version \(revision 9999\)\. Install that version"):
        open_database(str(file))
    assert file.read_bytes() == before


def test_a_copy_is_kept_before_a_migration_and_one_that_fails_leaves_the_data(tmp_path: Path) -> None:
    file, before = tmp_path / "connector.db", tmp_path / f"connector.db.before-{head()}"
    filled(file).dispose()
    set_revision(file, "0000")  # no migration leads on from there
    with pytest.raises(Exception, match="0000"):
        open_database(str(file))
    for one in (file, before):
        with closing(sqlite3.connect(one)) as connection:
            assert connection.execute("SELECT platform_id FROM orders").fetchall() == [("1",)]
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert mode(before) == 0o600


def test_a_migration_that_breaks_off_leaves_no_half_of_it(tmp_path: Path) -> None:
    file = tmp_path / "connector.db"
    engine = connect(str(file))
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE VIEW orders AS SELECT 1")  # in the way of a later table
    engine.dispose()
    with pytest.raises(ConnectorError, match="view orders already exists"):
        open_database(str(file))
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("orders",)]


def test_another_program_s_file_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "notes.db"
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE notes (text)")
    with pytest.raises(SettingsError, match=r"notes\.db holds another program's tables \(notes\)"):
        open_database(str(file))
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("notes",)]


def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("Name,Email\n#1001,zoe@example.com\n" * 50)
    with pytest.raises(ConnectorError, match=r"orders\.csv cannot be used.*this one is not a SQLite database"):
        open_database(str(file))
    assert file.read_text().startswith("Name,Email")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConnectorError, match=r"unable to open database file\. Check that its folder exists"):
        open_database(str(tmp_path / "absent" / "connector.db"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")
def test_a_file_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    file = tmp_path / "connector.db"
    filled(file).dispose()
    file.chmod(0)
    with pytest.raises(ConnectorError, match=r"connector\.db cannot be used"):
        open_database(str(file))


def test_a_read_only_database_is_said_to_be_so(tmp_path: Path) -> None:
    file = tmp_path / "connector.db"
    filled(file).dispose()
    engine = connect(str(file))
    refused = pytest.raises(ConnectorError, match=r"readonly database\. Give the user who runs the connector the right")
    with engine.connect() as connection, refused, explained(engine):
        connection.exec_driver_sql("PRAGMA query_only = ON")
        connection.execute(table(Customer).update().values(next_review_on=1))
    engine.dispose()


def test_a_locked_database_is_said_to_be_so(tmp_path: Path) -> None:
    file = tmp_path / "connector.db"
    engine = filled(file)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        refused = pytest.raises(ConnectorError, match=r"is locked\. Another program holds it")
        with engine.connect() as connection, refused, explained(engine):
            connection.exec_driver_sql("PRAGMA busy_timeout = 1")
            connection.execute(table(Customer).update().values(next_review_on=1))
    engine.dispose()


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://u:{CANARY}@h:port/db",
        f"postgres://u:{CANARY}@h/db",
        f"mysql://u:{CANARY}@h/db",
        f"nonsense://u:{CANARY}@h/db",
        f"http://u:{CANARY}@h/db",
    ],
)
def test_what_is_no_address_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(SettingsError, match="is not the address of a database") as refused:
        open_database(url)
    assert CANARY not in str(refused.value)
    assert refused.value.__suppress_context__


def test_a_server_that_does_not_answer_is_named_without_its_password() -> None:
    with pytest.raises(
        ConnectorError, match=r"u:\*\*\*@127\.0\.0\.1:1/db cannot be used.*Check that the server"
    ) as refused:
        open_database(f"postgresql+psycopg://u:{CANARY}@127.0.0.1:1/db")
    assert CANARY not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_tables_of_our_names_on_a_server_are_left_alone(postgresql: str) -> None:
    engine = connect(postgresql)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE alembic_version RENAME TO elsewhere")
    try:
        with pytest.raises(SettingsError, match="holds another program's tables"):
            open_database(postgresql)
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO alembic_version")
        engine.dispose()


def test_a_copy_is_whole_while_others_write(tmp_path: Path) -> None:
    engine = filled(tmp_path / "connector.db")
    with engine.begin() as connection:
        connection.execute(table(Customer).update().values(next_review_on=77))
        copy(engine, tmp_path / "copy.db")
    engine.dispose()
    other = open_database(str(tmp_path / "copy.db"))
    with other.connect() as connection:
        assert 77 not in connection.scalars(select(table(Customer).c.next_review_on)).all()
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    other.dispose()
    assert mode(tmp_path / "copy.db") == 0o600
    assert sorted(tmp_path.glob("*.part")) == []


def test_a_database_is_not_copied_onto_itself(tmp_path: Path) -> None:
    engine = filled(tmp_path / "connector.db")
    (tmp_path / "link.db").symlink_to(tmp_path / "connector.db")
    for to in ("connector.db", "link.db"):
        with pytest.raises(SettingsError, match="is the database itself"):
            copy(engine, tmp_path / to)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    engine.dispose()


def test_what_is_not_a_file_is_not_copied(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="pg_dump"):
        copy(connect("postgresql+psycopg://h/db"), tmp_path / "copy.db")


def test_what_was_written_is_gone_from_the_file_once_it_is_deleted(tmp_path: Path) -> None:
    engine = open_database(str(tmp_path / "connector.db"))
    put(engine, store(engine), customer(7, city="Quincampoix"))
    with engine.begin() as connection:
        for name in ("consents", "accounts"):
            connection.execute(metadata.tables[name].delete())
        connection.execute(table(Product).delete())
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    assert b"Quincampoix" not in (tmp_path / "connector.db").read_bytes()


def test_many_rows_are_written_read_changed_and_removed_in_batches(fresh: Fresh) -> None:
    people = table(Customer)
    with fresh().begin() as connection:
        bulk(connection, people, ("id", "since_day"), ((n, n) for n in range(1, 25_001)))
        found = chosen(connection, people, ("id", "since_day"), "id", range(1, 5001))
        assert sorted(tuple(row) for row in found) == [(n, n) for n in range(1, 5001)]
        bulk_update(connection, people, ("since_day", "next_review_on"), [(1, 7, 8), (2, 9, None)])
        bulk_update(connection, people, ("since_day",), [])
        remove(connection, people, "id", range(3, 25_001))
        rows = connection.execute(
            select(people.c.id, people.c.since_day, people.c.next_review_on).order_by(people.c.id)
        )
        assert rows.all() == [(1, 7, 8), (2, 9, None)]
        remove(connection, people, "id", [])
        bulk(connection, people, ("id", "since_day"), [])


def test_an_upsert_writes_only_what_differs(fresh: Fresh) -> None:
    engine = fresh()
    shop = store(engine)
    products = table(Product)
    row = {"id": 1, "store_id": shop.id, "platform_id": "70", "title": None}
    with engine.execution_options(preserve_rowcount=True).begin() as connection:
        statement = upsert(connection, products, ("store_id", "platform_id"))
        changed = [
            connection.execute(statement, {**row, "id": 9, "title": title}).rowcount for title in (None, None, "Bol")
        ]
        assert changed == [1, 0, 1]
        assert connection.execute(select(products.c.id, products.c.title)).all() == [(9, "Bol")]


def test_opening_a_database_again_keeps_the_locks_of_who_has_it_open(tmp_path: Path) -> None:
    """Else another process takes the last connection for gone, and removes the log under the one that is there."""
    file = tmp_path / "connector.db"
    first = open_database(str(file))
    second = open_database(str(file))
    try:
        with first.connect() as connection:
            connection.execute(select(table(Product))).all()
            statement = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('PRAGMA journal_mode = DELETE')"
            other = subprocess.run(
                [sys.executable, "-c", statement, str(file)], capture_output=True, text=True, check=False
            )
        assert "database is locked" in other.stderr
    finally:
        first.dispose()
        second.dispose()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_several_may_open_a_new_database_at_once(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """The service and a command that are started together: the one makes the tables, the others find them."""
    places = [str(tmp_path / "overtaken.db"), str(tmp_path / "together.db"), str(tmp_path / "again.db")]
    if kind == "postgresql":
        places = [*empty_databases(request.getfixturevalue("postgresql"), "overtaken", "together")]
    with openers() as opening:
        assert opening.open(places[0], overtaken=True) == [0]
        for place in places[1:]:
            assert opening.open(place, together=4) == [0] * 4
    for place in places:
        engine = connect(place)
        with engine.connect() as connection:
            assert revision_of(connection) == head()
        engine.dispose()
    assert [file.name for file in tmp_path.glob("*before*")] == []


def empty_databases(server: str, *names: str) -> Iterator[str]:
    """The addresses of new databases at a PostgreSQL server."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for name in names:
            connection.exec_driver_sql(f"CREATE DATABASE {name}")
            yield make_url(server).set(database=name).render_as_string(hide_password=False)
    engine.dispose()
