"""What the day's recompute leaves is what a full one finds: on every day of the second half of CDNOW's sample."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import outside
from tests.every_day import DAYS, Told, differing

pytestmark = pytest.mark.skipif(
    not outside.CDNOW_SAMPLE.exists(), reason=f"{outside.CDNOW_SAMPLE.name} is not in ../shared/data"
)


def test_on_every_day_of_the_second_half_nobody_differs(tmp_path: Path) -> None:
    told = Told(outside.cdnow_sample(), rich=False)
    second_half = DAYS[len(DAYS) // 2 :]
    assert dict(differing(tmp_path / "connector.db", told, second_half, history=False)) == dict.fromkeys(second_half, 0)
