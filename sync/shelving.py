"""Changing the merchant's segments.toml: what else stands in it stays, and nothing is written that would be refused.

    shelve(settings, {"audiences": {"vip": {"on": True, "parameters": {"x": 500}}}}, language)

A change is tables in tables, as the file has them; what it names is set, and made where it is not there yet.
"""

from __future__ import annotations

import threading

from connector.catalogue import load, text_of
from connector.errors import SettingsError
from connector.language import Language
from connector.settings import Settings
from sync.shelf import filled
from sync.tomlfile import Change, changed, write

_one = threading.Lock()
"""Held by who reads the file and writes it anew."""


def shelve(settings: Settings, change: Change, language: Language = "en") -> None:
    """Write segments.toml with a change; SettingsError with the line, and the file as it was, where that is refused."""
    place = settings.segments_place
    if place is None:
        raise SettingsError("There is no settings file to put segments.toml beside.", remedy="Make connector.toml.")
    with _one:
        text = rehearse(settings, change, language)
        write(place.resolve(), text)


def rehearse(settings: Settings, change: Change, language: Language = "en") -> str:
    """The text that segments.toml would have with a change; SettingsError with the line where it would be refused."""
    place = settings.segments_place
    before = text_of(place) if place is not None and place.exists() else ""
    name = "segments.toml" if place is None else place.name
    load(before, name, language)
    text = changed(before, change, "segments.toml")
    filled(load(text, name, language), settings.segments, settings.language)
    return text
