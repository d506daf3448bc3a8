"""Switching families and audiences on, from segments.toml to the tags at a destination."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command_line import CommandLine
from tests.test_main_job_commands import MAP, ORDERS, PLACE
from tests.three_destinations import START, World, open_world

SEGMENTS = """
[families.rfm]
on = true

[audiences.vip]
on = true
parameters = { x = 300 }

[audiences.payment_method]
on = true
each = ["PayPal", "Alma"]

[audiences.abandoned_cart_7]
on = false
"""
PUSHED = {
    "aud.vip": "Audience : VIP",
    "aud.payment_method_paypal": "Audience : Moyen de paiement : PayPal",
    "aud.payment_method_alma": "Audience : Moyen de paiement : Alma",
    "rfm.champions": "RFM : Champion",
    "rfm.dormant": "RFM : Dormant",
    "spread.loyal": "Cycle : Fidèle",
}


@pytest.fixture
def filled(tmp_path: Path) -> CommandLine:
    """A base from a file of four orders."""
    line = CommandLine(tmp_path, START.isoformat())
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    line.ask("import", "orders.csv", *PLACE, "--map", MAP)
    return line


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A shop of which more than the default is worked out and pushed to the audience at Mailchimp."""
    with open_world(tmp_path_factory.mktemp("world"), people=120) as made:
        (made.folder / "segments.toml").write_text(SEGMENTS, encoding="utf-8")
        made.write_settings('    push = ["spread", "rfm", "aud.vip", "aud.payment_method"]\n')
        made.line.ask("run")
        yield made


def write(line: CommandLine, segments: str) -> None:
    (line.folder / "segments.toml").write_text(segments, encoding="utf-8")


def test_what_is_on_is_shown_and_the_rest_is_pointed_at(filled: CommandLine) -> None:
    said = filled.ask("segments").out

    assert "Life cycle" in said
    assert "Buyers of the month" in said
    assert "RFM groups" not in said
    assert "`connector segments --all`" in said
    everything = filled.ask("segments", "--all").out
    assert "RFM groups  rfm (off)" in everything
    assert "aud.vip (off)" in everything
    assert "needs a value for x (The amount spent), for example" in everything
    assert "visit to the site" in everything
    assert "shop: An export of orders has no abandoned carts." in said  # a nought that says nothing is not left alone
    assert "shop: Only where the export has a column for the coupon code." in everything


def test_some_are_shown_by_their_keys(filled: CommandLine) -> None:
    said = filled.ask("segments", "--family", "rfm").out

    assert "RFM groups" in said
    assert "Life cycle" not in said
    wrong = filled.within("segments", "--family", "rmf")
    assert (wrong.code, wrong.err) == (1, "There is no family or audience rmf.\nDid you mean rfm?\n")


def test_everything_is_listed_for_programs(filled: CommandLine) -> None:
    report = filled.ask("segments", "--json").last

    assert [family["key"] for family in report["families"]] == ["spread", "cartelis", "loyalty", "emarsys", "rfm"]
    assert all(sum(stage["people"] for stage in family["stages"]) == 3 for family in report["families"])
    loyal = report["audiences"][7]
    assert (loyal["key"], loyal["version"], loyal["people"], loyal["available"], loyal["missing"]) == (
        "aud.loyal_7_365", 1, 0, True, None,
    )  # fmt: skip
    assert [limit["need"] for limit in report["audiences"][10]["limits"]] == ["coupons"]


def test_a_past_day_is_asked_with_the_whole_library(filled: CommandLine) -> None:
    report = filled.ask("segments", "--json", "--as-of", "2026-01-31").last

    people = {entry["key"]: entry["people"] for entry in report["audiences"]}
    assert (report["people"], people["aud.bought_30"], people["aud.already_customer"]) == (2, 1, 2)
    told = {entry["key"]: entry for entry in report["audiences"]}
    assert (told["aud.bought_30"]["complete"], told["aud.newsletter"]["complete"]) == (True, False)


@pytest.mark.parametrize(
    "command",
    [("check",), ("segments",), ("recompute",), ("query", "TRUE"), ("members", "spread.loyal"), ("merges",), ("push",)],
)
def test_a_wrong_file_of_segments_is_refused_with_its_line_by_every_command(
    filled: CommandLine, command: tuple[str, ...]
) -> None:
    write(filled, "[audiences.vip]\non = true\nrule = 'amount_spend > 3'\n")

    answer = filled.within(*command)
    assert answer.code == 1
    assert answer.err.startswith("segments.toml, line 3: the rule cannot be read:")


def test_what_is_on_and_cannot_be_worked_out_is_told_by_check(filled: CommandLine) -> None:
    write(filled, "[audiences.vip]\non = true\n[audiences.payment_method]\non = true\neach = ['PayPal', 'Alma']\n")

    answer = filled.within("check", "--json")
    assert (answer.code, [line["key"] for line in answer.lines]) == (0, ["aud.vip"])
    assert answer.lines[0]["problems"] == [
        {
            "message": "aud.vip needs a value for x.",
            "remedy": "Write into segments.toml: [audiences.vip] parameters = { x = … }",
            "fatal": False,
        }
    ]
    assert "one for each value: PayPal, Alma" in filled.ask("segments").out


def test_members_of_a_day_without_a_figure_are_not_passed_over_in_silence(filled: CommandLine) -> None:
    answer = filled.ask("members", "aud.newsletter", "--as-of", "2026-01-31")

    assert answer.out == ""
    assert answer.err == "There is no figure for 31 Jan 2026: email_subscription_status is known as of today only.\n"


