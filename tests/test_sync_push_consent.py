"""Nobody's consent is raised: histories of both sides crossed with pushes, and each state that a member can be in.

The fakes refuse and keep whatever could raise a consent; beside them every request of the ledger is read here, and
each consent is compared before and after each push.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import pytest
from sqlalchemy import Engine, insert

from connector.models import Identity
from connector.tables import table
from sync.push import PlanSummary, Scope, leave, resume, undo
from tests.push_world import TAGS, address
from tests.pushed_places import TOOLS, Place, Tool, outcome_of, place, stage

FULL = pytest.mark.full
RAISING = re.compile(
    rb'"(status|status_if_new)\\?": ?\\?"(subscribed|pending)|marketing_permissions|status_if_new|sync_tags\\?": ?true'
    rb"|update_existing\\?\": ?true|[Cc]onsent|acceptsMarketing|customerUpdate|customerSet|opt_?in|subscri(be|ption)",
)
OWN = re.compile(rb"subscriber_hash|skip_merge")
SAYS = ("subscribed", "unsubscribed", "cleaned", "archived", "complaint", "deleted", "moves")
PEOPLE = 10
SECOND = 2000
"""The number of a second address's identity is this much more than the person's."""


class History:
    """What a person does at the shop and at the tool, and what we do between."""

    def __init__(self, world: Place, seed: int) -> None:
        self.world = world
        self.chance = random.Random(f"consent {world.tool} {seed}")
        self.pushed: list[int] = []
        self.created: set[str] = set()

    def happen(self) -> None:
        for _ in range(self.chance.randint(PEOPLE, 2 * PEOPLE)):
            number = self.chance.choice(self.world.people)
            self.chance.choice((self.moves, self.moves, self.shop_says, self.tool_says, self.tool_says, self.other))(
                number
            )

    def moves(self, _number: int) -> None:
        stage(self.world, self.chance)

    def shop_says(self, number: int) -> None:
        """Subscribed, unsubscribed, or gone at the shop."""
        account = self.world.shop.customers.get(number)
        if account is not None:
            account.consent = self.chance.choice(("subscribed", "unsubscribed", "not_subscribed", "pending"))
            if self.world.tool == "woocommerce":
                account.meta["newsletter_optin"] = self.chance.choice(("yes", "no"))

    def tool_says(self, number: int) -> None:
        """Subscribe, unsubscribe, bounce, complaint, archive, deletion for good, another address: at the tool."""
        if self.world.tool != "mailchimp":
            self.shop_says(number)
            return
        fake, where = self.world.fake_mailchimp, address(number)
        member = fake.members.get(where)
        does = self.chance.choice(SAYS)
        if member is None:
            if does == "subscribed":  # they come by themselves
                fake.forgotten.discard(where)
                fake.add(where)
            return
        if does in {"deleted", "moves"}:
            del fake.members[where]
            if does == "deleted":
                fake.forgotten.add(where)
            else:
                member.email = f"neu-{where}"
                fake.members[member.email] = member
        elif does == "complaint":
            member.status, member.compliance = "unsubscribed", True
        else:
            member.status, member.compliance = does, does in {"unsubscribed", "cleaned"} and self.chance.random() < 0.5

    def other(self, number: int) -> None:
        """Two people turn out to be one; somebody has another address; an account is deleted."""
        match self.chance.randrange(3):
            case 0:
                self.world.give(number, self.chance.choice(self.world.people))
            case 1:
                second_address(self.world, number)
            case _:
                if len(self.world.shop.customers) > 2:
                    self.world.shop.customers.pop(number, None)

    def push(self) -> None:
        """A push, an undo or a leave; it may die. Nothing in it raises a consent."""
        world = self.world
        world.target = replace(world.target, contacts=self.chance.choice(("existing", "all")))
        if world.tool != "mailchimp":
            world.target = replace(world.target, contacts="existing")
        if self.chance.random() < 0.15:
            world.die_at_answer(self.chance.randint(0, 2))
        before, requests = books(world), len(world.fake.ledger)
        outcome_of(self.act)
        world.calm()
        with world.engine.begin() as connection:
            resume(connection, world.target.key)
        self.compare(before, books(world))
        for entry in world.fake.ledger[requests:]:
            if entry.write:
                assert not RAISING.search(OWN.sub(b"", entry.request.body)), entry.request.body

    def act(self) -> None:
        world, does = self.world, self.chance.random()
        if does < 0.1 and self.pushed:
            last = self.pushed.pop()
            undo(world.engine, world.target.key, world.real, undone=last, now=world.later(), run_id=world.run())
        elif does < 0.15 and self.pushed:
            leave(world.engine, world.target.key, world.real, now=world.later(), run_id=world.run())
        else:
            done = world.push(Scope(again=self.chance.random() < 0.3))
            if done.changes:
                self.pushed = [done.run_id]

    def compare(self, before: dict[str, str], after: dict[str, str]) -> None:
        """A contact that was there keeps its status; one that was not has agreed to nothing."""
        for where in after.keys() - before.keys():
            assert after[where] == "transactional", (where, after[where])
            assert where not in self.world.fake_mailchimp.forgotten
            self.created.add(where)
        for where, status in before.items():
            if after.get(where) != status:  # a contact of ours that we put away again
                assert (status, after[where], where in self.created) == ("transactional", "archived", True)


def books(world: Place) -> dict[str, str]:
    """Each consent by the tool's own books."""
    if world.tool == "mailchimp":
        return {where: member.status for where, member in world.fake_mailchimp.members.items()}
    return {
        str(number): f"{account.consent} {account.meta.get('newsletter_optin')}"
        for number, account in world.shop.customers.items()
    }


