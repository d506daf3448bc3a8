"""The demo's tour: one page that leads from what was read to a plan, its push, the shop, a second push, and back.

What its buttons do is what the commands do, and what it shows is what the pages show; what stands in the shop is
asked of the shop's own books.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection

from connector.answers.questions import ask
from connector.answers.totals import Totals, totals
from connector.errors import SettingsError
from connector.people import find_person
from connector.states import PlanKind, PlanState
from sync.language.voice import Voice
from sync.lock import writer
from sync.push import PlannedChange, PlanSummary, recent, resume
from sync.tasks.push import apply_waiting, push_all
from sync.tasks.undo import take_back
from sync.web.desk import Desk, Here
from sync.web.done import Done
from sync.web.page import Action, Page, Routed
from sync.web.pages.person import Verdict, Why, reasons
from sync.web.pages.plans import plan
from sync.web.pages.week import Week, week
from sync.web.rendering import Place
from sync.web.sheet import Wish
from sync.workspace import Workspace

PATH = "/tour"
NAMED = 5
"""So many changes of a plan are shown."""
_QUIET = Voice("en", quiet=True)


@dataclass(frozen=True)
class Seen:
    """A customer as the shop's own admin shows them."""

    name: str
    email: str | None
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
class Season:
    """Who bought in the last December that lies half a year back, and who of them never came back; as rules, too."""

    first: str
    bought: int
    gone: int
    rule: str  # of those who never came back


@dataclass(frozen=True)
class Someone:
    """The customer whom the tour follows, as our pages know them; `stage` is that of the first family."""

    person: int
    stage: Verdict | None
    why: Why


@dataclass(frozen=True)
class Tour:
    """How far the tour has come; `again` is how many requests of the second push wrote, None before it."""

    shop: str
    admin: str
    held: Totals
    week: Week
    season: Season
    someone: Someone | None
    plans: list[PlanSummary]  # the newest of each destination
    named: list[PlannedChange]  # a few changes of the first plan
    example: Seen | None
    again: int | None

    @property
    def waiting(self) -> list[PlanSummary]:
        """The plans that wait for a yes."""
        return _waiting(self.plans)

    @property
    def pushed(self) -> list[PlanSummary]:
        """The plans that were applied and stand."""
        return _pushed(self.plans)

    @property
    def undone(self) -> bool:
        """Whether all that was pushed was taken back."""
        return bool(self.plans) and all(plan.kind is PlanKind.UNDO for plan in self.plans)

    @property
    def written(self) -> dict[str, list[int]]:
        """What would be written, by its text: to how many addresses of each plan that waits."""
        texts = dict.fromkeys(item.text for plan in self.waiting for item in plan.items)
        added = [{item.text: item.added for item in plan.items} for plan in self.waiting]
        return {text: [plan.get(text, 0) for plan in added] for text in texts}


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
        front, example = self._front, self._front.example()
        with desk.reading() as connection:
            held, season = totals(connection), _season(connection, desk)
            someone = None if example is None else _someone(connection, desk, example)
        found, few = _standing(desk), Wish("", "", 1, NAMED)
        named = plan(desk, found[0].plan_id, few).changes.rows if found else []
        return Tour(front.name, front.admin, held, week(desk), season, someone, found, named, example, self._again)

    def apply(self, desk: Here) -> Done:
        """Say yes to each plan that waits."""
        workspace = desk.workspace
        for waiting in _waiting(_standing(desk)):
            apply_waiting(workspace, waiting)
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
        for run in sorted({one.run_id for one in _pushed(_standing(desk))}):
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


def _waiting(plans: list[PlanSummary]) -> list[PlanSummary]:
    return [plan for plan in plans if plan.state is PlanState.PLANNED]


def _pushed(plans: list[PlanSummary]) -> list[PlanSummary]:
    return [plan for plan in plans if plan.kind is PlanKind.PUSH and plan.state is PlanState.APPLIED]


def _season(connection: Connection, desk: Desk) -> Season:
    """The last December whose buyers had half a year to come back, of which the curve tells."""
    last = date((desk.today - timedelta(days=181)).year - 1, 12, 31)
    first = last.replace(day=1)
    bought = f"orders_placed MATCHES (date BETWEEN {first} AND {last})"
    gone = f"{bought} AND last_order_date <= {last}"
    library, day = desk.shelf.library, desk.workspace.today()
    counted = [ask(connection, rule, day, library=library) for rule in (bought, gone)]
    return Season(first.isoformat(), counted[0].people, counted[1].people, gone)


def _someone(connection: Connection, desk: Desk, example: Seen) -> Someone | None:
    """The customer of the shop's admin, as our pages know them."""
    try:
        person = find_person(connection, example.email or "")
    except SettingsError:  # erased since
        return None
    why = reasons(desk, connection, person, desk.workspace.today(), None)
    first = {desk.shelf.families[0].segment_key(stage) for stage in desk.shelf.families[0].stages}
    stage = next((one for one in why.segments if one.member and one.segment in first), None)
    return Someone(person, stage, why)


def _push(workspace: Workspace) -> None:
    with writer(workspace.engine, now=workspace.now()):
        push_all(workspace, _QUIET)


def _standing(desk: Desk) -> list[PlanSummary]:
    """The newest plan of each destination that has changes, and waits or was applied."""
    with desk.reading() as connection:
        return [found for key in desk.workspace.settings.destinations if (found := _newest(connection, key))]


def _newest(connection: Connection, key: str) -> PlanSummary | None:
    """The newest plan of a destination that has changes, and waits or was applied; None before there is one."""
    found = recent(connection, key, states=[PlanState.PLANNED, PlanState.APPLIED])
    return next((plan for plan in found if plan.changes), None)
