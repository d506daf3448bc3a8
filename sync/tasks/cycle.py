"""What the service does by itself: pull, recompute and push, a new day, what shops have told of."""

from __future__ import annotations

import structlog

from connector.errors import ConnectorError, StoppedError, StorageError, UnsafeError
from connector.stores import merchant
from sync.hints import Looked, look
from sync.inbox import Inbox
from sync.language.voice import Voice
from sync.lock import writer
from sync.privacy.requests import retain
from sync.runs import last_day
from sync.tasks.nightly import look_back
from sync.tasks.pull import pull_all
from sync.tasks.push import push_all
from sync.tasks.recompute import bring_up_to_date, recorded_day, require_right_day
from sync.workspace import Workspace

log = structlog.get_logger(__name__)


def work_cycle(workspace: Workspace, say: Voice, *, force: bool = False) -> None:
    """Pull, recompute and push. A shop that fails does not keep the rest from being done; its error comes last."""
    with writer(workspace.engine, now=workspace.now()):
        failed: ConnectorError | None = None
        try:
            pull_all(workspace, say, force=force)
        except (UnsafeError, StoppedError, StorageError):
            raise
        except ConnectorError as error:
            failed = error
            log.error("pull failed", error=error.message, remedy=error.remedy)  # noqa: TRY400 - a sentence, no traceback
        recompute_and_push(workspace, say, force=force)
        if failed is not None:
            raise failed


def work_day(workspace: Workspace, say: Voice) -> None:
    """Recompute the new shop day and push what it moved, unless somebody has brought it while we waited to write."""
    with writer(workspace.engine, now=workspace.now()):
        reached = last_day(workspace.engine)
        if reached is None or reached < workspace.today():
            recompute_and_push(workspace, say)


def work_now(workspace: Workspace, say: Voice) -> None:
    """Recompute and push, without reading any shop."""
    with writer(workspace.engine, now=workspace.now()):
        recompute_and_push(workspace, say)


def work_hints(workspace: Workspace, say: Voice, inbox: Inbox) -> Looked:
    """Look into what shops have told of, and recompute and push where that changed anything; what became of it.

    A shop that does not answer keeps no other from being asked; its error comes last.
    """
    with writer(workspace.engine, now=workspace.now()):
        looked, failed = look(workspace, inbox)
        if looked.changed:
            recompute_and_push(workspace, say)
    if failed is not None:
        raise failed
    return looked


def recompute_and_push(workspace: Workspace, say: Voice, *, force: bool = False) -> None:
    """Bring the memberships to the present day and push what moved; the caller is the one who writes."""
    with workspace.engine.connect() as connection:
        if merchant(connection) is None:
            return  # no shop has answered yet: there is nobody to look at
    require_right_day(workspace, force=force)
    look_back(workspace, say)
    if (last_day(workspace.engine) or 0) < workspace.today():
        _retain(workspace, say)
    with recorded_day(workspace) as record:
        bring_up_to_date(workspace, say, record)
    push_all(workspace, say, force=force)


def _retain(workspace: Workspace, say: Voice) -> None:
    """With each new day, make nameless whose time is over."""
    done = retain(workspace)
    if done:
        say.say(
            f"Durée de conservation écoulée, rendues anonymes : {say.people(done)}.",
            f"Retention is over, made nameless: {say.people(done)}.",
        )
