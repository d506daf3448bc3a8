"""What the day's recompute leaves is what a full one finds: on ten days in a row of a shop that tells everything."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import outside
from tests.every_day import DAYS, Told, differing

pytestmark = pytest.mark.skipif(
    not outside.CDNOW_SAMPLE.exists(), reason=f"{outside.CDNOW_SAMPLE.name} is not in ../shared/data"
)


def test_on_ten_days_of_products_visits_and_refunds_nobody_differs(tmp_path: Path) -> None:
    told = Told(outside.cdnow_sample())
    days = DAYS[100:110]
    assert dict(differing(tmp_path / "connector.db", told, days)) == dict.fromkeys(days, 0)
