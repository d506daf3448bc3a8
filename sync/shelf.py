"""The families and audiences of a merchant, as segments.toml and connector.toml have them, and what is in force."""

from __future__ import annotations

from dataclasses import dataclass

from connector.catalogue import Family, Library, check_tags, library, read
from connector.settings import Settings
from sync.voice import voice


@dataclass(frozen=True, slots=True)
class Shelf:
    """All that there is, and of it what is worked out and can be pushed."""

    library: Library
    families: tuple[Family, ...]

    def holds(self, key: str) -> bool:
        """Whether a family or an audience is in force."""
        return any(family.key == key for family in self.families)


def shelf(settings: Settings) -> Shelf:
    """The shelf of the settings, read anew; SettingsError, with the line of segments.toml, where something is wrong."""
    file = settings.segments_file
    if file is None and (beside := settings.segments_place) is not None and beside.exists():
        file = beside  # made since the settings were read
    return filled(settings, library() if file is None else read(file, voice(settings).language))


def filled(settings: Settings, found: Library) -> Shelf:
    """The shelf of a library, as connector.toml changes it; SettingsError where that does not fit."""
    for key, changed in sorted(settings.segments.items()):  # one that is divided before what it is divided into
        parameters = {} if changed.window is None else {"window": changed.window}
        found = found.replaced(found.entry(key).changed(parameters).tagged(changed.tags))
    if settings.segments:
        check_tags(found.tags(settings.language))
    return Shelf(found, found.in_force())
