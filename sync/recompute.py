"""Bringing the memberships to the present shop day, and what that means for the settings' families."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Engine

from connector.catalogue import Family, Library
from connector.history.memberships import Advanced, activate, advance, full
from connector.judging.kept import find, keep
from connector.predictions import reads
from connector.settings import Settings
from sync.pull import Progress
from sync.shelf import shelf


def families(settings: Settings) -> tuple[Family, ...]:
    """The families and audiences in force, as the settings have them."""
    return shelf(settings).families


@dataclass(frozen=True)
class Recompute:
    """What a recompute works on: the database, the families, and the shop day to reach."""

    engine: Engine
    families: tuple[Family, ...]
    as_of: int
    history: bool = True

    def day(self, progress: Progress) -> Advanced:
        """Look at everyone whose rows changed or whose review is due, on each day that this concerns."""
        with self.engine.connect() as connection:
            activate(connection, self.families, self.as_of, history=self.history)
            self._predict(connection)
            connection.commit()

            def told(done: int, total: int) -> None:
                connection.commit()  # what is done stays, should the rest be interrupted
                progress("people", done, total)

            found = advance(connection, self.families, self.as_of, told)
            connection.commit()
            return found

    def _predict(self, connection: Connection) -> None:
        """Have what people may bring kept anew with each Monday, where a rule asks for it and the extra is there."""
        if not reads(expression for family in self.families for expression in family.expressions()):
            return
        try:
            from connector.clv.keep import keep as keep_values  # noqa: PLC0415 - numpy and scipy are an extra
        except ModuleNotFoundError:
            return  # `query` says so, and nobody has a value
        keep_values(connection, self.families[0], self.as_of)

    def everyone(self) -> int:
        """Look at everyone as of the day, and repair; how many memberships differed from what was kept."""
        with self.engine.begin() as connection:
            activate(connection, self.families, self.as_of, history=self.history)
            return full(connection, self.families, self.as_of)

    def judge(self, library: Library) -> None:
        """Find what pages show of the whole shop, and keep it; once a day is enough (see connector.judging.kept)."""
        with self.engine.connect() as connection:
            found = find(connection, self.families, library, self.as_of)
        if found is not None:
            with self.engine.begin() as connection:
                keep(connection, found)
