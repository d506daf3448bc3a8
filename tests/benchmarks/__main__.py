"""Ours beside the usual way, each step in a process of its own, in turns, the median of three.

    python -m tests.benchmarks                     a million orders, some twenty minutes
    python -m tests.benchmarks --orders 100000     a quick look
    python -m tests.benchmarks --only push         pull, recompute, history, everything, pages or push

Trust the ratios, never the times; CPU tells more where others share the machine.
Memory is the most that a process held.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from tests.benchmarks import shop
from tests.benchmarks.measure import Measured, middle, run, serving

CDNOW = Path(__file__).resolve().parents[3] / "shared" / "data" / "cdnow_master.csv.gz"
PARTS = ("pull", "recompute", "history", "everything", "pages", "push")


def main() -> None:
    """Measure what was asked for, and print it."""
    options = _options()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        files = shop.Files(folder)
        if {"pull", "recompute"} & set(options.only):
            shop.write(files, options.orders)
            pulls(files, options.runs, compare="pull" in options.only)
        if "recompute" in options.only:
            recomputes(files, options.runs)
        if "history" in options.only:
            history(folder, options.runs)
        if "everything" in options.only:
            everything(folder, options.orders, options.runs)
        if "pages" in options.only:
            pages(folder, options.orders)
        if "push" in options.only:
            pushes()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", choices=PARTS, nargs="+", default=PARTS)
    parser.add_argument("--folder", type=Path, help="where the files go, of some 3 kB an order")
    return parser.parse_args()


def pulls(files: shop.Files, runs: int, *, compare: bool) -> None:
    """The import, again where nothing changed, and a sample beside SQLModel; leaves the database for `recomputes`."""
    base = _database(files)
    with serving(files.orders, files.customers) as url:
        first = run("ours", "pull", base, url)
        again = run("ours", "pull", base, url)
    _title(f"Import of {first.facts['orders']} orders with their lines and {first.facts['customers']} customers")
    _told("first, with customers", first)
    _told("unchanged, with customers", again)
    _rate("orders, first", first, "orders")
    _rate("orders, unchanged", again, "orders")
    _rate("customers, first", first, "customers")
    _ratio("re-pull faster than the first", first, again, 1.5, 3)
    if compare:
        _sample(files, runs)


def _sample(files: shop.Files, runs: int) -> None:
    ours, theirs = [], []
    with serving(files.sample) as url:
        for number in range(runs):
            ours.append(run("ours", "pull", files.folder / f"ours-{number}.db", url))
            theirs.append(run("theirs", "merge", files.folder / f"theirs-{number}.db", files.sample))
    mine, usual = middle(ours), middle(theirs)
    _title(f"A sample of {mine.facts['orders']} orders into an empty database")
    _told("ours", mine)
    _told("SQLModel, session.merge", usual)
    _ratio("ours faster", usual, mine, 40, 60)


def recomputes(files: shop.Files, runs: int) -> None:
    """The day after: by what changed, by everyone, and by pandas, each from a copy of the same database."""
    base = _database(files)
    load = run("ours", "load", base)
    run("theirs", "recompute", base, 0)
    with serving(files.day) as url:
        pulled = run("ours", "pull", base, url)
    found: dict[str, list[Measured]] = {"day": [], "full": [], "again": [], "recompute": []}
    copy = files.folder / "copy.db"
    for _ in range(runs):
        for module, step in (("ours", "day"), ("ours", "full"), ("theirs", "recompute")):
            shutil.copy(base, copy)
            found[step].append(run(module, step, copy, *([1] if module == "theirs" else [])))
            if step == "full":
                found["again"].append(run(module, step, copy))
            _remove(copy)
    day, full, again, usual = (middle(found[step]) for step in ("day", "full", "again", "recompute"))
    assert day.facts["stages"] == full.facts["stages"] == usual.facts["stages"], "the ways do not agree"
    assert again.facts["different"] == 0, "a full recompute finds its own work wanting"
    _title(f"Recompute of a day after, {pulled.facts['new']} new orders and {pulled.facts['changed']} refunds")
    _told("first load, with history", load)
    _told("the day", day)
    _told(f"full, {full.facts['different']} people differ", full)
    _told("full, nobody differs", again)
    _told("pandas, full", usual)
    _ratio("full faster than pandas", usual, full, 8, 15)
    _ratio("full, nobody differs, faster than pandas", usual, again, 8, 15)
    _ratio("the day faster than pandas", usual, day, 40, 100)
    _ratio("the day faster than our own full", full, day, 4, 15)


def history(folder: Path, runs: int) -> None:
    """CDNOW's 546 days by replay, over one full recompute: with one family on, with all, with every audience too."""
    if not CDNOW.exists():
        print(f"\nNo history: {CDNOW} is not there.")
        return
    for on in ("spread", "families", "everything"):
        replays, fulls = [], []
        for number in range(runs):
            database = folder / f"cdnow-{on}-{number}.db"
            replays.append(run("replay", "history", database, on, CDNOW))
            fulls.append(run("replay", "full", database, on))
        replay, full = middle(replays), middle(fulls)
        _title(f"History of CDNOW, 546 days of 23,570 people, {on}: {replay.facts['memberships']} memberships")
        _told("by replay", replay)
        _told("one full recompute, nobody differs", full)
        _ratio("replay slower than one full recompute (at most 10, aim 3)", replay, full)


