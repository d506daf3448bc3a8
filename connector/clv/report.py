"""The answer of `connector clv`: the models, and money shown only where there is enough behind it.

clv(connection, family, as_of, language) -> Report
held_against(report, connection, family, until) -> dict      what the model expected, and what came
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection

from connector.catalogue import Family
from connector.clv.fitting import Vector
from connector.clv.forecast import YEAR, Forecast, Model, by_group, by_person, clv_12m, fit
from connector.clv.histories import Histories, read
from connector.days import day_date
from connector.history.segments import currency_of
from connector.language import Language
from connector.money import decimals
from connector.people import emails

PEOPLE = 100
MONTHS = 12
OFTEN = 7
"""Whoever came back so often or more is counted together in a comparison."""

_REASONS: Mapping[str, Mapping[Language, str]] = {
    "people": {
        "fr": "Trop peu de personnes sont revenues acheter ({count} sur les {needed} qu'il faut).",
        "en": "Too few people came back to buy ({count} of the {needed} that are needed).",
    },
    "days": {
        "fr": "L'historique compte {count} jours ; il en faut {needed}.",
        "en": "The history has {count} days; {needed} are needed.",
    },
    "fit": {
        "fr": "Le modèle ne trouve pas d'appui stable dans ces achats.",
        "en": "The model finds no firm footing in these purchases.",
    },
}


@dataclass(frozen=True, slots=True)
class Report:
    """What was found as of a day. `values` are those of the model's buyers; `reason` says why none are shown."""

    as_of: int
    family: Family
    currency: str
    people: Histories
    model: Model | None
    reason: str | None
    discount: float

    @property
    def values(self) -> Vector | None:
        """What each of the model's buyers may bring within a year, None where that is hidden."""
        return None if self.model is None or self.reason is not None else clv_12m(self.model, self.discount)


def clv(
    connection: Connection, family: Family, as_of: int, language: Language = "en", *, discount: float = 0.0
) -> Report:
    """The models of all who bought by the end of a day, and whether money is shown; `discount` is a yearly rate."""
    people = read(connection, family, as_of)
    buyers = people.buyers()
    model = fit(buyers) if len(buyers) else None
    reason = _thin(buyers, model, language)
    return Report(as_of, family, currency_of(connection), people, model, reason, discount)


def shown(connection: Connection, report: Report, best: int = 0) -> dict[str, Any]:
    """A report as data, with the `best` people by what they may bring."""
    values = report.values
    groups: dict[int, Forecast] = {}
    total = None
    if report.model is not None and values is not None:
        groups, total = by_group(report.model, values, report.model.buyers.stage, report.discount)
    bought = report.people.days > 0
    answer = {
        "as_of": day_date(report.as_of).isoformat(),
        "people": int(bought.sum()),
        "without_repeat": int((report.people.days == 1).sum()),
        "repeats": int(report.people.repeats[bought].sum()),
        **_models(report),
        "discount": report.discount,
        "available": values is not None,
        "reason": report.reason,
        "net_spend": _money(int(report.people.spent.sum()), report.currency),
        "total": _forecast(total, report.currency),
        "by_stage": _stages(report, groups),
    }
    if best:
        answer["best"] = _best(connection, report, values, best)
    return answer


def held_against(report: Report, connection: Connection, until: int) -> dict[str, Any] | None:
    """The purchase days that the model expects after its day up to another, and those that came; None without a model.

    Per person, by the number of repeats before. A purchase taken back since is none.
    """
    if report.model is None:
        return None
    then = report.people.chosen(report.people.days > 0)
    now = read(connection, report.family, until)
    days = dict(zip(now.person.tolist(), now.days.tolist(), strict=True))
    actual = np.array([days.get(person, 0) for person in then.person.tolist()]) - then.days
    model = report.model.best[0]
    expected = model.expected(then.repeats, then.recency, then.age, until - report.as_of)
    often = np.minimum(then.repeats, OFTEN)
    rows = [
        {
            "repeats": int(number),
            "people": int((often == number).sum()),
            "expected": round(float(expected[often == number].mean()), 6),
            "actual": round(float(actual[often == number].mean()), 6),
        }
        for number in np.unique(often)
    ]
    return {
        "until": day_date(until).isoformat(),
        "expected": round(float(expected.sum()), 3),
        "actual": int(actual.sum()),
        "by_repeats": rows,
    }


def _thin(buyers: Histories, model: Model | None, language: Language) -> str | None:
    """Why no money is shown, None where it is."""
    again = int((buyers.days > 1).sum())
    if again < PEOPLE:
        return _REASONS["people"][language].format(count=again, needed=PEOPLE)
    days = int(buyers.age.max())
    if days < YEAR:
        return _REASONS["days"][language].format(count=days, needed=YEAR)
    if model is None or not model.settled:
        return _REASONS["fit"][language]
    return None


def _models(report: Report) -> dict[str, Any]:
    if report.model is None:
        return {"model": None, "spend": None}
    purchases, spending = report.model.best
    unit = 10 ** decimals(report.currency)
    return {
        "model": {
            **{name: round(float(getattr(purchases, name)[0]), 6) for name in ("r", "alpha", "a", "b")},
            "log_likelihood": round(report.model.purchases.log_likelihood, 4),
        },
        "spend": {
            "p": round(float(spending.p[0]), 6),
            "q": round(float(spending.q[0]), 6),
            "gamma": round(float(spending.gamma[0]) / unit, 6),
        },
    }


def _stages(report: Report, groups: Mapping[int, Forecast]) -> list[dict[str, Any]]:
    found = []
    for number, stage in enumerate(report.family.stages):
        here = report.people.stage == number
        found.append(
            {
                "key": stage.key,
                "people": int(here.sum()),
                "net_spend": _money(int(report.people.spent[here].sum()), report.currency),
                "clv_12m": _forecast(groups.get(number), report.currency),
            }
        )
    return found


def _best(connection: Connection, report: Report, values: Vector | None, best: int) -> list[dict[str, Any]]:
    if report.model is None or values is None:
        return []
    buyers = report.model.buyers
    places = np.lexsort((buyers.person, -values))[:best].tolist()
    numbers = [int(buyers.person[place]) for place in places]
    addresses = emails(connection, numbers)
    alive = report.model.best[0].alive(buyers.repeats, buyers.recency, buyers.age)
    forecasts = by_person(report.model, values, places, report.discount)
    return [
        {
            "person": number,
            "email": addresses.get(number),
            "net_spend": _money(int(buyers.spent[place]), report.currency),
            "clv_12m": _forecast(forecast, report.currency),
            "active": round(float(alive[place]), 6),
        }
        for number, place, forecast in zip(numbers, places, forecasts, strict=True)
    ]


def _money(minor: int, currency: str) -> dict[str, Any]:
    return {"minor": minor, "currency": currency}


def _forecast(forecast: Forecast | None, currency: str) -> dict[str, Any] | None:
    if forecast is None:
        return None
    return {
        "minor": round(forecast.value),
        "low": round(forecast.low),
        "high": round(forecast.high),
        "currency": currency,
    }
