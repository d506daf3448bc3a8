"""The obvious pandas way to everything that `large` works out: `python -m tests.benchmarks.theirs_large DATABASE DAY`.

Orders are read whole, grouped, and each family and audience is a column; who is in what is written anew, with what
changed. Left out, to its advantage: visits, replenishment and signs of defection, the shop's figures of each Monday
(those of the day are taken), and refunds after the day asked for.
"""

import json
import sqlite3
import sys
from contextlib import closing
from typing import Any

import numpy as np
import pandas as pd

from tests.benchmarks.large import TODAY
from tests.benchmarks.measure import Facts, Step

ORDERS = (
    "SELECT o.customer_id, o.local_day AS day, o.void_day, o.total - o.refunded AS net, o.total, o.refunded, "
    "o.coupons, "
    "o.discount, o.gross, o.channel, o.payment_method, o.shipping_method, o.country, o.city, o.postcode, "
    "o.delivered_day, p.categories FROM orders o JOIN order_lines l ON l.order_id = o.id "
    "JOIN products p ON p.id = l.product_id WHERE o.counted = 1 AND o.test = 0"
)


def everything(path: str, today: int, facts: Facts) -> None:
    """Who is in which segment, written anew, with what changed since the last time."""
    with closing(sqlite3.connect(path)) as connection:
        people = _people(connection, today)
        held = _held(people)
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        if "held" in names:
            before = _read("SELECT customer_id, segment FROM held", connection, {"segment": held.segment.dtype})
            both = held.merge(before, how="outer", indicator=True)
            changes = both[both._merge != "both"]
            changes[["customer_id", "segment"]].to_sql("held_changes", connection, if_exists="append", index=False)
            facts["changes"] = len(changes)
        held.to_sql("held", connection, if_exists="replace", index=False, chunksize=500_000)
        connection.commit()
    facts["held"] = len(held)


def _read(query: str, connection: sqlite3.Connection, dtype: dict[str, Any] | None = None) -> pd.DataFrame:
    """All rows; in pieces, since read_sql keeps a tuple of Python's for each until it has them all."""
    return pd.concat(pd.read_sql(query, connection, dtype=dtype, chunksize=500_000), ignore_index=True)


def _people(connection: sqlite3.Connection, today: int) -> pd.DataFrame:
    orders = _read(ORDERS, connection)
    orders = orders[(orders.day <= today) & ~(orders.void_day <= today)]
    by = orders.groupby("customer_id")
    people = pd.read_sql("SELECT id AS customer_id, since_day FROM customers", connection).set_index("customer_id")
    people = people.join(
        by.agg(orders=("day", "size"), days=("day", "nunique"), first=("day", "min"), last=("day", "max"),
               spent=("net", "sum"), returned=("refunded", "sum"), bought=("total", "sum"), biggest=("net", "max"))
    )  # fmt: skip
    for days in (7, 30, 90, 180, 365):
        recent = orders[orders.day > today - days]
        people[f"n{days}"] = recent.groupby("customer_id").size()
    year = orders[orders.day > today - 365]
    people["days365"] = year.groupby("customer_id").day.nunique()
    people["spent365"] = year.groupby("customer_id").net.sum()
    rate = 100 * orders.discount / (orders.gross + orders.discount)
    flags = {
        "coupon30": orders.coupons.notna() & (orders.day > today - 30),
        "discount10": (rate >= 10) & (rate < 15),
        "discount15": (rate >= 15) & (rate < 20),
        "discount20": rate >= 20,
        "jazz": orders.categories == "Jazz",
        "pos": orders.channel == "pos",
        "app": orders.channel == "app",
        "relais": orders.shipping_method == "relais",
        "carte": orders.payment_method == "carte",
        "delivered": orders.delivered_day.between(today - 10, today - 3),
        "big30": (orders.day > today - 30) & (orders.net > 1.15 * year.net.mean()),
    }
    for name, flag in flags.items():
        people[name] = orders[flag].groupby("customer_id").size()
    latest = orders.sort_values("day").groupby("customer_id").last()
    people = people.join(latest[["country", "city", "postcode"]])
    numbers = people.columns.difference(["first", "last", "country", "city", "postcode"])
    people[numbers] = people[numbers].fillna(0)
    return _scores(people, today)


def _scores(people: pd.DataFrame, today: int) -> pd.DataFrame:
    buyers = people.orders > 0
    gaps = (people.last - people["first"]).sum() / (people.days - 1).clip(lower=0).sum()
    expected = ((2 * gaps + people.last - people["first"]) / (people.days + 1)).clip(lower=7)
    people["gap_ratio"] = (today - people.last) / expected
    for score, column in (("r", "last"), ("f", "days365"), ("m", "spent365")):
        rank = people[column].where(buyers).rank(method="min", pct=True)
        people[score] = (np.floor((rank - 1 / buyers.sum()) * 5) + 1).clip(1, 5)
    people["rank"] = people.spent365.where(buyers).rank(method="min", pct=True, ascending=False) * 100
    people["today"] = today
    return people


