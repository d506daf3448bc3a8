"""What a hold-out has shown so far."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from connector.holdout import Standing
from connector.judging.holdout import holdout
from connector.settings import DestinationSettings
from connector.stores import open_store
from connectors import DESTINATIONS, reach
from sync.workspace import Workspace


def shown(workspace: Workspace, connection: Connection, standing: Standing) -> dict[str, Any]:
    """What a hold-out has shown so far, of those whom its destination can reach."""
    settings = workspace.settings.destinations.get(standing.destination)
    kind = reach(settings.platform) if settings is not None and settings.platform in DESTINATIONS else None
    scope = _scope(connection, settings) if settings is not None and kind == "account" else 0
    return holdout(connection, standing, workspace.today(), reach=kind, scope=scope)


def _scope(connection: Connection, settings: DestinationSettings) -> int:
    store = open_store(connection, settings.store or "")
    return store.id if store is not None else 0
