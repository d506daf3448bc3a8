"""What a rule means, in plain Python and by the words of the language: the SQL is held against it."""

from __future__ import annotations

import json
import operator
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from statistics import median
from types import MappingProxyType
from typing import Any, TypeAlias

from connector.days import day_date, day_number
from connector.query import Expression
from connector.query.tree import (
    AllOf,
    Always,
    AnyOf,
    Condition,
    Day,
    Matches,
    Not,
    Number,
    Offset,
    Operator,
    Text,
    Truth,
    Value,
)
from tests.rules_people import PRODUCTS, Person, Sale

Figure: TypeAlias = int | Decimal | Fraction | str | bool
Listed: TypeAlias = list[str]

COMPARE = {"=": operator.eq, ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}


def holds(rule: Expression, someone: Person, as_of: int) -> bool:
    """Whether a rule is true of a person at the end of a day, by the words of the language."""
    match rule:
        case Not():
            return not holds(rule.part, someone, as_of)
        case AllOf() | AnyOf():
            parts = [holds(part, someone, as_of) for part in rule.parts]
            return all(parts) if isinstance(rule, AllOf) else any(parts)
        case Condition() if rule.name.startswith("anniversary"):
            return anniversary(rule, someone, as_of)
        case Condition():
            return passes(rule, attribute(rule.name, someone, as_of), as_of)
        case Matches():
            return matches(rule, someone, as_of)
    assert isinstance(rule, Always)
    return True


def attribute(name: str, someone: Person, as_of: int) -> Figure | Listed | None:
    placed = someone.placed(as_of)
    days = [sale.day for sale in placed]
    money = sum(sale.net(as_of) or 0 for sale in placed) - sum(a for day, a in someone.credits if day <= as_of)
    open_ = [begun for begun, completed, _ in someone.checkouts if begun <= as_of < (completed or as_of + 1)]
    known: dict[str, Callable[[], Figure | Listed | None]] = {
        "number_of_orders": lambda: len(placed),
        "purchase_days": lambda: len(set(days)),
        "days_since_last_order": lambda: as_of - max(days) if days else None,
        "first_order_date": lambda: min(days, default=None),
        "last_order_date": lambda: max(days, default=None),
        "customer_added_date": lambda: someone.since,
        "abandoned_checkout_date": lambda: max(open_, default=None),
        "amount_spent": lambda: Decimal(money) / 100,
        "amount_spent_net": lambda: Decimal(money) / 100,
        "amount_spent_gross": lambda: Decimal(sum(sale.total or 0 for sale in placed)) / 100,
        "average_order_value": lambda: (
            Fraction(sum(sale.net(as_of) or 0 for sale in placed), 100 * len(placed)) if placed else None
        ),
        "customer_account_status": lambda: _filled(account.get("state") for account in someone.accounts),
        "customer_language": lambda: _filled(account.get("language") for account in someone.accounts),
        "customer_tags": lambda: [tag for a in someone.accounts for tag in _lines(a.get("tags"))],
        "customer_email_domain": lambda: [email.split("@")[1] for email in someone.emails],
        "has_email": lambda: bool(someone.emails),
        "has_phone": lambda: False,
        "has_account": lambda: bool(someone.accounts),
        "email_subscription_status": lambda: _strictest(someone, "email"),
        "sms_subscription_status": lambda: _strictest(someone, "sms"),
        "clv_12m": lambda: euros(someone.predicted),
        "defection_signs": lambda: sum(signs(someone, as_of)) if placed else None,
        "favourite_channel": lambda: _favourite([(s, _filled([s.columns.get("channel")])) for s in placed]),
        "favourite_category": lambda: _favourite([(s, _categories(s)) for s in placed]),
        "channel_mix": lambda: _mix(_filled(sale.columns.get("channel") for sale in placed)),
    }
    if name in known:
        return known[name]()
    if name.startswith("metafields."):
        asked = name.removeprefix("metafields.").removeprefix("custom.")
        return [text for field, value in someone.fields if field == asked for text in _lines(value)]
    part = {"countries": "country", "regions": "region", "cities": "city"}.get(name.removeprefix("customer_"))
    if part is not None:
        rows = [*someone.accounts, *(sale.columns for sale in placed)]
        return [text for row in rows for text in _places(row, part)]
    in_order = _in_order(someone, as_of)
    return in_order[-1].columns.get(name.removeprefix("last_")) if in_order else None


