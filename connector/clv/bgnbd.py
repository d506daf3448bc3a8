"""How often people buy again: the BG/NBD model, in weeks.

While active, a person buys at a rate of their own (gamma over people: r, alpha); after each purchase they leave with a
chance of their own (beta over people: a, b). Fader, Hardie & Lee (2005), "Counting Your Customers" the Easy Way: An
Alternative to the Pareto/NBD Model, Marketing Science 24(2) 275-284, equations 6 and 10.

The model speaks of what follows a purchase, so whoever bought before our records began is described as well as anyone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, expit, gammaln, hyp2f1, psi

from connector.clv.fitting import Days, Fit, Vector, maximise

WEEK = 7
MANY = 20_000
"""Histories from which on the search begins where a tenth of them leads."""
_STARTS = [np.log(start) for start in ([1.0, 1.0, 1.0, 1.0], [0.3, 5.0, 1.0, 3.0], [1.0, 20.0, 0.3, 3.0])]
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(64)


@dataclass(frozen=True, slots=True)
class Cells:
    """Distinct histories, sorted, with how many people share each: repeats, and days from first to last and to now."""

    repeats: Days
    recency: Days
    age: Days
    people: Days
    of: NDArray[np.intp]  # for each person, their cell

    @staticmethod
    def gathered(repeats: Days, recency: Days, age: Days) -> Cells:
        """The cells of people's histories."""
        keys, of, people = np.unique(repeats << 32 | recency << 16 | age, return_inverse=True, return_counts=True)
        return Cells(keys >> 32, keys >> 16 & 0xFFFF, keys & 0xFFFF, people.astype(np.int64), of)

    def thinned(self) -> Cells:
        """Every tenth cell."""
        return Cells(self.repeats[::10], self.recency[::10], self.age[::10], self.people[::10], self.of[:0])


@dataclass(frozen=True, slots=True)
class BgNbd:
    """The model with its parameters, `alpha` in weeks; each a number, or a column with a row for each variant."""

    r: Vector
    alpha: Vector
    a: Vector
    b: Vector

    @staticmethod
    def at(log: Vector) -> BgNbd:
        """The model at the logarithms of its parameters, a row for each variant."""
        r, alpha, a, b = np.moveaxis(np.exp(log), -1, 0)[..., np.newaxis]
        return BgNbd(r, alpha, a, b)

    def alive(self, repeats: Days, recency: Days, age: Days) -> Vector:
        """The chance that a person has not left."""
        x, t_x, t = repeats, recency / WEEK, age / WEEK
        left = np.log(self.a / np.where(x > 0, self.b + x - 1, 1)) + (self.r + x) * np.log(
            (self.alpha + t) / (self.alpha + t_x)
        )
        chance: Vector = expit(-np.where(x > 0, left, -np.inf))
        return chance

    def expected(self, repeats: Days, recency: Days, age: Days, days: int) -> Vector:
        """The purchases to expect of a person within the next days."""
        s, beta = self.r + repeats, self.alpha + age / WEEK
        share, most = days / WEEK / beta, self.b + repeats
        s, share, a, most = np.broadcast_arrays(s, share, self.a, most)
        found = _while_active(s, share, a, most)
        odd = ~((found >= 0) & (found <= s * share * (1 + 1e-9)))
        if odd.any():
            found[odd] = _by_quantiles(s[odd], share[odd], a[odd], most[odd])
        purchases: Vector = self.alive(repeats, recency, age) * found
        return purchases

    def simulated(
        self, random: np.random.Generator, repeats: Days, recency: Days, age: Days, days: int
    ) -> NDArray[np.int64]:
        """One possible number of purchases of each person within the next days."""
        alive = random.random(np.broadcast_shapes(self.r.shape, repeats.shape)) < self.alive(repeats, recency, age)
        rate = random.gamma(self.r + repeats, 1 / (self.alpha + age / WEEK))
        leaving = np.clip(random.beta(self.a, self.b + repeats), 1e-9, 1)
        bought = np.minimum(random.poisson(np.minimum(rate * days / WEEK, 1e9)), random.geometric(leaving))
        return np.where(alive, bought, 0)


def fit_bgnbd(cells: Cells) -> Fit:
    """The model by which these histories are likeliest; log r, log alpha, log a, log b."""
    starts = [fit_bgnbd(cells.thinned()).log] if len(cells.people) > MANY else _STARTS

    def objective(log: Vector) -> tuple[float, Vector]:
        likelihood, scores = score(log, cells)
        return float(cells.people @ likelihood), scores @ cells.people

    return maximise(objective, starts)


def score(log: Vector, cells: Cells) -> tuple[Vector, Vector]:
    """The log-likelihood of each history, and its four derivatives by the logarithms of the parameters, as rows."""
    r, alpha, a, b = np.exp(log)
    x, t_x, t = cells.repeats, cells.recency / WEEK, cells.age / WEEK
    counts, of = np.unique(x, return_inverse=True)
    s, known, before = r + x, x > 0, np.where(x > 0, b + x - 1, 1)
    here = -s * np.log(alpha + t)
    gone = np.where(known, np.log(a / before) - s * np.log(alpha + t_x), -np.inf)
    either = np.logaddexp(here, gone)
    left = np.exp(gone - either)
    stayed = 1 - left
    common = gammaln(r + counts) - gammaln(r) + r * log[1]
    common += gammaln(a + b) + gammaln(b + counts) - gammaln(b) - gammaln(a + b + counts)
    by_a = psi(a + b) - psi(a + b + counts)
    by_b = by_a + psi(b + counts) - psi(b)
    by_r = (psi(r + counts) - psi(r) + log[1])[of] - stayed * np.log(alpha + t) - left * np.log(alpha + t_x)
    by_alpha = r / alpha - s * (stayed / (alpha + t) + left / (alpha + t_x))
    scores = np.array(
        [by_r * r, by_alpha * alpha, (by_a[of] + left / a) * a, (by_b[of] - np.where(known, left / before, 0)) * b]
    )
    return common[of] + either, scores


def _while_active(s: Vector, share: Vector, a: Vector, most: Vector) -> Vector:
    """Equation 10 without its denominator. Of two equal forms, the one whose series stays small.

    At a = 1 and at a + b + x = 1 it is continuous, but written as 0 / 0: there it is taken a hair beside.
    """
    a = np.where(np.abs(a - 1) < 1e-6, 1 + 1e-6, a)
    c = a + most - 1
    c = np.where(np.abs(c) < 1e-6, 1e-6, c)
    z, own = share / (1 + share), a - 1 > s
    with np.errstate(all="ignore"):
        series = hyp2f1(np.where(own, s, c - s), np.where(own, most, a - 1), c, z)
        found: Vector = c / (a - 1) * (1 - (1 - z) ** np.where(own, s, a - 1) * series)
    return found


def _by_quantiles(s: Vector, share: Vector, a: Vector, most: Vector) -> Vector:
    """The same where the series cannot be summed: the mean over the quantiles of the chance to leave."""
    places, weights = (_NODES + 1) / 2, _WEIGHTS / 2
    leaving = np.clip(betaincinv(a[:, None], most[:, None], places), 1e-300, 1)
    found: Vector = -np.expm1(-s[:, None] * np.log1p(leaving * share[:, None])) / leaving @ weights
    return found
