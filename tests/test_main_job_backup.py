"""The backup is good: made during a sync, put back after whatever came, with the same counts; and what people asked
for since then holds all the same."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from tests.command_line import CommandLine
from tests.crash_world import Books, copied, figures, open_books, orders
from tests.forked import KILLED, Forks, forks
from tests.test_sync_objecting import rows, someone

COUNTED = ("orders", "customers", "identities", "memberships", "deliveries", "checkpoints", "order_lines", "refunds")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Books]:
    """A world that was read, worked out and pushed."""
    with open_books(tmp_path_factory.mktemp("world"), 12, 20) as made:
        made.line.ask("run")
        yield made


@pytest.fixture
def line(world: Books, tmp_path: Path) -> CommandLine:
    """The command line of a copy of its database."""
    return copied(world, tmp_path)


def counts(file: Path) -> dict[str, int]:
    """The rows of each table that a backup must not lose, in a file that is whole."""
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        found = (connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in COUNTED)
        return dict(zip(COUNTED, found, strict=True))


@pytest.mark.parametrize("copies", [6, pytest.param(100, marks=pytest.mark.full)])
def test_copies_made_during_a_sync_are_whole_and_can_be_put_back(tmp_path: Path, copies: int) -> None:
    """The orders of each copy are a part of the ledger's, each once; put back, it has what the copy has."""
    chance = Random(21)
    with open_books(tmp_path / "world", 40, 150) as world:
        ledger, made = set(world.ledger()), 0
        while made < copies:
            for file in world.folder.glob("connector.db*"):
                file.unlink()
            with world.line.start("run") as syncing:
                while syncing.poll() is None and made < copies:
                    copy = tmp_path / f"copy-{made}.db"
                    if world.line.database.exists() and world.line.within("backup", str(copy)).code == 0:
                        made += 1
                _, said = syncing.communicate()
        assert syncing.returncode == 0, said
        for number in chance.sample(range(copies), copies):
            copy = tmp_path / f"copy-{number}.db"
            held = counts(copy)
            world.line.ask("restore", str(copy))
            assert counts(world.line.database) == held
            assert len(orders(world.line)) == len(set(orders(world.line)))
            assert {order[:2] for order in orders(world.line)} <= {order[:2] for order in ledger}
        world.line.ask("run", "--force")
        world.assert_right(world.line)


def test_what_was_there_is_kept_and_the_next_run_fetches_what_came_since(
    world: Books, line: CommandLine, tmp_path: Path
) -> None:
    before, copy = counts(line.database), tmp_path / "copy.db"
    line.ask("backup", str(copy))
    with closing(sqlite3.connect(line.database)) as connection, connection:
        connection.execute("DELETE FROM memberships")
    line.ask("restore", str(copy))
    assert counts(line.database) == before
    with closing(sqlite3.connect(tmp_path / "connector.db.before-restore")) as connection:
        assert connection.execute("SELECT count(*) FROM memberships").fetchone() == (0,)
    assert (tmp_path / "connector.db.before-restore").stat().st_mode & 0o777 == 0o600
    writes = world.writes
    line.ask("run")
    assert world.writes == writes
    assert figures(line) == figures(world.line)


def test_an_objection_made_after_the_backup_survives_a_restore(world: Books, line: CommandLine, tmp_path: Path) -> None:
    who, copy = someone(world, 0), tmp_path / "copy.db"
    line.ask("backup", str(copy))
    line.ask("object", who)
    objecting = rows(line, "SELECT count(*), min(day) FROM objections")
    inside = rows(line, "SELECT customer_id FROM memberships WHERE left_on IS NULL ORDER BY 1")
    assert "noted again" in (said := line.within("restore", str(copy))).err or "reprises" in said.err
    assert rows(line, "SELECT count(*), min(day) FROM objections") == objecting
    assert rows(line, "SELECT customer_id FROM memberships WHERE left_on IS NULL ORDER BY 1") == inside
    assert line.within("why", who).code == 1
    assert line.within("run").code == 3  # what was sent since is not in the copy
    line.ask("run", "--force")
    assert bare(world.standing()["tags"][who]) == frozenset()
    assert line.within("restore", str(copy)).code == 0  # and again
    assert rows(line, "SELECT count(*), min(day) FROM objections") == objecting


