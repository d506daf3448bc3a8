from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from connector.answers.roster import counted_since
from connector.catalogue import Family, catalogue
from connector.days import day_date
from connector.errors import SettingsError
from connector.history.memberships import activate, advance
from connector.history.movements import evolution, movements, unsettled
from tests.conftest import Fresh
from tests.rules_world import BASE, Person, Sale, add_rows, family, lent, person, shops, stage, stages_on

SPREAD = catalogue()[0]
Move = tuple[str | None, str | None, int, dict[str, int]]


def kept(connection: Connection, families: Sequence[Family], as_of: int = BASE, *, history: bool = True) -> None:
    activate(connection, families, as_of, history=history)
    advance(connection, families, as_of)


def moves(connection: Connection, from_day: int, to_day: int, key: str = "spread") -> list[Move]:
    report = movements(connection, key, from_day, to_day)
    assert (report["from"], report["to"]) == (day_date(from_day).isoformat(), day_date(to_day).isoformat())
    return [(move["from"], move["to"], move["people"], move["causes"]) for move in report["moves"]]


def test_each_person_moves_once_from_stage_to_stage_by_the_last_cause(engine: Engine) -> None:
    """With the window of 180 days: an order of day d is in it up to d + 179."""
    people = [
        person(BASE - 200),  # new until BASE - 21, then inactive by time
        person(BASE - 210, BASE - 5),  # inactive, then occasional by an order
        person(BASE - 100, BASE - 3),  # new, then loyal
        person(BASE - 10),  # not there before
        person(BASE - 50),  # stays new
        person(BASE - 60, BASE - 40),  # stays loyal
        person(BASE - 80, since=BASE - 90),  # stays new: prospect before the first day asked for
    ]
    with lent(engine, people) as connection:
        kept(connection, [SPREAD])

        assert moves(connection, BASE - 30, BASE) == [
            (None, "new", 1, {"order": 1}),
            ("new", "loyal", 1, {"order": 1}),
            ("new", "inactive", 1, {"time": 1}),
            ("inactive", "occasional", 1, {"order": 1}),
        ]


def test_a_change_that_is_taken_back_is_no_movement_and_a_refund_is_a_cause(engine: Engine) -> None:
    back = Person(BASE - 20, [Sale(BASE - 20), Sale(BASE - 10, void=BASE - 5, refunds=[(BASE - 5, 1000)])])
    with lent(engine, [back]) as connection:
        kept(connection, [SPREAD])

        assert moves(connection, BASE - 15, BASE) == []
        assert moves(connection, BASE - 15, BASE - 7) == [("new", "loyal", 1, {"order": 1})]
        assert moves(connection, BASE - 7, BASE) == [("loyal", "new", 1, {"refund": 1})]
        assert moves(connection, BASE, BASE) == []


def test_a_new_definition_moves_those_alone_whose_stage_it_changes(engine: Engine) -> None:
    with lent(engine, [person(BASE - 100), person(BASE - 20)]) as connection:
        kept(connection, [SPREAD], BASE - 10)
        kept(connection, [SPREAD.changed({"window": 90})], BASE)

        assert moves(connection, BASE - 20, BASE) == [("new", "inactive", 1, {"definition": 1})]
        by_day = {entry["day"]: entry for entry in evolution(connection, "spread", BASE - 1, BASE)["days"]}

    assert [(entry["version"], entry["people"]["new"]) for entry in by_day.values()] == [(1, 2), (2, 1)]


def test_who_leaves_an_audience_goes_nowhere(engine: Engine) -> None:
    audience = family("aud", "orders_placed MATCHES (date > -30d)")
    leaver = Person(BASE - 9, [Sale(BASE - 9, void=BASE - 2)])
    with lent(engine, [person(BASE - 40), leaver, person(BASE)]) as connection:
        kept(connection, [audience])

        assert moves(connection, BASE - 11, BASE, "aud") == [
            (None, "s0", 1, {"order": 1}),
            ("s0", None, 1, {"time": 1}),
        ]
        assert moves(connection, BASE - 9, BASE - 2, "aud") == [("s0", None, 1, {"order": 1})]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shops(), st.integers(BASE - 60, BASE + 15), st.integers(0, 50), st.sampled_from([7, 30, 180]))
