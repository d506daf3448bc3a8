"""A shop in which everything that people write is an attack, read over HTTP and from a file, behind the dashboard."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

from connector.database import open_database
from connector.settings import Settings
from sync.demo.shop import Shop, ShopCustomer, ShopLine, ShopOrder, ShopProduct
from tests.command_line import CommandLine
from tests.contract import NOW
from tests.dashboard_world import Dashboard, fill

STRINGS: list[str] = json.loads((Path(__file__).parent / "data" / "hostile.json").read_text(encoding="utf-8"))
SOUND = [text for text in STRINGS if "\0" not in text]
"""Those that databases can keep; what holds a NUL is put into quarantine."""
TEMPLATES = Path(__file__).parents[1] / "sync" / "web" / "templates"
_NOT_OF_ADDRESSES = re.compile(r"""[\s@<>()\[\],;:\\"]""")
_LABELS = [text for text in STRINGS if text.isprintable() and len(text) < 60 and "{" not in text][::14]


def address(number: int) -> str:
    """The string of a number as far as an address can hold it."""
    return f"{_NOT_OF_ADDRESSES.sub('', STRINGS[number])[:60]}{number}@example.com"


def shop() -> Shop:
    """A customer, a product and an order of each string, and one customer who bought everything, two by two."""
    made = Shop(name=STRINGS[0])
    for number, text in enumerate(STRINGS):
        day = NOW - timedelta(days=30, minutes=number)
        made.products[1 + number] = ShopProduct(1 + number, text, 900, text, text, (text,))
        customer = ShopCustomer(1 + number, address(number), day, day, text, text, city=text, postcode=text)
        customer.tags = {text}
        made.customers[1 + number] = customer
        order = ShopOrder(1 + number, day, day, 900, 1 + number, lines=[_line(1 + number, number)])
        order.coupons, order.payment_method, order.city = (text,), text, text
        made.orders[1 + number] = order
    readable = [number for number, text in enumerate(STRINGS) if "\0" not in text]
    for number, other in zip(readable[::2], [*readable[1::2], 0], strict=False):
        day, own = NOW - timedelta(days=20, minutes=number), 5000 + number
        lines = [_line(own * 2, number), _line(own * 2 + 1, other)]
        made.orders[own] = ShopOrder(own, day, day, 1800, 1, lines=lines)
    return made


def _line(line: int, number: int) -> ShopLine:
    return ShopLine(line, 1 + number, STRINGS[number], 1, 900, STRINGS[number])


@dataclass
class Hostile:
    """The database of that shop and of a file, with a plan that waits, and the command line beside it."""

    folder: Path
    line: CommandLine
    dashboard: Dashboard

    @property
    def buyer(self) -> int:
        """The person who bought everything."""
        with closing(sqlite3.connect(self.line.database)) as connection:
            asked = "SELECT customer_id FROM identities WHERE value = ?"
            (found,) = connection.execute(asked, (address(0).lower(),)).fetchone()
        return int(found)


def open_hostile(folder: Path) -> Iterator[Hostile]:
    """Read everything."""
    line = CommandLine(folder, NOW.isoformat())
    line.write(f'database = "sqlite:///{line.database}"\nlanguage = "en"\n')
    (folder / "segments.toml").write_text(_segments(), encoding="utf-8")
    with (folder / "orders.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["client", "jour", "total", "commande", "mail", "produit"])
        for number, text in enumerate(STRINGS):
            rows.writerow([text, "2026-10-01", "9.00", f"{text} {number}", f"f{address(number)}", text])
    columns = "customer=client,placed_at=jour,total=total,order=commande,email=mail,product=produit"
    engine = open_database(str(line.database))
    fill(engine, shop())
    line.ask(
        "import",
        "orders.csv",
        "--store",
        "fichier",
        "--currency",
        "EUR",
        "--timezone",
        "Europe/Paris",
        "--map",
        columns,
    )
    settings = Settings(stores={}, segments_file=folder / "segments.toml")
    yield Hostile(folder, line, Dashboard(engine, settings))
    engine.dispose()


def _segments() -> str:
    """Audiences of the merchant's own whose labels are attacks."""
    return "".join(
        f"[audiences.mine{number}]\non = true\nlabel = {json.dumps(label + str(number), ensure_ascii=False)}\n"
        f'rule = "number_of_orders > {number % 3}"\n'
        for number, label in enumerate(_LABELS)
    )


@dataclass
class Read(HTMLParser):
    """A page as a parser reads it: its elements with their attributes, and its texts."""

    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    texts: list[str] = field(default_factory=lambda: [""])

    def __post_init__(self) -> None:
        super().__init__()

    @staticmethod
    def of(page: str) -> Read:
        """A page that was read to its end."""
        read = Read()
        read.feed(page)
        read.close()
        return read

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        """What follows is a text of its own."""
        self.texts.append("")

    def handle_data(self, data: str) -> None:
        """Note a text; the parser may give it in parts."""
        self.texts[-1] += data


def written() -> tuple[set[str], set[str]]:
    """The elements and the attributes that our templates write."""
    text = "".join(file.read_text(encoding="utf-8") for file in sorted(TEMPLATES.glob("*.html")))
    attributes = set(re.findall(r"[\s\"]([a-z][a-zA-Z-]*)=[\"'{]", text)) | BARE
    return set(re.findall(r"<([a-z][a-z0-9]*)", text)), {name.lower() for name in attributes}


BARE = {
    "autofocus",
    "data-words",
    "checked",
    "defer",
    "disabled",
    "download",
    "hidden",
    "multiple",
    "open",
    "required",
    "selected",
    "data-chart",
    "data-drop",
    "data-said",
}
"""Attributes that stand without a value."""
