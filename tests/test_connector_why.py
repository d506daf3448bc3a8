from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from connector.answers.why import explain, misses, verdict
from connector.catalogue import Family, catalogue, library
from connector.errors import SettingsError
from connector.history.memberships import activate, advance
from connector.query import Expression, canonical
from tests.rules_people import Person
from tests.rules_rich import rich_rules, rich_shops
from tests.rules_world import BASE, family, holds, lent, person

SPREAD = catalogue()[0]
EACH = settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))


def turned(trace: dict[str, object], clauses: list[str]) -> dict[str, object]:
    """The trace with some clauses the other way round."""
    if "clause" in trace:
        return {**trace, "true": trace["true"] != (trace["clause"] in clauses)}
    return {
        key: [turned(part, clauses) for part in value]
        if isinstance(value, list)
        else turned(value, clauses)
        if isinstance(value, dict)
        else value
        for key, value in trace.items()
    }


def told_clauses(trace: Mapping[str, Any]) -> list[str]:
    """The texts of the clauses of a trace."""
    if "clause" in trace:
        return [trace["clause"]]
    parts = [part for value in trace.values() for part in (value if isinstance(value, list) else [value])]
    return [text for part in parts if isinstance(part, dict) for text in told_clauses(part)]


@EACH
@given(rich_shops(), rich_rules(), rich_rules(), st.integers(BASE - 20, BASE + 20))
def test_the_trace_evaluated_again_gives_the_verdict(
    engine: Engine, people: list[Person], first: Expression, second: Expression, as_of: int
) -> None:
    rules = [first, second]
    asked: Family = family("life", *(canonical(rule) for rule in rules), "TRUE")
    with lent(engine, people) as connection:
        alive = [n for n, someone in enumerate(people, 1) if someone.since <= as_of]
        told = {number: explain(connection, number, library(), [asked], as_of) for number in alive}

    for number, found in told.items():
        true = [holds(rule, people[number - 1], as_of) for rule in rules]
        stage = true.index(True) if True in true else 2
        assert [verdict(entry["trace"]) for entry in found["segments"]] == [stage == n for n in range(3)]
        for entry in found["segments"]:
            assert entry["in"] == verdict(entry["trace"])
            missing = [clause["clause"] for clause in entry["misses"]]
            texts = told_clauses(entry["trace"])
            if not entry["in"] and len(set(texts)) == len(texts):  # else one and the same would have to be both
                assert verdict(turned(entry["trace"], missing))


def test_a_stage_is_told_with_values_nearest_miss_and_next_change(engine: Engine) -> None:
    with lent(engine, [person(BASE - 200, BASE - 10)]) as connection:
        activate(connection, [SPREAD], BASE)
        advance(connection, [SPREAD], BASE)
        told = explain(connection, 1, library(), [SPREAD], BASE)

    entries = {entry["segment"]: entry for entry in told["segments"]}
    assert [key for key, entry in entries.items() if entry["in"]] == ["spread.occasional"]
    assert entries["spread.occasional"]["since"] == "2026-03-21"
    (missing,) = entries["spread.loyal"]["misses"]
    assert missing == {
        "clause": "orders_placed MATCHES (date > -180d, count >= 2)",
        "value": 1,
        "true": False,
    }
    assert told["next"] == [
        {"family": "spread", "day": "2026-09-17", "from": "spread.occasional", "to": "spread.inactive"}
    ]


def test_one_segment_can_be_asked_for_by_its_key_though_it_is_off(engine: Engine) -> None:
    with lent(engine, [person(BASE - 10)]) as connection:
        told = explain(connection, 1, library(), [SPREAD], BASE, key="cartelis.one_time")

        assert [entry["segment"] for entry in told["segments"]] == ["cartelis.one_time"]
        with pytest.raises(SettingsError, match="no segment"):
            explain(connection, 1, library(), [SPREAD], BASE, key="spread.royal")


def test_a_score_is_told_as_a_score_and_purchase_days_as_one_number(engine: Engine) -> None:
    people = [person(BASE - 400), person(BASE - 40), person(BASE - 90, BASE - 20), *[person(BASE - 300)] * 7]
    with lent(engine, people) as connection:
        told = explain(connection, 3, library(), [SPREAD], BASE, key="rfm")
        (loyal,) = explain(connection, 3, library(), [SPREAD], BASE, key="cartelis.loyal")["segments"]

    assert [entry["segment"] for entry in told["segments"]][:2] == ["rfm.prospects", "rfm.champions"]
    values = {clause["clause"]: clause["value"] for entry in told["segments"] for clause in entry["clauses"]}
    assert values["rfm_r = 5"] == values["rfm_f = 5"] == 5
    assert loyal["clauses"][0]["value"] == 2


def test_the_nearest_miss_takes_the_shorter_way() -> None:
    no, yes = {"clause": "a", "value": 1, "true": False}, {"clause": "b", "value": 2, "true": True}
    other = {"clause": "c", "value": 3, "true": False}

    assert misses({"any": [{"all": [no, other]}, {"all": [yes, other]}]}) == [other]
    assert misses({"all": [no, {"not": yes}]}) == [no, yes]
    assert misses(yes) == []
