"""Customer lifetime value, held to what is published of CDNOW's sample, and to what must hold of any shop.

Published: Fader, Hardie & Lee (2005) and the walkthrough of the R package BTYD (BG/NBD, customer 1516, the holdout
table); Fader & Hardie (2013) (Gamma-Gamma); Hardie's note on the model in Excel (E[Y(39)]).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import beta
from sqlalchemy import Engine
from typer.testing import CliRunner

from connector.answers.reports import segments
from connector.catalogue import catalogue
from connector.clv.bgnbd import BgNbd, Cells, fit_bgnbd
from connector.clv.bgnbd import score as purchase_scores
from connector.clv.fitting import Days, Vector
from connector.clv.forecast import Model, by_group, by_person, clv_12m, fit
from connector.clv.histories import Histories, read
from connector.clv.report import clv, held_against, shown
from connector.clv.spending import GammaGamma
from connector.clv.spending import score as spending_scores
from connector.days import day_date
from sync.cli import app
from sync.demo.shopify import FakeShopify
from tests import outside, real_orders
from tests.command_line import ROOT, CommandLine
from tests.outside import Cd
from tests.rules_evaluator import attribute
from tests.rules_world import BASE, Person, Sale, lent, load, person, shops

SAMPLE = outside.DATA / "cdnow_sample.csv.gz"
SPREAD = catalogue()[0]
CALIBRATED = date(1997, 9, 30)
HOLDOUT = (0.225, 0.523, 1.044, 1.520, 2.164, 2.654, 3.504, 6.157)
ACTUAL = (0.237, 0.697, 1.393, 1.560, 2.532, 2.947, 3.862, 6.359)
PUBLISHED = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
CDNOW = BgNbd(*(np.array([value]) for value in (0.2425982, 4.413684, 0.7929899, 2.426167)))

needs_sample = pytest.mark.skipif(
    not SAMPLE.exists(), reason="the sample is not here: ../shared/data/cdnow_sample.csv.gz"
)


def whole(*values: float) -> Days:
    return np.array(values, dtype=np.int64)


def sample() -> list[Cd]:
    """The orders of the sample, in the file's order."""
    return [
        Cd(int(row["sample_id"]), date.fromisoformat(row["date"]), round(float(row["amount"]) * 100))
        for row in outside.rows(SAMPLE)
    ]


# ------------------------------------------------------------------------------- CDNOW, through the fake Shopify


