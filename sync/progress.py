"""Showing how far work is: bars on a terminal, nothing in a log or a pipe; and on the board of the workspace."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from connector.errors import StoppedError
from sync.board import Step
from sync.language.voice import Voice
from sync.pull import Progress as Told
from sync.workspace import Workspace

QUIET = Voice("en", quiet=True)
"""Of work that is only told on the board."""

STREAMS = {
    "customers": ("clients", "customers"),
    "orders": ("commandes", "orders"),
    "checkouts": ("paniers", "checkouts"),
    "people": ("personnes", "people"),
    "addresses": ("adresses", "addresses"),
}


@contextmanager
def shown(voice: Voice, workspace: Workspace, title: str) -> Iterator[Told]:
    """A function to tell after each page; it raises StoppedError once the process has been asked to end."""
    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=voice.quiet or not sys.stderr.isatty(),
    )
    tasks: dict[str, TaskID] = {}

    def told(stream: str, done: int, expected: int | None) -> None:
        if stream not in tasks:
            french, english = STREAMS[stream]
            tasks[stream] = bars.add_task(f"{title} {french if voice.language == 'fr' else english}", total=expected)
        bars.update(tasks[stream], completed=done, total=expected)
        workspace.board.tell(Step(title, stream, done, expected))
        if workspace.stopping.is_set():
            raise StoppedError

    try:
        with bars:
            yield told
    finally:
        workspace.board.clear(title)
