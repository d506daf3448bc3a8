"""The line to a platform: an answer that only drips, in its headers, between its pieces or in its body, is broken off.

A socket's own time-out begins anew with each byte, so that a drip would keep a run waiting for days.
"""

from __future__ import annotations

import http.client
import io
import socket
from collections.abc import Callable
from functools import partial
from typing import Any

from requests.adapters import HTTPAdapter

STRETCH, SLOWEST = 60.0, 1024
"""Seconds of waiting for an answer that has begun, and the bytes a second that must arrive in them."""

Clock = Callable[[], float]


class Line(HTTPAdapter):
    """What requests sends by; a TimeoutError where an answer that has begun is slower than any line for a stretch."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - as requests has it
        """Have the connections watch their answers."""
        super().init_poolmanager(*args, **options)
        known = self.poolmanager.pool_classes_by_scheme
        self.poolmanager.pool_classes_by_scheme = {name: _watched(pool, self._clock) for name, pool in known.items()}


def _watched(pool: Any, clock: Clock) -> Any:  # noqa: ANN401 - urllib3 is of requests' choice
    """The same kind of pool, whose connections read their answers so."""
    answer = partial(_Answer, clock=clock)
    connection = type("Connection", (pool.ConnectionCls,), {"response_class": answer})
    return type("Pool", (pool,), {"ConnectionCls": connection})


class _Answer(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, clock: Clock, **options: Any) -> None:  # noqa: ANN401
        super().__init__(sock, *args, **options)
        self.fp.close()
        self.fp = io.BufferedReader(_Arriving(sock.makefile("rb", buffering=0), clock))


class _Arriving(io.RawIOBase):
    """The bytes of one answer as they arrive. How long it takes to begin is for the socket's time-out to say."""

    def __init__(self, raw: io.RawIOBase, clock: Clock) -> None:
        self._raw = raw
        self._clock = clock
        self._begun = False
        self._waited, self._arrived = 0.0, 0

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int | None:  # noqa: ANN401 - whatever can be written to
        before = self._clock()
        count = self._raw.readinto(into)
        if self._begun:
            self._waited += self._clock() - before  # not what is done with the answer in between
        self._begun = True
        self._arrived += count or 0
        if self._waited >= STRETCH:
            if self._arrived < STRETCH * SLOWEST:
                raise TimeoutError("The answer arrives too slowly.")
            self._waited, self._arrived = 0.0, 0
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()
