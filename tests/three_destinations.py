"""A shop at Shopify with a blog's shop at WooCommerce and an audience at Mailchimp, all written to; and their books."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from sync.demo.boutique import boutique
from sync.demo.mailchimp import FakeMailchimp
from sync.demo.shop import Shop
from sync.demo.shopify import FakeShopify
from sync.demo.woocommerce import FakeWooCommerce
from tests import outside, real_orders
from tests.command_line import CommandLine

KEY = "0123456789abcdef0123456789abcdef-us21"
START = datetime(2026, 6, 30, 12, tzinfo=UTC)
TODAY = START.date()
WORDS = {
    "prospect": "Prospect",
    "loyal": "Fidèle",
    "new": "Nouveau",
    "occasional": "Épisodique",
    "inactive": "Inactif",
}

W = TypeVar("W", bound="World")

Standing = dict[str, tuple[frozenset[str], tuple[tuple[str, str], ...]]]
"""Of each address at a destination: its tags, and its fields with their values."""


@dataclass
class World:
    """Three fakes with one clock, and the command line that works with them."""

    folder: Path
    people: int
    now: datetime = START
    shop: Shop = field(init=False)
    shopify: FakeShopify = field(init=False)
    woocommerce: FakeWooCommerce = field(init=False)
    mailchimp: FakeMailchimp = field(init=False)

    def __post_init__(self) -> None:
        self.shop = boutique(date(2026, 6, 29), people=self.people)
        accounts = copy.deepcopy(self.shop.customers)
        for account in accounts.values():
            account.tags, account.meta = set(), {"note": "du commerçant"}
        blog = Shop("Le blog", "blog.example", customers=accounts)
        self.shopify = FakeShopify(self.shop, now=lambda: self.now, maximum=1e9, polls=1)
        self.woocommerce = FakeWooCommerce(blog, now=lambda: self.now)
        self.mailchimp = FakeMailchimp(api_key=KEY, now=lambda: self.now, name="Lettre")
        self.mailchimp.batches.polls = 1
        for account in self.shop.customers.values():
            if account.email and account.consent in {"subscribed", "unsubscribed"}:
                self.mailchimp.add(account.email, account.consent, "Du commerçant")

    @property
    def line(self) -> CommandLine:
        """The command line, now."""
        return CommandLine(self.folder, self.now.isoformat())

    @property
    def books(self) -> Shop:
        """All that people ordered, by the numbers of their accounts."""
        return self.shop

    @property
    def writes(self) -> int:
        """How many requests wrote, or could have."""
        return sum(len(fake.writes) for fake in (self.shopify, self.woocommerce, self.mailchimp))

    def write_settings(self, more: str = "") -> None:
        """The settings: two stores, three destinations."""
        self.line.write(
            f"""
            language = "fr"

            [stores.boutique]
            platform = "shopify"
            shop = "{self.shop.domain}"
            token = "shpat_demo"
            endpoint = "{self.shopify.url}"

            [stores.blog]
            platform = "woocommerce"
            url = "https://blog.example"
            consumer_key = "ck_demo"
            consumer_secret = "cs_demo"
            endpoint = "{self.woocommerce.url}"
            ca = "{self.woocommerce.ca}"

            [destinations.tags]
            platform = "shopify"
            store = "boutique"

            [destinations.meta]
            platform = "woocommerce"
            store = "blog"

            [destinations.lettre]
            platform = "mailchimp"
            api_key = "{KEY}"
            audience = "{self.mailchimp.audience}"
            endpoint = "{self.mailchimp.url}"
            write = ["tag", "field"]
        """
            + more
        )

    def standing(self) -> dict[str, Standing]:
        """What stands at each destination."""
        return {
            "tags": {str(account.email): (frozenset(account.tags), ()) for account in self.shop.customers.values()},
            "meta": {
                str(account.email): (frozenset(), tuple(sorted(account.meta.items())))
                for account in self.woocommerce.shop.customers.values()
            },
            "lettre": {
                contact.email: (frozenset(contact.tags), tuple(sorted(contact.merge_fields.items())))
                for contact in self.mailchimp.members.values()
            },
        }

    def consents(self) -> list[dict[object, str]]:
        """What each account and each contact has agreed to, by the fakes' own books."""
        return [
            {number: account.consent for number, account in self.shop.customers.items()},
            {email: contact.status for email, contact in self.mailchimp.members.items()},
        ]

    def stages(self, day: date) -> dict[str, str]:
        """Where everybody stands by the shop's books, by address: accounts, and guests by that of their orders."""
        people = real_orders.ledger(self.books)
        inside = outside.members(people, day, 180)
        return {
            str(self.shop.customers[number].email): stage for stage, numbers in inside.items() for number in numbers
        }

    def turned(self, day: date) -> dict[str, tuple[str | None, str]]:
        """Of each address: the stage before the present one, and the day of the change."""
        found = {}
        for number, person in real_orders.ledger(self.books).items():
            since = outside.entered(person, day, 180)
            before = outside.stage(person, since - timedelta(days=1), 180)
            found[str(self.shop.customers[number].email)] = before and WORDS[before], since.isoformat()
        return found

    def wanted(self, before: dict[str, Standing], day: date) -> dict[str, Standing]:
        """What should stand: what stood there of others, and each one's stage as tag or field."""
        stage, turned = self.stages(day), self.turned(day)
        wanted: dict[str, Standing] = {"tags": {}, "meta": {}, "lettre": {}}
        for name, addresses in before.items():
            for address, (tags, fields) in addresses.items():
                word = WORDS[stage[address]]
                tag = set() if name == "meta" else {f"Cycle : {word}"}
                names = {
                    "meta": ("lc_lifecycle", "lc_lifecycle_previous", "lc_lifecycle_since"),
                    "lettre": ("LIFECYCLE", "LIFECY_WAS", "LIFECY_DAY"),
                }.get(name, ())
                said = dict(zip(names, (word, *turned[address]), strict=False))
                value = {name: text for name, text in said.items() if text is not None}
                wanted[name][address] = (tags | tag, tuple(sorted({**dict(fields), **value}.items())))
        return wanted


@contextmanager
def open_world(folder: Path, people: int = 300) -> Iterator[World]:
    """The world with its fakes listening."""
    with listening(World(folder, people)) as world:
        yield world


@contextmanager
def listening(world: W) -> Iterator[W]:
    """A world, with its settings written, while its fakes listen."""
    with ExitStack() as stack:
        for fake in (world.shopify, world.woocommerce, world.mailchimp):
            stack.enter_context(fake)
        world.write_settings()
        yield world
