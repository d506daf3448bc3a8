"""CDNOW's 69,659 orders by figures that others counted; see the README beside the file."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Engine

from connector.days import day_number
from connector.judging.acquisition import acquisition, cohorts
from connector.judging.ladder import ladder
from connector.judging.pareto import pareto
from connector.judging.window import window
from tests.judging_world import cdnow

END = day_number(date(1998, 6, 30))


def test_the_figures_of_the_shop(engine: Engine) -> None:
    with cdnow(engine) as connection:
        top = pareto(connection, END)["lifetime"]
        rungs = ladder(connection, END, None)
        joined = {row["month"]: row for row in cohorts(connection, END)}
        months = acquisition(connection, END)
        suggested = window(connection, END)

    assert (top["buyers"], top["of"]["minor"]) == (23_570, 250_031_563)
    assert top["people"] >= 4714
    assert round(top["share"] * 100, 1) == 67.8
    assert (rungs[0]["people"], rungs[0]["of_them"], rungs[0]["share"]) == (23_570, 11_516, 0.4886)
    assert {month: row["people"] for month, row in joined.items()} == {
        "1997-01": 7846, "1997-02": 8476, "1997-03": 7248,
    }  # fmt: skip
    assert list(joined["1997-01"]["bought"].values())[1:8] == [1157, 964, 810, 679, 736, 720, 582]
    assert list(joined["1997-02"]["bought"].values())[1:7] == [1312, 980, 783, 847, 786, 626]
    assert list(joined["1997-03"]["bought"].values())[1:6] == [1032, 752, 756, 674, 564]
    revenue = sum(row["first"]["revenue"]["minor"] + row["later"]["revenue"]["minor"] for row in months)
    assert revenue == 250_031_563
    assert sum(row["first"]["occasions"] for row in months) == 23_570
    assert sum(row["first"]["occasions"] + row["later"]["occasions"] for row in months) == 67_591
    assert (suggested["gaps"], suggested["people"]) == (67_591 - 23_570, 11_516)
    assert suggested["window"] % 30 == 0
    assert suggested["window"] - 30 < suggested["percentiles"]["90"] <= suggested["window"]
