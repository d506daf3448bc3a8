"""What a purchase is worth: the Gamma-Gamma model.

The values of a person's purchases vary around a mean of their own (gamma: p and a rate), and the rates over people
(gamma: q, gamma). Fader & Hardie (2013), The Gamma-Gamma Model of Monetary Value, equations 1a and 5,
http://brucehardie.com/notes/025/. It takes value and number of purchases to be independent.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, psi

from connector.clv.fitting import Days, Fit, Vector, maximise

_STARTS = [np.log(start) for start in ([1.0, 1.0, 1.0], [6.0, 3.0, 0.5], [2.0, 10.0, 5.0])]


@dataclass(frozen=True, slots=True)
class GammaGamma:
    """The model with its parameters, `gamma` in minor units; each a number, or a column with a row for each variant."""

    p: Vector
    q: Vector
    gamma: Vector

    @staticmethod
    def at(log: Vector, unit: float) -> GammaGamma:
        """The model at log p, log (q - 1) and log (gamma / unit), a row for each variant."""
        p, above, gamma = np.moveaxis(np.exp(log), -1, 0)[..., np.newaxis]
        return GammaGamma(p, 1 + above, gamma * unit)

    def mean(self, purchases: Days, value: Days) -> Vector:
        """The mean value to expect of a person whose purchases were worth `value` in sum."""
        mean: Vector = self.p * (self.gamma + value) / (self.p * purchases + self.q - 1)
        return mean

    def simulated(self, random: np.random.Generator, bought: Days, purchases: Days, value: Days) -> Vector:
        """One possible worth of so many purchases `bought` by each person."""
        rate = random.gamma(self.q + self.p * purchases, 1 / (self.gamma + value))
        worth: Vector = random.gamma(self.p * bought) / np.maximum(rate, 1e-300)
        return worth


def fit_gamma_gamma(purchases: Days, value: Days) -> tuple[Fit, float]:
    """The model by which these sums are likeliest, each of one purchase or more and above 0; and its unit of money.

    log p, log (q - 1), log (gamma / unit): a mean over people exists only for q above 1.
    """
    unit = float(value.sum() / purchases.sum())

    def objective(log: Vector) -> tuple[float, Vector]:
        likelihood, scores = score(log, purchases, value, unit)
        return float(likelihood.sum()), scores.sum(axis=1)

    return maximise(objective, _STARTS), unit


def score(log: Vector, purchases: Days, value: Days, unit: float) -> tuple[Vector, Vector]:
    """The log-likelihood of each person's mean, and its three derivatives by the logarithms, as rows."""
    p, above, gamma = np.exp(log)
    q, x, total = 1 + above, purchases, value / unit
    counts, of = np.unique(x, return_inverse=True)
    shape, scale = p * x, np.log(gamma + total)
    common = gammaln(p * counts + q) - gammaln(p * counts) - gammaln(q) + q * log[2]
    likelihood = common[of] + shape * np.log(total) - np.log(total / x) - (shape + q) * scale
    more = psi(p * counts + q)
    by_p = x * ((more - psi(p * counts))[of] + np.log(total) - scale)
    by_q = (more - psi(q) + log[2])[of] - scale
    by_gamma = q / gamma - (shape + q) / (gamma + total)
    return likelihood, np.array([by_p * p, by_q * above, by_gamma * gamma])
