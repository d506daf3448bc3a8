"""Taking a run back, holding a destination, and leaving it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import Engine, select

from connector.destination import Outcome, Result
from connector.errors import SettingsError, UnsafeError
from connector.models import DestinationRow, Label
from connector.records import ConsentState
from connector.tables import table
from sync.push import PlanSummary, Scope, apply_plan, describe, leave, resume, undo
from tests.memory_destination import accept
from tests.push_world import STAGES, World, address


@pytest.fixture
def world(engine: Engine) -> World:
    world = World(engine)
    for person in world.people:
        world.move(person, {STAGES[person % 3]})
    return world


def take_back(world: World, run_id: int) -> PlanSummary:
    return undo(world.engine, "newsletter", world.destination, undone=run_id, now=world.later(), run_id=world.run())


def go(world: World) -> PlanSummary:
    return leave(world.engine, "newsletter", world.destination, now=world.later(), run_id=world.run())


def test_an_undo_puts_everything_back_and_holds_the_destination(world: World) -> None:
    world.push()
    before = world.destination.state(), world.deliveries()
    world.move(1, {"spread.loyal", "aud.vip"})
    world.push()
    done = take_back(world, world.run_id)
    assert (world.destination.state(), world.deliveries()) == before
    assert done.outcomes == {"accepted": 4}
    world.destination.writes.clear()
    held = world.push()
    assert (held.state, held.held, held.changes) == ("planned", True, 4)
    assert world.destination.writes == []
    with pytest.raises(SettingsError, match="held"):
        apply_plan(world.engine, held.plan_id, world.target, world.destination, now=world.later())
    with world.engine.begin() as connection:
        resume(connection, "newsletter")
    world.push()
    world.assert_right()


def test_a_plan_that_waited_over_several_runs_is_taken_back_by_the_one_that_it_names(world: World) -> None:
    world.target = replace(world.target, approve="always")
    before = world.destination.state(), world.deliveries()
    waited, again = world.push(), world.push()
    assert (again.plan_id, again.run_id) == (waited.plan_id, world.run_id)
    done = apply_plan(world.engine, again.plan_id, world.target, world.destination, now=world.later())
    assert take_back(world, done.run_id).outcomes["accepted"] > 0
    assert (world.destination.state(), world.deliveries()) == before


def test_pushes_are_taken_back_one_after_the_other_each_to_what_stood_before_it(world: World) -> None:
    """A stage that comes, goes and comes back: what one undo put there again, the next takes away."""
    before, runs = [], []
    for stages in ({"spread.loyal"}, {"spread.inactive"}, {"spread.loyal"}, {"spread.inactive", "aud.vip"}):
        world.move(1, stages)
        before.append((world.destination.state(), world.deliveries()))
        world.push()
        runs.append(world.run_id)
    for state, run_id in reversed(list(zip(before, runs, strict=True))):
        take_back(world, run_id)
        assert (world.destination.state(), world.deliveries()) == state
        assert take_back(world, run_id).changes == 0


def test_after_the_first_push_is_undone_the_next_is_a_first_push_again(world: World) -> None:
    world.push()
    take_back(world, 1)
    assert all(not contact.tags for contact in world.destination.contacts.values())
    with world.engine.begin() as connection:
        resume(connection, "newsletter")
    world.push()
    assert world.destination.silent == [True, True, True]


def test_what_a_later_run_or_somebody_else_wrote_is_kept_and_said(world: World) -> None:
    world.push()
    world.move(1, {"spread.loyal"})
    world.move(2, {"spread.loyal"})
    world.push()
    undone = world.run_id
    world.move(1, {"spread.inactive"})
    world.push()
    world.destination.contacts[address(2)].fields["CYCLE"] = "à la main"
    before = world.destination.state()[address(1)]
    done = take_back(world, undone)
    assert done.outcomes == {"accepted": 3, "kept": 3}
    assert done.reasons == {
        "Another run wrote it.": 1,
        "Nothing of it is left.": 1,
        "Somebody else changed it since.": 1,
    }
    assert world.destination.contacts[address(2)].fields == {"CYCLE": "à la main"}
    assert world.destination.contacts[address(2)].tags == {"Cycle : Inactif"}
    assert before[1] == world.destination.state()[address(1)][1]
    assert any("left as they are" in line for line in describe(done))


def test_a_tag_that_went_and_came_again_is_not_put_back_twice(world: World) -> None:
    world.push()
    world.move(1, {"spread.loyal"})
    world.push()
    undone = world.run_id
    world.move(1, {"spread.new"})
    world.push()
    world.move(1, {"spread.inactive"})
    world.push()
    take_back(world, undone)
    assert world.destination.contacts[address(1)].tags == {"Cycle : Inactif"}


def test_a_created_contact_is_archived_unless_it_has_subscribed_since(world: World) -> None:
    for number in (1, 2):
        del world.destination.contacts[address(number)]
    world.target = replace(world.target, contacts="all")
    world.push()
    world.destination.contacts[address(2)].consent = ConsentState.SUBSCRIBED
    done = take_back(world, 1)
    assert world.destination.contacts[address(1)].archived
    assert not world.destination.contacts[address(2)].archived
    assert world.destination.contacts[address(2)].tags == set()
    assert done.reasons == {"This contact has subscribed since; it stays.": 1}


def test_a_run_that_wrote_nothing_here_cannot_be_undone(world: World) -> None:
    with pytest.raises(SettingsError, match="Nothing was ever pushed"):
        take_back(world, 1)
    world.push()
    with pytest.raises(SettingsError, match="wrote nothing"):
        take_back(world, 99)


def test_nothing_is_taken_back_from_another_audience(world: World) -> None:
    world.push()
    world.destination.remote_id = "list-2"
    world.destination.writes.clear()
    with pytest.raises(UnsafeError):
        take_back(world, 1)
    with pytest.raises(UnsafeError):
        go(world)
    assert world.destination.writes == []


def test_leaving_removes_all_that_we_ever_wrote_and_forgets_it(world: World) -> None:
    del world.destination.contacts[address(1)]
    world.target = replace(world.target, contacts="all")
    world.put_by_hand(2, "cycle : inactif")
    world.put_by_hand(3, "VIP à la main")
    world.destination.contacts[address(4)].fields["CYCLE"] = "ancien"
    before = world.destination.state()
    world.push()
    world.move(2, {"spread.loyal", "aud.vip"})
    world.push()
    go(world)
    after = world.destination.state()
    assert after.pop(address(1)) == (frozenset(), ())
    assert after == before
    assert world.destination.contacts[address(1)].archived
    assert world.deliveries() == []
    with world.engine.connect() as connection:
        assert connection.execute(select(table(Label))).all() == []
        row = connection.execute(select(table(DestinationRow))).one()
        assert (row.held, row.first_push_at, row.remote_id) == (True, None, None)


def test_one_person_is_taken_out_of_a_destination_that_goes_on_for_the_others(world: World) -> None:
    del world.destination.contacts[address(1)]
    world.target = replace(world.target, contacts="all")
    world.push()
    leave(world.engine, "newsletter", world.destination, now=world.later(), run_id=world.run(), only=[1])
    assert world.destination.contacts[address(1)].archived
    assert world.destination.contacts[address(1)].tags == set()
    assert {row[2] for row in world.deliveries()} == {2, 3, 4, 5, 6}
    world.target = replace(world.target, never=frozenset({1}))
    assert (world.push().state, world.push().changes) == ("applied", 0)


def test_leaving_goes_on_where_it_was_refused(world: World) -> None:
    world.push()
    world.destination.fault = lambda change: Outcome(change.address, Result.RETRY, "busy")
    assert go(world).outcomes == {"retry": 12}
    assert len(world.deliveries()) == 12
    world.destination.fault = accept
    assert go(world).outcomes == {"accepted": 12}
    assert world.deliveries() == []


def test_after_a_renaming_the_old_texts_come_back(world: World) -> None:
    world.push()
    before = world.destination.state()
    world.target = replace(world.target, tags={**world.target.tags, "spread.new": "Lifecycle: New"})
    world.push(Scope(rename=True))
    assert world.destination.state() != before
    take_back(world, world.run_id)
    assert world.destination.state() == before
