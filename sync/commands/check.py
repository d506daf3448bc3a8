"""The check command: whether every key works, and what to do where something is missing."""

from __future__ import annotations

from pathlib import Path

import typer

from sync.language.told import sentence
from sync.language.voice import Voice, emit, voice
from sync.tasks.check import Answer, answers
from sync.workspace import open_workspace


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


def _tell(say: Voice, answer: Answer) -> None:
    mark = "!" if answer.kind == "segment" else "✓" if answer.works else "✗"
    say.say(f"{mark} {answer.key}  {answer.name}", f"{mark} {answer.key}  {answer.name}")
    for problem in answer.problems:
        words = f"{sentence(problem.message, say.language)} {sentence(problem.remedy, say.language)}"
        line = f"    {'✗' if problem.fatal else '!'} {words}"
        say.say(line, line)
