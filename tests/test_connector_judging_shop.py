"""What a shop lives on: the best customers, first and later purchases, the next purchase, products, what is known."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, insert, update

from connector.days import day_date
from connector.judging.acquisition import acquisition, cohorts
from connector.judging.coverage import coverage
from connector.judging.cross_sell import cross_sell
from connector.judging.first_products import first_products
from connector.judging.ladder import ladder
from connector.judging.pareto import pareto
from connector.judging.window import window
from connector.models import Account, Consent, Identity, Order
from connector.tables import table
from tests.conftest import Fresh
from tests.judging_world import add_products
from tests.rules_world import BASE, Person, Sale, lent, person


def spender(*amounts: int, day: int = BASE, credit: int = 0) -> Person:
    return Person(day, [Sale(day, amount) for amount in amounts], [(BASE, credit)] if credit else [])


def eur(minor: int) -> dict[str, Any]:
    return {"minor": minor, "currency": "EUR"}


def test_the_top_fifth_of_the_buyers_and_what_they_brought(engine: Engine) -> None:
    """Ten buyers and a prospect: the top two spent 5000 and 3000 of 10 000; 80 % need a third of them, 1000 less."""
    people = [spender(4000, 1500, credit=500), spender(3000), *(spender(250) for _ in range(7)), spender(250)]
    with lent(engine, [*people, Person(BASE)]) as connection:
        report = pareto(connection, BASE)

    curves = [report[period].pop("curve") for period in ("lifetime", "year")]
    assert [(point["percent"], point["share"]) for point in curves[0]][::2] == [
        (0, 0.0), (10, 0.5), (20, 0.8), (30, 0.825), (40, 0.85), (50, 0.875), (60, 0.9), (70, 0.925), (80, 0.95),
        (90, 0.975), (100, 1.0)
    ]  # fmt: skip
    assert curves[1] == curves[0]
    assert (
        report["lifetime"]
        == report["year"]
        == {
            "buyers": 10,
            "people": 2,
            "least": eur(3000),
            "revenue": eur(8000),
            "of": eur(10_000),
            "share": 0.8,
            "people_for_80": 2,
        }
    )


def test_ties_with_the_last_of_the_top_are_in(engine: Engine) -> None:
    with lent(engine, [spender(900), *(spender(300) for _ in range(3)), spender(100)] * 2) as connection:
        top = pareto(connection, BASE, percent=25)["lifetime"]

    assert (top["people"], top["revenue"]["minor"], top["of"]["minor"]) == (8, 3600, 3800)
    assert top["people_for_80"] == 7  # 1800 for two, and five times 300 of the 1240 that are missing


def test_the_year_knows_nothing_older_than_365_days_nor_refunds_to_come(engine: Engine) -> None:
    old, young = Person(0, [Sale(BASE - 365, 800)]), Person(0, [Sale(BASE - 364, 500, refunds=[(BASE + 1, 100)])])
    with lent(engine, [old, young]) as connection:
        report = pareto(connection, BASE)

    assert (report["year"]["buyers"], report["year"]["of"]) == (1, eur(500))
    assert (report["lifetime"]["buyers"], report["lifetime"]["of"]) == (2, eur(1300))


def test_nobody_bought_and_nothing_is_claimed(engine: Engine) -> None:
    with lent(engine, [Person(BASE)]) as connection:
        assert pareto(connection, BASE)["lifetime"]["share"] is None
        assert acquisition(connection, BASE) == cohorts(connection, BASE) == ladder(connection, BASE, 30) == []
        assert window(connection, BASE, "fr")["words"] == "Personne n'a encore acheté deux fois."
        assert cross_sell(connection, BASE) == []
        assert first_products(connection, BASE, 30)["shop"]["share"] is None


def months(connection: Connection) -> dict[str, tuple[int, int, int, int]]:
    return {
        row["month"]: (
            row["first"]["occasions"],
            row["first"]["revenue"]["minor"],
            row["later"]["occasions"],
            row["later"]["revenue"]["minor"],
        )
        for row in acquisition(connection, BASE)
    }


def test_first_occasions_against_later_ones(fresh: Fresh) -> None:
    """BASE is 31 March: 28 days before is the 3rd, 31 is 28 February. Two orders of a first day are one occasion."""
    people = [
        Person(BASE - 31, [Sale(BASE - 31, 1000), Sale(BASE - 31, 200), Sale(BASE - 28, 500), Sale(BASE + 1, 9)]),
        Person(BASE - 2, [Sale(BASE - 2, 700, refunds=[(BASE, 100)])], [(BASE, 40)]),
    ]
    with lent(fresh(), people) as connection:
        nobody = {"customer_id": None, "local_day": BASE, "total": 333}
        assert months(connection) == {"2026-02": (1, 1200, 0, 0), "2026-03": (1, 600, 1, 500)}
        assert acquisition(connection, BASE)[1]["later_share"] == round(500 / 1100, 4)
        assert acquisition(connection, BASE)[1]["taken_back"] == eur(40)
        connection.execute(update(table(Order)).where(table(Order).c.total == 500).values(**nobody))
        assert months(connection)["2026-03"] == (1, 600, 0, 0)
        assert acquisition(connection, BASE)[1]["anonymous"] == eur(333)
        assert cohorts(connection, BASE) == [
            {"month": "2026-02", "people": 1, "bought": {"2026-02": 1}},
            {"month": "2026-03", "people": 1, "bought": {"2026-03": 1}},
        ]


def test_the_ladder_counts_those_alone_who_had_the_time_to_come_back(engine: Engine) -> None:
    people = [
        person(BASE - 90, BASE - 60, BASE - 55),  # again after 30 days, and after 5
        person(BASE - 90, BASE - 90, BASE - 59),  # one purchase on the first day; again after 31 days
        person(BASE - 30),  # not again, and just old enough
        person(BASE - 29),  # too young to tell
    ]
    with lent(engine, people) as connection:
        rungs = {row["purchases"]: (row["people"], row["of_them"]) for row in ladder(connection, BASE, 30)}
        ever = {row["purchases"]: (row["people"], row["of_them"]) for row in ladder(connection, BASE, None)}

        assert ladder(connection, BASE, 30)[0]["interval"] is None
    assert rungs == {1: (3, 1), 2: (2, 1), 3: (1, 0)}
    assert ever == {1: (4, 2), 2: (2, 1), 3: (1, 0)}


def test_a_window_covers_nine_gaps_in_ten(engine: Engine) -> None:
    """Gaps of 1 to 9 days and one of 61: the ninth of ten is 9 days; with one more of 61, the tenth of eleven is 61."""
    people = [person(BASE - 100, BASE - 100 + gap) for gap in (*range(1, 10), 61)]
    with lent(engine, people) as connection:
        found = window(connection, BASE)
    with lent(engine, [*people, person(BASE - 100, BASE - 39)]) as connection:
        wider = window(connection, BASE, "fr")

    assert (found["window"], found["enough"], found["percentiles"]["90"]) == (30, False, 9)
    assert found["distribution"] == [
        {"days": 30, "gaps": 9, "share": 0.9},
        {"days": 60, "gaps": 9, "share": 0.9},
        {"days": 90, "gaps": 10, "share": 1.0},
    ]
    assert "90% of 9 or less: a window of 30 days covers them. Only 10 people" in found["words"]
    assert wider["window"] == 90
    assert wider["words"].startswith("Sur 11 intervalles entre deux achats, la moitié durent 6 jours ou moins")


def test_a_product_whose_buyers_do_not_come_back(fresh: Fresh) -> None:
    """120 people began with a bowl, 12 came back; 120 with a cup, 60 came back: a mean of 30 %."""
    returning = [person(BASE - 90, BASE - 80) for _ in range(72)]
    lost = [person(BASE - 90) for _ in range(168)]
    others = [person(BASE - 5), person(BASE - 90, BASE - 20)]
    people = [*returning[:12], *lost[:108], *returning[12:], *lost[108:], *others]
    baskets = {n: [["bowl" if n <= 120 else "cup"]] + [["pot"]] * (len(p.sales) - 1) for n, p in enumerate(people, 1)}
    with lent(fresh(), people) as connection:
        add_products(connection, baskets)
        found = first_products(connection, BASE, 30)
        few = first_products(connection, BASE, 30, least=122)

    assert (found["shop"]["people"], found["shop"]["of_them"]) == (241, 72)
    assert [(entry["product"], entry["title"], entry["people"], entry["of_them"]) for entry in found["products"]] == [
        ("bowl", "BOWL", 120, 12),
        ("cup", "CUP", 121, 60),
    ]
    assert [entry["verdict"] for entry in found["products"]] == ["worse", "better"]
    assert found["products"][0]["interval"] == [0.05, 0.1583]  # 6 and 19 of 120: the percentiles of a binomial number
    assert few["products"] == []


def test_who_bought_the_one_but_not_the_other(fresh: Fresh) -> None:
    """Of 5 who bought a bowl 4 have a spoon, which 4 of all 8 have; the cup is in no closer company than any."""
    baskets = [["bowl", "spoon"]] * 3 + [["bowl"], ["bowl", "cup"], ["cup"], ["cup"], ["cup"]]
    people = [person(BASE - 3, BASE - 1) if n == 3 else person(BASE - 3) for n in range(8)]
    bought = {n: [basket] + ([["spoon"]] if n == 4 else []) for n, basket in enumerate(baskets, 1)}
    with lent(fresh(), people) as connection:
        add_products(connection, bought)
        pairs = cross_sell(connection, BASE, least=2)

    assert [(pair["title"], pair["other_title"], pair["both"], pair["without"]) for pair in pairs] == [
        ("SPOON", "BOWL", 4, 0),
        ("BOWL", "SPOON", 4, 1),
    ]
    assert (pairs[1]["share"], pairs[1]["usual"]) == (0.8, 0.5)


def test_coverage_says_of_how_many_something_is_known_and_by_whom(fresh: Fresh) -> None:
    with lent(fresh(), [person(BASE, BASE - 1), Person(BASE), Person(BASE), Person(BASE)]) as connection:
        rows = [("email", 0, "a@b.example", 1), ("account", 1, "7", 1), ("account", 1, "8", 2)]
        for n, (kind, scope, value, owner) in enumerate(rows, 1):
            row = {"id": n, "kind": kind, "scope": scope, "value": value, "customer_id": owner}
            connection.execute(insert(table(Identity)), row)
        known = {"identity_id": 2, "digest": 0, "origin": "api", "country": "FR"}
        connection.execute(insert(table(Account)), [known, {**known, "identity_id": 3, "origin": "file"}])
        agreed = {"customer_id": 1, "channel": "email", "source": "shop", "identity_id": 2, "state": "subscribed"}
        connection.execute(insert(table(Consent)), [agreed, {**agreed, "source": "letters", "identity_id": 1}])
        connection.execute(update(table(Order)).where(table(Order).c.id == 1).values(country="FR", origin="api"))
        facts = {(entry["of"], entry["fact"]): entry for entry in coverage(connection)}

    country, consent = facts["orders", "country"], facts["people", "email_consent"]
    assert (country["known"], country["total"], country["share"], country["from"]) == (1, 2, 0.5, {"api": 1})
    assert (country["family"], country["party"]) == ("geolocation", "first")
    assert (consent["known"], consent["total"], consent["from"]) == (1, 4, {"letters": 1, "shop": 1})
    assert facts["people", "account_country"]["from"] == {"api": 1, "file": 1}
    assert facts["people", "orders"]["known"] == facts["people", "email"]["known"] == 1
    assert facts["orders", "amount"]["from"] == {"api": 1, "file": 1}
    assert [entry["family"] for entry in facts.values()].index("contextual") > 4


def test_day_dates_are_told(engine: Engine) -> None:
    with lent(engine, []) as connection:
        assert pareto(connection, BASE)["as_of"] == day_date(BASE).isoformat()
