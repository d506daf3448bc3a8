"""What platforms bear, on a simulated clock: a leaky bucket, and others who use it too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

from sync.demo.server import Answer, Request
from sync.demo.shopify import FakeShopify


@dataclass
class Neighbour:
    """Another app: so many points or requests at once, every so many seconds on average, at moments by a seed."""

    every: float
    takes: float
    seed: int

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.next: float | None = None

    def due(self, now: datetime) -> Iterator[tuple[float, float]]:
        """When it has asked since it was last looked at, in seconds since the epoch, and for how much each time."""
        if self.next is None:
            self.next = now.timestamp() + self.random.random() * self.every
        while self.next <= now.timestamp():
            yield self.next, self.takes
            self.next += self.random.uniform(0.5, 1.5) * self.every


def events(neighbours: Sequence[Neighbour], now: datetime) -> list[tuple[float, float]]:
    """What all of them have asked for, one after the other."""
    return sorted(event for neighbour in neighbours for event in neighbour.due(now))


@dataclass
class Host:
    """A shop's host that bears `per_second` requests, and `burst` of them at once; as a fault of the shop's fake."""

    now: Callable[[], datetime]
    per_second: float = 2.0
    burst: float = 2.0
    neighbours: Sequence[Neighbour] = ()
    times: list[float] = field(default_factory=list)  # when we asked
    refused: int = 0

    def __post_init__(self) -> None:
        self.free, self.at = self.burst, self.now().timestamp()

    def __call__(self, _number: int, _request: Request) -> Answer | None:
        now = self.now()
        self.times.append(now.timestamp())
        for moment, takes in events(self.neighbours, now):
            self._fill(moment)
            self.free -= min(self.free, takes)
        self._fill(now.timestamp())
        if self.free < 1.0:
            self.refused += 1
            return Answer(429, b"<h1>429 Too Many Requests</h1>", {"Content-Type": "text/html"})
        self.free -= 1.0
        return None

    def _fill(self, moment: float) -> None:
        self.free = min(self.burst, self.free + max(0.0, moment - self.at) * self.per_second)
        self.at = max(moment, self.at)

    def most(self, seconds: float) -> int:
        """The most requests in any stretch of so many seconds."""
        ends = range(len(self.times))
        return max(sum(1 for t in self.times[end:] if t < self.times[end] + seconds) for end in ends)


def share_budget(fake: FakeShopify, neighbours: Sequence[Neighbour]) -> None:
    """Have others use the budget of a Shopify shop too."""

    def taken(_number: int, _request: Request) -> Answer | None:
        for moment, points in events(neighbours, fake.now()):
            fake.others_take(points, datetime.fromtimestamp(moment, UTC))
        return None

    fake.fault = taken
