"""Texts as they are compared."""

from __future__ import annotations

from unicodedata import normalize


def fold(text: str) -> str:
    """What two texts have in common that read the same: NFC, without case; what case is taken from is NFC again."""
    return normalize("NFC", normalize("NFC", text).casefold())
