"""The commands that copy the database, and put a copy back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Engine

from connector.copies import copy_file
from connector.database import connect, copy, open_database, path, restore
from connector.errors import SettingsError
from sync.language.voice import voice
from sync.lock import alone, writer
from sync.runs import recorded
from sync.tasks.recompute import bring_up_to_date
from sync.workspace import Workspace, catch_up, open_workspace, settings_of

BESIDE = (".suppressed", ".inbox", ".disclosures")
"""What belongs to a database and lies beside it: who is not to come back, what shops have told, who was shown what."""


def run(config: Path | None, database: str | None, file: Path) -> None:
    """Write a copy of the database to `file`, which must not exist yet, with what lies beside it."""
    workspace = open_workspace(config, database, existing=True)
    made = [file, *(_beside(file, end) for end in BESIDE)]
    for one in made:
        if one.exists():
            raise SettingsError(f"{one} exists already.", remedy="Name a file that does not.")
    try:
        _copy(workspace.engine, file)
    except BaseException:
        for one in made:
            one.unlink(missing_ok=True)
        raise
    voice(workspace.settings).say(f"Copie écrite : {file}", f"Copy written: {file}")


def put_back(config: Path | None, database: str | None, file: Path) -> None:
    """Put a copy back; who was erased since is erased again, and who objected since goes on objecting."""
    settings = settings_of(config)
    url, say = database or settings.database, voice(settings)
    engine = connect(url)
    with alone(engine):
        restore(engine, file)
        for there, own in _pairs(file, engine):
            if there.exists() and not own.exists():  # what is there is never older than what the copy has
                copy_file(there, own)
    engine.dispose()
    workspace = Workspace(settings, open_database(url))
    if workspace.suppressed and catch_up(workspace):
        recompute = recorded(workspace.engine, "recompute", workspace.now)
        with writer(workspace.engine, now=workspace.now()), recompute as record:
            bring_up_to_date(workspace, say, record)
    say.say(
        f"Copie remise en place : {file}. `connector run` relit ce qui est venu depuis ; si un envoi a eu lieu depuis, "
        "il attend --force, car la copie n'en sait rien.",
        f"Copy put back: {file}. `connector run` fetches what came since; where something was pushed since, it waits "
        "for --force, since the copy does not know of it.",
    )


def _copy(engine: Engine, file: Path) -> None:
    """The database first, so that what lies beside the copy knows of no less than it; under its name at the end."""
    new = _beside(file, ".new")
    try:
        copy(engine, new)
        for own, there in _pairs(file, engine):
            if there.exists():
                copy_file(there, own)
        new.replace(file)
    finally:
        new.unlink(missing_ok=True)


def _pairs(file: Path, engine: Engine) -> Iterator[tuple[Path, Path]]:
    """What lies beside a copy and beside the database, each with the other."""
    own = path(engine)
    if own is not None:
        yield from ((_beside(file, end), _beside(own, end)) for end in BESIDE)


def _beside(file: Path, end: str) -> Path:
    return file.with_name(f"{file.name}{end}")
