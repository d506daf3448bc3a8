"""The families and audiences with the people and the money of each, on any day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

from fastapi import Query
from sqlalchemy import Connection

from connector.answers.listing import listing, prepared
from connector.catalogue import Audience, Family
from connector.days import day_date
from connector.errors import SettingsError
from connector.history.movements import evolution
from connector.people import since_when
from sync.web.chart import Chart, Series
from sync.web.desk import Seen, Sight
from sync.web.page import Page
from sync.web.rendering import Place
from sync.web.sheet import Sheet, Wished, sheet
from sync.web.values import Money

WEEKS = 26
"""So far back the chart goes."""

AsOf: TypeAlias = Annotated[str, Query(description="A day as YYYY-MM-DD; by default today.", max_length=10)]


@dataclass(frozen=True)
class Counted:
    """A stage or an audience: who is in it at the end of the day, and what they have spent, net of refunds."""

    key: str
    label: str
    told: str  # in plain words
    people: int | None
    share: float | None  # of all people
    revenue: Money | None
    on: bool
    remark: str | None  # why it cannot be counted or trusted, and what to do


@dataclass(frozen=True)
class Group:
    """A family with its stages."""

    key: str
    label: str
    told: str
    on: bool
    remark: str | None
    stages: list[Counted]


@dataclass(frozen=True)
class Segments:
    """All that is switched on, or all that there is; `chart` is that of the first family whose past is kept."""

    as_of: str
    now: bool  # whether that is today
    begins: str | None  # the day since when somebody is known, where nobody was on the day that is asked for
    people: int
    all: bool
    families: list[Group]
    audiences: Sheet[Counted]
    chart: Chart | None


def segments(
    desk: Seen,
    wished: Wished,
    as_of: AsOf = "",
    all: Annotated[bool, Query(description="Also what is switched off.")] = False,  # noqa: A002 - as the command has it
) -> Segments:
    """Families and audiences with the people and the money of each, on any day."""
    library, day, today = desk.shelf.library, desk.day(as_of), desk.workspace.today()
    language = desk.say.language
    with desk.reading() as connection:
        if day == today and not all:
            report = prepared(connection, library, today, language=language)
        else:  # of that nothing is prepared: everyone is looked at
            keys = [entry.key for entry in library.entries() if all or entry.on]
            report = listing(connection, library, day, language=language, keys=keys, today=today)
        chart = _evolution(desk, connection, day)
        begins = None if report["people"] else since_when(connection)
    told = _Told(desk, report["people"])
    audiences = [told.audience(entry) for entry in report["audiences"]]
    columns = {
        "label": lambda row: row.label,
        "people": lambda row: row.people,
        "revenue": lambda row: row.revenue and row.revenue.minor,
    }
    return Segments(
        as_of=report["as_of"],
        now=day == today,
        begins=None if begins is None or begins <= day else day_date(begins).isoformat(),
        people=report["people"],
        all=all,
        families=[told.group(entry) for entry in report["families"]],
        audiences=sheet(audiences, wished, columns),
        chart=chart,
    )


@dataclass(frozen=True)
class _Told:
    """Turns the entries of a listing into what is shown."""

    desk: Sight
    everybody: int

    def group(self, entry: Mapping[str, Any]) -> Group:
        """A family."""
        family, language = self.desk.shelf.library.entry(entry["key"]), self.desk.say.language
        rows = zip(family.stages, entry["stages"], strict=True)
        stages = [
            self._counted(counted, f"{family.key}.{stage.key}", stage.label.of(language), family.told(stage, language))
            for stage, counted in rows
        ]
        told = family.description.filled(language, family.parameters)
        return Group(family.key, entry["label"], told, entry["on"], remark(self.desk, entry, family), stages)

    def audience(self, entry: Mapping[str, Any]) -> Counted:
        """An audience."""
        found = self.desk.shelf.library.entry(entry["key"])
        told = found.told(found.stages[0], self.desk.say.language)
        return self._counted(entry, entry["key"], entry["label"], told, entry["on"], remark(self.desk, entry, found))

    def _counted(
        self, counted: Mapping[str, Any], key: str, label: str, told: str, on: bool = True, remark: str | None = None
    ) -> Counted:
        people = counted["people"]
        share = people / self.everybody if people is not None and self.everybody else None
        return Counted(key, label, told, people, share, Money.of(counted["revenue"]), on, remark)


def remark(desk: Sight, entry: Mapping[str, Any], found: Family) -> str | None:
    """What keeps an entry of a listing from being counted, or from being trusted; None where nothing does."""
    say = desk.say
    if isinstance(found, Audience) and found.each:
        values = ", ".join(found.each)
        return say.text("Une pour chaque valeur : {values}.", "One for each value: {values}.", values=values)
    if entry["missing"] is not None and found.missing:
        words = [found.asks[name].label.of(say.language) if name in found.asks else name for name in found.missing]
        return say.text("Demande une valeur : {asked}.", "Needs a value: {asked}.", asked=", ".join(words))
    if entry["missing"] is not None:
        return str(entry["missing"])
    if all(counted["people"] is None for counted in entry.get("stages", [entry])):
        return say.text("Compté au prochain calcul.", "Counted with the next recompute.")
    if not entry.get("complete", True):
        return f"{entry['reason']} {entry['remedy']}"
    reasons = list(_unknown(entry))
    if reasons and isinstance(found, Audience):
        reasons.insert(0, say.text("Rien n'en est connu.", "Nothing is known of this."))
    return " ".join(reasons) or None


def _unknown(entry: Mapping[str, Any]) -> dict[str, None]:
    """Why shops tell nothing at all of what an entry needs: nobody in it is not nobody of that kind."""
    blind = [limit for limit in entry["limits"] if limit["level"] == "none" or limit["coverage"] == 0]
    return dict.fromkeys(str(limit["reason"]) for limit in blind)


def _evolution(desk: Sight, connection: Connection, day: int) -> Chart | None:
    """How many people each stage held, week by week; None where no past is kept."""
    families = [family for family in desk.shelf.families if len(family.stages) > 1]
    for family in families[:1]:
        try:
            report = evolution(connection, family.key, day - 7 * WEEKS, day)
        except SettingsError:  # it was never worked out, or begins later
            continue
        weeks = report["days"][::7]
        labels = {stage.key: stage.label.of(desk.say.language) for stage in family.stages}
        return Chart(
            "area",
            [week["day"] for week in weeks],
            [Series(labels.get(key, key), [week["people"][key] for week in weeks]) for key in report["stages"]],
        )
    return None


PAGE = Page(
    "/segments",
    "segments.html",
    segments,
    api="/segments",
    place=Place("segments", "/segments", "Segments", "Segments"),
)
