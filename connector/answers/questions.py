"""Questions that are asked once: how many people a rule holds for, and how it can be said elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from connector.catalogue import Library
from connector.days import day_date
from connector.errors import QueryError
from connector.fields import mapped, unmapped
from connector.history.calibrations import Calibrated
from connector.history.segments import currency_of
from connector.history.steps import shape_of
from connector.language import Language
from connector.models import Identity
from connector.predictions import reads, why_absent
from connector.query import canonical
from connector.query.meaning import Meaning, attributes, meaning, timeless
from connector.query.messages import problem
from connector.query.parse import parse_remarked
from connector.query.portability import Portability, portability
from connector.query.references import entered, expanded
from connector.query.select import Choice, calibrated, state
from connector.query.tree import Expression, Text
from connector.records import ConsentState
from connector.tables import table
from connector.worded import day

_NO_PAST = {
    "en": "{found} is known as of today only; for {day} it is answered with today's value.",
    "fr": "{found} n'est connu qu'à ce jour ; pour le {day}, la réponse prend sa valeur actuelle.",
}
_NO_FIGURE = {
    "en": "{found} has no value on that day yet.",
    "fr": "{found} n'a pas encore de valeur ce jour-là.",
}
_NOT_KEPT = {
    "en": "The memberships of {found} are not kept, so nobody has entered it.",
    "fr": "Les appartenances à {found} ne sont pas conservées : personne n'y est entré.",
}
_NEVER = {
    "en": "{name} is never '{found}'; it is one of {known}.",
    "fr": "{name} ne vaut jamais '{found}' ; c'est l'un de {known}.",
}
_CONSENTS = tuple(state.value.upper() for state in ConsentState)
_STATES: Mapping[str, Sequence[str]] = {
    "email_subscription_status": _CONSENTS,
    "sms_subscription_status": _CONSENTS,
    "customer_account_status": ("DECLINED", "DISABLED", "ENABLED", "INVITED"),
}


NOBODY = slice(0, 0)


@dataclass(frozen=True, slots=True)
class Answer:
    """How many people a rule holds for, some of them, the rule in its one spelling, and what to know of both."""

    people: int
    examples: tuple[int, ...]
    canonical: str
    portability: Portability
    warnings: tuple[str, ...]


def ask(
    connection: Connection,
    text: str,
    as_of: int,
    library: Library,
    language: Language = "en",
    *,
    today: int | None = None,
    kept: frozenset[str] = frozenset(),
    examples: slice = NOBODY,
) -> Answer:
    """The people for whom a rule holds at the end of a day; QueryError, in `language`, points into `text`.

    `kept` are the segments whose memberships are in the database. Of the people, in the order of their numbers, the
    `examples` are named: slice(20, 30), or slice(0, None) for all of them.
    """
    written, remarks = parse_remarked(text, language)
    expression = expanded(written, library.rules(), language)
    _refuse_unmapped(expression, mapped(connection), text, language)
    choice = Choice("answer", ((_read(expression, connection, text, language), 1),))
    figures = Calibrated(connection)
    asked = state([choice], shape_of(connection, as_of))
    q = asked.select.subquery("q")
    values = asked.clock.values(as_of, figures)
    people = connection.scalar(select(func.count()).where(q.c.answer == 1), values)
    first = (
        select(q.c.customer_id).where(q.c.answer == 1).order_by(q.c.customer_id).slice(examples.start, examples.stop)
    )
    named = () if examples == NOBODY else tuple(connection.scalars(first, values))
    told = portability(expression, language, mapped(connection, "shopify"))
    warnings = [*remarks, *told.warnings, *_never(expression, language)]
    if today is not None and as_of < today:
        past = day(day_date(as_of), language)
        warnings += [_NO_PAST[language].format(found=name, day=past) for name in timeless(expression)]
    unknown = [key for key in sorted(calibrated([choice])) if figures.value(key, as_of) is None]
    warnings += [_NO_FIGURE[language].format(found=key) for key in unknown]
    if reads([expression]) and (absent := why_absent(connection, language)):
        warnings.append(absent)
    warnings += [_NOT_KEPT[language].format(found=key) for key in entered(expression) if key not in kept]
    return Answer(people or 0, named, canonical(written), told, tuple(warnings))


def _never(expression: Expression, language: Language) -> Iterator[str]:
    """A word for each state that is asked for and that there is not."""
    for condition in attributes(expression):
        known = _STATES.get(condition.name, ())
        for value in condition.values:
            if known and isinstance(value, Text) and value.value.upper() not in known:
                words = {"name": condition.name, "found": value.value, "known": ", ".join(known)}
                yield _NEVER[language].format(**words)


def _refuse_unmapped(expression: Expression, known: Mapping[str, str], text: str, language: Language) -> None:
    """QueryError, at its place, for the first field that is asked for and not read."""
    for condition in attributes(expression):
        for name in unmapped([condition.name], known):
            path, field = name.removeprefix("metafields."), name.rpartition(".")[2]
            example = f'{{ {field.lower()} = "{path if "." in path else f"custom.{path}"}" }}'
            near = [f"metafields.{field}" for field in known]
            error = problem("unmapped", condition.place, language, near=near, found=name, expected=example)
            error.text = text
            raise error


def _read(expression: Expression, connection: Connection, text: str, language: Language) -> Meaning:
    try:
        return meaning(expression, currency_of(connection), language)
    except QueryError as error:
        error.text = text
        raise


def accounts_of(
    connection: Connection, expression: Expression, as_of: int, store_id: int
) -> tuple[frozenset[str], int]:
    """The accounts of a store whose people a rule holds for at the end of a day; and how many people those are."""
    choice = Choice("answer", ((meaning(expression, currency_of(connection)), 1),))
    asked = state([choice], shape_of(connection, as_of))
    q, identities = asked.select.subquery("q"), table(Identity)
    statement = (
        select(identities.c.value, identities.c.customer_id)
        .join(q, q.c.customer_id == identities.c.customer_id)
        .where(q.c.answer == 1, identities.c.kind == "account", identities.c.scope == store_id)
    )
    rows = connection.execute(statement, asked.clock.values(as_of, Calibrated(connection))).all()
    return frozenset(row.value for row in rows), len({row.customer_id for row in rows})
