"""The planted bugs can still be planted; `python -m tests.planted` shows that the tests notice each of them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.planted import ROOT, Planted, planted
from tests.planted.__main__ import main

BUGS = planted()

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed, which applies the patches")


def test_there_are_ten() -> None:
    assert len(BUGS) >= 10


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: str(bug.name))
def test_the_patch_applies_and_names_tests_that_there_are(bug: Planted) -> None:
    assert bug.apply(ROOT, check=True) == ""
    assert bug.tests
    assert [test for test in bug.tests if not (ROOT / test).is_file()] == []


def test_a_patch_that_does_not_fit_is_told(tmp_path: Path) -> None:
    for part in ("connector", "connectors", "sync"):
        (tmp_path / part).mkdir()
    assert all(bug.apply(tmp_path, check=True) for bug in BUGS)


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_each_of_them_is_noticed() -> None:
    assert main([]) == 0
