"""The command that gives out what is held of a person."""

from __future__ import annotations

import json
from pathlib import Path

from connector.people import find_person
from connector.privacy.export import export
from sync.files import write_private
from sync.language.labels import labels
from sync.language.voice import as_json, voice
from sync.privacy.disclosing import disclose
from sync.workspace import open_workspace


def export_person(config: Path | None, database: str | None, person: str, output: Path | None) -> None:
    """Print everything that is held of a person, or write it to a file that only its owner can read."""
    workspace = open_workspace(config, database, existing=True)
    with workspace.engine.connect() as connection:
        found = export(
            connection, find_person(connection, person), labels(workspace.settings), workspace.suppressed.disclosures
        )
    disclose(workspace, "export", customer_id=found["person"])
    if output is None:
        print(as_json(found, indent=2))
        return
    write_private(output, json.dumps(found, ensure_ascii=False, indent=2))
    voice(workspace.settings).say(f"Écrit : {output}", f"Written: {output}")
