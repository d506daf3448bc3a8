"""Pull the plug at any moment: no order is lost, none is counted twice, and the tools end as if nothing had happened.

The oracles are the fakes' own books, and a run of the same world that nobody disturbed. A round's number is its seed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.crash_world import Books, figures, open_books
from tests.forked import Forks, forks
from tests.three_destinations import Standing

PEOPLE, BLOG = 40, 150
KILLS = 5
"""In each round."""
ROUNDS = 6
WORK = ("pull", "recompute", "push", "run")
"""The last of them once the shops have gone on."""


@dataclass
class Undisturbed:
    """How the world ended where nobody disturbed it, and how long each command took."""

    standing: dict[str, Standing]
    consents: list[dict[object, str]]
    automations: set[tuple[str, str]]
    figures: dict[str, Any]
    seconds: dict[str, float]


@pytest.fixture(scope="module")
def started() -> Iterator[Forks]:
    with forks() as made:
        yield made


@pytest.fixture(scope="module")
def undisturbed(started: Forks, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    with open_books(tmp_path_factory.mktemp("undisturbed"), PEOPLE, BLOG) as world:
        seconds = {command: _work(started, world, command) for command in WORK}
        world.assert_right(world.line)
        return _state(world, seconds)


def _state(world: Books, seconds: dict[str, float]) -> Undisturbed:
    automations = set(world.mailchimp.automations)
    return Undisturbed(world.standing(), world.consents(), automations, figures(world.line), seconds)


def _work(started: Forks, world: Books, command: str) -> float:
    """The seconds of a command that nobody disturbs."""
    if command == "run":
        world.go_on()
    ended = started.run(world.line, command)
    assert ended.code == 0, ended.err
    return ended.seconds


def _killed(started: Forks, world: Books, command: str, moments: list[float]) -> int:
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
    seed: int, started: Forks, undisturbed: Undisturbed, tmp_path: Path
) -> None:
    chance = Random(seed)
    victims = [chance.choice(WORK) for _ in range(KILLS)]
    with open_books(tmp_path / "world", PEOPLE, BLOG) as world:
        kills = 0
        for command in WORK:
            if command == "run":
                world.go_on()
                victims += ["run"] * (KILLS - kills - victims.count("run"))  # for those that came too late
            moments = [chance.uniform(0.01, undisturbed.seconds[command]) for _ in range(victims.count(command))]
            kills += _killed(started, world, command, moments)
            assert started.run(world.line, command).code == 0
        while kills < KILLS:
            kills += _killed(started, world, "run", [chance.uniform(0.01, 0.1)])
        assert started.run(world.line, "run").code == 0
        world.assert_right(world.line)
        assert _state(world, undisturbed.seconds) == undisturbed
        writes = world.writes
        assert started.run(world.line, "push").code == 0
        assert world.writes == writes
        assert ": 0 écart corrigé" in started.run(world.line, "recompute", "--full").out
