"""The backup command."""

from __future__ import annotations

from pathlib import Path

from connector.database import copy
from connector.errors import SettingsError
from sync.voice import voice
from sync.workspace import open_workspace


def run(config: Path | None, database: str | None, file: Path) -> None:
    """Write a copy of the database to `file`, which must not exist yet."""
    workspace = open_workspace(config, database, existing=True)
    if file.exists():
        raise SettingsError(f"{file} exists already.", remedy="Name a file that does not.")
    copy(workspace.engine, file)
    voice(workspace.settings).say(f"Copie écrite : {file}", f"Copy written: {file}")
