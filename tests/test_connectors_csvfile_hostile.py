"""Files that are none, are damaged, or hold what nobody expects: each is told in a sentence, and nothing is guessed."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import pytest

from connector.errors import SettingsError
from connector.records import OrderRecord, Page
from connectors.csvfile import CsvSource, parse_mapping

MAPPING = parse_mapping("customer=client,placed_at=date,total=total")
LINES = parse_mapping("order=order,customer=client,placed_at=date,total=total")
HEAD = "client,date,total\n"


def written(tmp_path: Path, content: bytes | str) -> Path:
    path = tmp_path / "file.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(path: Path, mapping: dict[str, str] | None = None) -> CsvSource:
    return CsvSource(path, currency="EUR", timezone="Europe/Paris", mapping=mapping)


def one_page(path: Path, mapping: dict[str, str] | None = None) -> Page[OrderRecord]:
    (page,) = read(path, mapping or MAPPING).orders()
    return page


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \r\n \n", "is empty"),
        (b"\n\nclient,date,total\n", "names no columns"),
        (b"PK\x03\x04\x14\x00\x06\x00" + bytes(200), "is an Excel workbook, not a CSV file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(200), "is an Excel workbook"),
        (b"%PDF-1.7 \xe2\xe3", "is not a text file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) + bytes(64), "is not a text file"),
        (gzip.compress(b"client,date,total\n" * 500, mtime=0)[:-20], "cannot be read"),
        (gzip.compress(b"PK\x03\x04 a workbook", mtime=0), "is an Excel workbook"),
    ],
)
def test_a_file_that_is_no_csv_is_refused_in_a_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read(written(tmp_path, content), MAPPING)
    assert said in refused.value.message
    assert "file.csv" in refused.value.message


def test_a_file_that_is_not_there_is_refused_in_a_sentence(tmp_path: Path) -> None:
    for path, said in ((tmp_path / "none.csv", "There is no file"), (tmp_path, "is a folder")):
        with pytest.raises(SettingsError, match=said):
            read(path)


def test_a_zip_archive_is_to_be_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "orders.zip"
    path.write_bytes(b"PK\x03\x04\x14\x00\x06\x00" + bytes(200))
    with pytest.raises(SettingsError, match="is a zip archive") as refused:
        read(path)
    assert "Unpack" in refused.value.remedy


def test_an_unknown_header_is_answered_with_its_columns_and_an_example(tmp_path: Path) -> None:
    head = '"N° de commande";"Client";"Date, heure";"Montant TTC";"Courriel"\n'
    with pytest.raises(SettingsError) as refused:
        read(written(tmp_path, head))
    assert "N° de commande, Client, Date, heure, Montant TTC, Courriel" in refused.value.message
    assert (
        "--map 'customer=Client,\"placed_at=Date, heure\",total=Montant TTC,order=N° de commande,email=Courriel'"
        in refused.value.remedy
    )


def test_the_example_for_an_unknown_header_can_be_used_as_it_is(tmp_path: Path) -> None:
    path = written(tmp_path, '"N° de commande";Client;"Date, heure";"Montant TTC"\nA1;7;31/12/2026;1,50\n')
    with pytest.raises(SettingsError) as refused:
        read(path)
    example = refused.value.remedy.partition("--map '")[2].rstrip("'")
    assert [order.total for order in one_page(path, parse_mapping(example)).records] == [150]


def test_a_header_without_rows_is_no_order_and_a_doubt(tmp_path: Path) -> None:
    page = one_page(written(tmp_path, HEAD))
    assert page.records == ()
    assert "has a header and no rows" in page.warnings[0]


def test_a_column_of_another_kind_is_refused_at_once(tmp_path: Path) -> None:
    path = written(tmp_path, "client,date,total\nDupont,2026-03-01,5\nDurand,2026-03-01,6\n")
    for mapping, said in (
        ("customer=date,placed_at=date,total=client", "'client' of file.csv does not hold amounts"),
        ("customer=total,placed_at=client,total=total", "'client' of file.csv does not hold dates"),
    ):
        with pytest.raises(SettingsError, match=said):
            list(read(path, parse_mapping(mapping)).orders())


def test_rows_with_another_number_of_cells_are_rejected_with_their_line(tmp_path: Path) -> None:
    page = one_page(
        written(tmp_path, HEAD + "7,2026-03-01,5\n8,2026-03-01\n9,2026-03-01,1,234.00\n\n10,2026-03-02,6\n")
    )
    assert [order.total for order in page.records] == [500, 600]
    assert [rejected.reason for rejected in page.rejected] == [
        "Line 3: It has 2 cells where the header has 3.",
        "Line 4: It has 4 cells where the header has 3.",
    ]


def test_an_order_with_a_row_that_cannot_be_read_is_rejected_whole(tmp_path: Path) -> None:
    rows = "A,7,2026-03-01,5\nA,7,2026-03-01\nB,7,2026-03-01,6\nB,7,2026-03-01,six\nC,7,2026-03-01,7\n,7,2026-03-01,8\n"
    page = one_page(written(tmp_path, f"order,client,date,total\n{rows}"), LINES)
    assert [order.id for order in page.records] == ["C"]
    assert {(rejected.id, rejected.reason) for rejected in page.rejected} == {
        ("A", "Lines 2 to 3: It has 3 cells where the header has 4."),
        ("B", "Lines 4 to 5: total: 'six' is not a number."),
        (None, "Line 7: order: there is none."),
    }


def test_one_bad_row_of_a_customers_day_rejects_no_other(tmp_path: Path) -> None:
    page = one_page(written(tmp_path, HEAD + "7,2026-03-01,5\n7,2026-03-01,?\n7,2026-03-01,6\n"))
    assert [order.total for order in page.records] == [500, 600]
    assert [rejected.reason for rejected in page.rejected] == ["Line 3: total: '?' is not a number."]


def test_an_open_quotation_mark_costs_its_rows_and_no_others(tmp_path: Path) -> None:
    good = "7,2026-03-01,5\n" * 50
    path = written(tmp_path, f'{HEAD}{good}"8,2026-03-01,5\n' + "9,2026-03-01,5\n" * 20_000 + good)
    pages = list(read(path, MAPPING).orders())
    assert [order.customer_id for page in pages for order in page.records].count("7") == 100
    reasons = [rejected.reason for page in pages for rejected in page.rejected]
    assert len(reasons) == 1
    assert reasons[0].startswith("Line 52: It and what follows to line ")
    assert reasons[0].endswith("is a quotation mark open?")


def test_a_quotation_mark_left_open_at_the_end_says_how_much_it_swallowed(tmp_path: Path) -> None:
    page = one_page(written(tmp_path, f'{HEAD}7,2026-03-01,5\n"8,2026-03-01,5\n9,2026-03-01,5\n'))
    assert [order.customer_id for order in page.records] == ["7"]
    assert page.rejected[0].reason == (
        "Line 3: It has 1 cells where the header has 3. It runs over 2 lines: is a quotation mark open?"
    )


def test_a_line_without_end_is_cut(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD + "7,2026-03-01,5\n" + "x" * 5_000_000 + "\n8,2026-03-01,6\n")
    page = one_page(path)
    assert 500 in [order.total for order in page.records]
    assert all(len(rejected.payload) <= 2000 for rejected in page.rejected)
    assert page.rejected


def test_nul_bytes_are_left_out(tmp_path: Path) -> None:
    page = one_page(written(tmp_path, HEAD + "7\0,2026-03-01,5\0\n" + "8,2026-03-01,6\n" * 20))
    assert ("7", 500) in [(order.customer_id, order.total) for order in page.records]


def test_formulas_are_data(tmp_path: Path) -> None:
    hostile = '=HYPERLINK("http://x")|<img onerror=1>\'; DROP TABLE orders'
    cell = hostile.replace('"', '""')
    page = one_page(written(tmp_path, f'{HEAD}"{cell}",2026-03-01,5\n'))
    assert page.records[0].customer_id == hostile


def test_an_amount_too_large_for_a_ledger_is_rejected(tmp_path: Path) -> None:
    page = one_page(written(tmp_path, f"{HEAD}7,2026-03-01,1{'0' * 30}\n8,2026-03-01,6\n"))
    assert [order.total for order in page.records] == [600]
    assert "too large" in page.rejected[0].reason


@pytest.mark.parametrize("piece", ["1", "1,", "1 ", "x", "1.1/", "é"])
def test_a_long_cell_is_no_amount_and_takes_no_time(tmp_path: Path, piece: str) -> None:
    cell = piece * (100_000 // len(piece))
    page = one_page(written(tmp_path, f'{HEAD}7,2026-03-01,5\n8,2026-03-01,"{cell}"\n9,"{cell}",5\n'))
    assert [order.total for order in page.records] == [500]
    assert len(page.rejected) == 2


def test_a_quantity_too_large_for_a_line_is_rejected(tmp_path: Path) -> None:
    mapping = parse_mapping("customer=client,placed_at=date,price=price,quantity=quantity")
    path = written(tmp_path, f"client,date,price,quantity\n7,2026-03-01,0,1{'0' * 12}\n8,2026-03-01,6,2\n")
    page = one_page(path, mapping)
    assert [order.total for order in page.records] == [1200]
    assert page.rejected[0].reason.endswith("is not a quantity.")


def test_lists_inside_a_cell_that_cannot_be_read_reject_their_order(tmp_path: Path) -> None:
    text = (Path(__file__).parent / "data" / "csv" / "skyverge_import.csv").read_text()
    page = one_page_of(written(tmp_path, text.replace('[{""id"":12', '[{""id"":12,,')))
    assert [order.id for order in page.records] == ["501"]
    assert (page.rejected[0].id, page.rejected[0].reason.endswith("is not a list of items.")) == ("502", True)


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    def peak(rows: int) -> int:
        lines = "".join(
            f"{row * 7919 % rows},{row % 97},2026-03-{row % 28 + 1:02},{row % 500}.00\n" for row in range(rows)
        )
        path = written(tmp_path, f"order,client,date,total\n{lines}")
        del lines
        tracemalloc.start()
        assert sum(len(page.records) for page in read(path, LINES).orders()) == rows
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    small, large = peak(3_000), peak(15_000)
    assert large < small * 2


def one_page_of(path: Path) -> Page[OrderRecord]:
    (page,) = read(path).orders()
    return page
