"""Twelve disasters, through the command line: each stops with exit status 3, says why and what to do, writes nothing.

What was written is counted in the fakes' own ledgers. Once somebody did what the words say, it goes on.
"""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from tests.three_destinations import START, World, open_world

PEOPLE = 150
RUN = ("run",)
PUSH = ("push",)


@dataclass(frozen=True)
class Disaster:
    """What happens, the command that stops, what it says, and the commands with which it goes on."""

    happen: Callable[[World], None]
    stops: tuple[str, ...]
    says: str
    remedy: str
    mend: Callable[[World], None]
    goes_on: tuple[tuple[str, ...], ...]
    writes: bool = True  # whether going on has something to write


@pytest.fixture(scope="module")
def pushed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world that was read, worked out and written to; nobody writes in it any more."""
    with open_world(tmp_path_factory.mktemp("pushed"), PEOPLE) as world:
        for command in ("pull", "recompute", "push"):
            world.line.ask(command)
        yield world


@pytest.fixture
def world(pushed: World, tmp_path: Path) -> Iterator[World]:
    """The same, for one test: its database, what stands at the fakes, and empty ledgers."""
    with open_world(tmp_path, PEOPLE) as made:
        give(pushed, made)
        yield made


def give(one: World, other: World) -> None:
    """Have another world stand as this one does."""
    one.line.ask("backup", str(other.line.database))
    shutil.copy(f"{one.line.database}.pushed", f"{other.line.database}.pushed")
    for mine, theirs in ((one.shop, other.shop), (one.woocommerce.shop, other.woocommerce.shop)):
        theirs.customers.clear()
        theirs.customers.update(copy.deepcopy(mine.customers))
    for name in ("members", "merge_fields", "segments"):
        setattr(other.mailchimp, name, copy.deepcopy(getattr(one.mailchimp, name)))


def nothing(world: World) -> None: ...


# The shop


def no_customers(world: World) -> None:
    world.shop.customers.clear()
    world.now = START + timedelta(days=1)


def no_orders(world: World) -> None:
    world.shop.orders.clear()
    world.now = START + timedelta(days=1)


def a_shrunk_shop(world: World) -> None:
    for things in (world.shop.customers, world.shop.orders):
        for number in sorted(things)[::2]:
            del things[number]
    world.now = START + timedelta(days=1)


def another_shops_id(world: World) -> None:
    world.shop.domain = "autre-boutique.myshopify.com"


def the_right_shops_id(world: World) -> None:
    world.shop.domain = "maison-garrigue.myshopify.com"


def the_same_shop_twice(world: World) -> None:
    world.write_settings(
        f"""
            [stores.deuxieme]
            platform = "shopify"
            shop = "{world.shop.domain}"
            token = "shpat_demo"
            endpoint = "{world.shopify.url}"
        """
    )


def the_settings_as_they_were(world: World) -> None:
    world.write_settings()


# The clock


def the_clock_goes_back(world: World) -> None:
    world.now = START - timedelta(days=2)


def the_clock_goes_400_days_ahead(world: World) -> None:
    world.now = START + timedelta(days=400)


def the_clock_is_right(world: World) -> None:
    world.now = START + timedelta(days=20)


# What we know


def an_older_backup(world: World) -> None:
    """A copy from before the last push is put back: of what was moved since, it knows nothing."""
    older = world.folder / "older.db"
    world.line.ask("backup", str(older))
    world.now = START + timedelta(days=20)
    world.line.ask("run")
    for file in world.folder.glob("connector.db*"):
        if file.suffix in {".db", ".db-wal", ".db-shm"}:
            file.unlink()
    shutil.move(older, world.line.database)
    world.now = START + timedelta(days=40)
    for fake in (world.shopify, world.woocommerce, world.mailchimp):
        fake.ledger.clear()


def an_edited_definition(world: World) -> None:
    (world.folder / "segments.toml").write_text("[families.spread]\nparameters = { window = 30 }\n", encoding="utf-8")


def the_definition_as_it_was(world: World) -> None:
    (world.folder / "segments.toml").unlink()


# The destination


def another_audience(world: World) -> None:
    world.mailchimp.audience = "zzzzzzzzzz"
    world.write_settings()
    world.now = START + timedelta(days=20)


def an_emptied_destination(world: World) -> None:
    world.mailchimp.members.clear()
    world.now = START + timedelta(days=20)


def renamed_tags(world: World) -> None:
    """Somebody renames our tags at the shop: for us they are gone, and others have come."""
    for account in world.shop.customers.values():
        account.tags = {tag.replace("Cycle : ", "Étape ") for tag in account.tags}
    world.now = START + timedelta(days=20)


INSIST = (("run", "--force"),)
DISASTERS = [
    Disaster(no_customers, RUN, "moins de comptes (0, avant", "--force", nothing, INSIST, writes=False),
    Disaster(no_orders, RUN, "moins de commandes (0, avant", "--force", nothing, INSIST),
    Disaster(a_shrunk_shop, RUN, "moins de comptes", "--force", nothing, INSIST),
    Disaster(
        another_shops_id, RUN, "Une autre boutique répond", "une autre base", the_right_shops_id, (RUN,), writes=False
    ),
    Disaster(
        the_clock_goes_back,
        RUN,
        "L'horloge est au 28 juin 2026",
        "Mettez l'horloge à l'heure",
        the_clock_is_right,
        (RUN,),
    ),
    Disaster(
        the_clock_goes_400_days_ahead, RUN, "il y a 400 jours", "Mettez l'horloge à l'heure", the_clock_is_right, (RUN,)
    ),
    Disaster(an_older_backup, RUN, "une copie plus ancienne", "--force", nothing, INSIST),
    Disaster(an_edited_definition, RUN, "un seul envoi changerait", "--force", nothing, INSIST),
    Disaster(another_audience, RUN, "c'est maintenant zzzzzzzzzz", "--force", nothing, INSIST),
    Disaster(an_emptied_destination, RUN, "n'ont plus ce qui y avait été livré", "--force", nothing, INSIST),
    Disaster(renamed_tags, RUN, "n'ont plus ce qui y avait été livré", "--force", nothing, INSIST),
    Disaster(
        the_same_shop_twice,
        RUN,
        "est la même boutique que boutique",
        "une fois",
        the_settings_as_they_were,
        (RUN,),
        writes=False,
    ),
]


def test_there_are_twelve() -> None:
    assert len({disaster.happen for disaster in DISASTERS}) == 12


@pytest.mark.parametrize("disaster", DISASTERS, ids=lambda disaster: disaster.happen.__name__)
def test_a_disaster_stops_before_anything_is_written_and_what_it_says_helps(world: World, disaster: Disaster) -> None:
    disaster.happen(world)
    before, agreed = world.standing(), world.consents()
    for _ in range(2):  # to ask again is no way around
        stopped = world.line.within(*disaster.stops)
        assert stopped.code == 3, stopped
        assert disaster.says in " ".join(stopped.err.split())
        assert disaster.remedy in stopped.err
        assert "Traceback" not in stopped.err
        assert world.writes == 0
    assert (world.standing(), world.consents()) == (before, agreed)
    disaster.mend(world)
    for command in disaster.goes_on:
        world.line.ask(*command)
    assert (world.writes > 0) is disaster.writes
    writes = world.writes
    world.line.ask("run")
    assert world.writes == writes
    assert world.consents() == agreed
    assert world.shopify.violations == world.mailchimp.violations == []
