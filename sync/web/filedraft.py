"""A CSV file that was dropped and is not imported yet: where it lies, what it seems to be, what was said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from connector.database import path
from connector.days import time_zone
from connector.errors import ConnectorError, SettingsError
from connectors.csvfile import WORDS, Recognition, recognised
from sync.tasks.importing import Belonging
from sync.workspace import Workspace


@dataclass(frozen=True)
class FileDraft:
    """A file with what it was recognised as; `said` is the form as it was sent last, `wrong` why it was refused."""

    file: Path
    found: Recognition
    said: Mapping[str, str] = field(default_factory=dict)
    wrong: ConnectorError | None = None

    def belonging(self, *, known: bool) -> Belonging:
        """How the file is to be read, of a store that is `known` or a new one; SettingsError where something lacks."""
        mapping = None
        if self.found.form is None:
            mapping = {word: self.said[word] for word in WORDS if self.said.get(word)}
            _require(mapping)
        if known:
            return Belonging(self.said.get("store"), mapping=mapping)
        currency, zone = self.said.get("money", "").strip().upper(), self.said.get("timezone", "").strip()
        if len(currency) != 3 or not (currency.isascii() and currency.isalpha()):
            raise SettingsError(f"{currency!r} is not a currency.", remedy="Write its three letters, such as EUR.")
        return Belonging(self.said.get("store"), currency, time_zone(zone).key, mapping)


def drafted(file: Path | None) -> FileDraft:
    """The draft of a file that has come; SettingsError where none has, or nobody could be found in it."""
    if file is None:
        raise SettingsError("No file was chosen.", remedy="Choose a CSV file, or drop one on the field.")
    found = recognised(file)
    if found.form is None and len(found.columns) == 1:
        raise SettingsError(
            f"{file.name} has a single column.",
            remedy="Save it with commas, semicolons or tabs between its columns.",
        )
    if found.form is not None and not any("mail" in column.casefold() for column in found.columns):
        raise SettingsError(
            f"{file.name} has no column of e-mail addresses, so nobody could be recognised.",
            remedy="Export it again with all its columns.",
        )
    return FileDraft(file, found, found.meanings)


def uploads(workspace: Workspace) -> Path:
    """The folder in which files wait to be imported: beside the database, else beside the settings."""
    database, settings = path(workspace.engine), workspace.settings.file
    if database is not None:
        return database.with_name(f"{database.name}.uploads")
    return (Path() if settings is None else settings.parent) / "connector.uploads"


def clear(workspace: Workspace, *, keep: Path | None = None) -> None:
    """Remove what waits to be imported, but for one file: it is full of people's names."""
    folder = uploads(workspace)
    for file in folder.iterdir() if folder.is_dir() else ():
        if file != keep and file.is_file():
            file.unlink(missing_ok=True)
    if keep is None and folder.is_dir():
        folder.rmdir()


def _require(mapping: Mapping[str, str]) -> None:
    if not (mapping.get("email") or mapping.get("customer")):
        raise SettingsError(
            "No column says who bought.", remedy="Choose the column of e-mail addresses, or that of customer numbers."
        )
    if not mapping.get("placed_at"):
        raise SettingsError("No column says when.", remedy="Choose the column of the orders' dates.")
    if not (mapping.get("total") or mapping.get("price")):
        raise SettingsError("No column says for how much.", remedy="Choose the column of amounts, or that of prices.")
    columns = list(mapping.values())
    if twice := next((column for column in columns if columns.count(column) > 1), None):
        raise SettingsError(f"The column {twice!r} is chosen twice.", remedy="Choose each column once.")
