"""The check command: whether every key works, and what to do where something is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import typer

from connector.catalogue import Audience, Library
from connector.destination import DestinationCheck
from connector.errors import ConnectorError, SettingsError
from connector.language import Language
from connector.settings import StoreSettings
from connector.source import Problem, ShopCheck, Source
from sync.commands.webhooks import broken
from sync.shelf import shelf
from sync.told import sentence
from sync.voice import Voice, emit, voice
from sync.workspace import Workspace, open_workspace


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


def run(config: Path | None, database: str | None, *, as_json: bool) -> None:
    """Ask each store and destination; the command fails where one cannot be used."""
    workspace = open_workspace(config, database)
    say = voice(workspace.settings, quiet=as_json)
    found = answers(workspace, say.written)
    for answer in found:
        if as_json:
            problems = [{"message": p.message, "remedy": p.remedy, "fatal": p.fatal} for p in answer.problems]
            emit({"kind": answer.kind, "key": answer.key, "name": answer.name, "problems": problems})
        _tell(say, answer)
    if not all(answer.works for answer in found):
        raise typer.Exit(1)


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


def _tell(say: Voice, answer: Answer) -> None:
    mark = "!" if answer.kind == "segment" else "✓" if answer.works else "✗"
    say.say(f"{mark} {answer.key}  {answer.name}", f"{mark} {answer.key}  {answer.name}")
    for problem in answer.problems:
        words = f"{sentence(problem.message, say.language)} {sentence(problem.remedy, say.language)}"
        line = f"    {'✗' if problem.fatal else '!'} {words}"
        say.say(line, line)
