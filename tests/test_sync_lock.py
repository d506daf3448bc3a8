"""One writer: a second one is turned away and told by whom, and a killed one leaves nothing in the way."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from connector.database import connect, path
from connector.errors import BusyError, ConnectorError
from connector.models import Lease
from connector.tables import table
from sync.lock import writer
from tests.conftest import Fresh
from tests.pull_world import NOW

HOLD = """
import sys
from datetime import UTC, datetime
from connector.database import connect
from sync.lock import writer
with writer(connect(sys.argv[1]), now=datetime(2026, 6, 30, 9, 30, tzinfo=UTC)):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(engine: Engine) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until its input ends or it is killed."""
    url = engine.url.render_as_string(hide_password=False)
    root = Path(__file__).parent.parent
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, url], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process


def free(engine: Engine) -> bool:
    """Whether the lock can be had; a server may need a moment to see that a process is gone."""
    for _ in range(2000):
        with suppress(BusyError), writer(engine, now=NOW):
            return True
    return False


def test_a_second_process_is_refused_and_told_who_writes_since_when(fresh: Fresh) -> None:
    engine = fresh()
    with holder(engine) as other:
        refused = pytest.raises(BusyError, match=rf"process {other.pid} on .*, since 2026-06-30 09:30 UTC")
        with refused, writer(engine, now=NOW):
            pytest.fail("two writers")
        other.communicate()
    assert free(engine)


def test_a_killed_holder_leaves_the_lock_free(fresh: Fresh) -> None:
    engine = fresh()
    with holder(engine) as other:
        other.send_signal(signal.SIGKILL)
        other.wait()
        assert free(engine)


def test_a_second_writer_in_the_same_process_is_refused_too(fresh: Fresh) -> None:
    engine = fresh()
    with writer(engine, now=NOW), pytest.raises(BusyError), writer(engine, now=NOW):
        pytest.fail("two writers")
    assert free(engine)


def test_what_fails_while_writing_frees_the_lock(fresh: Fresh) -> None:
    engine = fresh()
    with pytest.raises(ZeroDivisionError), writer(engine, now=NOW):
        raise ZeroDivisionError
    assert free(engine)


def test_who_wrote_last_is_noted_once(fresh: Fresh) -> None:
    engine = fresh()
    for _ in range(2):
        with writer(engine, now=NOW):
            pass
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(table(Lease))) == 1


def test_one_file_by_two_names_is_one_database(engine: Engine, tmp_path: Path) -> None:
    file = path(engine)
    assert file is not None
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "link.db").symlink_to(file)
    other = connect(str(tmp_path / "folder" / "link.db"))
    with writer(engine, now=NOW), pytest.raises(BusyError), writer(other, now=NOW):
        pytest.fail("two writers")
    other.dispose()


def test_two_databases_are_written_at_once(engine: Engine, template: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    other.write_bytes(template.read_bytes())
    second = connect(str(other))
    with ExitStack() as held:
        held.enter_context(writer(engine, now=NOW))
        held.enter_context(writer(second, now=NOW))
    second.dispose()
    assert (tmp_path / "other.db.lock").stat().st_mode & 0o777 == 0o600


def test_a_reader_needs_no_lock(fresh: Fresh) -> None:
    engine = fresh()
    with holder(engine) as other, engine.connect() as connection:
        assert str(connection.scalar(select(table(Lease).c.holder))).startswith(f"process {other.pid} on ")


def test_a_place_that_cannot_be_locked_is_named(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "connector.db.lock").mkdir()
    refused = pytest.raises(ConnectorError, match=r"connector\.db\.lock cannot be locked: Is a directory")
    with refused, writer(engine, now=NOW):
        pytest.fail("it cannot be locked")


def test_a_database_in_memory_is_nobody_else_s() -> None:
    engine = connect("sqlite:///:memory:")
    with engine.begin() as connection:
        table(Lease).create(connection)
    with writer(engine, now=NOW), engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(table(Lease))) == 1
    engine.dispose()
