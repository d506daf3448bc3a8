"""What each person may bring within 12 months, kept for rules: found once a week, from the state of its Monday."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select

from connector.catalogue import Family
from connector.clv.report import clv
from connector.database import bulk, upsert
from connector.days import monday
from connector.identity import touch
from connector.models import Calibration, PredictedValue
from connector.predictions import MADE, made_on
from connector.tables import table

predicted = table(PredictedValue)


def keep(connection: Connection, family: Family, day: int) -> None:
    """Keep what the last Monday's models say, unless that is kept already; nothing of anybody where data are thin.

    Whose value is another than before is looked at again on the day.
    """
    when = monday(day)
    if made_on(connection) == when:
        return
    report = clv(connection, family, when)
    values = report.values
    found: dict[int, int] = {}
    if report.model is not None and values is not None:
        people = report.model.buyers.person.tolist()
        found = {person: round(value) for person, value in zip(people, values.tolist(), strict=True)}
    before = {row.customer_id: row.clv_12m for row in connection.execute(select(predicted))}
    changed = [person for person in {*before, *found} if before.get(person) != found.get(person)]
    connection.execute(delete(predicted))
    bulk(connection, predicted, ("customer_id", "clv_12m"), sorted(found.items()))
    row = {"key": MADE, "day": 0, "value": when}
    connection.execute(upsert(connection, table(Calibration), ("key", "day")), row)
    touch(connection, dict.fromkeys(changed, day), {})
