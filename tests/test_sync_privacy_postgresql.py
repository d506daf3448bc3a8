"""Export, objection and erasure with the database on a PostgreSQL server: as with a file."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import MetaData, create_engine, make_url, select

from tests.command_line import CommandLine
from tests.erased_world import Someone, hits, people_of, read_again
from tests.three_destinations import World, open_world


@dataclass
class Both:
    """One world read into a file and into a server's database."""

    world: World
    people: list[Someone]
    file: CommandLine
    server: CommandLine
    exported: dict[CommandLine, list[dict[str, Any]]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def both(postgresql: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    engine = create_engine(postgresql, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE privacy")
    url = make_url(postgresql).set(database="privacy").render_as_string(hide_password=False)
    with open_world(tmp_path_factory.mktemp("both"), 30) as world:
        people = people_of(world, 25, Random(24))
        elsewhere = tmp_path_factory.mktemp("server")
        shutil.copy2(world.line.settings, elsewhere)
        made = Both(world, people, world.line, replace(world.line, folder=elsewhere, server=url))
        for line in (made.file, made.server):
            line.ask("pull")
            line.ask("recompute")
            made.exported[line] = [exported(line, one) for one in people[:5]]
        made.server.ask("push")
        yield made
    with engine.connect() as connection:
        connection.exec_driver_sql("DROP DATABASE privacy WITH (FORCE)")
    engine.dispose()


def rows(line: CommandLine) -> dict[str, str]:
    """Each table of the server, the inbox too, as text."""
    engine, found = create_engine(line.server), MetaData()
    found.reflect(engine)
    with engine.connect() as connection:
        texts = {
            table.name: "\n".join(str(tuple(row)) for row in connection.execute(select(table)))
            for table in found.sorted_tables
        }
    engine.dispose()
    return texts


def figures(line: CommandLine) -> list[str]:
    """The people and the money of each stage on some past days."""
    days = ("2024-01-15", "2025-06-30", "2026-06-29")
    return [line.ask("segments", "--as-of", day, "--family", "spread", "--json").out for day in days]


def left(line: CommandLine, traces: set[str]) -> list[str]:
    """Which of the traces stand in which table, or in a file beside the settings."""
    found = [f"{trace} in {name}" for name, text in rows(line).items() for trace in sorted(traces) if trace in text]
    return found + hits(line.folder, traces)


def exported(line: CommandLine, one: Someone) -> dict[str, Any]:
    """What is held of a person: what each section holds, in no order and without numbers of our own."""
    held: dict[str, Any] = json.loads(line.ask("export", one.email).out)
    return {
        section["key"]: sorted(json.dumps(row, sort_keys=True) for row in section["rows"])
        for section in held["sections"]
        if section["key"] != "disclosures"
    }


def test_the_same_is_exported(both: Both) -> None:
    assert both.exported[both.server] == both.exported[both.file]
    held = {key for person in both.exported[both.server] for key, rows in person.items() if rows}
    assert {"identities", "accounts", "consents", "orders", "figures", "segments"} <= held


def test_an_objection_takes_out_of_segments_and_its_end_puts_back(both: Both) -> None:
    line, one = both.server, both.people[20]
    before = line.ask("segments", "--family", "spread", "--json").last
    line.ask("object", one.email)
    standing = both.world.standing()
    assert not any("Cycle" in tag for tag in standing["tags"][one.email][0])
    assert standing["lettre"].get(one.email, (frozenset({"Du commerçant"}), ()))[0] == {"Du commerçant"}
    assert line.ask("segments", "--family", "spread", "--json").last["people"] == before["people"] - 1
    line.ask("object", one.email, "--withdraw")
    line.ask("push")
    assert line.ask("segments", "--family", "spread", "--json").last["people"] == before["people"]
    assert any("Cycle" in tag for tag in both.world.standing()["tags"][one.email][0])


def test_who_is_erased_is_in_no_table_and_does_not_come_back(both: Both) -> None:
    line, gone = both.server, both.people[3:20]  # so that no one's city is the beginning of another's
    traces, past = {trace for one in gone for trace in one.traces()}, figures(line)
    assert len({trace.split(" in ")[0] for trace in left(line, traces)}) > len(traces) // 2  # the search finds them
    said = line.ask("erase", *(one.email for one in gone), "--yes", "--json").last
    assert (said["people"], said["waiting"], said["left"]) == (len(gone), {}, [])
    assert left(line, traces) == []
    assert (line.folder / "connector.suppressed").stat().st_mode & 0o777 == 0o600
    for one in gone:
        assert not any("Cycle" in tag for tag in both.world.standing()["tags"][one.email][0])
    read_again(both.world)
    line.ask("run")
    assert left(line, traces) == []
    assert figures(line) == past


def test_an_older_copy_put_back_is_erased_again(both: Both) -> None:
    """As pg_restore leaves it: the rows are back, and the file of the suppressed is as it was."""
    line, one = both.server, both.people[21]
    engine, found = create_engine(line.server), MetaData()
    found.reflect(engine)
    with engine.connect() as connection:
        older = {table: connection.execute(select(table)).mappings().all() for table in found.sorted_tables}
    line.ask("erase", one.email, "--yes", "--json")
    assert left(line, {one.email}) == []
    with engine.begin() as connection:
        for table in reversed(found.sorted_tables):
            connection.execute(table.delete())
        for table, held in older.items():
            if held:
                connection.execute(table.insert(), [dict(row) for row in held])
    engine.dispose()
    assert left(line, {one.email})
    assert "de nouveau effacées" in line.ask("segments").err
    assert left(line, {one.email}) == [f"{one.email} in leftovers"]
    line.ask("push")
    assert left(line, {one.email}) == []


def test_a_missing_server_is_said_without_its_password(tmp_path: Path) -> None:
    for address in (
        "postgresql+psycopg://u:geheim@127.0.0.1:1/x",
        "postgresql+psycopg://127.0.0.1:1/x?password=geheim",
    ):
        answer = CommandLine(tmp_path, "2026-06-30T12:00:00+00:00", address).within("segments")
        assert answer.code == 1
        assert "geheim" not in answer.out + answer.err
