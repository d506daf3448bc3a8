"""What a change would do, by command: against a shop counted by hand, and against what then really happens."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.command_line import CommandLine
from tests.three_destinations import World, open_world

NOW = date(2026, 6, 30)
COLUMNS = "customer=who,placed_at=day,total=money,order=id"


def fingerprint(line: CommandLine) -> tuple[str, object]:
    """The bytes of the database file, all that was committed being in it, and each of its tables."""
    with closing(sqlite3.connect(line.database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return hashlib.sha256(line.database.read_bytes()).hexdigest(), line.dump()


@pytest.fixture
def shop(tmp_path: Path) -> CommandLine:
    """40 people who bought 200 days ago for 20 EUR, half of them again ten days ago for 35, and one of yesterday."""
    rows = [(who, 200, "20.00") for who in range(40)] + [(who, 10, "35.00") for who in range(20)] + [(99, 1, "12.00")]
    text = ["id,who,day,money"]
    text += [f"{n},c{who},{NOW - timedelta(ago)},{money}" for n, (who, ago, money) in enumerate(rows, 1)]
    (tmp_path / "orders.csv").write_text("\n".join(text) + "\n", encoding="utf-8")
    line = CommandLine(tmp_path, f"{NOW}T12:00:00Z")
    line.ask(
        "import", str(tmp_path / "orders.csv"), "--currency", "EUR", "--timezone", "Europe/Paris", "--map", COLUMNS
    )
    return line


def simulated(line: CommandLine, *arguments: str) -> dict[str, Any]:
    return line.ask("simulate", *arguments, "--json").last


def only(report: dict[str, Any]) -> dict[str, Any]:
    (family,) = report["families"]
    assert isinstance(family, dict)
    return family


def test_a_wider_window_moves_those_whose_orders_it_reaches(shop: CommandLine) -> None:
    before = fingerprint(shop)
    report = simulated(shop, "spread.window=300")

    assert report["as_of"] == "2026-06-30"
    assert report["changes"] == [{"key": "spread.window", "before": 180, "after": 300}]
    assert report["pushes"] == []  # the settings name no destination
    family = only(report)
    sample = family.pop("sample")
    assert family == {
        "key": "spread", "on": True, "complete": True,
        "before": {"prospect": 0, "loyal": 0, "new": 1, "occasional": 20, "inactive": 20},
        "after": {"prospect": 0, "loyal": 20, "new": 21, "occasional": 0, "inactive": 0},
        "moves": [
            {"from": "occasional", "to": "loyal", "people": 20}, {"from": "inactive", "to": "new", "people": 20},
        ],
        "staying": 1,
    }  # fmt: skip
    assert [(one["from"], one["to"]) for one in sample] == [("occasional", "loyal")] * 3 + [("inactive", "new")] * 3
    assert fingerprint(shop) == before


def test_a_past_day_is_answered_as_it_was(shop: CommandLine) -> None:
    family = only(simulated(shop, "spread.window=30", "--as-of", str(NOW - timedelta(100))))

    assert family["before"] == {"prospect": 0, "loyal": 0, "new": 40, "occasional": 0, "inactive": 0}
    assert family["after"] == {"prospect": 0, "loyal": 0, "new": 0, "occasional": 0, "inactive": 40}


def test_a_family_that_is_off_an_audience_and_a_rule_of_ones_own_can_be_tried(shop: CommandLine) -> None:
    before = fingerprint(shop)
    changes = ("cartelis.lost=1", "aud.vip.x=50", "aud.mine=number_of_orders = 1", "spread.new=first_order_date > -5d")
    report = simulated(shop, *changes)
    found = {family["key"]: family for family in report["families"]}

    assert list(found) == ["spread", "cartelis", "aud.vip", "aud.mine"]
    assert (found["cartelis"]["on"], found["spread"]["on"]) == (False, True)
    assert found["aud.vip"]["before"] == {"vip": 0}  # it had no value, so nobody could be in it
    assert found["aud.vip"]["moves"] == [{"from": None, "to": "vip", "people": 20}]
    assert found["aud.mine"]["after"] == {"mine": 21}
    assert found["spread"]["moves"] == []
    assert [change["before"] for change in report["changes"]] == [4, None, None, "first_order_date > -$window"]
    assert fingerprint(shop) == before  # gap_ratio asks for a figure of the shop, which had to be made


def test_a_change_of_a_divided_audience_is_one_of_each_value(shop: CommandLine) -> None:
    each = "[audiences.payment_method]\non = true\neach = ['PayPal', 'Alma']\n"
    (shop.folder / "segments.toml").write_text(each, encoding="utf-8")

    report = simulated(shop, "aud.payment_method=orders_placed MATCHES (payment_method = $m) OR number_of_orders = 1")

    families = {family["key"]: family for family in report["families"]}
    assert families["aud.payment_method_paypal"]["after"] == {"payment_method_paypal": 21}
    assert families["aud.payment_method_alma"]["before"] == {"payment_method_alma": 0}


def test_who_is_defined_by_a_changed_segment_moves_with_it(shop: CommandLine) -> None:
    report = simulated(shop, "aud.mine=in_segment('spread.loyal')", "spread.window=300")

    found = {family["key"]: family["after"] for family in report["families"]}
    assert found["aud.mine"] == {"mine": 20}


def test_a_window_is_suggested_from_the_shops_own_gaps(shop: CommandLine) -> None:
    window = simulated(shop, "spread.window=90")["window"]

    assert (window["suggested"], window["covers"], window["enough"]) == (210, 1.0, False)  # 20 gaps of 190 days
    assert (window["gaps"]["count"], window["gaps"]["percentiles"]["90"]) == (20, 190)
    assert "a window of 210 days covers them" in window["words"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("sprea.window=120", "There is no sprea.window to change.\nDid you mean spread.window?\n"),
        ("spread.window=soon", "spread.window cannot be soon: it should be a whole number.\n"),
        ("spread.window=-3", "spread.window cannot be -3: it should be a larger number.\n"),
        ("spread.window=0", "spread.window cannot be 0: it should be a larger number.\n"),
        ("emarsys.growth=1", "emarsys.growth cannot be 1: Nothing lies between 2 and 1; write"),
        ("aud.vip.x=much", "aud.vip.x cannot be much: amount_spent is compared with an amount, such as 49.90.\n"),
        ("aud.mine=amount_spent > $y", "aud.mine needs a value for y.\naud.mine.y=…\n"),
        ("spread.inactive=FALSE", "The last stage of spread should have the rule TRUE"),
        ("spread", "'spread' changes nothing.\nWrite KEY=VALUE"),
        (
            "spread.new=first_ordr_date > -60d",
            "There is no attribute first_ordr_date. (line 1, column 1)\n  first_ordr",
        ),
    ],
)
def test_what_cannot_be_tried_is_said_in_a_sentence(shop: CommandLine, change: str, said: str) -> None:
    answer = shop.within("simulate", change)

    assert (answer.code, answer.out) == (1, "")
    assert answer.err.startswith(said)


def test_people_read_it_in_their_language(shop: CommandLine) -> None:
    shop.write('language = "fr"')
    out = shop.ask("simulate", "spread.window=300").out

    assert "spread.window: 180 → 300" in out
    assert "Inactif      Nouveau" in out
    assert "Sans changement : 1 personne." in out
    assert "une fenêtre de 210 jours" in out
    assert out.endswith("Rien n'a été écrit.\n")
    assert "Il n'y a pas de spread.windw à changer." in shop.within("simulate", "spread.windw=3").err


# ------------------------------------------------------------------------- what is foretold, and what then happens


@pytest.fixture(scope="module")
def pulled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A shop of 120 people with three destinations, read and worked out; nothing is pushed."""
    with open_world(tmp_path_factory.mktemp("pulled"), people=120) as world:
        world.line.ask("pull")
        world.line.ask("recompute")
        yield world


