"""Changing the merchant's connector.toml: comments and order stay, and nothing is written that would be refused.

    amend(workspace, {"schedule": {"pull": "30m"}, "stores": {"old": None}}, seen=workspace.settings.stamp)

A change is tables in tables, as the file has them; None takes a value, or a whole table, out. What is changed holds at
once: pages that are opened from then on have it, and the service's next turn.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

from connector.errors import SettingsError
from connector.settings import Settings, read, stamped, text_of
from sync.shelf import shelf
from sync.targets import pushed
from sync.tomlfile import Change, changed, write
from sync.workspace import Workspace

_one = threading.Lock()
"""Held by who reads the file and writes it anew."""


class OutdatedError(SettingsError):
    """The settings file is another one than the form was made of."""


def amend(workspace: Workspace, change: Change, *, seen: str | None = None) -> None:
    """Write the settings file with a change, and have the workspace work with it from now on.

    SettingsError, with the file as it was, where the change is refused; OutdatedError where the file is not the one
    whose stamp was `seen`.
    """
    file = _place(workspace.settings)
    with _one:
        before = _seen(file, seen)
        after = _rehearsed(file, before, change)
        _fit(replace(workspace, settings=after), change)
        write(file.resolve(), _text(file, before, change), private=True)
        workspace.settings = after


def rehearse(workspace: Workspace, change: Change, *, seen: str | None = None) -> Workspace:
    """The workspace as it would be with a change; the same errors as where it is made."""
    file = _place(workspace.settings)
    supposed = replace(workspace, settings=_rehearsed(file, _seen(file, seen), change))
    _fit(supposed, change)
    return supposed


def reread(workspace: Workspace) -> None:
    """Have the workspace work with the file as it is now; SettingsError, and nothing changes, where it is refused."""
    file = _place(workspace.settings)
    with _one:
        found = read(file, text_of(file))
        _shelved(found)
        workspace.settings = found


def differs(settings: Settings) -> bool:
    """Whether the file is not what these settings were read from."""
    return settings.file is not None and stamped(text_of(settings.file)) != settings.stamp


def _place(settings: Settings) -> Path:
    if settings.file is None:
        raise SettingsError(
            "These settings are in no file.",
            remedy="Start `connector serve` with a connector.toml to change them here.",
        )
    return settings.file


def _seen(file: Path, seen: str | None) -> bytes:
    """The text of the file, which is the one that was seen."""
    text = text_of(file)
    if seen is not None and stamped(text) != seen:
        raise OutdatedError(
            f"{file.name} has changed since this page was shown.",
            remedy="Look at what it says now, and send the form again.",
        )
    return text


def _rehearsed(file: Path, before: bytes, change: Change) -> Settings:
    """The settings with a change, which fit the models and the families."""
    read(file, before)
    found = read(file, _text(file, before, change).encode())
    _shelved(found)
    return found


def _text(file: Path, before: bytes, change: Change) -> str:
    return changed(before.decode(), change, file.name)


def _shelved(settings: Settings) -> None:
    if settings.segments_file is not None or settings.segments:
        shelf(settings)


def _fit(supposed: Workspace, change: Change) -> None:
    """SettingsError where a store or destination of the change could not be built, or a destination's store is gone."""
    stores, destinations = (change.get(table) or {} for table in ("stores", "destinations"))
    for key in stores.keys() & supposed.settings.stores.keys():
        for _, store, _ in supposed.sources(key):
            store.webhook_secrets  # noqa: B018 - where one is read from, it must be there
    for key in destinations.keys() & supposed.settings.destinations.keys():
        for _ in supposed.destinations(key):
            pushed(supposed.settings, key, shelf(supposed.settings))
    gone = stores.keys() - supposed.settings.stores.keys()
    for key, there in supposed.settings.destinations.items():
        if there.store in gone:
            raise SettingsError(
                f"Destination {key!r} names the store {there.store!r}, which would be gone.",
                remedy="Remove that destination, or give it another store, first.",
            )
