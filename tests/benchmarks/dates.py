"""When the invented shop was read."""

from datetime import UTC, datetime

NOW = datetime(2026, 6, 30, 3, 0, tzinfo=UTC)
"""The first load; a day later comes what a day brings."""
