"""How far the figures can be trusted: what the shops do not show, what is not known, and when they were last read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, select

from connector.days import day_date, epoch, instant
from connector.history.movements import unsettled
from connector.judging.kept import Kept
from connector.models import Metric, Run, Store
from connector.states import RunOutcome
from connector.tables import AnyRow, table
from connector.users import Role
from sync.language.vocabulary import FACTS
from sync.language.voice import Voice
from sync.web.desk import Sight

LATELY = 400
"""So many of the last runs are looked through."""
OLD = 7
"""Days without an order after which files are told to be no longer of today."""
SHOWN = ("amount", "products", "email", "email_consent")
"""The facts whose coverage is shown first."""
_SCOPE = re.compile(r"\bscope (\w+)")

_KINDS: Mapping[str, tuple[str, str]] = {
    "pull": ("Lecture de « {of} »", "“{of}” read"),
    "import": ("Import", "Import"),
    "recompute": ("Recalcul", "Recompute"),
    "plan": ("Plan préparé pour « {of} »", "Plan prepared for “{of}”"),
    "push": ("Envoi vers « {of} »", "Push to “{of}”"),
}
_ENDED: Mapping[str | None, tuple[str, str]] = {
    RunOutcome.DONE: ("fait", "done"),
    RunOutcome.FAILED: ("en échec", "failed"),
    RunOutcome.REFUSED: ("arrêt par un garde-fou", "stopped by a guard"),
    RunOutcome.STOPPED: ("interruption", "interrupted"),
    None: ("en cours", "under way"),
}

metrics, runs, stores = table(Metric), table(Run), table(Store)


@dataclass(frozen=True)
class Way:
    """Where something can be done about a worry, and who may."""

    path: str
    text: str
    role: Role = "admin"


@dataclass(frozen=True)
class Worry:
    """Something that keeps figures from being right, and what to do about it."""

    told: str
    remedy: str
    ways: list[Way] = field(default_factory=list)


@dataclass(frozen=True)
class Known:
    """Of how many orders or people a fact is known."""

    fact: str
    label: str
    share: float | None


@dataclass(frozen=True)
class Trust:
    """What there is to know before one relies on the figures."""

    worries: list[Worry]
    known: list[Known]


@dataclass(frozen=True)
class Turn:
    """The last time that something was done, as an instant, and the next; seconds count from now."""

    kind: str  # pull, import, recompute, plan, push
    of: str  # the store or the destination; "" of a recompute
    told: str
    at: str
    seconds: int
    outcome: str | None  # done, failed, refused, stopped; None: under way, or killed
    ended: str
    next: str | None
    next_seconds: int | None


def trust(desk: Sight, connection: Connection, kept: Kept) -> Trust:
    """The worries, and how much is known."""
    found = (_behind, _floors, _problems, _waiting)
    return Trust([worry for worries in found for worry in worries(desk, connection)], known(desk.say, kept))


def known(say: Voice, kept: Kept, facts: Iterable[str] = SHOWN) -> list[Known]:
    """Of how many orders or people some facts are known, as the day's recompute has found it."""
    covered = {entry["fact"]: entry["share"] for entry in kept.found.get("coverage", ())}
    english = say.language == "en"
    return [Known(fact, FACTS[fact][english], covered[fact]) for fact in facts if fact in covered]


def turns(desk: Sight, connection: Connection) -> list[Turn]:
    """The last pull of each shop, the last recompute, and the last plan and push of each destination."""
    now, zone = desk.workspace.now(), desk.workspace.merchant().zone
    every = desk.workspace.settings.schedule.pull_seconds
    coming = desk.workspace.settings.stores if desk.workspace.scheduled else {}
    found: dict[tuple[str, str], Turn] = {}
    for row in _lately(connection):
        kind, _, of = str(row.kind).partition(" ")
        kind = "recompute" if kind == "day" else kind
        if kind not in _KINDS or (kind, of) in found:
            continue
        at = row.ended_at or row.started_at
        due = row.started_at + round(every) if kind == "pull" and of in coming else None
        found[kind, of] = Turn(
            kind,
            of,
            desk.say.text(*_KINDS[kind], of=of),
            instant(at).astimezone(zone).isoformat(),
            max(epoch(now) - at, 0),
            row.outcome,
            desk.say.text(*_ENDED[row.outcome]),
            None if due is None else instant(due).astimezone(zone).isoformat(),
            None if due is None else max(due - epoch(now), 0),
        )
    order = list(_KINDS)
    return sorted(found.values(), key=lambda turn: (order.index(turn.kind), turn.of))


