"""The main job's last third: what is written at Shopify, WooCommerce and Mailchimp, by the shop's own books."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from sync.demo.mailchimp_reports import Campaign
from tests import real_orders
from tests.command_line import Answer, CommandLine
from tests.three_destinations import START, TODAY, Standing, World, open_world

LATER = timedelta(days=60)
JUST = 7
"""Days for which aud.just_bought holds."""


@pytest.fixture(scope="module")
def pulled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world that was read and worked out; nobody writes in it."""
    with open_world(tmp_path_factory.mktemp("pulled")) as world:
        world.line.ask("pull")
        world.line.ask("recompute")
        assert world.writes == 0
        yield world


@pytest.fixture
def world(pulled: World, tmp_path: Path) -> Iterator[World]:
    """The same world and database, for one test."""
    with open_world(tmp_path) as made:
        pulled.line.ask("backup", str(made.line.database))
        yield made


def differing(one: Standing, other: Standing) -> set[str]:
    """The addresses of which two standings say different things."""
    assert one.keys() == other.keys()
    return {address for address in one if one[address] != other[address]}


def plans(answer: Answer) -> dict[str, dict[str, object]]:
    """The plans that a push printed, by destination."""
    return {str(plan["destination"]): plan for plan in answer.lines}


def test_a_push_writes_everybodys_stage_and_leaves_all_else(world: World) -> None:
    before, agreed = world.standing(), world.consents()
    printed = plans(world.line.run("push", "--json"))
    assert world.standing() == world.wanted(before, TODAY)
    assert world.consents() == agreed
    assert {name: plan["people"] for name, plan in printed.items() if name != "lettre"} == {
        name: len(before[name]) for name in ("tags", "meta")
    }
    assert world.shopify.violations == world.mailchimp.violations == []
    assert world.mailchimp.automations == []
    someone = min(before["lettre"])  # a push is no message: nothing is known of those
    assert world.line.ask("pressure", someone, "--json").last["reason"] == "no_sends"


def test_a_second_push_and_a_second_run_send_no_write(world: World) -> None:
    world.line.ask("push")
    writes, standing = world.writes, world.standing()
    assert writes > 0
    printed = plans(world.line.ask("push", "--json"))
    assert {name: plan["changes"] for name, plan in printed.items()} == {"tags": 0, "meta": 0, "lettre": 0}
    world.line.ask("run")
    assert world.writes == writes
    assert world.standing() == standing


def test_after_sixty_days_exactly_those_are_pushed_whom_time_has_moved(world: World) -> None:
    world.line.ask("push")
    before = world.standing()
    first, ledgers = world.stages(TODAY), [len(fake.writes) for fake in (world.shopify, world.woocommerce)]
    world.now = START + LATER
    world.line.ask("pull")
    world.line.ask("recompute")
    printed = plans(world.line.ask("push", "--json"))
    last = world.stages((START + LATER).date())
    moved = {address for address, stage in last.items() if stage != first[address]}
    assert 10 < len(moved) < len(last) / 4
    after = world.standing()
    for name in ("tags", "meta", "lettre"):
        assert differing(before[name], after[name]) == moved & before[name].keys(), name
    for name in ("tags", "meta"):  # addresses that Mailchimp did not know are looked for again each week
        assert printed[name]["people"] == len(moved & before[name].keys())
        assert printed[name]["causes"] == {"time": printed[name]["changes"]}
    assert [len(fake.writes) for fake in (world.shopify, world.woocommerce)] > ledgers
    told = {address for address, _ in world.mailchimp.automations}
    assert told == moved & before["lettre"].keys()  # later pushes may set off an automation, for these alone


