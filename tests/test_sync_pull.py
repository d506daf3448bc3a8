"""Pulling: whatever comes, in whatever order and however often, the rows are those of the truth."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, event, func, select
from sqlalchemy.engine.interfaces import ExecutionContext

from connector.errors import ConnectorError
from connector.models import Order, OrderLine, Quarantine
from connector.records import (
    LineRecord,
    OrderRecord,
    OrderStatus,
    Page,
    ProductRecord,
    Rejected,
)
from connector.tables import table
from sync.pull import Pull
from tests.pull_world import (
    NOW,
    Pages,
    at,
    cursor,
    customer,
    order,
    pull,
    put,
    refund,
    said,
    store,
)

Fresh = Callable[[], Engine]
HISTORIES = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def versions(draw: st.DrawFn) -> list[OrderRecord]:
    """One to four states of an order, some of them of one second."""
    name = draw(st.integers(1000, 1004))
    states, second = [], 0
    for number in range(draw(st.integers(1, 4))):
        second += draw(st.sampled_from((0, 1, 60)))
        day = draw(st.integers(0, 3))
        states.append(
            order(
                name,
                day,
                updated_at=at(10, second),
                customer_id=draw(st.sampled_from(("7", "8", None))),
                total=3000 + number,
                status=draw(st.sampled_from((OrderStatus.PAID, OrderStatus.PENDING, OrderStatus.REFUNDED))),
                refunds=draw(st.sampled_from(((), (refund(f"r{name}", 500, 5),), (refund(f"r{name}", 700, 6),)))),
                cancelled_at=draw(st.sampled_from((None, at(1), at(8)))),
                lines=tuple(LineRecord(f"{n}", 1, 100) for n in range(draw(st.integers(0, 3)))),
            )
        )
    return states


def in_pages(records: list[OrderRecord], size: int) -> list[Page[OrderRecord]]:
    return [Page(tuple(records[start : start + size])) for start in range(0, len(records), size)]


@HISTORIES
@given(
    st.lists(versions(), min_size=1, max_size=4, unique_by=lambda states: states[0].id),
    st.integers(1, 5),
    st.randoms(use_true_random=False),
)
def test_any_interleaving_of_pages_and_versions_read_twice_gives_the_rows_of_the_truth_read_once(
    fresh: Fresh, orders: list[list[OrderRecord]], size: int, chance: random.Random
) -> None:
    truth = [states[-1] for states in orders]
    seen = [state for states in orders for state in states for _ in range(chance.randint(0, 2))]
    chance.shuffle(seen)
    engine = fresh()
    shop = store(engine)
    source = Pages(in_pages([*seen, *truth], size))
    pull(engine, shop, source)
    pull(engine, shop, source)
    read_in_disorder = said(engine)
    engine = fresh()
    pull(engine, store(engine), Pages([Page(tuple(truth))]))
    assert read_in_disorder == said(engine)


def test_an_older_state_never_replaces_a_newer_one(engine: Engine) -> None:
    shop = store(engine)
    put(engine, shop, order(1, total=5000, updated_at=at(9)))
    before = said(engine)
    report = put(engine, shop, order(1, total=4000, updated_at=at(8)))
    assert said(engine) == before
    assert report.rows("orders").same == 1


def test_another_content_of_the_same_second_is_taken(engine: Engine) -> None:
    shop = store(engine)
    put(engine, shop, order(1, total=5000, updated_at=at(9)))
    report = put(engine, shop, order(1, total=4000, updated_at=at(9)))
    assert report.rows("orders").changed == 1
    with engine.connect() as connection:
        assert connection.scalar(select(table(Order).c.gross)) == 4000


def test_a_file_never_replaces_what_the_platform_said_and_the_platform_replaces_a_file(engine: Engine) -> None:
    shop = store(engine)
    file, api = order(1, total=1000, updated_at=at(20)), order(1, total=2000, updated_at=at(1))
    put(engine, shop, file, customer(7, 20, city="Lille"), origin="file")
    put(engine, shop, api, customer(7, 1, city="Lens"))
    put(engine, shop, file, customer(7, 20, city="Lille"), origin="file")
    once = said(engine)
    assert [row for row in once["orders"] if 2000 in row]
    assert [row for row in once["accounts"] if "Lens" in row]


def test_an_order_that_the_platform_deleted_does_not_come_back_by_a_file(engine: Engine) -> None:
    shop = store(engine)
    put(engine, shop, order(1), origin="file")
    put(engine, shop, gone=["1", "no-such-order"])
    report = put(engine, shop, order(1), origin="file")
    assert report.rows("orders").same == 1
    with engine.connect() as connection:
        assert connection.execute(select(table(Order).c.status, table(Order).c.counted)).one() == ("deleted", 0)


def test_an_order_taken_out_of_the_bin_counts_again(engine: Engine) -> None:
    shop = store(engine)
    put(engine, shop, order(1))
    first = said(engine)
    assert put(engine, shop, gone=["1"]).deleted == 1
    assert put(engine, shop, gone=["1"]).deleted == 0
    put(engine, shop, order(1))
    assert said(engine) == first


class Killed(Exception):  # noqa: N818 - it is no error of ours
    """What kills a page in these tests."""


def stop_at(engine: Engine, statement: int) -> Callable[[], None]:
    """Raise before the nth statement of the engine, commits counted; the answer ends that."""
    left = statement

    def count(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Killed

    def each(
        _connection: Connection, _cursor: object, _sql: str, _values: object, _context: ExecutionContext, _many: bool
    ) -> None:
        count()

    event.listen(engine, "before_cursor_execute", each)
    event.listen(engine, "commit", count)

    def end() -> None:
        event.remove(engine, "before_cursor_execute", each)
        event.remove(engine, "commit", count)

    return end


def pages_with_cursors() -> Pages:
    """Four pages of orders of which the later ones change the earlier."""
    first = [order(n, customer_id=str(n % 3), refunds=(refund(f"r{n}", 100, 4),)) for n in range(6)]
    last = [replace(record, updated_at=at(9), total=9900) for record in first[:3]]
    spread = [first[:2], first[2:4], first[4:], last]
    return Pages([Page(tuple(records), cursor=str(n + 1)) for n, records in enumerate(spread)])


def test_a_pull_killed_at_any_statement_leaves_rows_and_cursor_agreeing_and_the_next_one_completes_it(
    fresh: Fresh,
) -> None:
    engine = fresh()
    states = {}
    for pages in range(5):
        engine = fresh()
        whole = pages_with_cursors()
        pull(engine, store(engine), Pages(whole.orders_[:pages]))
        states[str(pages) if pages else None] = said(engine)
    statement, killed = 0, True
    while killed:
        statement += 7  # each page's every kind of statement in a few runs
        engine = fresh()
        shop = store(engine)
        end = stop_at(engine, statement)
        try:
            pull(engine, shop, pages_with_cursors())
            killed = False
        except Killed:
            pass
        finally:
            end()
        assert said(engine) == states[cursor(engine)]
        pull(engine, shop, pages_with_cursors())
        assert said(engine) == states["4"]
    assert statement > 60


def test_a_pull_goes_on_from_the_stored_cursor_and_a_file_has_none(engine: Engine) -> None:
    shop = store(engine)
    source = pages_with_cursors()
    pull(engine, shop, source)
    pull(engine, shop, source)
    pull(engine, shop, source, "file")
    assert source.asked == [None, "4", None]


def test_progress_is_told_after_each_page_with_what_is_expected(engine: Engine) -> None:
    told: list[tuple[str, int, int | None]] = []
    source = Pages([Page((order(1), order(2)), expected=3), Page((order(3),), rejected=(Rejected("4", "{}", "bad"),))])
    Pull(engine, store(engine), lambda: NOW, progress=lambda *step: told.append(step)).run(source)
    assert told == [("orders", 2, 3), ("orders", 4, None)]


def test_what_a_page_rejects_is_kept_once_and_let_go_when_it_can_be_read(engine: Engine) -> None:
    shop = store(engine)
    bad: Page[OrderRecord] = Page((), rejected=(Rejected("1", '{"id": 1, "total": "x"}', "total: not an amount"),))
    pull(engine, shop, Pages([bad]))
    assert pull(engine, shop, Pages([bad])).quarantined == 1
    kept = table(Quarantine)
    with engine.connect() as connection:
        rows = connection.execute(select(kept.c.platform_id, kept.c.reason, kept.c.stream)).all()
    assert rows == [("1", "total: not an amount", "orders")]
    put(engine, shop, order(1))
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(kept)) == 0


ABSURD: dict[str, dict[str, Any]] = {
    "a quantity of 2**70": {"lines": (LineRecord("70", 2**70, 100),)},
    "a quantity of 2**63": {"lines": (LineRecord("70", 2**63, 100),)},
    "a negative total of 2**70": {"total": -(2**70)},
    "a number of five thousand digits": {"total": 10**5000},
    "a tax that no sum holds": {"tax": -(2**62)},
    "a refund that no sum holds": {"refunds": (refund("r", 2**62, 3),)},
    "a lone surrogate in a title": {"lines": (LineRecord("70", 1, 100, title="\ud800"),)},
    "a lone surrogate in a city": {"city": "\udfff"},
    "a NUL in a name": {"name": "#10\x0001"},
    "a NUL in a product's id": {"lines": (LineRecord("7\x000", 1, 100),)},
    "the year 1": {"placed_at": at(0).replace(year=1)},
    "the last second of the calendar": {"placed_at": at(0).replace(year=9999, month=12, day=31)},
    "a refund before the epoch": {"refunds": (replace(refund("r", 1), at=at(0).replace(year=1066)),)},
}


@pytest.mark.parametrize("absurd", ABSURD.values(), ids=ABSURD)
def test_a_record_that_cannot_be_stored_goes_to_quarantine_and_the_rest_of_its_page_is_stored(
    fresh: Fresh, absurd: dict[str, Any]
) -> None:
    engine = fresh()
    page = Page((order(1), order(2, **absurd), order(3)), cursor="1")
    report = pull(engine, store(engine), Pages([page]))
    kept = table(Quarantine)
    with engine.connect() as connection:
        stored = connection.scalars(select(table(Order).c.platform_id).order_by(table(Order).c.platform_id)).all()
        rows = connection.execute(select(kept.c.platform_id, kept.c.reason, kept.c.payload)).all()
    assert stored == ["1", "3"]
    assert [(row.platform_id, bool(row.reason), bool(row.payload)) for row in rows] == [("2", True, True)]
    assert (report.quarantined, report.rows("orders").new, cursor(engine)) == (1, 2, "1")


def test_text_that_only_looks_like_a_nul_is_text(fresh: Fresh) -> None:
    engine = fresh()
    report = put(engine, store(engine), order(1, name="\\u0000", city="Zürich 🏔 \u202e"), order(2, name="\\\\u0000"))
    assert (report.quarantined, report.rows("orders").new) == (0, 2)


def test_a_customer_that_cannot_be_stored_does_not_stop_the_others(fresh: Fresh) -> None:
    engine = fresh()
    people = [customer(7), customer(8, city="\x00"), customer(9, tags=("\ud800",)), replace(customer(10), id="")]
    report = pull(engine, store(engine), Pages(customers_=[Page(tuple(people))]))
    assert (report.quarantined, report.rows("customers").new) == (3, 1)


def test_two_refunds_of_one_id_are_one(fresh: Fresh) -> None:
    engine = fresh()
    report = put(engine, store(engine), order(1, refunds=(refund("r", 100, 1), refund("r", 100, 1))))
    assert report.quarantined == 0
    assert len(said(engine)["refunds"]) == 1


def test_a_refund_that_two_orders_claim_costs_only_the_second_order(fresh: Fresh) -> None:
    engine = fresh()
    twice = [order(n, refunds=(refund("r", 100, 1),)) for n in (1, 2)]
    report = put(engine, store(engine), *twice, order(3))
    assert (report.quarantined, report.rows("orders").new) == (1, 2)


def test_what_a_page_rejects_may_be_any_text(fresh: Fresh) -> None:
    engine = fresh()
    rejected = (Rejected("\ud800", '{"a": "\ud800\x00"}', "bad \x00"), Rejected(None, "", ""))
    assert pull(engine, store(engine), Pages([Page((), rejected=rejected)])).quarantined == 2


def test_a_product_that_cannot_be_stored_is_left_out_with_a_warning(fresh: Fresh) -> None:
    engine = fresh()
    products = (ProductRecord("70", title="\x00"), ProductRecord("71", title="Tasse", tags=("bleu", "rond")))
    report = pull(engine, store(engine), Pages([Page((order(1),), products=products)]))
    assert len(report.warnings) == 1
    assert report.rows("orders").new == 1


def test_a_failing_database_is_not_taken_for_a_bad_record(engine: Engine) -> None:
    shop = store(engine)
    engine.dispose()
    with engine.connect() as connection:
        connection.exec_driver_sql("DROP TABLE order_lines")
        connection.commit()
    with pytest.raises(Exception, match="no such table"):
        put(engine, shop, order(1))
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(table(Quarantine))) == 0


def test_a_source_that_breaks_off_keeps_the_pages_before(engine: Engine) -> None:
    class Broken(Pages):
        def orders(self, since: str | None) -> Any:  # noqa: ANN401 - an iterator that ends in an error
            yield Page((order(1),), cursor="1")
            raise ConnectorError("The platform went away.")

    with pytest.raises(ConnectorError, match="went away"):
        pull(engine, store(engine), Broken())
    assert cursor(engine) == "1"


def test_a_thousand_orders_cost_few_statements(engine: Engine) -> None:
    shop = store(engine)
    records = [
        order(n, n % 90, customer_id=str(n % 250), updated_at=at(100) + timedelta(seconds=n)) for n in range(1000)
    ]
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *call: statements.append(call[2]))
    put(engine, shop, *records)
    first = len(statements)
    put(engine, shop, *records)
    assert first < 50
    assert len(statements) - first < 25
    with engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(table(OrderLine))) == 1000
