"""Random shops at each tool: a dry run writes nothing and says what happens; a second push writes nothing.

Pushes die between a write there and its note here, at each point that there is; by the fakes' ledgers and books.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from itertools import count

import pytest
from sqlalchemy import Engine

from connector.text import fold
from sync.push import PlannedChange, Scope, resume, undo
from tests.pushed_places import TOOLS, Place, Standing, Tool, outcome_of, place, stage

BY_HAND = ("VIP", "cycle : fidèle", "Cycle : Fidèle x", "Cycle : VIP", "audience : vip")
STATUSES = ("subscribed", "unsubscribed", "cleaned", "pending", "transactional", "archived")
FULL = pytest.mark.full


def furnish(world: Place, chance: random.Random) -> None:
    """What stands there before us: others' tags and fields, contacts of every kind."""
    for number in world.people:
        if chance.random() < 0.4 and world.target.tags:
            world.held(number).add(chance.choice(BY_HAND))
            world.foreign[str(number)] = set(world.held(number))
        if chance.random() < 0.3:
            world.fields(number)["FNAME" if world.tool == "mailchimp" else "note"] = "du commerçant"
        if world.tool == "mailchimp":
            world.fake_mailchimp.members[f"p{number}@example.fr"].status = chance.choice(STATUSES)


def happen(world: Place, chance: random.Random) -> None:
    for _ in range(chance.randint(1, 2 * len(world.people))):
        stage(world, chance)
    if chance.random() < 0.3:
        world.give(chance.choice(world.people), chance.choice(world.people))


def worlds(engine: Engine, tool: Tool, seeds: range) -> Iterator[tuple[Place, random.Random]]:
    """A random shop for each seed, which is printed."""
    for seed in seeds:
        print("seed", seed)
        chance = random.Random(f"{tool} {seed}")
        with place(engine, tool, chance.randint(2, 20)) as world:
            if chance.random() < 0.7:
                world.tell_less()
            furnish(world, chance)
            happen(world, chance)
            yield world, chance
            assert getattr(world.fake, "violations", []) == []


def assert_planned(world: Place, plan: tuple[PlannedChange, ...], before: Standing, after: Standing) -> None:
    """The effect is the plan's, and nothing else's."""
    by_number: dict[int, list[PlannedChange]] = {number: [] for number in world.people}
    for change in plan:
        by_number[world.number(change.address)].append(change)
    for number, changes in by_number.items():
        (had, told), (has, tells) = before[number], after[number]
        tags = [change for change in changes if change.item.startswith("tag:")]
        named = {text for change in changes if not change.item.startswith("tag:") for text in (change.old, change.new)}
        assert keys(has - had) <= keys(change.new for change in tags)
        assert keys(had - has) <= keys(change.old for change in tags)
        assert {value for _, value in set(tells) ^ set(told)} <= named
        if not reachable(world, number):
            assert (has, tells) == (had, told)
            continue
        assert keys(change.new for change in tags) <= keys(has)
        gone = keys(change.old for change in tags if not change.new)
        assert gone & keys(has) <= keys(world.foreign.get(str(number), ()))
        wanted = {change.new for change in changes if not change.item.startswith("tag:") and change.new}
        assert wanted <= {value for _, value in tells}


def keys(tags: Iterable[str | None]) -> set[str]:
    """The tags as the tools tell them apart."""
    return {fold(tag) for tag in tags if tag}


def reachable(world: Place, number: int) -> bool:
    return world.consents().get(number) not in {None, "archived"}


def trouble(world: Place, chance: random.Random) -> None:
    """Die at a commit, or between a request and its answer; or only lose answers."""
    match chance.randrange(3):
        case 0:
            world.die_at_commit(chance.randint(1, 7))
        case 1:
            world.die_at_answer(chance.randint(0, 3))
        case _:
            world.lose_answers(chance)


@pytest.mark.parametrize("seeds", [range(40), pytest.param(range(200), marks=FULL)], ids=str)
@pytest.mark.parametrize("tool", TOOLS)
def test_a_dry_run_is_what_happens_and_whatever_dies_a_second_push_writes_nothing(
    engine: Engine, tool: Tool, seeds: range
) -> None:
    for world, chance in worlds(engine, tool, seeds):
        before, noted, agreed = world.standing(), world.deliveries(), world.consents()
        shown = world.dry_run()
        assert world.writes == 0
        assert (world.standing(), world.deliveries()) == (before, noted)
        done = world.push()
        assert_planned(world, shown.examples, before, world.standing())
        assert (shown.items, shown.people, shown.causes) == (done.items, done.people, done.causes)
        assert_quiet(world)
        if chance.random() < 0.3:
            undo(world.engine, world.target.key, world.real, undone=done.run_id, now=world.later(), run_id=world.run())
            assert world.standing() == before
            with world.engine.begin() as connection:
                resume(connection, world.target.key)
        happen(world, chance)
        trouble(world, chance)
        outcome_of(world.push)
        world.calm()
        happen(world, chance)
        world.push(Scope(again=True))
        assert_quiet(world)
        assert_right(world)
        assert world.consents() == agreed


def assert_quiet(world: Place) -> None:
    """One more push sends nothing, not even a question."""
    requests = len(world.fake.ledger)
    assert world.push().changes == 0
    assert len(world.fake.ledger) == requests


@pytest.mark.parametrize("tool", TOOLS)
def test_at_each_point_of_a_push_dying_leaves_what_an_undisturbed_push_leaves(engine: Engine, tool: Tool) -> None:
    def pushed(die: int | None, *, at: str) -> tuple[Standing, bool]:
        chance = random.Random("each point")
        with place(engine, tool, 8) as world:
            furnish(world, chance)
            happen(world, chance)
            world.push()
            happen(world, chance)
            if die is not None:
                {"commit": world.die_at_commit, "answer": world.die_at_answer}[at](die)
            ended = outcome_of(world.push)
            world.calm()
            world.push(Scope(again=True))
            assert_quiet(world)
            assert_right(world)
            return world.standing(), ended

    undisturbed, _ = pushed(None, at="")
    points = 0
    for at in ("commit", "answer"):
        for die in count():
            standing, ended = pushed(die, at=at)
            assert standing == undisturbed, (at, die)
            if ended:
                break
            points += 1
    assert points >= 4


def assert_right(world: Place) -> None:
    """The tool holds what is wanted, and what others put there."""
    for number in world.people:
        if not reachable(world, number):
            continue
        foreign = world.foreign.get(str(number), set())
        wanted = set() if tool_without_tags(world) else {world.target.tags[key] for key in world.expected(number)}
        has = world.held(number)
        assert keys(has) == keys(wanted | foreign), number
        assert foreign <= has
        fields = {name: value for name, value in world.fields(number).items() if value and value != "du commerçant"}
        assert fields == world.told(number), number


def tool_without_tags(world: Place) -> bool:
    return not world.target.tags
