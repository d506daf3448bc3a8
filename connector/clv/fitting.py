"""Maximum likelihood over positive parameters, by their logarithms."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Vector: TypeAlias = NDArray[np.float64]
Days: TypeAlias = NDArray[np.int64]
Objective: TypeAlias = Callable[[Vector], tuple[float, Vector]]
"""The log-likelihood and its gradient, at the logarithms of the parameters."""

FURTHEST = 7.0
"""The furthest that a logarithm goes: beyond e^±7 the data say nothing of a parameter but that it is extreme."""
_STEP = 1e-4


@dataclass(frozen=True, slots=True)
class Fit:
    """Where the likelihood is greatest. Not `settled` where that is at a bound, or no clear peak."""

    log: Vector
    log_likelihood: float
    curvature: NDArray[np.float64]  # the matrix of second derivatives, negated
    settled: bool

    def moved(self, score: Vector) -> Vector:
        """The logarithms that one Newton step reaches where each row of `score` is the gradient there."""
        steps = np.linalg.lstsq(self.curvature, score.T, rcond=None)[0].T
        return np.asarray(np.clip(self.log + steps, -FURTHEST, FURTHEST), dtype=np.float64)


def maximise(objective: Objective, starts: Iterable[Vector]) -> Fit:
    """The best of the peaks that are reached from `starts`, to the last digits of its place."""
    log = max((_climbed(objective, start) for start in starts), key=lambda found: objective(found)[0])
    log = _polished(objective, log)
    value, gradient = objective(log)
    curvature = _curvature(objective, log)
    inside = bool(np.all(np.abs(log) < FURTHEST - 0.01))
    peaked = bool(np.all(np.linalg.eigvalsh(curvature) > 0))
    settled = inside and peaked and bool(np.all(np.abs(np.linalg.solve(curvature, gradient)) < 1e-3))
    return Fit(log, value, curvature, settled)


def _climbed(objective: Objective, start: Vector) -> Vector:
    def downhill(log: Vector) -> tuple[float, Vector]:
        value, gradient = objective(log)
        return -value, -gradient

    bounds = [(-FURTHEST, FURTHEST)] * len(start)
    found = minimize(downhill, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"ftol": 1e-12})
    return np.asarray(found.x, dtype=np.float64)


def _polished(objective: Objective, log: Vector) -> Vector:
    """The place after at most three Newton steps, each taken only if it leads upwards."""
    for _ in range(3):
        value, gradient = objective(log)
        step = np.linalg.lstsq(_curvature(objective, log), gradient, rcond=None)[0]
        further = log + step
        if np.max(np.abs(step)) > 1 or np.max(np.abs(further)) > FURTHEST or objective(further)[0] < value:
            break
        log = further
    return log


def _curvature(objective: Objective, log: Vector) -> NDArray[np.float64]:
    rows = []
    for direction in np.eye(len(log)) * _STEP:
        rows.append((objective(log - direction)[1] - objective(log + direction)[1]) / (2 * _STEP))
    matrix = np.array(rows)
    symmetric: NDArray[np.float64] = (matrix + matrix.T) / 2
    return symmetric
