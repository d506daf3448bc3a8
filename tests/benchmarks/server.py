"""Bulk files served as Shopify serves them: an operation is started, is complete at once, and its file streams."""

from __future__ import annotations

import json
import shutil
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

CREATED_AT = "2026-06-30T03:00:00Z"


class Handler(BaseHTTPRequestHandler):
    """Serves the files named on the command line: of customers and of orders. A missing one has no rows."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    files: dict[str, Path]

    def do_POST(self) -> None:
        """The answers that a first load asks for."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text = json.dumps({"data": self._answer(body["query"], body["variables"])}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _answer(self, query: str, variables: dict[str, Any]) -> dict[str, Any]:
        if "bulkOperationRunQuery" in query:
            name = "customers" if "customers(" in variables["document"] else "orders"
            return {"started": {"bulkOperation": {"id": name, "createdAt": CREATED_AT}, "userErrors": []}}
        if "BulkStatus" in query:
            name = variables["id"]
            url = f"http://{self.headers['Host']}/{name}" if name in self.files else None
            operation = {"id": name, "createdAt": CREATED_AT, "status": "COMPLETED", "url": url}
            return {"bulkOperation": operation}
        return {"found": {"nodes": [], "pageInfo": {"hasNextPage": False}}}

    def do_GET(self) -> None:
        """The whole file."""
        path = self.files[urlsplit(self.path).path.removeprefix("/")]
        self.send_response(200)
        self.send_header("Content-Length", str(path.stat().st_size))
        self.end_headers()
        with path.open("rb") as file:
            shutil.copyfileobj(file, self.wfile, 1 << 18)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the standard library
        """Nothing on the terminal."""


if __name__ == "__main__":
    Handler.files = {name: Path(path) for name, path in zip(("orders", "customers"), sys.argv[1:], strict=False)}
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()
