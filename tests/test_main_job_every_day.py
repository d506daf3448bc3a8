"""What the day's recompute leaves is what a full one finds: on every day of the first half of CDNOW's sample."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import outside
from tests.every_day import DAYS, Told, differing, everything

pytestmark = pytest.mark.skipif(
    not outside.CDNOW_SAMPLE.exists(), reason=f"{outside.CDNOW_SAMPLE.name} is not in ../shared/data"
)


def test_everything_that_is_available_is_on() -> None:
    keys = [family.key for family in everything()]
    assert keys[:5] == ["spread", "cartelis", "loyalty", "emarsys", "rfm"]
    assert sum(key.startswith("aud.") for key in keys) >= 35
    assert not any(family.missing for family in everything())


def test_on_every_day_of_the_first_half_nobody_differs(tmp_path: Path) -> None:
    told = Told(outside.cdnow_sample(), rich=False)
    first_half = DAYS[: len(DAYS) // 2]
    assert dict(differing(tmp_path / "connector.db", told, first_half)) == dict.fromkeys(first_half, 0)
