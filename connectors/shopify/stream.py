"""One stream of a shop: the first load by a bulk operation, then pages of what changed, oldest change first.

A cursor is JSON: {"bulk": gid, "done": n} while an operation's file is being read, so that another process goes on
with the same operation; {"updated_at": …} afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Generic, TypeVar

import msgspec

from connector.errors import AuthenticationError, PermanentError, SettingsError
from connector.records import CheckoutRecord, CustomerRecord, OrderRecord, Page, ProductRecord, Rejected
from connectors.elements import UNREADABLE, member, raw, readable, reason, storable
from connectors.shopify import bulk
from connectors.shopify.client import Admin, CostError, document, retry_later
from connectors.shopify.convert import number
from connectors.shopify.metafields import PLACE
from connectors.shopify.payloads import Count, PageInfo

PAGE = 1000
LONGEST_SEARCH = 25_000
"""How far Shopify pages into one search; where more changed, a bulk operation reads everything again."""
BULK_TRIES = 3
PAGED = 250
"""How many orders are read in pages; more cost less by one bulk operation."""
AHEAD = timedelta(days=1)
"""How far a shop's clock may be before ours."""

Record = TypeVar("Record", CustomerRecord, OrderRecord)
Thing = TypeVar("Thing")


class Cursor(msgspec.Struct, omit_defaults=True):
    """Where a stream stands: every change up to `updated_at`, or `done` root rows of the operation `bulk`."""

    updated_at: datetime | None = None
    bulk: str | None = None
    done: int = 0
    grouped: bool = True

    @staticmethod
    def read(text: str | None) -> Cursor:
        """The cursor that `text` holds; SettingsError where it is not one of ours."""
        try:
            return Cursor() if text is None else msgspec.json.decode(text, type=Cursor)
        except msgspec.DecodeError as error:
            raise SettingsError(f"{text!r} is not a cursor of Shopify.", remedy="Begin the stream again.") from error

    def __str__(self) -> str:
        return msgspec.json.encode(self).decode()


class _Connection(msgspec.Struct, rename="camel"):
    nodes: list[msgspec.Raw]
    page_info: PageInfo


class _Found(msgspec.Struct):
    found: _Connection | None = None


class _Changed(msgspec.Struct):
    changed: Count | None = None


def pages(
    admin: Admin, name: str, *, first: int, search: str | None, selection: str = ""
) -> Iterator[tuple[_Connection, tuple[str, ...]]]:
    """The pages of documents/`name`.graphql with their warnings; a page that costs too much is halved."""
    after = None
    text = document(name).replace(PLACE, selection)
    while True:
        try:
            answer = admin.run(text, _Found, {"first": first, "after": after, "query": search})
        except CostError:
            if first == 1:
                raise
            first //= 2
            continue
        if answer.data.found is None:
            raise AuthenticationError(
                f"Shopify shows no {name}: {' '.join(answer.warnings)}", remedy="Give the app the scope to read them."
            )
        yield answer.data.found, answer.warnings
        info = answer.data.found.page_info
        if not info.has_next_page:
            return
        if info.end_cursor is None or info.end_cursor == after:
            raise PermanentError(f"Shopify's pages of {name} do not go on.", remedy="Try again; then tell us.")
        after = info.end_cursor


def changed_since(instant: datetime, overlap: timedelta) -> str:
    """The search for what changed at `instant` or later, or up to `overlap` before; dates must be quoted."""
    return f"updated_at:>='{(instant - overlap).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}'"


def parsed(
    parse: Callable[[bytes, list[bytes]], Thing], rows: Iterable[bulk.Row]
) -> tuple[tuple[Thing, ...], tuple[Rejected, ...]]:
    """The records of some rows, and the rows that are none."""
    records: list[Thing] = []
    rejected: list[Rejected] = []
    for root, children in rows:
        try:
            storable(root, *children)
            records.append(parse(root, children))
        except UNREADABLE as error:
            rejected.append(rejection(root, children, error))
    return tuple(records), tuple(rejected)


def rejection(root: bytes, children: list[bytes], error: Exception) -> Rejected:
    """A row that is no record, with the rows below it, as it is kept."""
    sent = raw(root)
    known = member(sent.encode(), "id")
    wrong = next((row for row in (root, *children) if not readable(row)), root)
    payload = "\n".join([sent, *map(raw, children)])
    return Rejected(None if known is None else number(known), payload, reason(wrong, error))


def searched(text: str, search: str | None) -> str:
    """A bulk document, which takes no variables, with a search of our own making written into it."""
    return text if search is None else text.replace("(sortKey:", f'(query: "{search}", sortKey:', 1)


