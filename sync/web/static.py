"""The files that pages are made of: our own, and Plotly's from its installed package; nothing comes from elsewhere."""

from __future__ import annotations

import gzip
import hashlib
import re
from functools import lru_cache
from importlib.resources import files

from fastapi import HTTPException, Request, Response

_TYPES = {
    "style.css": "text/css; charset=utf-8",
    "charts.js": "text/javascript; charset=utf-8",
    "drop.js": "text/javascript; charset=utf-8",
    "live.js": "text/javascript; charset=utf-8",
    "rules.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "plotly.min.js": "text/javascript; charset=utf-8",
}


def served(name: str, request: Request) -> Response:
    """A file, to be kept by the browser for as long as it likes: a changed one has another address."""
    if name not in _TYPES:
        raise HTTPException(404)
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", "").lower():
        return Response(_packed(name), media_type=_TYPES[name], headers={**headers, "Content-Encoding": "gzip"})
    return Response(_read(name), media_type=_TYPES[name], headers=headers)


@lru_cache
def address(name: str) -> str:
    """Where a page finds a file, at its present version."""
    return f"/static/{name}?v={hashlib.sha256(_read(name)).hexdigest()[:12]}"


def text(name: str) -> str:
    """A file of ours as text, its lines ended as browsers count them."""
    return _read(name).decode("utf-8").replace("\r\n", "\n")


@lru_cache
def style_ids() -> list[str]:
    """The ids of the styles that Plotly adds to a page where they are not: the policy lets it add none."""
    found = re.findall(rb'getElementById\("([0-9a-f]{64})"\)', _read("plotly.min.js"))
    return ["plotly.js-style-global", *dict.fromkeys(name.decode() for name in found)]


@lru_cache
def _read(name: str) -> bytes:
    package, folder = ("plotly", "package_data") if name.startswith("plotly") else ("sync.web", "static")
    return files(package).joinpath(folder, name).read_bytes()


@lru_cache
def _packed(name: str) -> bytes:
    return gzip.compress(_read(name), 6, mtime=0)
