"""The health of segments, and what it is worth to move people between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert, select, update

from connector.catalogue import Family, Objective, catalogue, library
from connector.days import day_number
from connector.errors import SettingsError
from connector.history.memberships import activate, advance
from connector.history.stays import stays
from connector.judging.figures import interval, middle, resampled
from connector.judging.health import Action, health
from connector.judging.objectives import objectives
from connector.judging.priorities import priorities
from connector.models import Consent, Identity, Order, Store
from connector.tables import table
from tests.conftest import Fresh
from tests.judging_world import cdnow
from tests.rules_world import BASE, Person, Sale, family, lent, person

SPREAD = catalogue()[0]


def kept(connection: Connection, *families: Family, as_of: int = BASE) -> None:
    activate(connection, families, as_of)
    advance(connection, families, as_of)


def cards(connection: Connection, *families: Family, **actions: Action) -> dict[str, dict[str, Any]]:
    named = {key.replace("_", "."): action for key, action in actions.items()}
    return {card["segment"]: card for card in health(connection, families, BASE, named)}


# ------------------------------------------------------------------------------------------------------ health


def test_a_segment_is_substantial_by_people_and_by_money(engine: Engine) -> None:
    with lent(engine, [*(Person(BASE) for _ in range(100)), *(person(BASE) for _ in range(99))]) as connection:
        kept(connection, SPREAD)
        before = cards(connection, SPREAD)
        connection.execute(insert(table(Order)), extra_order())
        kept(connection, SPREAD)

    assert before["spread.new"]["substantial"] == {
        "people": 99, "revenue": {"minor": 99_000, "currency": "EUR"}, "good": False,
    }  # fmt: skip
    assert before["spread.prospect"]["substantial"]["people"] == 100
    assert before["spread.prospect"]["substantial"]["good"] is False  # nothing comes of them yet


def extra_order() -> dict[str, Any]:
    blank = dict.fromkeys(("placed_at", "digest", "tax", "shipping", "discount", "refunded"), 0)
    row = {"id": 900, "store_id": 1, "platform_id": "900", "customer_id": None, "local_day": BASE, "counted": 1}
    return {
        **row,
        **blank,
        "total": 5,
        "gross": 5,
        "currency": "EUR",
        "origin": "file",
        "status": "paid",
        "test": False,
    }


def test_the_strictest_consent_decides_who_can_be_reached(fresh: Fresh) -> None:
    """1: yes and yes. 2: yes in the shop, no in the tool. 3: yes, but no address. 4: nothing. 5: by text message."""
    with lent(fresh(), [person(BASE) for _ in range(5)]) as connection:
        kept(connection, SPREAD)
        asked = cards(connection, SPREAD)["spread.new"]["accessible"]
        said = [
            (1, "email", "shop", "subscribed"), (1, "email", "letters", "subscribed"),
            (2, "email", "shop", "subscribed"), (2, "email", "letters", "unsubscribed"),
            (3, "email", "shop", "subscribed"), (5, "sms", "shop", "subscribed"), (5, "email", "shop", "pending"),
        ]  # fmt: skip
        for n, who in enumerate((1, 2, 4, 5, 5), 1):
            kind, value = ("phone", "+33600000005") if n == 5 else ("email", f"p{who}@shop.example")
            row = {"id": n, "kind": kind, "scope": 0, "value": value, "customer_id": who}
            connection.execute(insert(table(Identity)), row)
        for who, channel, source, state in said:
            row = {"customer_id": who, "channel": channel, "source": source, "identity_id": 1, "state": state}
            connection.execute(insert(table(Consent)), row)
        found = cards(connection, SPREAD)["spread.new"]["accessible"]

    assert asked == {"people": 0, "email": 0, "sms": 0, "share": None, "good": None}
    assert found == {"people": 2, "email": 1, "sms": 1, "share": 0.4, "good": False}


def test_stable_is_an_old_definition_with_few_who_come_and_go_and_none_to_and_fro(engine: Engine) -> None:
    """Four are new. Two weeks ago one came, another went: 2 moves in 4 weeks, of 3 members then and 3 now: 1/6 a week.

    The one with purchases 100, 60 and 20 days ago was within a window of 30 days, out of it and in again.
    """
    rule = family("f", "orders_placed MATCHES (date > -30d)", "TRUE")
    flapper = person(BASE - 100, BASE - 60, BASE - 29)
    people = [person(BASE - 5, BASE - 31), person(BASE - 15), person(BASE - 44), flapper]
    with lent(engine, people) as connection:
        kept(connection, rule)
        stable = cards(connection, rule)["f.s0"]["stable"]

    # in s0 28 days ago: 1st, 3rd (until 14 days ago), 4th (out 30 days ago, in again the day after); now: 1st, 2nd, 4th
    assert stable["days"] == 100
    assert stable["weekly_churn"] == round(2 / (2 * (3 + 3)), 4)
    # 4th: in 100, out 70, in 60, out 30, in 29 days ago: the changes of 70, 60 and 30 days ago lie within 90 days
    assert stable["flapping"] == 0.25
    assert stable["good"] is False


def test_a_new_version_is_young(engine: Engine) -> None:
    with lent(engine, [person(BASE - 300)]) as connection:
        kept(connection, SPREAD, as_of=BASE - 10)
        old = health(connection, [SPREAD], BASE)[-1]
        changed = SPREAD.changed({"window": 90})
        kept(connection, changed)
        young = cards(connection, changed)["spread.inactive"]

        with pytest.raises(SettingsError, match="not in force"):
            health(connection, [SPREAD], BASE)
    assert (old["version"], old["stable"]["days"], old["stable"]["good"]) == (1, 300, True)
    assert (young["version"], young["stable"]["days"], young["stable"]["good"]) == (2, 0, False)


def test_two_segments_of_the_same_people_are_one_too_many(fresh: Fresh) -> None:
    """Of 3 who bought, 2 did so twice: they share 2 of 3; the prospects are as far from both as can be."""
    twice = family("twice", "number_of_orders >= 2")
    buyers = family("buyers", "number_of_orders >= 1", "TRUE")
    people = [Person(BASE), person(BASE, BASE), person(BASE, BASE), person(BASE)]
    with lent(fresh(), people) as connection:
        kept(connection, twice, buyers)
        found = {key: card["differentiable"] for key, card in cards(connection, twice, buyers).items()}

    # 2 orders a person against 5/3; money alike; recency the same
    assert found["twice.s0"] == {"nearest": "buyers.s0", "overlap": 0.6667, "distance": 0.1667, "good": False}
    assert found["buyers.s0"]["nearest"] == "twice.s0"
    assert found["buyers.s1"] == {"nearest": "buyers.s0", "overlap": 0.0, "distance": 1.0, "good": True}


def test_what_a_rule_reads_must_be_known(engine: Engine) -> None:
    money = family("money", "amount_spent > 5", "TRUE")
    foreign = Person(BASE, [Sale(BASE, None)])
    with lent(engine, [person(BASE) for _ in range(3)] + [foreign]) as connection:
        kept(connection, SPREAD, money)
        found = cards(connection, SPREAD, money)
        agreed = family("agreed", "email_subscription_status = 'SUBSCRIBED'")
        bowls = family("bowls", "products_purchased MATCHES (id = 7)")
        kept(connection, agreed, bowls)
        told = cards(connection, agreed, bowls)
        kept(connection, SPREAD, money)
        connection.execute(update(table(Store)).values(floor_day=BASE - 10))
        short = cards(connection, SPREAD, money)

    assert told["agreed.s0"]["identifiable"]["people"] == 0  # nobody was asked
    assert told["bowls.s0"]["identifiable"]["people"] == 0  # no order says what was bought
    assert found["money.s0"]["identifiable"] == {"people": 3, "of": 4, "share": 0.75, "good": False}
    assert found["spread.new"]["identifiable"]["good"] is True
    assert short["spread.new"]["identifiable"] == {"people": 0, "of": 4, "share": 0.0, "good": False}


def test_an_actionable_segment_has_an_aim_a_way_and_a_place(engine: Engine) -> None:
    whole = Action("to_loyal", "second_purchase", ("letters",))
    with lent(engine, [person(BASE)]) as connection:
        kept(connection, SPREAD)
        found = cards(connection, SPREAD, spread_new=whole, spread_loyal=Action("keep"))

    assert found["spread.new"]["actionable"]["good"] is True
    assert found["spread.loyal"]["actionable"] == {
        "objective": "keep", "playbook": None, "destinations": [], "good": False,
    }  # fmt: skip
    assert found["spread.prospect"]["stable"]["good"] is None  # nobody was ever there


# -------------------------------------------------------------------------------------------------- priorities


END = day_number(date(2026, 3, 31))


def history() -> list[Person]:
    """200 people who first bought (10 EUR) on 31 March 2024, 100 of them again 200 and 250 days later for 30 each.

    With a window of 180 days the 100 are loyal for 130 days; the others have long been inactive.
    """
    start = END - 730
    coming = [Person(start, [Sale(start), Sale(start + 200, 3000), Sale(start + 250, 3000)]) for _ in range(100)]
    return coming + [person(start) for _ in range(100)]


def test_a_value_is_people_times_chance_times_gain(fresh: Fresh) -> None:
    """The ends of months are those from 2024-03-31 on; by hand from the days on which each group moved.

    Chances are sampled on the last 12 ends of months up to 90 days ago: 2025-01-31 to 2025-12-31; years on those up to
    365 days ago: 2024-04-30 to 2025-03-31.
    """
    with lent(fresh(), history()) as connection:
        kept(connection, SPREAD, as_of=END)
        (found,) = priorities(connection, "spread", END, [("inactive", "loyal")])
        again = priorities(connection, "spread", END, [("inactive", "loyal")])

    # loyal from day 250 after the start (2024-12-06) until day 250 + 130 (the order of day 200 leaves at 380):
    # on no end of a month since 2025-01-31 was anybody inactive who became loyal within 90 days
    assert found["enough"] is True
    assert (found["people"], found["chance"], found["value"]["minor"]) == (200, 0.0, 0)
    assert [limit["minor"] for limit in found["interval"]] == [0, 0]
    # inactive with a year known: 100 from 2024-09-27 on and, until day 200, the other 100, who then bring 60 EUR
    # ends of months: 2024-09-30 (200 people, 6000 of 100), then 10-31 (100), 11-30, 12-31, 2025-01-31, 02-28, 03-31
    assert found["yearly"]["from"]["minor"] == round(100 * 6000 / (200 + 100 * 6))
    assert found["yearly"]["to"]["minor"] == 0
    assert again == [found]


def test_the_chance_is_measured_and_the_most_valuable_comes_first(engine: Engine) -> None:
    """Each month-end of a year and more 120 people appear; half buy again after 60 days, and again after another 60."""
    people = []
    for month in range(24):
        day = END - 30 * month - 5
        people += [Person(day, [Sale(day), Sale(day + 60, 4000), Sale(day + 120, 4000)]) for _ in range(10)]
        people += [person(day) for _ in range(10)]
    with lent(engine, people) as connection:
        kept(connection, SPREAD, as_of=END)
        found = {(entry["from"], entry["to"]): entry for entry in priorities(connection, "spread", END)}

    pairs = [entry for entry in found.values() if entry["enough"]]
    assert [entry["value"]["minor"] for entry in pairs] == sorted((e["value"]["minor"] for e in pairs), reverse=True)
    loyal = found["new", "loyal"]
    low, high = (limit["minor"] for limit in loyal["interval"])
    assert low < loyal["value"]["minor"] < high
    assert loyal["median_days"] == 60
    assert 0 < loyal["chance"] < 0.6
    assert loyal["yearly"]["to"]["minor"] > 0


@pytest.mark.parametrize(("people", "days", "reason"), [(120, 300, "too_little_history"), (60, 700, "too_few_people")])
def test_no_value_is_claimed_of_too_little(engine: Engine, people: int, days: int, reason: str) -> None:
    with lent(engine, [person(END - days, END - days + 20) for _ in range(people)]) as connection:
        kept(connection, SPREAD, as_of=END)
        (found,) = priorities(connection, "spread", END, [("inactive", "loyal")])

    assert (found["enough"], found["reason"]) == (False, reason)
    assert "value" not in found
    assert found["people"] == people


def test_an_empty_shop_has_no_priorities(engine: Engine) -> None:
    with lent(engine, []) as connection:
        kept(connection, SPREAD, as_of=END)

        assert priorities(connection, "spread", END) == []


def test_intervals_hold_what_they_say() -> None:
    assert interval(50, 99) is None
    assert interval(0, 100) == [0.0, 0.0]
    assert interval(100, 100) == [1.0, 1.0]
    assert interval(50, 100) == [0.4, 0.6]
    assert interval(500_000, 1_000_000) == [0.499, 0.501]
    assert middle([float(n) for n in range(1, 1001)]) == (25.0, 976.0)
    assert 0.9 < sum(resampled({7: 1})) / 1000 < 1.1


def test_cdnow_goes_to_and_fro_and_is_worth_winning_back(engine: Engine) -> None:
    """8.2 % of its customers changed stage three times within 90 days, as was measured outside."""
    end = day_number(date(1998, 6, 30))
    with cdnow(engine) as connection:
        kept(connection, SPREAD, as_of=end)
        found = {(entry["from"], entry["to"]): entry for entry in priorities(connection, "spread", end)}
        with stays(connection, "spread") as rows:
            restless = len(to_and_fro(connection.execute(select(rows).where(rows.c.before.is_not(None)))))
        calm = {card["segment"]: card["stable"] for card in health(connection, [SPREAD], end)}

    assert round(100 * restless / 23_570, 1) == 8.2
    back = found["inactive", "loyal"]
    assert back["people"] == 18_210
    assert back["enough"] is True
    low, high = (limit["minor"] for limit in back["interval"])
    assert 0 < low < back["value"]["minor"] < high
    assert calm["spread.inactive"]["weekly_churn"] < calm["spread.loyal"]["weekly_churn"]


def to_and_fro(changes: Iterable[Any]) -> set[int]:
    """Who changed three times within 90 days."""
    days: dict[int, list[int]] = {}
    for row in changes:
        days.setdefault(row.customer_id, []).append(row.entered_on)
    return {
        who for who, on in days.items() if any(c - a < 90 for a, c in zip(sorted(on), sorted(on)[2:], strict=False))
    }


# -------------------------------------------------------------------------------------------------- objectives


def objective(*moves: tuple[Sequence[str], Sequence[str]], **more: object) -> dict[str, Objective]:
    text = {"fr": "x", "en": "x"}
    made = tuple({"from": tuple(origin), "to": tuple(to)} for origin, to in moves)
    return {"o": Objective.model_validate({"key": "o", "label": text, "description": text, "moves": made, **more})}


def steady(half: int = 10) -> list[Person]:
    """Each 30 days of two years twice `half` people appear; half buy again after 60 days, and after another 60."""
    people = []
    for month in range(24):
        day = END - 30 * month - 5
        people += [Person(day, [Sale(day), Sale(day + 60, 4000), Sale(day + 120, 4000)]) for _ in range(half)]
        people += [person(day) for _ in range(half)]
    return people


def test_an_objective_of_one_move_is_worth_what_the_move_is(fresh: Fresh) -> None:
    wanted = objective((["spread.new"], ["spread.loyal"]), target=12, deadline=date(2026, 12, 31))
    with lent(fresh(), steady()) as connection:
        kept(connection, SPREAD, as_of=END)
        (alone,) = priorities(connection, "spread", END, [("new", "loyal")])
        (found,) = objectives(connection, wanted, [SPREAD], END)

    same = ("people", "within", "median_days", "chance", "yearly", "value", "interval")
    assert {name: found[name] for name in same} == {name: alone[name] for name in same}
    assert (found["family"], found["from"], found["to"], found["stays"]) == ("spread", ["new"], ["loyal"], False)
    assert (found["target"], found["deadline"], found["left_out"]) == (12, "2026-12-31", [])


def test_the_people_who_make_the_move_are_counted_by_whole_month(fresh: Fresh) -> None:
    """Ten become loyal every 30 days: once in each month, twice in one of 31 days that begins with such a day."""
    wanted = objective((["spread.new"], ["spread.loyal"]))
    with lent(fresh(), steady()) as connection:
        kept(connection, SPREAD, as_of=END)
        (found,) = objectives(connection, wanted, [SPREAD], END)
        (before,) = objectives(connection, wanted, [SPREAD], END - 1)

    days = [END - 30 * month - 5 + 60 for month in range(24)]
    expected: dict[str, int] = {}
    for day in days:
        month = date.fromordinal(day + date(1970, 1, 1).toordinal()).isoformat()[:7]
        expected[month] = expected.get(month, 0) + 10
    assert [entry["month"] for entry in found["observed"]] == [f"2025-{m:02}" for m in range(4, 13)] + [
        f"2026-{m:02}" for m in range(1, 4)
    ]
    assert all(entry["people"] == expected.get(entry["month"], 0) for entry in found["observed"])
    assert found["pace"] == round(sum(entry["people"] for entry in found["observed"][-3:]) / 3, 1)
    assert before["observed"][-1]["month"] == "2026-02"  # March is not whole yet


def test_of_two_aims_the_one_that_is_reached_first_counts(engine: Engine) -> None:
    """Whoever comes back is loyal at once: the chance of either is that of the one, and nobody is counted twice."""
    both = objective((["spread.new"], ["spread.loyal", "spread.inactive"]))
    one = objective((["spread.new"], ["spread.loyal"]))
    with lent(engine, steady(30)) as connection:
        kept(connection, SPREAD, as_of=END)
        (either,) = objectives(connection, both, [SPREAD], END)
        (loyal,) = objectives(connection, one, [SPREAD], END)

    assert loyal["chance"] < either["chance"] <= 1


def test_to_stay_is_worth_what_leaving_costs(engine: Engine) -> None:
    """A year after they were loyal nobody has bought again: leaving costs nothing, and half are seen to leave."""
    wanted = objective((["spread.loyal"], ["spread.loyal"]))
    with lent(engine, steady(30)) as connection:
        kept(connection, SPREAD, as_of=END)
        (found,) = objectives(connection, wanted, [SPREAD], END)
        pairs = priorities(connection, "spread", END, [("loyal", "inactive"), ("loyal", "occasional")])

    assert (found["stays"], found["people"]) == (True, pairs[0]["people"])
    assert 0 < found["chance"] < 1
    assert found["value"]["minor"] >= 0
    assert found["observed"][-1]["people"] > 0


def test_objectives_of_families_that_are_not_asked_about_are_left_out(engine: Engine) -> None:
    wanted = objective((["rfm.new"], ["rfm.loyal"]), (["spread.new"], ["spread.loyal"]))
    with lent(engine, [person(END)]) as connection:
        kept(connection, SPREAD, as_of=END)
        found = objectives(connection, wanted, [SPREAD], END)

    assert [(entry["family"], entry["enough"]) for entry in found] == [("spread", False)]


def test_an_audience_has_a_card_of_its_own(engine: Engine) -> None:
    """Two of three bought within the year: the audience holds them, and shares them with the stage that is nearest."""
    families = library().chosen(keys=["spread", "aud.bought_365"])
    people = [person(BASE), person(BASE - 10, BASE - 5), person(BASE - 500)]
    with lent(engine, people) as connection:
        kept(connection, *families)
        found = cards(connection, *families)

    card = found["aud.bought_365"]
    assert card["substantial"]["people"] == 2
    assert (card["differentiable"]["nearest"], card["differentiable"]["overlap"]) == ("spread.loyal", 0.5)
    assert card["identifiable"]["good"] is True
    assert card["stable"]["days"] == 500
