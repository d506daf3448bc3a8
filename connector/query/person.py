"""What is known of a person beside their counted orders, as conditions on their id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from sqlalchemy import ColumnElement, FromClause, Select, Subquery, and_, case, exists, func, literal, null, or_, select

from connector.dialects import fold, month_day, position
from connector.models import Account, Consent, CustomerField, Identity, Membership, Order, PredictedValue, Segment
from connector.query.bounds import Edge, OneOf, Span, YearDay
from connector.query.clocks import TODAY, Clock
from connector.query.fields import abandoned, checkouts, visible
from connector.query.measures import Counted, Spans
from connector.query.within import complement, holds_one, within
from connector.records import ConsentState
from connector.tables import table

identities = table(Identity).alias("i")
accounts = table(Account).alias("account")
consents = table(Consent).alias("consent")
fields = table(CustomerField).alias("field")
predicted = table(PredictedValue).alias("predicted")
memberships = table(Membership).alias("m")
segments = table(Segment).alias("s")
placed = table(Order).alias("q")

_STRICTNESS = {state.value: number for number, state in enumerate(ConsentState)}
_CHANNELS = {"email_subscription_status": "email", "sms_subscription_status": "sms"}
_PLACES = {
    "last_country": placed.c.country,
    "last_region": placed.c.region,
    "last_city": placed.c.city,
    "last_postcode": placed.c.postcode,
}
_KEYS = {"has_email": "email", "has_phone": "phone", "has_account": "account"}


class Someone(Protocol):
    """Of whom it is asked, and as of when."""

    @property
    def person(self) -> ColumnElement[int]:
        """The person's id."""
        ...

    @property
    def clock(self) -> Clock:
        """Where the days come from."""
        ...


Finder = Callable[[Spans, Someone], list[Select[Any]]]
"""Where the rows are found that have one of a person's values inside a span."""


def own(name: str, span: Spans, of: Someone) -> ColumnElement[bool]:
    """Whether something of a person's own lies in a span; of a list, whether one of its values does."""
    if finder := _finder(name):
        found = or_(*(exists(rows) for rows in finder(span, of)))
        return complement(found) if span.outside else found
    return within(_value(name, of), span, of.clock)


def counted(figure: Counted, of: Someone) -> ColumnElement[int]:
    """How many rows of another table a person has that pass the figure's tests."""
    if figure.of == "checkouts":
        rows = select(func.count(checkouts.c.id)).where(*abandoned(of.person, figure.tests, of.clock))
        return rows.scalar_subquery()
    columns = {"segment": segments.c.key, "date": memberships.c.entered_on}
    passed = [within(columns[test.field], test.span, of.clock) for test in figure.tests]
    known = and_(memberships.c.customer_id == of.person, memberships.c.entered_on <= of.clock.edge(TODAY))
    joined = memberships.join(segments, segments.c.id == memberships.c.segment_id)
    return select(func.count(memberships.c.entered_on)).select_from(joined).where(known, *passed).scalar_subquery()


def anniversary(day: ColumnElement[Any], span: Spans, clock: Clock) -> ColumnElement[bool]:
    """Whether a day of the span is the same day as `day`, some years later."""
    if isinstance(span, OneOf) or not isinstance(span.low, Edge) or not isinstance(span.high, Edge):
        raise TypeError(span)  # the rule was checked: =, != and BETWEEN have both ends
    first, last = (clock.edge(YearDay(span.low, span.high, end)) for end in (False, True))
    of_year = month_day(day)
    within_year = and_(first <= last, of_year >= first, of_year <= last)
    around_new_year = and_(first > last, or_(of_year >= first, of_year <= last))
    inside = and_(day < clock.edge(span.low), or_(within_year, around_new_year))
    return complement(inside) if span.outside else inside


def _value(name: str, of: Someone) -> ColumnElement[Any]:
    if name in _CHANNELS:
        return _consent(_CHANNELS[name], of.person)
    if name in _PLACES:
        return _last(_PLACES[name], of)
    if name == "clv_12m":
        return select(predicted.c.clv_12m).where(predicted.c.customer_id == of.person).scalar_subquery()
    if name in _KEYS:
        mine = and_(identities.c.customer_id == of.person, identities.c.kind == _KEYS[name])
        return case((exists().where(mine), 1), else_=0)
    return select(func.max(checkouts.c.local_day)).where(*abandoned(of.person, (), of.clock)).scalar_subquery()


def _consent(channel: str, person: ColumnElement[int]) -> ColumnElement[str]:
    """The strictest of what a person's accounts and tools say, null where none says anything."""
    strictness = case(*[(consents.c.state == state, number) for state, number in _STRICTNESS.items()])
    mine = and_(consents.c.customer_id == person, consents.c.channel == channel)
    strictest = select(func.min(strictness)).where(mine).scalar_subquery()
    return case(*[(strictest == number, literal(state)) for state, number in _STRICTNESS.items()])


def _last(column: ColumnElement[Any], of: Someone) -> ColumnElement[Any]:
    """A column of the last counted order."""
    mine = and_(placed.c.customer_id == of.person, placed.c.counted == 1, visible(of.clock, placed))
    latest = (
        select(column).where(mine).order_by(placed.c.local_day.desc(), placed.c.placed_at.desc(), placed.c.id.desc())
    )
    return latest.limit(1).scalar_subquery()


