"""Receiving webhooks: who signed the raw body is believed that something changed, and nothing more.

The signature covers the body alone. So the shop is the one of the address, the id is the body's, and what became of
it is asked of the platform afterwards. Answered are 2xx kept or known, 400 no signature or two, 401 a wrong one, 404
nobody's address, 405 not a POST, 408 too slow, 413 too large, 503 it cannot be kept now.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import structlog
from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

import connectors
from connector.errors import ConnectorError, RecordError
from connector.source import Hint, PrivacyRequest, Webhooks
from sync.inbox import Inbox
from sync.workspace import Workspace

log = structlog.get_logger(__name__)

LIMIT = 4 * 2**20
"""Bytes of a body that are read; an order of a thousand lines has a fourth of that."""
SLOWEST = 10.0
"""Seconds for a body to come."""


class _RefusedError(Exception):
    """A delivery that is not kept: the status that says so, and why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True)
class Door:
    """What knocks for one store: how its platform signs and speaks, and the secrets that are accepted."""

    platform: Webhooks
    secrets: tuple[str, ...] = field(repr=False)


class Receiver:
    """Keeps in the inbox what arrives for the stores that have a secret, as the workspace's settings have them."""

    def __init__(self, workspace: Workspace, arrived: Callable[[], object]) -> None:
        self.inbox = Inbox(workspace.engine)
        self.arrived = arrived
        self._workspace = workspace
        self._settings, self._doors = workspace.settings, _doors(workspace)

    @property
    def doors(self) -> Mapping[str, Door]:
        """The door of each store; those of before, where the settings as they are now have a store that cannot be."""
        if self._workspace.settings is not self._settings:
            now = self._workspace.as_it_is()
            try:
                self._doors = _doors(now)
            except ConnectorError as error:
                log.error("webhooks as before", error=error.message, remedy=error.remedy)  # noqa: TRY400 - a sentence, no traceback
            self._settings = now.settings
        return self._doors

    async def receive(self, store: str, request: Request) -> Response:
        """The answer to one delivery."""
        door = self.doors.get(store)
        if door is None:
            return Response(status_code=404)
        try:
            body = await _admitted(door, request)
            if body is not None:
                await run_in_threadpool(self._keep, store, door, request.headers, body)
        except _RefusedError as refused:
            log.warning("delivery refused", store=store, status=refused.status, why=str(refused))
            return Response(status_code=refused.status)
        return Response(status_code=200)

    def _keep(self, store: str, door: Door, headers: Mapping[str, str], body: bytes) -> None:
        try:
            told = door.platform.heard(headers, body)
        except RecordError as error:
            raise _RefusedError(400, error.message) from error
        if told is None:
            return
        try:
            new = self.inbox.put(
                store, told, keys(store, told, headers.get(door.platform.event), body), self._workspace.now()
            )
        except ConnectorError as error:  # the platform tells it again
            raise _RefusedError(503, error.message) from error
        if new:
            if isinstance(told, PrivacyRequest):
                log.warning("privacy request: see `connector webhooks status`", store=store, kind=told.kind)
            self.arrived()


def _doors(workspace: Workspace) -> dict[str, Door]:
    """The door of each store that has a secret."""
    doors = {}
    for key, settings, source in workspace.sources() if workspace.settings.stores else ():
        if secrets := settings.webhook_secrets:
            platform = connectors.webhooks(settings.platform, source=source, secret=secrets[0])
            doors[key] = Door(platform, secrets)
    return doors


async def _admitted(door: Door, request: Request) -> bytes | None:
    """The body that somebody signed who knows a secret; None of a platform's unsigned question."""
    signatures = request.headers.getlist(door.platform.signature)
    if len(signatures) > 1:
        raise _RefusedError(400, "two signatures")
    try:
        body = await asyncio.wait_for(_body(request), SLOWEST)
    except TimeoutError as error:
        raise _RefusedError(408, "too slow") from error
    if not signatures and door.platform.ping(body):
        return None
    if not signatures:
        raise _RefusedError(400, "no signature")
    if not signed(body, signatures[0], door.secrets) or door.platform.misdirected(request.headers):
        raise _RefusedError(401, "wrong signature")
    return body


def signed(body: bytes, signature: str, secrets: Iterable[str]) -> bool:
    """Whether one of the secrets signs a body so; all are tried, and in constant time."""
    given = signature.encode("utf-8", "surrogateescape")
    return sum(hmac.compare_digest(_signature(body, secret), given) for secret in secrets) > 0


def keys(store: str, told: Hint | PrivacyRequest, event: str | None, body: bytes) -> list[str]:
    """What a delivery is known again by: its event and what it is about, and its body where that bears its time.

    An event's id is hearsay, so it never stands for more than the thing that the signed body names.
    """
    about = repr((store, told))
    found = [_digest(f"event {event} {about}".encode())] if event else []
    if isinstance(told, PrivacyRequest) or told.changed_at is not None or not event:
        found.append(_digest(b"body " + about.encode() + b" " + body))
    return found


async def _body(request: Request) -> bytes:
    """The body, of which no more than LIMIT is read."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared[:20]) > LIMIT:
        raise _RefusedError(413, "too large")
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > LIMIT:
            raise _RefusedError(413, "too large")
    return bytes(read)


def _signature(body: bytes, secret: str) -> bytes:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest())


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()
