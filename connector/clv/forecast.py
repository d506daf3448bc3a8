"""What people may spend within the next 12 months, each sum with the interval that 95 of 100 outcomes fall into.

The value is purchases to expect times the mean value to expect (Fader, Hardie & Lee 2005, RFM and CLV: Using Iso-Value
Curves for Customer Base Analysis, Journal of Marketing Research 42(4) 415-430). The interval has both doubts in it:
that other people could have been seen (a bootstrap of persons, each followed by one Newton step of the likelihood),
and that each person is free to do as they like (their purchases are simulated).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from connector.clv import bgnbd, spending
from connector.clv.bgnbd import BgNbd, Cells, fit_bgnbd
from connector.clv.fitting import Fit, Vector
from connector.clv.histories import Histories
from connector.clv.spending import GammaGamma, fit_gamma_gamma

YEAR = 365
SEED = 20050501
VARIANTS = 400
RESAMPLED = 20_000
"""People drawn for a variant; of a larger base the doubt is scaled down accordingly."""
SIMULATED = 2_000
"""People of a group who are simulated; a larger group scatters as they do, in proportion."""
OUTCOMES = 10
"""Years simulated for one person in each variant."""
CHUNK = 200_000


@dataclass(frozen=True, slots=True)
class Model:
    """Both models, fitted to one base of buyers."""

    purchases: Fit
    spending: Fit
    unit: float
    buyers: Histories
    cells: Cells

    @property
    def settled(self) -> bool:
        """Whether both are."""
        return self.purchases.settled and self.spending.settled

    @property
    def best(self) -> tuple[BgNbd, GammaGamma]:
        """The models as they fit best."""
        return BgNbd.at(self.purchases.log), GammaGamma.at(self.spending.log, self.unit)


@dataclass(frozen=True, slots=True)
class Forecast:
    """Money in minor units: what to expect, and from where to where 95 of 100 outcomes lie."""

    value: float
    low: float
    high: float


def fit(buyers: Histories) -> Model | None:
    """The models of these buyers; None where none of them came back with money."""
    spent = (buyers.valued > 0) & (buyers.value > 0)
    if not spent.any():
        return None
    cells = Cells.gathered(buyers.repeats, buyers.recency, buyers.age)
    purchases = fit_bgnbd(cells)
    money, unit = fit_gamma_gamma(buyers.valued[spent], buyers.value[spent])
    return Model(purchases, money, unit, buyers, cells)


def clv_12m(model: Model, discount: float = 0.0) -> Vector:
    """What to expect of each of the model's buyers in 365 days, in minor units, discounted by a yearly rate."""
    parts = [
        _value(model.best, model.buyers.chosen(np.arange(start, min(start + CHUNK, len(model.buyers)))), discount)
        for start in range(0, len(model.buyers), CHUNK)
    ]
    return np.concatenate(parts)


def by_group(
    model: Model, values: Vector, group: NDArray[np.int64], discount: float = 0.0
) -> tuple[dict[int, Forecast], Forecast]:
    """The forecast of each group of buyers, and that of all; `values` are clv_12m's."""
    random = np.random.default_rng(SEED)
    variants = _variants(model, random)
    outcomes = {
        int(number): _outcomes(model, variants, random, values, np.flatnonzero(group == number), discount)
        for number in np.unique(group)
    }
    sums = {number: float(np.sum(values[group == number])) for number in outcomes}
    found = {number: _forecast(sums[number], outcome) for number, outcome in outcomes.items()}
    return found, _forecast(sum(sums.values()), np.sum(list(outcomes.values()), axis=0))


def by_person(model: Model, values: Vector, who: Sequence[int], discount: float = 0.0) -> list[Forecast]:
    """The forecasts of some of the model's buyers, by their places."""
    random = np.random.default_rng(SEED)
    variants = _variants(model, random)
    people = model.buyers.chosen(np.asarray(who, dtype=np.intp))
    years = np.concatenate([_simulated(variants, random, people, discount) for _ in range(OUTCOMES)])
    return [_forecast(float(values[place]), years[:, column]) for column, place in enumerate(who)]


def _variants(model: Model, random: np.random.Generator) -> tuple[BgNbd, GammaGamma]:
    """The models as they would have come out for other people like these."""
    buyers = model.buyers
    spent = np.flatnonzero((buyers.valued > 0) & (buyers.value > 0))
    bought = bgnbd.score(model.purchases.log, model.cells)[1]
    paid = spending.score(model.spending.log, buyers.valued[spent], buyers.value[spent], model.unit)[1]
    row = np.full(len(buyers), len(spent))
    row[spent] = np.arange(len(spent))
    paid = np.hstack([paid, np.zeros((3, 1))])
    drawn = min(len(buyers), RESAMPLED)
    scale = np.sqrt(len(buyers) / drawn)
    scores = []
    for _ in range(VARIANTS):
        who = random.integers(0, len(buyers), drawn)
        scores.append(np.concatenate([bought[:, model.cells.of[who]].sum(1), paid[:, row[who]].sum(1)]) * scale)
    score = np.array(scores)
    score -= score.mean(axis=0)
    purchases, money = model.purchases.moved(score[:, :4]), model.spending.moved(score[:, 4:])
    return BgNbd.at(purchases), GammaGamma.at(money, model.unit)


def _outcomes(
    model: Model,
    variants: tuple[BgNbd, GammaGamma],
    random: np.random.Generator,
    values: Vector,
    members: NDArray[np.intp],
    discount: float,
) -> Vector:
    """What a group may spend in sum, once for each variant."""
    drawn = np.sort(random.choice(members, min(len(members), SIMULATED), replace=False))
    people = model.buyers.chosen(drawn)
    expected = _value(variants, people, discount)
    chance = (_simulated(variants, random, people, discount) - expected).sum(axis=1)
    grown = values[members].sum() * expected.sum(axis=1) / max(values[drawn].sum(), 1e-300)
    outcomes: Vector = grown + chance * np.sqrt(len(members) / len(drawn))
    return outcomes


def _value(models: tuple[BgNbd, GammaGamma], people: Histories, discount: float) -> Vector:
    purchases, money = models
    expected: Vector = _purchases(purchases, people, discount) * money.mean(people.valued, _worth(people))
    return expected


def _purchases(model: BgNbd, people: Histories, discount: float) -> Vector:
    """The purchases of a year; with a discount, month by month, each counted for less than the one before."""
    history = people.repeats, people.recency, people.age
    if discount == 0:
        return model.expected(*history, YEAR)
    ends = [round(YEAR * month / 12) for month in range(13)]
    reached = [model.expected(*history, end) for end in ends]
    months = enumerate(pairwise(reached))
    worth: Vector = np.sum([(end - start) / (1 + discount) ** ((n + 0.5) / 12) for n, (start, end) in months], axis=0)
    return worth


def _simulated(
    variants: tuple[BgNbd, GammaGamma], random: np.random.Generator, people: Histories, discount: float
) -> Vector:
    """One possible year of each person in each variant, a row a variant, discounted as in mid-year."""
    purchases, money = variants
    bought = purchases.simulated(random, people.repeats, people.recency, people.age, YEAR)
    spent: Vector = money.simulated(random, bought, people.valued, _worth(people)) / (1 + discount) ** 0.5
    return spent


def _worth(people: Histories) -> NDArray[np.int64]:
    return np.maximum(people.value, 0)


def _forecast(value: float, outcomes: Vector) -> Forecast:
    low, high = np.quantile(outcomes, [0.025, 0.975])
    return Forecast(value, max(0.0, float(low)), float(high))
