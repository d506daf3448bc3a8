"""What the day's recompute leaves is what a full one finds: on every day of CDNOW's sample."""

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


@pytest.mark.parametrize("part", range(6))
def test_on_every_day_nobody_differs(tmp_path: Path, part: int) -> None:
    """Of the 546 days a sixth at a time, so that several may run side by side."""
    days = DAYS[91 * part : 91 * (part + 1)]
    told = Told(outside.cdnow_sample(), rich=False)
    assert dict(differing(tmp_path / "connector.db", told, days, history=False)) == dict.fromkeys(days, 0)