def test_an_objection_withdrawn_after_the_backup_stays_withdrawn(
    world: Books, line: CommandLine, tmp_path: Path
) -> None:
    who, copy = someone(world, 1), tmp_path / "copy.db"
    line.ask("object", who)
    line.ask("backup", str(copy))
    line.ask("object", who, "--withdraw")
    line.ask("restore", str(copy))
    assert rows(line, "SELECT count(*) FROM objections") == [(0,)]
    line.ask("push", "--force")
    assert bare(world.standing()["tags"][who]) != frozenset()


def test_an_erasure_made_after_the_backup_survives_a_restore(world: Books, line: CommandLine, tmp_path: Path) -> None:
    who, copy = someone(world, 2), tmp_path / "copy.db"
    line.ask("backup", str(copy))
    line.ask("erase", who, "--yes", "--json")
    line.ask("restore", str(copy))
    assert rows(line, "SELECT count(*) FROM identities WHERE value = ?", who) == [(0,)]


def test_on_a_new_machine_what_lies_beside_the_copy_comes_with_it(
    world: Books, line: CommandLine, tmp_path: Path
) -> None:
    who, copy, other = someone(world, 3), tmp_path / "copy.db", tmp_path / "other"
    line.ask("erase", who, "--yes", "--json")
    line.ask("backup", str(copy))
    other.mkdir()
    new = replace(line, folder=other)
    for name in ("connector.toml", "segments.toml"):
        shutil.copy2(line.folder / name, other / name)
    new.ask("restore", str(copy))
    assert counts(new.database) == counts(copy)
    assert new.database.stat().st_mode & 0o777 == 0o600
    new.ask("pull")  # nobody insists: who is not to come back is known
    assert rows(new, "SELECT count(*) FROM identities WHERE value = ?", who) == [(0,)]


def test_what_is_no_copy_is_not_put_back(line: CommandLine, tmp_path: Path) -> None:
    before = counts(line.database)
    (tmp_path / "notes.txt").write_text("Nothing like it.\n" * 100, encoding="utf-8")
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection, connection:
        connection.execute("CREATE TABLE notes (text)")
    whole = line.database.read_bytes()
    (tmp_path / "cut.db").write_bytes(whole[: len(whole) // 2])
    for name in ("notes.txt", "other.db", "cut.db", "nowhere.db", "connector.db"):
        answer = line.within("restore", name)
        assert (answer.code, answer.out) == (1, ""), name
        assert name in answer.err
        assert "Traceback" not in answer.err
    assert counts(line.database) == before


def test_a_damaged_database_is_replaced_by_a_copy(line: CommandLine, tmp_path: Path) -> None:
    before, copy = counts(line.database), tmp_path / "copy.db"
    line.ask("backup", str(copy))
    held = bytearray(line.database.read_bytes())
    held[8192:60_000] = bytes(60_000 - 8192)
    line.database.write_bytes(held)
    assert line.within("segments").code == 1
    line.ask("restore", str(copy))
    assert counts(line.database) == before


def test_killed_at_any_moment_a_restore_leaves_the_one_or_the_other(line: CommandLine, tmp_path: Path) -> None:
    copy, chance = tmp_path / "copy.db", Random(5)
    line.ask("backup", str(copy))
    with closing(sqlite3.connect(line.database)) as connection, connection:
        connection.execute("DELETE FROM memberships")
    one, other = counts(line.database), counts(copy)
    with forks() as started:
        seconds = _whole(started, line, copy)
        line.ask("restore", str(tmp_path / "connector.db.before-restore"))
        for _ in range(8):
            ended = started.run(line, "restore", str(copy), kill=chance.uniform(0, seconds))
            assert ended.code in {0, KILLED}
            assert counts(line.database) in (one, other)
    line.ask("restore", str(copy))
    assert counts(line.database) == other


def _whole(started: Forks, line: CommandLine, copy: Path) -> float:
    ended = started.run(line, "restore", str(copy))
    assert ended.code == 0, ended.err
    return ended.seconds


def bare(standing: tuple[frozenset[str], object]) -> frozenset[str]:
    """Our tags."""
    return frozenset(tag for tag in standing[0] if tag.startswith("Cycle : "))
