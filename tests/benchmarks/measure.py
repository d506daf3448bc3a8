"""One step in a process of its own: how long it took, and how much memory it took at most."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

Facts = dict[str, Any]


class Measured(NamedTuple):
    """What a step took, by the clock and of the processor, and what else it told."""

    seconds: float
    cpu: float
    megabytes: float
    facts: Facts


def run(module: str, step: str, *arguments: object) -> Measured:
    """Run `step` of a module; the last line of its output is its facts."""
    command = [sys.executable, "-m", f"tests.benchmarks.{module}", step, *map(str, arguments)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    facts = json.loads(output.splitlines()[-1])  # before it, what the product itself has to say
    return Measured(facts.pop("seconds"), facts.pop("cpu"), facts.pop("megabytes"), facts)


def middle(runs: list[Measured]) -> Measured:
    """The run whose time is the median, with the largest memory of all."""
    seconds = median(run.seconds for run in runs)
    chosen = min(runs, key=lambda run: abs(run.seconds - seconds))
    return Measured(chosen.seconds, median(run.cpu for run in runs), max(run.megabytes for run in runs), chosen.facts)


class Step:
    """Times its `with` block, and puts what that took beside what else there is to tell."""

    def __init__(self) -> None:
        self.facts: Facts = {}

    def __enter__(self) -> Facts:
        self.began, self.worked = time.perf_counter(), time.process_time()
        return self.facts

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            took = {"seconds": time.perf_counter() - self.began, "cpu": time.process_time() - self.worked}
            self.facts |= {**took, "megabytes": _peak()}


def _peak() -> float:
    """The most memory that this process has held, in MB; unlike getrusage's, exec begins it anew."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1000
    raise RuntimeError("This system does not tell.")


@contextmanager
def serving(*files: Path) -> Iterator[str]:
    """The address of a process that serves bulk files: of orders, and of customers."""
    command = [sys.executable, "-m", "tests.benchmarks.server", *map(str, files)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.kill()
