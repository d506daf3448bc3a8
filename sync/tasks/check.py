"""Asking every shop and tool whether its key works, and segments what they lack."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from connector.catalogue import Audience, Library
from connector.destination import DestinationCheck
from connector.errors import ConnectorError, SettingsError
from connector.language import Language
from connector.settings import StoreSettings
from connector.source import Problem, ShopCheck, Source
from sync.shelf import shelf
from sync.tasks.webhooks import broken
from sync.workspace import Workspace


@dataclass(frozen=True)
class Answer:
    """What one shop or tool answered, or what keeps a segment from being worked out."""

    kind: str  # store, destination or segment
    key: str
    name: str
    problems: tuple[Problem, ...]

    @property
    def works(self) -> bool:
        """Whether a sync can use it."""
        return not any(problem.fatal for problem in self.problems)


def answers(workspace: Workspace, language: Language) -> list[Answer]:
    """What each segment that waits, each store and each destination answers; SettingsError where there is none."""
    found = list(_waiting(shelf(workspace.settings).library, language))
    if workspace.settings.stores or not found:
        found += [_store(workspace, *one) for one in workspace.sources()]
    found += [_asked("destination", key, there.check) for key, _, there in workspace.destinations()]
    return found


def answer_of(workspace: Workspace, kind: str, key: str) -> Answer:
    """What one store or destination of the settings answers."""
    if kind == "store":
        ((_, settings, source),) = workspace.sources(key)
        return _store(workspace, key, settings, source)
    ((_, _, there),) = workspace.destinations(key)
    return _asked("destination", key, there.check)


def _waiting(library: Library, language: Language) -> Iterator[Answer]:
    """What is switched on and cannot be worked out, with what to do about it; a divided audience stands for its own."""
    for entry in library.entries():
        if entry.on and not (isinstance(entry, Audience) and entry.each):
            try:
                library.ready(entry.key, language)
            except SettingsError as error:
                problem = Problem(error.message, error.remedy, fatal=False)
                yield Answer("segment", entry.key, entry.label.of(language), (problem,))


def _store(workspace: Workspace, key: str, settings: StoreSettings, source: Source) -> Answer:
    """What a shop answered, and what keeps it from telling of changes where it was asked to."""
    answer = _asked("store", key, source.check)
    more = broken(workspace, key, settings, source) if answer.works else []
    return replace(answer, problems=(*answer.problems, *more))


def _asked(kind: str, key: str, check: Callable[[], ShopCheck | DestinationCheck]) -> Answer:
    try:
        found = check()
    except ConnectorError as error:
        return Answer(kind, key, "", (Problem(error.message, error.remedy, fatal=True),))
    return Answer(kind, key, found.name, found.problems)
