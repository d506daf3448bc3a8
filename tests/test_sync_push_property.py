"""Whatever happens around pushes, the destination ends as wanted, and what others put there stays."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.database import connect
from connector.destination import Outcome, RemoteChange, Result
from connector.errors import SettingsError
from connector.holdout import HeldOut
from connector.records import ConsentState
from sync.push import Scope, resume, undo
from tests.memory_destination import CrashError, accept
from tests.push_world import STAGES, TURNS, World, address

BY_HAND = ("VIP à la main", "cycle : fidèle", "CYCLE : INACTIF", "Cycle : Fidèle x", "audience : vip")
SEEDS = st.integers(min_value=0, max_value=2**32)


class History:
    """Random events of one seed."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.random = random.Random(seed)
        self.doubt = False  # a push broke off: what it may have written cannot be told from what others write now

    def happen(self) -> None:
        """One to five things happen to people and at the destination."""
        for _ in range(self.random.randint(1, 5)):
            self.random.choice((self.stage, self.stage, self.stage, self.merge, self.hand, self.sleep, self.share))()

    def stage(self) -> None:
        person = self.random.choice(self.world.people)
        inside = {self.random.choice(STAGES)} if self.random.random() < 0.9 else set()
        inside |= {key for key, often in (("aud.vip", 0.3), ("aud.out", 0.15)) if self.random.random() < often}
        self.world.move(person, inside)

    def sleep(self) -> None:
        self.world.later(days=1)

    def share(self) -> None:
        """Another share of a segment is held out, or none any more."""
        segment, percent = self.random.choice((*STAGES, "aud.vip")), self.random.choice((0, 30, 60))
        others = {key: held for key, held in self.world.target.holdout.items() if key != segment}
        chosen = {segment: HeldOut.of("salt", segment, percent)} if percent else {}
        self.world.target = replace(self.world.target, holdout=others | chosen)

    def merge(self) -> None:
        self.world.give(self.random.choice(self.world.people), self.random.choice(self.world.people))

    def hand(self) -> None:
        if not self.doubt:
            self.world.put_by_hand(self.random.choice(self.world.people), self.random.choice(BY_HAND))

    def push(self, *, faults: bool = True) -> None:
        """A push that may be answered badly, or die at any point."""
        destination = self.world.destination
        if faults:
            destination.fault = self.answer
            self.random.choice((self.nothing, self.die_at_commit, self.die_at_write, self.die_at_read))()
        try:
            self.world.push(scope=Scope(again=self.random.random() < 0.3))
            self.doubt = False
        except CrashError:
            self.doubt = True
        self.calm()
        self.doubt = self.doubt or any(row[4] is not None for row in self.world.deliveries())

    def calm(self) -> None:
        """The faults are over."""
        self.world.commits_left = None
        self.world.destination.fault = accept
        self.world.destination.before_write = lambda change: None
        self.world.destination.before_read = lambda: None

    def answer(self, change: RemoteChange) -> Outcome | None:
        """A bad answer now and then; the write may have gone through wholly or in part all the same."""
        if self.random.random() < 0.6:
            return None
        done = self.random.choice(("none", "part", "all"))
        if done != "none":
            part = RemoteChange(change.address, add=change.add) if done == "part" else change
            self.world.destination._write(part)
        return Outcome(change.address, self.random.choice((Result.RETRY, Result.REFUSED)), "broken")

    def nothing(self) -> None: ...

    def die_at_commit(self) -> None:
        self.world.commits_left = self.random.randint(1, 7)

    def die_at_write(self) -> None:
        left = self.random.randint(0, 4)

        def die(_change: RemoteChange) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                self.world.commits_left = 0
                raise CrashError

        self.world.destination.before_write = die

    def die_at_read(self) -> None:
        def die() -> None:
            self.world.commits_left = 0
            raise CrashError

        self.world.destination.before_read = die