@pytest.fixture
def world(pulled: World, tmp_path: Path) -> Iterator[World]:
    with open_world(tmp_path, people=120) as made:
        pulled.line.ask("backup", str(made.line.database))
        yield made


def foretold(world: World, window: int) -> dict[str, dict[str, Any]]:
    """What is said of a window; it must leave every byte, and the fakes, alone."""
    before, writes = fingerprint(world.line), world.writes
    found = simulated(world.line, f"spread.window={window}")["pushes"]
    assert (fingerprint(world.line), world.writes) == (before, writes)
    return {push.pop("destination"): push for push in found}


def happening(world: World, window: int) -> dict[str, dict[str, Any]]:
    """The plans once the window is really set."""
    world.write_settings(f"\n            [segments.spread]\n            window = {window}\n")
    world.line.ask("recompute")
    return {
        plan["destination"]: {
            "people": plan["people"],
            **{
                name: sum(item[of] for item in plan["items"])
                for name, of in (("adds", "added"), ("changes", "changed"), ("removes", "removed"))
            },
            "refused": bool(plan["guards"]),
        }
        for plan in world.line.ask("push", "--dry-run", "--json").lines
    }


@pytest.mark.parametrize("window", [30, 150])
def test_a_push_would_do_what_it_then_does(world: World, window: int) -> None:
    world.line.ask("push")
    said, happens = foretold(world, window), happening(world, window)

    assert {key: {**push, "refused": push["refused"] is not None} for key, push in said.items()} == happens
    assert happens["tags"]["adds"] > 0
    assert happens["meta"]["changes"] > 0


def test_a_guard_is_foretold_in_words(world: World) -> None:
    world.line.ask("push")
    said = foretold(world, 10)

    assert "un seul envoi changerait" in said["tags"]["refused"]
    assert foretold(world, 180)["tags"] == {"people": 0, "adds": 0, "changes": 0, "removes": 0, "refused": None}


def test_the_first_push_is_foretold_too(world: World) -> None:
    said, happens = foretold(world, 60), happening(world, 60)

    assert {key: {**push, "refused": push["refused"] is not None} for key, push in said.items()} == happens
    assert happens["tags"]["people"] > 100


def test_a_waiting_plan_goes_on_waiting(world: World) -> None:
    world.write_settings('approve = "always"\n')  # of the last destination
    world.line.ask("push")
    waiting = world.line.ask("plan").out
    foretold(world, 60)

    assert world.line.ask("plan").out == waiting != ""


def test_a_destination_that_cannot_be_planned_says_why(world: World) -> None:
    world.line.write(world.line.settings.read_text().replace('write = ["tag", "field"]', 'push = ["emarsys"]'))
    (said,) = [p for p in simulated(world.line, "spread.window=60")["pushes"] if p["destination"] == "lettre"]

    assert said["refused"].startswith("La destination 'lettre' envoie 'emarsys', qui n'est pas activé.")