def _accounts(person: ColumnElement[int]) -> Select[Any]:
    owned = accounts.join(identities, identities.c.id == accounts.c.identity_id)
    return select(literal(1)).select_from(owned).where(identities.c.customer_id == person)


def _inside(column: ColumnElement[Any], span: Spans, clock: Clock) -> ColumnElement[bool]:
    """Whether a value is one of those that a span names, or is there at all; whether outside is asked elsewhere."""
    if isinstance(span, OneOf):
        return within(column, OneOf(span.values), clock)
    return column.is_not(None)


def _of_accounts(column: ColumnElement[Any]) -> Finder:
    return lambda span, of: [_accounts(of.person).where(_inside(column, span, of.clock))]


def _tags(span: Spans, of: Someone) -> list[Select[Any]]:
    inside = OneOf(span.values) if isinstance(span, OneOf) else type(span)()
    return [_accounts(of.person).where(holds_one(accounts.c.tags, inside))]


def _domains(span: Spans, of: Someone) -> list[Select[Any]]:
    at = position(identities.c.value, literal("@"))
    domain = func.substr(identities.c.value, at + 1)
    mine = and_(identities.c.customer_id == of.person, identities.c.kind == "email")
    return [select(literal(1)).where(mine, at > 0, _inside(domain, span, of.clock))]


def _where(*parts: str) -> Finder:
    """Of accounts and of counted orders; what has several parts also as Shopify writes it: US-CA-LosAngeles."""

    def rows(span: Spans, of: Someone) -> list[Select[Any]]:
        mine = and_(placed.c.customer_id == of.person, placed.c.counted == 1, visible(of.clock, placed))
        return [
            _accounts(of.person).where(_place(accounts, parts, span, of.clock)),
            select(literal(1)).where(mine, _place(placed, parts, span, of.clock)),
        ]

    return rows


def _place(rows: FromClause, parts: tuple[str, ...], span: Spans, clock: Clock) -> ColumnElement[bool]:
    column = rows.c[parts[-1]]
    plain = _inside(column, span, clock)
    if len(parts) == 1 or not isinstance(span, OneOf):
        return plain
    joined: ColumnElement[Any] = rows.c[parts[0]]
    for part in parts[1:]:
        joined = joined + "-" + func.replace(rows.c[part], " ", "")
    return or_(plain, fold(joined).in_([text for text in span.values if isinstance(text, str)]))


_LISTS: Mapping[str, Finder] = {
    "customer_account_status": _of_accounts(accounts.c.state),
    "customer_language": _of_accounts(accounts.c.language),
    "customer_tags": _tags,
    "customer_email_domain": _domains,
    "customer_countries": _where("country"),
    "customer_regions": _where("country", "region"),
    "customer_cities": _where("country", "region", "city"),
}


def field_days(name: str) -> Subquery:
    """The day that a mapped field is of each person (`customer_id`, `day`); of several accounts, the first one."""
    told = fields.join(identities, identities.c.id == fields.c.identity_id)
    days = select(identities.c.customer_id, func.min(fields.c.day).label("day")).select_from(told)
    return days.where(_named(name)).group_by(identities.c.customer_id).subquery("birthdays")


def field_day(name: str, person: ColumnElement[int]) -> ColumnElement[int]:
    """The day that a mapped field is of one person."""
    told = fields.join(identities, identities.c.id == fields.c.identity_id)
    mine = and_(identities.c.customer_id == person, _named(name))
    return select(func.min(fields.c.day)).select_from(told).where(mine).scalar_subquery()


def _named(name: str) -> ColumnElement[bool]:
    """Whether a row is of a field, which goes by its name or by what the platform calls it: metafields.gender."""
    asked = name.removeprefix("metafields.")
    return or_(fields.c.name == asked, fields.c.path == asked)


def _mapped(name: str) -> Finder:
    def rows(span: Spans, of: Someone) -> list[Select[Any]]:
        told = fields.join(identities, identities.c.id == fields.c.identity_id)
        mine = and_(identities.c.customer_id == of.person, _named(name))
        inside = OneOf(span.values) if isinstance(span, OneOf) else type(span)()
        return [select(literal(1)).select_from(told).where(mine, holds_one(fields.c.value, inside))]

    return rows


def _finder(name: str) -> Finder | None:
    """Where the values of a list, or of a mapped field, are found; None for what is a single thing."""
    return _mapped(name) if name.startswith("metafields.") else _LISTS.get(name)


def listed(name: str, of: Someone) -> list[Select[Any]]:
    """Where the texts of a list are read, each row one text or several lines of them; empty for what is no list."""
    if name.startswith("metafields."):
        return [rows.with_only_columns(fields.c.value) for rows in _mapped(name)(Span(), of)]
    if name not in _LISTS:
        return []
    domain = func.substr(identities.c.value, position(identities.c.value, literal("@")) + 1)
    shown = {
        "customer_account_status": accounts.c.state,
        "customer_language": accounts.c.language,
        "customer_tags": accounts.c.tags,
        "customer_email_domain": domain,
    }
    part = {"customer_countries": "country", "customer_regions": "region", "customer_cities": "city"}.get(name, "")
    columns = [shown[name]] if name in shown else [accounts.c[part], placed.c[part]]
    found = _LISTS[name](Span(), of)
    return [rows.with_only_columns(column) for rows, column in zip(found, columns, strict=True)]


def own_value(name: str, of: Someone) -> ColumnElement[Any]:
    """A single thing of a person's own; null for a list."""
    return null() if _finder(name) else _value(name, of)
