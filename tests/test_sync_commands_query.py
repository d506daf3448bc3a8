from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from connector.database import open_database
from connector.errors import QueryError, SettingsError
from connector.history.memberships import activate, advance
from sync.cli import app
from sync.cli.start import told
from sync.recompute import families
from sync.workspace import open_workspace
from tests.rules_world import BASE, Person, Sale, load, person


@pytest.fixture
def database(tmp_path: Path) -> str:
    """A base of three people, brought up to the day."""
    file = str(tmp_path / "shop.db")
    engine = open_database(file)
    with engine.begin() as connection:
        load(connection, [person(BASE - 200, BASE - 10), person(BASE - 5), person(BASE - 300)])
        chosen = families(open_workspace(None, file, existing=True).settings)
        activate(connection, chosen, BASE)
        advance(connection, chosen, BASE)
    engine.dispose()
    return file


def test_a_rule_is_answered_in_the_promised_shape(database: str) -> None:
    rule = "last_order_date<=-180d"
    found = CliRunner().invoke(app, ["query", rule, "--as-of", "2026-03-31", "--database", database, "--json"])

    assert json.loads(found.stdout) == {
        "people": 1,
        "canonical": "last_order_date <= -180d",
        "portability": "native",
        "native": "last_order_date <= -180d",
        "warnings": [],
    }


def test_a_wrong_rule_is_told_with_line_column_and_hint(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = CliRunner().invoke(app, ["query", "TRUE AND\nfirst_ordr_date > -3d", "--database", database])

    assert isinstance(found.exception, QueryError)
    assert told(found.exception) == 1
    said = capsys.readouterr().err
    assert "line 2, column 1" in said
    assert "first_order_date" in said


def test_the_place_of_a_mistake_is_told_in_french_too(
    database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "connector.toml").write_text('language = "fr"\n', encoding="utf-8")
    asked = ["query", "first_ordr_date > -3d", "--config", str(tmp_path / "connector.toml"), "--database", database]
    found = CliRunner().invoke(app, asked)

    assert isinstance(found.exception, QueryError)
    assert told(found.exception) == 1
    assert "(ligne 1, colonne 1)" in capsys.readouterr().err


def test_a_person_is_explained(database: str) -> None:
    arguments = ["why", "person:1", "--as-of", "2026-03-31", "--database", database]
    told = json.loads(CliRunner().invoke(app, [*arguments, "--json"]).stdout)
    read = CliRunner().invoke(app, arguments).stdout

    inside = [entry["segment"] for entry in told["segments"] if entry["in"]]
    assert inside == ["spread.occasional", "aud.bought_30", "aud.several_365"]
    assert "✓ Life cycle: Occasional (spread.occasional), since" in read
    assert "17 Sept 2026" in read


def test_a_segment_that_needs_a_value_is_told_with_those_that_the_shop_has(tmp_path: Path) -> None:
    file = str(tmp_path / "shop.db")
    engine = open_database(file)
    buyer = Person(BASE - 3, [Sale(BASE - 3, columns={"shipping_method": "Retrait"})])
    with engine.begin() as connection:
        load(connection, [buyer])
    engine.dispose()
    found = CliRunner().invoke(app, ["members", "aud.pickup", "--database", file])

    assert "Retrait" in found.stdout
    assert isinstance(found.exception, SettingsError)
