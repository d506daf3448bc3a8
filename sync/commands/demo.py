"""The demo command: the whole road on an invented French shop, against fakes of the platforms on this machine."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from connector.answers.reports import segments
from connector.answers.totals import totals
from connector.catalogue import Family
from connector.database import open_database
from connector.days import day_date, local_day
from connector.errors import SettingsError
from connector.judging.kept import kept
from connector.language import Language
from connector.settings import DestinationSettings, GivenSettings, StoreSettings
from sync import clock
from sync.demo.admin import Storefront
from sync.demo.boutique import ZONE, boutique
from sync.demo.mailchimp import FakeMailchimp
from sync.language.lapsing import told
from sync.language.terminal import terminal_language
from sync.language.voice import Voice, emit
from sync.push import PlanSummary
from sync.recompute import families
from sync.runs import recorded
from sync.tasks.pull import pull_all
from sync.tasks.push import push_all
from sync.tasks.recompute import bring_up_to_date
from sync.workspace import Workspace

TOKEN = "shpat_demo"  # noqa: S105 - the fake's own
API_KEY = "0123456789abcdef0123456789abcdef-us21"


class Clock:
    """The fakes' time: real, plus whatever a client has waited, so that nobody sits out a wait that is only played."""

    def __init__(self) -> None:
        self.waited = 0.0

    def now(self) -> datetime:
        """The present instant of the fakes."""
        return clock.now() + timedelta(seconds=self.waited)

    def wait(self, seconds: float) -> None:
        """Let the fakes' time go by."""
        self.waited += seconds


@dataclass(frozen=True)
class Platforms:
    """The fakes that the demo talks to."""

    clock: Clock
    shopify: Storefront
    mailchimp: FakeMailchimp

    @property
    def writes(self) -> int:
        """How many requests changed, or could have changed, something."""
        return len(self.shopify.writes) + len(self.mailchimp.writes)


def run(*, as_json: bool, people: int, language: str, keep: Path | None) -> None:
    """Play the road once and tell it; the last line is JSON where `as_json` asks."""
    spoken = spoken_language(language)
    say = Voice(spoken, quiet=as_json)
    with folder_of(keep) as folder, platforms_of(people) as platforms:
        workspace = workspace_of(folder, spoken, platforms)
        result = _play(workspace, platforms, say)
        workspace.engine.dispose()
    if as_json:
        emit(result)


def spoken_language(asked: str) -> Language:
    """The language that was asked for, or the terminal's; SettingsError for one that is not spoken here."""
    if asked not in {"", "fr", "en"}:
        raise SettingsError(f"{asked!r} is not a language of this program.", remedy="Use fr or en.")
    return "fr" if asked == "fr" or (not asked and terminal_language() == "fr") else "en"


def _play(workspace: Workspace, platforms: Platforms, say: Voice) -> dict[str, Any]:
    shop = platforms.shopify.shop
    say.say(
        f"{shop.name}, une boutique inventée : {say.number(len(shop.customers))} comptes, "
        f"{say.number(len(shop.orders))} commandes en trois ans.\n\n1. Lecture",
        f"{shop.name}, an invented shop: {say.number(len(shop.customers))} accounts, "
        f"{say.number(len(shop.orders))} orders in three years.\n\n1. Pull",
    )
    pull_all(workspace, say)
    say.say("\n2. Recalcul", "\n2. Recompute")
    with recorded(workspace.engine, "recompute", workspace.now) as record:
        bring_up_to_date(workspace, say, record)
    report = _tell_stages(workspace, say)
    say.say("\n3. Envoi", "\n3. Push")
    pushed = push_all(workspace, say)
    _tell_example(platforms, pushed, say)
    before = platforms.writes
    say.say("\n4. Second envoi", "\n4. Second push")
    push_all(workspace, say)
    again = platforms.writes - before
    say.say(f"Requêtes d'écriture : {again}.", f"Write requests: {again}.")
    with workspace.engine.connect() as connection:
        held = totals(connection)
    return {
        "people": held.people,
        "orders": held.orders,
        "stages": {stage["key"]: stage["people"] for stage in report["families"][0]["stages"]},
        "pushed": {plan.destination: plan.accepted for plan in pushed},
        "second_push_writes": again,
    }


