"""What we know, as answers: the people and the money of each stage, and who they are.

    segments(connection, families, as_of, window=None, language="en") -> dict     one entry a family and stage
    members(connection, families, key, as_of, window=None) -> Iterator[dict]      one entry a person
    incomplete(connection, families, as_of, language="en", today=None) -> dict[str, str]    why each cannot be trusted

All are answered from the orders themselves, so for any past day and any window, and nothing is kept of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, and_, delete, func, literal, or_, select

from connector.answers.sizes import Size, sizes
from connector.catalogue import Family, Stage
from connector.database import batches
from connector.days import day_date
from connector.errors import SettingsError
from connector.fields import mapped, unmapped
from connector.history.calibrations import in_force
from connector.history.segments import Active, currency_of, versions_of
from connector.history.steps import BEGINNING, Steps
from connector.language import Language
from connector.models import Customer, Membership, Segment, Store
from connector.people import reached
from connector.privacy.objections import profiled
from connector.query.bounds import Span
from connector.query.choices import runs_out
from connector.query.meaning import Leaf, attributes, leaves, timeless
from connector.query.measures import Aggregate, Derived
from connector.query.select import edges
from connector.scratch import fill, scratch
from connector.tables import table
from connector.worded import day

PAGE = 20_000
"""People who are looked at together when a segment is listed."""

_REASON: Mapping[Language, str] = {"en": "The history starts on {day}.", "fr": "L'historique commence le {day}."}
_REMEDY: Mapping[Language, str] = {
    "en": "Let the shop show all its orders (on Shopify, the scope read_all_orders), or import an export of them.",
    "fr": "Donnez accès à toutes les commandes (sur Shopify, la permission read_all_orders), ou importez leur export.",
}

_NO_PAST: Mapping[Language, tuple[str, str]] = {
    "en": ("There is no figure for {day}: {found} is known as of today only.", "Ask for today."),
    "fr": ("Pas de chiffre au {day} : {found} n'est connu qu'à ce jour.", "Demandez l'état d'aujourd'hui."),
}
_UNMAPPED: Mapping[Language, tuple[str, str]] = {
    "en": (
        "No customer field is mapped to {found}.",
        'Name it for the shop in connector.toml: fields = { gender = "custom.gender" }.',
    ),
    "fr": (
        "Aucun champ client n'est associé à {found}.",
        'Nommez-le pour la boutique dans connector.toml : fields = { gender = "custom.gender" }.',
    ),
}

people = table(Customer)


def segments(
    connection: Connection,
    families: Sequence[Family],
    as_of: int,
    *,
    window: int | None = None,
    language: Language = "en",
    today: int | None = None,
    known: Mapping[str, Sequence[Size]] | None = None,
) -> dict[str, Any]:
    """How many people each stage holds at the end of a day, and what they have spent by then, net of refunds.

    `window` asks with another one than is set; with `today`, what has no past says so for earlier days. A family that
    lacks history is there all the same, marked so. Sizes that are `known` are not worked out.
    """
    asked = [family.with_window(window) for family in families]
    found = sizes(connection, asked, as_of) if known is None else known
    versions, currency = versions_of(connection, asked), currency_of(connection)
    why = _reasons(connection, asked, as_of, language, today)
    base = select(func.count()).where(people.c.merged_into.is_(None), people.c.since_day <= as_of, profiled(as_of))
    return {
        "as_of": day_date(as_of).isoformat(),
        "people": connection.scalar(base),
        "families": [
            {
                "key": family.key,
                "version": versions[family.key],
                **_completeness(why.get(family.key)),
                "stages": _stages(family, found[family.key], currency),
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
    asked = family.with_window(window)
    kept = None if window is not None else key
    choice = asked.choice("stage", currency_of(connection), range(len(asked.stages)))
    with scratch(connection, [choice]) as tables:
        active = Active(asked, asked.version, tuple(range(len(asked.stages))), None)
        steps = Steps(connection, [active], [choice], as_of, tables, in_force(connection, [choice]))
        position = asked.stages.index(stage)
        last = None
        while (last := _take_page(steps, last)) is not None:
            steps.find_state(steps.choices)
            yield from _described(connection, _since(steps, position, kept))


def incomplete(
    connection: Connection,
    families: Sequence[Family],
    as_of: int,
    language: Language = "en",
    *,
    today: int | None = None,
) -> dict[str, str]:
    """The families that cannot be trusted as of a day, each with the reason.

    One reaches behind what a store shows of its history: by its window, or because it asks for a first order, for none
    ever, or for all there are. One asks for a customer field that is not mapped. And where the day lies before
    `today`, one asks for what is known as of today only.
    """
    return {key: why[0] for key, why in _reasons(connection, families, as_of, language, today).items()}


def _reasons(
    connection: Connection, families: Sequence[Family], as_of: int, language: Language, today: int | None
) -> dict[str, tuple[str, str]]:
    """Why families cannot be trusted, each with what to do about it."""
    return {
        **_short(connection, families, as_of, language),
        **(_without_past(families, as_of, language) if today is not None and as_of < today else {}),
        **_unmapped(connection, families, language),
    }


def _without_past(families: Sequence[Family], as_of: int, language: Language) -> dict[str, tuple[str, str]]:
    """The families that ask for what is known as of today only."""
    found = {}
    for family in families:
        names = [name for expression in family.expressions() for name in timeless(expression)]
        if names:
            reason, remedy = _NO_PAST[language]
            found[family.key] = (reason.format(found=names[0], day=day(day_date(as_of), language)), remedy)
    return found


def _unmapped(connection: Connection, families: Sequence[Family], language: Language) -> dict[str, tuple[str, str]]:
    """The families that ask for a customer field that no store maps."""
    known, found = mapped(connection), {}
    for family in families:
        names = [condition.name for expression in family.expressions() for condition in attributes(expression)]
        if missing := unmapped(names, known):
            reason, remedy = _UNMAPPED[language]
            found[family.key] = (reason.format(found=missing[0]), remedy)
    return found


def _short(
    connection: Connection, families: Sequence[Family], as_of: int, language: Language
) -> dict[str, tuple[str, str]]:
    """The families that reach behind what a store shows."""
    floor = connection.scalar(select(func.max(table(Store).c.floor_day)))
    if floor is None:
        return {}
    currency = currency_of(connection)
    reasons = {}
    for family in families:
        choice = family.choice("stage", currency, range(len(family.stages)))
        needed = min((edge.on(as_of) for edge in edges([choice])), default=as_of)
        if needed < floor or any(_reads_all(leaf) for asked, _ in choice.cases for leaf in leaves(asked)):
            reasons[family.key] = (_REASON[language].format(day=day(day_date(floor), language)), _REMEDY[language])
    return reasons


def _reads_all(leaf: Leaf) -> bool:
    """Whether an answer can depend on an order of any age."""
    if isinstance(leaf.figure, Derived) or runs_out(leaf):
        return True
    since = isinstance(leaf.span, Span) and leaf.span.low is not None and not leaf.span.outside
    if leaf.figure == Aggregate("last") and since:
        return False  # a last order since a day is known from that day's orders on
    return any(not _bounded(aggregate) for aggregate in leaf.aggregates if aggregate.measure != "since")


def _bounded(aggregate: Aggregate) -> bool:
    spans = [test.span for test in aggregate.rows.tests if test.field == "date"]
    return any(isinstance(span, Span) and span.low is not None and not span.outside for span in spans)


def _completeness(why: tuple[str, str] | None) -> dict[str, Any]:
    return {"complete": True} if why is None else {"complete": False, "reason": why[0], "remedy": why[1]}


def _stages(family: Family, found: Sequence[Size], currency: str) -> list[dict[str, Any]]:
    return [
        {"key": stage.key, "people": size.people, "revenue": {"minor": size.revenue, "currency": currency}}
        for stage, size in zip(family.stages, found, strict=True)
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
    steps.find_state(steps.choices)
    with steps.answers(steps.choices) as found:
        before = func.lag(found.c.stage).over(partition_by=found.c.customer_id, order_by=found.c.day)
        marked = select(found.c.customer_id, found.c.day, found.c.stage, before.label("before")).subquery("marked")
        changed = select(marked.c.customer_id, func.max(marked.c.day).label("day")).where(
            marked.c.stage.is_distinct_from(marked.c.before)
        )
        rows = steps.connection.execute(changed.group_by(marked.c.customer_id))
        return {row.customer_id: row.day for row in rows}


def _described(connection: Connection, since: Mapping[int, int]) -> Iterator[dict[str, Any]]:
    for batch in batches(since):
        for person, known in reached(connection, batch).items():
            entered = day_date(since[person]).isoformat()
            yield {"person": person, "since": entered, "email": known.email, "accounts": known.accounts}
