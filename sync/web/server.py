"""Listening: the application on a port of its own, in a thread beside the schedule."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from connector.errors import SettingsError
from connector.settings import ServeSettings

MOST = 64
"""Requests that are worked on at once; a further one is told to come later (503), and platforms do."""


@contextmanager
def listening(app: FastAPI, settings: ServeSettings) -> Iterator[str]:
    """Serve the application while the block lasts; its own address. SettingsError where the port is not to be had."""
    listener = _listener(settings)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # what a proxy says of the caller is asked nowhere
        lifespan="off",
        limit_concurrency=MOST,
        timeout_keep_alive=5,
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="web", daemon=True)
    thread.start()
    try:
        host, port = listener.getsockname()[:2]
        yield f"http://{f'[{host}]' if ':' in host else host}:{port}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


def _listener(settings: ServeSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family)
    except OSError as error:
        raise SettingsError(
            f"Nobody can listen on {settings.host}:{settings.port}: {error.strerror}.",
            remedy="Stop what listens there, or set another `port` under [serve].",
        ) from error