def _tell_stages(workspace: Workspace, say: Voice) -> dict[str, Any]:
    """Say where people stand, how that came about, and who is about to lapse; the report of today."""
    chosen, today = families(workspace.settings)[:1], workspace.today()
    with workspace.engine.connect() as connection:
        now = segments(connection, chosen, today)
        past = [segments(connection, chosen, today - ago) for ago in (720, 540, 360, 180)]
        ahead = told(say, kept(connection, "lapsing"), chosen[0])
    family = chosen[0]
    labels = [stage.label.of(say.language) for stage in family.stages]
    say.say(" " * 16 + "".join(f"{label:>12}" for label in labels), " " * 16 + "".join(f"{x:>12}" for x in labels))
    for counted in (*past, now):
        row = "".join(f"{say.number(stage['people']):>12}" for stage in _stages(counted, family))
        say.say(f"  {say.day(counted['as_of']):14}{row}", f"  {say.day(counted['as_of']):14}{row}")
    if ahead:
        say.say(ahead, ahead)
    return now


def _stages(report: dict[str, Any], family: Family) -> list[dict[str, Any]]:
    return next(entry["stages"] for entry in report["families"] if entry["key"] == family.key)


def _tell_example(platforms: Platforms, pushed: list[PlanSummary], say: Voice) -> None:
    """Show one customer as the shop's own admin has them now, with the tags of others untouched."""
    customers = platforms.shopify.shop.customers.values()
    example = next((c for c in customers if len(c.tags) > 1), None) or next((c for c in customers if c.tags), None)
    if example is None or not pushed:
        return
    name = f"{example.first_name} {example.last_name}"
    tags = " · ".join(sorted(example.tags))
    say.say(f"Dans la boutique, {name} porte maintenant : {tags}", f"In the shop, {name} now carries: {tags}")


def workspace_of(
    folder: Path, language: Language, platforms: Platforms, approve: Literal["auto", "always"] = "auto"
) -> Workspace:
    """The workspace of somebody who has this shop and this audience; `approve` is that of both destinations."""
    settings = GivenSettings(
        database=str(folder / "demo.db"),
        language=language,
        stores={
            "boutique": StoreSettings.model_validate(
                {
                    "platform": "shopify",
                    "shop": platforms.shopify.shop.domain,
                    "token": TOKEN,
                    "endpoint": platforms.shopify.url,
                }
            )
        },
        destinations={
            "tags": DestinationSettings(platform="shopify", store="boutique", approve=approve),
            "newsletter": DestinationSettings.model_validate(
                {
                    "platform": "mailchimp",
                    "approve": approve,
                    "api_key": API_KEY,
                    "audience": platforms.mailchimp.audience,
                    "endpoint": platforms.mailchimp.url,
                }
            ),
        },
    )
    engine, wait = open_database(settings.database), platforms.clock.wait
    return Workspace(settings.beside(folder), engine, wait=wait, scheduled=False)


@contextmanager
def platforms_of(people: int) -> Iterator[Platforms]:
    """The fakes, with a shop of so many people, while the block lasts."""
    yesterday = day_date(local_day(clock.now(), ZONE)) - timedelta(days=1)
    shop, time = boutique(yesterday, people=people), Clock()
    mailchimp = FakeMailchimp(api_key=API_KEY, now=time.now, name=shop.name)
    for customer in shop.customers.values():
        if customer.email and customer.consent in {"subscribed", "unsubscribed"}:
            mailchimp.add(customer.email, customer.consent)
    with ExitStack() as stack:
        shopify = stack.enter_context(Storefront(shop, now=time.now, token=TOKEN))
        yield Platforms(time, shopify, stack.enter_context(mailchimp))


@contextmanager
def folder_of(keep: Path | None) -> Iterator[Path]:
    """A folder for the demo's database: the one to keep it in, else one that goes with the block."""
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        if (keep / "demo.db").exists():
            raise SettingsError(f"{keep} holds a demo already.", remedy="Name another folder, or empty this one.")
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="connector-demo-") as folder:
        yield Path(folder)
