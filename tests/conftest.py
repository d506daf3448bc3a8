"""What every test may use: a fresh database at the newest revision, a clock, and no network beyond this machine."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from connector.database import connect, open_database


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


@pytest.fixture
def now() -> datetime:
    """A moment in the middle of a shop's day."""
    return datetime(2026, 6, 30, 12, 0, tzinfo=UTC)