def _held(people: pd.DataFrame) -> pd.DataFrame:
    """Each person with each segment."""
    stages = [_stage(people, key, rules, last) for key, (rules, last) in _families(people).items()]
    audiences = [pd.Series(key, index=people.index[flag.to_numpy()]) for key, flag in _audiences(people).items()]
    both = pd.concat([*stages, *audiences]).rename("segment").rename_axis("customer_id")
    return both.astype("category").reset_index()


def _stage(people: pd.DataFrame, key: str, rules: dict[str, pd.Series], last: str) -> pd.Series:
    found = np.select(list(rules.values()), list(rules), default=last)
    return pd.Series(found, index=people.index).radd(f"{key}.")


def _families(p: pd.DataFrame) -> dict[str, tuple[dict[str, pd.Series], str]]:
    none, v = p.orders == 0, (p.f + p.m) / 2
    new = p["first"] > p.today - 180
    return {
        "spread": ({"prospect": none, "loyal": p.n180 >= 2, "new": new, "occasional": p.n180 == 1}, "inactive"),
        "loyalty": ({"prospect": none, "regular": p.n180 >= 2, "new": new, "occasional": p.n180 == 1}, "inactive"),
        "cartelis": (
            {
                "prospect": none,
                "lost": (p.days >= 2) & (p.gap_ratio > 4),
                "inactive": (p.days >= 2) & (p.gap_ratio > 3),
                "at_risk": (p.days >= 2) & (p.gap_ratio > 2),
                "loyal": p.n180 >= 3,
                "repeat": p.days >= 2,
                "one_time": p.gap_ratio <= 3,
            },
            "one_time_lapsed",
        ),
        "emarsys": (
            {"prospect": none, "reconquest": p.gap_ratio > 2, "conversion": p.orders == 1, "growth": p.orders <= 3},
            "retention",
        ),
        "rfm": (
            {
                "prospects": none,
                "champions": (p.r == 5) & (v >= 4),
                "loyal": p.r.between(3, 4) & (v >= 4),
                "active": (p.r >= 4) & (v >= 2),
                "new": p.r == 5,
                "promising": p.r == 4,
                "needs_attention": (p.r == 3) & (v >= 2),
                "at_risk": (p.r == 2) & (v >= 3),
                "previously_loyal": (p.r == 1) & (v >= 3),
                "almost_lost": p.r.between(2, 3),
            },
            "dormant",
        ),
    }


def _audiences(p: pd.DataFrame) -> dict[str, pd.Series]:
    buyers, none = p.orders > 0, p.orders == 0
    age = p.today - p.since_day
    mean = p.spent / p.orders.clip(lower=1)
    return {
        "bought_365": p.n365 >= 1, "bought_180": p.n180 >= 1, "bought_30": p.n30 >= 1,
        "several_365": p.n365 >= 2, "several_180": p.n180 >= 2, "several_30": p.n30 >= 2,
        "bought_180_not_90": (p.n180 >= 1) & (p.n90 == 0), "loyal_7_365": p.n365 >= 7, "frequent_5_180": p.n180 >= 5,
        "top_3_30": p.n30 >= 3, "coupon_30": p.coupon30 >= 1, "discount_10": p.discount10 >= 1,
        "discount_15": p.discount15 >= 1, "discount_20": p.discount20 >= 1, "category_several": p.jazz >= 2,
        "big_order_30": p.big30 >= 1, "vip": p.spent > 15_000, "local": p.postcode == "69001",
        "distant": buyers & (p.postcode != "69001"), "city": p.city == "Lyon", "app": p.app >= 1,
        "delivery_method": p.relais >= 1, "payment_method": p.carte >= 1, "everyone": p.orders >= 0,
        "top_20": p["rank"] <= 20, "spent_over": buyers & (p.spent > 10_000),
        "spent_up_to": buyers & (p.spent <= 10_000),
        "big_basket": (mean > 1.15 * mean[buyers].mean()) & p.orders.between(1, 3), "rfm_best": (p.r >= 4) & (p.f >= 4),
        "delivered": p.delivered >= 1, "home": p.country == "FR", "abroad": buyers & (p.country != "FR"),
        "store_only": (p.pos > 0) & (p.pos == p.orders), "web_only": buyers & (p.pos == 0),
        "web_and_store": (p.pos > 0) & (p.pos < p.orders), "just_bought": p.n7 >= 1, "already_customer": buyers,
        "costly": p.returned >= p.bought / 2, "prospect_new": none & (age < 30),
        "prospect_waiting": none & age.between(30, 179), "prospect_old": none & (age >= 180),
    }  # fmt: skip


if __name__ == "__main__":
    database, days_later = sys.argv[1:]
    with Step() as told:
        everything(database, TODAY + int(days_later), told)
    print(json.dumps(told))
