"""Plans over supposed memberships, on both databases: the plan's own code, and nothing that stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from connector.answers.simulate import answered, compared, suppose
from connector.catalogue import library
from connector.models import Change, DestinationRow, Identity, Membership, Plan, Segment
from connector.tables import table
from sync.push import Target, plan
from sync.push.rehearse import rehearsal
from tests.conftest import Fresh
from tests.rules_world import BASE, Person, lent, person

TARGET = Target("letters", "mailchimp", "email", tags={"spread.new": "New", "spread.inactive": "Inactive"})
NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


def rows(connection: Connection) -> dict[str, list[Any]]:
    """All that planning could write."""
    return {
        model.__name__: [tuple(row) for row in connection.execute(select(table(model)))]
        for model in (Segment, Membership, DestinationRow, Plan, Change)
    }


def test_a_plan_is_formed_over_what_is_supposed_and_nothing_stays(fresh: Fresh) -> None:
    """1 bought today, 2 a hundred days ago, 3 never: with a window of 60 days the second is inactive."""
    supposition = suppose(library(), ["spread.window=60"], ["spread"])
    with lent(fresh(), [person(BASE), person(BASE - 100), Person(BASE)]) as connection:
        addresses = [
            {"id": n, "kind": "email", "scope": 0, "value": f"p{n}@shop.example", "customer_id": n} for n in (1, 2, 3)
        ]
        connection.execute(insert(table(Identity)), addresses)
        connection.execute(insert(table(DestinationRow)).values(id=1, key="other", platform="mailchimp", held=False))
        before = rows(connection)
        with answered(connection, supposition, BASE) as answers:
            (told,) = compared(connection, answers, supposition, BASE)
            with rehearsal(connection, answers, supposition.stages(answers), BASE, [TARGET]):
                formed = plan(connection, TARGET, now=NOW + timedelta(hours=1), run_id=0)
        after = rows(connection)

    assert told["moves"] == [{"from": "new", "to": "inactive", "people": 1}]
    assert [(one["person"], one["email"]) for one in told["sample"]] == [(2, "p2@shop.example")]
    assert [(item.text, item.added) for item in formed.items] == [("Inactive", 1), ("New", 1)]
    assert (formed.people, formed.guards) == (2, ())
    assert after == before


def test_nothing_stays_of_a_rehearsal_that_fails(fresh: Fresh) -> None:
    supposition = suppose(library(), ["spread.window=60"], ["spread"])
    seen = {}
    with lent(fresh(), [person(BASE)]) as connection:
        before = rows(connection)

        def fail() -> None:
            with (
                answered(connection, supposition, BASE) as answers,
                rehearsal(connection, answers, supposition.stages(answers), BASE, [TARGET]),
            ):
                seen.update(rows(connection))
                raise LookupError

        with pytest.raises(LookupError):
            fail()
        after = rows(connection)

    assert seen["Membership"] != before["Membership"]
    assert after == before
