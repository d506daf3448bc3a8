"""Who objects to profiling is in no segment and holds nothing of ours, from that day on and until they withdraw."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.command_line import CommandLine
from tests.erased_world import figures, moved
from tests.three_destinations import KEY, World, open_world

EMPTY = (frozenset[str](), ())


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("world"), 40) as made:
        (made.folder / "segments.toml").write_text(
            "".join(f"[families.{family}]\non = true\n" for family in ("rfm", "cartelis", "emarsys")), encoding="utf-8"
        )
        made.line.ask("run")
        yield made


@pytest.fixture
def line(world: World, tmp_path: Path) -> CommandLine:
    world.line.ask("push")
    return moved(world.line, tmp_path)


def someone(world: World, number: int) -> str:
    bought = {order.email for order in world.shop.orders.values()}
    found = [str(a.email) for a in world.shop.customers.values() if a.consent == "subscribed" and a.email in bought]
    return found[number]


def rows(line: CommandLine, statement: str, *values: object) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(line.database)) as connection:
        return connection.execute(statement, values).fetchall()


def segments_of(line: CommandLine, who: str) -> list[tuple[object, ...]]:
    statement = """
        SELECT m.segment_id, m.entered_on, m.left_on FROM memberships m
        JOIN identities i ON i.customer_id = m.customer_id AND i.kind = 'email' WHERE i.value = ? ORDER BY 1, 2
    """
    return rows(line, statement, who)


def stages(line: CommandLine, *options: str) -> tuple[int, int]:
    """People known, and people in the stages of the family that everyone is in."""
    said = line.ask("segments", "--family", "spread", "--json", *options).last
    return said["people"], sum(stage["people"] for stage in said["families"][0]["stages"])


def shown(world: World, who: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, standing in world.standing().items():
        tags, fields = standing[who]
        found[name] = tags, tuple(pair for pair in fields if pair[1])
    return found


def test_they_are_in_no_segment_from_that_day_on_and_past_days_stand(world: World, line: CommandLine) -> None:
    who, past, (people, inside) = someone(world, 0), figures(line), stages(line)
    assert people == inside
    line.ask("object", who)
    assert stages(line) == (people - 1, people - 1)
    assert figures(line) == past
    assert segments_of(line, who)
    assert all(left is not None for *_, left in segments_of(line, who))
    assert who not in line.ask("members", "spread.loyal").out + line.ask("members", "spread.inactive").out
    assert rows(line, "SELECT count(*) FROM metrics") == [(people - 1,)]
    assert re.search(r": 0 (écart|differences)", line.ask("recompute", "--full").out)
    assert figures(line) == past


def test_what_we_wrote_for_them_is_taken_off_and_what_is_others_stays(world: World, line: CommandLine) -> None:
    who = someone(world, 1)
    line.ask("object", who)
    assert shown(world, who) == {
        "tags": EMPTY,
        "meta": (frozenset(), (("note", "du commerçant"),)),
        "lettre": (frozenset({"Du commerçant"}), ()),
    }
    writes = world.writes
    line.ask("run")
    assert world.writes == writes
    assert world.mailchimp.violations == world.shopify.violations == []


def test_what_cannot_be_reached_is_taken_off_by_the_next_push(world: World, line: CommandLine) -> None:
    who, settings = someone(world, 2), line.settings.read_text(encoding="utf-8")
    line.write(settings.replace(KEY, f"{'f' * 32}-us21"))
    assert "lettre" in line.ask("object", who).err
    line.write(settings)
    line.ask("push")
    assert shown(world, who)["lettre"] == (frozenset({"Du commerçant"}), ())


def test_time_and_rows_that_come_later_do_not_put_them_back(world: World, line: CommandLine) -> None:
    who, before = someone(world, 3), segments_of(line, someone(world, 3))
    line.ask("object", who)
    out = segments_of(line, who)
    assert out != before
    later = replace(line, now=(world.now + timedelta(days=200)).isoformat())
    for order in world.shop.orders.values():
        if order.email == who:
            order.updated_at, order.tax = world.now + timedelta(days=1), order.tax + 1
    later.ask("pull")
    later.ask("recompute")
    assert segments_of(later, who) == out
    people, inside = stages(later)
    assert people == inside


def test_withdrawing_puts_them_back_from_that_day_on(world: World, line: CommandLine) -> None:
    who = someone(world, 4)
    people, _ = stages(line)
    line.ask("object", who)
    line.ask("object", who, "--withdraw")
    assert stages(line) == (people, people)
    line.ask("push")
    assert shown(world, who)["tags"] != EMPTY


def test_why_refuses_to_profile_them(world: World, line: CommandLine) -> None:
    who = someone(world, 5)
    line.ask("object", who)
    assert line.within("why", who).code == 1
