"""The language of the terminal that a command was typed into."""

from __future__ import annotations

import locale
import os

from connector.language import Language


def terminal_language() -> Language:
    """French where the terminal's locale is French, else English; Windows tells its own in other words."""
    spoken = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or _of_windows()
    return "fr" if spoken.lower().startswith("fr") else "en"


def _of_windows() -> str:
    """The language of the user as Windows names it, such as French_France; "" elsewhere."""
    return (locale.getlocale()[0] or "") if os.name == "nt" else ""
