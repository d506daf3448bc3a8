"""Charts: series over the same days or names, flows between stages, points. Plotly draws them; each has its table too.

A colour is named as the page's own, "--s1" or, a third as strong, "--s1/soft"; the page puts in what that is there.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from sync.language.voice import Voice

Kind = Literal["area", "line", "bar"]
_TRACES: dict[Kind, dict[str, Any]] = {
    "area": {"type": "scatter", "mode": "lines", "stackgroup": "one", "line": {"width": 1.5}},
    "line": {"type": "scatter", "mode": "lines", "line": {"width": 2.5}},
    "bar": {"type": "bar"},
}
FEW = 4
"""So many months fit below a chart on a telephone."""
LONG = 8
"""From so many characters on, names are long."""
COLOURS = 8
"""So many of them there are, --s1 to --s8."""


@dataclass(frozen=True)
class Series:
    """One line, band or row of bars; a value that is not known is None."""

    name: str
    values: list[float | None]


@dataclass(frozen=True)
class Mark:
    """Something to know of a day, or of all days from one to another; `number` is by which the page tells it."""

    number: int
    first: str
    last: str | None = None


@dataclass(frozen=True)
class Chart:
    """`along` are days as YYYY-MM-DD where `dated`, else names; each series has a value for each of them."""

    kind: Kind
    along: list[str]
    series: list[Series]
    dated: bool = True
    newest_first: bool = True  # in its table
    marks: list[Mark] = field(default_factory=list)

    def names(self, say: Voice) -> list[str]:
        """What stands along the chart, as people read it."""
        return [_day(day, self.along, say) for day in self.along] if self.dated else self.along

    def rows(self, say: Voice) -> list[tuple[str, list[float | None]]]:
        """The same as a table: each name with the value of each series."""
        found = [(name, [series.values[at] for series in self.series]) for at, name in enumerate(self.names(say))]
        return found[::-1] if self.newest_first else found


@dataclass(frozen=True)
class Flow:
    """So many went from one place to another, by their numbers; `told` says more of it."""

    origin: int
    target: int
    people: int
    told: str


@dataclass(frozen=True)
class Flows:
    """Who went where: places on the left and on the right by their names, each with the number of its colour."""

    left: list[tuple[str, int]]
    right: list[tuple[str, int]]
    flows: list[Flow]


@dataclass(frozen=True)
class Point:
    """Something at a place, as large as it weighs; its number stands on it."""

    number: int
    name: str
    x: float
    y: float
    weight: float
    told: str


@dataclass(frozen=True)
class Points:
    """Things by two measures, which are named."""

    x: str
    y: str
    points: list[Point]


def figure(drawn: Chart | Flows | Points, say: Voice) -> dict[str, Any]:
    """A chart as Plotly reads it; colours and fonts are added where it is drawn, for they are the page's."""
    match drawn:
        case Chart():
            found = _series(drawn, say)
        case Flows():
            found = _flows(drawn, say)
        case Points():
            found = _points(drawn)
    found["layout"]["separators"] = {"fr": ",\u202f", "en": ".,"}[say.language]
    return found


def _series(chart: Chart, say: Voice) -> dict[str, Any]:
    names = chart.names(say)
    many = len(chart.series) > 1
    traces = [{**_TRACES[chart.kind], "name": series.name, "x": names, "y": series.values} for series in chart.series]
    layout = {
        "showlegend": many,
        "hovermode": "x unified",
        "xaxis": {"type": "category", "fixedrange": True, **_ticks(chart, names, say)},
        "yaxis": {"rangemode": "tozero", "fixedrange": True, "tickformat": ",~r" if _large(chart) else "~r"},
        **({"barmode": "stack"} if chart.kind == "bar" and many else {}),
        **_marks(chart, names),
    }
    return {"data": traces, "layout": layout}


def placed(chart: Chart) -> Iterator[tuple[Mark, int, int]]:
    """Each mark with its first and last place along the chart; those beside the chart's days are left out."""
    for mark in chart.marks:
        first, last = (bisect_left(chart.along, day) for day in (mark.first, mark.last or mark.first))
        if first < len(chart.along):
            yield mark, first, min(last, len(chart.along) - 1)


def _marks(chart: Chart, names: Sequence[str]) -> dict[str, Any]:
    """Lines and bands with their numbers above."""
    shapes, numbers = [], []
    for mark, first, last in placed(chart):
        ends = {"x0": names[first], "x1": names[last]}
        place = {"xref": "x", "yref": "paper", "y0": 0, "y1": 1, **ends}
        if mark.last is None:
            shapes.append({"type": "line", **place, "line": {"color": "--ink", "width": 1, "dash": "dot"}})
        else:
            shapes.append({"type": "rect", **place, "fillcolor": "--soft/soft", "line": {"width": 0}})
        at = {
            "xref": "x",
            "yref": "paper",
            "x": names[first],
            "y": 1,
            "yanchor": "top",
            "xanchor": "left",
            "showarrow": False,
        }
        numbers.append({**at, "text": str(mark.number), "font": {"color": "--ink", "size": 11}})
    return {"shapes": shapes, "annotations": numbers}


