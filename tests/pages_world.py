"""A shop that was read from a file, behind the dashboard: who looks at it, and what was noted of that."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from connector.database import connect
from connector.settings import load
from connector.users import Role
from tests.command_line import CommandLine
from tests.contract import Clock
from tests.dashboard_world import Browser, Dashboard


@dataclass
class Pages:
    """The dashboard over the folder of a command line, and those who were let in."""

    line: CommandLine
    dashboard: Dashboard
    _seen: dict[tuple[str, str], Any] = field(default_factory=dict)

    def browser(self, role: Role = "admin", language: str = "en") -> Browser:
        """Somebody of a role, signed in."""
        if (role, language) not in self._seen:
            self._seen[role, language] = self.dashboard.user(f"{role} {language}", role, language)
        found: Browser = self._seen[role, language]
        return found

    def shelve(self, text: str) -> Path:
        """Write the merchant's segments.toml; where it is."""
        place = self.dashboard.workspace.settings.segments_place
        assert place is not None
        place.write_text(text, encoding="utf-8")
        return place

    def page(self, path: str, role: Role = "admin", language: str = "en") -> str:
        """A page that must be there, as its text."""
        answer = self.browser(role, language).get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def api(self, path: str, role: Role = "admin") -> Any:  # noqa: ANN401 - JSON
        """What an address of the API tells a browser of that role."""
        answer = self.browser(role).get(f"/api/v1{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def noted(self) -> list[tuple[str, str, str, int]]:
        """Who was shown what of how many people, in the order in which it was noted."""
        with closing(sqlite3.connect(self.dashboard.workspace.suppressed.disclosures.file)) as connection:
            rows = connection.execute("SELECT who, command, what, people FROM disclosures ORDER BY id")
            return [(who, command, what, people) for who, command, what, people in rows]


def shop(folder: Path, orders: str, now: str = "2026-06-30T12:00:00+00:00") -> Pages:
    """A shop whose orders were read from the lines of a file: id, who, day, money, mail."""
    (folder / "orders.csv").write_text("id,who,day,money,mail\n" + orders, encoding="utf-8")
    columns = "customer=who,placed_at=day,total=money,order=id,email=mail"
    line = CommandLine(folder, now)
    line.write(f'database = "sqlite:///{line.database}"\nlanguage = "en"\n')
    line.ask("import", "orders.csv", "--currency", "EUR", "--timezone", "Europe/Paris", "--map", columns)
    engine = connect(str(line.database))
    return Pages(line, Dashboard(engine, load(line.settings), Clock(datetime.fromisoformat(now))))
