"""A full, failing, read-only or locked disk: one sentence with a remedy, nothing broken, and the next run goes on.

The oracle of what came of it is the fakes' own books.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from tests.command_line import CommandLine
from tests.crash_world import Books, open_books
from tests.forked import FREE, Ended, Forks, Limits, forks, space

PEOPLE, BLOG = 12, 20
PAGE = 4096
COMMANDS = ("pull", "run")


@pytest.fixture(scope="module")
def started() -> Iterator[Forks]:
    with forks() as made:
        yield made


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Books]:
    with open_books(tmp_path / "world", PEOPLE, BLOG) as made:
        yield made


def assert_clear(ended: Ended, *words: str) -> None:
    """It failed, and said so in one sentence and a remedy."""
    assert ended.code == 1, ended
    assert "Traceback" not in ended.err
    said = [line for line in ended.err.splitlines() if line]
    assert len(said) == 2, ended.err
    assert any(word in ended.err for word in words), ended.err


def whole(line: CommandLine) -> bool:
    """Whether the database is sound, or not there yet."""
    if not line.database.exists():
        return True
    with closing(sqlite3.connect(line.database)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def done(started: Forks, world: Books, line: CommandLine, limits: Limits = FREE) -> None:
    """A run that nothing is in the way of brings everything right."""
    ended = started.run(line, "run", limits=limits)
    assert ended.code == 0, ended.err
    world.assert_right(line)


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(n, marks=pytest.mark.full) for n in range(2, 25))])
def test_a_limit_on_the_size_of_files_is_said_and_the_next_run_goes_on(seed: int, started: Forks, world: Books) -> None:
    """Eight runs in a row, each with room for a little more than the last."""
    chance, limit = Random(seed), 30_000
    for _ in range(8):
        command = chance.choice(COMMANDS)
        largest = max(file.stat().st_size for file in (world.line.settings, *world.folder.glob("connector.db*")))
        limit = max(limit, largest) + chance.randrange(1, 40) * PAGE
        ended = started.run(world.line, command, limits=Limits(size=limit))
        if ended.code:
            assert "Traceback" not in ended.err
            words = ("d'écriture du disque", "disque est plein", "fichier trop gros")
            assert any(word in ended.err for word in words), ended.err
        assert whole(world.line)
    done(started, world, world.line)


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A disk of a few megabytes; skips where none can be mounted."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.skipif(shutil.which("mount") is None, reason="there is no mount")
def test_a_full_disk_is_said_and_nothing_is_lost_once_there_is_space(
    started: Forks, world: Books, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "disk") as folder:
        line = replace(world.line, folder=folder)
        for name in ("connector.toml", "segments.toml"):
            shutil.copy2(world.folder / name, folder / name)
        filler = folder / "filler"
        for pages in (3, 40, 160, 250, 400):
            filler.write_bytes(bytes(max(0, space(folder) - pages * PAGE)))
            ended = started.run(line, "run")
            assert ended.code in {0, 1}
            if ended.code:
                assert "Traceback" not in ended.err
                assert "disque" in ended.err
            filler.unlink()  # to look needs some space, too
            assert whole(line)
        done(started, world, line)
        full = space(folder)
        filler.write_bytes(bytes(max(0, full - 20 * PAGE)))
        assert_clear(started.run(line, "backup", "copy.db"), "disque est plein")
        assert [file.name for file in folder.glob("copy*")] == []


def test_a_read_only_file_and_folder_are_said(started: Forks, world: Books) -> None:
    done(started, world, world.line)
    held = {file: file.read_bytes() for file in world.folder.glob("connector.db")}
    plain = Limits(plain=True)
    world.line.database.chmod(0o444)
    for command in ("pull", "recompute", "push", "run"):
        assert_clear(started.run(world.line, command, limits=plain), "lecture seule")
    world.line.database.chmod(0o600)
    for file in world.folder.glob("connector.db-*"):
        file.chmod(0o600)
    for beside in world.folder.glob("connector.db.*"):
        beside.unlink()
    world.folder.chmod(0o555)
    try:
        for command in ("pull", "run"):
            assert_clear(started.run(world.line, command, limits=plain), "ne peut pas être", "inutilisable")
    finally:
        world.folder.chmod(0o755)
    assert {file: file.read_bytes() for file in held} == held
    done(started, world, world.line, plain)


def test_another_program_that_holds_the_database_is_said(started: Forks, world: Books) -> None:
    done(started, world, world.line)
    with closing(sqlite3.connect(world.line.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert_clear(started.run(world.line, "run"), "est verrouillée")
        other.execute("ROLLBACK")
    done(started, world, world.line)


@pytest.mark.parametrize(
    "seconds", [0, pytest.param(600, marks=[pytest.mark.full, pytest.mark.timeout(1200)])], ids=["once", "ten minutes"]
)
def test_readers_during_a_sync_are_never_told_that_the_database_is_locked(world: Books, seconds: int) -> None:
    """Four readers beside one sync, or beside one after the other for so long; and commands that read."""
    world.line.ask("run")
    world.go_on()
    said: list[str] = []
    over = threading.Event()

    def read() -> None:
        done = 0
        while done < 3 or (seconds and not over.is_set()):
            with closing(sqlite3.connect(world.line.database, timeout=5)) as connection:
                try:
                    connection.execute("SELECT count(*), sum(total) FROM orders").fetchall()
                    connection.execute("SELECT count(*) FROM memberships WHERE left_on IS NULL").fetchall()
                except sqlite3.OperationalError as error:
                    said.append(str(error))
            done += 1

    readers = [threading.Thread(target=read) for _ in range(4)]
    until, synced = time.monotonic() + seconds, 0
    try:
        while not synced or time.monotonic() < until:
            with world.line.start("run", "--force") as syncing:
                if not synced:
                    for reader in readers:
                        reader.start()
                asked = [world.line.within("segments", "--json") for _ in range(3)]
                _, err = syncing.communicate()
            assert syncing.returncode == 0, err
            assert {answer.code for answer in asked} == {0}
            synced += 1
            world.now += timedelta(days=1)
    finally:
        over.set()
        for reader in readers:
            reader.join()
    assert said == []


def test_one_process_goes_on_after_the_disk_was_full(world: Books) -> None:
    """As the service does: what failed at its COMMIT is undone, and the next turn finds nothing under way."""
    from connector.database import open_database  # noqa: PLC0415
    from connector.errors import StorageError  # noqa: PLC0415
    from connector.models import Customer  # noqa: PLC0415
    from connector.tables import table  # noqa: PLC0415

    engine = open_database(str(world.line.database))
    people = table(Customer)
    with engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 2}")
        with pytest.raises(StorageError, match=r"disk is full\. Free some space"):
            connection.execute(people.insert(), [{"since_day": n} for n in range(20_000)])
        connection.rollback()
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")
    with engine.begin() as connection:
        connection.execute(people.insert(), {"since_day": 1})
    with engine.connect() as connection:
        assert connection.execute(people.select()).rowcount is not None
    engine.dispose()


def test_a_second_sync_is_told_who_works(started: Forks, world: Books) -> None:
    done(started, world, world.line)
    lock = os.open(world.folder / "connector.db.lock", os.O_RDWR)
    try:
        import fcntl  # noqa: PLC0415

        fcntl.flock(lock, fcntl.LOCK_EX)
        assert_clear(started.run(world.line, "run"), "Une autre synchronisation écrit")
    finally:
        os.close(lock)
    done(started, world, world.line)
