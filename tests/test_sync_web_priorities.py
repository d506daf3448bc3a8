"""The priorities: opportunities, grid, curve, months and ladder are the reports' own figures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from connector.answers.questions import ask
from connector.judging.acquisition import acquisition
from connector.judging.grid import SCORES, rule
from connector.judging.ladder import ladder
from connector.judging.objectives import objectives
from connector.judging.pareto import pareto
from connector.judging.silences import silences
from connector.models import Order
from connector.settings import Settings
from connector.tables import table
from sync.shelf import shelf
from tests.dashboard_world import Dashboard, copied
from tests.week_world import TODAY, made


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("priorities"))


@pytest.fixture
def dashboard(base: Path, tmp_path: Path) -> Iterator[Dashboard]:
    with copied(base, tmp_path) as engine:
        yield Dashboard(engine, Settings(stores={}))


def asked(dashboard: Dashboard) -> dict[str, Any]:
    """What the API tells a viewer's program."""
    answer = dashboard.token("reader", "viewer").get("/api/v1/priorities", headers={"Accept-Language": "en"})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_opportunities_are_the_objectives_in_their_order_with_the_parts_of_their_value(dashboard: Dashboard) -> None:
    known = shelf(Settings())
    with dashboard.engine.connect() as connection:
        report = objectives(connection, known.library.objectives, known.families, TODAY)
    found = asked(dashboard)
    assert [one["objective"] for one in found["opportunities"]] == [entry["objective"] for entry in report]
    for one, entry in zip(found["opportunities"], report, strict=True):
        assert (one["people"], one["days"], one["pace"]) == (entry["people"], entry["median_days"], entry["pace"])
        assert [part["key"] for part in one["origins"]] == [f"spread.{key}" for key in entry["from"]]
        if not entry["enough"]:
            assert (one["stake"], one["reason"], one["gain"]) == (None, entry["reason"], None)
            continue
        assert (one["stake"]["value"], one["chance"]) == (entry["value"], entry["chance"])
        if not one["chance"]:
            assert one["gain"] is None
            continue
        worked_out = one["people"] * one["chance"] * one["gain"]["minor"]
        assert worked_out == pytest.approx(entry["value"]["minor"], rel=0.01)


def test_the_matrix_has_what_has_value_and_delay_under_the_table_s_numbers(dashboard: Dashboard) -> None:
    found = asked(dashboard)
    wanted = {
        number: (one["days"], one["stake"]["value"]["minor"] / 100)
        for number, one in enumerate(found["opportunities"], 1)
        if one["stake"] and one["days"] is not None
    }
    assert wanted
    assert {point["number"]: (point["x"], point["y"]) for point in found["points"]["points"]} == wanted


def test_the_grid_has_every_buyer_once_and_each_cell_s_rule_finds_its_people(dashboard: Dashboard) -> None:
    cells = [cell for row in asked(dashboard)["grid"] for cell in row]
    orders = table(Order)
    with dashboard.engine.connect() as connection:
        buyers = connection.scalar(select(func.count(func.distinct(orders.c.customer_id))))
        largest = max(cells, key=lambda cell: cell["people"])
        answer = ask(connection, largest["rule"], TODAY, shelf(Settings()).library)
    assert len(cells) == 25
    assert sum(cell["people"] for cell in cells) == buyers == 450
    assert (answer.people, largest["level"]) == (largest["people"], 5)
    assert all((cell["level"] == 0) == (cell["people"] == 0) for cell in cells)
    assert len({cell["rule"] for cell in cells}) == 25


def test_a_cell_is_a_score_and_half_of_what_two_others_are_together() -> None:
    assert rule(5, 5) == "rfm_r = 5 AND rfm_f = 5 AND rfm_m = 5"
    assert rule(1, 1) == "rfm_r = 1 AND (rfm_f = 1 AND rfm_m BETWEEN 1 AND 2 OR rfm_f = 2 AND rfm_m = 1)"
    pairs = [(f, m) for f in SCORES for m in SCORES]
    assert {(f + m) // 2 for f, m in pairs} == {*SCORES}


def test_curve_months_and_ladder_are_the_reports_own(dashboard: Dashboard) -> None:
    found = asked(dashboard)
    with dashboard.engine.connect() as connection:
        top, months = pareto(connection, TODAY), acquisition(connection, TODAY)
        rungs = ladder(connection, TODAY, found["within"])
    lines = {line["name"]: line["values"] for line in found["curve"]["series"]}
    ever = lines["Since the first order"]
    assert (found["lifetime"]["share"], found["lifetime"]["people_for_80"]) == (
        top["lifetime"]["share"],
        top["lifetime"]["people_for_80"],
    )
    assert (ever[0], ever[-1], ever == sorted(ever)) == (0, 100, True)
    at_twenty = ever[found["curve"]["along"].index("20%")]  # the report takes in who spent as much as the last one
    assert 100 * top["lifetime"]["share"] - 3 < at_twenty <= 100 * top["lifetime"]["share"]
    first, later = (line["values"] for line in found["months"]["series"])
    assert sum(later) == sum(round(month["later"]["revenue"]["minor"] / 100) for month in months[-36:])
    assert first[-1] == round(months[-1]["first"]["revenue"]["minor"] / 100)
    assert [(rung["purchases"], rung["people"], rung["again"]) for rung in found["ladder"]] == [
        (rung["purchases"], rung["people"], rung["of_them"]) for rung in rungs
    ]


@pytest.mark.parametrize(("language", "words"), [("fr", "Délai médian"), ("en", "Median delay")])
def test_the_page_tells_all_of_it_without_a_script(dashboard: Dashboard, language: str, words: str) -> None:
    page = dashboard.user("Vic", "viewer", language).get("/priorities").text
    assert words in page
    assert page.count('<td class="h') == 25
    assert "/rules?rule=rfm_r" in page
    assert page.count("<tr>") > 50


def test_days_without_orders_are_a_silence_where_the_shop_usually_has_some(dashboard: Dashboard) -> None:
    orders = table(Order)
    with dashboard.engine.connect() as connection:
        before = silences(connection, TODAY)
        connection.execute(orders.delete().where(orders.c.local_day.between(TODAY - 400, TODAY - 360)))
        (found,) = {*silences(connection, TODAY)} - {*before}
        assert found[0] <= TODAY - 400 < TODAY - 360 <= found[1]
        assert silences(connection, TODAY + 90)[-1][1] == TODAY + 90
        connection.execute(orders.delete().where(orders.c.local_day > TODAY - 1090))
        assert silences(connection, TODAY) == []  # too few days to know what is usual
        connection.rollback()
