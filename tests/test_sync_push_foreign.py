"""What the merchant and other apps put at the tools stays, however much it looks like ours.

Tags come and go by others' hands between pushes: look-alikes by case, spaces, commas and composition, and what begins
as ours do. Who put what is noted as the fakes' books change, never by what we remember.
"""

from __future__ import annotations

import random

import pytest
from sqlalchemy import Engine

from connector.text import fold
from sync.push import leave, resume, undo
from tests.push_world import TAGS
from tests.pushed_places import Place, Tool, outcome_of, place, stage

BY_HAND = (
    *("VIP", "vip", "Cycle", "Cycle :", "Cycle : VIP", "CYCLE : INACTIF", "cycle : fidèle", "Cycle : Fidèle"),
    *("Cycle: Fidèle", "Cycle  : Fidèle", "Cycle\u00a0: Fidèle", "Cycle : Fide\u0300le", " Cycle : Nouveau "),
    *("Cycle : Fidèle x", "Cycle : Fidèle, VIP", "Audience", "audience : vip", "Audience : VIP,", "Cycle : Fidele"),
)
FULL = pytest.mark.full


class Course:
    """Steps of one seed. `foreign` is what others put and still stands; `ours` the keys of what came by a push.

    Where somebody removes a tag of ours and types it again, also in other case, nobody can tell: nobody does so here.
    """

    def __init__(self, world: Place, seed: int) -> None:
        self.world = world
        self.chance = random.Random(f"{world.tool} {seed}")
        self.foreign: dict[int, set[str]] = {number: set() for number in world.people}
        self.ours: dict[int, set[str]] = {number: set() for number in world.people}
        self.doubt = False  # a push died: what it wrote cannot be told from what others write now
        self.pushes = 0

    def step(self) -> None:
        """One thing happens: others' hands, people who move, and every eighth time a push."""
        does = self.chance.random()
        if does < 0.06:
            self.act()
        elif does < 0.52:
            self.put()
        elif does < 0.72:
            self.take()
        else:
            stage(self.world, self.chance)

    def put(self) -> None:
        """Somebody types a tag; the tools cut it at commas, strip it, and keep one of each whatever its case."""
        number = self.chance.choice(self.world.people)
        for typed in self.chance.choice(BY_HAND).split(","):
            tag = self.spelt(typed.strip())
            held = {one.casefold() for one in self.world.held(number)}
            alike = fold(tag) in {fold(one) for one in self.ours[number]}
            if tag and tag.casefold() not in held and not (self.doubt or alike):
                self.world.held(number).add(tag)
                self.foreign[number].add(tag)

    def spelt(self, tag: str) -> str:
        """At Mailchimp a tag is one thing for all contacts, with one spelling."""
        if self.world.tool != "mailchimp":
            return tag
        names = self.world.fake_mailchimp.segments.values()
        held = {one for number in self.world.people for one in self.world.held(number)}
        return next((name for name in (*names, *sorted(held)) if name.casefold() == tag.casefold()), tag)

    def take(self) -> None:
        """Somebody removes a tag, theirs or ours."""
        number = self.chance.choice(self.world.people)
        if held := sorted(self.world.held(number)):
            gone = self.chance.choice(held)
            self.world.held(number).discard(gone)
            self.foreign[number].discard(gone)

    def act(self) -> None:
        """A push that may die, an undo, or the whole of it taken away."""
        before = {number: set(self.world.held(number)) for number in self.world.people}
        does = self.chance.random()
        if does < 0.06 and self.pushes:
            leave(
                self.world.engine,
                self.world.target.key,
                self.world.real,
                now=self.world.later(),
                run_id=self.world.run(),
            )
        elif does < 0.14 and self.pushes:
            self.take_back()
        else:
            self.push()
        with self.world.engine.begin() as connection:
            resume(connection, self.world.target.key)
        self.compare(before)

    def push(self) -> None:
        if self.chance.random() < 0.2:
            self.world.die_at_answer(self.chance.randint(0, 2))
        ended = outcome_of(self.world.push)
        self.world.calm()
        self.pushes += ended
        self.last = self.world.run_id
        self.doubt = not ended or any(row[4] is not None for row in self.world.deliveries())

    def take_back(self) -> None:
        world = self.world
        wrote = {change[0] for change in self.plans()}
        if self.last in wrote:
            undo(world.engine, world.target.key, world.real, undone=self.last, now=world.later(), run_id=world.run())

    def plans(self) -> list[tuple[int]]:
        """The runs that wrote anything."""
        with self.world.engine.connect() as connection:
            return [(row[0],) for row in connection.exec_driver_sql("SELECT run_id FROM plans WHERE kind = 'push'")]

    def compare(self, before: dict[int, set[str]]) -> None:
        """What we took was ours, what we gave is a text of ours, and all that others put is there."""
        texts = {fold(text) for text in self.world.target.tags.values()}
        for number in self.world.people:
            held = self.world.held(number)
            assert self.foreign[number] <= held, (number, self.foreign[number] - held)
            gone, come = before[number] - held, held - before[number]
            assert {tag.casefold() for tag in gone} <= self.ours[number], (number, gone)
            assert {fold(tag) for tag in come} <= texts, (number, come)
            self.ours[number] -= {tag.casefold() for tag in gone}
            self.ours[number] |= {tag.casefold() for tag in come}