@pytest.fixture(scope="module")
def pulled(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """The sample, served as a Shopify shop and pulled by the product; its orders of nothing count, as published."""
    now = datetime(1998, 7, 1, 12, tzinfo=UTC)
    line = CommandLine(tmp_path_factory.mktemp("cdnow"), now.isoformat()).spread_alone()
    with FakeShopify(real_orders.cdnow_shop(sample()), now=lambda: now, maximum=1e9, polls=1) as shopify:
        line.write(f"""
            [stores.cdnow]
            platform = "shopify"
            shop = "{shopify.shop.domain}"
            token = "shpat_demo"
            endpoint = "{shopify.url}"
            count_zero_orders = true
        """)
        line.run("pull")
    return line


@pytest.fixture(scope="module")
def calibrated(pulled: CommandLine) -> dict[str, Any]:
    """What is printed of the 39 weeks that the articles calibrate on, held against the 39 weeks after."""
    return pulled.ask("clv", "--as-of", "1997-09-30", "--until", "1998-06-30", "--json").last


@needs_sample
def test_the_published_parameters_are_found(calibrated: dict[str, Any]) -> None:
    counted = {key: calibrated[key] for key in ("as_of", "people", "without_repeat", "repeats")}
    assert counted == {"as_of": "1997-09-30", "people": 2357, "without_repeat": 1411, "repeats": 2457}
    model = calibrated["model"]
    assert {name: model[name] for name in PUBLISHED} == pytest.approx(PUBLISHED, rel=0.005)
    assert model["log_likelihood"] == pytest.approx(-9582.429, abs=0.01)
    assert calibrated["spend"] == pytest.approx({"p": 6.25, "q": 3.74, "gamma": 15.44}, rel=0.005)


@needs_sample
def test_the_published_holdout_table_is_found_and_its_error_is_told(calibrated: dict[str, Any]) -> None:
    held = calibrated["held_against"]
    rows = held["by_repeats"]
    assert [row["repeats"] for row in rows] == list(range(8))
    assert [row["people"] for row in rows] == [1411, 439, 214, 100, 62, 38, 29, 64]
    assert [row["expected"] for row in rows] == pytest.approx(HOLDOUT, abs=0.001)
    assert [row["actual"] for row in rows] == pytest.approx(ACTUAL, abs=0.001)
    assert (held["until"], round(held["expected"], 1), held["actual"]) == ("1998-06-30", 1653.4, 1882)


@needs_sample
def test_nine_months_of_history_show_the_fact_and_no_forecast(calibrated: dict[str, Any]) -> None:
    assert (calibrated["available"], calibrated["total"]) == (False, None)
    assert calibrated["reason"] == "The history has 272 days; 365 are needed."
    assert all(stage["clv_12m"] is None for stage in calibrated["by_stage"])
    spent = sum(order.total for order in sample() if order.day <= CALIBRATED)
    assert calibrated["net_spend"] == {"minor": spent, "currency": "USD"}
    assert sum(stage["net_spend"]["minor"] for stage in calibrated["by_stage"]) == spent


@needs_sample
def test_eighteen_months_show_both_values_of_each_stage(pulled: CommandLine) -> None:
    answer = pulled.ask("clv", "--json", "--people", "3").last
    assert (answer["available"], answer["reason"], answer["as_of"]) == (True, None, "1998-07-01")
    assert (answer["people"], answer["repeats"]) == (2357, 6696 - 2357)
    total, stages = answer["total"], {stage["key"]: stage for stage in answer["by_stage"]}
    assert total["low"] < total["minor"] < total["high"]
    expected = [stage["clv_12m"] for stage in stages.values() if stage["clv_12m"]]
    assert sum(part["minor"] for part in expected) == pytest.approx(total["minor"], abs=3)
    assert all(part["low"] < part["minor"] < part["high"] for part in expected)
    assert stages["prospect"]["clv_12m"] is None
    per_person = {key: stages[key]["clv_12m"]["minor"] / stages[key]["people"] for key in ("loyal", "inactive")}
    assert per_person["loyal"] > 10 * per_person["inactive"]
    assert sum(stage["net_spend"]["minor"] for stage in stages.values()) == 24_409_194
    best = answer["best"]
    assert [someone["clv_12m"]["minor"] for someone in best] == sorted(
        (someone["clv_12m"]["minor"] for someone in best), reverse=True
    )
    assert all(someone["email"].endswith("@example.test") and 0.5 < someone["active"] <= 1 for someone in best)


@needs_sample
def test_people_read_sentences_in_their_language(pulled: CommandLine) -> None:
    said = pulled.ask("clv").out
    assert "As of 1 Jul 1998, 2,357 buyers, of whom 1,139 came back." in said
    assert "Spent to date, net of refunds: $244,091.94." in said
    assert "in 95 cases of 100 if habits last." in said
    french = CliRunner().invoke(
        app,
        ["clv", "--as-of", "1997-09-30", "--until", "1998-06-30", "--people", "2"],
        env={**pulled.environment(), "LC_ALL": "fr_FR.UTF-8"},
        catch_exceptions=False,
    )
    assert french.exit_code == 0
    assert "Aucune prévision à 12 mois : l'historique compte 272 jours ; il en faut 365." in french.stdout
    assert "le modèle attendait 1\u202f653 jours d'achat de ces personnes ; il y en a eu 1\u202f882." in french.stdout


@needs_sample
def test_days_that_have_not_come_or_are_the_wrong_way_round_are_refused(pulled: CommandLine) -> None:
    tomorrow = pulled.within("clv", "--as-of", "1999-01-01")
    backwards = pulled.within("clv", "--as-of", "1998-01-01", "--until", "1997-12-31")
    assert (tomorrow.code, backwards.code) == (1, 1)
    assert "1999-01-01 has not come yet" in tomorrow.err
    assert "1997-12-31 is not after the day of the model" in backwards.err


@needs_sample
def test_a_discount_lowers_every_value_by_less_than_a_year_of_it(pulled: CommandLine) -> None:
    plain, less = (pulled.ask("clv", "--json", "--discount", rate).last["total"] for rate in ("0", "10"))
    for part in ("minor", "low", "high"):
        assert plain[part] / 1.10 < less[part] < plain[part]


# -------------------------------------------------------------------------------------------------- the models


def test_customer_1516_and_the_note_in_excel() -> None:
    history = whole(26), whole(216), whole(217)  # 30.857 and 31 weeks
    assert CDNOW.alive(*history) == pytest.approx([0.9688523], abs=1e-6)
    assert CDNOW.expected(*history, 52 * 7) == pytest.approx([25.75659], rel=1e-5)
    assert CDNOW.expected(whole(2), whole(213), whole(272), 39 * 7) == pytest.approx([1.226], abs=5e-4)


@pytest.mark.parametrize("chances", [(1.0, 1.5), (0.4, 0.6), (0.3, 0.3), (6.0, 40.0), (180.0, 105.0), (0.02, 9.0)])
@pytest.mark.parametrize(("r", "alpha"), [(0.243, 4.414), (3.0, 0.05), (90.0, 40.0)])
@pytest.mark.parametrize(("repeats", "age"), [(0, 0), (0, 900), (1, 40), (70, 300), (4000, 9000)])
def test_expected_purchases_are_the_mean_over_rates_and_chances(
    chances: tuple[float, float], r: float, alpha: float, repeats: int, age: int
) -> None:
    """Whoever is active at the day: the rate is gamma, the chance to leave beta, and they buy until they leave."""
    a, b = chances
    model = BgNbd.at(np.log([r, alpha, a, b]))
    weeks, here = 365 / 7, alpha + age / 7

    def purchases(quantile: float) -> float:
        leaving = max(float(beta.ppf(quantile, a, b + repeats)), 1e-300)
        return float(-np.expm1(-(r + repeats) * np.log1p(leaving * weeks / here)) / leaving)

    mean = quad(purchases, 0, 1, limit=200, epsabs=0, epsrel=1e-7)[0]
    history = whole(repeats), whole(age), whole(age)
    assert model.expected(*history, 365) == pytest.approx(mean * model.alive(*history), rel=2e-3)


COUNTS = st.integers(0, 20_000)
LOGS = st.lists(st.floats(-7, 7), min_size=4, max_size=4)


@settings(deadline=None)
@given(LOGS, COUNTS, st.integers(0, 20_000), st.integers(0, 20_000), st.integers(1, 4000))
def test_no_history_makes_nonsense(log: list[float], repeats: int, recency: int, gap: int, days: int) -> None:
    model, recency = BgNbd.at(np.array(log)), recency if repeats else 0
    history = whole(repeats), whole(recency), whole(recency + gap)
    alive, expected = model.alive(*history), model.expected(*history, days)
    assert np.all((alive >= 0) & (alive <= 1))
    most = (model.r + repeats) * days / 7 / (model.alpha + (recency + gap) / 7)
    assert np.all((expected >= 0) & (expected <= most * 1.000001))
    drawn = model.simulated(np.random.default_rng(1), *history, days)
    assert np.all(drawn >= 0)
    likelihood, scores = purchase_scores(np.array(log), Cells.gathered(*history))
    assert np.all(np.isfinite(likelihood))
    assert np.all(np.isfinite(scores))


@given(st.integers(1, 60), st.integers(1, 500), st.integers(0, 400), st.integers(1, 200))
def test_who_waited_longer_is_less_likely_active_and_buys_less(repeats: int, recency: int, gap: int, more: int) -> None:
    x, t_x, age = whole(repeats), whole(recency), whole(recency + gap)
    assert CDNOW.alive(x, t_x, age + more) < CDNOW.alive(x, t_x, age)
    assert CDNOW.expected(x, t_x, age + more, 365) < CDNOW.expected(x, t_x, age, 365)
    assert CDNOW.expected(x, t_x, age, 365 + more) > CDNOW.expected(x, t_x, age, 365)
    later = np.minimum(t_x + more, age)
    assert CDNOW.alive(x, later, age) >= CDNOW.alive(x, t_x, age)


@given(st.integers(0, 60), st.integers(0, 10**7), st.integers(1, 10**6))
def test_who_paid_more_is_expected_to_pay_more(purchases: int, value: int, more: int) -> None:
    model = GammaGamma(*(np.array([value]) for value in (6.25, 3.74, 1544.0)))
    known, sums = whole(purchases), whole(value if purchases else 0)
    population = 6.25 * 1544 / 2.74
    assert model.mean(whole(0), whole(0)) == pytest.approx([population])
    assert model.mean(known, sums + more) > model.mean(known, sums) > 0
    if purchases and value:
        mean = value / purchases
        low, high = sorted((mean, population))
        assert low * 0.999999 <= model.mean(known, sums)[0] <= high * 1.000001


@settings(deadline=None, max_examples=30)
@given(LOGS, st.lists(st.tuples(st.integers(0, 30), st.integers(0, 400), st.integers(0, 400)), min_size=1))
def test_gradients_are_the_slopes_of_the_likelihoods(log: list[float], rows: list[tuple[int, int, int]]) -> None:
    at = np.array(log) / 3
    repeats, recency, gap = (np.array(column, dtype=np.int64) for column in zip(*rows, strict=True))
    recency = np.where(repeats > 0, recency, 0)
    cells = Cells.gathered(repeats, recency, recency + gap)
    known, value = repeats + 1, recency * 7 + gap + 1
    for n in range(4):
        step = np.eye(4)[n] * 1e-5
        rise = purchase_scores(at + step, cells)[0] - purchase_scores(at - step, cells)[0]
        assert purchase_scores(at, cells)[1][n] == pytest.approx(rise / 2e-5, rel=1e-4, abs=1e-4)
    for n in range(3):
        step = np.eye(3)[n] * 1e-5
        up, down = (spending_scores(at[:3] + sign * step, known, value, 100.0)[0] for sign in (1, -1))
        assert spending_scores(at[:3], known, value, 100.0)[1][n] == pytest.approx(
            (up - down) / 2e-5, rel=1e-4, abs=1e-3
        )


# --------------------------------------------------------------------------------- any shop: an invented one


def bought(people: int, *, seed: int = 5, scale: int = 1) -> Histories:
    """Buyers who do as the model says: r 0.8, alpha 8, a 0.9, b 3; p 5, q 4, gamma 60.00."""
    random = np.random.default_rng(seed)
    rate, leaving = random.gamma(0.8, 1 / 8 / 7, people), random.beta(0.9, 3, people)
    age = random.integers(0, 700, people)
    rows = []
    for person_, (pace, chance, days) in enumerate(zip(rate, leaving, age.tolist(), strict=True)):
        times, last, day = 0, 0, 0.0
        while (day := day + random.exponential(1 / pace)) <= days:
            times, last = times + 1, int(day)
            if random.random() < chance:
                break
        value = int(random.gamma(5 * times) / random.gamma(4, 1 / 6000) + 1) * scale if times else 0
        rows.append((person_, min(times, 2), value + 3000 * scale, times + 1, last, days, times, value))
    return Histories(*np.array(rows, dtype=np.int64).T)


def fitted(people: Histories) -> Model:
    model = fit(people.buyers())
    assert model is not None
    return model


@pytest.fixture(scope="module")
def invented() -> Model:
    return fitted(bought(2000))


def totals(model: Model) -> list[float]:
    groups, total = by_group(model, clv_12m(model), model.buyers.stage)
    return [x for forecast in (total, *groups.values()) for x in (forecast.value, forecast.low, forecast.high)]


def test_the_truth_behind_an_invented_shop_is_found(invented: Model) -> None:
    purchases, money = invented.best
    assert invented.settled
    assert [float(x[0]) for x in (purchases.r, purchases.alpha)] == pytest.approx([0.8, 8.0], rel=0.2)
    assert purchases.a / (purchases.a + purchases.b) == pytest.approx([0.9 / 3.9], rel=0.15)
    assert [float(x[0]) for x in (money.p, money.q)] == pytest.approx([5, 4], rel=0.2)


@pytest.mark.parametrize("scale", [100, 12_345])
def test_money_in_another_unit_changes_nothing_but_the_unit(invented: Model, scale: int) -> None:
    people = bought(2000)
    other = Histories(
        people.person, people.stage, people.spent * scale, people.days, people.recency, people.age, people.valued,
        people.value * scale,
    )  # fmt: skip
    model = fitted(other)
    assert np.exp(model.purchases.log) == pytest.approx(np.exp(invented.purchases.log))
    assert model.best[1].gamma / scale == pytest.approx(invented.best[1].gamma, rel=1e-6)
    assert totals(model) == pytest.approx([value * scale for value in totals(invented)], rel=1e-6)


def test_the_order_and_the_numbers_of_people_change_nothing(invented: Model) -> None:
    people = bought(2000)
    mixed = people.chosen(np.random.default_rng(9).permutation(len(people)))
    renamed = Histories(
        mixed.person * 7 + 3, mixed.stage, mixed.spent, mixed.days, mixed.recency, mixed.age, mixed.valued, mixed.value
    )
    assert totals(fitted(renamed)) == totals(invented)


def test_a_second_answer_is_the_first(invented: Model) -> None:
    values = clv_12m(invented)
    assert totals(invented) == totals(invented)
    assert by_person(invented, values, [3, 4]) == by_person(invented, values, [3, 4])


@pytest.mark.full
def test_the_one_step_bootstrap_is_as_wide_as_fitting_again(invented: Model) -> None:
    """What is done in one Newton step, held against 20 whole fits to people drawn anew, by the purchases to expect."""
    cells, random = invented.cells, np.random.default_rng(4)
    scores = purchase_scores(invented.purchases.log, cells)[1]
    quick, slow = [], []
    for _ in range(20):
        people = random.multinomial(cells.people.sum(), cells.people / cells.people.sum())
        again = fit_bgnbd(Cells(cells.repeats, cells.recency, cells.age, people, cells.of))
        step = invented.purchases.moved((scores @ people)[np.newaxis])[0]
        quick.append(purchases_of(step, cells))
        slow.append(purchases_of(again.log, cells))
    assert np.corrcoef(quick, slow)[0, 1] > 0.97
    assert np.std(quick) == pytest.approx(np.std(slow), rel=0.25)


def purchases_of(log: Vector, cells: Cells) -> float:
    return float(BgNbd.at(log).expected(cells.repeats, cells.recency, cells.age, 365) @ cells.people)


@pytest.mark.full
def test_intervals_hold_what_comes_about_as_often_as_they_say() -> None:
    """A year of each of 16 shops like this one, drawn from the truth, against its interval."""
    truth = BgNbd.at(np.log([0.8, 8.0, 0.9, 3.0])), GammaGamma(*(np.array([v]) for v in (5.0, 4.0, 6000.0)))
    inside = 0
    for seed in range(16):
        people = bought(600, seed=100 + seed).buyers()
        model = fitted(people)
        _, total = by_group(model, clv_12m(model), people.stage)
        random = np.random.default_rng(seed)
        future = truth[0].simulated(random, people.repeats, people.recency, people.age, 365)
        came = float(truth[1].simulated(random, future, people.valued, people.value).sum())
        inside += total.low <= came <= total.high
    assert inside >= 14


def test_a_person_gets_a_wider_interval_than_their_stage(invented: Model) -> None:
    values = clv_12m(invented)
    best = np.argsort(-values)[:5].tolist()
    people = by_person(invented, values, best)
    _, total = by_group(invented, values, invented.buyers.stage)
    assert all(0 <= one.low < one.value < one.high for one in people)
    assert min((one.high - one.low) / one.value for one in people) > (total.high - total.low) / total.value


# ---------------------------------------------------------------------------- from the database, and what is hidden


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shops(), st.integers(BASE - 60, BASE + 15))
def test_histories_are_what_the_orders_say_on_any_day(engine: Engine, people: list[Person], day: int) -> None:
    with lent(engine, people) as connection:
        found = read(connection, SPREAD, day)
    alive = {number: someone for number, someone in enumerate(people, 1) if someone.since <= day}
    assert found.person.tolist() == list(alive)
    for place, someone in enumerate(alive.values()):
        assert [int(figures[place]) for figures in columns(found)] == history(someone, day)


