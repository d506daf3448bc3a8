"""Showing how far a pull or a recompute is: bars on a terminal, nothing in a log or a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from connector.errors import StoppedError
from sync.pull import Progress as Told
from sync.voice import Voice

_STREAMS = {
    "customers": ("clients", "customers"),
    "orders": ("commandes", "orders"),
    "checkouts": ("paniers", "checkouts"),
    "people": ("personnes", "people"),
}


@contextmanager
def shown(voice: Voice, stopping: Event, title: str) -> Iterator[Told]:
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
            french, english = _STREAMS[stream]
            tasks[stream] = bars.add_task(f"{title} {french if voice.language == 'fr' else english}", total=expected)
        bars.update(tasks[stream], completed=done, total=expected)
        if stopping.is_set():
            raise StoppedError

    with bars:
        yield told
