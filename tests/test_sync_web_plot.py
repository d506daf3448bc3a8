"""Charts without a script: what is drawn is as large as what it stands for."""

from __future__ import annotations

import re

import pytest

from sync.language.voice import Voice
from sync.web.chart import Chart, Flow, Flows, Mark, Point, Points, Series
from sync.web.plot import GAP, HEIGHT, LARGEST, SIDE, Plot, plot

SAY = Voice("fr")
DAYS = [f"2026-0{month}-01" for month in range(1, 7)]


def numbers(path: str) -> list[int]:
    return [int(found) for found in re.findall(r"-?\d+", path)]


def heights(found: Plot, at: int) -> list[int]:
    """How high each band stands at a place, from its upper edge."""
    return [SIDE - numbers(shape.path)[2 * at + 1] for shape in found.shapes]


def test_bands_stand_on_each_other_and_reach_what_they_sum_to() -> None:
    found = plot(Chart("area", DAYS, [Series("a", [0, 10, 20, 30, 40, 50]), Series("b", [50, 40, 30, 20, 10, 0])]), SAY)
    assert [tick.text for tick in found.up] == ["0", "20", "40", "60"]
    assert heights(found, 0) == [0, round(SIDE * 50 / 60)]
    assert heights(found, 5) == [round(SIDE * 50 / 60)] * 2
    assert found.legend == ["a", "b"]
    assert [shape.colour for shape in found.shapes] == [1, 2]


def test_a_line_is_broken_where_nothing_is_known() -> None:
    (shape,) = plot(Chart("line", DAYS, [Series("a", [1, 2, None, 4, None, None])]), SAY).shapes
    assert shape.path.count("M") == 2
    assert (shape.colour, shape.kind) == (0, "line")


def test_bars_stand_on_each_other() -> None:
    first, later = plot(
        Chart("bar", ["mai", "juin"], [Series("a", [10, 20]), Series("b", [30, 20])], dated=False), SAY
    ).shapes
    tall = [int(found) for found in re.findall(r"v(\d+)z", first.path + later.path)]
    assert tall == [250, 500, 750, 500]
    assert f" {SIDE - 250}v" in later.path


def test_words_below_go_from_the_first_to_the_last_and_marks_stand_at_their_days() -> None:
    years = [f"{year}-06-30" for year in range(2010, 2027)]
    marks = [Mark(1, "2010-01-01"), Mark(2, "2018-06-30", "2020-06-30"), Mark(3, "2031-01-01")]
    found = plot(Chart("area", years, [Series("a", [1.0] * len(years))], marks=marks), SAY)
    assert [(tick.at, tick.text, tick.between) for tick in found.across] == [
        (0, "juin 2010", False),
        (25, "juin 2014", True),
        (50, "juin 2018", False),
        (75, "juin 2022", True),
        (100, "juin 2026", False),
    ]
    assert [(strip.number, strip.at, strip.width) for strip in found.strips] == [(1, 0, None), (2, 50, 12.5)]


def test_flows_leave_and_arrive_as_wide_as_many_went() -> None:
    flows = Flows(
        [("neuf", 1), ("fidèle", 2)],
        [("fidèle", 2), ("inactif", 3)],
        [Flow(0, 0, 30, ""), Flow(0, 1, 10, ""), Flow(1, 1, 60, "")],
    )
    found = plot(flows, SAY)
    assert [(name.text, name.people, name.right) for name in found.names] == [
        ("neuf", 40, False), ("fidèle", 60, False), ("fidèle", 30, True), ("inactif", 70, True),
    ]  # fmt: skip
    assert sum(name.height for name in found.names if not name.right) == pytest.approx(found.height - 2 * GAP)
    widths = [numbers(shape.path)[-1] - numbers(shape.path)[1] for shape in found.shapes]
    assert [round(100 * width / sum(widths)) for width in widths] == [30, 10, 60]
    assert {shape.kind for shape in found.shapes} == {"flow"}


def test_points_stand_where_their_measures_say_the_largest_largest() -> None:
    points = [Point(1, "a", 50, 1000, 400, ""), Point(2, "b", 100, -200, 100, "")]
    found = plot(Points("jours", "euros", points), SAY)
    first, second = found.dots
    assert first.x == pytest.approx(40)
    assert first.radius == LARGEST
    assert 0 < first.y < second.y < HEIGHT
    assert second.radius < first.radius
    assert found.titles == ("jours", "euros")


@pytest.mark.parametrize(
    "empty",
    [
        Chart("area", [], []),
        Chart("bar", [], [Series("a", [])], dated=False),
        Chart("line", ["2026-01-01"], [Series("a", [0])]),
        Flows([], [], []),
        Points("x", "y", []),
        Points("x", "y", [Point(1, "a", 0, 0, 0, "")]),
    ],
)
def test_nothing_and_nought_are_drawn_too(empty: Chart | Flows | Points) -> None:
    found = plot(empty, SAY)
    assert all(0 <= tick.at <= HEIGHT for tick in (*found.up, *found.across))