def columns(found: Histories) -> list[Days]:
    return [found.spent, found.days, found.recency, found.age, found.valued, found.value]


def history(someone: Person, day: int) -> list[int]:
    placed = someone.placed(day)
    euros = attribute("amount_spent", someone, day) or 0
    assert isinstance(euros, int | Decimal)
    spent = int(euros * 100)
    if not placed:
        return [spent, 0, 0, 0, 0, 0]
    days = sorted({sale.day for sale in placed})
    later = [[sale.net(day) for sale in placed if sale.day == again] for again in days[1:]]
    known = [[net for net in nets if net is not None] for nets in later]
    valued = [sum(nets) for nets in known if nets]
    return [spent, len(days), days[-1] - days[0], day - days[0], len(valued), sum(valued)]


def regulars(count: int, span: int = 400) -> list[Person]:
    """People who came back, each after a time of their own, and as many who did not."""
    random = np.random.default_rng(2)
    found = [person(BASE - span)]
    for number in range(count):
        days = sorted({BASE - int(day) for day in random.integers(1, span, 2 + number % 5)})
        days = days if len(days) > 1 else [days[0] - 1, days[0]]
        found.append(Person(days[0], [Sale(day, int(random.gamma(6, 500)) + 1) for day in days]))
        found.append(person(BASE - int(random.integers(0, span))))
    return found


