from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, insert, update

from connector.answers.reports import incomplete, members, segments
from connector.answers.roster import listed
from connector.catalogue import catalogue, library
from connector.database import bulk
from connector.days import day_date, day_number
from connector.errors import SettingsError
from connector.history.memberships import activate, advance, full
from connector.models import Customer, Identity, Order, Store
from connector.people import emails
from connector.tables import table
from tests.rules_world import BASE, Person, Sale, family, lent, load, metrics_of, person, shops, stage, stages_on

SPREAD = catalogue()[0]
KEYS = [entry.key for entry in SPREAD.stages]
TODAY = day_date(BASE).isoformat()


def test_the_report_is_people_and_money_by_stage(engine: Engine) -> None:
    people = [
        Person(BASE),
        Person(BASE - 3, [Sale(BASE - 3, 1000, refunds=[(BASE - 2, 300)]), Sale(BASE, 500)], [(BASE, 50)]),
        Person(BASE - 400, [Sale(BASE - 400, 700)]),
        Person(BASE + 1),
    ]
    with lent(engine, people) as connection:
        report = segments(connection, [SPREAD], BASE)

    assert report == {
        "as_of": TODAY,
        "people": 3,
        "families": [
            {
                "key": "spread",
                "version": 1,
                "complete": True,
                "stages": [
                    {"key": "prospect", "people": 1, "revenue": {"minor": 0, "currency": "EUR"}},
                    {"key": "loyal", "people": 1, "revenue": {"minor": 1150, "currency": "EUR"}},
                    {"key": "new", "people": 0, "revenue": {"minor": 0, "currency": "EUR"}},
                    {"key": "occasional", "people": 0, "revenue": {"minor": 0, "currency": "EUR"}},
                    {"key": "inactive", "people": 1, "revenue": {"minor": 700, "currency": "EUR"}},
                ],
            }
        ],
    }


def test_another_window_is_asked_for_without_being_set(engine: Engine) -> None:
    with lent(engine, [person(BASE - 40)]) as connection:
        activate(connection, [SPREAD], BASE)
        advance(connection, [SPREAD], BASE)

        assert counted(connection, BASE, window=30) == {"inactive": 1}
        assert counted(connection, BASE, window=41) == {"new": 1}
        assert advance(connection, [SPREAD], BASE).people == 0


def counted(connection: Connection, as_of: int, *, window: int | None = None) -> dict[str, int]:
    stages = segments(connection, [SPREAD], as_of, window=window)["families"][0]["stages"]
    return {entry["key"]: entry["people"] for entry in stages if entry["people"]}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shops(), st.integers(BASE - 60, BASE + 15), st.sampled_from([None, 7, 30]))
def test_any_past_day_is_answered_as_the_replay_and_the_words_say(
    engine: Engine, people: list[Person], day: int, window: int | None
) -> None:
    spread = SPREAD if window is None else SPREAD.changed({"window": window})
    with lent(engine, people) as connection:
        activate(connection, [spread], BASE + 15)
        advance(connection, [spread], BASE + 15)
        report = segments(connection, [spread], day)["families"][0]["stages"]
        replayed = [key for keys in stages_on(connection, day).values() for key in keys]

    alive = [someone for someone in people if someone.since <= day]
    for number, entry in enumerate(report):
        mine = [someone for someone in alive if stage(spread, someone, day) == number]
        assert entry["people"] == len(mine) == replayed.count(f"spread.{entry['key']}")
        assert entry["revenue"]["minor"] == sum(metrics_of(someone, day)[3] for someone in mine)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shops(), st.integers(BASE - 60, BASE + 15), st.sampled_from(KEYS))
def test_since_is_the_same_by_memberships_and_by_working_it_out(
    engine: Engine, people: list[Person], day: int, key: str
) -> None:
    with lent(engine, people) as connection:
        activate(connection, [SPREAD], BASE + 15)
        advance(connection, [SPREAD], BASE + 15)
        kept = list(members(connection, [SPREAD], f"spread.{key}", day))

        assert list(members(connection, [SPREAD], f"spread.{key}", day, window=180)) == kept


