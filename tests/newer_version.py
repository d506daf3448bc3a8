"""A newer version of the program: a copy of this one with one more migration; and processes that open databases by it.

Run as a program, of the version that PYTHONPATH names first, it opens what each line of its input asks for.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.command_line import ROOT

NEXT = "9000"
MIGRATION = '''
"""A change of the kinds that there are: a table made anew, a column that is filled, an index."""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "9000", "{before}", None, None


def upgrade() -> None:
    op.create_table("extras", sa.Column("id", sa.Integer, primary_key=True), sa.Column("words", sa.Text))
    with op.batch_alter_table("orders") as orders:
        orders.add_column(sa.Column("weight", sa.Integer))
    op.execute(sa.text("UPDATE orders SET weight = total % 97"))
    op.execute(sa.text("INSERT INTO extras (id, words) SELECT id, platform_id FROM orders"))
    op.create_index("ix_orders_weight", "orders", ["weight"])
'''


def newer_version(folder: Path) -> Path:
    """The folder of a newer version of the program, made there."""
    for name in ("connector", "connectors", "sync"):
        shutil.copytree(ROOT / name, folder / name)  # with what is compiled: that takes longer than all else
    versions = folder / "connector" / "migrations" / "versions"
    before = max(file.name.split("_")[0] for file in versions.glob("[0-9]*.py"))
    (versions / f"{NEXT}_more.py").write_text(MIGRATION.replace("{before}", before), encoding="utf-8")
    return folder


@dataclass(frozen=True)
class Openers:
    """Starts processes that open a database and end."""

    process: subprocess.Popen[str]

    def open(self, database: Path | str, *, kill: int = 0, overtaken: bool = False, together: int = 1) -> list[int]:
        """How each of so many that begin at once ends.

        They are killed before the n-th statement or commit; or `overtaken`: another one opens the same database from
        beginning to end once they have looked at its revision for the first time.
        """
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        asked = {"database": str(database), "kill": kill, "overtaken": overtaken, "together": together}
        print(json.dumps(asked), file=self.process.stdin, flush=True)
        return [os.waitstatus_to_exitcode(status) for status in json.loads(self.process.stdout.readline())]


@contextmanager
def openers(root: Path = ROOT) -> Iterator[Openers]:
    """Those of the version that lies in a folder."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.newer_version"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{ROOT}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Openers(process)
        assert process.stdin is not None
        process.stdin.close()


def main() -> None:
    """Read what is to be opened, one a line, and say how it ended."""
    import alembic.command  # noqa: F401, PLC0415 - once for all of them

    import connector.database  # noqa: PLC0415

    assert Path(connector.database.__file__).parents[1] == Path.cwd()
    for text in sys.stdin:
        asked = json.loads(text)
        begin, go = os.pipe()
        children = [_child(asked, begin, go) for _ in range(asked["together"])]
        os.close(begin)
        os.close(go)
        print(json.dumps([os.waitpid(child, 0)[1] for child in children]), flush=True)


def _child(asked: dict[str, Any], begin: int, go: int) -> int:
    if child := os.fork():
        return child
    code = 1
    try:
        os.close(go)
        os.read(begin, 1)  # until all are there
        _listen(asked)
        _open(asked["database"])
        code = 0
    finally:
        sys.stderr.flush()
        os._exit(code)


def _open(database: str) -> None:
    from connector.database import open_database  # noqa: PLC0415

    open_database(database).dispose()


def _listen(asked: dict[str, Any]) -> None:
    from sqlalchemy import Engine, event  # noqa: PLC0415

    left, overtaken = asked["kill"], [asked["database"]] if asked["overtaken"] else []

    def count(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def overtake(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if "alembic_version" in f"{statement} {parameters}" and overtaken:
            database = overtaken.pop()
            other = os.fork()
            if other == 0:
                try:
                    _open(database)
                    os._exit(0)
                finally:
                    os._exit(1)
            assert os.waitpid(other, 0)[1] == 0

    for what in ("before_cursor_execute", "commit"):
        event.listen(Engine, what, count)
    event.listen(Engine, "after_cursor_execute", overtake)


if __name__ == "__main__":
    main()