def answered(engine: Engine, people: Sequence[Person], as_of: int = BASE) -> dict[str, Any]:
    with lent(engine, people) as connection:
        return shown(connection, clv(connection, SPREAD, as_of))


def test_under_a_hundred_who_came_back_nothing_is_forecast(engine: Engine) -> None:
    hidden, seen = answered(engine, regulars(99)), answered(engine, regulars(100))
    assert (hidden["available"], hidden["reason"]) == (
        False,
        "Too few people came back to buy (99 of the 100 that are needed).",
    )
    assert hidden["total"] is None
    assert hidden["model"] is not None
    assert seen["reason"] != hidden["reason"]


def test_under_twelve_months_nothing_is_forecast(engine: Engine) -> None:
    answer = answered(engine, regulars(120, span=364))
    assert answer["reason"] == "The history has 364 days; 365 are needed."
    assert answered(engine, regulars(120, span=365))["reason"] != answer["reason"]


def test_a_model_that_runs_away_is_hidden(engine: Engine) -> None:
    """All alike and always the same amount: no spread to learn from."""
    people = [Person(BASE - 400, [Sale(day) for day in range(BASE - 400, BASE, 20)]) for _ in range(120)]
    answer = answered(engine, people)
    assert (answer["available"], answer["reason"]) == (False, "The model finds no firm footing in these purchases.")


