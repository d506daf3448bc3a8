"""Pushing: what is planned, what is left alone, what is frozen, and what waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from sqlalchemy import Engine, func, select

from connector.destination import Automations, Kind, Outcome, RemoteChange, Result
from connector.errors import PermanentError, SettingsError
from connector.holdout import HeldOut
from connector.models import Change, Consent, Identity, Label, Plan
from connector.records import ConsentState
from connector.source import Problem
from connector.tables import table
from connectors.mailchimp import MailchimpDestination
from connectors.shopify import ShopifyDestination
from connectors.woocommerce import WooCommerceDestination
from sync.push import FieldTexts, Scope, apply_plan, describe, load
from tests.memory_destination import Contact
from tests.push_world import STAGES, TAGS, TARGET, TURNS, World, address


@pytest.fixture
def world(engine: Engine) -> World:
    world = World(engine)
    for person in world.people:
        world.move(person, {STAGES[person % 3]})
    return world


def tags(world: World, number: int) -> set[str]:
    return world.destination.contacts[address(number)].tags


def test_a_second_push_asks_and_writes_nothing_at_all(world: World) -> None:
    assert world.push().outcomes == {"accepted": 12}
    world.assert_right()
    world.destination.writes.clear()
    world.destination.reads.clear()
    world.destination.checks = 0
    second = world.push()
    assert (second.state, second.changes) == ("applied", 0)
    assert (world.destination.writes, world.destination.reads, world.destination.checks) == ([], [], 0)


def test_over_sixty_quiet_days_only_those_are_pushed_whom_time_moved(world: World) -> None:
    world.push()
    world.destination.writes.clear()
    moved = {10: 1, 31: 4, 59: 3}
    for day in range(1, 61):
        world.later(days=1)
        if day in moved:
            world.move(moved[day], {"spread.inactive"}, cause="time")
        pushed = world.push()
        assert pushed.causes == ({"time": 3} if day in moved else {})
    assert [change.address for change in world.destination.writes] == [address(n) for n in moved.values()]
    world.assert_right()


def test_a_stage_is_exchanged_in_one_change_that_says_why(world: World) -> None:
    world.push()
    world.destination.writes.clear()
    world.move(1, {"spread.inactive"}, cause="time")
    plan = world.push()
    assert world.destination.writes == [
        RemoteChange(
            address(1),
            add=frozenset({TAGS["spread.inactive"]}),
            remove=frozenset({TAGS["spread.new"]}),
            fields={"CYCLE": "inactive"},
        )
    ]
    assert {change.cause for change in world.changes(plan.plan_id)} == {"time"}
    assert "0 consentement modifié" in describe(plan, "fr")[0]
    assert "0 consents changed" in describe(plan, "en")[0]


def test_a_tag_that_stood_there_before_us_is_accepted_and_never_removed(world: World) -> None:
    world.put_by_hand(1, "cycle : nouveau")
    world.put_by_hand(1, "VIP à la main")
    world.push()
    assert tags(world, 1) == {"cycle : nouveau", "VIP à la main"}
    world.move(1, {"spread.loyal"})
    world.push()
    assert tags(world, 1) == {"cycle : nouveau", "VIP à la main", "Cycle : Fidèle"}


def test_a_field_is_given_back_as_it_was_found(world: World) -> None:
    world.destination.contacts[address(1)].fields["CYCLE"] = "ancien"
    world.push()
    assert world.destination.contacts[address(1)].fields == {"CYCLE": "new"}
    world.move(1, {"spread.loyal"})
    world.push()
    world.move(1, set())
    world.push()
    assert world.destination.contacts[address(1)].fields == {"CYCLE": "ancien"}


def test_a_field_that_somebody_else_set_since_is_not_removed_with_ours(world: World) -> None:
    world.push()
    world.destination.contacts[address(1)].fields["CYCLE"] = "à la main"
    world.move(1, set())
    world.push()
    assert world.destination.contacts[address(1)].fields == {"CYCLE": "à la main"}


def test_excluded_people_and_objectors_lose_what_they_had(world: World) -> None:
    world.push()
    world.move(1, {"spread.new", "aud.out"})
    world.target = replace(world.target, never=frozenset({2}))
    plan = world.push()
    assert (tags(world, 1), tags(world, 2)) == (set(), set())
    assert plan.causes == {"excluded": 4}
    assert plan.excluded == 2


def test_a_merge_moves_no_delivery_and_its_undoing_puts_everything_back(world: World) -> None:
    world.push()
    world.give(1, 2)
    world.push()
    assert tags(world, 1) == tags(world, 2)
    world.give(1, 1)
    world.push()
    world.assert_right()


def test_an_incomplete_family_stays_as_it_was_delivered(world: World) -> None:
    assert not any("Try it" in line for line in describe(world.push()))
    world.move(1, {"spread.loyal", "aud.vip"})
    world.target = replace(world.target, incomplete={"spread": "orders before 2026-05-01 are withheld"})
    plan = world.push()
    assert tags(world, 1) == {"Cycle : Nouveau", "Audience : VIP"}
    assert any("withheld" in line for line in describe(plan))
    world.target = replace(world.target, tags={"aud.vip": "Audience : VIP"}, fields={})
    assert world.push().changes == 0


def test_what_is_no_longer_asked_for_is_taken_away_and_its_text_is_free_again(world: World) -> None:
    world.push()
    everything = world.target
    world.target = replace(everything, tags={"aud.vip": "Cycle : Nouveau"})
    with pytest.raises(SettingsError, match="would both be"):
        world.push()
    world.target = replace(everything, tags={"aud.vip": "Audience : VIP"})
    assert world.push().causes == {"settings": 6}
    world.target = replace(everything, tags={"aud.vip": "Cycle : Nouveau"})
    world.move(1, {"spread.new", "aud.vip"})
    world.push()
    assert tags(world, 1) == {"Cycle : Nouveau"}


def test_texts_are_frozen_at_their_first_delivery_until_a_renaming_is_asked_for(world: World) -> None:
    world.push()
    texts = {**world.target.tags, "spread.new": "Lifecycle: New"}
    world.target = replace(world.target, tags=texts)
    world.move(1, {"spread.loyal"})
    world.move(3, {"spread.new"})
    plan = world.push()
    assert tags(world, 3) == {"Cycle : Nouveau"}
    assert plan.relabelled == {"tag:spread.new": ("Cycle : Nouveau", "Lifecycle: New")}
    renamed = world.push(Scope(rename=True))
    assert tags(world, 3) == tags(world, 4) == {"Lifecycle: New"}
    assert renamed.people == 2
    world.destination.writes.clear()
    assert world.push().changes == 0


def test_values_of_fields_are_frozen_too(world: World) -> None:
    world.push()
    values = {"spread.loyal": "Loyal", "spread.new": "New", "spread.inactive": "Inactive"}
    world.target = replace(world.target, fields={"spread": FieldTexts("STAGE", values)})
    assert world.push().changes == 0
    world.push(Scope(rename=True))
    assert world.destination.contacts[address(1)].fields == {"CYCLE": "New"}


@pytest.mark.parametrize("text", ["Cycle : Fidèle", "cycle : fide\u0300le", "a,b", " "])
def test_a_text_that_another_has_or_that_no_tool_takes_is_refused(world: World, text: str) -> None:
    world.target = replace(world.target, tags={**TAGS, "aud.vip": text})
    with pytest.raises(SettingsError):
        world.push()
    assert world.destination.writes == []


def test_a_segment_that_was_never_worked_out_is_refused_rather_than_emptied(world: World) -> None:
    world.target = replace(world.target, tags={**TAGS, "aud.unknown": "X"})
    with pytest.raises(SettingsError, match=r"aud\.unknown"):
        world.push()


def test_people_without_an_address_there_are_counted(world: World) -> None:
    world.give(6, 5)
    assert world.push().unreachable == 1


def test_addresses_of_accounts_belong_to_their_store(world: World) -> None:
    with world.engine.begin() as connection:
        rows = [{"kind": "account", "scope": store, "value": f"{store}0", "customer_id": 1} for store in (1, 2)]
        connection.execute(table(Identity).insert(), rows)
    world.destination.contacts = {"10": Contact(), "20": Contact()}
    world.target, world.destination.remote_id = replace(world.target, reach="account", store_id=1), "1"
    plan = world.push()
    assert plan.unreachable == 5
    assert any("5 personnes n'y ont pas de compte (achats sans compte" in line for line in describe(plan, "fr"))
    assert [change.address for change in world.destination.writes] == ["10"]


def test_a_refusal_is_not_tried_again_until_something_else_is_wanted(world: World) -> None:
    def refuse(change: RemoteChange) -> Outcome | None:
        wrong = change.address == address(1)
        return Outcome(change.address, Result.REFUSED, "Member In Compliance State") if wrong else None

    world.destination.fault = refuse
    plan = world.push()
    assert plan.outcomes == {"accepted": 10, "refused": 2}
    assert plan.reasons == {"Member In Compliance State": 2}
    world.destination.writes.clear()
    second = world.push()
    assert (second.changes, second.waiting, world.destination.writes) == (0, 1, [])
    world.move(1, {"spread.loyal"})
    world.push()
    assert [change.address for change in world.destination.writes] == [address(1)]
    assert world.push().changes == 0
    world.destination.fault = lambda change: None
    world.push(Scope(again=True))
    world.assert_right()


def test_what_could_not_be_written_this_time_is_planned_again(world: World) -> None:
    world.destination.fault = lambda change: Outcome(change.address, Result.RETRY, "busy")
    first = world.push()
    assert (first.retries, first.outcomes) == (True, {"retry": 12})
    world.destination.fault = lambda change: None
    again = world.push()
    assert again.outcomes == {"accepted": 12}
    assert world.destination.silent == [True, True]
    world.assert_right()


def test_only_the_first_push_keeps_automations_quiet(world: World) -> None:
    world.push()
    world.move(1, {"spread.loyal"})
    world.push()
    assert world.destination.silent == [True, False]


@pytest.mark.parametrize(
    ("automations", "quiet", "starting", "later"),
    [
        (ShopifyDestination.automations, [], ["Flow"], ["Flow"]),
        (MailchimpDestination.automations, ["First push: tags start no"], ["waits for a field"], ["a tag", "a field"]),
        (WooCommerceDestination.automations, [], ["follow accounts"], ["follow accounts"]),
    ],
)
def test_a_plan_says_what_starts_by_what_it_writes_and_by_what_the_destination_can_keep_quiet(
    world: World, automations: Mapping[Kind, Automations], quiet: list[str], starting: list[str], later: list[str]
) -> None:
    world.target = replace(TARGET, automations=automations, approve="always")
    first, few = world.push(), world.push(scope=Scope(limit=1))
    for plan, careful in ((first, True), (few, False)):
        told = [line for line in describe(plan) if "push" in line and "Held" not in line]
        assert len(told) == len(quiet) + len(starting)
        for said, line in zip([*quiet, *starting], told, strict=True):
            assert said in line
            assert line.endswith("Try it on a few people first.") == (careful and said in starting)
    world.target = replace(world.target, approve="auto")
    world.push()
    world.move(1, {"spread.loyal", "aud.vip"})
    again = world.push()
    assert (again.quiet, len(again.starting)) == ((), len(later))
    assert all(said in line for said, line in zip(later, again.starting, strict=True))
    assert world.push().starting == ()  # nothing is written


def test_strangers_are_left_alone_for_a_week_and_found_when_they_come(world: World) -> None:
    contact = world.destination.contacts.pop(address(1))
    plan = world.push()
    assert plan.outcomes == {"accepted": 10, "absent": 2}
    world.destination.reads.clear()
    assert (world.push().waiting, world.destination.reads) == (1, [])
    world.destination.contacts[address(1)] = contact
    world.later(days=7)
    assert world.push().outcomes == {"accepted": 2}
    world.assert_right()


def test_strangers_become_contacts_only_where_that_is_asked_for(world: World) -> None:
    del world.destination.contacts[address(1)]
    world.push()
    assert address(1) not in world.destination.contacts
    world.target = replace(world.target, contacts="all")
    plan = world.push()
    assert plan.new_addresses == 1
    assert world.destination.contacts[address(1)].consent is ConsentState.NOT_SUBSCRIBED
    world.assert_right()
    assert [row[1] for row in world.deliveries() if row[2] == 1] == ["contact", "field:spread", "tag:spread.new"]


def test_a_contact_that_the_merchant_removed_is_not_created_again(world: World) -> None:
    world.target = replace(world.target, contacts="all")
    world.push()
    del world.destination.contacts[address(1)]
    world.move(1, {"spread.loyal"})
    assert world.push().outcomes == {"absent": 2, "accepted": 1}
    for _ in range(3):
        world.later(days=8)
        world.push()
    assert address(1) not in world.destination.contacts


def test_a_destination_that_takes_no_contacts_is_not_asked_for_them(world: World) -> None:
    world.target = replace(world.target, contacts="all")
    world.destination.creates = False
    with pytest.raises(SettingsError, match="no new contacts"):
        world.push()


def test_consents_are_read_and_never_written(world: World) -> None:
    world.destination.contacts[address(1)].consent = ConsentState.UNSUBSCRIBED
    world.push()
    assert tags(world, 1) == {"Cycle : Nouveau"}
    assert world.destination.contacts[address(1)].consent is ConsentState.UNSUBSCRIBED
    rows = table(Consent)
    with world.engine.connect() as connection:
        found = connection.execute(select(rows.c.source, rows.c.state).where(rows.c.customer_id == 1)).all()
    assert [tuple(row) for row in found] == [("newsletter", "unsubscribed")]


def test_a_pilot_writes_to_few_and_the_first_push_is_still_to_come(world: World) -> None:
    assert world.push(Scope(limit=2)).people == 2
    assert world.push(Scope(only=[6])).people == 1
    assert {change.address for change in world.destination.writes} == {address(1), address(2), address(6)}
    assert world.push().people == 3
    assert world.destination.silent == [True, True, True]
    world.assert_right()


def test_a_plan_that_wants_a_yes_waits_for_it_under_one_number(world: World) -> None:
    world.target = replace(world.target, approve="always")
    plan = world.push()
    assert (plan.state, world.destination.writes) == ("planned", [])
    assert world.push().plan_id == plan.plan_id
    done = apply_plan(world.engine, plan.plan_id, world.target, world.destination, now=world.later())
    assert done.state == "applied"
    world.assert_right()
    with pytest.raises(SettingsError, match="is applied"):
        apply_plan(world.engine, plan.plan_id, world.target, world.destination, now=world.later())


def test_a_newer_plan_replaces_the_one_that_waited(world: World) -> None:
    world.target = replace(world.target, approve="always")
    old = world.push()
    world.move(1, {"spread.loyal"})
    new = world.push()
    assert new.plan_id != old.plan_id
    with pytest.raises(SettingsError, match="cancelled"):
        apply_plan(world.engine, old.plan_id, world.target, world.destination, now=world.later())
    assert world.changes(old.plan_id) == []


def test_a_dry_run_leaves_no_trace(world: World) -> None:
    shown = world.dry_run()
    assert shown.changes == 12
    assert world.destination.writes == []
    with world.engine.connect() as connection:
        for rows in (table(Plan), table(Change), table(Label)):
            assert connection.execute(select(func.count()).select_from(rows)).scalar() == 0


def test_a_stored_plan_names_nobody(world: World) -> None:
    plan = world.push()
    rows = table(Plan)
    with world.engine.connect() as connection:
        stored = str(connection.execute(select(rows.c.summary).where(rows.c.id == plan.plan_id)).scalar())
        assert "@" not in stored
        assert load(connection, plan.plan_id, 3).examples[0].address == address(1)


def test_a_destination_that_cannot_be_written_to_stops_before_anything(world: World) -> None:
    world.destination.problems = (Problem("The key may not write.", "Give it the scope.", fatal=True),)
    with pytest.raises(PermanentError, match="may not write"):
        world.push()
    assert world.deliveries() == []


def test_an_address_without_an_answer_is_tried_again(world: World) -> None:
    world.destination.fault = lambda change: Outcome("somebody else", Result.ACCEPTED)
    assert world.push().outcomes == {"retry": 12}
    world.destination.fault = lambda change: None
    world.push()
    world.assert_right()


def held_out(world: World, percent: float, segment: str = "spread.new") -> set[int]:
    """Hold people out of a segment; who of those in it is held."""
    share = HeldOut.of("salt", segment, percent)
    world.target = replace(world.target, holdout={segment: share})
    return {person for person in world.people if segment in world.inside[person] and share.holds(person)}


def test_whoever_is_held_out_gets_neither_tag_nor_field_of_the_segment(engine: Engine) -> None:
    world = World(engine, people=40)
    world.target = TURNS
    for person in world.people:
        world.move(person, {STAGES[person % 2], "aud.vip"})
    held = held_out(world, 50)
    assert 2 < len(held) < 18
    plan = world.push()
    assert plan.holdout == len(held)
    assert f"{len(held)} people are held out of a segment" in " ".join(describe(plan, "en"))
    assert f"{len(held)} personnes sont mises à l'écart" in " ".join(describe(plan, "fr"))
    world.assert_right()
    assert all(tags(world, person) == {"Audience : VIP"} for person in held)
    assert world.push().changes == 0


def test_what_was_delivered_before_is_taken_back_from_whoever_is_held_out(engine: Engine) -> None:
    world = World(engine, people=40)
    for person in world.people:
        world.move(person, {"spread.new" if person % 4 == 0 else "spread.loyal"})
    world.push()
    held = held_out(world, 50)
    plan = world.push()
    assert {change.customer_id for change in world.changes(plan.plan_id)} == held
    assert plan.causes == {"holdout": 2 * len(held)}
    world.assert_right()
    assert held_out(world, 20) < held
    world.push()
    world.assert_right()


def test_several_segments_can_be_excluded_a_stage_among_them(world: World) -> None:
    world.push()
    world.target = replace(world.target, exclude=("aud.out", "spread.loyal"))
    plan = world.push(force=True)
    assert plan.causes == {"excluded": 4}
    assert plan.excluded == 2
    assert [tags(world, person) for person in (3, 6)] == [set(), set()]
    world.move(3, {"spread.new"})
    world.move(1, {"spread.new", "aud.out"})
    world.push(force=True)
    assert [tags(world, person) for person in (1, 3, 6)] == [set(), {TAGS["spread.new"]}, set()]


def test_the_day_of_the_change_is_written_once_and_with_the_stage_before(engine: Engine) -> None:
    world = World(engine)
    world.target = TURNS
    world.move(1, {"spread.new"})
    world.push()
    assert world.destination.contacts[address(1)].fields == {"CYCLE": "new", "CYCLE_DAY": "1970-01-11"}
    world.later(days=3)
    assert world.push().changes == 0
    world.move(1, {"spread.loyal"})
    world.push()
    there = world.destination.contacts[address(1)].fields
    assert there == {"CYCLE": "loyal", "CYCLE_WAS": "new", "CYCLE_DAY": "1970-01-14"}
    assert world.destination.writes[-1].days == {"CYCLE_DAY"}
    world.later(days=30)
    assert world.push().changes == 0
    world.target = TARGET
    assert world.push().causes == {"settings": 2}
    assert world.destination.contacts[address(1)].fields == {"CYCLE": "loyal"}
