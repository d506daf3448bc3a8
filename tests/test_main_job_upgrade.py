"""Upgrades keep the data: a newer version of the program with one more migration, killed at each of its statements.

The newer version is a copy of this one with a migration added; the database is one that this one has filled.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.command_line import CommandLine
from tests.crash_world import Books, copied, figures, open_books
from tests.forked import KILLED
from tests.newer_version import NEXT, Openers, newer_version, openers


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a newer version of the program."""
    return newer_version(tmp_path_factory.mktemp("newer"))


@pytest.fixture(scope="module")
def opening(newer: Path) -> Iterator[Openers]:
    with openers(newer) as made:
        yield made


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
    opening: Openers, line: CommandLine, tmp_path: Path
) -> None:
    held, old = line.database.read_bytes(), contents(line.database)
    killed = 0
    for number in range(1, 200):
        folder = tmp_path / str(number)
        folder.mkdir()
        file = folder / "connector.db"
        file.write_bytes(held)
        (code,) = opening.open(file, kill=number)
        if code == 0:
            assert upgraded(old, contents(file))
            break
        assert code == KILLED
        killed += 1
        if not Path(f"{file}-wal").exists():
            assert file.read_bytes() == held
        for copy in folder.glob("*.before-*[0-9]"):
            assert contents(copy) == old
        assert upgraded(old, new := contents(file)) or new == old
        assert opening.open(file) == [0]
        assert upgraded(old, contents(file))
    assert killed > 10


def test_who_was_overtaken_finds_it_upgraded_and_leaves_the_copy_of_the_older_data_alone(
    opening: Openers, line: CommandLine
) -> None:
    old, copy = contents(line.database), line.folder / f"connector.db.before-{NEXT}"
    assert opening.open(line.database, overtaken=True) == [0]
    assert upgraded(old, contents(line.database))
    assert contents(copy) == old


def test_of_several_that_open_it_at_once_one_upgrades_and_the_others_wait(opening: Openers, line: CommandLine) -> None:
    old, copy = contents(line.database), line.folder / f"connector.db.before-{NEXT}"
    assert opening.open(line.database, together=4) == [0, 0, 0, 0]
    assert upgraded(old, contents(line.database))
    assert contents(copy) == old


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
