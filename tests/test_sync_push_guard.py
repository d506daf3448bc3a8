"""Disasters that must stop before anything is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, delete

from connector.errors import UnsafeError
from connector.models import Customer, Identity, Membership
from connector.states import PlanState
from connector.tables import table
from sync.push import Scope, apply_plan, describe, recent
from tests.push_world import STAGES, World, address

PEOPLE = 60


@pytest.fixture
def world(engine: Engine) -> World:
    """Sixty people, all pushed; the next write would be noticed."""
    world = World(engine, PEOPLE)
    for person in world.people:
        world.move(person, {STAGES[person % 3]})
    world.orders(100)
    world.push()
    world.destination.writes.clear()
    return world


def stage_changes(world: World) -> None:
    for person in range(1, 27):
        world.move(person, {STAGES[(person + 1) % 3]})


def memberships_vanish(world: World) -> None:
    with world.engine.begin() as connection:
        connection.execute(delete(table(Membership)))


def families_are_taken_out(world: World) -> None:
    world.target = replace(world.target, tags={}, fields={})


def orders_vanish(world: World) -> None:
    world.orders(0)


def orders_fall(world: World) -> None:
    world.orders(79)


def people_vanish(world: World) -> None:
    memberships_vanish(world)
    world.target = replace(world.target, tags={}, fields={})
    with world.engine.begin() as connection:
        rows = table(Customer)
        connection.execute(rows.update().where(rows.c.id > 30).values(merged_into=1))


def clock_goes_back(world: World) -> None:
    world.move(1, {"spread.loyal"})
    world.now -= timedelta(days=1)


def settings_name_another_audience(world: World) -> None:
    world.move(1, {"spread.loyal"})
    world.destination.remote_id = "list-2"


def everybody_is_excluded(world: World) -> None:
    for person in range(1, 41):
        world.move(person, world.inside[person] | {"aud.out"})


def everybody_is_very_important(world: World) -> None:
    for person in range(1, 31):
        world.move(person, world.inside[person] | {"aud.vip"})


def all_addresses_become_one_persons(world: World) -> None:
    for number in range(2, PEOPLE):
        world.give(number, 1)


DISASTERS: list[tuple[Callable[[World], None], set[str]]] = [
    (stage_changes, {"changes"}),
    (memberships_vanish, {"removes", "changes"}),
    (families_are_taken_out, {"removes", "changes"}),
    (orders_vanish, {"orders"}),
    (orders_fall, {"orders"}),
    (people_vanish, {"removes", "changes", "people"}),
    (clock_goes_back, {"clock"}),
    (settings_name_another_audience, {"place"}),
    (everybody_is_excluded, {"removes", "changes"}),
    (everybody_is_very_important, {"changes"}),
    (all_addresses_become_one_persons, {"changes"}),
]


@pytest.mark.parametrize(("disaster", "codes"), DISASTERS, ids=lambda value: getattr(value, "__name__", ""))
def test_a_disaster_stops_before_anything_is_written(
    world: World, disaster: Callable[[World], None], codes: set[str]
) -> None:
    disaster(world)
    before = world.destination.state()
    shown = world.dry_run()
    assert {guard.code for guard in shown.guards} == codes
    assert any(line.startswith("  ! ") for line in describe(shown, "fr"))
    if disaster is clock_goes_back:
        world.now -= timedelta(days=1)
    with pytest.raises(UnsafeError, match="is refused") as refused:
        world.push()
    assert "--force" in refused.value.remedy
    assert world.destination.state() == before
    assert world.destination.writes == []
    with world.engine.connect() as connection:
        kept = recent(connection, "newsletter", states=[PlanState.REFUSED])
        assert {guard.code for guard in kept[0].guards} == codes


@pytest.mark.parametrize("disaster", [stage_changes, orders_fall, everybody_is_excluded])
def test_force_insists_once_and_for_all(world: World, disaster: Callable[[World], None]) -> None:
    disaster(world)
    world.push(force=True)
    world.assert_right()
    assert world.push().state == "applied"


def test_force_at_another_audience_starts_there_from_nothing(world: World) -> None:
    settings_name_another_audience(world)
    world.destination.contacts[address(1)].tags.clear()
    world.push(force=True)
    assert world.destination.contacts[address(1)].tags == {"Cycle : Fidèle"}
    assert world.destination.silent == [True, True]
    assert world.push().changes == 0


def test_a_few_people_may_always_change(world: World) -> None:
    for person in range(1, 15):
        world.move(person, {STAGES[(person + 1) % 3]})
    assert world.push().state == "applied"


def test_new_people_are_no_mass_change(world: World) -> None:
    with world.engine.begin() as connection:
        people = range(PEOPLE + 1, PEOPLE + 20)
        connection.execute(table(Customer).insert(), [{"id": n, "since_day": 1} for n in people])
        rows = [{"id": n, "kind": "email", "scope": 0, "value": address(n), "customer_id": n} for n in people]
        connection.execute(table(Identity).insert(), rows)
    for person in people:
        world.inside[person] = set()
        world.move(person, {"spread.new"})
    assert world.push().guards == ()


def test_a_pilot_passes_where_the_whole_plan_would_not(world: World) -> None:
    stage_changes(world)
    assert world.push(Scope(limit=5)).people == 5


def test_a_plan_that_waits_is_guarded_when_it_is_said_yes_to(world: World) -> None:
    world.target = replace(world.target, approve="always")
    world.move(1, {"spread.loyal"})
    plan = world.push()
    world.destination.remote_id = "list-2"
    with pytest.raises(UnsafeError, match="list-2"):
        apply_plan(world.engine, plan.plan_id, world.target, world.destination, now=world.later(), force=True)
    assert world.destination.writes == []
