"""Charts that need no script: shapes on a plane that is stretched to its page, and the words around it.

Across, all is told in per cent of the plane's width, so that words keep their size on any screen; downwards in points.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import floor, log10

from sync.language.voice import Voice
from sync.web.chart import FEW, Chart, Flows, Kind, Points, below, placed, reach

SIDE = 1000
"""The plane's width and height, in its own units: it is stretched to HEIGHT points and to the page's width."""
HEIGHT = 240
LETTER = 7
"""Points that a letter beside the plane takes, at most."""
GAP = 24
"""Points between the places of flows: each has its name beside it."""
SMALLEST, LARGEST = 11, 27
"""The radius of points."""


@dataclass(frozen=True)
class Shape:
    """A path on the plane in the colour of a number; 0 is that of a single series, or of the arrived and the gone."""

    path: str
    colour: int
    kind: Kind | str


@dataclass(frozen=True)
class Tick:
    """A word beside the plane: `at` per cent across, or points down. A small plane leaves out one `between`."""

    at: float
    text: str
    between: bool = False


@dataclass(frozen=True)
class Strip:
    """A day, or days, to be marked with a number: per cent across."""

    number: int
    at: float
    width: float | None


@dataclass(frozen=True)
class Dot:
    """A point with its number: per cent across, points down."""

    number: int
    x: float
    y: float
    radius: float


@dataclass(frozen=True)
class Name:
    """The name of a place of flows with its people, its block's top and height in points, on the left or the right."""

    text: str
    people: int
    colour: int
    top: float
    height: float
    right: bool


@dataclass(frozen=True)
class Plot:
    """A chart as it is drawn; `margin` is the width of what stands at its left."""

    height: float = HEIGHT
    shapes: list[Shape] = field(default_factory=list)
    across: list[Tick] = field(default_factory=list)
    up: list[Tick] = field(default_factory=list)
    strips: list[Strip] = field(default_factory=list)
    dots: list[Dot] = field(default_factory=list)
    names: list[Name] = field(default_factory=list)
    legend: list[str] = field(default_factory=list)
    titles: tuple[str, str] | None = None  # of what goes across, and up

    @property
    def margin(self) -> int:
        """Points that the words at the left take."""
        return LETTER * max((len(tick.text) for tick in self.up), default=0) + 10 if self.up else 0


def plot(drawn: Chart | Flows | Points, say: Voice) -> Plot:
    """A chart, flows or points as shapes and words."""
    match drawn:
        case Chart():
            return _chart(drawn, say)
        case Flows():
            return _flows(drawn)
        case Points():
            return _points(drawn, say)


def _chart(chart: Chart, say: Voice) -> Plot:
    count, bars = len(chart.along), chart.kind == "bar"
    stacked = chart.kind != "line"
    sums = [sum(series.values[at] or 0 for series in chart.series) for at in range(count)]
    single = [value for series in chart.series for value in series.values if value is not None]
    scale = _Scale.to(max([0, *(sums if stacked else single)]))

    def across(place: float) -> float:
        return 100 * (place + 0.5) / count if bars else 100 * place / max(count - 1, 1)

    many = len(chart.series) > 1
    paths = {"area": _areas, "line": _lines, "bar": _bars}[chart.kind](chart, scale)
    return Plot(
        shapes=[Shape(path, number if many else 0, chart.kind) for number, path in paths],
        across=[
            Tick(across(place), below(chart, place, say), bool(part % 2)) for part, place in enumerate(_spread(count))
        ],
        up=[Tick(HEIGHT - scale.of(value) * HEIGHT / SIDE, say.number(value)) for value in scale.steps],
        strips=[
            Strip(mark.number, across(first), None if mark.last is None else across(last) - across(first))
            for mark, first, last in placed(chart)
        ],
        legend=[series.name for series in chart.series] if many else [],
    )


def _spread(count: int) -> list[int]:
    """Five of so many places, from the first to the last; all where there are no more."""
    return sorted({round((count - 1) * part / 4) for part in range(5)}) if count else []


@dataclass(frozen=True)
class _Scale:
    """From nought to a round number at or above the largest value."""

    top: float
    steps: list[float]

    @staticmethod
    def to(largest: float) -> _Scale:
        """The scale on which a value finds room, with about four steps."""
        rough = (largest or 1) / FEW
        size = 10.0 ** floor(log10(rough))
        step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= rough * (1 - 1e-9))
        steps = [round(step * number, 10) for number in range(FEW + 1)]
        shown = [value for value, before in zip(steps, [-1.0, *steps], strict=False) if before < largest or not value]
        return _Scale(shown[-1] or 1, shown)

    def of(self, value: float) -> float:
        """How high a value stands, in units of the plane."""
        return SIDE * value / self.top


