"""The small shop of push_world, written to the fakes of the real tools over HTTP; what others do there; how we die.

What is right is read from the fakes' own books and ledgers, never from ours.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

from sqlalchemy import Engine, event, insert, update

from connector.destination import Destination
from connector.models import Identity, Store, metadata
from connector.tables import table
from connectors.mailchimp import MailchimpDestination
from connectors.shopify import ShopifyDestination
from connectors.woocommerce import WooCommerceDestination
from sync.demo.mailchimp import FakeMailchimp
from sync.demo.server import Answer, Request
from sync.demo.shop import Shop, ShopCustomer
from sync.demo.shopify import FakeShopify
from sync.demo.woocommerce import FakeWooCommerce
from sync.push import EVERYTHING, PlanSummary, Scope, dry_run, push
from sync.push.mark import file
from tests.memory_destination import CrashError
from tests.push_world import STAGES, START, TARGET, TURNS, World, address

Tool = Literal["shopify", "woocommerce", "mailchimp"]
TOOLS: tuple[Tool, ...] = ("shopify", "woocommerce", "mailchimp")
Fake = FakeShopify | FakeWooCommerce | FakeMailchimp
Standing = dict[int, tuple[frozenset[str], tuple[tuple[str, str], ...]]]
"""By the person's number: tags, and fields with their values."""

KEY = "0123456789abcdef-us21"
ACCOUNTS = 1000
"""The number of an account's identity is this much more than that of the person's address."""