def test_a_member_is_known_by_ids_and_the_first_address_of_the_alphabet(engine: Engine) -> None:
    with lent(engine, [person(BASE - 9), person(BASE - 3), Person(BASE)]) as connection:
        keys = [("email", 0, f"{name}@shop.example", 1) for name in ("mia", "ann", "zoe")]
        keys += [("account", 1, "901", 1), ("account", 1, "77", 1), ("phone", 0, "+33612345678", 2)]
        for kind, scope, value, owner in keys:
            row = {"kind": kind, "scope": scope, "value": value, "customer_id": owner}
            connection.execute(insert(table(Identity)), row)

        assert list(members(connection, [SPREAD], "spread.new", BASE)) == [
            {
                "person": 1,
                "since": day_date(BASE - 9).isoformat(),
                "email": "ann@shop.example",
                "accounts": {"shop": ["77", "901"]},
            },
            {"person": 2, "since": day_date(BASE - 3).isoformat(), "email": None, "accounts": {}},
        ]
        assert emails(connection, [1, 2]) == {1: "ann@shop.example"}
        activate(connection, [SPREAD], BASE)
        full(connection, [SPREAD], BASE)
        assert [one.who.email for one in listed(connection, "spread.new", sort="orders")] == ["ann@shop.example", None]


def test_a_segment_that_is_not_there_is_refused_with_those_that_are(engine: Engine) -> None:
    with lent(engine, []) as connection, pytest.raises(SettingsError, match=r"Use one of: spread\.prospect"):
        list(members(connection, [SPREAD], "spread.loyl", BASE))


@pytest.mark.parametrize(("floor", "whole"), [(None, True), (BASE - 179, False), (BASE - 3000, False)])
def test_a_family_that_asks_for_a_first_order_is_incomplete_while_any_order_is_withheld(
    engine: Engine, floor: int | None, whole: bool
) -> None:
    with lent(engine, [person(BASE)]) as connection:
        connection.execute(update(table(Store)).values(floor_day=floor))
        report = segments(connection, [SPREAD], BASE, language="fr")["families"][0]
        reasons = incomplete(connection, [SPREAD], BASE, "fr")

    assert report["complete"] is whole
    assert ("reason" in report, "remedy" in report, "spread" in reasons) == (not whole,) * 3
    if not whole:
        assert report["reason"] == reasons["spread"]
        assert report["reason"].startswith("L'historique commence le ")
        assert sum(entry["people"] for entry in report["stages"]) == 1


def test_an_audience_of_a_window_is_complete_once_the_history_reaches_over_it(engine: Engine) -> None:
    recent = library().audiences["aud.several_365"]
    with lent(engine, [person(BASE)]) as connection:
        for floor, whole in ((BASE - 364, True), (BASE - 363, False)):
            connection.execute(update(table(Store)).values(floor_day=floor))
            assert (incomplete(connection, [recent], BASE) == {}) is whole


def test_what_has_no_past_has_no_figure_for_an_earlier_day(engine: Engine) -> None:
    tagged = family("vip", "customer_tags CONTAINS 'vip'", "TRUE")
    with lent(engine, [person(BASE - 9)]) as connection:
        earlier = segments(connection, [tagged], BASE - 3, today=BASE, language="fr")["families"][0]
        today = segments(connection, [tagged], BASE, today=BASE)["families"][0]
        reasons = incomplete(connection, [tagged, SPREAD], BASE - 3, today=BASE)

    assert earlier["reason"] == "Pas de chiffre au 28 mars 2026 : customer_tags n'est connu qu'à ce jour."
    assert earlier["complete"] is False
    assert today["complete"] is True
    assert reasons == {"vip": "There is no figure for 28 Mar 2026: customer_tags is known as of today only."}


def test_a_family_that_asks_for_a_field_that_is_not_mapped_is_not_trusted(engine: Engine) -> None:
    women = family("women", "metafields.gender = 'F'", "TRUE")
    with lent(engine, [person(BASE - 9)]) as connection:
        (reason,) = incomplete(connection, [women], BASE).values()
        connection.execute(update(table(Store)).values(fields='{"gender": "custom.gender"}'))

        assert reason == "No customer field is mapped to metafields.gender."
        assert incomplete(connection, [women], BASE) == {}