def test_a_rehearsal_writes_nothing_and_is_what_then_happens(world: World) -> None:
    before, database = world.standing(), world.line.dump()
    rehearsed = plans(world.line.ask("push", "--dry-run", "--json"))
    assert world.writes == 0
    assert world.standing() == before
    assert world.line.dump() == database
    happened = plans(world.line.ask("push", "--json"))
    for name, plan in rehearsed.items():
        for what in ("people", "addresses", "changes", "items", "causes"):
            assert plan[what] == happened[name][what], (name, what)
        assert happened[name]["state"] == "applied"


def test_a_pilot_of_named_people_writes_to_them_alone(world: World) -> None:
    before = world.standing()
    addresses = sorted(before["lettre"])[:2]
    only = [part for address in addresses for part in ("--only", address)]
    world.line.ask("push", *only)
    after = world.standing()
    for name in before:
        assert differing(before[name], after[name]) == set(addresses)
    world.line.ask("push")
    assert world.standing() == world.wanted(before, TODAY)


def test_a_pilot_of_some_people_writes_to_as_many(world: World) -> None:
    before = world.standing()
    world.line.ask("push", "tags", "--limit", "7")
    after = world.standing()
    assert len(differing(before["tags"], after["tags"])) == 7
    assert (before["meta"], before["lettre"]) == (after["meta"], after["lettre"])


def test_undo_takes_back_what_stands_as_it_was_left_and_holds_the_destination(world: World) -> None:
    before = world.standing()
    printed = plans(world.line.ask("push", "--json"))
    changed = next(account for account in world.shop.customers.values() if account.id > 100)
    changed.tags.add("Depuis, du commerçant")
    for plan in printed.values():
        world.line.ask("undo", str(plan["run_id"]))
    after = world.standing()
    mine = str(changed.email)
    assert after["tags"][mine][0] == before["tags"][mine][0] | {"Depuis, du commerçant"}
    assert differing(before["tags"], after["tags"]) == {mine}
    assert after["meta"] == before["meta"]
    assert {address: tags for address, (tags, _) in after["lettre"].items()} == {
        address: tags for address, (tags, _) in before["lettre"].items()
    }
    writes = world.writes
    assert {plan["held"] for plan in plans(world.line.ask("push", "--json")).values()} == {True}
    assert world.writes == writes
    world.line.ask("push", "--resume")
    assert world.writes > writes


def test_leave_removes_all_that_was_ours_and_nothing_else(world: World) -> None:
    before = world.standing()
    world.line.ask("push")
    for name in ("tags", "meta", "lettre"):
        world.line.ask("leave", name)
    after = world.standing()
    assert after["tags"] == before["tags"]
    assert after["meta"] == before["meta"]
    for address, (tags, fields) in after["lettre"].items():
        assert (tags, {value for _, value in fields}) == (before["lettre"][address][0], {""})


def test_a_push_that_would_take_most_away_is_refused_until_somebody_insists(world: World) -> None:
    """The shop's orders are gone, as after an import into an empty shop: everybody would become a prospect."""
    world.line.ask("push")
    before = world.standing()
    for order in world.shop.orders.values():
        order.status, order.cancelled_at, order.updated_at = "paid", START, START + timedelta(hours=1)
    world.now = START + timedelta(hours=2)
    world.line.ask("pull")
    world.line.ask("recompute")
    writes = world.writes
    refused = world.line.process("push", "tags")
    assert refused.code == 3
    assert "est refusé" in refused.err
    assert "--force insiste" in refused.err
    assert world.writes == writes
    assert world.standing() == before
    assert world.line.process("run").code == 3
    assert world.writes == writes
    world.line.ask("push", "--force")
    assert {tags for tags, _ in world.standing()["tags"].values()} >= {frozenset({"Cycle : Prospect"})}
    assert world.standing() == world.wanted(_without_ours(before), world.now.date())


def _without_ours(standing: dict[str, Standing]) -> dict[str, Standing]:
    return {
        name: {
            address: (frozenset(tag for tag in tags if not tag.startswith("Cycle : ")), fields)
            for address, (tags, fields) in addresses.items()
        }
        for name, addresses in standing.items()
    }


