"""Deleted means deleted: two hundred people of three platforms are erased, and are found nowhere any more.

The oracles are the bytes of every file, and the fakes' own books.
"""

from __future__ import annotations

import copy
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from sync.demo.shop import ShopOrder
from tests import shop_exports
from tests.command_line import CommandLine
from tests.erased_world import FAMILIES, Someone, erased, figures, hits, moved, people_of, put_back, read_again
from tests.three_destinations import Standing, World, open_world

PEOPLE, ERASED = 330, 200
SEGMENTS = "".join(f"[families.{family}]\non = true\n" for family in FAMILIES[1:])


@dataclass
class Gone:
    """A world before and after: what stood where, what was counted, and who was erased."""

    world: World
    people: list[Someone]
    folder: Path
    standing: dict[str, Standing] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)
    said: list[dict[str, Any]] = field(default_factory=list)

    @property
    def traces(self) -> set[str]:
        return {trace for one in self.people for trace in one.traces()}

    @property
    def older(self) -> Path:
        """A backup from before."""
        return self.folder / "older.db"


@pytest.fixture(scope="module")
def gone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gone]:
    with open_world(tmp_path_factory.mktemp("gone"), PEOPLE) as world:
        chance = Random(24)
        made = Gone(world, people_of(world, ERASED, chance), tmp_path_factory.mktemp("kept"))
        settings = world.line.settings.read_text(encoding="utf-8")
        world.line.write(settings.replace('write = ["tag", "field"]', 'write = ["tag", "field"]\ncontacts = "all"'))
        (world.folder / "segments.toml").write_text(SEGMENTS, encoding="utf-8")
        _read(made)
        made.standing = world.standing()
        world.line.ask("push")
        world.line.ask("backup", str(made.older))
        shutil.copy2(made.older, world.folder / "connector.db.before-0000")
        made.figures = figures(world.line)
        made.said = list(erased(world.line, made.people, chance))
        yield made


def _read(gone: Gone) -> None:
    line = gone.world.line
    line.ask("pull")
    sent = gone.folder / "sends.csv"
    rows = [f"{one.email},2026-06-01" for one in gone.people if "sent" in one.traits]
    sent.write_text("\n".join(["email,sent_at", *rows]) + "\n", encoding="utf-8")
    line.ask("import-sends", str(sent))
    line.ask("recompute")
    with closing(sqlite3.connect(line.database)) as connection:
        (unreadable,) = connection.execute("SELECT count(*) FROM quarantine").fetchone()
    assert unreadable == sum("unreadable" in one.traits for one in gone.people) > 20


def names(line: CommandLine) -> set[str]:
    with closing(sqlite3.connect(line.database)) as connection:
        return {value for (value,) in connection.execute("SELECT value FROM identities")}


def test_nothing_of_them_is_left_in_any_file(gone: Gone) -> None:
    assert sum(said["people"] for said in gone.said) == ERASED
    assert hits(gone.world.folder, gone.traces) == []
    assert gone.traces & names(gone.world.line) == set()
    assert all(said["waiting"] == {} and said["left"] == [] for said in gone.said)


def test_a_backup_made_later_has_nothing_of_them_either(gone: Gone, tmp_path: Path) -> None:
    gone.world.line.ask("backup", str(tmp_path / "later.db"))
    assert hits(tmp_path, gone.traces) == []
    assert hits(gone.older.parent, gone.traces, but=("sends.csv",))  # the search finds what is there


def test_the_copy_from_before_a_migration_is_deleted_and_said_so(gone: Gone) -> None:
    assert not (gone.world.folder / "connector.db.before-0000").exists()
    assert [Path(copy).name for copy in gone.said[0]["copies"]] == ["connector.db.before-0000"]


def test_past_days_count_as_before(gone: Gone) -> None:
    assert figures(gone.world.line) == gone.figures


