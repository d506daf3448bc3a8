"""The differences of a plan as statements: what each item gains, changes and loses, by memberships and deliveries.

Deliveries belong to addresses, not to people: a merge, or its undoing, only changes whose segments an address has.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.schema import CreateTable, DropTable

from connector.database import bulk
from connector.dialects import iso_day
from connector.history.turns import turns
from connector.models import BigInt, Change, Delivery, Identity, Membership, Segment
from connector.tables import table
from sync.push.target import GIVEN, Item, Target

_changes, _deliveries = table(Change), table(Delivery)
_members, _identities, _segments = table(Membership), table(Identity), table(Segment)

_COLUMNS = ["plan_id", "identity_id", "customer_id", "item", "old", "new", "cause"]
_DELIVERED = func.coalesce(func.nullif(_deliveries.c.sending, ""), _deliveries.c.value)


@dataclass(frozen=True, slots=True)
class Draft:
    """What the statements of one plan share."""

    connection: Connection
    target: Target
    plan_id: int
    destination_id: int
    only: Collection[int] | None  # the people whom a pilot is about
    excluded: Collection[int]  # the ids of the exclusion segments


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Who is to have what of an item: rows of people with its value and the cause, and whether a person has any."""

    rows: list[Select[*tuple[object, ...]]]  # customer_id, value, cause
    has: ColumnElement[bool]  # of the person of a delivery


def form(draft: Draft, items: Iterable[Item]) -> None:
    """Insert what these items are to gain, to change, and to lose."""
    by_family = defaultdict[str, list[Item]](list)
    for item in items:
        by_family[item.family].append(item)
    for family, some in by_family.items():
        for item in some:
            if item.tells in {"tag", "field"}:
                _form(draft, item, _by_stage(draft, item))
        turned = [item for item in some if item.tells in {"previous", "day"}]
        if family in GIVEN:
            with _given(draft, family) as given:
                for item in some:
                    _form(draft, item, _as_given(given, GIVEN[family][1]))
        elif turned:
            with turns(draft.connection, family) as made:
                for item in turned:
                    _form(draft, item, _by_turn(draft, item, made))


def form_removals(draft: Draft, wanted: set[str], labels: Mapping[str, str]) -> None:
    """Take away what was delivered and is asked for no more; an incomplete family's texts stay where they are."""
    for item in sorted({key for key in labels if "=" not in key} - wanted):
        named = item.split(":", 1)[1]
        family = draft.connection.execute(
            select(_segments.c.family).where(or_(_segments.c.key == named, _segments.c.family == named)).limit(1)
        ).scalar()
        if (named if named in GIVEN else family) not in draft.target.incomplete:
            taken = _taken(draft, item).with_only_columns(*_lost(draft, item), literal("settings"))
            draft.connection.execute(insert(_changes).from_select(_COLUMNS, taken))


def reachable(target: Target) -> ColumnElement[bool]:
    """Whether an identity is an address of the target."""
    scope = target.store_id if target.reach == "account" else 0
    return and_(_identities.c.kind == target.reach, _identities.c.scope == scope)


