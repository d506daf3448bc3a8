"""What something that was asked for led to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Done:
    """The page to go to, where the outcome is to be seen, and a sentence to say there."""

    to: str
    said: str = ""
