"""What the hold-outs of a segment have shown so far."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Path

from connector.holdout import in_force
from sync.targets import told_of
from sync.tasks.holdout import shown
from sync.web.desk import Here
from sync.web.page import Page
from sync.web.pages.segment import found
from sync.web.values import Money


@dataclass(frozen=True)
class Group:
    """One of the two groups since the hold-out began: its people, who of them left the segment, what they bought."""

    people: int
    left: int
    share_left: float | None
    orders: int
    revenue: Money


@dataclass(frozen=True)
class Effect:
    """What being written to makes of a measure, by person: the difference, its 95 % interval, what could be seen."""

    measure: str  # left, orders, or revenue in minor units
    difference: float
    low: float
    high: float
    smallest_visible: float
    sure: bool  # whether the interval is on one side of nothing


@dataclass(frozen=True)
class Result:
    """A hold-out at a destination; without effects, there are too few people to tell."""

    destination: str
    percent: float
    since: str
    as_of: str
    currency: str
    pushed: Group
    held_out: Group
    effects: list[Effect]


@dataclass(frozen=True)
class Results:
    """The hold-outs of a segment that are in force, and the destinations that are told who is in it."""

    key: str
    label: str
    results: list[Result]
    destinations: list[str]


def holdout(desk: Here, key: Annotated[str, Path(max_length=200)]) -> Results:
    """Who was written to against who was held out at random, and the difference that it makes."""
    entry, stage = found(desk, key)
    told = told_of(desk.workspace.settings, desk.shelf, entry.key)
    with desk.reading() as connection:
        standing = [one for one in in_force(connection) if one.segment == key]
        results = [_result(shown(desk.workspace, connection, one)) for one in standing]
    return Results(key, stage.label.of(desk.say.language), results, told)


def _result(report: dict[str, Any]) -> Result:
    return Result(
        destination=report["destination"],
        percent=report["percent"],
        since=report["since"],
        as_of=report["as_of"],
        currency=report["pushed"]["revenue"]["currency"],
        pushed=_group(report["pushed"]),
        held_out=_group(report["held_out"]),
        effects=[_effect(name, effect) for name, effect in (report["effects"] or {}).items()],
    )


def _group(report: dict[str, Any]) -> Group:
    revenue = Money(report["revenue"]["minor"], report["revenue"]["currency"])
    return Group(report["people"], report["left"], report["share_left"], report["orders"], revenue)


def _effect(measure: str, report: dict[str, Any]) -> Effect:
    low, high = report["interval"]
    return Effect(measure, report["difference"], low, high, report["smallest_visible"], low > 0 or high < 0)


PAGE = Page("/segments/{key}/holdout", "holdout.html", holdout, api="/holdout/{key}")
