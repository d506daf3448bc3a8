"""Pull the plug at any moment: no order is lost, none is counted twice, and the tools end as if nothing had happened.

The oracles are the fakes' own books, and a run of the same world that nobody disturbed. A round's number is its seed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.command_line import CommandLine
from tests.crash_world import Books, figures, open_books, orders
from tests.forked import Ended, Forks, forks
from tests.newer_version import newer_version
from tests.three_destinations import Standing

PEOPLE, BLOG = 40, 150
KILLS = 5
"""In each round."""
ROUNDS = 6
WORK = ("pull", "recompute", "push", "run", "upgrade")
"""A run once the shops have gone on, and at last a push of a newer version, which upgrades the database first."""


@dataclass
class Undisturbed:
    """How the world ended where nobody disturbed it, and how long each command took."""

    standing: dict[str, Standing]
    consents: list[dict[object, str]]
    automations: set[tuple[str, str]]
    figures: dict[str, Any]
    seconds: dict[str, float]


@dataclass(frozen=True)
class Versions:
    """The program, and a newer version of it."""

    ours: Forks
    newer: Forks

    def run(self, line: CommandLine, command: str, *, kill: float | None = None) -> Ended:
        """One of the commands of WORK."""
        if command == "upgrade":
            return self.newer.run(line, "push", kill=kill)
        return self.ours.run(line, command, kill=kill)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Versions]:
    with forks() as ours, forks(newer_version(tmp_path_factory.mktemp("newer"))) as newer:
        yield Versions(ours, newer)


@pytest.fixture(scope="module")
def undisturbed(started: Versions, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    with open_books(tmp_path_factory.mktemp("undisturbed"), PEOPLE, BLOG) as world:
        seconds = {command: _work(started, world, command) for command in WORK[:-1]}
        world.assert_right(world.line)
        state = _state(world, seconds)
        seconds["upgrade"] = _work(started, world, "upgrade")
        return state


def _state(world: Books, seconds: dict[str, float]) -> Undisturbed:
    automations = set(world.mailchimp.automations)
    return Undisturbed(world.standing(), world.consents(), automations, figures(world.line), seconds)


def _work(started: Versions, world: Books, command: str) -> float:
    """The seconds of a command that nobody disturbs."""
    if command == "run":
        world.go_on()
    ended = started.run(world.line, command)
    assert ended.code == 0, ended.err
    return ended.seconds


def _killed(started: Versions, world: Books, command: str, moments: list[float]) -> int:
    """Start a command and kill it, again and again; how often it was killed before it had ended."""
    kills = 0
    for moment in moments:
        ended = started.run(world.line, command, kill=moment)
        assert ended.killed or ended.code == 0, ended.err
        kills += ended.killed
    return kills


@pytest.mark.parametrize(
    "seed", [*range(ROUNDS), *(pytest.param(n, marks=pytest.mark.full) for n in range(ROUNDS, 500 // KILLS + ROUNDS))]
)
def test_killed_at_random_moments_it_ends_as_if_nothing_had_happened(
    seed: int, started: Versions, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    chance = Random(seed)
    victims = [chance.choice(WORK) for _ in range(KILLS)]
    with open_books(tmp_path / "world", PEOPLE, BLOG) as world:
        kills = 0
        for command in WORK:
            if command == "run":
                world.go_on()
                late = KILLS - kills - len([*filter(("run", "upgrade").__contains__, victims)])
                victims += ["run"] * late  # for those that came too late
            if command == "upgrade":
                assert _state(world, undisturbed.seconds) == undisturbed
                writes = world.writes
            moments = [chance.uniform(0.01, undisturbed.seconds[command]) for _ in range(victims.count(command))]
            kills += _killed(started, world, command, moments)
            assert started.run(world.line, command).code == 0
        while kills < KILLS:
            kills += _killed(started, world, "upgrade", [chance.uniform(0.01, 0.1)])
        world.assert_right(world.line)
        assert upgraded(world.line)
        assert started.run(world.line, "upgrade").code == 0
        assert world.writes == writes
        assert ": 0 écart corrigé" in started.newer.run(world.line, "recompute", "--full").out


def upgraded(line: CommandLine) -> bool:
    """Whether the newer version's tables are there, filled."""
    with closing(sqlite3.connect(line.database)) as connection:
        extras = connection.execute("SELECT words, total % 97 = weight FROM extras JOIN orders USING (id)").fetchall()
    return sorted(extras) == sorted((number, 1) for _, number, _, _ in orders(line))
