"""The families and audiences of a merchant, as segments.toml and connector.toml have them, and what is in force."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from connector.catalogue import FILE_NAME, Family, Library, check_tags, load, text_of
from connector.language import Language
from connector.settings import SegmentSettings, Settings
from sync.language.voice import voice


@dataclass(frozen=True, slots=True)
class Shelf:
    """All that there is, and of it what is worked out and can be pushed."""

    library: Library
    families: tuple[Family, ...]

    def holds(self, key: str) -> bool:
        """Whether a family or an audience is in force."""
        return any(family.key == key for family in self.families)


def shelf(settings: Settings) -> Shelf:
    """The shelf of the settings, the file read anew; SettingsError, with its line, where something is wrong."""
    file = settings.segments_file
    if file is None and (beside := settings.segments_place) is not None and beside.exists():
        file = beside  # made since the settings were read
    text, name = ("", FILE_NAME) if file is None else (text_of(file), file.name)
    changes = json.dumps({key: changed.model_dump() for key, changed in settings.segments.items()}, sort_keys=True)
    return _shelf(text, name, voice(settings).language, changes, settings.language)


@lru_cache(maxsize=8)  # it takes a tenth of a second, and each page asks for it
def _shelf(text: str, name: str, told_in: Language, changes: str, language: Language) -> Shelf:
    told = {key: SegmentSettings.model_validate(changed) for key, changed in json.loads(changes).items()}
    return filled(load(text, name, told_in), told, language)


def filled(found: Library, changes: Mapping[str, SegmentSettings], language: Language) -> Shelf:
    """The shelf of a library, as connector.toml changes it; SettingsError where that does not fit."""
    for key, changed in sorted(changes.items()):  # one that is divided before what it is divided into
        parameters = {} if changed.window is None else {"window": changed.window}
        found = found.replaced(found.entry(key).changed(parameters).tagged(changed.tags))
    if changes:
        check_tags(found.tags(language))
    return Shelf(found, found.in_force())
