"""`python -m tests.planted [NAME…]`: plants each bug in a copy of the tree and shows whether the tests notice it.

Exit status 1 where one is not noticed, cannot be planted, or where its tests fail without it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from tests.planted import ROOT, Planted, planted

PARTS = ("connector", "connectors", "sync", "tests", "pyproject.toml", "README.md", "CHANGELOG.md", "docs")
PASSED, FAILED = 0, 1  # pytest's own: anything else is that it could not run


def main(names: list[str]) -> int:
    """Plant the bugs of these names, or all; how the process is to end."""
    bugs = [bug for bug in planted() if not names or bug.name in names]
    if missing := set(names) - {bug.name for bug in bugs}:
        print(f"There is no {', '.join(sorted(missing))}.")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        sound = _run(_copy(Path(folder) / "sound"), sorted({test for bug in bugs for test in bug.tests}))
        if sound.returncode != PASSED:
            print(f"The tests fail without any bug:\n{sound.stdout[-4000:]}")
            return 1
        caught = sum(_caught(bug, Path(folder) / bug.name) for bug in bugs)
    print(f"{caught} of {len(bugs)} caught.")
    return 0 if caught == len(bugs) else 1


def _caught(bug: Planted, tree: Path) -> bool:
    """Whether the tests of a bug fail with it; told as it is found."""
    _copy(tree)
    if why := bug.apply(tree):
        return _tell(bug, "DOES NOT APPLY", why)
    run = _run(tree, bug.tests)
    if run.returncode == FAILED:
        first = next((line for line in run.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))), "")
        _tell(bug, "caught", first.partition(" - ")[0])
        return True
    return _tell(bug, "NOT caught" if run.returncode == PASSED else "THE TESTS DO NOT RUN", run.stdout[-2000:])


def _tell(bug: Planted, verdict: str, more: str) -> bool:
    print(f"{bug.name}: {verdict} ({bug.says})\n    {more}", flush=True)
    return False


def _copy(tree: Path) -> Path:
    """A copy of what the tests need, beside which the knowledge base lies as it does here."""
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(ROOT / part, tree / part)
    shared, link = ROOT.parent / "shared", tree.parent / "shared"
    if shared.is_dir() and not link.exists():
        link.symlink_to(shared)
    return tree


def _run(tree: Path, tests: Iterable[str]) -> subprocess.CompletedProcess[str]:
    options = ["-q", "-x", "-rfE", "-p", "no:cacheprovider", "--tb=no", "--timeout=300"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, *tests],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
