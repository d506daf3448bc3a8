"""Hand-made shops far from UTC for the tests of audiences: people by what they are, events by days ago.

Every event falls into the half hour of the shop's day that UTC counts to another day, so a rule that is asked by
UTC's days, or of UTC's today, answers with other people.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, select

from connector.answers.reports import members, segments
from connector.catalogue import Family, ParameterValue, library
from connector.days import day_number
from connector.history.memberships import activate, advance, full
from connector.models import Identity
from connector.records import (
    CheckoutRecord,
    ConsentRecord,
    ConsentState,
    CustomerRecord,
    FieldRecord,
    LineRecord,
    OrderRecord,
    OrderStatus,
    ProductRecord,
    RefundRecord,
)
from connector.tables import table
from tests.pull_world import put, store
from tests.rules_world import stages_on

DAY = date(2026, 6, 23)
"""The boundary day, a Tuesday: what people are compared with was made from the state of the evening before."""

ZONES = {"Pacific/Kiritimati": time(0, 30), "America/Los_Angeles": time(23, 30)}
"""Fourteen hours before UTC and seven after it, each with the local time at which UTC has another date."""

PRODUCTS = (
    ProductRecord("101", title="Sencha", categories=("Thés", "Bio")),
    ProductRecord("102", title="Tasse", categories=("Vaisselle",)),
)


@dataclass(frozen=True)
class Bought:
    """An order so many days ago."""

    ago: int
    total: int
    facts: Mapping[str, Any]
    delivered: int | None
    cancelled: int | None
    refunds: Sequence[tuple[int, int]]


@dataclass(frozen=True)
class Account:
    """An account opened so many days ago."""

    ago: int
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Cart:
    """A checkout begun so many days ago, and completed or not."""

    ago: int
    completed: int | None


Event: TypeAlias = Bought | Account | Cart
Fact: TypeAlias = Any  # whatever a field of a record holds


def bought(
    *ago: int,
    total: int = 3000,
    delivered: int | None = None,
    cancelled: int | None = None,
    refunds: Sequence[tuple[int, int]] = (),
    **facts: Fact,
) -> list[Event]:
    """An order on each of some days, with its delivery, cancellation and refunds (days ago, amount) by days too."""
    return [Bought(day, total, facts, delivered, cancelled, refunds) for day in ago]


def joined(ago: int, *, email: ConsentState | None = None, **facts: Fact) -> list[Event]:
    """An account, with or without a consent to e-mails."""
    consents = () if email is None else (ConsentRecord("email", email),)
    return [Account(ago, {"consents": consents, **facts})]


def told(ago: int, **fields: str) -> list[Event]:
    """An account with values of the fields that the shop keeps, each at the path custom.NAME."""
    return joined(ago, fields=tuple(FieldRecord(name, f"custom.{name}", value) for name, value in fields.items()))


def cart(*ago: int, completed: int | None = None) -> list[Event]:
    """A checkout begun on each of some days."""
    return [Cart(day, completed) for day in ago]


def lines(**quantities: int) -> tuple[LineRecord, ...]:
    """Lines of teas and cups, so many pieces of 10.00 each."""
    names = {"tea": "101", "cup": "102"}
    return tuple(LineRecord(names[name], number, 1000 * number) for name, number in quantities.items())


def worth(tea: int, cup: int = 0) -> tuple[LineRecord, ...]:
    """A line of tea and one of cups at these amounts."""
    return (LineRecord("101", 1, tea), LineRecord("102", 1, cup))


@dataclass(frozen=True)
class Case:
    """A shop, and which of its people an audience holds at the end of the boundary day and of the day after."""

    key: str
    says: str
    people: Mapping[str, Sequence[Event]]
    inside: set[str]
    after: set[str]
    values: Mapping[str, ParameterValue] = field(default_factory=dict)
    beside: tuple[str, ...] = ()  # families whose memberships are kept beside it

    @property
    def families(self) -> tuple[Family, ...]:
        """The audience with its values, after what is kept beside it."""
        return library().chosen({self.key: self.values}, keys=[*self.beside, self.key])


def check(engine: Engine, case: Case, zone: str) -> None:
    """Pull the shop and hold memberships, members and report of both days against what the case says."""
    for name, events in case.people.items():
        assert events, f"{name} did nothing, so nobody knows them"
    shop = store(engine, timezone=zone)
    put(engine, shop, *records(case.people, ZoneInfo(zone)), products=PRODUCTS)
    today = day_number(DAY)
    with engine.connect() as connection:
        activate(connection, case.families, today)
        for day, expected in ((today, case.inside), (today + 1, case.after)):
            advance(connection, case.families, day)
            assert kept(connection, case, day) == expected, "memberships"
            assert listed(connection, case, day) == expected, "members"
            (stage,) = segments(connection, case.families[-1:], day)["families"][0]["stages"]
            assert stage["people"] == len(expected), "report"
        assert full(connection, case.families, today + 1) == 0
        assert kept(connection, case, today) == case.inside, "memberships of the day before"


def records(
    people: Mapping[str, Sequence[Event]], zone: ZoneInfo
) -> Iterable[OrderRecord | CustomerRecord | CheckoutRecord]:
    """What the shop has, each person being an account whose number is their place."""
    numbers = (str(number) for number in count(1))
    for account, events in enumerate(people.values(), 1):
        for event in events:
            yield _record(event, next(numbers), str(account), zone)


def kept(connection: Connection, case: Case, day: int) -> set[str]:
    """Who is in the audience by the memberships."""
    keys = table(Identity).c
    rows = connection.execute(select(keys.customer_id, keys.value).where(keys.kind == "account"))
    accounts = {row.customer_id: row.value for row in rows}
    return {
        _name(case, accounts[person]) for person, inside in stages_on(connection, day).items() if case.key in inside
    }


def listed(connection: Connection, case: Case, day: int) -> set[str]:
    """Who is in the audience by the list of its members."""
    found = members(connection, case.families, case.key, day)
    return {_name(case, entry["accounts"]["boutique"][0]) for entry in found}


def moment(ago: int, zone: ZoneInfo) -> datetime:
    """An instant of the shop's day so many days ago, which is of another day in UTC."""
    local = datetime.combine(DAY - timedelta(days=ago), ZONES[zone.key], zone)
    at = local.astimezone(UTC)
    assert at.date() != local.date()
    return at


def _name(case: Case, account: str) -> str:
    return list(case.people)[int(account) - 1]


def _record(event: Event, number: str, account: str, zone: ZoneInfo) -> OrderRecord | CustomerRecord | CheckoutRecord:
    at = moment(event.ago, zone)
    match event:
        case Account(facts=facts):
            return CustomerRecord(account, created_at=at, **facts)
        case Cart(completed=completed):
            done = None if completed is None else moment(completed, zone)
            return CheckoutRecord(number, at, "EUR", 1000, customer_id=account, completed_at=done)
    return _order(event, number, account, zone)


def _order(event: Bought, number: str, account: str, zone: ZoneInfo) -> OrderRecord:
    order = OrderRecord(
        number,
        moment(event.ago, zone),
        OrderStatus.PAID,
        "EUR",
        event.total,
        customer_id=account,
        delivered_at=None if event.delivered is None else moment(event.delivered, zone),
        cancelled_at=None if event.cancelled is None else moment(event.cancelled, zone),
        refunds=tuple(
            RefundRecord(f"{number}-{n}", amount, moment(ago, zone)) for n, (ago, amount) in enumerate(event.refunds)
        ),
    )
    return replace(order, **event.facts)
