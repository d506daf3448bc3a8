"""The ways to read a list that changes while it is read, so that nothing is lost.

Page numbers alone lose rows: when one leaves the list, all later ones move up, and the next page skips one. So either
no page but the first is ever asked for, from where the last one ended, or the pages are read from the last to the
first: what leaves then only moves rows that are still to be read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from connector.errors import PermanentError, RecordError
from connectors.elements import UNREADABLE
from connectors.woocommerce.client import Listing, WooCommerceClient
from connectors.woocommerce.payloads import Stamp, moment

SECOND = timedelta(seconds=1)

Params = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Step:
    """Some rows. All that was modified up to `reached` has been yielded with it; None: nothing can be said yet.

    `page` is the number of the page, in a walk from the last to the first.
    """

    rows: list[msgspec.Raw]
    total: int
    settled: datetime
    reached: datetime | None = None
    page: int = 1


def backwards(client: WooCommerceClient, path: str, params: Params, start: int | None = None) -> Iterator[Step]:
    """A list that only loses rows, or gains them at its end: its pages from the last, or from `start`, to the first.

    The first page, which told how many there are, is read again at its turn: its total stands still also where as many
    rows came as went, which servers whose clocks differ bring about in a window that lies in the past.
    """
    first = client.rows(path, page=1, **params)
    last = first.pages if start is None else min(start, first.pages)
    for number in range(last, 1, -1):
        page = client.rows(path, page=number, **params)
        yield Step(page.rows, first.total, first.settled, page=number)
    if last > 1:
        first = client.rows(path, page=1, **params)
    yield Step(first.rows, first.total, first.settled)


def by_modification(client: WooCommerceClient, params: Params, after: datetime | None) -> Iterator[Step]:
    """Orders modified after `after`, the oldest change first; those that share a second with `after` are left out.

    HTTPError with `rest_invalid_param` from the first step where the shop is too old to sort so.
    """
    sort: Params = {**params, "orderby": "modified", "order": "asc"}
    seen: set[tuple[int, str | None]] = set()
    while True:
        page = client.rows("orders", **sort, **window(after))
        stamps = [stamp_of(row) for row in page.rows]
        obeyed(stamps, after)
        reached = _reached(stamps, page.settled)
        yield Step(_unseen(page.rows, stamps, seen), page.total, page.settled, reached)
        if page.pages <= 1:
            return
        if reached is None:
            yield from _unsettled(client, sort, after, page)
            return
        seen = {(stamp.id, stamp.date_modified_gmt) for stamp in stamps if stamp}
        before_it = reached - SECOND
        if after is None or before_it > after:
            after = before_it
        else:  # the page holds nothing but this second: there may be more of it
            yield from _second(client, params, reached, seen)
            after = reached


def _second(
    client: WooCommerceClient, params: Params, second: datetime, seen: set[tuple[int, str | None]]
) -> Iterator[Step]:
    """All orders modified in one second that is over; from such a list rows can only leave."""
    query = {**params, "orderby": "id", "order": "asc", **window(second - SECOND, second + SECOND)}
    for step in backwards(client, "orders", query):
        rows = _unseen(step.rows, [stamp_of(row) for row in step.rows], seen)
        yield Step(rows, step.total, step.settled, second if step.page == 1 else None)


def _unsettled(client: WooCommerceClient, sort: Params, after: datetime | None, first: Listing) -> Iterator[Step]:
    """The further pages where all is being modified just now, or is dated in the future; the next read has it again."""
    for number in range(2, first.pages + 1):
        page = client.rows("orders", page=number, **sort, **window(after))
        yield Step(page.rows, first.total, first.settled)


def window(after: datetime | None, before: datetime | None = None) -> Params:
    """The parameters for orders modified between two times, both excluded.

    This form alone is right in every time zone: with a Z, `dates_are_gmt` shifts by the shop's offset; without it the
    shop's own time is meant.
    """
    bounds: Params = {
        name: f"{moment:%Y-%m-%dT%H:%M:%S}"
        for name, moment in (("modified_after", after), ("modified_before", before))
        if moment is not None
    }
    return {**bounds, "dates_are_gmt": "true"}


def obeyed(stamps: list[Stamp | None], after: datetime | None) -> None:
    """PermanentError where a row was not modified after `after`: the shop does not know the filter, and ignores it."""
    times = [time for time in map(_modified, stamps) if time is not None]
    if after is not None and times and min(times) <= after:
        raise PermanentError(
            "The shop ignores modified_after, so its changes cannot be told from the rest.",
            remedy="Update WooCommerce to 5.8 or newer, or remove what strips the parameter on the way.",
        )


def stamp_of(row: msgspec.Raw) -> Stamp | None:
    """The order's id and time of change, None where the row has none that can be read."""
    try:
        return msgspec.json.decode(row, type=Stamp, strict=False)
    except UNREADABLE:
        return None


def _modified(stamp: Stamp | None) -> datetime | None:
    try:
        return moment(stamp.date_modified_gmt) if stamp else None
    except RecordError:
        return None


def _reached(stamps: list[Stamp | None], settled: datetime) -> datetime | None:
    times = (time for time in map(_modified, stamps) if time is not None and time < settled)
    return max((time.astimezone(UTC).replace(microsecond=0) for time in times), default=None)


def _unseen(
    rows: list[msgspec.Raw], stamps: list[Stamp | None], seen: set[tuple[int, str | None]]
) -> list[msgspec.Raw]:
    return [
        row
        for row, stamp in zip(rows, stamps, strict=True)
        if stamp is None or (stamp.id, stamp.date_modified_gmt) not in seen
    ]
