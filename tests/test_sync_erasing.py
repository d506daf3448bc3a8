"""Erasing where something stands in the way: a destination that cannot be reached, a crash, a file that is gone."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from connector.privacy.suppressions import Suppressions
from tests.command_line import CommandLine
from tests.erased_world import hits, moved, read_again
from tests.three_destinations import KEY, World, open_world


@pytest.fixture(scope="module")
def pushed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A small world that was read, worked out and pushed; nobody changes it."""
    with open_world(tmp_path_factory.mktemp("pushed"), 40) as world:
        world.line.ask("run")
        yield world


@pytest.fixture
def line(pushed: World, tmp_path: Path) -> CommandLine:
    """The command line of a copy of it."""
    return moved(pushed.line, tmp_path)


def someone(world: World, number: int) -> str:
    """The address of one of the accounts at all three platforms."""
    addresses = [str(account.email) for account in world.shop.customers.values() if account.consent == "subscribed"]
    return addresses[number]


def leftovers(line: CommandLine) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(line.database)) as connection:
        return connection.execute("SELECT place, address FROM leftovers").fetchall()


def test_what_cannot_be_reached_stays_pending_is_said_so_and_is_finished_by_the_next_push(
    pushed: World, line: CommandLine
) -> None:
    who, settings = someone(pushed, 0), line.settings.read_text(encoding="utf-8")
    line.write(settings.replace(KEY, f"{'f' * 32}-us21"))
    answer = line.within("erase", who, "--yes")
    assert answer.code == 0
    assert "PENDING, lettre: 1" in answer.err or "EN ATTENTE, lettre : 1" in answer.err
    assert leftovers(line) == [("lettre", who)]
    assert line.within("export", who).code == 1
    line.write(settings)
    line.ask("push")
    assert leftovers(line) == []
    assert hits(line.folder, {who}) == []
    assert pushed.mailchimp.members[who].tags == {"Du commerçant"}


def test_the_command_without_a_person_goes_on_with_what_is_pending(pushed: World, line: CommandLine) -> None:
    who, settings = someone(pushed, 1), line.settings.read_text(encoding="utf-8")
    line.write(settings.replace(KEY, f"{'f' * 32}-us21"))
    line.ask("erase", who, "--yes", "--json")
    line.write(settings)
    assert line.ask("erase", "--json").last["taken"] == 1
    assert leftovers(line) == []


def test_without_a_yes_nobody_is_erased(pushed: World, line: CommandLine) -> None:
    who = someone(pushed, 2)
    assert line.within("erase", who, "--json").code == 1
    assert who in line.ask("export", who).out


def test_what_cannot_be_taken_away_is_given_up_by_force_alone(pushed: World, line: CommandLine) -> None:
    who, settings = someone(pushed, 3), line.settings.read_text(encoding="utf-8")
    line.write(settings.replace("[destinations.lettre]", "[destinations.autre]"))
    assert line.ask("erase", who, "--yes", "--json").last["waiting"] == {"lettre": 1}
    assert line.ask("erase", "--force", "--json").last["waiting"] == {}
    assert hits(line.folder, {who}) == []


def test_suppressed_but_not_yet_erased_is_erased_at_the_next_start(pushed: World, line: CommandLine) -> None:
    """As a crash between the two leaves it."""
    who = someone(pushed, 4)
    engine = create_engine(f"sqlite:///{line.database}")
    suppressed = Suppressions.beside(engine, Path("unused"))
    suppressed.add([("email", "", who)], int(pushed.now.timestamp()))
    engine.dispose()
    assert hits(line.folder, {who})
    line.ask("segments")
    assert line.within("export", who).code == 1
    line.ask("push")
    assert hits(line.folder, {who}) == []


def test_a_pull_is_refused_where_the_file_of_the_suppressed_is_gone(pushed: World, line: CommandLine) -> None:
    who = someone(pushed, 5)
    line.ask("erase", who, "--yes", "--json")
    (line.folder / "connector.db.suppressed").unlink()
    answer = line.within("pull")
    assert answer.code == 3
    assert "connector.db.suppressed" in answer.err
    read_again(pushed)
    line.ask("pull", "--force")
    assert who in line.ask("export", who).out
    line.ask("erase", who, "--yes", "--json")
    line.ask("pull")
    assert line.within("export", who).code == 1


def test_an_export_is_its_owners_alone_and_replaces_nothing(pushed: World, line: CommandLine) -> None:
    who, file = someone(pushed, 6), line.folder / "someone.json"
    line.ask("export", who, "--output", str(file))
    assert file.stat().st_mode & 0o777 == 0o600
    assert who in file.read_text(encoding="utf-8")
    assert line.within("export", who, "--output", str(file)).code == 1