def _flows(flows: Flows, say: Voice) -> dict[str, Any]:
    places = [*flows.left, *flows.right]
    nodes = {
        "label": [name for name, _ in places],
        "color": [_colour(number) for _, number in places],
        "pad": 18,
        "thickness": 14,
        "line": {"width": 0},
        "hovertemplate": f"%{{label}}{say.colon}%{{value}}<extra></extra>",
    }
    move = "%{source.label} → %{target.label}"
    links = {
        "source": [flow.origin for flow in flows.flows],
        "target": [len(flows.left) + flow.target for flow in flows.flows],
        "value": [flow.people for flow in flows.flows],
        "color": [f"{_colour(flows.left[flow.origin][1])}/soft" for flow in flows.flows],
        "customdata": [flow.told for flow in flows.flows],
        "hovertemplate": f"{move}{say.colon}%{{value}}<br>%{{customdata}}<extra></extra>",
    }
    return {
        "data": [{"type": "sankey", "node": nodes, "link": links, "valueformat": ",d"}],
        "layout": {"margin": {"l": 8}},
    }


def _points(points: Points) -> dict[str, Any]:
    largest = max([point.weight for point in points.points] or [1]) or 1
    xs, ys = [point.x for point in points.points], [point.y for point in points.points]
    trace = {
        "type": "scatter",
        "mode": "markers+text",
        "x": xs,
        "y": ys,
        "text": [str(point.number) for point in points.points],
        "textposition": "middle center",
        "textfont": {"color": "--ink"},
        "customdata": [[point.name, point.told] for point in points.points],
        "hovertemplate": "%{customdata[0]}<br>%{customdata[1]}<extra></extra>",
        "marker": {
            "size": [20 + 34 * (point.weight / largest) ** 0.5 for point in points.points],
            "color": "--accent/soft",
            "line": {"color": "--accent", "width": 1.5},
        },
        "cliponaxis": False,
    }
    layout = {
        "showlegend": False,
        "xaxis": {"title": {"text": points.x}, "fixedrange": True, "showgrid": True, "range": reach(xs)},
        "yaxis": {
            "title": {"text": points.y, "standoff": 14},
            "fixedrange": True,
            "tickformat": ",~r",
            "range": reach(ys),
        },
        "margin": {"l": 84, "b": 52, "t": 30},
    }
    return {"data": [trace], "layout": layout}


def reach(values: Sequence[float]) -> list[float]:
    """From nought to a little more than the largest, or from a little less than what is below nought."""
    return [1.25 * min([0, *values]), 1.25 * max([0, *values]) or 1]


def _colour(number: int) -> str:
    """The name of a colour; none is that of the arrived and of the gone."""
    return f"--s{(number - 1) % COLOURS + 1}" if number else "--soft"


def _ticks(chart: Chart, names: Sequence[str], say: Voice) -> dict[str, Any]:
    """What stands below: over several years, months alone, and few of them, for they are long."""
    if not _several_years(chart):
        return {"nticks": 6 if max(map(len, names), default=0) < LONG else FEW}
    places = [len(names) * part // FEW for part in range(FEW)]
    return {"tickvals": [names[at] for at in places], "ticktext": [below(chart, at, say) for at in places]}


def below(chart: Chart, place: int, say: Voice) -> str:
    """What stands below a place of a chart: its name; over several years the month alone."""
    return say.day(chart.along[place], "MMM y") if _several_years(chart) else chart.names(say)[place]


def _several_years(chart: Chart) -> bool:
    return chart.dated and len(chart.along) > FEW and chart.along[0][:4] != chart.along[-1][:4]


def _day(day: str, all_days: Sequence[str], say: Voice) -> str:
    """A day without its year, unless there are several."""
    several = all_days[0][:4] != all_days[-1][:4]
    return say.day(date.fromisoformat(day), "d MMM y" if several else "d MMM")


def _large(chart: Chart) -> bool:
    """Whether the axis reaches thousands: that of lines with the largest, others with what stands on each other."""
    heights = zip(*(series.values for series in chart.series), strict=True)
    known = [[value for value in values if value is not None] for values in heights]
    return any((max(values, default=0) if chart.kind == "line" else sum(values)) >= 1000 for values in known)
