"""What is worth working on: opportunities by value and delay, and what the shop lives on.

All of it is what the day's recompute kept (connector.judging.kept): no order is read for a page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connector.catalogue import Library
from connector.days import day_date
from connector.judging.kept import kept
from connector.money import major_units
from sync.language.voice import Voice
from sync.web.chart import Chart, Point, Points, Series
from sync.web.decisions import Stake, stake
from sync.web.desk import Seen
from sync.web.page import Page
from sync.web.rendering import Place
from sync.web.values import Money

MONTHS = 36
"""So far back the months go."""
LEVELS = 5
"""Shades of the grid, beside that of nobody."""


@dataclass(frozen=True)
class Part:
    """A stage of an opportunity."""

    key: str
    label: str


@dataclass(frozen=True)
class Opportunity:
    """An objective for a family: people × chance × what each brings more in a year = value.

    `stake` is None where `reason` says why. `days` is the median time to get there, or, where it is to stay, to leave.
    """

    objective: str
    label: str
    family: str
    origins: list[Part]
    targets: list[Part]
    people: int
    chance: float | None
    gain: Money | None  # a person and year
    stake: Stake | None
    reason: str | None
    days: int | None
    pace: float | None  # people a month, lately: who made it, or who stayed
    keeps: bool
    target: int | None
    deadline: str | None


@dataclass(frozen=True)
class Cell:
    """People with two scores; `level` is from 0 (nobody) to 5, `rule` tells who they are."""

    recency: int
    value: int
    people: int
    revenue: Money
    level: int
    rule: str


@dataclass(frozen=True)
class Top:
    """What the best customers bring."""

    percent: int
    people: int
    buyers: int
    share: float | None
    people_for_80: int
    least: Money


@dataclass(frozen=True)
class Rung:
    """Of those who bought so many times, how many bought again in time, with the 95 % interval of their share."""

    purchases: int
    people: int
    again: int
    share: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Priorities:
    """What is worth working on; `as_of` is None before the first recompute."""

    as_of: str | None
    opportunities: list[Opportunity] = field(default_factory=list)
    points: Points | None = None
    grid: list[list[Cell]] = field(default_factory=list)  # a row for each recency, the best first
    year: Top | None = None
    lifetime: Top | None = None
    curve: Chart | None = None
    months: Chart | None = None
    currency: str = ""
    within: int = 0
    ladder: list[Rung] = field(default_factory=list)


def priorities(desk: Seen) -> Priorities:
    """Opportunities with their value and delay, the RFM grid, Pareto's curve, first and later purchases, the ladder."""
    currency = desk.workspace.merchant().currency
    with desk.reading() as connection:
        found = kept(connection)
    if found.day is None:
        return Priorities(None)
    values, say, shelf = found.found, desk.say, desk.shelf
    opportunities = [
        _opportunity(say, shelf.library, entry)
        for entry in values["objectives"]
        if entry["objective"] in shelf.library.objectives and shelf.holds(entry["family"])
    ]
    year, lifetime = (values["pareto"][period] for period in ("year", "lifetime"))
    percent = values["pareto"]["percent"]
    return Priorities(
        as_of=day_date(found.day).isoformat(),
        opportunities=opportunities,
        points=_points(say, opportunities),
        grid=_grid(values["grid"]),
        year=_top(year, percent),
        lifetime=_top(lifetime, percent),
        curve=_curve(say, year, lifetime),
        months=_months(say, values["acquisition"]),
        currency=currency,
        within=values["ladder"]["within"],
        ladder=[_rung(entry) for entry in values["ladder"]["rungs"]],
    )


def _opportunity(say: Voice, library: Library, entry: Mapping[str, Any]) -> Opportunity:
    objective, family = library.objectives[entry["objective"]], library.entry(entry["family"])
    parts = {stage.key: Part(family.segment_key(stage), stage.label.of(say.language)) for stage in family.stages}
    origins, targets = ([parts[key] for key in entry[side] if key in parts] for side in ("from", "to"))
    at_stake = stake(entry)
    return Opportunity(
        objective=objective.key,
        label=objective.label.of(say.language),
        family=family.label.of(say.language),
        origins=origins,
        targets=targets,
        people=entry["people"],
        chance=entry.get("chance"),
        gain=_gain(entry, at_stake),
        stake=at_stake,
        reason=entry.get("reason"),
        days=entry["median_days"],
        pace=entry["pace"],
        keeps=entry["stays"],
        target=objective.target,
        deadline=None if objective.deadline is None else objective.deadline.isoformat(),
    )