def test_what_was_written_for_them_at_the_destinations_is_gone(gone: Gone) -> None:
    asked = {one.email for one in gone.people}
    for name, now in gone.world.standing().items():
        before = gone.standing[name]
        for address in asked:
            empty = (frozenset[str](), ())
            tags, fields = now.get(address, empty)
            assert (tags, tuple(pair for pair in fields if pair[1])) == before.get(address, empty), (name, address)
    made_by_us = asked - gone.standing["lettre"].keys()
    assert made_by_us
    assert made_by_us <= gone.world.mailchimp.forgotten
    assert not made_by_us & gone.world.mailchimp.members.keys()
    assert gone.world.mailchimp.violations == gone.world.shopify.violations == []


def test_the_suppressed_lie_beside_the_database_for_their_owner_alone(gone: Gone) -> None:
    file = gone.world.folder / "connector.db.suppressed"
    assert file.stat().st_mode & 0o777 == 0o600


def test_reading_the_shops_again_does_not_bring_them_back(gone: Gone, tmp_path: Path) -> None:
    line, writes = moved(gone.world.line, tmp_path), gone.world.writes
    read_again(gone.world)
    said = line.ask("run")
    assert hits(tmp_path, gone.traces) == []
    assert not [trace for trace in gone.traces if trace in said.out + said.err]
    assert figures(line) == gone.figures
    assert gone.world.writes == writes


def test_a_first_reading_into_an_emptied_database_does_not_bring_them_back(gone: Gone, tmp_path: Path) -> None:
    line = moved(gone.world.line, tmp_path)
    line.database.unlink()
    line.ask("pull")
    assert hits(tmp_path, gone.traces) == []
    assert len(names(line)) > PEOPLE - ERASED


def test_an_old_export_of_the_shop_does_not_bring_them_back(gone: Gone, tmp_path: Path) -> None:
    line = moved(gone.world.line, tmp_path)
    files = gone.folder / "customers_export.csv", gone.folder / "orders_export.csv"
    readable = copy.deepcopy(gone.world.shop)
    readable.orders = {n: order for n, order in readable.orders.items() if order.total < 10**9}
    shop_exports.write_customers(readable, files[0])
    shop_exports.write_orders(readable, files[1])
    for file in files:
        line.ask("import", str(file), "--store", "boutique")
    assert hits(tmp_path, gone.traces) == []


def test_an_older_backup_put_back_is_erased_again_before_anything_else(gone: Gone, tmp_path: Path) -> None:
    line = moved(gone.world.line, tmp_path)
    put_back(gone.older, line)
    assert hits(tmp_path, gone.traces)
    assert f"{ERASED}" in line.ask("segments").err
    assert hits(tmp_path, {one.email for one in gone.people} & names(line)) == []
    line.ask("run")  # what the older copy knew as delivered is looked at once more
    assert hits(tmp_path, gone.traces) == []
    assert figures(line) == gone.figures
    assert line.ask("segments").err == ""


def test_an_order_placed_later_makes_a_new_person(gone: Gone, tmp_path: Path) -> None:
    line = moved(gone.world.line, tmp_path)
    before, now = dict(gone.world.shop.orders), gone.world.now
    back = [one for one in gone.people if one.orders][:10]
    gone.world.now += timedelta(days=2)
    for number, one in enumerate(back, start=1):
        placed = now + timedelta(hours=number)
        account = one.account.id if number % 2 else None
        order = ShopOrder(number, placed, placed, 5000, account, one.email, city="Nouvelle")
        gone.world.shop.orders[number] = order
        one.account.updated_at = placed
    try:
        line = CommandLine(line.folder, gone.world.now.isoformat())
        line.ask("run")
        for one in back:
            (stage,) = [s for s in line.ask("why", one.email, "spread.new", "--json").last["segments"] if s["in"]]
            held = {s["key"]: s["rows"] for s in _export(line, one)["sections"]}
            assert stage["segment"] == "spread.new"
            assert [order["city"] for order in held["orders"]] == ["Nouvelle"]
            assert [row["value"] for row in held["identities"] if row["kind"] == "email"] == [one.email]
        others = {one.email for one in gone.people} - {one.email for one in back}
        assert others & names(line) == set()
    finally:
        gone.world.shop.orders, gone.world.now = before, now


def _export(line: CommandLine, one: Someone) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(line.ask("export", one.email).out)
    return found
