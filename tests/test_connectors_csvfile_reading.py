"""Numbers, dates, separators and encodings as spreadsheets write them."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connectors.csvfile import CsvSource, parse_mapping

MAPPING = parse_mapping("customer=client,placed_at=date,total=total")


def read(tmp_path: Path, text: str, encoding: str = "utf-8", *, zone: str = "Europe/Paris") -> CsvSource:
    path = tmp_path / "file.csv"
    path.write_bytes(text.encode(encoding))
    return CsvSource(path, currency="EUR", timezone=zone, mapping=MAPPING)


def totals(source: CsvSource) -> list[int]:
    return [order.total for page in source.orders() for order in page.records]


def days(source: CsvSource) -> list[datetime]:
    return [order.placed_at for page in source.orders() for order in page.records]


@pytest.mark.parametrize(
    ("written", "total"),
    [
        ("1234.56", 123456),
        ("1 234,56", 123456),
        ("1\u202f234,56\u00a0€", 123456),
        ("1.234,56", 123456),
        ("1,234.56", 123456),
        ("1'234.56", 123456),
        ("EUR 12.50", 1250),
        ("$12.50", 1250),
        ("12,5", 1250),
        (".5", 50),
        ("1.234.567", 123456700),
        ("12,34,567.5", 123456750),
        ("0.005", 1),
    ],
)
def test_an_amount_is_understood_in_every_style(tmp_path: Path, written: str, total: int) -> None:
    assert totals(read(tmp_path, f'client,date,total\n7,2026-03-01,"{written}"\n')) == [total]


@pytest.mark.parametrize("written", ["(12,00)", "-12,00", "12,00-", "−12,00 €", "'-12.00"])
def test_a_negative_amount_is_understood_in_every_style(tmp_path: Path, written: str) -> None:
    (page,) = read(tmp_path, f'client,date,total\n7,2026-03-01,"{written}"\n').orders()
    assert page.records[0].refunds[0].amount == 1200


@pytest.mark.parametrize("written", ["douze", "31.12.2026", "1.2.3", "12,3,4", "(12", "1E+05", "12 abcd"])
def test_what_is_no_amount_is_rejected_with_its_line(tmp_path: Path, written: str) -> None:
    (page,) = read(tmp_path, f'client,date,total\n7,2026-03-01,5\n8,2026-03-01,"{written}"\n').orders()
    assert [order.total for order in page.records] == [500]
    assert page.rejected[0].reason == f"Line 3: total: {written!r} is not a number."


def test_the_other_amounts_of_a_column_decide_what_its_thousands_are(tmp_path: Path) -> None:
    head = "client;date;total\n7;2026-03-01;1.234\n"
    assert totals(read(tmp_path, head + "8;2026-03-02;0,50\n")) == [123400, 50]
    assert totals(read(tmp_path, head + "8;2026-03-02;0.50\n")) == [123, 50]


def test_amounts_that_never_say_their_decimal_mark_are_doubted(tmp_path: Path) -> None:
    source = read(tmp_path, "client;date;total\n7;2026-03-01;1.234\n")
    assert totals(source) == [123400]
    assert "a comma is assumed" in source.problems[0].message


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2026-12-31", datetime(2026, 12, 30, 23, tzinfo=UTC)),
        ("31/12/2026", datetime(2026, 12, 30, 23, tzinfo=UTC)),
        ("31.12.26", datetime(2026, 12, 30, 23, tzinfo=UTC)),
        ("12/31/2026 2:05 PM", datetime(2026, 12, 31, 13, 5, tzinfo=UTC)),
        ("31/12/2026 14:05", datetime(2026, 12, 31, 13, 5, tzinfo=UTC)),
        ("31/12/2026 à 14h05", datetime(2026, 12, 31, 13, 5, tzinfo=UTC)),
        ("31-12-2026 14:05:06", datetime(2026, 12, 31, 13, 5, 6, tzinfo=UTC)),
        ("2026/12/31 14:05:06", datetime(2026, 12, 31, 13, 5, 6, tzinfo=UTC)),
        ("2026-11-01 10:11:12 +0100", datetime(2026, 11, 1, 9, 11, 12, tzinfo=UTC)),
        ("2026-11-01T10:11:12-05:00", datetime(2026, 11, 1, 15, 11, 12, tzinfo=UTC)),
        ("2026-11-01 10:11:12 UTC", datetime(2026, 11, 1, 10, 11, 12, tzinfo=UTC)),
        ("2026-11-01T10:11:12.345Z", datetime(2026, 11, 1, 10, 11, 12, 345000, tzinfo=UTC)),
        ("31/12/2026 14:05:06 +0200", datetime(2026, 12, 31, 12, 5, 6, tzinfo=UTC)),
        ("2026-07-01 00:30", datetime(2026, 6, 30, 22, 30, tzinfo=UTC)),
    ],
)
def test_a_date_is_understood_in_every_style(tmp_path: Path, written: str, instant: datetime) -> None:
    assert days(read(tmp_path, f'client,date,total\n7,"{written}",5\n')) == [instant]


@pytest.mark.parametrize(
    "written",
    ["hier", "31/02/2026", "13/13/2026", "44927", "2026-13-01", "0000-00-00 00:00:00", "0001-01-01T00:00:00+14:00"],
)
def test_what_is_no_date_is_rejected_with_its_line(tmp_path: Path, written: str) -> None:
    (page,) = read(tmp_path, f"client,date,total\n7,2026-03-01,5\n8,{written},5\n").orders()
    assert len(page.records) == 1
    assert page.rejected[0].reason == f"Line 3: date: {written!r} is not a date."


def test_one_date_of_the_file_says_what_all_the_others_are(tmp_path: Path) -> None:
    american = "client,date,total\n7,03/04/2026,5\n8,12/31/2026,5\n"
    french = american.replace("12/31", "31/12")
    assert days(read(tmp_path, american, zone="UTC"))[0] == datetime(2026, 3, 4, tzinfo=UTC)
    assert days(read(tmp_path, french, zone="UTC"))[0] == datetime(2026, 4, 3, tzinfo=UTC)
    assert read(tmp_path, french).problems == read(tmp_path, american).problems == ()


def test_dates_that_could_be_both_are_taken_day_first_with_a_doubt(tmp_path: Path) -> None:
    source = read(tmp_path, "client,date,total\n7,03/04/2026,5\n", zone="UTC")
    (page,) = source.orders()
    assert page.records[0].placed_at == datetime(2026, 4, 3, tzinfo=UTC)
    assert "day/month/year is assumed" in page.warnings[0]


def test_dates_in_both_orders_are_doubted_and_the_impossible_ones_rejected(tmp_path: Path) -> None:
    source = read(tmp_path, "client,date,total\n7,31/12/2026,5\n8,12/31/2026,5\n9,30/12/2026,5\n")
    (page,) = source.orders()
    assert (len(page.records), len(page.rejected)) == (2, 1)
    assert "others only month/day/year (1)" in page.warnings[0]


def test_a_day_without_a_time_is_that_day_where_midnight_does_not_exist(tmp_path: Path) -> None:
    source = read(tmp_path, "client,date,total\n7,2024-04-26,5\n", zone="Africa/Cairo")
    assert days(source) == [datetime(2024, 4, 25, 22, tzinfo=UTC)]


TEXT = "client{0}date{0}total\nZoé{0}2026-03-01{0}5\nœuvre{0}2026-03-02{0}6\n"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_separators_and_encodings_are_found_out(tmp_path: Path, separator: str, encoding: str) -> None:
    source = read(tmp_path, TEXT.format(separator), encoding)
    assert [order.customer_id for page in source.orders() for order in page.records] == ["Zoé", "œuvre"]


def test_excels_own_first_line_is_obeyed_and_counted(tmp_path: Path) -> None:
    source = read(tmp_path, 'sep=;\r\nclient;date;total\r\n"7;8";2026-03-01;5\r\n9;x;6\r\n10;2026-03-02;6\r\n')
    (page,) = source.orders()
    assert [order.customer_id for order in page.records] == ["7;8", "10"]
    assert page.rejected[0].reason.startswith("Line 4: ")


def test_a_compressed_file_is_read_whatever_its_name(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(gzip.compress(TEXT.format(",").encode()))
    assert totals(CsvSource(path, currency="EUR", timezone="Europe/Paris", mapping=MAPPING)) == [500, 600]
