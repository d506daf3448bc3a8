"""Noting who is shown personal data: the user of the system or of the dashboard, and the command."""

from __future__ import annotations

import getpass

from connector.days import epoch
from connector.errors import ConnectorError
from sync.language.told import whole
from sync.language.voice import voice
from sync.workspace import Workspace


def disclose(
    workspace: Workspace,
    command: str,
    what: str = "",
    *,
    people: int = 1,
    customer_id: int | None = None,
    who: str | None = None,
) -> None:
    """Note what is shown, to the user of the system or to `who`; where that cannot be noted, it is said."""
    log = workspace.suppressed.disclosures
    try:
        log.note(who or _user(), command, what, epoch(workspace.now()), people=people, customer_id=customer_id)
    except ConnectorError as error:
        voice(workspace.settings).warn(
            f"La consultation n'a pas pu être notée : {whole(error, 'fr')}",
            f"That this was shown could not be noted: {error}",
        )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in a container
        return "?"