def test_an_empty_base_and_one_without_repeats_say_so(engine: Engine) -> None:
    for people in ([], [Person(BASE)], [person(BASE - 500), person(BASE - 3)]):
        answer = answered(engine, people)
        assert (answer["model"], answer["spend"], answer["available"]) == (None, None, False)
        assert answer["reason"] == "Too few people came back to buy (0 of the 100 that are needed)."
        with lent(engine, people) as connection:
            assert held_against(clv(connection, SPREAD, BASE - 1), connection, BASE) is None


def test_the_fact_is_what_segments_say(engine: Engine) -> None:
    people = [*regulars(40), Person(BASE - 5, [Sale(BASE - 5, 900, refunds=[(BASE - 1, 100)])], [(BASE, 50)])]
    answer = answered(engine, people)
    with lent(engine, people) as connection:
        (family,) = segments(connection, [SPREAD], BASE)["families"]
    assert [(stage["key"], stage["people"], stage["net_spend"]) for stage in answer["by_stage"]] == [
        (stage["key"], stage["people"], stage["revenue"]) for stage in family["stages"]
    ]


def test_an_order_taken_back_since_is_no_purchase_in_a_comparison(engine: Engine) -> None:
    people = [
        person(BASE - 100, BASE - 50, BASE - 5),
        Person(BASE - 90, [Sale(BASE - 90), Sale(BASE - 4, void=BASE - 1)]),
    ]
    with lent(engine, people) as connection:
        held = held_against(clv(connection, SPREAD, BASE - 20), connection, BASE)
    assert held is not None
    assert (held["until"], held["actual"]) == (day_date(BASE).isoformat(), 1)
    assert [(row["repeats"], row["people"], row["actual"]) for row in held["by_repeats"]] == [(0, 1, 0.0), (1, 1, 1.0)]