def _gain(entry: Mapping[str, Any], at_stake: Stake | None) -> Money | None:
    """What one person is worth: the value, of those who are likely to make the move."""
    likely = entry["people"] * (entry.get("chance") or 0)
    return (
        None if at_stake is None or not likely else Money(round(at_stake.value.minor / likely), at_stake.value.currency)
    )


def _points(say: Voice, opportunities: Sequence[Opportunity]) -> Points | None:
    """Value against delay, of what has both."""
    points = [
        Point(
            number,
            one.label,
            one.days,
            float(major_units(one.stake.value.minor, one.stake.value.currency)),
            one.people,
            say.text(
                "{value} sur un an, {days}, {people}",
                "{value} over a year, {days}, {people}",
                value=say.rough(one.stake.value.minor, one.stake.value.currency),
                days=say.count(one.days, say.text("jour", "day"), say.text("jours", "days")),
                people=say.people(one.people),
            ),
        )
        for number, one in enumerate(opportunities, 1)
        if one.stake is not None and one.days is not None
    ]
    if not points:
        return None
    x = say.text("Délai médian, en jours", "Median delay, in days")
    currency = next(one.stake.value.currency for one in opportunities if one.stake is not None)
    return Points(x, say.text("Valeur sur un an ({c})", "Value over a year ({c})", c=currency), points)


def _grid(cells: Sequence[Mapping[str, Any]]) -> list[list[Cell]]:
    most = max((cell["people"] for cell in cells), default=0)
    rows: dict[int, list[Cell]] = {}
    for cell in cells:
        level = -(-LEVELS * cell["people"] // most) if most else 0
        revenue = Money(**cell["revenue"])
        made = Cell(cell["recency"], cell["value"], cell["people"], revenue, level, cell["rule"])
        rows.setdefault(cell["recency"], []).append(made)
    return list(rows.values()) if most else []


def _top(found: Mapping[str, Any], percent: int) -> Top | None:
    if not found["buyers"]:
        return None
    least = Money(**found["least"])
    return Top(percent, found["people"], found["buyers"], found["share"], found["people_for_80"], least)


def _curve(say: Voice, year: Mapping[str, Any], lifetime: Mapping[str, Any]) -> Chart | None:
    """The share of the revenue that the best so many per cent bring, in per cent."""
    named = (
        (say.text("Sur un an", "Over a year"), year),
        (say.text("Depuis la première commande", "Since the first order"), lifetime),
    )
    known = [(name, found["curve"]) for name, found in named if found["curve"]]
    if not known:
        return None
    along = [say.percents(point["percent"]) for point in known[0][1]]
    series = [Series(name, [_percent(point) for point in curve]) for name, curve in known]
    return Chart("line", along, series, dated=False, newest_first=False)


def _percent(point: Mapping[str, Any]) -> float | None:
    return None if point["share"] is None else round(100 * point["share"], 1)


def _months(say: Voice, months: Sequence[Mapping[str, Any]]) -> Chart | None:
    """Revenue of first and of later purchases by month, in whole units of the currency."""
    if not months:
        return None
    lately = months[-MONTHS:]
    sides = (
        ("first", say.text("Premiers achats", "First purchases")),
        ("later", say.text("Achats suivants", "Later purchases")),
    )
    return Chart(
        "bar",
        [say.day(f"{month['month']}-01", "MMM y") for month in lately],
        [Series(name, [float(round(major_units(**_of(month[side])))) for month in lately]) for side, name in sides],
        dated=False,
    )


def _of(side: Mapping[str, Any]) -> dict[str, Any]:
    return {"amount": side["revenue"]["minor"], "currency": side["revenue"]["currency"]}


def _rung(entry: Mapping[str, Any]) -> Rung:
    low, high = entry["interval"] or (None, None)
    return Rung(entry["purchases"], entry["people"], entry["of_them"], entry["share"], low, high)


PAGE = Page(
    "/priorities",
    "priorities.html",
    priorities,
    api="/priorities",
    place=Place("priorities", "/priorities", "Priorités", "Priorities"),
)