# ------------------------------------------------------------------------------------------------------- CDNOW


@pytest.fixture(scope="module")
def purchases() -> list[tuple[int, int, int]]:
    """Every CDNOW purchase: customer, day, cents."""
    file = Path(__file__).parents[2] / "shared" / "data" / "cdnow_master.csv.gz"
    if not file.exists():
        pytest.skip(f"no CDNOW orders at {file}")
    with gzip.open(file, "rt") as lines:
        return [
            (int(row["customer_id"]), day_number(date.fromisoformat(row["date"])), round(float(row["amount"]) * 100))
            for row in csv.DictReader(lines)
        ]


@pytest.fixture
def cdnow(engine: Engine, purchases: list[tuple[int, int, int]]) -> Iterator[Connection]:
    first: dict[int, int] = {}
    for customer, day, _ in purchases:
        first[customer] = min(first.get(customer, day), day)
    columns = ("id", "store_id", "platform_id", "customer_id", "local_day", "counted", "total", "refunded", "gross")
    others = {"currency": "USD", "origin": "file", "status": "paid", "test": False}
    others |= dict.fromkeys(("placed_at", "digest", "tax", "shipping", "discount"), 0)
    rows = (
        (number, 1, str(number), customer, day, 1, cents, 0, cents, *others.values())
        for number, (customer, day, cents) in enumerate(purchases, 1)
    )
    with engine.connect() as connection:
        load(connection, [], currency="USD")
        people = [(customer, day, day) for customer, day in first.items()]
        bulk(connection, table(Customer), ("id", "since_day", "next_review_on"), people)
        bulk(connection, table(Order), (*columns, *others), rows)
        yield connection


def test_cdnow_by_the_figures_that_are_known(cdnow: Connection) -> None:
    """The as-of table of the data's own README, counted outside the product; active is up to 90 days ago."""
    figures = {
        "1997-03-31": (18_504, 5_066, 23_570, 0, 107_180_547),
        "1997-06-30": (15_367, 8_203, 5_376, 18_194, 143_095_913),
        "1997-12-31": (12_926, 10_644, 4_189, 19_381, 202_416_126),
        "1998-06-30": (11_908, 11_662, 3_317, 20_253, 250_031_563),
    }
    text = {"fr": "x", "en": "x"}
    rules = ["number_of_orders = 1", "number_of_orders >= 2"], ["last_order_date >= -90d", "TRUE"]
    frequency, recency = (
        SPREAD.model_copy(
            update={
                "key": key,
                "stages": tuple(
                    SPREAD.stages[0].model_copy(update={"key": f"s{n}", "rule": rule, "label": text})
                    for n, rule in enumerate(asked)
                ),
            }
        )
        for key, asked in zip(("frequency", "recency"), rules, strict=True)
    )
    for day, expected in figures.items():
        report = segments(cdnow, [frequency, recency], day_number(date.fromisoformat(day)))
        counts = [entry["people"] for family in report["families"] for entry in family["stages"]]
        revenue = sum(entry["revenue"]["minor"] for entry in report["families"][0]["stages"])
        assert (report["people"], *counts, revenue) == (23_570, *expected), day


def test_cdnow_replayed_is_cdnow_asked(cdnow: Connection) -> None:
    """SPREAD over all 546 days; on the last, half of the active people are loyal and half have the fifth stage."""
    end = day_number(date(1998, 6, 30))
    activate(cdnow, [SPREAD], end)
    advance(cdnow, [SPREAD], end)

    assert full(cdnow, [SPREAD], end) == 0
    assert counted(cdnow, end) == {"loyal": 2_678, "occasional": 2_682, "inactive": 18_210}
    for day in ("1997-01-15", "1997-06-30", "1997-12-31", "1998-06-30"):
        number = day_number(date.fromisoformat(day))
        replayed = [key for keys in stages_on(cdnow, number).values() for key in keys]
        assert {key: replayed.count(f"spread.{key}") for key in KEYS if f"spread.{key}" in replayed} == counted(
            cdnow, number
        )