def anniversary(rule: Condition, someone: Person, as_of: int) -> bool:
    """Whether a day of the stretch is, some years later, the day of the first order."""
    days = [sale.day for sale in someone.placed(as_of)]
    if "metafields" in rule.name:
        written = [value for name, value in someone.fields if name == rule.name[12:-1].rpartition(".")[2]]
        days = [day_number(date.fromisoformat(value)) for value in written if value[:4].isdigit()]
    low, high = (resolved(bound, as_of) for bound in (rule.values[0], rule.values[-1]))
    inside = any(_same_day(min(days), int(day)) for day in range(int(low), int(high) + 1)) if days else False
    return inside is (rule.operator != "!=")


def matches(rule: Matches, someone: Person, as_of: int) -> bool:
    tests = {test.name: test for test in rule.conditions}
    rows: list[dict[str, Any]]
    if rule.function == "replenish_due":
        rows = [_line(product, 1, 0, foreign=False) | {"date": day} for product, day in due(someone, as_of).items()]
        rows = [row for row in rows if all(passes(t, row[n], as_of) for n, t in tests.items() if n != "count")]
        return bool(rows) if "count" not in tests else passes(tests["count"], len(rows), as_of)
    if rule.function == "abandoned_checkouts":
        rows = [
            {"date": begun, "amount": euros(total)}
            for begun, completed, total in someone.checkouts
            if begun <= as_of < (completed or as_of + 1)
        ]
    else:
        rows = [_order(sale, number, tests, as_of) for number, sale in enumerate(_in_order(someone, as_of), 1)]
    grouped = ("count", "days", "sum_amount", "sum_quantity")
    asked = [test for name, test in tests.items() if name not in grouped and name not in LINE_FIELDS]
    rows = [row for row in rows if all(passes(test, row[test.name], as_of) for test in asked)]
    lines: list[dict[str, Any]] = []
    if rule.function == "products_purchased":
        line_tests = [test for name, test in tests.items() if name in LINE_FIELDS]
        for row in rows:
            row["held"] = [line for line in row["lines"] if all(passes(t, line[t.name], as_of) for t in line_tests)]
        rows = [row for row in rows if row["held"]]
        lines = [line for row in rows for line in row["held"]]
    money = [line["total"] for line in lines] if rule.function == "products_purchased" else [r.get("net") for r in rows]
    figures: dict[str, Figure] = {
        "count": len(rows),
        "days": len({row["date"] for row in rows}),
        "sum_quantity": sum(line["quantity"] for line in lines),
        "sum_amount": Decimal(sum(amount or 0 for amount in money)) / 100,
    }
    if "count" not in tests and not rows:
        return False
    return all(passes(test, figures[name], as_of) for name, test in tests.items() if name in figures)


def signs(someone: Person, as_of: int) -> tuple[bool, bool, bool]:
    """Rarer, cheaper, returning: by the words of `connector.query.habits`."""
    days = sorted({sale.day for sale in someone.placed(as_of)})
    *before, last = [later - earlier for earlier, later in pairwise(days)] or [0]
    rarer = len(before) >= 2 and last > Fraction(3, 2) * Fraction(median(before))
    told = [
        [(pieces, money) for _, pieces, money in sale.lines if pieces]
        for sale in _in_order(someone, as_of)
        if sale.total is not None
    ]
    *old, one, two = [[(0, 0)], [(0, 0)], *(some for some in told if some)]
    cheaper = len(old) >= 4 and _piece([*one, *two]) < Fraction(4, 5) * _piece([line for some in old for line in some])
    counted = [sale for sale in someone.sales if sale.counted and sale.day <= as_of]
    then, now = ([s for s in counted if (s.day > as_of - 180) is new] for new in (False, True))
    given = [day for sale in someone.sales if sale.counted for day, _ in sale.refunds if day <= as_of]
    earlier = Fraction(sum(day <= as_of - 180 for day in given), len(then)) if then else None
    recent = sum(day > as_of - 180 for day in given)
    returning = earlier is not None and recent > 0 and (not now or Fraction(recent, len(now)) > earlier)
    return rarer, cheaper, returning


