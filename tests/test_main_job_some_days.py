"""What the day's recompute leaves is what a full one finds: on twenty of CDNOW's days, ten from each of two drawn."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from tests import outside
from tests.every_day import DAYS, Told, differing

pytestmark = pytest.mark.skipif(not outside.CDNOW.exists(), reason=f"{outside.CDNOW.name} is not in ../shared/data")


@pytest.mark.parametrize("first", sorted(Random(1998).sample(DAYS[1:-10:10], 2)))
def test_on_twenty_days_of_all_people_nobody_differs(tmp_path: Path, first: int) -> None:
    days = range(first - 1, first + 10)  # everyone is looked at on the day before
    found = differing(tmp_path / "connector.db", Told(outside.cdnow(), rich=False), days, history=False)
    assert dict(found) == dict.fromkeys(days, 0)
