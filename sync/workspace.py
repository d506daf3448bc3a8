"""What a command works with: the settings, the open database, the clock, and the connectors that the settings name."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

import connectors
from connector.counting import Switches
from connector.database import connect, open_database, path
from connector.days import local_day
from connector.destination import Destination
from connector.errors import EmptyError, SettingsError, StoppedError
from connector.fields import map_fields
from connector.history.lifespans import set_lifespans
from connector.privacy.suppressions import Suppressions
from connector.settings import SUPPRESSED_NAME, DestinationSettings, Settings, StoreSettings, load
from connector.source import LiveSource, ShopCheck, Source
from connector.stores import Merchant, OpenStore, merchant, open_store, register
from sync.board import Board
from sync.clock import now as present
from sync.language.voice import speak, voice
from sync.lock import writer
from sync.privacy import erasing, objections
from sync.shelf import shelf


@dataclass
class Workspace:
    """One merchant's settings and database. `stopping` is set when the process is asked to end.

    The settings are replaced as a whole where they are changed while a process runs; who works with them for a while
    takes the workspace `as_it_is` first.

    `commanded` are the settings that the command line says, by their paths; they win over `settings`.

    `scheduled` is whether a service reads the shops by itself, as the settings' schedule says: in the demo none does.

    `wait` is how connectors wait, in seconds; without it they wait for real, and StoppedError ends that when it is set.
    """

    settings: Settings
    engine: Engine
    stopping: threading.Event = field(default_factory=threading.Event)
    wait: Callable[[float], object] | None = None
    clock: Callable[[], datetime] = present
    board: Board = field(default_factory=Board)
    scheduled: bool = True
    commanded: Mapping[tuple[str, ...], object] = field(default_factory=dict)

    @property
    def suppressed(self) -> Suppressions:
        """Who is not to come back."""
        return Suppressions.beside(self.engine, self.settings.privacy.suppressed or SUPPRESSED_NAME)

    def as_it_is(self) -> Workspace:
        """The workspace as it is now, whatever becomes of its settings."""
        return replace(self)

    def now(self) -> datetime:
        """The present instant."""
        return self.clock()

    def merchant(self) -> Merchant:
        """The database's currency and time zone; EmptyError while nothing was ever read."""
        with self.engine.connect() as connection:
            found = merchant(connection)
        if found is None:
            raise EmptyError(
                "The database is empty.", remedy="Run `connector pull`, or `connector import FILE`, first."
            )
        return found

    def today(self) -> int:
        """The number of the present day in the shop's time zone."""
        return local_day(self.now(), self.merchant().zone)

    def sources(self, only: str | None = None) -> Iterator[tuple[str, StoreSettings, LiveSource]]:
        """Each store of the settings with its source; SettingsError where `only` names none."""
        if only is not None and only not in self.settings.stores:
            raise SettingsError(f"The settings have no store {only!r}.", remedy=_names(self.settings.stores))
        if not self.settings.stores:
            raise SettingsError(
                "The settings name no shop.", remedy="Write a [stores.NAME] table into connector.toml (see README)."
            )
        for key, store in self.settings.stores.items():
            if only in {None, key}:
                options = {**store.options(), **({"fields": store.fields} if store.fields else {})}
                yield key, store, connectors.source(store.platform, **self._waiting(options))

    def register(
        self, key: str, store: StoreSettings, source: Source, *, force: bool, check: ShopCheck | None = None
    ) -> OpenStore:
        """The store as its shop describes itself, made or brought up to date; `check` is what it said, where known."""
        check = check or source.check()
        for problem in check.problems:
            if problem.fatal:
                raise SettingsError(f"{key}: {problem.message}", remedy=problem.remedy)
        with self.engine.begin() as connection:
            known = open_store(connection, key)
            switches = store.switches(known.switches if known else Switches())
            opened = register(connection, key, store.platform, check, switches, force=force)
            today = local_day(self.now(), opened.zone)
            map_fields(connection, opened.id, store.fields, today)
            set_lifespans(connection, opened.id, store.lifespan_days, today)
            return opened

    def destinations(self, only: str | None = None) -> Iterator[tuple[str, DestinationSettings, Destination]]:
        """Each destination of the settings, built; SettingsError where `only` names none."""
        if only is not None and only not in self.settings.destinations:
            raise SettingsError(
                f"The settings have no destination {only!r}.", remedy=_names(self.settings.destinations)
            )
        for key, settings in self.settings.destinations.items():
            if only in {None, key}:
                yield key, settings, self._destination(key, settings)

    def _destination(self, key: str, settings: DestinationSettings) -> Destination:
        options = settings.options()
        if settings.store is not None:
            store = self.settings.stores.get(settings.store)
            if store is None:
                raise SettingsError(
                    f"Destination {key!r} names the store {settings.store!r}, which the settings do not have.",
                    remedy=_names(self.settings.stores),
                )
            options = {**store.options(), **options}
        return connectors.destination(settings.platform, **self._waiting(options))

    def _waiting(self, options: dict[str, Any]) -> dict[str, Any]:
        """Options with the way to wait."""
        return {**options, "sleep": self.wait or self._pause}

    def _pause(self, seconds: float) -> None:
        if self.stopping.wait(seconds):
            raise StoppedError


def settings_of(config: Path | None) -> Settings:
    """The settings of a file; whatever goes wrong from here on is said in their language."""
    settings = load(config)
    speak(voice(settings).language)
    return settings


def open_workspace(config: Path | None, database: str | None, *, existing: bool = False) -> Workspace:
    """The workspace of a settings file and a database; the argument wins over the settings.

    Where `existing`, a SQLite file that is not there is a SettingsError instead of a new database.
    """
    settings = settings_of(config)
    if settings.segments_file is not None or settings.segments:
        shelf(settings)  # whatever the command does: a wrong file is not to be found out by the next one
    url = database or settings.database
    file = path(connect(url))
    if existing and file is not None and not file.exists():
        raise SettingsError(
            f"There is no database {file}.", remedy="Name one with --database, or make it with `connector import FILE`."
        )
    workspace = Workspace(settings, open_database(url))
    if workspace.suppressed:
        catch_up(workspace)
    return workspace


def catch_up(workspace: Workspace) -> int:
    """Erase whom an older copy of the database has brought back, and note what was objected to since; how many people.

    Before anything else is done with it.
    """
    engine, suppressed = workspace.engine, workspace.suppressed
    if not erasing.lacks(engine, suppressed) and not objections.lacks(engine, suppressed):
        return 0
    with writer(engine, now=workspace.now()):
        objecting = objections.note_again(engine, suppressed)
        back = erasing.erase_again(engine, suppressed, now=workspace.now())
    say = voice(workspace.settings)
    if back:
        say.warn(
            f"Cette copie de la base datait d'avant des effacements ; de nouveau effacées : {say.people(back)}.",
            f"This copy of the database was older than some erasures; erased again: {say.people(back)}.",
        )
    if objecting:
        say.warn(
            f"Cette copie de la base datait d'avant des oppositions ; reprises : {say.number(objecting)} ; "
            "`connector run` les applique aux segments et aux envois.",
            f"This copy of the database was older than some objections; noted again: {say.number(objecting)}; "
            "`connector run` brings them to segments and pushes.",
        )
    return back + objecting


def _names(mapping: dict[str, Any]) -> str:
    return f"It has: {', '.join(mapping)}." if mapping else "It has none yet."