@pytest.fixture(scope="module")
def worlds(template: Path) -> Callable[[Path], World]:
    """Makes a world in a folder."""

    def make(folder: Path) -> World:
        file = folder / "connector.db"
        shutil.copy(template, file)
        world = World(connect(str(file)))
        world.target = TURNS
        return world

    return make


def quick(test: Callable[..., None]) -> Callable[..., None]:
    return settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))(test)


@quick
@given(seed=SEEDS)
def test_any_history_ends_as_wanted_and_a_second_push_writes_nothing(
    worlds: Callable[[Path], World], seed: int
) -> None:
    with TemporaryDirectory() as folder:
        world = worlds(Path(folder))
        history = History(world, seed)
        for contact in world.destination.contacts.values():
            contact.consent = history.random.choice(list(ConsentState))
        consents = {name: contact.consent for name, contact in world.destination.contacts.items()}
        for _ in range(history.random.randint(1, 6)):
            history.happen()
            history.push()
        last = world.push(scope=Scope(again=True))
        assert set(last.outcomes) <= {"accepted"}
        world.assert_right()
        world.destination.writes.clear()
        world.destination.reads.clear()
        assert world.push().changes == 0
        assert (world.destination.writes, world.destination.reads) == ([], [])
        assert {name: contact.consent for name, contact in world.destination.contacts.items()} == consents
        world.engine.dispose()


@quick
@given(seed=SEEDS)
def test_what_a_dry_run_shows_is_what_is_done(worlds: Callable[[Path], World], seed: int) -> None:
    with TemporaryDirectory() as folder:
        world = worlds(Path(folder))
        history = History(world, seed)
        for _ in range(3):
            history.happen()
            before = world.destination.state(), world.deliveries(), len(world.destination.writes)
            shown = world.dry_run()
            assert (world.destination.state(), world.deliveries(), len(world.destination.writes)) == before
            done = world.push()
            asked = [(c.address, c.item, c.old, c.new, c.cause) for c in world.changes(done.plan_id)]
            assert [(c.address, c.item, c.old, c.new, c.cause) for c in shown.examples] == asked
            assert (shown.items, shown.people) == (done.items, done.people)
        world.engine.dispose()


@quick
@given(seed=SEEDS)
def test_an_undo_restores_exactly_even_after_a_crash(worlds: Callable[[Path], World], seed: int) -> None:
    with TemporaryDirectory() as folder:
        world = worlds(Path(folder))
        history = History(world, seed)
        for number in world.people:
            if history.random.random() < 0.3:
                world.destination.contacts[address(number)].fields["CYCLE"] = "à la main"
        for _ in range(history.random.randint(0, 2)):
            history.happen()
            history.push(faults=False)
        history.happen()
        before = world.destination.state(), world.deliveries()
        history.push()
        undone = world.run_id
        with suppress(SettingsError):  # the push died before it had a plan
            take_back(world, undone)
        assert (world.destination.state(), world.deliveries()) == before
        world.engine.dispose()


@quick
@given(seed=SEEDS)
def test_an_undo_that_dies_is_finished_by_the_next(worlds: Callable[[Path], World], seed: int) -> None:
    with TemporaryDirectory() as folder:
        world = worlds(Path(folder))
        history = History(world, seed)
        history.happen()
        history.push(faults=False)
        history.happen()
        before = world.destination.state(), world.deliveries()
        history.push(faults=False)
        undone = world.run_id
        history.random.choice((history.die_at_commit, history.die_at_write, history.die_at_read))()
        try:
            take_back(world, undone)
        except CrashError:
            history.calm()
            take_back(world, undone)
        history.calm()
        assert (world.destination.state(), world.deliveries()) == before
        with world.engine.begin() as connection:
            resume(connection, world.target.key)
        world.push()
        world.assert_right()
        world.engine.dispose()


def take_back(world: World, run_id: int) -> None:
    undo(world.engine, world.target.key, world.destination, undone=run_id, now=world.later(), run_id=world.run())
