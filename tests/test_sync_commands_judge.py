"""The commands that show movements and judge, over a shop imported from a file."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.command_line import CommandLine

NOW = date(2026, 6, 30)
COLUMNS = "customer=who,placed_at=day,total=money,order=id"


@pytest.fixture
def line(tmp_path: Path) -> CommandLine:
    """A shop of 40 people who bought 200 days ago, half of them again ten days ago, and one who came yesterday."""
    rows = [(who, 200, "20.00") for who in range(40)] + [(who, 10, "35.00") for who in range(20)] + [(99, 1, "12.00")]
    text = ["id,who,day,money"]
    text += [f"{n},c{who},{NOW - timedelta(ago)},{money}" for n, (who, ago, money) in enumerate(rows, 1)]
    (tmp_path / "orders.csv").write_text("\n".join(text) + "\n", encoding="utf-8")
    shop = CommandLine(tmp_path, f"{NOW}T12:00:00Z")
    shop.ask(
        "import", str(tmp_path / "orders.csv"), "--currency", "EUR", "--timezone", "Europe/Paris", "--map", COLUMNS
    )
    return shop


def test_movements_are_printed_as_they_are_promised(line: CommandLine) -> None:
    assert line.ask("movements", "--from", "2026-05-31", "--to", "2026-06-30", "--family", "spread", "--json").last == {
        "from": "2026-05-31",
        "to": "2026-06-30",
        "family": "spread",
        "moves": [
            {"from": None, "to": "new", "people": 1, "causes": {"order": 1}},
            {"from": "new", "to": "occasional", "people": 20, "causes": {"order": 20}},
            {"from": "new", "to": "inactive", "people": 20, "causes": {"time": 20}},
        ],
    }
    assert line.ask("movements", "--json").last["from"] == "2026-05-31"
    assert "New           → Inactive              20   time 20" in line.ask("movements").out
    assert "Nobody changed stage." in line.ask("movements", "--from", "2026-06-30").out


def test_movements_speak_french(line: CommandLine) -> None:
    line.write('language = "fr"\n')
    out = line.ask("movements").out

    assert "Du 31 mai 2026 au 30 juin 2026" in out
    assert "Nouveau       → Inactif               20   temps écoulé 20" in out


def test_the_evolution_has_a_figure_for_each_day(line: CommandLine) -> None:
    found = line.ask("evolution", "--from", "2026-06-10", "--json").last
    before = line.ask("evolution", "--from", "2026-06-09", "--to", "2026-06-09", "--json").last["days"]

    assert [entry["day"] for entry in found["days"]] == [str(date(2026, 6, 10) + timedelta(n)) for n in range(21)]
    assert [entry["people"]["new"] for entry in found["days"]][::10] == [0, 0, 1]
    assert before == [
        {
            "day": "2026-06-09",
            "version": 1,
            "people": {"prospect": 0, "loyal": 0, "new": 40, "occasional": 0, "inactive": 0},
        }
    ]
    assert line.ask("evolution").out.splitlines()[-1].split() == ["30", "Jun", "2026", "0", "0", "1", "20", "20"]


def test_who_waits_for_a_recompute_is_told_beside_the_answer(line: CommandLine) -> None:
    later = line.at("2026-12-31T12:00:00Z")

    answer = later.ask("movements", "--json")
    assert "Run `connector recompute`." in answer.err
    assert answer.last["to"] == "2026-12-31"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("movements", "--to", "2026-07-01"), "2026-07-01 has not come yet."),
        (("evolution", "--family", "rfm"), "No history of rfm is kept: it is not switched on."),
        (("movements", "--from", "2026-06-30", "--to", "2026-06-01"), "2026-06-30 lies after 2026-06-01."),
        (("priorities", "--goal", "new:lost"), "'new:lost' does not name two stages of spread."),
    ],
)
def test_what_cannot_be_answered_is_said_in_a_sentence(
    line: CommandLine, arguments: tuple[str, ...], sentence: str
) -> None:
    answer = line.process(*arguments)

    assert (answer.code, answer.out) == (1, "")
    assert answer.err.startswith(sentence)


def test_health_is_a_card_for_each_segment(line: CommandLine) -> None:
    cards = {card["segment"]: card for card in line.ask("health", "--json").last["segments"]}

    assert cards["spread.occasional"]["substantial"] == {
        "people": 20, "revenue": {"minor": 110_000, "currency": "EUR"}, "good": False,
    }  # fmt: skip
    assert cards["spread.new"]["actionable"]["objective"] == "second_purchase"
    assert cards["spread.new"]["actionable"]["good"] is False  # it is pushed nowhere
    out = line.ask("health").out
    assert "Inactive: 2 of 6 criteria\n  ✓ identifiable    100.0% of people have all that the rule reads\n" in out
    assert "  ✗ substantial     20 people, €400.00\n  ? accessible      no consent is known\n" in out
    assert "Buyers of the month: 1 of 6 criteria\n" in out
    line.write('language = "fr"')
    assert "Inactif : 2 critères sur 6\n" in (french := line.ask("health").out)
    assert "  ✗ actionnable     objectif : Réveiller les inactifs ; idée : " in french


def test_priorities_claim_nothing_of_a_young_shop(line: CommandLine) -> None:
    found = line.ask("priorities", "--goal", "inactive:loyal", "--json").last["priorities"]

    assert [(entry["from"], entry["to"], entry["people"], entry["reason"]) for entry in found] == [
        ("inactive", "loyal", 20, "too_little_history")
    ]
    assert "not enough history" in line.ask("priorities").out


def test_priorities_are_the_objectives_of_the_catalogue(line: CommandLine) -> None:
    found = {entry["objective"]: entry for entry in line.ask("priorities", "--json").last["objectives"]}

    assert list(found) == ["first_purchase", "second_purchase", "keep_active", "reactivate", "to_loyal"]
    reactivate = found["reactivate"]
    assert (reactivate["label"], reactivate["family"]) == ("Reactivate the inactive", "spread")
    assert (reactivate["from"], reactivate["to"], reactivate["people"]) == (["inactive"], ["occasional", "loyal"], 20)
    assert (reactivate["enough"], reactivate["reason"]) == (False, "too_little_history")
    assert reactivate["observed"][-1] == {"month": "2026-06", "people": 20}  # inactive since the 10th, back on the 20th
    out = line.ask("priorities", "--family", "spread").out
    assert "Win the second purchase (Life cycle): New → Loyal\n  1 person; 0 a month make the move\n" in out
    assert line.within("priorities", "--family", "rfm").err.startswith(
        "No history of rfm is kept: it is not switched on."
    )


def test_insights_say_what_the_shop_lives_on(line: CommandLine) -> None:
    report = line.ask("insights", "--json").last
    out = line.ask("insights").out

    assert report["pareto"]["lifetime"]["buyers"] == 41
    assert report["ladder"]["rungs"][0]["people"] == 40
    assert report["window"]["window"] == 210  # 20 gaps of 190 days
    assert report["coverage"][0]["total"] == 61
    # the top 20 % of 41 are 9, and all 20 who bought twice have spent the same: 1100 of 1512
    assert "The top 20% of customers bring 72.8% of the revenue, ever." in out
    assert "  Transactions\n    amount                        100.0% (file 61)\n" in out
    assert "    has ordered                   100.0% (file 41)\n" in out


def test_a_past_day_is_judged_as_it_stood_and_what_has_no_past_is_said(line: CommandLine) -> None:
    day = ("--as-of", "2026-06-09")  # all 40 are new still; twenty buy again later, and one comes
    found = line.ask("health", *day, "--json").last
    cards = {card["segment"]: card for card in found["segments"]}

    assert found["as_of"] == "2026-06-09"
    assert [cards[f"spread.{key}"]["substantial"]["people"] for key in ("new", "occasional", "inactive")] == [40, 0, 0]
    new = cards["spread.new"]
    assert [new[name].get("reason") for name in ("substantial", "accessible", "differentiable")] == ["today_only"] * 3
    assert (new["identifiable"]["people"], new["stable"]["weekly_churn"]) == (40, 0.0)
    assert "accessible      known of today only" in line.ask("health", *day).out
    said = line.ask("insights", *day).out
    assert "told of today only" in said
    report = line.ask("insights", *day, "--json").last
    assert (report["as_of"], report["coverage"]) == ("2026-06-09", None)
    assert report["pareto"]["lifetime"]["people"] == 40
    aims = {aim["objective"]: aim["people"] for aim in line.ask("priorities", *day, "--json").last["objectives"]}
    assert aims["second_purchase"] == 40
    assert line.within("health", "--as-of", "2026-07-01").err.startswith("2026-07-01 has not come yet.")