def second_address(world: Place, number: int) -> str:
    """A person's second address, at the shop; what it is."""
    rows, where = table(Identity), f"neu-{address(number)}"
    row = {"id": SECOND + number, "kind": "email", "scope": 0, "value": where, "customer_id": world.owner[number]}
    with world.engine.begin() as connection:
        if connection.execute(rows.select().where(rows.c.id == SECOND + number)).first() is None:
            connection.execute(insert(rows), row)
    return where


@pytest.mark.parametrize("histories", [200, pytest.param(2000, marks=FULL)])
@pytest.mark.parametrize("tool", TOOLS)
def test_no_history_raises_a_consent(engine: Engine, tool: Tool, histories: int) -> None:
    """Ten people to a shop, each with a history of their own, and four pushes in the midst of them."""
    written = 0
    for seed in range(histories // PEOPLE):
        print("seed", seed)
        with place(engine, tool, PEOPLE) as world:
            world.target = replace(world.target, fields={} if tool == "mailchimp" and seed % 2 else world.target.fields)
            history = History(world, seed)
            for _ in range(4):
                history.happen()
                history.push()
            assert world.fake.violations == []
            written += world.writes
    assert written > histories // PEOPLE


# Each state of a member


@pytest.fixture
def world(engine: Engine) -> Iterator[Place]:
    """Three people at Mailchimp, pushed to once: a later push may start an automation."""
    with place(engine, "mailchimp", 3) as made:
        made.write_tags_alone()
        for number in made.people:
            made.move(number, {"spread.loyal"})
        made.push()
        yield made


def moved(world: Place) -> PlanSummary:
    """Person 1 goes to another stage, and that is pushed."""
    world.move(1, {"spread.new"})
    return world.push()


def tags(world: Place, where: str = "p1@example.fr") -> set[str]:
    return world.fake_mailchimp.members[where].tags


@pytest.mark.parametrize("status", ["subscribed", "unsubscribed", "cleaned", "pending", "transactional"])
def test_a_member_of_any_status_gets_the_tag_and_keeps_the_status(world: Place, status: str) -> None:
    world.fake_mailchimp.members[address(1)].status = status
    assert moved(world).outcomes == {"accepted": 2}
    assert (tags(world), books(world)[address(1)]) == ({TAGS["spread.new"]}, status)


def test_an_archived_member_is_left_alone_and_not_brought_back(world: Place) -> None:
    world.fake_mailchimp.members[address(1)].status = "archived"
    done = moved(world)
    assert done.outcomes == {"refused": 2}
    assert done.reasons == {"The contact is archived in Mailchimp.": 2}
    assert (tags(world), books(world)[address(1)]) == ({TAGS["spread.loyal"]}, "archived")
    writes = world.writes
    assert world.push().waiting == 1
    assert world.writes == writes


def test_a_member_in_compliance_state_is_refused_in_mailchimps_words(world: Place) -> None:
    member = world.fake_mailchimp.members[address(1)]
    member.status, member.compliance = "unsubscribed", True
    done = moved(world)
    assert done.outcomes == {"refused": 2}
    assert done.reasons == {"The contact is in a compliance state.": 2}
    assert books(world)[address(1)] == "unsubscribed"
    assert world.push().waiting == 1


@pytest.mark.parametrize("contacts", ["existing", "all"])
def test_a_deleted_member_is_not_created_again(world: Place, contacts: Literal["existing", "all"]) -> None:
    world.target = replace(world.target, contacts=contacts)
    del world.fake_mailchimp.members[address(1)]
    world.fake_mailchimp.forgotten.add(address(1))
    done = moved(world)
    assert done.outcomes == {"absent": 1, "accepted": 1}
    assert done.reasons == {"The contact was removed at the destination; it is not created again.": 1}
    assert address(1) not in books(world)
    assert world.push().waiting == 1


def test_one_whom_mailchimp_has_forgotten_for_good_is_refused_in_its_words(world: Place) -> None:
    world.target = replace(world.target, contacts="all")
    where = second_address(world, 1)
    world.fake_mailchimp.forgotten.add(where)
    done = world.push()
    assert done.outcomes == {"refused": 2}
    assert any("permanently deleted" in reason for reason in done.reasons)
    assert where not in books(world)
    assert world.push().waiting == 1


def test_a_changed_address_is_unknown_there_until_the_member_has_it_too(world: Place) -> None:
    where = second_address(world, 1)
    done = world.push()
    assert (done.outcomes, done.reasons) == ({"absent": 1}, {"The destination does not know this address.": 1})
    assert where not in books(world)
    member = world.fake_mailchimp.members.pop(address(1))  # they change it at Mailchimp, with all that is theirs
    member.email, world.fake_mailchimp.members[where] = where, member
    world.later(days=8)
    assert world.push().outcomes == {"accepted": 1}
    world.move(1, {"spread.new"})
    assert world.push().outcomes == {"absent": 1, "accepted": 3}
    assert tags(world, where) == {TAGS["spread.new"], TAGS["spread.loyal"]}
    assert books(world)[where] == "subscribed"


def test_a_changed_address_becomes_a_contact_of_its_own_only_where_that_is_asked_for(world: Place) -> None:
    world.target = replace(world.target, contacts="all")
    world.fake_mailchimp.members[address(1)].status = "unsubscribed"
    where = second_address(world, 1)
    world.push()
    assert (tags(world, where), books(world)[where]) == ({TAGS["spread.loyal"]}, "transactional")
    assert books(world)[address(1)] == "unsubscribed"


def test_members_whose_people_are_merged_have_one_persons_tags_and_their_own_status(world: Place) -> None:
    world.fake_mailchimp.members[address(2)].status = "unsubscribed"
    world.move(1, {"spread.new"})
    world.give(2, 1)
    assert world.push().outcomes == {"accepted": 4}
    assert tags(world, address(1)) == tags(world, address(2)) == {TAGS["spread.new"]}
    assert (books(world)[address(1)], books(world)[address(2)]) == ("subscribed", "unsubscribed")
    world.give(2, 2)
    world.push()
    assert tags(world, address(2)) == {TAGS["spread.loyal"]}