def test_a_person_is_named_as_other_commands_take_it(filled: CommandLine) -> None:
    first, *_ = filled.ask("members", "aud.already_customer").out.split()

    out = filled.ask("why", first, "spread").out
    assert out.startswith("✗ Life cycle: Prospect (spread.prospect)\n    Known to the shop, has not ordered yet.\n")
    assert "    ✗ number of orders: 1 (it would have to be: exactly 0)\n" in out
    assert "    to be in it: number of orders (exactly 0)\n    rule: number_of_orders = 0\n" in out


def test_members_and_why_know_every_segment_that_can_be_asked(filled: CommandLine) -> None:
    write(filled, "[audiences.vip]\nparameters = { x = 20 }\n")

    (vip,) = filled.ask("members", "aud.vip", "--json").lines
    assert (vip["accounts"], vip["since"]) == ({"shop": ["1"]}, "2026-02-05")
    (told,) = filled.ask("why", f"person:{vip['person']}", "aud.vip", "--json").last["segments"]
    assert (told["in"], told["clauses"][0]["value"]["minor"]) == (True, 2550)
    assert filled.ask("members", "rfm.prospects", "--json").lines == []


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (("members", "aud.vip"), "aud.vip needs a value for x.\nWrite into segments.toml: [audiences.vip] parameters"),
        (("why", "person:1", "aud.vip"), "aud.vip needs a value for x."),
        (("members", "aud.wishlist"), "aud.wishlist cannot be worked out: "),
        (("members", "loyal"), "There is no segment loyal.\nDid you mean spread.loyal?"),
        (("members", "aud.vpi"), "There is no segment aud.vpi.\nDid you mean aud.vip?"),
        (
            ("movements", "--family", "rfm"),
            "No history of rfm is kept: it is not switched on.\nSwitch it on in segments.toml ([families.rfm] on =",
        ),
        (("evolution", "--family", "aud.vip"), "No history of aud.vip is kept: it is not switched on."),
        (("priorities", "--family", "cartelis"), "No history of cartelis is kept: it is not switched on."),
        (("movements", "--family", "rmf"), "There is no family or audience rmf.\nDid you mean rfm?"),
    ],
)
def test_what_is_off_or_lacks_a_value_is_told_with_the_remedy(
    filled: CommandLine, command: tuple[str, ...], sentence: str
) -> None:
    answer = filled.within(*command)

    assert answer.code == 1
    assert answer.err.startswith(sentence)


def test_what_is_switched_on_is_worked_out_from_the_next_recompute(filled: CommandLine) -> None:
    write(filled, "[families.rfm]\non = true\n[audiences.vip]\non = true\nparameters = { x = 20 }\n")
    filled.ask("recompute")

    moved = filled.ask("movements", "--family", "aud.vip", "--from", "2026-01-31", "--to", "2026-06-30", "--json").last
    assert [(move["from"], move["to"], move["people"]) for move in moved["moves"]] == [(None, "aud.vip", 1)]
    assert "VIP" in filled.ask("evolution", "--family", "aud.vip", "--from", "2026-06-29").out
    assert len(filled.ask("evolution", "--family", "rfm", "--json").last["stages"]) == 11
    assert {"rfm.dormant", "aud.vip"} <= {card["segment"] for card in filled.ask("health", "--json").last["segments"]}
    aims = filled.ask("priorities", "--family", "rfm", "--json").last["objectives"]
    assert {aim["family"] for aim in aims} == {"rfm"}


def test_each_pushed_segment_is_a_tag_of_the_people_who_are_in_it(world: World) -> None:
    tagged = 0
    for key, tag in PUSHED.items():
        wanted = {person["email"] for person in world.line.ask("members", key, "--json").lines}
        held = {contact.email for contact in world.mailchimp.members.values() if tag in contact.tags}
        assert held == wanted & {contact.email for contact in world.mailchimp.members.values()}, key
        tagged += bool(held)
    assert tagged > 3


def test_fields_have_the_stage_of_a_family_and_the_label_of_an_audience(world: World) -> None:
    for contact in world.mailchimp.members.values():
        assert contact.merge_fields["RFM"] == next(tag for tag in contact.tags if tag.startswith("RFM"))[6:]
        assert contact.merge_fields.get("VIP", "") == ("VIP" if "Audience : VIP" in contact.tags else "")


def test_only_what_a_destination_names_goes_there(world: World) -> None:
    for account in world.shop.customers.values():
        assert not any(tag.startswith(("RFM", "Audience")) for tag in account.tags)


def test_a_second_run_writes_nothing(world: World) -> None:
    before = world.writes
    world.line.ask("run")
    assert world.writes == before


@pytest.mark.parametrize(
    ("push", "sentence"),
    [
        ("cartelis", "envoie 'cartelis', qui n'est pas activé. Activez-le dans segments.toml : [families.cartelis]"),
        (
            "aud.women",
            "pas être calculé (il manque une valeur : gender). Écrivez dans segments.toml : [audiences.women]",
        ),
        ("aud.wishlist", "envoie 'aud.wishlist', qui ne peut pas être calculé"),
        ("aud.vipp", "envoie 'aud.vipp', qui n'est pas activé. Vouliez-vous dire aud.vip ?"),
    ],
)
def test_a_destination_that_names_what_is_not_in_force_is_refused(world: World, push: str, sentence: str) -> None:
    settings = world.line.settings.read_text(encoding="utf-8")
    world.write_settings(f'    push = ["spread", "{push}"]\n')
    answer = world.line.within("push", "lettre", "--dry-run")
    world.line.write(settings)

    assert answer.code == 1
    assert sentence in " ".join(answer.err.split("\n"))
