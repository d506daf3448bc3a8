"""Mailchimp's batches: operations handed in together, worked off in the background, their results in a tar.gz."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sync.demo.server import Answer, Request

LINK_LIVES = timedelta(minutes=10)
STATES = ("pending", "started", "finished")
Body = dict[str, Any]


@dataclass
class FakeBatch:
    """Operations that are worked off when the batch has been asked for `polls` times more."""

    id: str
    operations: list[Body]
    polls: int
    results: list[Body] | None = None
    link_until: datetime | None = None


class Batches:
    """All batches of an account. `operate` works one operation off; `polls` is how long each batch takes."""

    def __init__(self, operate: Callable[[Body], Body], now: Callable[[], datetime]) -> None:
        self.operate = operate
        self.now = now
        self.polls = 2
        self.held: dict[str, FakeBatch] = {}
        self.stopped: list[str] = []
        self.keys_seen = 0  # how often the storage of the results was shown a key
        self._number = 0

    def add(self, operations: list[Body]) -> FakeBatch:
        """A new batch."""
        self._number += 1
        batch = FakeBatch(f"batch{self._number}", operations, self.polls)
        self.held[batch.id] = batch
        return batch

    def ask(self, batch_id: str) -> FakeBatch | None:
        """The batch, a step further; None where there is none."""
        batch = self.held.get(batch_id)
        if batch is not None:
            batch.polls -= 1
            if batch.polls <= 0 and batch.results is None:
                batch.results = [self.operate(operation) for operation in batch.operations]
            batch.link_until = self.now() + LINK_LIVES
        return batch

    def stop(self, batch_id: str) -> bool:
        """Give a batch up, with its results; False where there is none."""
        self.stopped.append(batch_id)
        return self.held.pop(batch_id, None) is not None

    def shown(self, batch: FakeBatch, url: str) -> Body:
        """The batch as Mailchimp shows it to an account at `url`."""
        done = batch.results or []
        finished = batch.results is not None
        return {
            "id": batch.id,
            "status": STATES[2 if finished else batch.polls < self.polls],
            "total_operations": len(batch.operations),
            "finished_operations": len(done),
            "errored_operations": sum(result["status_code"] >= 400 for result in done),
            "response_body_url": f"{url}/results/{batch.id}.tar.gz" if finished else "",
        }

    def download(self, request: Request) -> Answer:
        """The results as another company's storage hands them out: no key is wanted, and the link expires."""
        self.keys_seen += "authorization" in request.headers
        batch = self.held.get(request.path.removeprefix("/results/").removesuffix(".tar.gz"))
        if batch is None or batch.results is None or batch.link_until is None or self.now() > batch.link_until:
            return Answer(403, b"<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>")
        half = len(batch.results) // 2
        return Answer(200, _archive(batch.results[:half], batch.results[half:]), {"Content-Type": "application/gzip"})


def _archive(*parts: list[Body]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        folder = tarfile.TarInfo("responses")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        for number, rows in enumerate(parts):
            content = json.dumps(rows).encode()
            entry = tarfile.TarInfo(f"responses/{number}.json")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()
