"""Logging, set up once, for every program: words for a terminal, JSON lines for everything else."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_SECRET = re.compile(r"(shp(at|ss|ca|pa)_[0-9a-zA-Z]+|c[ks]_[0-9a-f]{20,}|[0-9a-f]{32}-[a-z]{2}[0-9]+)")
_ADDRESS = re.compile(r"[^\s@<>\"'(),:;]+@[^\s@<>\"'(),:;]+\.[^\s@<>\"'(),:;]+")
_NAMES = re.compile(r"(token|secret|password|api_?key|authorization)", re.IGNORECASE)


def set_up(*, verbose: bool = False) -> None:
    """Send the product's log lines to standard error, secrets blotted out."""
    for library in ("oauthlib", "requests_oauthlib"):  # which at DEBUG write whatever they sign, bodies too
        logging.getLogger(library).setLevel(logging.WARNING)
    terminal = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            redact,
            structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if verbose else logging.WARNING),
        logger_factory=_to_standard_error,
        cache_logger_on_first_use=False,
    )


def _to_standard_error(*_names: object) -> structlog.PrintLogger:
    """A logger to what standard error is when it is used."""
    return structlog.PrintLogger(sys.stderr)


def redact(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The event without what looks like a key, by its name or by its form, and without anybody's address."""
    return {
        name: "***" if _NAMES.search(name) else nameless(value) if isinstance(value, str) else value
        for name, value in event.items()
    }


def nameless(text: str) -> str:
    """A text that is kept or logged, without e-mail addresses and keys."""
    return _ADDRESS.sub("***@***", keyless(text))


def keyless(text: str) -> str:
    """A text without what looks like a key: one may stand where its name or its file was to be written."""
    return _SECRET.sub("***", text)