def test_movements_and_daily_counts_are_what_the_words_say_of_each_day(
    engine: Engine, people: list[Person], first: int, days: int, window: int
) -> None:
    spread, last = SPREAD.changed({"window": window}), min(first + days, BASE + 15)
    with lent(engine, people) as connection:
        kept(connection, [spread], BASE + 15)
        found = moves(connection, first, last)
        course = evolution(connection, "spread", first, last)["days"]

    def stage_key(someone: Person, day: int) -> str | None:
        number = stage(spread, someone, day) if someone.since <= day else None
        return None if number is None else spread.stages[number].key

    pairs = Counter((stage_key(someone, first), stage_key(someone, last)) for someone in people)
    expected = {pair: number for pair, number in pairs.items() if pair[0] != pair[1]}
    assert {(origin, target): number for origin, target, number, _ in found} == expected
    assert all(sum(causes.values()) == number for *_, number, causes in found)
    for entry, day in zip(course, range(first, last + 1), strict=True):
        held = Counter(stage_key(someone, day) for someone in people)
        assert entry == {
            "day": day_date(day).isoformat(),
            "version": 1,
            "people": {known.key: held[known.key] for known in spread.stages},
        }


def test_movements_without_a_history_are_refused(engine: Engine) -> None:
    with lent(engine, [person(BASE - 50)]) as connection:
        with pytest.raises(SettingsError, match="No history of spread is kept"):
            movements(connection, "spread", BASE - 5, BASE)
        kept(connection, [SPREAD], history=False)
        with pytest.raises(SettingsError, match=f"before {day_date(BASE)}"):
            movements(connection, "spread", BASE - 1, BASE)
        with pytest.raises(SettingsError, match="lies after"):
            evolution(connection, "spread", BASE + 1, BASE)
        with pytest.raises(SettingsError, match="No history of rfm") as error:
            evolution(connection, "rfm", BASE, BASE)

        assert moves(connection, BASE, BASE) == []
    assert error.value.remedy == "Use one of: spread."


def test_people_who_wait_for_a_recompute_are_told(engine: Engine) -> None:
    with lent(engine, [person(BASE - 50)]) as connection:
        kept(connection, [SPREAD])
        add_rows(connection, 1, [Sale(BASE + 1)])

        assert unsettled(connection, BASE) == 0
        assert unsettled(connection, BASE + 130) == 1


def test_both_databases_say_the_same(fresh: Fresh) -> None:
    people = [person(BASE - 200), person(BASE - 100, BASE - 3), Person(BASE - 4)]
    with lent(fresh(), people) as connection:
        kept(connection, [SPREAD], BASE - 2)
        kept(connection, [SPREAD.changed({"window": 90})], BASE)

        assert moves(connection, BASE - 30, BASE) == [
            (None, "prospect", 1, {"profile": 1}),
            ("new", "occasional", 1, {"definition": 1}),
            ("new", "inactive", 1, {"time": 1}),
        ]
        assert {key for keys in stages_on(connection, BASE).values() for key in keys} == {
            "spread.prospect",
            "spread.occasional",
            "spread.inactive",
        }


def test_a_family_is_counted_since_its_past_is_known_or_it_was_last_switched_on(engine: Engine) -> None:
    audience = family("aud", "number_of_orders > 0")
    with lent(engine, [person(BASE - 100)]) as connection:
        kept(connection, [SPREAD], BASE - 30)
        kept(connection, [SPREAD.changed({"window": 90}), audience], BASE - 20, history=False)
        begun = [counted_since(connection, key) for key in ("spread", "aud", "rfm")]
        kept(connection, [SPREAD], BASE - 10)
        kept(connection, [SPREAD, audience], BASE)

        assert begun == [None, BASE - 20, None]
        assert [counted_since(connection, key) for key in ("spread", "aud")] == [None, BASE]