def _piece(lines: list[tuple[int, int]]) -> Fraction:
    return Fraction(sum(money for _, money in lines), sum(pieces for pieces, _ in lines))


def _favourite(named: list[tuple[Sale, Listed]]) -> str | None:
    """The text that most sales have; of several, of the latest sale; of these, the first by its letters."""
    texts = {folded(text) for _, names in named for text in names}
    held = {text: [sale.day for sale, names in named if text in map(folded, names)] for text in texts}
    return min(held, key=lambda text: (-len(held[text]), -max(held[text]), text.encode()), default=None)


def _categories(sale: Sale) -> Listed:
    return [name for product, _, _ in sale.lines for name in _lines(PRODUCTS[product - 1]["categories"])]


def _mix(channels: Listed) -> str | None:
    kinds = {folded(channel) == "pos" for channel in channels}
    return None if not kinds else "omnichannel" if len(kinds) == 2 else "in_store" if True in kinds else "online"


def due(someone: Person, as_of: int, usual: Mapping[int, int] = MappingProxyType({})) -> dict[int, int]:
    """When somebody runs out of each product, by the words of `connector.query.replenish`; `usual` in thousandths."""
    found = {}
    for product in {product for sale in someone.placed(as_of) for product, pieces, _ in sale.lines if pieces > 0}:
        bought: dict[int, int] = {}
        for sale in someone.placed(as_of):
            pieces = sum(pieces for other, pieces, _ in sale.lines if other == product and pieces > 0)
            if pieces:
                bought[sale.day] = bought.get(sale.day, 0) + pieces
        days = sorted(bought)
        lasted = sorted((later - day) * 1000 // bought[day] for day, later in pairwise(days))
        own = (lasted[(len(lasted) - 1) // 2] + lasted[len(lasted) // 2]) // 2 if len(lasted) >= 2 else None
        each = own if own is not None else usual.get(product)
        if each is not None:
            found[product] = days[-1] + max(1, each * bought[days[-1]] // 1000)
    return found


LINE_FIELDS = ("id", "tag", "product_type", "vendor", "title")


def _in_order(someone: Person, as_of: int) -> list[Sale]:
    placed = [(sale.day, sale.columns.get("placed_at", 0), n, sale) for n, sale in enumerate(someone.sales)]
    counts = {id(sale) for sale in someone.placed(as_of)}
    return [sale for *_, sale in sorted(placed, key=lambda row: row[:3]) if id(sale) in counts]


def _order(sale: Sale, ordinal: int, tests: dict[str, Condition], as_of: int) -> dict[str, Any]:
    """An order's fields, as rules call them."""
    columns = sale.columns
    visit = json.loads(columns.get("attribution") or "{}")
    before = (sale.total or 0) + columns.get("discount", 0)
    lines = [_line(*line, foreign=sale.total is None) for line in sale.lines]
    category = tests.get("category")
    inside = None if category is None else _inside(category)
    meant = [line for line in lines if inside is None or passes(inside, line["category"], as_of)]
    delivered = columns.get("delivered_day")
    categories: Any = [line["category"] for line in lines]
    return {
        "date": sale.day,
        "net": sale.net(as_of),
        "amount": euros(sale.net(as_of)),
        "channel": columns.get("channel"),
        "app_id": columns.get("channel"),
        "status": "paid",
        "coupon": _lines(columns.get("coupons")),
        "discount_percent": Fraction(columns.get("discount", 0) * 100, before) if before > 0 else None,
        "discount_amount": None if sale.total is None else euros(columns.get("discount", 0)),
        "payment_method": columns.get("payment_method"),
        "city": columns.get("city"),
        "utm_medium": visit.get("medium"),
        "sessions": visit.get("sessions"),
        "ordinal": ordinal,
        "refunded": any(day <= as_of for day, _ in sale.refunds),
        "delivered_at": delivered if delivered is not None and delivered <= as_of else None,
        "lines": lines,
        "category": [name for names in categories for name in names],
        "category_amount": euros(sum(line["total"] for line in meant)) if meant and sale.total is not None else None,
    }


def _inside(test: Condition) -> Condition:
    """The comparison that a negated one takes back."""
    if test.operator in ("IS NULL", "IS NOT NULL"):
        return Condition(test.name, "IS NOT NULL")
    return replace(test, operator=NEGATED.get(test.operator, test.operator))


def _line(product: int, quantity: int, total: int, *, foreign: bool) -> dict[str, Any]:
    row = PRODUCTS[product - 1]
    return {
        "id": str(100 + product),
        "tag": _lines(row["tags"]),
        "category": _lines(row["categories"]),
        "product_type": row["type"],
        "vendor": row["vendor"],
        "title": row["title"],
        "quantity": quantity,
        "total": 0 if foreign else total,
    }


def _filled(texts: Iterable[str | None]) -> Listed:
    return [text for text in texts if text is not None]


def _lines(text: str | None) -> Listed:
    return text.split("\n") if text else []


def _places(row: dict[str, Any], part: str) -> Listed:
    """A place, and how Shopify writes it."""
    if row.get(part) is None:
        return []
    parts = {"country": ["country"], "region": ["country", "region"], "city": ["country", "region", "city"]}[part]
    whole = [row.get(name) for name in parts]
    if len(parts) == 1 or None in whole:
        return [row[part]]
    return [row[part], "-".join([str(whole[0]), *(str(text).replace(" ", "") for text in whole[1:])])]


def _strictest(someone: Person, channel: str) -> str | None:
    order = ["invalid", "unsubscribed", "not_subscribed", "pending", "subscribed"]
    states = [state for name, state in someone.consents if name == channel]
    return min(states, key=order.index, default=None)


def _same_day(first: int, day: int) -> bool:
    """Whether a later day is an anniversary of the first: of 29 February it is the 28th where there is no other."""
    one, other = day_date(first), day_date(day)
    number = min(one.day, monthrange(other.year, one.month)[1])
    return other.year > one.year and (other.month, other.day) == (one.month, number)


def euros(minor: int | None) -> Decimal | None:
    return None if minor is None else Decimal(minor) / 100


NEGATED: dict[str, Operator] = {"!=": "=", "NOT IN": "IN", "NOT CONTAINS": "CONTAINS", "IS NOT NULL": "IS NULL"}


def passes(test: Condition, value: Figure | Listed | None, as_of: int) -> bool:
    """Whether a value passes a comparison; of a list, whether one of its values does."""
    if test.operator in NEGATED:
        return not passes(replace(test, operator=NEGATED[test.operator]), value, as_of)
    if isinstance(value, list) and test.operator != "IS NULL":
        wanted = [folded(str(resolved(one, 0))) for one in test.values]
        return any(folded(text) in wanted for text in value)
    if value is None or test.operator == "IS NULL":
        return test.operator == "IS NULL" and not value and value not in (0, "")
    return _compares(test, value, as_of)


def _compares(test: Condition, value: Figure | Listed, as_of: int) -> bool:
    others: list[Any] = [resolved(bound, as_of) for bound in test.values]
    if test.operator in ("=", "IN"):
        return any(_equal(value, one, as_of) for one in test.values)
    if test.operator == "BETWEEN":
        return bool(others[0] <= value <= others[1])
    return bool(COMPARE[test.operator](value, others[0]))


def _equal(value: Figure | Listed, wanted: Value, as_of: int) -> bool:
    other = resolved(wanted, as_of)
    if isinstance(value, str):
        return folded(value) == folded(str(other))
    return value == other


def folded(text: str) -> str:
    """NFC and without case."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def resolved(value: Value, as_of: int) -> Figure:
    match value:
        case Number() | Text() | Truth():
            return value.value
        case Day():
            return value.number
        case Offset(count, "d"):
            return as_of - count
        case Offset(count, "w"):
            return as_of - 7 * count
        case Offset(count, "m"):
            return months_before(as_of, count)
        case Offset(count, "y"):
            return months_before(as_of, 12 * count)
    raise TypeError(value)


def months_before(as_of: int, count: int) -> int:
    """One month at a time to the month's first day, then as far into it as the day of the month allows."""
    day = day_date(as_of)
    first = day.replace(day=1)
    for _ in range(count):
        first = (first - timedelta(days=1)).replace(day=1)
    return day_number(first.replace(day=min(day.day, monthrange(first.year, first.month)[1])))
