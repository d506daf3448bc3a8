"""Promise 17: the same data give the same answer, in any zone, locale and order of hashes, byte for byte."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest

from sync.demo.mailchimp import FakeMailchimp
from sync.demo.shop import Shop, ShopCustomer, ShopLine, ShopOrder, ShopRefund
from sync.demo.shopify import FakeShopify
from tests import outside, real_orders
from tests.command_line import CommandLine
from tests.shop_exports import write_customers, write_orders

KEY = "0123456789abcdef0123456789abcdef-us21"
AUCKLAND = ZoneInfo("Pacific/Auckland")
NOW = datetime(2026, 4, 8, 11, 45, tzinfo=UTC)
"""A quarter to midnight in Auckland, three days after summer time ended there."""
TODAY = date(2026, 4, 8)
NAMES = ("Zoë", "İpek", "Ångström", "ﬁona", "Straße", "Łukasz")

Machine = dict[str, str]
PLAIN: Machine = {"TZ": "UTC", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0"}
MACHINES: dict[str, Machine] = {
    "ascii, far east": {
        "TZ": "Pacific/Kiritimati", "LANG": "fr_FR.ISO-8859-1", "LC_ALL": "C", "PYTHONHASHSEED": "1",
        "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0",
    },
    "turkish and latin, half an hour off": {
        "TZ": "America/St_Johns", "LANG": "fr_FR", "LC_ALL": "tr_TR.UTF-8", "PYTHONHASHSEED": "4242",
        "PYTHONIOENCODING": "latin-1",
    },
}  # fmt: skip
MORE: dict[str, Machine] = {
    f"{zone} {locale} {seed}": {"TZ": zone, "LANG": locale, "LC_ALL": locale, "PYTHONHASHSEED": seed}
    for zone in ("Pacific/Auckland", "Pacific/Pago_Pago", "Asia/Kathmandu", "posix/EST5EDT")
    for locale, seed in (("C", "7"), ("fr_FR.UTF-8", "random"))
}


def shop_near_midnight(seed: int = 1) -> Shop:
    """Orders in the last and the first minutes of Auckland's days, over the end of summer time."""
    random, shop = Random(seed), Shop("Kiwi", "kiwi.myshopify.com", "NZD", "Pacific/Auckland")
    for number in range(101, 161):
        opened = datetime(2025, 3, 1, tzinfo=UTC) + timedelta(days=number)
        email = f"{random.choice(NAMES)}.{number}@example.com".lower()
        shop.customers[number] = ShopCustomer(number, email, opened, opened, city=random.choice(NAMES), country="NZ")
    for number in range(1001, 1091):
        day = TODAY - timedelta(days=random.choice([0, 1, 2, 3, 4, 29, 30, 31, 179, 180, 181, 360]))
        moment = random.choice([time(0), time(0, 1), time(0, 59), time(23, 40), time(23, 44, 59)])
        at = datetime.combine(day, moment, AUCKLAND).astimezone(UTC)
        line = ShopLine(number * 10, None, "Bol à thé", 1, random.randrange(100, 9000))
        order = ShopOrder(number, at, at, line.total, random.randrange(101, 161), lines=[line])
        if random.random() < 0.1:
            order.refunds.append(ShopRefund(number, at + timedelta(minutes=4), order.total))
        shop.orders[number] = order
    return shop


@dataclass(frozen=True)
class World:
    """The shop and an audience, served."""

    shopify: FakeShopify
    mailchimp: FakeMailchimp

    def line(self, folder: Path) -> CommandLine:
        """A command line with settings of its own."""
        folder.mkdir()
        line = CommandLine(folder, NOW.isoformat())
        line.write(
            f"""
            language = "fr"
            [stores.kiwi]
            platform = "shopify"
            shop = "{self.shopify.shop.domain}"
            token = "shpat_demo"
            endpoint = "{self.shopify.url}"
            [destinations.lettre]
            platform = "mailchimp"
            api_key = "{KEY}"
            audience = "{self.mailchimp.audience}"
            endpoint = "{self.mailchimp.url}"
            """
        )
        return line


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    shop = shop_near_midnight()
    with (
        FakeShopify(shop, now=lambda: NOW, maximum=1e9, polls=1) as shopify,
        FakeMailchimp(api_key=KEY, now=lambda: NOW) as mailchimp,
    ):
        for one in shop.customers.values():
            mailchimp.add(str(one.email))
        yield World(shopify, mailchimp)
        assert shopify.writes == mailchimp.writes == []


SEVERAL = """
import json, locale, sys
from contextlib import suppress
with suppress(locale.Error):
    locale.setlocale(locale.LC_ALL, "")  # as a program does that takes its numbers, days and letters from it too
from sync.cli import main
for words in json.loads(sys.argv[1]):
    sys.argv = ["connector", *words]
    try:
        main()
    except SystemExit as end:
        if end.code:
            raise
    sys.stdout.flush()
    sys.stdout.buffer.write(bytes(1))
"""
"""The command line, several times in one process: most of a command's time is its beginning."""


