"""Any other file, by a mapping: a French spreadsheet, and the two real files that everybody counts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector.errors import SettingsError
from connector.records import LineRecord, OrderRecord, OrderStatus
from connectors.csvfile import CsvSource, parse_mapping

DATA = Path(__file__).parent / "data" / "csv"
SHARED = Path(__file__).parents[2] / "shared" / "data"
SHEET = "customer=N° client,email=courriel,placed_at=Date,total=Montant TTC,refunded=Remboursé,status=État"
LINES = "order=order,customer=client,placed_at=date,quantity=quantity,price=price,product=product"


def source(tmp_path: Path, text: str, mapping: str) -> CsvSource:
    path = tmp_path / "file.csv"
    path.write_text(text)
    return CsvSource(path, currency="EUR", timezone="Europe/Paris", mapping=parse_mapping(mapping))


def orders(found: CsvSource) -> list[OrderRecord]:
    return [order for page in found.orders() for order in page.records]


def by_total(found: Iterable[OrderRecord]) -> dict[int, OrderRecord]:
    return {order.total: order for order in found}


def test_a_french_spreadsheet_is_read_as_it_was_saved() -> None:
    sheet = CsvSource(DATA / "tableur.csv", currency="EUR", timezone="Europe/Paris", mapping=parse_mapping(SHEET))
    found = by_total(orders(sheet))
    assert set(found) == {123456, 1200, 100000, 0}
    assert found[123456].placed_at == datetime(2026, 12, 30, 23, tzinfo=UTC)
    assert (found[123456].customer_id, found[123456].email) == ("17", "zoé@example.com")
    assert found[1200].placed_at == datetime(2026, 2, 1, 13, 5, tzinfo=UTC)
    assert (found[1200].status, found[1200].refunds[0].amount) == (OrderStatus.REFUNDED, 1200)
    assert (found[100000].status, found[100000].customer_id) == (OrderStatus.ON_HOLD, None)
    assert sheet.problems == ()


def test_a_negative_order_is_a_dated_refund_without_an_order() -> None:
    sheet = CsvSource(DATA / "tableur.csv", currency="EUR", timezone="Europe/Paris", mapping=parse_mapping(SHEET))
    back = by_total(orders(sheet))[0]
    assert (back.sale, back.customer_id) == (False, "18")
    assert [(refund.amount, refund.at) for refund in back.refunds] == [(1550, back.placed_at)]


def test_lines_of_an_order_need_not_be_together_and_the_earliest_time_wins(tmp_path: Path) -> None:
    text = (
        "order,client,date,quantity,price,product\n"
        "A1,7,2026-03-02 10:00,2,1.50,BOL\nB2,,2026-03-02,1,0,\nA1,,2026-03-01 09:00,1,4.00,TASSE\n"
    )
    first, second = orders(source(tmp_path, text, LINES))
    assert (first.id, first.total, first.customer_id) == ("A1", 700, "7")
    assert first.placed_at == datetime(2026, 3, 1, 8, tzinfo=UTC)
    assert first.lines == (LineRecord("BOL", 2, 300), LineRecord("TASSE", 1, 400))
    assert (second.id, second.total, second.sale, second.customer_id) == ("B2", 0, True, None)


def test_equal_rows_without_an_order_number_stay_separate_orders(tmp_path: Path) -> None:
    text = "client,date,total\n" + "7,2026-03-01,12.00\n" * 3 + "8,2026-03-01,12.00\n"
    found = orders(source(tmp_path, text, "customer=client,placed_at=date,total=total"))
    assert len({order.id for order in found}) == 4
    assert [order.total for order in found] == [1200] * 4


def test_an_order_id_made_from_a_row_holds_no_address(tmp_path: Path) -> None:
    (order,) = orders(
        source(tmp_path, "mail,date,total\nzoe@example.com,2026-03-01,5\n", "email=mail,placed_at=date,total=total")
    )
    assert order.id.startswith("20260301-")
    assert "zoe" not in order.id


@pytest.mark.parametrize("nobody", ["", "0", "NaN", "NULL", " - "])
def test_a_row_without_a_customer_is_nobodys_order_and_never_one_giant_customers(tmp_path: Path, nobody: str) -> None:
    text = f"client,date,total\n{nobody},2026-03-01,5\n17850.0,2026-03-01,5\n"
    found = orders(source(tmp_path, text, "customer=client,placed_at=date,total=total"))
    assert {order.customer_id for order in found} == {None, "17850"}


def test_a_refund_never_exceeds_the_order_and_has_no_date(tmp_path: Path) -> None:
    text = "client,date,total,back\n7,2026-03-01,10,-4\n7,2026-03-02,10,99\n7,2026-03-03,10,\n"
    found = orders(source(tmp_path, text, "customer=client,placed_at=date,total=total,refunded=back"))
    refunds = [[(refund.amount, refund.at) for refund in order.refunds] for order in found]
    assert refunds == [[(400, None)], [(1000, None)], []]


def test_an_order_may_have_its_own_currency(tmp_path: Path) -> None:
    text = "client,date,total,devise\n7,2026-03-01,10,jpy\n7,2026-03-02,10,\n7,2026-03-03,10,€\n7,2026-03-04,10,yen\n"
    mapping = "customer=client,placed_at=date,total=total,currency=devise"
    found = orders(source(tmp_path, text, mapping))
    assert [(order.currency, order.total) for order in found] == [
        ("JPY", 10),
        ("EUR", 1000),
        ("EUR", 1000),
        ("YEN", 1000),
    ]


def test_totals_that_seem_to_be_the_orders_are_added_up_with_a_doubt(tmp_path: Path) -> None:
    rows = "".join(f"{order},7,2026-03-01,10.00\n" * 2 for order in range(5))
    found = source(
        tmp_path, f"order,client,date,total\n{rows}", "order=order,customer=client,placed_at=date,total=total"
    )
    (page,) = found.orders()
    assert [order.total for order in page.records] == [2000] * 5
    assert "added up" in page.warnings[-1]


def test_pages_hold_at_most_a_thousand_orders(tmp_path: Path) -> None:
    rows = "".join(f"{number},2026-03-01,1\n" for number in range(1, 2501))
    found = source(tmp_path, f"client,date,total\n{rows}", "customer=client,placed_at=date,total=total")
    assert [len(page.records) for page in found.orders()] == [1000, 1000, 500]


def test_a_mapping_is_written_as_words_and_columns() -> None:
    assert parse_mapping('customer=N° client, total = Montant,"placed_at=Date, heure"') == {
        "customer": "N° client",
        "total": "Montant",
        "placed_at": "Date, heure",
    }


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ("customer", "names no column"),
        ("customer=client,customer=date", "names customer twice"),
        ("custommer=client,placed_at=date,total=total", "Did you mean customer?"),
        ("customer=client,total=total", "must also name placed_at"),
        ("placed_at=date,total=total", "must also name customer"),
        ("customer=client,placed_at=date", "must also name total"),
        ("customer=cliant,placed_at=date,total=total", "Did you mean 'client'?"),
    ],
)
def test_a_mapping_that_cannot_be_used_says_what_to_write(tmp_path: Path, mapping: str, said: str) -> None:
    with pytest.raises(SettingsError) as refused:
        source(tmp_path, "client,date,total\n", mapping)
    assert said in str(refused.value)


@pytest.fixture
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("the files of shared/data are not here")
    return SHARED


def test_cdnow_gives_its_published_counts(shared: Path) -> None:
    found = orders(
        CsvSource(
            shared / "cdnow_master.csv.gz",
            currency="USD",
            timezone="America/New_York",
            mapping=parse_mapping("customer=customer_id,placed_at=date,total=amount"),
        )
    )
    assert len(found) == len({order.id for order in found}) == 69_659
    assert sum(order.total for order in found) == 250_031_563
    assert len({order.customer_id for order in found}) == 23_570
    assert sum(order.total == 0 for order in found) == 80


@pytest.mark.full
def test_online_retail_gives_its_published_counts(shared: Path) -> None:
    mapping = (
        "order=invoice,customer=customer_id,placed_at=invoice_date,quantity=quantity,price=price,product=stock_code"
    )
    source = CsvSource(
        shared / "online_retail_2010_2011.csv.gz",
        currency="GBP",
        timezone="Europe/London",
        mapping=parse_mapping(mapping),
    )
    number = net = refunds = 0
    customers = set()
    for page in source.orders():
        assert page.rejected == ()
        number += len(page.records)
        net += sum(order.total - sum(refund.amount for refund in order.refunds) for order in page.records)
        refunds += sum(not order.sale for order in page.records)
        customers |= {order.customer_id for order in page.records}
    assert (number, net) == (25_900, 974_774_793)
    assert len(customers - {None}) == 4_372
    assert refunds == 3_836 + 2  # the cancellations, and two adjustments of bad debt
