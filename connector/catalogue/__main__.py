"""Writes the pages of the catalogue: `python -m connector.catalogue ROOT`, ROOT being where docs/ lies."""

from __future__ import annotations

import sys
from pathlib import Path

from connector.catalogue import library
from connector.catalogue.pages import PLACES, page


def write(root: Path) -> None:
    """Write the page of each language below a folder."""
    for language, place in PLACES.items():
        file = root / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(page(library(), language), encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
