"""What people may bring, as an attribute of rules: kept each Monday, and told why where it is not."""

from __future__ import annotations

import random
from pathlib import Path

from sqlalchemy import Engine, select

from connector.answers.questions import ask
from connector.catalogue import library
from connector.clv.report import clv
from connector.database import open_database
from connector.days import monday
from connector.models import Calibration, PredictedValue
from connector.tables import table
from sync.recompute import Recompute
from tests.rules_world import BASE, Person, Sale, family, load, person


def test_what_people_may_bring_is_kept_each_monday_for_the_rules_that_read_it(tmp_path: Path) -> None:
    file = str(tmp_path / "shop.db")
    engine = open_database(file)
    valued = family("valued", "clv_12m > 0", "TRUE")
    with engine.begin() as connection:
        load(connection, regulars())
    recompute = Recompute(engine, (valued,), BASE)
    recompute.day(lambda *_: None)
    predicted, calibrations = table(PredictedValue), table(Calibration)
    with engine.begin() as connection:
        kept = {row.customer_id: row.clv_12m for row in connection.execute(select(predicted))}
        report = clv(connection, valued, monday(BASE))
        connection.execute(calibrations.delete().where(calibrations.c.key == "clv.made"))
        connection.execute(predicted.update().where(predicted.c.customer_id == 1).values(clv_12m=0))
    Recompute(engine, (valued,), BASE).day(lambda *_: None)

    assert report.model is not None
    assert report.values is not None
    people = report.model.buyers.person.tolist()
    assert kept == {person: round(value) for person, value in zip(people, report.values.tolist(), strict=True)}
    with engine.connect() as connection:
        assert connection.scalar(select(predicted.c.clv_12m).where(predicted.c.customer_id == 1)) == kept[1]
        assert connection.scalar(select(calibrations.c.value).where(calibrations.c.key == "clv.made")) == monday(BASE)
        answer = ask(connection, "clv_12m > 0", BASE, library(), today=BASE)
        assert answer.people == sum(value > 0 for value in kept.values())
        assert answer.warnings[1:] == ()


def test_a_rule_says_why_nobody_has_a_value(engine: Engine) -> None:
    thin = family("valued", "clv_12m > 0", "TRUE")
    with engine.begin() as connection:
        load(connection, [person(BASE - 100, BASE - 3)])
        before = ask(connection, "clv_12m > 0", BASE, library())
    Recompute(engine, (thin,), BASE).day(lambda *_: None)
    with engine.connect() as connection:
        after = ask(connection, "clv_12m > 0", BASE, library(), "fr")

    assert (before.people, after.people) == (0, 0)
    assert any("switch one on and recompute" in sentence for sentence in before.warnings)
    assert any("clv_12m est masqué" in sentence for sentence in after.warnings)


def regulars() -> list[Person]:
    """People enough who came back for over a year, at rates of their own."""
    chance = random.Random(7)
    people = []
    for _ in range(400):
        day, end, gap = BASE - 900 + chance.randrange(500), chance.expovariate(1 / 400), chance.gammavariate(1.5, 40)
        days = [day]
        while (day := day + 1 + int(chance.expovariate(1 / gap))) < min(BASE, days[0] + end):
            days.append(day)
        worth = int(chance.gammavariate(4, 600)) + 100
        people.append(Person(days[0], [Sale(when, worth + chance.randrange(worth)) for when in days]))
    return people
