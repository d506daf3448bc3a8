"""The demo's shop: a seeded French boutique with three years of orders that end yesterday. Every figure is invented.

People buy at rates of their own and stop after a while, as buyers do; sales and Christmas come every year; some
return things, some leave a cart, some unsubscribe, some never make an account, and some never buy.
"""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sync.demo.shop import Shop, ShopCheckout, ShopCustomer, ShopLine, ShopOrder, ShopProduct, ShopRefund

YEARS = 3
ZONE = ZoneInfo("Europe/Paris")
_SEASON = {1: 1.25, 2: 0.8, 3: 0.85, 4: 0.9, 5: 1.0, 6: 1.1, 7: 1.2, 8: 0.7, 9: 0.95, 10: 1.0, 11: 1.5, 12: 2.3}
_FIRST = [
    "Camille",
    "Léa",
    "Manon",
    "Chloé",
    "Inès",
    "Jade",
    "Louise",
    "Emma",
    "Alice",
    "Zoé",
    "Anaïs",
    "Élodie",
    "Aurélie",
    "Sophie",
    "Nathalie",
    "Claire",
    "Hélène",
    "Marie",
    "Lucas",
    "Hugo",
    "Louis",
    "Arthur",
    "Jules",
    "Adam",
    "Théo",
    "Nathan",
    "Raphaël",
    "Paul",
    "Antoine",
    "Nicolas",
    "Julien",
    "Thomas",
    "Benoît",
    "François",
    "Rémi",
    "Noël",
]
_LAST = [
    "Martin",
    "Bernard",
    "Dubois",
    "Thomas",
    "Robert",
    "Richard",
    "Petit",
    "Durand",
    "Leroy",
    "Moreau",
    "Simon",
    "Laurent",
    "Lefebvre",
    "Michel",
    "Garcia",
    "David",
    "Bertrand",
    "Roux",
    "Vincent",
    "Fournier",
    "Morel",
    "Girard",
    "André",
    "Lefèvre",
    "Mercier",
    "Dupont",
    "Lambert",
    "Bonnet",
    "François",
    "Martinez",
    "Nguyễn",
]
_CITIES = (
    ("Paris", "75011", 20), ("Lyon", "69003", 9), ("Marseille", "13006", 7), ("Toulouse", "31000", 6),
    ("Nantes", "44000", 6), ("Bordeaux", "33000", 6), ("Lille", "59000", 5), ("Rennes", "35000", 5),
    ("Strasbourg", "67000", 4), ("Montpellier", "34000", 4), ("Grenoble", "38000", 3), ("Quimper", "29000", 2),
)  # fmt: skip
_GOODS = (
    ("Savon au lait d'ânesse", 690, "Savons"), ("Savon noir à l'olive", 890, "Savons"),
    ("Crème mains à l'amande", 1290, "Soins"), ("Huile d'argan bio", 1990, "Soins"),
    ("Baume à lèvres miel", 590, "Soins"), ("Bougie figuier", 2490, "Maison"),
    ("Bougie fleur d'oranger", 2490, "Maison"), ("Diffuseur lavande", 3490, "Maison"),
    ("Tisane du soir", 990, "Épicerie"), ("Miel de châtaignier", 1190, "Épicerie"),
    ("Coffret découverte", 3990, "Coffrets"), ("Coffret de Noël", 5990, "Coffrets"),
    ("Serviette en lin", 2790, "Maison"), ("Eau de toilette verveine", 4590, "Parfums"),
)  # fmt: skip
_TAGS = {"Salon de Lyon": 6, "Marché de Noël": 6, "Parrainage": 4, "": 84}
"""What the shop itself has put on customers, of a hundred."""
_NO_OFFER = ("", 0)


@dataclass(frozen=True)
class _Habit:
    """How somebody buys: when first, how often, and until when."""

    first: date
    gap_days: float
    until: date


def boutique(yesterday: date, *, people: int = 8000, seed: int = 2026) -> Shop:
    """The shop as it stands at the end of `yesterday`, the same for the same arguments."""
    return _Builder(yesterday, random.Random(seed)).build(people)


