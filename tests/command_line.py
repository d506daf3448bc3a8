"""The product's own command line, as a process of its own or within this one, at a time that the test says."""

from __future__ import annotations

import gc
import hashlib
import io
import json
import os
import sqlite3
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import chdir, closing, contextmanager, nullcontext, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from connector.catalogue import library
from sync.cli import main

ROOT = Path(__file__).parents[1]
NOTES = {"runs", "checkpoints", "leases"}  # of what was done, and until when: these go on with each command


@dataclass(frozen=True)
class Answer:
    """What a command printed, and its exit status."""

    code: int
    out: str
    err: str

    @staticmethod
    def of(process: subprocess.Popen[str]) -> Answer:
        """What a process has said once it has ended."""
        out, err = process.communicate(timeout=300)
        return Answer(process.returncode, out, err)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Its lines of JSON."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def last(self) -> dict[str, Any]:
        """Its one line of JSON."""
        (line,) = self.lines
        return line


@dataclass(frozen=True)
class CommandLine:
    """`connector` in a folder of its own, where `connector.toml` and `connector.db` lie, unless a `server` has it."""

    folder: Path
    now: str
    server: str = ""

    @property
    def database(self) -> Path:
        """Its SQLite file."""
        return self.folder / "connector.db"

    def at(self, now: str) -> CommandLine:
        """The same at another time."""
        return replace(self, now=now)

    def environment(self) -> dict[str, str]:
        """What the process finds around it."""
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("CONNECTOR_")},
            "PYTHONPATH": str(ROOT),
            "LANG": "en_GB.UTF-8",
            "LC_ALL": "en_GB.UTF-8",
            "CONNECTOR_NOW": self.now,
            "CONNECTOR_TESTING": "1",
            "CONNECTOR_DATABASE": self.server or f"sqlite:///{self.database}",
        }

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """A command under way."""
        return subprocess.Popen(
            [sys.executable, "-m", "sync.cli", *arguments],
            cwd=self.folder,
            env=self.environment(),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def process(self, *arguments: str) -> Answer:
        """What a command says, whatever its end."""
        return Answer.of(self.start(*arguments))

    def run(self, *arguments: str) -> Answer:
        """What a command says that must succeed, in a process of its own."""
        answer = self.process(*arguments)
        assert answer.code == 0, answer.err
        return answer

    def ask(self, *arguments: str) -> Answer:
        """What a command says that must succeed, within this process: for many small questions."""
        answer = self.within(*arguments)
        assert answer.code == 0, answer.err
        return answer

    def within(self, *arguments: str) -> Answer:
        """What a command says, whatever its end, within this process."""
        out, err = io.StringIO(), io.StringIO()
        with (
            _let_go() if self.server else nullcontext(),
            redirect_stdout(out),
            redirect_stderr(err),
            chdir(self.folder),
            patch.dict(os.environ, self.environment(), clear=True),
            patch.object(sys, "argv", ["connector", *arguments]),
        ):
            try:
                main()
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else int(end.code is not None)
        return Answer(code, out.getvalue(), err.getvalue())

    def dump(self) -> dict[str, tuple[int, str]]:
        """Each table of the database but the notes: how many rows, and the digest of all of them as they stand."""
        with closing(sqlite3.connect(self.database)) as connection:
            names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {name: _digest(connection, name) for name in sorted(set(names) - NOTES)}

    def spread_alone(self) -> CommandLine:
        """The same, with no audience in force: for large bases of which only the stages are asked."""
        off = [f"[audiences.{entry.stage.key}]\non = false\n" for entry in library().audiences.values() if entry.on]
        (self.folder / "segments.toml").write_text("".join(off), encoding="utf-8")
        return self

    @property
    def settings(self) -> Path:
        """Its settings file."""
        return self.folder / "connector.toml"

    def write(self, settings: str) -> None:
        """Make the settings."""
        self.settings.write_text(settings, encoding="utf-8")


@contextmanager
def _let_go() -> Iterator[None]:
    """Close what a process that ends closes by ending: psycopg warns of connections that nobody closed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield
        gc.collect()


def _digest(connection: sqlite3.Connection, name: str) -> tuple[int, str]:
    digest, count = hashlib.sha256(), 0
    for count, row in enumerate(connection.execute(f'SELECT * FROM "{name}"'), 1):  # noqa: B007
        digest.update(repr(row).encode())
    return count, digest.hexdigest()
