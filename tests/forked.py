"""The command line in real processes that are killed, limited or left alone, without the second that each start takes.

One process has everything imported; each command is a fork of it that runs `sync.cli.start` as its own start would.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import pkgutil
import resource
import select
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.command_line import ROOT, Answer, CommandLine

KILLED = -signal.SIGKILL
_CAPABILITIES = 0x20080522  # linux/capability.h, version 3


@dataclass(frozen=True)
class Ended:
    """How a process ended: what it said, the status (KILLED where it was), and the seconds it took."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def killed(self) -> bool:
        """Whether it was killed before it ended."""
        return self.code == KILLED

    @property
    def answer(self) -> Answer:
        """The same as of any command."""
        return Answer(self.code, self.out, self.err)


@dataclass(frozen=True)
class Limits:
    """What a process may not do: write files beyond so many bytes; write where only the superuser could."""

    size: int | None = None
    plain: bool = False


FREE = Limits()


@dataclass(frozen=True)
class Forks:
    """Starts commands."""

    process: subprocess.Popen[str]
    folder: Path  # for what they say: their own may be full

    def run(
        self, line: CommandLine, *arguments: str, kill: float | None = None, limits: Limits = FREE, at: str = ""
    ) -> Ended:
        """A command until its end, or until it is killed after so many seconds; or `at` a point ("commit 3")."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        asked: dict[str, object] = {"arguments": arguments, "folder": str(line.folder), "kill": kill, "at": at}
        asked |= {"said": str(self.folder)}
        asked |= {"environment": line.environment(), "limits": asdict(limits)}
        print(json.dumps(asked), file=self.process.stdin, flush=True)
        answer = json.loads(self.process.stdout.readline())
        out, err = ((self.folder / name).read_text(encoding="utf-8") for name in ("out", "err"))
        return Ended(os.waitstatus_to_exitcode(answer["status"]), out, err, answer["seconds"])


@contextmanager
def forks(root: Path = ROOT) -> Iterator[Forks]:
    """The process that has everything imported, of the version of the program that lies in a folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CONNECTOR_")}
    with (
        TemporaryDirectory() as folder,
        subprocess.Popen(
            [sys.executable, "-m", "tests.forked"],
            cwd=root,
            env={**environment, "PYTHONPATH": f"{root}{os.pathsep}{ROOT}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        yield Forks(process, Path(folder))
        assert process.stdin is not None
        process.stdin.close()


def main() -> None:
    """Read commands, one a line, and say how each ended."""
    importlib.import_module("alembic.command")
    for package in ("connector", "connectors", "sync"):
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            if not any(part in module.name for part in (".clv", ".demo", ".migrations")):
                importlib.import_module(module.name)
    for text in sys.stdin:
        asked = json.loads(text)
        begun = time.monotonic()
        child = os.fork()
        if child == 0:
            _run(asked)
        status = _ended(child, asked["kill"])
        print(json.dumps({"status": status, "seconds": time.monotonic() - begun}), flush=True)


def _ended(child: int, kill: float | None) -> int:
    """The status of a process, killed where it takes longer than that."""
    waited = os.pidfd_open(child)
    if not select.select([waited], [], [], kill)[0]:
        os.kill(child, signal.SIGKILL)
    os.close(waited)
    return os.waitpid(child, 0)[1]


def _run(asked: dict[str, Any]) -> None:
    """Be the command, and end as it does."""
    from sync.cli import main as command  # noqa: PLC0415

    code: object = 1
    try:
        os.chdir(asked["folder"])
        for number, name in ((1, "out"), (2, "err")):
            opened = os.open(f"{asked['said']}/{name}", os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
            os.dup2(opened, number)
            os.close(opened)
        os.environ.clear()
        os.environ.update(asked["environment"])
        sys.argv = ["connector", *asked["arguments"]]
        _limit(Limits(**asked["limits"]))
        if asked["at"]:
            _kill_at(*asked["at"].split())
        command()
        code = 0
    except SystemExit as end:
        code = end.code or 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


def _limit(limits: Limits) -> None:
    if limits.size is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limits.size, limits.size))
    if limits.plain:  # root, too, may then write only where its owner may
        header, nothing = (ctypes.c_uint32 * 2)(_CAPABILITIES, 0), (ctypes.c_uint32 * 6)()
        assert ctypes.CDLL(None).capset(header, nothing) == 0


def _kill_at(what: str, number: str) -> None:
    """Be killed before the n-th commit or statement of this process."""
    from sqlalchemy import Engine, event  # noqa: PLC0415

    left = int(number)

    def count(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, {"commit": "commit", "statement": "before_cursor_execute"}[what], count)


def space(folder: Path) -> int:
    """Bytes that can still be written to a folder's disk."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


if __name__ == "__main__":
    main()
