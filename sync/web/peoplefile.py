"""People as a file for spreadsheets, a line each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Annotated, TypeAlias
from urllib.parse import quote

from fastapi import Query
from fastapi.responses import StreamingResponse

from connector.answers.roster import Known
from connector.money import major_units
from sync.language.voice import Voice
from sync.web.desk import Desk
from sync.web.spreadsheet import Cell, Form, lines
from sync.web.words import word

HEAD = (
    ("personne", "person"),
    ("e-mail", "email"),
    ("accord e-mail", "email_consent"),
    ("commandes", "orders"),
    ("dépensé", "spent"),
    ("devise", "currency"),
    ("dernière commande", "last_order"),
    ("comptes", "accounts"),
)
"""The names of the columns, in French and as programs read them."""
Wanted: TypeAlias = Annotated[Form, Query(description="plain, or fr: as a French spreadsheet opens it.")]


def head(columns: Sequence[tuple[str, str]], form: Form) -> list[Cell]:
    """The first line."""
    return [fr if form == "fr" else en for fr, en in columns]


def line(desk: Desk, one: Known, currency: str, form: Form) -> list[Cell]:
    """What the columns of HEAD hold of somebody, as far as the visitor may see it."""
    consent = one.consent or ""
    return [
        one.person,
        desk.address(one.email),
        word(Voice("fr"), "consent", consent) if form == "fr" else consent,
        one.orders,
        major_units(one.spent, currency),
        currency,
        date.fromisoformat(one.last) if one.last else None,
        " ".join(f"{store}:{number}" for store, numbers in sorted(one.accounts.items()) for number in numbers),
    ]


def sent(name: str, rows: Iterable[Iterable[Cell]], form: Form) -> StreamingResponse:
    """The file as a response, under its name."""
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return StreamingResponse(lines(rows, form), media_type="text/csv; charset=utf-8", headers=headers)
