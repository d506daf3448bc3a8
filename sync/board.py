"""What is under way in this process, for whoever looks: told by the thread that works, read by any other."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """How far a stream of a shop or a tool is; `expected` is None where nobody knows."""

    title: str  # the store, the destination or the file; "" of the recompute
    stream: str  # customers, orders, checkouts, people, addresses
    done: int
    expected: int | None


class Board:
    """The steps that are under way. They are replaced as a whole, so that no reader sees half of a change."""

    def __init__(self) -> None:
        self.steps: tuple[Step, ...] = ()

    def tell(self, step: Step) -> None:
        """Put a step on the board, in the place of what it said before."""
        known = [(one.title, one.stream) for one in self.steps]
        key = (step.title, step.stream)
        others = tuple(step if (one.title, one.stream) == key else one for one in self.steps)
        self.steps = others if key in known else (*others, step)

    def clear(self, title: str) -> None:
        """Take off what was told under a title, which is over."""
        self.steps = tuple(one for one in self.steps if one.title != title)
