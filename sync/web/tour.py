"""The demo's tour: one page that leads from what was read to a plan, its push, the shop, a second push, and back.

What its buttons do is what the commands do; what stands in the shop is asked of the shop's own books.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from connector.models import DestinationRow, Plan
from connector.reports import segments
from connector.tables import table
from connector.totals import Totals, totals
from sync.commands.pushing import apply_waiting, push_all
from sync.commands.undoing import take_back
from sync.lock import writer
from sync.push import PlanSummary, load, resume
from sync.voice import Voice
from sync.web.desk import Desk, Here
from sync.web.page import Action, Done, Page, Routed
from sync.web.rendering import Place
from sync.workspace import Workspace

PATH = "/tour"
_plans, _destinations = table(Plan), table(DestinationRow)
_QUIET = Voice("en", quiet=True)


@dataclass(frozen=True)
class Seen:
    """A customer as the shop's own admin shows them."""

    name: str
    address: str
    tags: list[str]


@dataclass(frozen=True)
class Shopfront:
    """What the tour knows of the shop: its name, its admin's address, how often it was written to, and a customer."""

    name: str
    admin: str
    writes: Callable[[], int]
    example: Callable[[], Seen | None]


@dataclass(frozen=True)
class Stage:
    """A stage of the first family, and how many people are in it."""

    key: str
    label: str
    people: int


@dataclass(frozen=True)
class Tour:
    """How far the tour has come; `again` is how many requests of the second push wrote, None before it."""

    shop: str
    admin: str
    held: Totals
    stages: list[Stage]
    plans: list[PlanSummary]  # the newest of each destination
    example: Seen | None
    again: int | None

    @property
    def waiting(self) -> list[PlanSummary]:
        """The plans that wait for a yes."""
        return [plan for plan in self.plans if plan.state == "planned"]

    @property
    def pushed(self) -> list[PlanSummary]:
        """The plans that were applied and stand."""
        return [plan for plan in self.plans if plan.kind == "push" and plan.state == "applied"]

    @property
    def undone(self) -> bool:
        """Whether all that was pushed was taken back."""
        return bool(self.plans) and all(plan.kind == "undo" for plan in self.plans)


class Guide:
    """The tour's page and its buttons."""

    def __init__(self, front: Shopfront) -> None:
        self._front = front
        self._again: int | None = None

    def routes(self) -> list[Routed]:
        """What the application has more for it."""
        place = Place("tour", PATH, "Visite guidée", "Guided tour")
        buttons = {"apply": self.apply, "again": self.again, "undo": self.undo, "restart": self.restart}
        return [
            Page(PATH, "tour.html", self.page, place=place),
            *(Action(f"{PATH}/{name}", act) for name, act in buttons.items()),
        ]

    def page(self, desk: Here) -> Tour:
        """Where the tour stands."""
        with desk.reading() as connection:
            stages = _stages(connection, desk)
            found = [plan for key in desk.workspace.settings.destinations if (plan := _standing(connection, key))]
            held = totals(connection)
        front = self._front
        return Tour(front.name, front.admin, held, stages, found, front.example(), self._again)

    def apply(self, desk: Here) -> Done:
        """Say yes to each plan that waits."""
        workspace = desk.workspace
        for plan in self.page(desk).waiting:
            apply_waiting(workspace, plan)
        return Done(f"{PATH}#shop", desk.say.text("Les plans sont appliqués.", "The plans are applied."))

    def again(self, desk: Here) -> Done:
        """Push a second time, and count what that writes."""
        before = self._front.writes()
        _push(desk.workspace)
        self._again = self._front.writes() - before
        return Done(f"{PATH}#again")

    def undo(self, desk: Here) -> Done:
        """Take back what was pushed."""
        workspace = desk.workspace
        for run in sorted({plan.run_id for plan in self.page(desk).pushed}):
            list(take_back(workspace, run))
        return Done(f"{PATH}#undo", desk.say.text("Tout est repris.", "Everything is taken back."))

    def restart(self, desk: Here) -> Done:
        """Let the destinations go on, and plan anew."""
        workspace, self._again = desk.workspace, None
        with workspace.engine.begin() as connection:
            for key in workspace.settings.destinations:
                resume(connection, key)
        _push(workspace)
        return Done(f"{PATH}#plan")


def _stages(connection: Connection, desk: Desk) -> list[Stage]:
    """Where people stand today, by the first family."""
    family = desk.shelf.families[0]
    counted = segments(connection, [family], desk.workspace.today())["families"][0]["stages"]
    labels = [stage.label.of(desk.say.language) for stage in family.stages]
    return [Stage(one["key"], label, one["people"]) for one, label in zip(counted, labels, strict=True)]


def _push(workspace: Workspace) -> None:
    with writer(workspace.engine, now=workspace.now()):
        push_all(workspace, _QUIET)


def _standing(connection: Connection, key: str) -> PlanSummary | None:
    """The newest plan of a destination that has changes, and waits or was applied; None before there is one."""
    newest = (
        select(_plans.c.id)
        .join(_destinations, _destinations.c.id == _plans.c.destination_id)
        .where(_destinations.c.key == key, _plans.c.state.in_(("planned", "applied")))
        .order_by(_plans.c.id.desc())
    )
    found = (load(connection, number, 0) for number in connection.scalars(newest).all())
    return next((plan for plan in found if plan.changes), None)
