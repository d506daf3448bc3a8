"""Prospects by age and by source, and objectives with target and deadline: from segments.toml to what is answered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from tests.three_destinations import World, open_world

AGES = ("aud.prospect_new", "aud.prospect_waiting", "aud.prospect_old")
SOURCES = ("aud.prospect_newsletter", "aud.prospect_account", "aud.prospect_cart")
WRITTEN = "\n".join(f"[audiences.{key.removeprefix('aud.')}]\non = true" for key in (*AGES, *SOURCES))
OBJECTIVE = "\n[objectives.first_purchase]\ntarget = 8\ndeadline = 2026-12-31\n"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("prospects"), people=200) as made:
        (made.folder / "segments.toml").write_text(WRITTEN + OBJECTIVE, encoding="utf-8")
        made.line.ask("pull")
        made.line.ask("recompute")
        yield made


def people(world: World, segment: str) -> set[int]:
    return {member["person"] for member in world.line.ask("members", segment, "--json").lines}


def net(world: World, month: str) -> int:
    """How many were prospects at the end of the month before, and have ordered by the end of this one."""
    first = date.fromisoformat(f"{month}-01")
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    days = ("--from", str(first - timedelta(days=1)), "--to", str(last))
    moves = world.line.ask("movements", *days, "--json").last["moves"]
    return sum(move["people"] for move in moves if move["from"] == "prospect" and move["to"] in {"new", "loyal"})


def test_every_prospect_has_one_age(world: World) -> None:
    ages = [people(world, key) for key in AGES]

    assert sum(len(age) for age in ages) == len(set().union(*ages))
    assert set().union(*ages) == people(world, "spread.prospect") != set()


def test_sources_overlap_and_hold_prospects_alone(world: World) -> None:
    prospects = people(world, "spread.prospect")
    sources = {key: people(world, key) for key in SOURCES}

    assert all(found <= prospects for found in sources.values())
    assert sources["aud.prospect_newsletter"]


def test_a_target_and_its_deadline_stand_beside_what_is_observed(world: World) -> None:
    found = {entry["objective"]: entry for entry in world.line.ask("priorities", "--json").last["objectives"]}
    entry = found["first_purchase"]

    assert (entry["target"], entry["deadline"]) == (8, "2026-12-31")
    assert (entry["from"], entry["to"]) == (["prospect"], ["new", "loyal"])
    for month in entry["observed"]:
        assert month["people"] == net(world, month["month"]), month
    assert sum(month["people"] for month in entry["observed"]) > 0
    assert "cible : 8 par mois d’ici au 31 déc. 2026" in world.line.ask("priorities").out


def test_the_border_between_two_ages_can_be_tried(world: World) -> None:
    report = world.line.ask("simulate", "aud.prospect_new.early=60", "aud.prospect_waiting.early=60", "--json").last
    new, waiting = report["families"]

    assert new["after"]["prospect_new"] + waiting["after"]["prospect_waiting"] == (
        new["before"]["prospect_new"] + waiting["before"]["prospect_waiting"]
    )
    assert new["after"]["prospect_new"] >= new["before"]["prospect_new"]


def test_what_is_wrong_with_an_objective_is_said_with_its_line(world: World) -> None:
    file = world.folder / "segments.toml"
    before = file.read_text(encoding="utf-8")
    file.write_text(before.replace("target = 8", "target = 'many'"), encoding="utf-8")
    answer = world.line.within("priorities")
    file.write_text(before, encoding="utf-8")

    assert answer.code == 1
    assert "segments.toml, ligne" in answer.err
    assert "target devrait être un nombre entier" in answer.err
