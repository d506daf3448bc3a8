"""Charts: some series over the same days or names. Each is shown with its table beside it, and drawn by Plotly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sync.voice import Voice

Kind = Literal["area", "line", "bar"]
_TRACES: dict[Kind, dict[str, Any]] = {
    "area": {"type": "scatter", "mode": "lines", "stackgroup": "one", "line": {"width": 1.5}},
    "line": {"type": "scatter", "mode": "lines", "line": {"width": 2.5}},
    "bar": {"type": "bar"},
}


@dataclass(frozen=True)
class Series:
    """One line, band or row of bars; a value that is not known is None."""

    name: str
    values: list[float | None]


@dataclass(frozen=True)
class Chart:
    """`along` are days as YYYY-MM-DD where `dated`, else names; each series has a value for each of them."""

    kind: Kind
    along: list[str]
    series: list[Series]
    dated: bool = True

    def names(self, say: Voice) -> list[str]:
        """What stands along the chart, as people read it."""
        return [_day(day, self.along, say) for day in self.along] if self.dated else self.along


def figure(chart: Chart, say: Voice) -> dict[str, Any]:
    """The chart as Plotly reads it; colours and fonts are added where it is drawn, for they are the page's."""
    names = chart.names(say)
    many = len(chart.series) > 1
    traces = [{**_TRACES[chart.kind], "name": series.name, "x": names, "y": series.values} for series in chart.series]
    layout = {
        "separators": {"fr": ", ", "en": ".,"}[say.language],
        "showlegend": many,
        "hovermode": "x unified",
        "xaxis": {"type": "category", "nticks": 6, "fixedrange": True},
        "yaxis": {"rangemode": "tozero", "fixedrange": True, "tickformat": ",~r" if _large(chart) else "~r"},
    }
    return {"data": traces, "layout": layout}


def _day(day: str, all_days: Sequence[str], say: Voice) -> str:
    """A day without its year, unless there are several."""
    several = all_days[0][:4] != all_days[-1][:4]
    return say.day(date.fromisoformat(day), "d MMM y" if several else "d MMM")


def _large(chart: Chart) -> bool:
    return any(value is not None and value >= 1000 for series in chart.series for value in series.values)
