"""What time it is: asked here alone, so that a test of a whole process can say."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from connector.errors import SettingsError


def now() -> datetime:
    """The present instant in UTC; with CONNECTOR_TESTING=1, the one that CONNECTOR_NOW names."""
    told = os.environ.get("CONNECTOR_NOW")
    if told and os.environ.get("CONNECTOR_TESTING") == "1":
        try:
            instant = datetime.fromisoformat(told)
        except ValueError as error:
            raise SettingsError(
                f"CONNECTOR_NOW={told!r} is no instant.", remedy="Write 2026-06-30T12:00:00Z."
            ) from error
        return instant.replace(tzinfo=instant.tzinfo or UTC).astimezone(UTC)
    return datetime.now(UTC)
