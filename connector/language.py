"""The languages that people are spoken to in: French and English, first-class both."""

from __future__ import annotations

from typing import Literal

Language = Literal["fr", "en"]
