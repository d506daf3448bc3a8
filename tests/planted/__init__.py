"""Bugs that were planted on purpose, as patches, and the tests that must notice them.

A patch begins with two lines: `Bug:` says what it does wrong, `Tests:` names the files that are to fail with it.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Planted:
    """One bug: its patch, what it does, and the test files that are to notice it."""

    patch: Path
    says: str
    tests: tuple[str, ...]

    @staticmethod
    def read(patch: Path) -> Planted:
        """The bug of a patch's first lines."""
        says, tests, *_ = patch.read_text(encoding="utf-8").splitlines()
        return Planted(patch, says.removeprefix("Bug: "), tuple(tests.removeprefix("Tests: ").split()))

    @property
    def name(self) -> str:
        """The patch's name."""
        return self.patch.stem

    def apply(self, tree: Path, *, check: bool = False) -> str:
        """Plant the bug in a tree, or `check` that it could be; why it cannot be, "" where it can."""
        # a repository further up would have git take paths from there
        around = {**os.environ, "GIT_CEILING_DIRECTORIES": str(tree.parent)}
        only = ["--check"] if check else []
        done = subprocess.run(
            ["git", "apply", *only, str(self.patch)],
            cwd=tree,
            env=around,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stderr.strip()


def planted() -> list[Planted]:
    """All of them, by name."""
    return [Planted.read(patch) for patch in sorted(Path(__file__).parent.glob("*.patch"))]