def _areas(chart: Chart, scale: _Scale) -> Iterator[tuple[int, str]]:
    """A band for each series above those before it."""
    below = [0.0] * len(chart.along)
    for number, series in enumerate(chart.series, 1):
        above = [low + (value or 0) for low, value in zip(below, series.values, strict=True)]
        edge = [*_along(above, scale), *reversed(list(_along(below, scale)))]
        yield number, f"M{'L'.join(edge)}Z"
        below = above


def _along(values: Sequence[float], scale: _Scale) -> Iterator[str]:
    last = max(len(values) - 1, 1)
    for place, value in enumerate(values):
        yield f"{round(SIDE * place / last)} {round(SIDE - scale.of(value))}"


def _lines(chart: Chart, scale: _Scale) -> Iterator[tuple[int, str]]:
    """A line for each series, broken where a value is not known."""
    last = max(len(chart.along) - 1, 1)
    for number, series in enumerate(chart.series, 1):
        known = [None, *series.values]
        steps = [
            f"{'M' if before is None else 'L'}{round(SIDE * place / last)} {round(SIDE - scale.of(value))}"
            for place, (before, value) in enumerate(pairwise(known))
            if value is not None
        ]
        yield number, "".join(steps)


def _bars(chart: Chart, scale: _Scale) -> Iterator[tuple[int, str]]:
    """The bars of each series upon those before it."""
    room = SIDE / max(len(chart.along), 1)
    below = [0.0] * len(chart.along)
    for number, series in enumerate(chart.series, 1):
        path = ""
        for place, value in enumerate(series.values):
            tall = round(scale.of(max(value or 0, 0)))
            foot = round(SIDE - scale.of(below[place]))
            path += f"M{round(room * (place + 0.14))} {foot}v{-tall}h{round(0.72 * room)}v{tall}z"
            below[place] += max(value or 0, 0)
        yield number, path


def _flows(flows: Flows) -> Plot:
    """Two rows of blocks, as high as many went from there and came there, and bands between them."""
    amounts: list[dict[int, int]] = [{}, {}]
    for flow in flows.flows:
        for side, place in ((0, flow.origin), (1, flow.target)):
            amounts[side][place] = amounts[side].get(place, 0) + flow.people
    total = sum(amounts[0].values()) or 1
    most = max(len(flows.left), len(flows.right))
    height = HEIGHT + GAP * most
    scale = (height - GAP * most) / total
    tops: list[dict[int, float]] = [{}, {}]
    names = []
    for side, places in ((0, flows.left), (1, flows.right)):
        top = (height - scale * total - GAP * (len(places) - 1)) / 2
        for place, (name, colour) in enumerate(places):
            tall = scale * amounts[side].get(place, 0)
            names.append(Name(name, amounts[side].get(place, 0), colour, top, tall, bool(side)))
            tops[side][place] = top
            top += tall + GAP
    bands = []
    for flow in sorted(flows.flows, key=lambda flow: (flow.origin, flow.target)):
        tall = scale * flow.people
        left, right = tops[0][flow.origin], tops[1][flow.target]
        tops[0][flow.origin] += tall
        tops[1][flow.target] += tall
        bands.append(Shape(_band(left, right, tall, height), flows.left[flow.origin][1], "flow"))
    return Plot(height=height, shapes=bands, names=names)


def _band(left: float, right: float, tall: float, height: float) -> str:
    """A band from one side of the plane to the other."""
    a, b, c, d = (round(SIDE * value / height) for value in (left, right, left + tall, right + tall))
    half = SIDE // 2
    return f"M0 {a}C{half} {a} {half} {b} {SIDE} {b}V{d}C{half} {d} {half} {c} 0 {c}Z"


def _points(points: Points, say: Voice) -> Plot:
    largest = max([point.weight for point in points.points] or [1]) or 1
    (left, right), (low, high) = (reach([getattr(point, axis) for point in points.points]) for axis in ("x", "y"))
    wide, tall = _Scale.to(right), _Scale.to(high)

    def across(value: float) -> float:
        return 100 * (value - left) / (right - left)

    def down(value: float) -> float:
        return HEIGHT * (high - value) / (high - low)

    return Plot(
        across=[Tick(across(value), say.number(value)) for value in wide.steps if left <= value <= right],
        up=[Tick(down(value), say.number(value)) for value in tall.steps if low <= value <= high],
        dots=[
            Dot(
                point.number,
                across(point.x),
                down(point.y),
                SMALLEST + (LARGEST - SMALLEST) * (point.weight / largest) ** 0.5,
            )
            for point in points.points
        ],
        titles=(points.x, points.y),
    )
