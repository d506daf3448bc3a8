"""The people of a segment as a file for spreadsheets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated
from urllib.parse import quote

from fastapi import Path, Query, Response
from fastapi.responses import StreamingResponse

from connector.days import day_date
from connector.money import major_units
from connector.roster import PART, Listed, everyone, people_of
from sync.voice import Voice
from sync.web.desk import Desk, Here
from sync.web.page import Download
from sync.web.pages.segment import found
from sync.web.spreadsheet import Cell, Form, lines
from sync.web.words import word

_HEAD = (
    ("personne", "person"),
    ("e-mail", "email"),
    ("accord e-mail", "email_consent"),
    ("depuis", "since"),
    ("commandes", "orders"),
    ("dépensé", "spent"),
    ("devise", "currency"),
    ("dernière commande", "last_order"),
    ("comptes", "accounts"),
)


def members(
    desk: Here,
    key: Annotated[str, Path(max_length=200)],
    form: Annotated[Form, Query(description="plain, or fr: as a French spreadsheet opens it.")] = "plain",
) -> Response:
    """The people who are in a segment now, one a line; who took them out is noted first."""
    found(desk, key)
    with desk.reading() as connection:
        people = people_of(connection, key, None)
    desk.disclosed("export", f"{key} csv", people=people or 0)
    name = f"{key}-{day_date(desk.workspace.today())}.csv"
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return StreamingResponse(lines(_rows(desk, key, form), form), media_type="text/csv; charset=utf-8", headers=headers)


def _rows(desk: Desk, key: str, form: Form) -> Iterator[list[Cell]]:
    """The head, then everyone, read part by part so that a slow reader holds nothing open."""
    yield [fr if form == "fr" else en for fr, en in _HEAD]
    currency, last = desk.workspace.merchant().currency, 0
    while True:
        with desk.reading() as connection:
            part = everyone(connection, key, after=last)
        yield from (_row(desk, person, currency, form) for person in part)
        if len(part) < PART:
            return
        last = part[-1].person


def _row(desk: Desk, one: Listed, currency: str, form: Form) -> list[Cell]:
    consent = one.consent or ""
    return [
        one.person,
        desk.address(one.email),
        word(Voice("fr"), "consent", consent) if form == "fr" else consent,
        date.fromisoformat(one.since),
        one.orders,
        major_units(one.spent, currency),
        currency,
        date.fromisoformat(one.last) if one.last else None,
        " ".join(f"{store}:{number}" for store, numbers in sorted(one.accounts.items()) for number in numbers),
    ]


DOWNLOAD = Download("/segments/{key}.csv", members)
