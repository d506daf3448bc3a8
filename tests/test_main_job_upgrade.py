"""Upgrades keep the data: a newer version of the program with one more migration, killed at each of its statements.

The newer version is a copy of this one with a migration added; the database is one that this one has filled.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.command_line import ROOT, CommandLine
from tests.crash_world import Books, copied, figures, open_books

NEXT = "9000"
MIGRATION = '''
"""A change of the kinds that there are: a table made anew, a column that is filled, an index."""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "9000", "{before}", None, None


def upgrade() -> None:
    op.create_table("extras", sa.Column("id", sa.Integer, primary_key=True), sa.Column("words", sa.Text))
    with op.batch_alter_table("orders") as orders:
        orders.add_column(sa.Column("weight", sa.Integer))
    op.execute(sa.text("UPDATE orders SET weight = total % 97"))
    op.execute(sa.text("INSERT INTO extras (id, words) SELECT id, platform_id FROM orders"))
    op.create_index("ix_orders_weight", "orders", ["weight"])
'''

KILLER = """
import os, signal, sys
from sqlalchemy import Engine, event
left = int(sys.argv[1])

def count(*_):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

from connector.database import open_database
for what in ("before_cursor_execute", "commit"):
    event.listen(Engine, what, count)
while True:
    wanted = sys.stdin.readline().split()
    if not wanted:
        break
    if os.fork() == 0:
        left = int(wanted[0])
        open_database(wanted[1]).dispose()
        print("done", flush=True)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.wait()[1]), flush=True)
"""


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a newer version of the program."""
    folder = tmp_path_factory.mktemp("newer")
    for name in ("connector", "connectors", "sync"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    versions = folder / "connector" / "migrations" / "versions"
    before = max(file.name.split("_")[0] for file in versions.glob("[0-9]*.py"))
    (versions / f"{NEXT}_more.py").write_text(MIGRATION.replace("{before}", before), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    with open_books(tmp_path_factory.mktemp("world"), 12, 20) as made:
        made.line.ask("run")
        yield made


@pytest.fixture
def line(world: Books, tmp_path: Path) -> CommandLine:
    """The command line of a copy of its database, all of it in one file."""
    return copied(world, tmp_path)


def contents(file: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: connection.execute(f'SELECT * FROM "{name}" ORDER BY 1').fetchall() for name in names}


def upgraded(old: dict[str, list[tuple[object, ...]]], new: dict[str, list[tuple[object, ...]]]) -> bool:
    """Whether a file holds the newer version's tables, with every row of the older ones."""
    if new["alembic_version"] != [(NEXT,)]:
        return False
    orders = [row[: len(old["orders"][0])] for row in new["orders"]]
    assert orders == old["orders"]
    assert len(new["extras"]) == len(orders)
    kept = set(old) - {"alembic_version", "orders"}
    assert {name: new[name] for name in kept} == {name: old[name] for name in kept}
    return True


def test_killed_at_each_statement_of_a_migration_the_old_data_are_there_and_the_next_start_finishes(
    newer: Path, line: CommandLine, tmp_path: Path
) -> None:
    held, old = line.database.read_bytes(), contents(line.database)
    (tmp_path / "killer.py").write_text(KILLER, encoding="utf-8")
    with subprocess.Popen(
        [sys.executable, str(tmp_path / "killer.py"), "0"],
        env={**os.environ, "PYTHONPATH": str(newer)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        killed = 0
        for number in range(1, 200):
            folder = tmp_path / str(number)
            folder.mkdir()
            file = folder / "connector.db"
            file.write_bytes(held)
            print(number, file, file=process.stdin, flush=True)
            if process.stdout.readline() == "done\n":
                assert process.stdout.readline() == "0\n"
                assert upgraded(old, contents(file))
                break
            killed += 1
            if not Path(f"{file}-wal").exists():
                assert file.read_bytes() == held
            for copy in folder.glob("*.before-*[0-9]"):
                assert contents(copy) == old
            assert upgraded(old, new := contents(file)) or new == old
            print(10_000, file, file=process.stdin, flush=True)
            assert [process.stdout.readline() for _ in range(2)] == ["done\n", "0\n"]
            assert upgraded(old, contents(file))
        process.stdin.close()
    assert killed > 10


def test_the_newer_version_says_what_the_older_one_said(world: Books, newer: Path, line: CommandLine) -> None:
    before = figures(line)
    environment = {**line.environment(), "PYTHONPATH": str(newer)}
    command = [sys.executable, "-m", "sync.cli", "segments", "--family", "spread", "--json"]
    said = subprocess.run(command, cwd=line.folder, env=environment, capture_output=True, text=True, check=True)
    line.ask("restore", f"connector.db.before-{NEXT}")  # the way back to the older version
    assert figures(line) == before
    assert f'"people": {before["people"]}' in said.stdout


def test_a_disk_that_fails_during_a_migration_leaves_the_file_as_it_was(newer: Path, line: CommandLine) -> None:
    held = line.database.read_bytes()
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({len(held) // 2}, {len(held) // 2}))"
    command = [sys.executable, "-c", f"{limit}; from sync.cli import main; main()", "segments"]
    said = subprocess.run(
        command,
        cwd=line.folder,
        env={**line.environment(), "PYTHONPATH": str(newer)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (said.returncode, "Traceback" in said.stderr) == (1, False), said.stderr
    assert "ne peut pas être écrit" in said.stderr
    assert line.database.read_bytes() == held
