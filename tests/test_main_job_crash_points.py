"""Every commit and every request of pull, recompute and push fails in its turn: once; in full for ever, and again.

The failing operation moves one further each time until a run meets none, as SQLite's own tests do it. The oracles are
the fakes' books. A request that fails once was carried out and its answer is lost; one that fails for ever was not.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Literal

import pytest
from sqlalchemy import Engine, event

from connector.database import connect
from connector.errors import ConnectorError
from connector.settings import load
from sync.demo.server import Answer, FakeServer, Request
from sync.language.voice import voice
from sync.tasks.cycle import work_cycle
from sync.workspace import Workspace
from tests.crash_world import Books, open_books

PEOPLE, BLOG = 6, 3
MOST = 400
"""More operations than a run has."""

How = Literal["once", "for ever"]


@dataclass
class Faults:
    """Counts the commits and the requests of a run; the one with the number `at` fails, or all from there on."""

    at: int
    how: How
    done: list[str] = field(default_factory=list)

    def fails(self, what: str) -> bool:
        """Count an operation; whether it fails."""
        self.done.append(what)
        return len(self.done) == self.at or (self.how == "for ever" and len(self.done) > self.at > 0)

    @property
    def met(self) -> bool:
        """Whether the operation was reached."""
        return len(self.done) >= self.at

    def connect(self, _dialect: object, _record: object, _arguments: object, options: dict[str, Any]) -> None:
        """Have each connection to a file be one whose commits may fail, as the driver says it of a disk."""
        faults = self

        class Connection(sqlite3.Connection):
            def commit(self) -> None:
                if self.in_transaction and faults.fails("commit"):
                    error = sqlite3.OperationalError("disk I/O error")
                    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
                    raise error
                super().commit()

        options["factory"] = Connection

    def request(self, fake: FakeServer, _number: int, request: Request) -> Answer | None:
        if not self.fails(f"{request.method} {request.path}"):
            return None
        if self.how == "once":
            fake.answer(request)
        return Answer(reset=True)


@contextmanager
def failing(world: Books, workspace: Workspace, faults: Faults) -> Iterator[Faults]:
    fakes: list[FakeServer] = [world.shopify, world.woocommerce, world.mailchimp]
    with ExitStack() as stack:
        workspace.engine.dispose()
        event.listen(Engine, "do_connect", faults.connect)
        stack.callback(event.remove, Engine, "do_connect", faults.connect)
        stack.callback(workspace.engine.dispose)
        for fake in fakes:
            fake.fault = partial(faults.request, fake)
            stack.callback(setattr, fake, "fault", None)
        yield faults


@dataclass
class Bench:
    """Makes the same small world anew for each run; the engine stays, with the statements that it has compiled."""

    template: Path
    folder: Path
    engine: Engine

    @contextmanager
    def world(self, *, later: bool) -> Iterator[tuple[Books, Workspace]]:
        self.engine.dispose()
        for file in self.folder.glob("connector.db*"):
            file.unlink()
        shutil.copy(self.template, self.folder / "connector.db")
        with open_books(self.folder, PEOPLE, BLOG) as world:
            settings = load(world.line.settings)
            workspace = Workspace(settings, self.engine, wait=lambda _seconds: None, clock=lambda: world.now)
            if later:
                assert cycle(workspace)
                world.go_on()
            yield world, workspace


@pytest.fixture
def bench(template: Path, tmp_path: Path) -> Iterator[Bench]:
    engine = connect(str(tmp_path / "connector.db"))
    yield Bench(template, tmp_path, engine)
    engine.dispose()


def cycle(workspace: Workspace) -> bool:
    """Pull, recompute and push; whether it was done. An error without a sentence of ours passes through."""
    with suppress(ConnectorError):
        work_cycle(workspace, voice(workspace.settings, quiet=True))
        return True
    return False


def failed(world: Books, workspace: Workspace, at: int, how: How) -> tuple[bool, bool]:
    """A run in which that operation fails: whether it was reached, and whether the run was done all the same."""
    with failing(world, workspace, Faults(at, how)) as faults:
        done = cycle(workspace)
    return faults.met, done


def settled(world: Books, workspace: Workspace, *, twice: bool) -> None:
    """All is right; and, asked for now and then, one more run has nothing to write."""
    world.assert_right(world.line)
    writes = world.writes
    assert not twice or cycle(workspace)
    assert world.writes == writes


@pytest.mark.parametrize("later", [False, pytest.param(True, marks=pytest.mark.full)], ids=["first run", "later run"])
@pytest.mark.parametrize("how", ["once", pytest.param("for ever", marks=pytest.mark.full)])
def test_wherever_an_operation_fails_the_next_run_brings_everything_right(bench: Bench, how: How, later: bool) -> None:
    with bench.world(later=later) as (world, workspace), failing(world, workspace, Faults(0, "once")) as undisturbed:
        assert cycle(workspace)
        automations = sorted(world.mailchimp.automations)
    assert {"commit", "POST /admin/api/2026-10/graphql.json"} < set(undisturbed.done)
    for at in range(1, MOST):
        with bench.world(later=later) as (world, workspace):
            met, done = failed(world, workspace, at, how)
            if not met:
                assert at > len(undisturbed.done)
                return
            assert done or how == "for ever" or undisturbed.done[at - 1] == "commit", "a lost answer ends nothing"
            if how == "for ever":
                failed(world, workspace, Random(at).randrange(1, 60), "for ever")
            assert (done and how == "once") or cycle(workspace)
            settled(world, workspace, twice=at % 10 == 0)
            assert sorted(set(world.mailchimp.automations)) == sorted(set(automations))
    pytest.fail("there is no end of operations")