def said(line: CommandLine, machine: Machine, *words: str) -> bytes:
    """What a process prints on a machine, as it is."""
    around = {name: value for name, value in line.environment().items() if name != "TZ"}
    done = subprocess.run(
        [sys.executable, *words], cwd=line.folder, env={**around, **machine}, capture_output=True, check=False,
        timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout


def everything(line: CommandLine, machine: Machine) -> dict[str, bytes]:
    """What the commands print, from an empty database on."""
    someone = str(next(iter(shop_near_midnight().customers.values())).email)
    asked = ["pull", "recompute", "segments --json", "segments", "members spread.loyal --json",
             "movements --from 2026-03-09 --json", "push --dry-run --json"]  # fmt: skip
    printed = said(line, machine, "-c", SEVERAL, json.dumps([words.split() for words in asked])).split(bytes(1))
    export = said(line, machine, "-m", "sync.cli", "export", someone)
    return {**dict(zip(asked, printed, strict=False)), "export": export}


@pytest.fixture(scope="module")
def locales(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """Where the named locales lie, made from their sources; a name that stays unknown is a machine of its own kind."""
    folder = tmp_path_factory.mktemp("locales")
    if shutil.which("localedef") is None:
        return {}
    make_locale(folder, "tr_TR")
    return {"LOCPATH": str(folder)}


def make_locale(folder: Path, name: str) -> None:
    """Compile a locale, if it can be."""
    command = ["localedef", "-i", name, "-f", "UTF-8", str(folder / f"{name}.UTF-8")]
    subprocess.run(command, capture_output=True, check=False)


def test_the_turkish_machine_is_one(locales: Machine) -> None:
    question = "import locale; print(locale.setlocale(locale.LC_ALL, ''), locale.str(1.5))"
    around = {"PATH": "/usr/bin:/bin", "LC_ALL": "tr_TR.UTF-8", **locales}
    asked = subprocess.run([sys.executable, "-c", question], env=around, capture_output=True, text=True, check=False)
    if asked.returncode:
        pytest.skip("The locale tr_TR.UTF-8 cannot be made here (localedef and /usr/share/i18n, of Debian's locales).")
    assert asked.stdout == "tr_TR.UTF-8 1,5\n"


@pytest.fixture(scope="module")
def plain(world: World, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What is said on a machine like most."""
    return everything(world.line(tmp_path_factory.mktemp("plain") / "machine"), PLAIN)


def test_the_answer_is_that_of_the_shops_own_books_and_days(plain: dict[str, bytes]) -> None:
    books = outside.counts(real_orders.ledger(shop_near_midnight()), TODAY, 180)
    (spread,) = (found for found in json.loads(plain["segments --json"])["families"] if found["key"] == "spread")
    told = {stage["key"].split(".")[-1]: (stage["people"], stage["revenue"]["minor"]) for stage in spread["stages"]}
    assert told == books
    assert all(people for people, _ in books.values()), books
    assert "Bol à thé" in plain["export"].decode()


def test_the_order_of_the_rows_that_come_changes_nothing(tmp_path: Path) -> None:
    shop, told = shop_near_midnight(), []
    people, orders = tmp_path / "people.csv", tmp_path / "orders.csv"
    write_customers(shop, people)
    write_orders(shop, orders)
    head, *rows = orders.read_text(encoding="utf-8").splitlines(keepends=True)
    for seed in range(3):
        line = CommandLine(tmp_path / str(seed), NOW.isoformat())
        line.folder.mkdir()
        orders.write_text(head + "".join(Random(seed).sample(rows, len(rows))), encoding="utf-8")
        for file in (people, orders) if seed else (orders, people):
            line.ask("import", str(file), "--currency", "NZD", "--timezone", "Pacific/Auckland")
        members = [json.loads(row) for row in line.ask("members", "spread.loyal", "--json").out.splitlines()]
        told.append(
            (
                line.ask("segments", "--json").out,
                line.ask("movements", "--from", "2026-03-09", "--json").out,
                sorted((one["email"], one["since"]) for one in members),  # people are numbered as they come
            )
        )
    assert told[0] == told[1] == told[2]


@pytest.mark.parametrize("name", MACHINES)
def test_another_machine_says_the_same_byte_for_byte(
    world: World, plain: dict[str, bytes], locales: Machine, name: str, tmp_path: Path
) -> None:
    assert everything(world.line(tmp_path / "machine"), {**MACHINES[name], **locales}) == plain


@pytest.mark.full
@pytest.mark.parametrize("name", MORE)
def test_every_machine_says_the_same_byte_for_byte(
    world: World, plain: dict[str, bytes], locales: Machine, name: str, tmp_path: Path
) -> None:
    for folder in locales.values():
        make_locale(Path(folder), "fr_FR")
    assert everything(world.line(tmp_path / "machine"), {**MORE[name], **locales}) == plain