class _Builder:
    def __init__(self, yesterday: date, chance: random.Random) -> None:
        self.end = yesterday
        self.start = yesterday - timedelta(days=365 * YEARS)
        self.chance = chance
        self.shop = Shop(name="Maison Garrigue", domain="maison-garrigue.myshopify.com")

    def build(self, people: int) -> Shop:
        """Fill the shop: products, then each person with their orders, numbered in the order they were placed."""
        for number, (title, price, category) in enumerate(_GOODS, start=1):
            self.shop.products[number] = ShopProduct(number, title, price, category, vendor="Maison Garrigue")
        orders = [order for number in range(1, people + 1) for order in self._person(number)]
        for number, order in enumerate(sorted(orders, key=lambda order: order.placed_at), start=1001):
            self._number(order, number)
            self.shop.orders[number] = order
        self._carts()
        return self.shop

    def _person(self, number: int) -> list[ShopOrder]:
        """One person's orders; most people have an account, a tenth order as guests, an eighth never buy."""
        chance = self.chance
        kind = chance.random()
        first_name, last_name = chance.choice(_FIRST), chance.choice(_LAST)
        email = f"{_plain(first_name)}.{_plain(last_name)}{number}@exemple.test"
        habit = self._habit()
        dates = [] if kind < 0.12 else self._dates(habit)
        guest = kind > 0.9
        if not guest:
            self._account(number, email, (first_name, last_name), habit.first)
        return [self._order(day, None if guest else number, email, first=day == dates[0]) for day in dates]

    def _habit(self) -> _Habit:
        chance = self.chance
        span = (self.end - self.start).days
        first = self.start + timedelta(days=int(span * chance.random() ** 0.8))
        gap = min(900.0, max(12.0, chance.gammavariate(1.3, 130)))
        alive = chance.expovariate(1 / 380)
        return _Habit(first, gap, first + timedelta(days=int(alive)))

    def _dates(self, habit: _Habit) -> list[date]:
        """The days on which somebody buys, thinned so that the year has its seasons."""
        days = [habit.first]
        day = habit.first
        while (day := day + timedelta(days=1 + int(self.chance.expovariate(1 / habit.gap_days)))) <= min(
            habit.until, self.end
        ):
            if self.chance.random() < _SEASON[day.month] / 2.3:
                days.append(day)
        if self.chance.random() < 0.18:  # a Christmas buyer, who comes for presents
            days += [day for year in range(3) if (day := self._christmas(year)) and habit.first <= day <= self.end][:1]
        return sorted(set(days))

    def _christmas(self, years_ago: int) -> date:
        return date(self.end.year - years_ago, 12, 1) + timedelta(days=self.chance.randrange(22))

    def _account(self, number: int, email: str, name: tuple[str, str], since: date) -> None:
        city, postcode, _ = self.chance.choices(_CITIES, [weight for *_, weight in _CITIES])[0]
        created = self._moment(since, earliest=7)
        consent = self.chance.choices(("subscribed", "not_subscribed", "unsubscribed"), (62, 28, 10))[0]
        tag = self.chance.choices(list(_TAGS), list(_TAGS.values()))[0]
        self.shop.customers[number] = ShopCustomer(
            id=number,
            email=email,
            created_at=created,
            updated_at=created,
            first_name=name[0],
            last_name=name[1],
            phone=f"+336{number:08d}" if self.chance.random() < 0.4 else None,
            consent=consent,
            consent_at=created if consent != "not_subscribed" else None,
            city=city,
            postcode=postcode,
            tags={tag} if tag else set(),
        )

    def _carts(self) -> None:
        """One account holder in 70 left a cart in the last fortnight."""
        for customer in self.shop.customers.values():
            if self.chance.random() < 1 / 70:
                left = self._moment(self.end - timedelta(days=self.chance.randrange(14)), earliest=8)
                number, total = len(self.shop.checkouts) + 1, sum(self._line().total for _ in range(2))
                self.shop.checkouts[number] = ShopCheckout(number, left, left, total, customer.id, customer.email)

    def _offer(self, day: date, *, first: bool) -> tuple[str, int]:
        """The code of an order and its per cent: of the sales, of the last days of November, or of a first order."""
        chance = self.chance.random()
        if day.month in {1, 7}:
            return ("SOLDES20", 20) if chance < 0.5 else _NO_OFFER
        if day.month == 11 and day.day > 20:
            return ("BLACKFRIDAY", 15) if chance < 0.4 else _NO_OFFER
        return ("BIENVENUE10", 10) if first and chance < 0.2 else _NO_OFFER

    def _order(self, day: date, customer_id: int | None, email: str, *, first: bool) -> ShopOrder:
        chance = self.chance
        placed = self._moment(day, earliest=8)
        lines = [self._line() for _ in range(chance.choices((1, 2, 3, 4), (46, 32, 15, 7))[0])]
        goods = sum(line.total for line in lines)
        code, percent = self._offer(day, first=first)
        shipping = 0 if goods >= 5000 else 490
        for line in lines:
            line.total -= line.total * percent // 100
        paid = sum(line.total for line in lines)
        total = paid + shipping
        cancelled = chance.random() < 0.015
        order = ShopOrder(
            id=0,
            placed_at=placed,
            updated_at=placed,
            total=total,
            customer_id=customer_id,
            email=email,
            cancelled_at=placed + timedelta(hours=5) if cancelled else None,
            tax=round(total / 6),
            shipping=shipping,
            discount=goods - paid,
            coupons=(code,) if code else (),
            channel="pos" if customer_id and chance.random() < 0.08 else "web",
            shipping_method=chance.choice(("Colissimo", "Mondial Relay", "Chronopost")),
            payment_method=chance.choice(("Carte bancaire", "PayPal", "Alma")),
            lines=lines,
        )
        self._maybe_refund(order)
        return order

    def _line(self) -> ShopLine:
        number = self.chance.randrange(len(_GOODS))
        title, price, _ = _GOODS[number]
        quantity = self.chance.choices((1, 2, 3), (80, 15, 5))[0]
        return ShopLine(0, number + 1, title, quantity, price * quantity, sku=f"MG-{number + 1:03d}")

    def _maybe_refund(self, order: ShopOrder) -> None:
        if order.cancelled_at or self.chance.random() > 0.05:
            return
        at = order.placed_at + timedelta(days=self.chance.randrange(3, 25))
        if at.astimezone(ZONE).date() > self.end:
            return
        amount = order.total if self.chance.random() < 0.4 else min(order.total, order.lines[0].total)
        order.refunds.append(ShopRefund(0, at, amount))
        order.updated_at = at

    def _number(self, order: ShopOrder, number: int) -> None:
        order.id = number
        for position, line in enumerate(order.lines):
            line.id = number * 10 + position
        for refund in order.refunds:
            refund.id = number

    def _moment(self, day: date, *, earliest: int) -> datetime:
        local = datetime.combine(day, time(self.chance.randrange(earliest, 23), self.chance.randrange(60)), ZONE)
        return local.astimezone(UTC)


def _plain(name: str) -> str:
    """A name as people write it in an address: lower case, without accents."""
    return "".join(c for c in unicodedata.normalize("NFD", name.lower()) if c.isascii() and c.isalpha())
