"""Noting who is shown personal data: the user of the system, and the command."""

from __future__ import annotations

import getpass

from connector.database import explained
from connector.privacy.disclosures import Viewer, disclosed
from sync.workspace import Workspace


def disclose(
    workspace: Workspace, command: str, what: str = "", *, people: int = 1, customer_id: int | None = None
) -> None:
    """Note what a command is about to show; where that cannot be noted, nothing is shown."""
    with explained(workspace.engine), workspace.engine.begin() as connection:
        viewer = Viewer(_user(), command)
        disclosed(connection, viewer, workspace.now(), what or command, people=people, customer_id=customer_id)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in a container
        return "?"