def believable(admin: Admin, records: Iterable[CustomerRecord | OrderRecord | CheckoutRecord]) -> list[datetime]:
    """When some records changed; a time that is still to come would keep every later change from being read."""
    latest = datetime.fromtimestamp(admin.clock(), UTC) + AHEAD
    return [record.updated_at for record in records if record.updated_at is not None and record.updated_at <= latest]


@dataclass(frozen=True)
class Stream(Generic[Record]):
    """`name` is that of its documents; `parse` makes a record of a root row and its children.

    `selection` is what is asked for besides, at the place that the documents keep for it.
    """

    admin: Admin
    name: str
    parse: Callable[[bytes, list[bytes]], Record]
    first: int
    overlap: timedelta
    products: Callable[[], tuple[ProductRecord, ...]] = tuple
    selection: str = ""

    def read(self, text: str | None) -> Iterator[Page[Record]]:
        """What changed since the cursor; everything where there is none, or where more changed than pages reach."""
        cursor = Cursor.read(text)
        if cursor.bulk is not None:  # a load was broken off: to its end, then what changed since it began
            for page in self._load(cursor):
                text = page.cursor
                yield page
            cursor = Cursor.read(text)
        if cursor.updated_at is not None:
            count = self._count(cursor.updated_at)
            if count is None or count <= LONGEST_SEARCH:
                yield from self._changes(cursor.updated_at, count)
                return
            cursor = Cursor()
        yield from self._load(cursor)

    def found(self, search: str) -> Iterator[Page[Record]]:
        """What a search finds, without cursors: a little in pages, much by a bulk operation of its own."""
        count = self.admin.ask(f"changed_{self.name}", _Changed, query=search).data.changed
        if count is not None and count.count > PAGED:
            yield from self._load(Cursor(), search)
            return
        for found, warnings in pages(self.admin, self.name, first=self.first, search=search, selection=self.selection):
            records, rejected = parsed(self.parse, [(bytes(node), []) for node in found.nodes])
            yield Page(records, None, rejected, products=self.products(), warnings=warnings)

    def _count(self, updated_at: datetime) -> int | None:
        search = changed_since(updated_at, self.overlap)
        changed = self.admin.ask(f"changed_{self.name}", _Changed, query=search).data.changed
        return None if changed is None else changed.count

    def _changes(self, newest: datetime, expected: int | None) -> Iterator[Page[Record]]:
        search = changed_since(newest, self.overlap)
        for found, warnings in pages(self.admin, self.name, first=self.first, search=search, selection=self.selection):
            records, rejected = parsed(self.parse, [(bytes(node), []) for node in found.nodes])
            times = believable(self.admin, records)
            newest = max(newest, *times) if times else newest
            yield Page(
                records,
                str(Cursor(updated_at=newest)),
                rejected,
                products=self.products(),
                warnings=warnings,
                expected=expected,
            )

    def _load(self, cursor: Cursor, search: str | None = None) -> Iterator[Page[Record]]:
        """Everything, or what a search finds, by the operation that the cursor names or by a new one."""
        for _ in range(BULK_TRIES):
            try:
                if cursor.bulk is None:
                    text = searched(document(f"{self.name}_bulk"), search).replace(PLACE, self.selection)
                    operation = bulk.start_query(self.admin, text, grouped=cursor.grouped)
                    cursor = Cursor(bulk=operation.id, grouped=cursor.grouped)
                    if search is None:
                        yield Page((), str(cursor))
                for page in self._rows(cursor):
                    yield page if search is None else replace(page, cursor=None)
            except bulk.GroupingError:
                cursor = Cursor(bulk=cursor.bulk, grouped=False)
            except bulk.UnfinishedError as error:  # grouping makes a time-out likelier, so it is left out then
                cursor = Cursor(grouped=cursor.grouped and error.code != "TIMEOUT")
            else:
                return
        raise retry_later(f"Shopify did not finish a bulk operation for {self.name} in {BULK_TRIES} tries.")

    def _rows(self, cursor: Cursor) -> Iterator[Page[Record]]:
        """The operation's records from row `done` on; the last cursor is the shop's time of its beginning."""
        assert cursor.bulk is not None
        operation = bulk.finished(self.admin, cursor.bulk)
        expected = int(operation.root_object_count)
        gather = bulk.grouped if cursor.grouped else bulk.ungrouped
        rows = islice(gather(bulk.download(self.admin.http, operation)), cursor.done, None)
        done = cursor.done
        while batch := list(islice(rows, PAGE)):
            done += len(batch)
            records, rejected = parsed(self.parse, batch)
            here = str(Cursor(bulk=cursor.bulk, done=done, grouped=cursor.grouped))
            yield Page(records, here, rejected, products=self.products(), expected=expected)
        yield Page((), str(Cursor(updated_at=operation.created_at)), expected=expected)