def test_a_clock_that_goes_back_is_refused(world: World) -> None:
    world.line.ask("push")
    world.now = START - timedelta(days=2)
    earlier = CommandLine(world.folder, world.now.isoformat()).process("push")
    assert earlier.code == 3
    assert "clock" in earlier.err or "horloge" in earlier.err


def test_people_held_out_of_a_segment_get_nothing_of_it_and_are_compared(world: World) -> None:
    world.write_settings('holdout = { "spread.inactive" = 30 }\n')  # of the last destination, Mailchimp's
    before, stages = world.standing(), world.stages(TODAY)
    world.line.ask("push")
    after, wanted = world.standing(), world.wanted(before, TODAY)
    held = differing(after["lettre"], wanted["lettre"])
    inactive = {address for address in before["lettre"] if stages[address] == "inactive"}
    assert after["tags"] == wanted["tags"]
    assert held < inactive
    assert 0.15 < len(held) / len(inactive) < 0.45
    assert {address: after["lettre"][address] for address in held} == {a: before["lettre"][a] for a in held}
    world.now = START + timedelta(days=30)
    world.line.ask("run")
    assert plans(world.line.ask("push", "--json"))["lettre"]["changes"] == 0
    (report,) = world.line.ask("holdout", "spread.inactive", "--json").last["holdouts"]
    assert (report["since"], report["as_of"]) == ("2026-06-30", "2026-07-30")
    assert report["held_out"]["people"] >= len(held)
    assert report["reason"] == "too_few_people"
    assert "Trop peu" in world.line.ask("holdout").out or "Too few" in world.line.ask("holdout").out


def test_mailchimps_own_campaigns_say_when_somebody_may_be_written_to_again(world: World) -> None:
    world.write_settings("read_sends = true\n")  # of the last destination, Mailchimp's
    someone = min(address for address, stage in world.stages(TODAY).items() if stage == "prospect")
    audience = world.mailchimp.audience
    for name, days in (("lundi", 8), ("mardi", 1)):
        world.mailchimp.reports.campaigns.append(
            Campaign(name, audience, START - timedelta(days=days), sent_to=[someone])
        )
    writes = world.writes
    world.line.ask("pull")
    assert world.writes == writes
    told = world.line.ask("pressure", someone, "--json").last
    assert told["sends"] == ["2026-06-22", "2026-06-29"]
    assert (told["segment"], told["cap"]) == ("spread.prospect", {"at_most": 1, "per_days": 7})
    assert told["contact_ok_after"] == "2026-07-06"
    silent = next(address for address in world.stages(TODAY) if address != someone)
    assert world.line.ask("pressure", silent, "--json").last["sends"] == []


def test_the_day_from_which_somebody_may_be_written_to_is_a_date_that_stays(world: World) -> None:
    world.write_settings('read_sends = true\nfields = ["stage", "contact_ok_after"]\n')
    world.line.ask("push")
    held = {member.email: member.merge_fields for member in world.mailchimp.members.values()}
    assert not any("CONTACT_OK" in fields for fields in held.values())  # no messages are known yet
    stages = world.stages(TODAY)
    written = sorted(address for address in held if stages[address] in {"prospect", "loyal"})
    campaign = Campaign("mardi", world.mailchimp.audience, START - timedelta(days=1), sent_to=written)
    world.mailchimp.reports.campaigns.append(campaign)
    world.line.ask("run", "--force")
    assert {field["tag"]: field["type"] for field in world.mailchimp.merge_fields}["CONTACT_OK"] == "date"
    days = {address: held[address]["CONTACT_OK"] for address in written}
    assert {days[address] for address in written if stages[address] == "prospect"} == {"2026-07-06"}  # one a week
    for address in written[::20]:
        assert world.line.ask("pressure", address, "--json").last["contact_ok_after"] == days[address]
    ended = [address for address in held if stages[address] == "inactive" and "CONTACT_OK" not in held[address]]
    assert ended  # inactive for more than a month: no more messages
    world.now = START + timedelta(hours=20)
    world.line.ask("run")
    assert plans(world.line.ask("push", "--json"))["lettre"]["changes"] == 0
    world.now = START + timedelta(days=3)  # nobody has read since what was sent: what stands there stays
    world.line.ask("recompute")
    plan = plans(world.line.ask("push", "--dry-run", "--json"))["lettre"]
    assert "contact_after" in str(plan["incomplete"])
    assert "CONTACT_OK" not in str(plan["items"])