@pytest.mark.parametrize(
    ("tool", "seeds", "steps"),
    [
        ("shopify", range(25), 200),
        ("mailchimp", range(25, 50), 200),
        *(
            pytest.param(tool, range(first, first + 5), 5000, marks=FULL)
            for tool in ("shopify", "mailchimp")
            for first in range(0, 50, 5)
        ),
    ],
)
def test_what_others_put_stays_however_much_it_looks_like_ours(
    engine: Engine, tool: Tool, seeds: range, steps: int
) -> None:
    """Fifty seeds, half of them at each of the tools that have tags; all fifty at each in the full run."""
    pushes = 0
    for seed in seeds:
        print("seed", seed)
        with place(engine, tool, 4) as world:
            world.write_tags_alone()
            course = Course(world, seed)
            for _ in range(steps):
                course.step()
            pushes += course.pushes
            assert getattr(world.fake, "violations", []) == []
    assert pushes > len(seeds) * steps / 50


@pytest.mark.parametrize("tool", ["shopify", "mailchimp"])
def test_of_two_tags_that_look_the_same_ours_goes(engine: Engine, tool: Tool) -> None:
    with place(engine, tool, 1) as world:
        world.write_tags_alone()
        world.move(1, {"spread.loyal"})
        world.push()
        world.held(1).add("Cycle : Fide\u0300le")
        world.move(1, {"spread.new"})
        world.push()
        assert world.held(1) == {"Cycle : Fide\u0300le", TAGS["spread.new"]}


def test_meta_that_others_keep_with_an_account_stays(engine: Engine) -> None:
    with place(engine, "woocommerce", 6) as world:
        chance = random.Random(1)
        mine = {"cycle": "1", "CYCLE ": "2", "CYCLE_VIP": "3", "lc_note": "4", "note": "5", "newsletter_optin": "no"}
        for number in world.people:
            world.fields(number).update(mine)
        for _ in range(30):
            for _ in range(4):
                stage(world, chance)
            world.push()
            for number in world.people:
                assert mine.items() <= world.fields(number).items()
        assert world.fake.violations == []


@pytest.mark.parametrize("tool", ["shopify", "mailchimp"])
def test_an_undo_does_not_bring_a_doubt_back_for_which_others_would_pay(engine: Engine, tool: Tool) -> None:
    """A push dies, its tag goes, the next push has seen so; what is typed after that is not what the first one sent."""
    with place(engine, tool, 1) as world:
        world.write_tags_alone()
        world.move(1, {"spread.inactive"})
        world.die_at_answer(0)
        assert not outcome_of(world.push)
        world.calm()
        world.held(1).clear()
        world.move(1, {"spread.loyal"})
        undone = world.push()
        world.held(1).add(TAGS["spread.inactive"])
        undo(engine, world.target.key, world.real, undone=undone.run_id, now=world.later(), run_id=world.run())
        with engine.begin() as connection:
            resume(connection, world.target.key)
        world.push()
        assert world.held(1) == {TAGS["spread.inactive"], TAGS["spread.loyal"]}
