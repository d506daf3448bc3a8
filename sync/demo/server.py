"""A fake platform on 127.0.0.1: real HTTP, a ledger of every request, and a plan of faults.

The demo and the tests use the same fakes. A fake enforces its platform's rules and never forgives.
"""

from __future__ import annotations

import io
import json
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import parse_qsl, urlsplit

PATIENCE = 60.0
"""Seconds after which even a hanging answer ends, lest a test that fails stays for ever."""
DROP = 0.005
"""Seconds between the bytes of an answer that drips."""


@dataclass(frozen=True)
class Request:
    """One request as it arrived. `write` is set by the fake: True where it changed, or could have changed, a thing."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:  # noqa: ANN401 - what JSON holds
        """The decoded body."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What goes back. `cut` sends only so many bytes of the body; `reset` closes the connection without an answer.

    `hang` is no answer at all until the client goes away; `drip` sends a part of it byte by byte.
    """

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    reset: bool = False
    hang: bool = False
    drip: Literal["", "head", "body"] = ""

    @staticmethod
    def of(value: object, status: int = 200, **headers: str) -> Answer:
        """An answer of JSON; header names with underscores for dashes."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return Answer(status, json.dumps(value).encode(), {"Content-Type": "application/json", **named})


Fault = Callable[[int, Request], Answer | None]
"""Given the request's number (from 0) and the request: the answer to send instead, or None to let it pass."""

Spoil = Callable[[Request, Answer], Answer]
"""Given a request that was carried out, and its answer: the answer to send instead."""


@dataclass
class Entry:
    """One line of the ledger: the request, what was answered, and whether it wrote."""

    request: Request
    status: int
    write: bool


class FakeServer:
    """Serves `answer()` of a subclass on a free port until it is closed; use it in a `with` block."""

    certificate: tuple[str, str] | None = None  # paths of certificate and key, for TLS

    def __init__(self, *, fault: Fault | None = None) -> None:
        self.fault = fault
        self.spoil: Spoil | None = None
        self.busiest = 0  # the most requests that were under way at once
        self.under_way = 0
        self.connections: set[tuple[str, int]] = set()  # the clients' ends of those that were made
        self.ledger: list[Entry] = []
        self.lock = threading.RLock()
        self._server: ThreadingHTTPServer | None = None

    def answer(self, request: Request) -> tuple[Answer, bool]:
        """The answer, and whether the request was a write. Runs under the fake's lock, one request at a time."""
        raise NotImplementedError  # each platform's own

    @property
    def url(self) -> str:
        """Where the fake listens, without a slash at the end."""
        if self._server is None:
            self.start()
        assert self._server is not None
        scheme = "https" if self.certificate else "http"
        return f"{scheme}://127.0.0.1:{self._server.server_address[1]}"

    @property
    def writes(self) -> list[Entry]:
        """The ledger's writes."""
        return [entry for entry in self.ledger if entry.write]

    def start(self) -> Self:
        """Listen on a free port."""
        handler = type("Handler", (_Handler,), {"server_fake": self})
        server = _Server(("127.0.0.1", 0), handler)
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self.certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        self._server = server
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def close(self) -> None:
        """Stop listening; the ledger and the state stay."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count a request among those under way."""
        with self.lock:
            self.under_way += 1
            self.busiest = max(self.busiest, self.under_way)
        try:
            yield
        finally:
            with self.lock:
                self.under_way -= 1

    def handle(self, request: Request) -> Answer:
        """Answer one request and write it into the ledger."""
        with self.lock:
            fault = self.fault(len(self.ledger), request) if self.fault else None
            answer, write = (fault, False) if fault is not None else self.answer(request)
            if self.spoil and fault is None:
                answer = self.spoil(request, answer)
            self.ledger.append(Entry(request, answer.status, write))
        return answer


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as socketserver has it
        """Nothing where a client is gone before its answer was sent."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Dripping(io.BufferedIOBase):
    """Sends each byte on its own, for as long as the client waits for it."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:  # noqa: ANN401 - bytes of whatever kind
        sent = bytes(data)
        self._connection.settimeout(DROP)
        for byte in sent:
            self._connection.sendall(bytes([byte]))
            with suppress(TimeoutError):
                if not self._connection.recv(1):
                    raise ConnectionResetError
        self._connection.settimeout(None)
        return len(sent)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes: else each answer waits for a delayed ACK
    server_fake: FakeServer

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        url = urlsplit(self.path)
        body = self.rfile.read(length)
        if len(body) < length:  # the client is gone: half a request is none
            self.close_connection = True
            return
        request = Request(
            self.command,
            url.path,
            dict(parse_qsl(url.query, keep_blank_values=True)),
            {name.lower(): value for name, value in self.headers.items()},
            body,
        )
        self.server_fake.connections.add(self.client_address)
        with self.server_fake.counted():
            self._answer(self.server_fake.handle(request))

    def _answer(self, answer: Answer) -> None:
        if answer.reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
            return
        if answer.hang:
            self._hang()
            return
        whole = self.wfile
        if answer.drip == "head":
            self.wfile = _Dripping(self.connection)
        self.send_response_only(answer.status)
        for name, value in {"Date": self.date_time_string(), **answer.headers}.items():  # a fake may have its own clock
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile = _Dripping(self.connection) if answer.drip == "body" else whole
        self.wfile.write(answer.body if answer.cut is None else answer.body[: answer.cut])
        if answer.cut is not None or answer.drip:
            self.close_connection = True

    def _hang(self) -> None:
        """Until the client goes away: it has nothing more to say."""
        self.close_connection = True
        with suppress(OSError):
            self.connection.settimeout(PATIENCE)
            self.connection.recv(1)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the standard library
        """Nothing on the terminal: the ledger has it."""