class Place(World):
    """A shop with a tool: people 1…n, each with an account n and the address pn@example.fr."""

    def __init__(self, engine: Engine, tool: Tool, people: int) -> None:
        self.tool = tool
        self.shop = Shop(domain="petite.myshopify.com")
        self.now = START
        self.shop.customers.update(
            {n: ShopCustomer(n, address(n), START - timedelta(days=400), START) for n in range(1, people + 1)}
        )
        self.fake = self._fake()
        self.dead = False
        super().__init__(engine, people)
        self.real = self._destination()
        self._belong()
        account = tool != "mailchimp"
        self.target = replace(
            TURNS,
            platform=tool,
            reach="account" if account else "email",
            store_id=1 if account else None,
            tags={} if tool == "woocommerce" else TURNS.tags,
            fields={} if tool == "shopify" else TURNS.fields,
        )

    def tell_less(self) -> None:
        """Write the stage alone, without the one before and the day: quicker to work out."""
        self.target = replace(self.target, fields=TARGET.fields if self.target.fields else {})

    def write_tags_alone(self) -> None:
        """No fields."""
        self.target = replace(self.target, fields={})

    def _fake(self) -> Fake:
        if self.tool == "shopify":
            return FakeShopify(self.shop, now=lambda: self.now, maximum=1e9, polls=1)
        if self.tool == "woocommerce":
            return FakeWooCommerce(self.shop, now=lambda: self.now, https=False)
        made = FakeMailchimp(api_key=KEY, now=lambda: self.now)
        made.batches.polls = 1
        for n in self.shop.customers:
            made.add(address(n))
        return made

    def _destination(self) -> Destination:
        """As after a start of the process: it remembers nothing."""
        url = self.fake.url
        if self.tool == "shopify":
            return ShopifyDestination(shop=self.shop.domain, token="shpat_demo", endpoint=url, sleep=self._wait)
        if self.tool == "woocommerce":
            return WooCommerceDestination(
                url="http://petite.example",
                consumer_key="ck_demo",
                consumer_secret="cs_demo",
                allow_http=True,
                endpoint=url,
                sleep=self._wait,
            )
        contacts = self.target.contacts if hasattr(self, "real") else "existing"
        return MailchimpDestination(
            api_key=KEY, audience=self.fake_mailchimp.audience, contacts=contacts, endpoint=url, sleep=self._wait
        )

    @property
    def fake_mailchimp(self) -> FakeMailchimp:
        assert isinstance(self.fake, FakeMailchimp)
        return self.fake

    def _wait(self, _seconds: float) -> None:
        """The process dies while it waits to ask again."""
        if self.dead:
            raise CrashError

    def _belong(self) -> None:
        """The accounts of the people, and the shop's own id."""
        rows, stores = table(Identity), table(Store)
        accounts = [
            {"id": ACCOUNTS + n, "kind": "account", "scope": 1, "value": str(n), "customer_id": n} for n in self.people
        ]
        with self.engine.begin() as connection:
            connection.execute(insert(rows), accounts)
            connection.execute(update(stores).values(shop_id=self.real.check().remote_id))

    def give(self, number: int, person: int) -> None:
        super().give(number, person)
        rows = table(Identity)
        with self.engine.begin() as connection:
            connection.execute(update(rows).where(rows.c.id == ACCOUNTS + number).values(customer_id=person))

    # what we do

    def push(self, scope: Scope = EVERYTHING, *, force: bool = True) -> PlanSummary:
        """A push by a new process; so few people need no guards."""
        now, self.real = self.later(), self._destination()
        return push(self.engine, self.target, self.real, now=now, run_id=self.run(), scope=scope, force=force)

    def dry_run(self, scope: Scope = EVERYTHING) -> PlanSummary:
        return dry_run(self.engine, self.target, self._destination(), now=self.later(), scope=scope, examples=1_000_000)

    @property
    def writes(self) -> int:
        """How many requests wrote, by the fake's ledger."""
        return len(self.fake.writes)

    def calm(self) -> None:
        """The faults are over."""
        self.commits_left, self.dead, self.fake.fault = None, False, None

    def die_at_commit(self, number: int) -> None:
        """Die when something is to be noted for the so-manieth time."""
        self.commits_left = number

    def die_at_answer(self, number: int, *, writes: bool = True) -> None:
        """Die once a request (that writes) was carried out, before its answer arrives; nothing is noted any more."""
        left = number

        def fault(_number: int, request: Request) -> Answer | None:
            nonlocal left
            if self.dead:
                return Answer(reset=True)
            answer, wrote = self.fake.answer(request)
            left -= wrote or not writes
            if left < 0:
                self.dead, self.commits_left = True, 0
                return Answer(reset=True)
            return answer

        self.fake.fault = fault

    def lose_answers(self, chance: random.Random) -> None:
        """Lose every fifth answer, to a request that was carried out."""

        def fault(_number: int, request: Request) -> Answer | None:
            answer, _ = self.fake.answer(request)
            return Answer(reset=True) if chance.random() < 0.2 else answer

        self.fake.fault = fault

    # what stands there

    def held(self, number: int) -> set[str]:
        """The tags of a person at the tool, to be changed by others."""
        if self.tool == "mailchimp":
            member = self.fake_mailchimp.members.get(address(number))
            return member.tags if member else set()
        return self.shop.customers[number].tags if number in self.shop.customers else set()

    def fields(self, number: int) -> dict[str, str]:
        """The fields of a person at the tool, to be changed by others."""
        if self.tool == "mailchimp":
            member = self.fake_mailchimp.members.get(address(number))
            return member.merge_fields if member else {}
        return self.shop.customers[number].meta if number in self.shop.customers else {}

    def standing(self) -> Standing:
        """All of it; a field without a value is none."""
        return {
            n: (frozenset(self.held(n)), tuple(sorted((k, v) for k, v in self.fields(n).items() if v)))
            for n in self.people
        }

    def consents(self) -> dict[int, str]:
        """What each account or contact agreed to, by the tool's own books."""
        if self.tool == "mailchimp":
            members = self.fake_mailchimp.members
            return {n: members[address(n)].status for n in self.people if address(n) in members}
        return {n: account.consent for n, account in self.shop.customers.items()}

    def told(self, number: int) -> dict[str, str]:
        return super().told(number) if self.target.fields else {}

    def number(self, where: str) -> int:
        """Whose address this is, as the tool knows people."""
        return int(where) if where.isdecimal() else int(where.partition("@")[0].removeprefix("p"))


@contextmanager
def place(engine: Engine, tool: Tool, people: int) -> Iterator[Place]:
    """A place in a database that is emptied first: statements stay compiled from place to place."""
    with engine.begin() as connection:
        for rows in reversed(metadata.sorted_tables):
            connection.execute(rows.delete())
    if mark := file(engine):
        mark.unlink(missing_ok=True)
    made = Place(engine, tool, people)
    try:
        yield made
    finally:
        made.fake.close()
        event.remove(engine, "commit", made._commit)


def stage(world: World, chance: random.Random) -> None:
    """Somebody moves from segment to segment."""
    person = chance.choice(world.people)
    inside = {chance.choice(STAGES)} if chance.random() < 0.9 else set()
    inside |= {key for key, often in (("aud.vip", 0.3), ("aud.out", 0.15)) if chance.random() < often}
    world.move(person, inside)


def outcome_of(act: Callable[[], Any]) -> bool:
    """Whether it came to its end; False where the process died."""
    try:
        act()
    except CrashError:
        return False
    return True
