"""Synchronisations: what was read and what was sent, what waits for a yes, what could not be read, and what is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass, replace
from typing import Annotated

from fastapi import Form
from sqlalchemy import ColumnElement, Connection, func, select

from connector.days import epoch
from connector.errors import ConnectorError
from connector.models import DestinationRow, Quarantine, Run, Store
from connector.source import Subscription
from connector.states import SENT, UNDECIDED, PlanKind, PlanState, RunOutcome
from connector.tables import table
from sync.board import Step
from sync.inbox import Inbox
from sync.language.told import sentence as said
from sync.language.told import whole
from sync.language.voice import Voice
from sync.lock import writer
from sync.logs import nameless
from sync.push import PlanSummary, recent, sentence, waiting
from sync.runs import wrong
from sync.tasks.cycle import work_cycle, work_now
from sync.tasks.push import let_go_on
from sync.tasks.quarantine import retried
from sync.tasks.webhooks import ours, shops
from sync.web.desk import Desk, Here
from sync.web.done import Done
from sync.web.memory import Heard
from sync.web.page import Action, Live, Page
from sync.web.pages.runs import Ran, newest, taken_back, undoable
from sync.web.rendering import Place

_runs, _destinations = table(Run), table(DestinationRow)
_quarantine, _stores = table(Quarantine), table(Store)
_PULL, _IMPORT = _runs.c.kind.startswith("pull "), _runs.c.kind == "import"
RUNS, PLANS, KEPT = 12, 20, 50
"""So many runs, undecided plans and unreadable records the page shows."""
BACK = 10
"""So many pushes are looked at for the last that can be taken back."""
BEAT, LONGEST = 0.5, 600.0
"""Seconds between two looks of who watches live, and after how many they are asked to come again."""


@dataclass(frozen=True)
class Read:
    """A shop that is read, or whose files are; `wrong` is what its last pull failed of."""

    key: str
    platform: str
    last: str | None
    file: str | None  # that was imported last
    imported: str | None
    wrong: str | None


@dataclass(frozen=True)
class There:
    """A destination of the settings, with the plan that waits there and the last push that can be taken back."""

    key: str
    platform: str
    approve: str  # auto, always
    held: bool
    last: str | None
    waiting: int | None
    undoable: int | None  # its run


@dataclass(frozen=True)
class Unread:
    """A record that could not be read."""

    number: int
    store: str
    stream: str
    id: str | None
    reason: str
    seen: str


@dataclass(frozen=True)
class Hooks:
    """What a shop is asked to tell; `topics` are as it said them when it was asked last, None before."""

    store: str
    address: str | None  # None: no public_url
    signed: bool  # whether there is a secret to believe it by
    waiting: int  # hints not looked into
    topics: list[Subscription] | None
    asked: str | None


@dataclass(frozen=True)
class UnderWay:
    """What the dashboard was asked for last, while it is at work or where it failed."""

    name: str
    at: str
    failed: str | None


@dataclass(frozen=True)
class Syncs:
    """The state of the synchronisation; `next` is when the service reads next, None where it reads none by itself."""

    last: str | None
    ago: int | None  # seconds
    next: int | None  # seconds from now; 0 where it is due
    day: str  # when the day is worked out
    under_way: list[Step]
    errand: UnderWay | None
    stores: list[Read]
    destinations: list[There]
    waiting: list[PlanSummary]
    guards: dict[int, list[str]]  # what speaks against each of them
    runs: list[Ran]
    unread: list[Unread]
    unread_total: int
    hooks: list[Hooks]
    requests: int  # of privacy, that wait


def syncs(desk: Here) -> Syncs:
    """What was read and sent last and comes next; plans that wait, records that could not be read, webhooks."""
    settings = desk.workspace.settings
    with desk.reading() as connection:
        ended = _last(connection, _PULL if settings.stores else _IMPORT, done=True)
        plans = recent(connection, states=UNDECIDED, limit=PLANS)
        return Syncs(
            last=None if ended is None else desk.moment(ended),
            ago=None if ended is None else epoch(desk.workspace.now()) - ended,
            next=_next(desk, connection),
            day=settings.schedule.day,
            under_way=list(desk.workspace.board.steps),
            errand=_errand(desk),
            stores=_read(desk, connection),
            destinations=[_there(desk, connection, key) for key in settings.destinations],
            waiting=[plan for plan in plans if plan.changes or plan.guards],
            guards={plan.plan_id: _against(desk, plan) for plan in plans},
            runs=newest(desk, connection, RUNS),
            unread=_unread(desk, connection),
            unread_total=connection.scalar(select(func.count()).select_from(_quarantine)) or 0,
            hooks=[_hooks(desk, key) for key in settings.stores],
            requests=len(Inbox(desk.workspace.engine).requests()),
        )


def live(desk: Here) -> AsyncIterator[str]:
    """How far the work is, until nothing is under way."""
    return _told(desk)


async def _told(desk: Desk) -> AsyncIterator[str]:
    """Server-sent events: the steps whenever they change, and an end."""
    before, beats = "", 0
    while _busy(desk) and not desk.workspace.stopping.is_set() and beats * BEAT < LONGEST:
        told = json.dumps([_shown(desk, step) for step in desk.workspace.board.steps])
        if told != before:
            yield f"data: {told}\n\n"
        before, beats = told, beats + 1
        await asyncio.sleep(BEAT)
    yield "event: end\ndata: \n\n"


def _busy(desk: Desk) -> bool:
    return bool(desk.workspace.board.steps) or desk.errands.under_way is not None


def _shown(desk: Desk, step: Step) -> dict[str, object]:
    """A step as the script puts it into the page."""
    say = desk.say
    of = "" if step.expected is None else say.text(" sur {n}", " of {n}", n=say.number(step.expected))
    return {**asdict(step), "said": f"{say.number(step.done)}{of}"}


def synchronise(desk: Here) -> Done:
    """Pull, recompute and push now, as the service does in its turn; only recompute and push where there is no shop."""
    workspace, say = desk.workspace, desk.say

    def work() -> Done:
        if not workspace.settings.stores:
            work_now(workspace, Voice(say.language, quiet=True))
            return Done("/syncs", say.text("Tout est recalculé.", "Everything is recomputed."))
        work_cycle(workspace, Voice(say.language, quiet=True))
        return Done("/syncs", say.text("Tout est synchronisé.", "Everything is synchronised."))

    return _sent(desk, "cycle", work)


def retry(desk: Here, number: Annotated[int | None, Form(ge=1)] = None) -> Done:
    """Ask the shops again for one record that could not be read, or for all of them."""
    workspace, say = desk.workspace, desk.say

    def work() -> Done:
        with writer(workspace.engine, now=workspace.now()):
            done = retried(workspace, number)
        said = say.text(
            "Enregistrés : {stored} ; disparus de la boutique : {gone} ; toujours illisibles : {kept}.",
            "{stored} stored, {gone} gone at the shop, {kept} still unreadable.",
            stored=say.number(done.stored),
            gone=say.number(done.gone),
            kept=say.number(done.kept + done.nameless),
        )
        return Done("/syncs#unread", said)

    return _sent(desk, "retry", work)


def resume(desk: Here, destination: Annotated[str, Form(max_length=100)]) -> Done:
    """Let a destination go on that is held after an undo."""
    workspace, say = desk.workspace, desk.say

    def work() -> Done:
        with writer(workspace.engine, now=workspace.now()):
            let_go_on(workspace, destination)
        return Done("/syncs", say.text("{key} reprend.", "{key} goes on.", key=destination))

    return _sent(desk, "resume", work)


def ask_webhooks(desk: Here) -> Done:
    """Ask each shop whether it calls us."""
    workspace = desk.workspace

    def work() -> Done:
        found = {key: ours(platform, address) for key, address, platform in shops(workspace, None)}
        desk.memory.webhooks = Heard(workspace.now(), found)
        return Done("/syncs#webhooks")

    return _sent(desk, "webhooks", work)


def _sent(desk: Desk, name: str, work: Callable[[], Done]) -> Done:
    return desk.errands.send(name, "/syncs", work)


def _last(connection: Connection, kind: ColumnElement[bool], *, done: bool) -> int | None:
    """When the last run of a kind ended."""
    query = select(_runs.c.ended_at).where(kind, _runs.c.ended_at.is_not(None))
    query = query.where(_runs.c.outcome == RunOutcome.DONE) if done else query
    found: int | None = connection.scalar(query.order_by(_runs.c.id.desc()).limit(1))
    return found


def _against(desk: Desk, plan: PlanSummary) -> list[str]:
    return [sentence(guard, plan.destination, desk.say.language) for guard in plan.guards]


def _next(desk: Desk, connection: Connection) -> int | None:
    """Seconds until the service reads the shops again; None where it reads none by itself."""
    if not (desk.workspace.settings.stores and desk.workspace.scheduled):
        return None
    last = _last(connection, _PULL, done=False)
    due = 0 if last is None else last + desk.workspace.settings.schedule.pull_seconds
    return max(0, due - epoch(desk.workspace.now()))


def _errand(desk: Desk) -> UnderWay | None:
    """The errand that is under way, or that failed without anybody having been told."""
    errand = desk.errands.latest
    if errand is None or (errand.over.is_set() and (errand.told or errand.failed is None)):
        return None
    failed = None
    if errand.over.is_set():
        failed = desk.say.text("Une erreur est survenue.", "Something went wrong.")
        if isinstance(errand.failed, ConnectorError):
            failed = whole(errand.failed, desk.say.language)
    return UnderWay(errand.name, desk.moment(epoch(errand.at)), failed)


def _read(desk: Desk, connection: Connection) -> list[Read]:
    known = {row.key: row.platform for row in connection.execute(select(_stores.c.key, _stores.c.platform))}
    known |= {key: store.platform for key, store in desk.workspace.settings.stores.items()}
    found, files = [], _imports(connection)
    for key, platform in known.items():
        pull = _runs.c.kind == f"pull {key}"
        last, (file, imported) = _last(connection, pull, done=True), files.get(key, (None, None))
        row = connection.execute(
            select(_runs.c.outcome, _runs.c.detail)
            .where(pull, _runs.c.ended_at.is_not(None))
            .order_by(_runs.c.id.desc())
            .limit(1)
        ).one_or_none()
        kept = json.loads(row.detail or "{}") if row is not None and row.outcome != RunOutcome.DONE else {}
        times = (None if at is None else desk.moment(at) for at in (last, imported))
        found.append(Read(key, platform, next(times), file, next(times), wrong(kept, desk.say.language)))
    return found


def _imports(connection: Connection) -> dict[str, tuple[str, int]]:
    """By store, the file that was imported last, and when."""
    rows = connection.execute(
        select(_runs.c.ended_at, _runs.c.detail).where(_IMPORT, _runs.c.outcome == RunOutcome.DONE).order_by(_runs.c.id)
    )
    noted = ((json.loads(row.detail), row.ended_at) for row in rows)
    return {detail["store"]: (detail["file"], at) for detail, at in noted}


def _there(desk: Desk, connection: Connection, key: str) -> There:
    settings = desk.workspace.settings.destinations[key]
    row = connection.execute(select(_destinations).where(_destinations.c.key == key)).one_or_none()
    if row is None:
        return There(key, settings.platform, settings.approve, held=False, last=None, waiting=None, undoable=None)
    pushed = recent(connection, key, kind=PlanKind.PUSH, states=SENT, limit=BACK)
    last = next((desk.moment(plan.created_at) for plan in pushed if plan.state is PlanState.APPLIED), None)
    gone = taken_back(connection)
    back = next((plan.run_id for plan in pushed if undoable(plan, gone)), None)
    waits = next((plan.plan_id for plan in waiting(connection, key)), None)
    return There(key, settings.platform, settings.approve, row.held, last, waits, None if row.held else back)


def _unread(desk: Desk, connection: Connection) -> list[Unread]:
    query = select(_quarantine, _stores.c.key.label("store")).join(_stores, _stores.c.id == _quarantine.c.store_id)
    return [
        Unread(row.id, row.store, row.stream, row.platform_id, _why(desk, row.reason), desk.moment(row.seen_at))
        for row in connection.execute(query.order_by(_quarantine.c.id).limit(KEPT))
    ]


def _why(desk: Desk, reason: str) -> str:
    return nameless(said(reason, desk.say.language))


def _hooks(desk: Desk, key: str) -> Hooks:
    public = desk.workspace.settings.serve.public_url
    address = None if public is None else f"{public}/webhooks/{key}"
    written = desk.workspace.settings.stores[key]
    signed = written.webhook_secret is not None or "client_secret" in (written.model_extra or {})
    told = desk.memory.webhooks
    topics = None if told is None or key not in told.found else [_in_words(desk, topic) for topic in told.found[key]]
    waiting = len(Inbox(desk.workspace.engine).hints(key, 1000))
    asked = None if told is None or topics is None else desk.moment(epoch(told.at))
    return Hooks(key, address, signed, waiting, topics, asked)


def _in_words(desk: Desk, topic: Subscription) -> Subscription:
    """What a shop says of a webhook, in the visitor's language."""
    language = desk.say.language
    return replace(topic, problem=said(topic.problem, language), remedy=said(topic.remedy, language))


PAGE = Page("/syncs", "syncs.html", syncs, api="/syncs", place=Place("syncs", "/syncs", "Synchronisations", "Syncs"))
LIVE = Live("/syncs/live", live)
ACTIONS = (
    Action("/syncs", synchronise),
    Action("/syncs/retry", retry),
    Action("/syncs/resume", resume),
    Action("/syncs/webhooks", ask_webhooks),
)
