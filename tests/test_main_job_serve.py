"""The service: it pulls, recomputes and pushes from its start on, lets nobody write beside it, and ends when told."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from sync.demo.boutique import ZONE, boutique
from sync.demo.server import Answer, Request
from sync.demo.shopify import FakeShopify
from tests import outside, real_orders
from tests.command_line import CommandLine
from tests.three_destinations import WORDS

NOW = datetime.now(UTC).replace(microsecond=0)  # its schedule goes by the real clock
TODAY = NOW.astimezone(ZONE).date()
SOON = 120  # seconds after which a test gives up


class Watched(FakeShopify):
    """A shop that tells what is being asked of it, and can keep an answer back."""

    def __init__(self) -> None:
        shop = boutique(TODAY - timedelta(days=1), people=80)
        super().__init__(shop, now=lambda: NOW, maximum=1e9, polls=1, fault=self._watch)
        self.asked, self.wrote, self.asked_again = Event(), Event(), Event()
        self.may_answer = Event()
        self.throttling = False
        self.may_answer.set()

    def _watch(self, _number: int, request: Request) -> Answer | None:
        """Note which question comes; the first one after a write is that of the next turn."""
        if not self.throttling or b"bulkOperation" in request.body:
            self.asked.set()
        assert self.may_answer.wait(SOON)
        if b"tagsAdd" in request.body:
            self.wrote.set()
        elif self.throttling and b"bulkOperation" in request.body:
            return Answer(429, headers={"Retry-After": "100"})
        elif self.wrote.is_set() and b"currentAppInstallation" in request.body:
            self.asked_again.set()
        return None


@pytest.fixture
def shop() -> Iterator[Watched]:
    with Watched() as fake:
        yield fake
        fake.may_answer.set()


@pytest.fixture
def line(tmp_path: Path, shop: Watched) -> CommandLine:
    line = CommandLine(tmp_path, "")  # the real time
    line.write(f"""
        language = "fr"

        [stores.boutique]
        platform = "shopify"
        shop = "{shop.shop.domain}"
        token = "shpat_demo"
        endpoint = "{shop.url}"

        [destinations.tags]
        platform = "shopify"
        store = "boutique"

        [schedule]
        pull = "1s"

        [serve]
        port = 0
    """)
    return line


@contextmanager
def serving(line: CommandLine) -> Iterator[subprocess.Popen[str]]:
    process = line.start("serve")
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            assert pipe is not None
            pipe.close()


def stop(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Ask the service to end; its status and what it printed."""
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=30)
    return process.returncode, out, err


def test_it_pulls_recomputes_and_pushes_at_its_start_and_ends_when_told(line: CommandLine, shop: Watched) -> None:
    before = {number: set(account.tags) for number, account in shop.shop.customers.items()}
    with serving(line) as process:
        assert shop.asked_again.wait(SOON)
        code, out, err = stop(process)
    assert code == 0
    assert "En service" in out
    assert "Traceback" not in err
    assert "skipped" not in err
    assert "shpat_demo" not in out + err
    inside = outside.members(real_orders.ledger(shop.shop), TODAY, 180)
    wanted = {n: before[n] | {f"Cycle : {WORDS[stage]}"} for stage, people in inside.items() for n in people}
    assert {number: set(account.tags) for number, account in shop.shop.customers.items()} == wanted
    assert shop.violations == []


def test_told_to_end_in_the_middle_it_leaves_nothing_half(line: CommandLine, shop: Watched) -> None:
    with serving(line) as process:
        assert shop.wrote.wait(SOON)
        code, _, err = stop(process)
    assert (code, "Traceback" in err) == (0, False)
    assert '"stopped"' in err
    assert "failed" not in err
    before = len(shop.writes)
    line.ask("run")
    line.ask("run")
    tags = [tag for account in shop.shop.customers.values() for tag in account.tags if tag.startswith("Cycle : ")]
    assert len(tags) == len(shop.shop.customers)
    assert len(shop.writes) <= before + 1 + len(shop.shop.customers)
    after = len(shop.writes)
    line.ask("push")
    assert len(shop.writes) == after


def test_told_to_end_while_it_reads_it_says_so_and_does_not_call_it_a_failure(line: CommandLine, shop: Watched) -> None:
    shop.throttling = True
    with serving(line) as process:
        assert shop.asked.wait(SOON)
        code, _, err = stop(process)
    assert (code, "Traceback" in err) == (0, False)
    assert '"outcome": "stopped"' in err
    assert "failed" not in err


def test_while_it_writes_another_command_is_turned_away_and_readers_are_not(line: CommandLine, shop: Watched) -> None:
    line.ask("pull")
    line.ask("recompute")
    shop.asked.clear()
    shop.may_answer.clear()
    with serving(line) as process:
        assert shop.asked.wait(SOON)
        for arguments in (("pull",), ("recompute",), ("push",), ("run",)):
            refused = line.within(*arguments)
            assert refused.code == 1
            told, remedy = refused.err.splitlines()
            assert told.startswith(f"Une autre synchronisation écrit dans cette base (processus {process.pid} sur ")
            assert "Attendez qu'elle finisse" in remedy
        assert line.ask("segments", "--json").last["people"] == 80
        line.ask("backup", str(line.folder / "copy.db"))
        assert (line.folder / "copy.db").exists()
        shop.may_answer.set()
        assert shop.asked_again.wait(SOON)
        assert stop(process)[0] == 0
    assert line.run("run").code == 0  # the lock went with its holder


def test_a_key_that_is_refused_is_told_at_once(line: CommandLine, shop: Watched) -> None:
    shop.revoke()
    said = line.process("serve")
    assert said.code == 1
    assert "Traceback" not in said.err
    assert "shpat_demo" not in said.err
