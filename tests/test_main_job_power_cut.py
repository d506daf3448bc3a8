"""A power cut costs at most the last commits, which are fetched again: damaged tails of the journal of a running sync.

A copy of the database and of its write-ahead log, as a sync leaves them in its midst, loses the end of the log, or has
it zeroed, overwritten, or one bit of it turned. Rows and cursors must agree all the same: a cursor that is there means
that what came before it is there.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from tests.crash_world import Books, open_books, orders
from tests.forked import Forks, forks

PEOPLE, ORDERS = 40, 350
HOW = ("cut", "zeroed", "garbage", "bit")


@pytest.fixture(scope="module")
def started() -> Iterator[Forks]:
    with forks() as made:
        yield made


@dataclass
class Scene:
    """A world, and the files that syncs of it left which were killed before their n-th commit."""

    world: Books
    images: list[Path]


@pytest.fixture(scope="module")
def scene(started: Forks, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("images")
    with open_books(tmp_path_factory.mktemp("world"), PEOPLE, ORDERS) as world:
        images = []
        for number in (16, 24, 32):
            for file in world.folder.glob("connector.db*"):
                file.unlink()
            assert started.run(world.line, "run", at=f"commit {number}").killed
            images.append(folder / f"{number}.db")
            for end in ("", "-wal"):
                shutil.copy2(f"{world.line.database}{end}", f"{images[-1]}{end}")
        yield Scene(world, images)


def damaged(log: bytes, how: str, chance: Random) -> bytes:
    """The log with a damaged end, from a random byte on."""
    held, at = bytearray(log), chance.randrange(len(log))
    if how == "cut":
        return bytes(held[:at])
    if how == "bit":
        held[at] ^= 1 << chance.randrange(8)
    else:
        held[at:] = bytes(len(held) - at) if how == "zeroed" else chance.randbytes(len(held) - at)
    return bytes(held)


@pytest.mark.parametrize("images", [120, pytest.param(1000, marks=pytest.mark.full)])
def test_whatever_a_power_cut_does_to_the_journal_rows_and_cursors_agree(
    scene: Scene, started: Forks, tmp_path: Path, images: int
) -> None:
    ledger = set(scene.world.ledger())
    for seed in range(images):
        chance = Random(seed)
        image, how = chance.choice(scene.images), HOW[seed % len(HOW)]
        line = replace(scene.world.line, folder=tmp_path)
        for file in tmp_path.glob("connector.db*"):
            file.unlink()
        shutil.copy2(image, line.database)
        log = damaged(Path(f"{image}-wal").read_bytes(), how, chance)
        Path(f"{line.database}-wal").write_bytes(log)
        assert_agree(scene.world, line.database, ledger, f"seed {seed}, {how}")
        if seed % 40 == 0:
            for name in ("connector.toml", "segments.toml"):
                shutil.copy2(scene.world.folder / name, tmp_path / name)
            ended = started.run(line, "pull")
            assert ended.code == 0, ended.err
            assert orders(line) == scene.world.ledger()


def assert_agree(world: Books, file: Path, ledger: set[tuple[str, str, int, int]], what: str) -> None:
    """The file is whole; its orders are the ledger's; and all that lie before a cursor are there."""
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)], what
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'orders'").fetchall():
            return  # all of it was in the log
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == [], what
        there = """
            SELECT stores.key, platform_id, total, refunded FROM orders JOIN stores ON stores.id = store_id
        """
        held = connection.execute(there).fetchall()
        assert len(held) == len(set(held)), what
        assert set(held) <= ledger, what
        read = """
            SELECT stores.key, cursor FROM checkpoints JOIN stores ON stores.id = store_id WHERE stream = 'orders'
        """
        for store, cursor in connection.execute(read).fetchall():
            mine = sum(order[0] == store for order in held)
            assert mine >= behind(world, store, cursor), (what, cursor)


def behind(world: Books, store: str, cursor: str) -> int:
    """How many orders a cursor says were read, by the shop's own books: all up to an instant, or so many of a walk."""
    said = json.loads(cursor)
    reached = said.get("updated_at") or said.get("modified")
    if reached is None:
        return int(said.get("done", 0 if "bulk" in said else 1))
    books = world.shop if store == "boutique" else world.woocommerce.shop
    instant = datetime.fromisoformat(reached)
    return sum(order.updated_at <= instant for order in books.orders.values())