def test_scores_are_written_once_and_stay_until_the_next_calibration(world: World) -> None:
    asked = 'fields = ["stage", "scores"]\n'
    world.write_settings(asked)
    world.line.write(world.line.settings.read_text("utf-8").replace('store = "blog"\n', f'store = "blog"\n{asked}'))
    before = world.standing()
    world.line.ask("push")

    def scored(name: str, field: str) -> dict[str, str]:
        return {
            who: dict(fields)[field] for who, (_, fields) in world.standing()[name].items() if field in dict(fields)
        }

    meta, lettre = scored("meta", "lc_rfm_scores"), scored("lettre", "RFM_SCORES")
    stages = world.stages(TODAY)
    assert set(meta) == {who for who in before["meta"] if stages[who] != "prospect"}
    assert set("".join(meta.values())) == set("12345")
    assert {len(text) for text in meta.values()} == {3}
    assert lettre == {who: text for who, text in meta.items() if who in before["lettre"]}
    assert set(meta) > set(lettre) != set()
    world.now = START + timedelta(days=5)  # the Sunday after: the year that is counted has moved, the scores have not
    world.line.ask("run")
    assert (scored("meta", "lc_rfm_scores"), scored("lettre", "RFM_SCORES")) == (meta, lettre)
    assert {plan["changes"] for plan in world.line.ask("push", "--dry-run", "--json").lines} == {0}
    world.now = START + timedelta(days=7)
    world.line.ask("recompute")
    made = plans(world.line.ask("push", "lettre", "--dry-run", "--json"))["lettre"]
    assert "calibration" in str(made["causes"])
    world.write_settings('fields = ["stage"]\n')
    world.line.ask("push", "lettre", "--force")
    assert not any(scored("lettre", "RFM_SCORES").values())


def test_audiences_become_static_segments_and_an_exclusion_keeps_its_people_out(world: World) -> None:
    (world.folder / "segments.toml").write_text("[audiences.just_bought]\non = true\n", encoding="utf-8")
    world.write_settings('push = ["aud.several_365"]\nexclude = "aud.just_bought"\n')
    world.line.ask("recompute")
    before = world.standing()["lettre"]

    def wanted(day: date) -> set[str]:
        """Whoever ordered twice within a year, and not in the last days."""
        found = set()
        for number, person in real_orders.ledger(world.shop).items():
            age = [(day - bought.day).days for bought in person.purchases if bought.stands(day, zero=False)]
            if sum(0 <= days < 365 for days in age) >= 2 and not any(0 <= days < JUST for days in age):
                found.add(str(world.shop.customers[number].email))
        return found & before.keys()

    def tagged() -> set[str]:
        return {address for address, (tags, _) in world.standing()["lettre"].items() if tags - before[address][0]}

    plan = plans(world.line.ask("push", "lettre", "--json"))["lettre"]
    assert plan["excluded"] != 0
    assert tagged() == wanted(TODAY) != set()
    world.now = START + LATER
    world.line.ask("run", "--force")
    assert tagged() == wanted((START + LATER).date()) != wanted(TODAY)
    segments = [entry for entry in world.mailchimp.ledger if "/segments/" in entry.request.path]
    assert [set(entry.request.json()) for entry in segments] == [{"members_to_add", "members_to_remove"}]
    assert plans(world.line.ask("push", "lettre", "--json"))["lettre"]["changes"] == 0
