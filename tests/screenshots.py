"""Pictures of the dashboard on the demo's shop, light and dark: `python -m tests.screenshots docs/pictures`."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import func, select

from connector.models import Order
from connector.tables import table
from tests.browser_world import COLOURS, Stand, Window, chromium, stand, window

SIZE = {"width": 1280, "height": 800}
RULE = "number_of_orders >= 2 AND last_order_date < -90d"
DRAWN = "() => [...document.querySelectorAll('[data-chart]')].every(chart => chart.querySelector('.main-svg'))"


def main() -> None:
    """Make every picture anew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the PNG files go")
    parser.add_argument("--people", type=int, default=1500, help="how many people the shop has")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as room, chromium() as browser, stand(Path(room) / "demo", asked.people) as shop:
        pictures = {
            "week": "/",
            "segments": "/segments",
            "rules": f"/rules?{urlencode({'rule': RULE})}",
            "person": f"/people/{busiest(shop)}",
            "priorities": "/priorities",
        }
        for colours in COLOURS:
            with window(browser, "en-GB", viewport=SIZE, color_scheme=colours) as seen:
                for name, place in pictures.items():
                    take(seen, shop, place, asked.folder / f"{name}-{colours}.png")


def busiest(shop: Stand) -> int:
    """Somebody who ordered more than most, so that there is something to see."""
    orders = table(Order)
    most = (
        select(orders.c.customer_id).group_by(orders.c.customer_id).order_by(func.count().desc(), orders.c.customer_id)
    )
    with shop.workspace.engine.connect() as connection:
        return int(connection.scalars(most.limit(1)).one())


def take(seen: Window, shop: Stand, place: str, file: Path) -> None:
    """Make one picture, once the page's charts are drawn."""
    page = seen.open(shop.demo + place)
    page.wait_for_function(DRAWN)
    page.screenshot(path=file, animations="disabled")
    print(f"{file} {file.stat().st_size // 1024} kB")


if __name__ == "__main__":
    main()