def _lately(connection: Connection) -> Sequence[AnyRow]:
    return connection.execute(select(runs).order_by(runs.c.id.desc()).limit(LATELY)).all()


def _behind(desk: Sight, connection: Connection) -> Iterator[Worry]:
    """Files whose orders end some days ago, while no shop is read: since then everybody seems to have stopped."""
    last = None if desk.workspace.settings.stores else connection.scalar(select(func.max(metrics.c.last_order_day)))
    if last is None or last >= desk.workspace.today() - OLD:
        return
    day = day_date(last)
    yield Worry(
        desk.say.text(
            "Dernière commande connue : {day}. Depuis, chaque jour passe pour un jour sans achat.",
            "Last known order: {day}. Since then, each day passes for a day without purchases.",
            day=desk.say.day(day),
        ),
        "",
        [
            Way("/setup?step=file", desk.say.text("Déposer un export plus récent", "Drop a newer export")),
            Way(
                f"/segments?as_of={day.isoformat()}",
                desk.say.text("Voir la base à ce jour", "See the base on that day"),
                "viewer",
            ),
        ],
    )


def _floors(desk: Sight, connection: Connection) -> Iterator[Worry]:
    """The shops that do not show all of their orders."""
    rows = connection.execute(select(stores.c.key, stores.c.floor_day).where(stores.c.floor_day.is_not(None)))
    for row in rows:
        day = desk.say.day(day_date(row.floor_day), "long")
        yield Worry(
            desk.say.text(
                "{store} ne montre ses commandes que depuis le {day} : les étapes d'avant ne sont pas sûres.",
                "{store} shows its orders only since {day}: stages before that are not certain.",
                store=row.key,
                day=day,
            ),
            desk.say.text(
                "Donnez la permission read_all_orders, ou déposez l'export de toutes les commandes.",
                "Give the scope read_all_orders, or drop the export of all orders.",
            ),
            [Way("/setup?step=file", desk.say.text("Déposer l'export", "Drop the export"))],
        )


def _problems(desk: Sight, connection: Connection) -> Iterator[Worry]:
    """What the shops' last pulls found amiss, but for the floor; scopes that are missing by their names."""
    seen = set[str]()
    for row in _lately(connection):
        kind, _, store = str(row.kind).partition(" ")
        if kind != "pull" or store in seen or row.outcome != RunOutcome.DONE:
            continue
        seen.add(store)
        problems: list[dict[str, Any]] = json.loads(row.detail or "{}").get("problems", [])
        scopes = [found[1] for problem in problems if (found := _SCOPE.search(problem["remedy"]))]
        missing = [scope for scope in scopes if scope != "read_all_orders"]
        if missing:
            yield _without(desk, store, missing)
        if len(problems) > len(scopes):
            yield Worry(
                desk.say.text(
                    "{store} signale un problème de réglage.", "{store} reports a problem of its setup.", store=store
                ),
                desk.say.text("Une vérification le décrit.", "A check describes it."),
                [Way("/settings", desk.say.text("Vérifier la boutique", "Check the shop"))],
            )


def _without(desk: Sight, store: str, scopes: Sequence[str]) -> Worry:
    names = ", ".join(scopes)
    return Worry(
        desk.say.text(
            "{store} : il manque la permission {scopes} ; ce qu'elle montre n'est pas lu.",
            "{store}: the scope {scopes} is missing; what it shows is not read.",
            store=store,
            scopes=names,
        ),
        desk.say.text(
            "Accordez-la dans l'application de la boutique, puis réinstallez-la.",
            "Grant it in the shop's app, then reinstall the app.",
        ),
    )


def _waiting(desk: Sight, connection: Connection) -> Iterator[Worry]:
    """People whose stages are not up to date."""
    waiting = unsettled(connection, desk.workspace.today())
    if waiting:
        yield Worry(
            desk.say.text(
                "Un recalcul attend pour {people}.", "Still to be looked at: {people}.", people=desk.say.people(waiting)
            ),
            desk.say.text(
                "Il se fait de lui-même à la prochaine lecture, au plus tard le prochain jour.",
                "It is done by itself with the next reading, with the next day at the latest.",
            ),
            [Way("/syncs", desk.say.text("Recalculer maintenant", "Recompute now"))],
        )
