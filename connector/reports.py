"""What we know, as answers: the people and the money of each stage, and who they are.

    segments(connection, families, as_of, window=None, language="en") -> dict     one entry a family and stage
    members(connection, families, key, as_of, window=None) -> Iterator[dict]      one entry a person
    incomplete(connection, families, as_of, language="en") -> dict[str, str]      family → why it cannot be trusted yet

All are answered from the orders themselves, so for any past day and any window, and nothing is kept of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, delete, func, literal, or_, select

from connector.calibrations import in_force
from connector.catalogue import Family, Language, Stage
from connector.database import batches, chosen
from connector.days import day_date
from connector.errors import SettingsError
from connector.models import Customer, Identity, Membership, Segment, Store
from connector.query.bounds import Span
from connector.query.meaning import Leaf, leaves
from connector.query.measures import Aggregate
from connector.query.select import edges, state
from connector.scratch import fill, scratch
from connector.segments import Active, currency_of, version_of
from connector.steps import BEGINNING, Steps, shape_of
from connector.tables import table

PAGE = 20_000
"""People who are looked at together when a segment is listed."""

_REASON: Mapping[Language, str] = {"en": "The history starts on {day}.", "fr": "L'historique commence le {day}."}
_REMEDY: Mapping[Language, str] = {
    "en": "Let the shop show all its orders (on Shopify, the scope read_all_orders), or import an export of them.",
    "fr": "Donnez accès à toutes les commandes (sur Shopify, la permission read_all_orders), ou importez leur export.",
}

people, identities = table(Customer), table(Identity)


def segments(
    connection: Connection,
    families: Sequence[Family],
    as_of: int,
    *,
    window: int | None = None,
    language: Language = "en",
) -> dict[str, Any]:
    """How many people each stage holds at the end of a day, and what they have spent by then, net of refunds.

    `window` asks with another one than is set. A family that lacks history is there all the same, marked so.
    """
    asked = [_with_window(family, window) for family in families]
    why = incomplete(connection, asked, as_of, language)
    known = select(func.count()).where(people.c.merged_into.is_(None), people.c.since_day <= as_of)
    return {
        "as_of": day_date(as_of).isoformat(),
        "people": connection.scalar(known),
        "families": [
            {
                "key": family.key,
                "version": version_of(connection, family),
                **_completeness(why.get(family.key), language),
                "stages": _stages(connection, family, as_of),
            }
            for family in asked
        ],
    }


def members(
    connection: Connection, families: Sequence[Family], key: str, as_of: int, *, window: int | None = None
) -> Iterator[dict[str, Any]]:
    """The people of a segment at the end of a day: since when, their e-mail, and their ids at each store.

    {"person": 7, "since": "2026-03-01", "email": "a@b.example", "accounts": {"boutique": ["123"]}}
    """
    family, stage = _pick(families, key)
    asked = _with_window(family, window)
    kept = None if window is not None else key
    choice = asked.choice("stage", currency_of(connection), range(len(asked.stages)))
    with scratch(connection, [choice]) as tables:
        active = Active(asked, asked.version, tuple(range(len(asked.stages))), None)
        steps = Steps(connection, [active], [choice], as_of, tables, in_force(connection, [choice]))
        position = asked.stages.index(stage)
        last = None
        while (last := _take_page(steps, last)) is not None:
            steps.find_state()
            yield from _described(connection, _since(steps, position, kept))


def incomplete(
    connection: Connection, families: Sequence[Family], as_of: int, language: Language = "en"
) -> dict[str, str]:
    """The families that reach behind what a store shows of its history, each with the reason.

    One reaches there by its window, or because it asks for a first order, for none ever, or for all there are.
    """
    floor = connection.scalar(select(func.max(table(Store).c.floor_day)))
    if floor is None:
        return {}
    currency = currency_of(connection)
    reasons = {}
    for family in families:
        choice = family.choice("stage", currency, range(len(family.stages)))
        needed = min((edge.on(as_of) for edge in edges([choice])), default=as_of)
        if needed < floor or any(_reads_all(leaf) for asked, _ in choice.cases for leaf in leaves(asked)):
            reasons[family.key] = _REASON[language].format(day=day_date(floor).isoformat())
    return reasons


def _reads_all(leaf: Leaf) -> bool:
    """Whether an answer can depend on an order of any age."""
    since = isinstance(leaf.span, Span) and leaf.span.low is not None and not leaf.span.outside
    if leaf.figure == Aggregate("last") and since:
        return False  # a last order since a day is known from that day's orders on
    return any(not _bounded(aggregate) for aggregate in leaf.aggregates if aggregate.measure != "since")


def _bounded(aggregate: Aggregate) -> bool:
    spans = [test.span for test in aggregate.rows.tests if test.field == "date"]
    return any(isinstance(span, Span) and span.low is not None and not span.outside for span in spans)


def _with_window(family: Family, window: int | None) -> Family:
    if window is None or "window" not in family.parameters:
        return family
    return family.changed({"window": window})


def _completeness(reason: str | None, language: Language) -> dict[str, Any]:
    if reason is None:
        return {"complete": True}
    return {"complete": False, "reason": reason, "remedy": _REMEDY[language]}


def _stages(connection: Connection, family: Family, as_of: int) -> list[dict[str, Any]]:
    currency = currency_of(connection)
    choice = family.choice("stage", currency, range(len(family.stages)))
    asked = state([choice], shape_of(connection, as_of))
    q = asked.select.subquery("q")
    sums = select(q.c.stage, func.count().label("people"), func.sum(q.c.amount_spent).label("revenue"))
    figures = in_force(connection, [choice])
    rows = connection.execute(sums.group_by(q.c.stage), asked.clock.values(as_of, figures))
    found = {row.stage: row for row in rows}
    return [
        {
            "key": stage.key,
            "people": found[number].people if number in found else 0,
            "revenue": {"minor": int(found[number].revenue) if number in found else 0, "currency": currency},
        }
        for number, stage in enumerate(family.stages)
    ]


def _pick(families: Sequence[Family], key: str) -> tuple[Family, Stage]:
    known = {family.segment_key(stage): (family, stage) for family in families for stage in family.stages}
    if key not in known:
        raise SettingsError(f"There is no segment {key}.", remedy=f"Use one of: {', '.join(known)}.")
    return known[key]


def _take_page(steps: Steps, last: int | None) -> int | None:
    """Fill `due` with the next people by id; the last of them, None where there are no more."""
    due = steps.tables.due
    known = and_(people.c.merged_into.is_(None), people.c.since_day <= steps.as_of)
    page = select(people.c.id, literal(BEGINNING), people.c.since_day).where(known).order_by(people.c.id).limit(PAGE)
    steps.connection.execute(delete(due))
    fill(steps.connection, due, page if last is None else page.where(people.c.id > last))
    reached: int | None = steps.connection.scalar(select(func.max(due.c.customer_id)))
    return reached


def _since(steps: Steps, position: int, kept: str | None) -> dict[int, int]:
    """The people of the page who are in a stage, by id, each with the day on which they entered it.

    It is read from the memberships of `kept`; where one is missing, the people's past is worked out again.
    """
    state_ = steps.tables.state
    mine = select(state_.c.customer_id).where(state_.c.stage == position)
    here = sorted(steps.connection.scalars(mine))
    entered = _kept_since(steps, kept) if kept is not None else {}
    if not entered.keys() >= set(here):
        steps.connection.execute(delete(steps.tables.due).where(steps.tables.due.c.customer_id.not_in(mine)))
        entered = _found_since(steps) | entered
    return {person: entered[person] for person in here}


def _kept_since(steps: Steps, key: str) -> dict[int, int]:
    memberships, segments_, due = table(Membership), table(Segment), steps.tables.due
    statement = (
        select(memberships.c.customer_id, memberships.c.entered_on)
        .join(due, due.c.customer_id == memberships.c.customer_id)
        .join(segments_, segments_.c.id == memberships.c.segment_id)
        .where(
            segments_.c.key == key,
            memberships.c.entered_on <= steps.as_of,
            or_(memberships.c.left_on.is_(None), memberships.c.left_on > steps.as_of),
        )
    )
    return {row.customer_id: row.entered_on for row in steps.connection.execute(statement)}


def _found_since(steps: Steps) -> dict[int, int]:
    """The day of the last change of each person in `due`."""
    steps.find_state()
    with steps.answers(steps.choices) as found:
        before = func.lag(found.c.stage).over(partition_by=found.c.customer_id, order_by=found.c.day)
        marked = select(found.c.customer_id, found.c.day, found.c.stage, before.label("before")).subquery("marked")
        changed = select(marked.c.customer_id, func.max(marked.c.day).label("day")).where(
            marked.c.stage.is_distinct_from(marked.c.before)
        )
        rows = steps.connection.execute(changed.group_by(marked.c.customer_id))
        return {row.customer_id: row.day for row in rows}


def _described(connection: Connection, since: Mapping[int, int]) -> Iterator[dict[str, Any]]:
    stores = {row.id: row.key for row in connection.execute(select(table(Store).c.id, table(Store).c.key))}
    for batch in batches(since):
        known: dict[int, dict[str, Any]] = {
            person: {"person": person, "since": day_date(since[person]).isoformat(), "email": None, "accounts": {}}
            for person in batch
        }
        for row in chosen(connection, identities, ("customer_id", "kind", "scope", "value"), "customer_id", batch):
            person = known[row.customer_id]
            if row.kind == "email":
                person["email"] = person["email"] or row.value
            elif row.kind == "account":
                person["accounts"].setdefault(stores[row.scope], []).append(row.value)
        yield from known.values()
