"""Who came into a segment and who left it: counted, or of very many estimated from a sample."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, insert

from connector.history.counts import Deltas, write_counts
from connector.history.passage import COUNTED, MOVED, Overlap, overlaps, passage
from connector.models import Customer, Membership, Segment
from connector.tables import table

FIRST, SINCE, LATER = 100, 140, 150
A, B = 1, 2


@pytest.mark.parametrize("people", [300, 8 * MOVED])
def test_every_third_goes_on_and_every_tenth_is_new(engine: Engine, people: int) -> None:
    rows, deltas = [], Deltas()
    for person in range(1, people + 1):
        since = LATER if person % 10 == 1 else FIRST
        goes = since == FIRST and person % 3 == 0
        rows.append({"customer_id": person, "segment_id": A, "entered_on": since, "left_on": LATER if goes else None})
        deltas[A, since] += 1
        if goes:
            rows.append({"customer_id": person, "segment_id": B, "entered_on": LATER, "left_on": None})
            deltas[A, LATER] -= 1
            deltas[B, LATER] += 1
    new, gone = people // 10, deltas[B, LATER]
    stages = [
        {"id": number, "key": key, "version": 1, "family": "f", "position": number, "rule": "TRUE", "active": True}
        for number, key in ((A, "f.a"), (B, "f.b"))
    ]
    with engine.begin() as connection:
        connection.execute(insert(table(Customer)), [{"id": n, "since_day": FIRST} for n in range(1, people + 1)])
        connection.execute(insert(table(Segment)), stages)
        connection.execute(insert(table(Membership)), [{**row, "cause": "order"} for row in rows])
        write_counts(connection, deltas)

        into_a, into_b = (passage(connection, "f", key, SINCE) for key in ("f.a", "f.b"))

    about = pytest.approx if people > 300 else lambda number, rel: number
    assert into_a.exact == into_b.exact == (people == 300)
    assert into_a.came == {None: about(new, rel=0.05)}
    assert into_a.left == {"f.b": about(gone, rel=0.05)}
    assert into_b.came == {"f.a": about(gone, rel=0.05)}
    assert into_b.causes == {"order": about(gone, rel=0.05)}
    assert into_b.left == {}
    assert (into_a.net, into_b.net) == (new - gone, gone)


def test_two_segments_say_the_same_of_the_people_they_share(engine: Engine) -> None:
    everybody = COUNTED * 11 // 10
    people = range(1, everybody + 1)
    inside = {
        "all.a": [*people],
        "most.a": [who for who in people if who % 20],
        "few.a": [*people[::300]],
        "none.a": [],
    }
    keys = dict(enumerate(inside, 1))
    rows = [
        {"customer_id": who, "segment_id": number, "entered_on": FIRST, "cause": "order"}
        for number, key in keys.items()
        for who in inside[key]
    ]
    with engine.begin() as connection:
        connection.execute(insert(table(Customer)), [{"id": n, "since_day": 1} for n in people])
        connection.execute(
            insert(table(Segment)),
            [
                {"id": n, "key": key, "version": 1, "family": key, "position": 0, "rule": "TRUE", "active": True}
                for n, key in keys.items()
            ],
        )
        connection.execute(insert(table(Membership)), rows)
        write_counts(connection, Deltas({(number, FIRST): len(inside[key]) for number, key in keys.items()}))
        found = {(key, one.key): one for key in inside for one in overlaps(connection, key, inside.keys() - {key}, 9)}
        first = overlaps(connection, "few.a", ["most.a", "all.a"], 1)

    said = {pair: (one.people, one.exact) for pair, one in found.items()}
    assert said == {pair[::-1]: same for pair, same in said.items()}
    few = len(inside["few.a"])
    assert found["few.a", "all.a"] == Overlap("all.a", few, exact=True)
    estimated = found["all.a", "most.a"]
    assert estimated.people == pytest.approx(len(inside["most.a"]), rel=0.02)
    assert not estimated.exact
    assert not any("none.a" in pair for pair in found)
    assert [one.key for one in first] == ["all.a"]
