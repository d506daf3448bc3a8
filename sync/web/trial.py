"""A shop or a tool tried before it is relied on: it is asked at once, and is not waited for long."""

from __future__ import annotations

import threading
from dataclasses import replace
from time import monotonic

import structlog

from connector.errors import ConnectorError, RetryableError
from connector.source import Problem
from sync.tasks.check import Answer, answer_of
from sync.workspace import Workspace

log = structlog.get_logger(__name__)

PATIENCE = 30.0
"""Seconds in which it must have answered."""
WAITING = 10.0
"""Seconds of them that may be spent on waiting between questions."""


def tried(workspace: Workspace, kind: str, key: str) -> Answer:
    """What a store or destination of the settings answers; that it does not, where that takes too long."""
    late = Problem("There was no answer in time.", "Check the address, and try again.", fatal=True)
    found = [Answer(kind, key, "", (late,))]

    def ask() -> None:
        try:
            found.append(answer_of(_hurried(workspace), kind, key))
        except ConnectorError as error:
            found.append(Answer(kind, key, "", (Problem(error.message, error.remedy, fatal=True),)))

    thread = threading.Thread(target=ask, name="trial", daemon=True)
    thread.start()
    thread.join(PATIENCE)
    log.info("tried", kind=kind, key=key, works=found[-1].works)
    return found[-1]


def _hurried(workspace: Workspace) -> Workspace:
    """The workspace, whose connectors do not wait longer than somebody at a form does."""
    until = monotonic() + WAITING

    def wait(seconds: float) -> None:
        if monotonic() + seconds > until:
            raise RetryableError("There was no answer in time.", remedy="Check the address, and try again.")
        (workspace.wait or workspace.stopping.wait)(seconds)

    return replace(workspace, wait=wait)