def test_postgresql_says_the_same(engine: Engine, fresh: Any) -> None:  # noqa: ANN401 - a fixture's factory
    people = [*regulars(110), Person(BASE - 5, [Sale(BASE - 5, None), Sale(BASE - 2, None)])]
    other = fresh()
    with other.begin() as connection:
        load(connection, people)
        there = shown(connection, clv(connection, SPREAD, BASE))
    assert there == answered(engine, people)


def test_without_the_extra_the_remedy_is_named(tmp_path: Path) -> None:
    """A process in which numpy cannot be imported: every other command starts, this one says what to install."""
    (tmp_path / "numpy.py").write_text("raise ModuleNotFoundError('No module named numpy')")
    code = "import sys; sys.argv[0] = 'connector'; from sync.cli import main; main()"
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-c", code, "clv"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-2:] == [
        "Customer lifetime value needs numpy and scipy, which are not installed.",
        "pip install 'lifecycle-connector[clv]'",
    ]


def test_the_answer_does_not_depend_on_the_hash_seed() -> None:
    code = (
        "import json; from tests.test_connector_clv import bought, fitted, totals;"
        "print(json.dumps(totals(fitted(bought(300)))))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "7"}
    said = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert json.loads(said.stdout) == totals(fitted(bought(300)))
