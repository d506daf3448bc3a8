"""What the day's recompute leaves is what a full one finds: on twenty days of all of CDNOW, from four drawn ones on."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests import outside
from tests.every_day import DAYS, Told, differing

pytestmark = pytest.mark.skipif(not outside.CDNOW.exists(), reason=f"{outside.CDNOW.name} is not in ../shared/data")


def test_on_twenty_days_of_all_people_nobody_differs(tmp_path: Path) -> None:
    days = sorted(day + after for day in Random(1998).sample(DAYS[:-5:5], 4) for after in range(5))
    told = Told(outside.cdnow(), rich=False)
    assert dict(differing(tmp_path / "connector.db", told, days)) == dict.fromkeys(days, 0)
