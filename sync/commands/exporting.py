"""The command that gives out what is held of a person."""

from __future__ import annotations

import json
import os
from pathlib import Path

from connector.errors import ConnectorError, SettingsError
from connector.people import find_person
from connector.privacy.export import Label, export
from sync.disclosing import disclose
from sync.shelf import shelf
from sync.voice import voice
from sync.workspace import Workspace, open_workspace


def export_person(config: Path | None, database: str | None, person: str, output: Path | None) -> None:
    """Print everything that is held of a person, or write it to a file that only its owner can read."""
    workspace = open_workspace(config, database, existing=True)
    with workspace.engine.connect() as connection:
        found = export(connection, find_person(connection, person), _labels(workspace))
    disclose(workspace, "export", customer_id=found["person"])
    text = json.dumps(found, ensure_ascii=False, indent=2)
    if output is None:
        print(text)
        return
    _write(output, text)
    voice(workspace.settings).say(f"Écrit : {output}", f"Written: {output}")


def _labels(workspace: Workspace) -> dict[str, Label]:
    """The labels of all segments, by their keys."""
    families = {family.key: family for family in shelf(workspace.settings).library.entries()}
    families |= {family.key: family for family in shelf(workspace.settings).families}
    return {
        family.segment_key(stage): {"fr": stage.label.of("fr"), "en": stage.label.of("en")}
        for family in families.values()
        for stage in family.stages
    }


def _write(file: Path, text: str) -> None:
    try:
        descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        raise SettingsError(f"{file} exists already.", remedy="Name a file that does not.") from None
    except OSError as error:
        raise ConnectorError(f"{file} cannot be written: {error.strerror}.", remedy="Name another file.") from error
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(text + "\n")
