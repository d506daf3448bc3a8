"""What nobody at a keyboard asks for: retention, and the requests that a shop passes on; and the two records."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connector.catalogue import library
from connector.database import connect
from connector.source import Hint, PrivacyRequest
from sync.inbox import Inbox
from sync.language.voice import Voice
from sync.lock import writer
from sync.privacy.requests import Kind, carry_out
from sync.tasks.erase import finish
from sync.workspace import open_workspace
from tests.command_line import CommandLine
from tests.erased_world import figures, hits, moved, put_back
from tests.three_destinations import World, open_world


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("world"), 60) as made:
        families = ("rfm", "cartelis", "emarsys")
        on_refunds = "[audiences.costly]\non = true\n"
        text = "".join(f"[families.{family}]\non = true\n" for family in families)
        (made.folder / "segments.toml").write_text(text + on_refunds, encoding="utf-8")
        made.line.ask("run")
        yield made


@pytest.fixture
def line(world: World, tmp_path: Path) -> CommandLine:
    world.line.ask("push")
    return moved(world.line, tmp_path)


def count(line: CommandLine, table: str) -> int:
    with closing(sqlite3.connect(line.database)) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def asked(world: World, line: CommandLine, store: str, kind: Kind, customer: str) -> None:
    """What the receiver of webhooks does with a request."""
    workspace = open_workspace(line.settings, str(line.database))
    with writer(workspace.engine, now=workspace.now()):
        carry_out(workspace, store, kind, customer)
        finish(workspace, Voice("en", quiet=True))
    workspace.engine.dispose()


def test_after_three_years_of_silence_people_are_nameless_prospects_by_their_own_span(
    world: World, line: CommandLine
) -> None:
    past, before = figures(line), count(line, "customers")
    line.write(line.settings.read_text(encoding="utf-8") + '\n[privacy]\nretain = "18m"\nretain_prospects = "400d"\n')
    later = CommandLine(line.folder, (world.now + timedelta(days=1)).isoformat())
    today = (world.now + timedelta(days=1)).date()
    last: dict[str, Any] = {}
    bought = {str(order.email) for order in world.shop.orders.values()}
    for order in world.shop.orders.values():
        day = order.placed_at.date()
        last[str(order.email)] = max(last.get(str(order.email), day), day)
    for account in world.shop.customers.values():
        if account.email not in bought:
            last[str(account.email)] = account.created_at.date()
    for cart in world.shop.checkouts.values():
        last[str(cart.email)] = max(last[str(cart.email)], cart.created_at.date())
    year, month = divmod(today.year * 12 + today.month - 1 - 18, 12)
    limit = {True: today.replace(year=year, month=month + 1), False: today - timedelta(days=400)}
    gone = {email for email, day in last.items() if day < limit[email in bought] - timedelta(days=1)}
    stay = {email for email, day in last.items() if day > limit[email in bought] + timedelta(days=1)}
    later.ask("run")
    assert len(gone) > 5
    assert len(stay) > 5
    assert hits(line.folder, gone) == []
    with closing(sqlite3.connect(line.database)) as connection:
        known = {value for (value,) in connection.execute("SELECT value FROM identities")}
    assert stay <= known
    assert count(line, "customers") == before
    assert figures(later) == past


def test_a_customer_who_is_to_be_redacted_is_erased(world: World, line: CommandLine) -> None:
    account = next(a for a in world.shop.customers.values() if a.consent == "subscribed")
    asked(world, line, "boutique", "erase", str(account.id))
    assert hits(line.folder, {str(account.email)}) == []


def test_a_customer_who_is_not_known_yet_does_not_come_in_either(world: World, line: CommandLine) -> None:
    account = next(a for a in world.shop.customers.values() if a.consent == "subscribed")
    line.database.unlink()
    line.ask("pull", "--store", "blog")
    asked(world, line, "boutique", "erase", str(account.id))
    line.ask("pull", "--store", "boutique")
    with closing(sqlite3.connect(line.database)) as connection:
        own = "SELECT count(*) FROM identities WHERE kind = 'account' AND value = ? AND scope = 2"
        assert connection.execute(own, (str(account.id),)).fetchone() == (0,)


def test_a_customer_who_asks_for_their_data_finds_them_in_a_file_that_an_erasure_deletes(
    world: World, line: CommandLine
) -> None:
    account = next(a for a in world.shop.customers.values() if a.consent == "subscribed")
    asked(world, line, "boutique", "export", str(account.id))
    (file,) = (line.folder / "connector.db.exports").glob("*.json")
    assert file.stat().st_mode & 0o777 == 0o600
    assert str(account.email) in file.read_text(encoding="utf-8")
    line.ask("erase", str(account.email), "--yes", "--json")
    assert not file.exists()


def test_a_request_that_came_by_webhook_is_carried_out_by_the_next_run_and_leaves_the_inbox(
    world: World, line: CommandLine
) -> None:
    account = next(a for a in world.shop.customers.values() if a.consent == "subscribed")
    engine = connect(str(line.database))
    inbox = Inbox(engine)
    inbox.put("boutique", Hint("customers", str(account.id), None), ["hint"], world.now)
    inbox.put("boutique", PrivacyRequest("erase", str(account.id)), ["request"], world.now)
    line.ask("run")
    assert inbox.requests() == []
    assert not inbox.waiting()
    engine.dispose()
    assert hits(line.folder, {str(account.email)}) == []


def test_a_shop_that_is_to_be_redacted_leaves_no_row_and_the_other_one_stands(world: World, line: CommandLine) -> None:
    older = line.folder.parent / f"{line.folder.name}-older.db"
    line.ask("backup", str(older))
    accounts = {str(account.email) for account in world.shop.customers.values()}
    guests = {str(order.email) for order in world.shop.orders.values()} - accounts
    assert guests
    asked(world, line, "boutique", "erase_shop", "")
    for name in ("orders", "order_lines", "refunds", "checkouts", "quarantine"):
        assert count(line, name) == 0, name
    assert hits(line.folder, guests) == []
    later = CommandLine(line.folder, world.now.isoformat())
    later.ask("recompute")
    said = later.ask("segments", "--family", "spread", "--json").last
    assert said["people"] == len(accounts)
    assert [s["people"] for s in said["families"][0]["stages"]] == [len(accounts), 0, 0, 0, 0]
    (line.folder / "other").mkdir()
    line = moved(line, line.folder / "other")
    put_back(older, line)
    assert hits(line.folder, guests)
    line.ask("segments")
    assert hits(line.folder, guests) == []
    asked(world, line, "blog", "erase_shop", "")
    for name in ("customers", "identities", "memberships", "deliveries", "changes", "daily_counts", "leftovers"):
        assert count(line, name) == 0, name


def test_who_was_shown_whom_is_logged_by_number_and_part_of_the_export(world: World, line: CommandLine) -> None:
    who = str(next(a.email for a in world.shop.customers.values() if a.consent == "subscribed"))
    line.ask("why", who)
    line.ask("members", "spread.loyal")
    found = json.loads(line.ask("export", who).out)
    seen = next(section["rows"] for section in found["sections"] if section["key"] == "disclosures")
    assert [(row["command"], row["at"][:10]) for row in seen] == [("why", str(world.now.date()))]
    file = line.folder / "connector.db.disclosures"
    assert file.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute("SELECT command, what, people, customer_id FROM disclosures").fetchall()
    assert [row[0] for row in rows] == ["why", "members", "export"]
    assert rows[1][1:] == ("spread.loyal", rows[1][2], None)
    line.ask("erase", who, "--yes", "--json")
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT count(customer_id), count(*) FROM disclosures").fetchone() == (0, 3)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_record_of_processing_says_what_the_settings_say(world: World, line: CommandLine, language: str) -> None:
    settings = line.settings.read_text(encoding="utf-8").replace('language = "fr"', f'language = "{language}"')
    line.write(settings + '\n[privacy]\nretain = "3y"\n')
    text = line.ask("privacy").out
    words = {"fr": ("télémétrie", "3 ans", "étiquettes"), "en": ("telemetry", "3 years", "tag")}
    named = library().entry("spread").label.of("fr" if language == "fr" else "en")
    for word in (
        *words[language],
        named,
        "boutique (shopify)",
        "blog (woocommerce)",
        "lettre (mailchimp)",
        "connector.db",
    ):
        assert word.lower() in text.lower(), word
    line.write(settings.replace("[destinations.lettre]", "[destinations.autre]"))
    text = line.ask("privacy").out
    assert "lettre" not in text
    assert 'retain = "3y"' in text  # the remedy, where there is no end
    said = line.ask("privacy", "--json").last
    assert said["telemetry"] is False
    assert said["people"] == count(line, "customers")


def test_only_what_a_destination_names_is_pushed(world: World, line: CommandLine) -> None:
    """So nothing on refunds or gender is, unless somebody writes its key."""
    later = CommandLine(line.folder, (world.now + timedelta(days=100)).isoformat())
    later.ask("recompute")
    with closing(sqlite3.connect(line.database)) as connection:
        active = {key for (key,) in connection.execute("SELECT DISTINCT family FROM segments WHERE active")}
    assert {"spread", "aud.costly"} < active
    for plan in later.ask("push", "--dry-run", "--force", "--json").lines:
        assert plan["items"]
        assert {item["item"].split(":")[1].split(".")[0] for item in plan["items"]} == {"spread"}
