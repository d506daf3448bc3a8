"""A bad day at a platform: a share of its answers fails in every way that platforms have, all by one seed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from random import Random

from connectors.http import Client
from connectors.line import STRETCH
from sync.demo.server import Answer, FakeServer, Request
from tests.contract import Clock

HTML = {"Content-Type": "text/html; charset=UTF-8"}
THROTTLED = {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]}
BROKEN = {"errors": [{"message": "Internal error", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}
PATIENCE = 0.5
"""Seconds that a client waits in these tests for an answer that never comes."""

Plan = dict[str, Callable[["BadDay"], Answer]]
Spoilt = dict[str, Callable[["BadDay", Answer], Answer]]

INSTEAD: Plan = {
    "429": lambda day: Answer(429, headers={"Retry-After": day.later()}),
    "429 that says nothing": lambda _: Answer(429),
    "500": lambda _: Answer(500, b'{"code":"internal_server_error"}'),
    "502": lambda _: Answer(502, b"<html>Bad Gateway</html>", HTML),
    "503": lambda day: Answer(503, b"<h1>Maintenance</h1>", {**HTML, "Retry-After": day.later()}),
    "reset": lambda _: Answer(reset=True),
    "time-out": lambda _: Answer(hang=True),
    "HTML": lambda _: Answer(200, b"<!doctype html><title>Checking your browser</title>", HTML),
}
"""What comes instead of an answer: the request was never carried out."""

GRAPHQL: Plan = {"THROTTLED": lambda _: Answer.of(THROTTLED), "INTERNAL": lambda _: Answer.of(BROKEN)}

SPOILT: Spoilt = {
    "504 afterwards": lambda _, answer: Answer(504, b"<html>Gateway Time-out</html>", HTML),
    "reset afterwards": lambda _, answer: Answer(reset=True),
    "cut": lambda day, answer: replace(answer, cut=day.within(answer)),
    "slow drip": lambda _, answer: replace(answer, drip="body"),
    "slow drip of the head": lambda _, answer: replace(answer, drip="head"),
}
"""What becomes of the answer to a request that was carried out."""

TRUNCATED: Spoilt = {"truncated": lambda day, answer: replace(answer, body=answer.body[: day.within(answer)])}
"""A cut that the length of the answer does not give away: JSON, or a size told before, does."""


@dataclass
class BadDay:
    """Has `share` of a fake's answers to a client fail. `early` counts the requests sent before their Retry-After."""

    fake: FakeServer
    client: Client
    clock: Clock
    seed: int
    share: float = 0.3
    dates: bool = False  # whether a Retry-After may be a date, by the fake's clock
    found: Counter[str] = field(default_factory=Counter)
    early: int = 0

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.until: datetime | None = None
        self.fate = ""
        self.fake.fault, self.fake.spoil = self.instead, self.spoil
        self.client.timeout, self.client.clock = (10.0, PATIENCE), self.look

    def instead(self, _number: int, request: Request) -> Answer | None:
        """What comes instead of an answer, decided with what becomes of it otherwise."""
        if self.until is not None and self.clock() < self.until:
            self.early += 1
        self.until, self.fate = None, ""
        if self.random.random() >= self.share:
            return None
        plan = INSTEAD | (GRAPHQL if request.path.endswith("graphql.json") else {})
        self.fate = self.random.choice(sorted([*plan, *SPOILT, *TRUNCATED]))
        self.found[self.fate] += 1
        return plan[self.fate](self) if self.fate in plan else None

    def spoil(self, _request: Request, answer: Answer) -> Answer:
        """The answer as it arrives."""
        spoilt = {**SPOILT, **TRUNCATED}
        return spoilt[self.fate](self, answer) if self.fate in spoilt else answer

    def look(self) -> float:
        """What the client's clock says: while an answer drips, more than a minute passes with each look."""
        if self.fate.startswith("slow drip"):
            self.clock.move(seconds=STRETCH + 1)
        return self.clock.timestamp()

    def later(self) -> str:
        """A Retry-After, in seconds or as a date."""
        seconds = self.random.randrange(1, 30)
        self.until = self.clock() + timedelta(seconds=seconds)
        if self.dates and self.random.random() < 0.5:
            self.until = self.until.replace(microsecond=0)
            return format_datetime(self.until, usegmt=True)
        return str(seconds)

    def within(self, answer: Answer) -> int:
        """A place in the body, never its end."""
        return self.random.randrange(max(1, len(answer.body)))

    def told(self) -> str:
        """The seed and what came, for a test that fails."""
        return json.dumps({"seed": self.seed, **self.found})