def everything(folder: Path, orders: int, runs: int) -> None:
    """Every family and audience on: a day with 0.2 % new orders, by whom it concerns, by everyone, and by pandas."""
    base, copy = folder / "large.db", folder / "copy.db"
    run("large", "fill", base, orders)
    load = run("large", "load", base)
    run("theirs_large", str(base), 0)
    new = run("large", "more", base)
    found: dict[str, list[Measured]] = {"day": [], "again": [], "pandas": []}
    for _ in range(runs):
        shutil.copy(base, copy)
        found["day"].append(run("large", "day", copy))
        found["again"].append(run("large", "again", copy))
        found["pandas"].append(run("theirs_large", str(copy), 1))
        _remove(copy)
    day, full, usual = (middle(found[step]) for step in ("day", "again", "pandas"))
    assert full.facts["different"] == 0, "a full recompute finds the day's work wanting"
    _title(f"Everything on, {orders} orders: a day with {new.facts['new']} new ones and {new.facts['due']} people due")
    _told("first load, without history", load)
    _told(f"the day, {day.facts['held']} memberships", day)
    _told("full, nobody differs", full)
    _told(f"pandas, {usual.facts['held']} memberships", usual)
    _ratio("the day faster than our own full", full, day)
    _ratio("the day faster than pandas", usual, day)
    _ratio("full faster than pandas", usual, full)


def pages(folder: Path, orders: int) -> None:
    """The dashboard over a large shop with everything on, as the day's recompute leaves it."""
    base = folder / "pages.db"
    run("large", "fill", base, orders)
    run("large", "load", base)
    found = run("pages", "show", base).facts
    _title(f"Pages at the server, {orders} orders; what they show is found in {found['found_in']:.0f} s, once a day")
    for name, milliseconds in found["pages"].items():
        print(f"{name:<44}{milliseconds:>9.0f} ms   (under 200)")


def pushes() -> None:
    """Requests for 14,000 tag changes, as the fakes counted them."""
    _title("14,000 people gain a tag")
    for name, counted in run("pushes", "all").facts.items():
        fewer = 14_000 / counted["requests"]
        print(
            f"{name:<44}{counted['requests']:>9} requests, {counted['writes']} of them writes; "
            f"{fewer:.0f} x fewer than one a person; waited {counted['waited']:.0f} s"
        )


def _database(files: shop.Files) -> Path:
    return files.folder / "shop.db"


def _remove(database: Path) -> None:
    for end in ("", "-wal", "-shm"):
        database.with_name(database.name + end).unlink(missing_ok=True)


def _title(text: str) -> None:
    print(f"\n{text}", flush=True)


def _told(name: str, measured: Measured) -> None:
    print(f"{name:<44}{measured.seconds:>9.2f} s{measured.cpu:>9.2f} s CPU{measured.megabytes:>7.0f} MB", flush=True)


def _rate(name: str, measured: Measured, stream: str) -> None:
    seconds, cpu = measured.facts[f"{stream}_seconds"], measured.facts[f"{stream}_cpu"]
    count = measured.facts[stream]
    print(f"{name:<44}{count / seconds:>9,.0f} a second{count / cpu:>9,.0f} a second of CPU", flush=True)


def _ratio(name: str, slow: Measured, fast: Measured, least: float | None = None, extreme: float | None = None) -> None:
    goal = "" if least is None else f"   (at least {least:g}, aim {extreme:g})"
    clock, cpu = slow.seconds / fast.seconds, slow.cpu / fast.cpu
    print(f"{name:<60}{clock:>7.1f} x{cpu:>7.1f} x by CPU{goal}", flush=True)


if __name__ == "__main__":
    main()
