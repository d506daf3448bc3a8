"""Undoing a merge of people."""

from __future__ import annotations

from connector.days import epoch
from connector.identity import undo_merge
from sync.lock import writer
from sync.workspace import Workspace


def separate(workspace: Workspace, number: int) -> None:
    """Make two people again of a merge; SettingsError where it does not hold."""
    with writer(workspace.engine, now=workspace.now()), workspace.engine.begin() as connection:
        undo_merge(connection, number, now=epoch(workspace.now()))
