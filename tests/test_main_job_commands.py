"""The command line as people and programs meet it: the demo, and what is said to wrong input, with its exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sync.demo.boutique import boutique
from tests import outside, real_orders
from tests.command_line import CommandLine
from tests.three_destinations import START, TODAY

ORDERS = """customer,day,total
1,2026-01-05,12.00
1,2026-02-05,13.50
2,2026-05-01,7.25
3,2025-03-01,9.99
"""
MAP = "customer=customer,placed_at=day,total=total"
PLACE = ("--currency", "EUR", "--timezone", "Europe/Paris")


@pytest.fixture
def line(tmp_path: Path) -> CommandLine:
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    return CommandLine(tmp_path, START.isoformat())


@pytest.fixture
def filled(line: CommandLine) -> CommandLine:
    line.ask("import", str(line.folder / "orders.csv"), *PLACE, "--map", MAP)
    return line


def test_the_demo_prints_one_line_of_what_its_shop_holds(line: CommandLine) -> None:
    said = line.run("demo", "--json", "--people", "150")
    (printed,) = said.out.splitlines()
    result = json.loads(printed)
    shop = boutique(TODAY.replace(day=29), people=150)
    books = real_orders.ledger(shop)
    prospects = outside.members(books, TODAY, 180)["prospect"]
    assert list(result) == ["people", "orders", "stages", "pushed", "second_push_writes"]
    assert (result["people"], result["orders"]) == (150, len(shop.orders))
    assert list(result["stages"]) == list(outside.STAGES)
    assert sum(result["stages"].values()) == 150
    assert result["stages"]["prospect"] >= len(prospects) > 0
    assert result["pushed"]["tags"] == len(books)
    assert result["pushed"]["newsletter"] > 0
    assert result["second_push_writes"] == 0


def test_the_demo_speaks_french_too(line: CommandLine) -> None:
    said = line.ask("demo", "--people", "60", "--language", "fr").out
    assert "Second envoi" in said
    assert "Requêtes d'écriture : 0." in said


def test_a_file_of_orders_is_all_that_the_stages_need(filled: CommandLine) -> None:
    family, *_ = filled.run("segments", "--json").last["families"]
    stages = {stage["key"]: (stage["people"], stage["revenue"]) for stage in family["stages"]}
    assert stages["loyal"] == (1, {"minor": 2550, "currency": "EUR"})
    assert stages["new"] == (1, {"minor": 725, "currency": "EUR"})
    assert stages["inactive"] == (1, {"minor": 999, "currency": "EUR"})
    (loyal,) = filled.ask("members", "spread.loyal", "--json").lines
    assert (loyal["accounts"], loyal["since"], loyal["email"]) == ({"shop": ["1"]}, "2026-02-05", None)


def test_people_read_a_table(filled: CommandLine) -> None:
    said = filled.ask("segments").out
    assert "As of 30 Jun 2026, 3 people" in said
    assert "€25.50" in said


@pytest.mark.parametrize(
    ("arguments", "sentence", "remedy"),
    [
        (("import", "nowhere.csv", *PLACE, "--map", MAP), "nowhere.csv", "path"),
        (("import", "orders.csv", *PLACE, "--map", "customer=customer,placed_at=day,total=sum"), "'sum'", "total"),
        (("import", "orders.csv", *PLACE, "--map", "client=customer,placed_at=day,total=total"), "'client'", "takes"),
        (("import", "orders.csv", *PLACE), "is no export that is known", "--map"),
        (("import", "orders.csv", "--map", MAP), "currency", "--currency EUR --timezone Europe/Paris"),
        (
            ("import", "orders.csv", "--currency", "EUR", "--timezone", "Mars/Base", "--map", MAP),
            "Mars/Base",
            "Europe/",
        ),
        (("segments",), "There is no database", "import"),
        (("pull", "--config", "nowhere.toml"), "nowhere.toml", "README"),
        (("pull",), "name no shop", "connector.toml"),
    ],
)
def test_wrong_input_gets_one_sentence_and_a_remedy(
    line: CommandLine, arguments: tuple[str, ...], sentence: str, remedy: str
) -> None:
    _refused(line, arguments, sentence, remedy)


@pytest.mark.parametrize(
    ("arguments", "sentence", "remedy"),
    [
        (("segments", "--as-of", "30/06/2026"), "30/06/2026", "2026-"),
        (("segments", "--as-of", "2026-02-30"), "2026-02-30", "2026-"),
        (("segments", "--as-of", "2026-07-01"), "has not come yet", "up to today"),
        (("members", "spread.loyaux"), "spread.loyaux", "spread.loyal"),
        (("import", "orders.csv", "--currency", "USD", "--map", MAP), "EUR, not USD", "another"),
        (("push", "newsletter"), "name no destination", "destinations"),
        (("undo", "77"), "77", "number"),
        (("leave", "newsletter"), "newsletter", "none"),
        (("plan", "77"), "77", "plan"),
        (("split", "77"), "77", "merges"),
        (("backup", "orders.csv"), "exists already", "Name a file"),
        (("pull", "--store", "paris"), "paris", "none"),
    ],
)
def test_wrong_questions_to_a_filled_base_get_one_sentence_and_a_remedy(
    filled: CommandLine, arguments: tuple[str, ...], sentence: str, remedy: str
) -> None:
    _refused(filled, arguments, sentence, remedy)


def _refused(line: CommandLine, arguments: tuple[str, ...], sentence: str, remedy: str) -> None:
    said = line.within(*arguments)
    assert said.code == 1, said
    assert said.out == ""
    told, *advice = said.err.splitlines()
    assert sentence in told
    assert remedy in " ".join(advice), said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("sell",),
        ("segments", "--colour"),
        ("segments", "--window", "0"),
        ("undo",),
        ("undo", "soon"),
        ("push", "--limit", "0"),
    ],
)
def test_wrong_usage_ends_with_two(line: CommandLine, arguments: tuple[str, ...]) -> None:
    said = line.within(*arguments)
    assert said.code == 2
    assert said.out == ""
    assert len(said.err.splitlines()) <= 2  # no page of help


def test_a_process_ends_with_the_same_status(filled: CommandLine) -> None:
    assert filled.process("segments").code == 0
    assert filled.process("members", "spread.loyaux").code == 1
    assert filled.process("sell").code == 2


def test_an_unknown_store_is_named_with_those_that_there_are(line: CommandLine) -> None:
    line.write("""
        [stores.paris]
        platform = "woocommerce"
        url = "https://shop.example"
        consumer_key = "ck_demo"
        consumer_secret = "cs_demo"
    """)
    _refused(line, ("pull", "--store", "lyon"), "'lyon'", "paris")


def test_settings_that_do_not_fit_are_told_where(line: CommandLine) -> None:
    line.write('[schedule]\npull = "often"\n')
    _refused(line, ("pull",), "schedule.pull", "Correct it there")