def served(draft: Draft, person: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether a person may receive anything: neither excluded nor objecting."""
    allowed: list[ColumnElement[bool]] = [true()]
    if draft.excluded:
        inside = table(Membership).alias("excluded")
        mine = and_(inside.c.customer_id == person, inside.c.left_on.is_(None))
        allowed.append(~exists().where(mine, inside.c.segment_id.in_(sorted(draft.excluded))))
    if draft.target.never:
        allowed.append(person.not_in(sorted(draft.target.never)))
    return and_(*allowed)


def held_out(
    target: Target, person: ColumnElement[int], segments: Mapping[str, ColumnElement[bool]]
) -> ColumnElement[bool]:
    """Whether a person is held out of the segment they are in, by each segment's key and what says they are in it."""
    held = [
        and_(target.holdout[key].condition(person), inside) for key, inside in segments.items() if key in target.holdout
    ]
    return or_(false(), *held)


def _form(draft: Draft, item: Item, wanted: _Wanted) -> None:
    for rows in wanted.rows:
        draft.connection.execute(insert(_changes).from_select(_COLUMNS, _gains(draft, item, rows)))
    draft.connection.execute(insert(_changes).from_select(_COLUMNS, _losses(draft, item, wanted)))


def _by_stage(draft: Draft, item: Item) -> _Wanted:
    """A tag, or a stage's own text, for those who are in the segment."""
    person, rows = _members.c.customer_id, []
    for key, text in item.values.items():
        inside = and_(_members.c.segment_id == item.segments[key], _members.c.left_on.is_(None))
        kept = ~held_out(draft.target, person, {key: true()})
        rows.append(select(person, literal(text).label("value"), _members.c.cause).where(inside, kept))
    keys = {key: _members.c.segment_id == item.segments[key] for key in item.values}
    there = exists().where(
        person == _identities.c.customer_id,
        _members.c.left_on.is_(None),
        _members.c.segment_id.in_(sorted(item.segments[key] for key in item.values)),
        ~held_out(draft.target, person, keys),
    )
    return _Wanted(rows, there)


def _by_turn(draft: Draft, item: Item, made: Table) -> _Wanted:
    """The stage before the present one, or the day of the change between the two."""
    person = made.c.customer_id
    keys = {key: made.c.stage == key for key in item.segments}
    value: ColumnElement[str] = iso_day(made.c.entered_on)
    turned: ColumnElement[bool] = true()
    if item.tells == "previous":
        value = case(item.values, value=made.c.before)
        turned = made.c.before.in_(sorted(item.values))
    present = and_(made.c.stage.in_(sorted(keys)), turned, ~held_out(draft.target, person, keys))
    rows = select(person, value.label("value"), made.c.cause).where(present)
    return _Wanted([rows], exists().where(person == _identities.c.customer_id, present))


def _as_given(given: Table, cause: str) -> _Wanted:
    """A text that each person has by themselves."""
    rows = select(given.c.customer_id, given.c.value, literal(cause).label("cause"))
    return _Wanted([rows], exists().where(given.c.customer_id == _identities.c.customer_id))


@contextmanager
def _given(draft: Draft, family: str) -> Iterator[Table]:
    """A temporary table of each person's text in a field that is no family's: customer_id, value."""
    columns = (Column("customer_id", BigInt, primary_key=True, autoincrement=False), Column("value", String))
    given = Table("given_texts", MetaData(), *columns, prefixes=["TEMPORARY"])
    draft.connection.execute(DropTable(given, if_exists=True))
    draft.connection.execute(CreateTable(given))
    bulk(draft.connection, given, ("customer_id", "value"), draft.target.given[family].values.items())
    yield given
    draft.connection.execute(DropTable(given))


def _gains(draft: Draft, item: Item, rows: Select[*tuple[object, ...]]) -> Select[*tuple[object, ...]]:
    who = rows.subquery("who")
    delivered = and_(
        _deliveries.c.destination_id == draft.destination_id,
        _deliveries.c.item == item.key,
        _deliveries.c.identity_id == _identities.c.id,
    )
    return (
        select(
            cast(literal(draft.plan_id), Integer),
            _identities.c.id,
            who.c.customer_id,
            literal(item.key),
            _DELIVERED,
            who.c.value,
            who.c.cause,
        )
        .select_from(who)
        .join(_identities, _identities.c.customer_id == who.c.customer_id)
        .outerjoin(_deliveries, delivered)
        .where(
            reachable(draft.target),
            served(draft, who.c.customer_id),
            _asked(draft, who.c.customer_id),
            or_(_deliveries.c.value.is_distinct_from(who.c.value), _deliveries.c.sending.is_not(None)),
        )
    )


def _losses(draft: Draft, item: Item, wanted: _Wanted) -> Select[*tuple[object, ...]]:
    """Deliveries of `item` whose person is to have it no more."""
    person = _identities.c.customer_id
    mine = and_(_members.c.customer_id == person, _members.c.left_on.is_(None))
    stage = (
        select(func.max(_members.c.cause))
        .join(_segments, _segments.c.id == _members.c.segment_id)
        .where(mine, _segments.c.family == item.family)
        .scalar_subquery()
    )
    keys: dict[str, ColumnElement[bool]] = {
        key: exists().where(mine, _members.c.segment_id == number) for key, number in item.segments.items()
    }
    cause = case(
        (~served(draft, person), literal("excluded")),
        (held_out(draft.target, person, keys), literal("holdout")),
        else_=literal(GIVEN[item.family][1]) if item.family in GIVEN else func.coalesce(stage, "left"),
    )
    stays_there = and_(wanted.has, served(draft, person))
    return _taken(draft, item.key).with_only_columns(*_lost(draft, item.key), cause).where(~stays_there)


def _taken(draft: Draft, item: str) -> Select[*tuple[object, ...]]:
    """What was delivered of an item, of whom a plan is about."""
    return (
        select(_deliveries)
        .join(_identities, _identities.c.id == _deliveries.c.identity_id)
        .where(
            _deliveries.c.destination_id == draft.destination_id,
            _deliveries.c.item == item,
            _asked(draft, _identities.c.customer_id),
        )
    )


def _lost(draft: Draft, item: str) -> list[ColumnElement[object]]:
    return [
        cast(literal(draft.plan_id), Integer),
        _deliveries.c.identity_id,
        _identities.c.customer_id,
        literal(item),
        func.coalesce(_deliveries.c.value, _deliveries.c.sending),
        null(),
    ]


def _asked(draft: Draft, person: ColumnElement[int]) -> ColumnElement[bool]:
    return true() if draft.only is None else person.in_(sorted(draft.only))
