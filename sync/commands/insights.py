"""The command that shows what the shop lives on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from connector.days import day_date
from connector.judging.acquisition import acquisition, cohorts
from connector.judging.coverage import coverage
from connector.judging.cross_sell import cross_sell
from connector.judging.first_products import first_products
from connector.judging.kept import FALLBACK
from connector.judging.ladder import ladder
from connector.judging.pareto import pareto
from connector.judging.window import window
from sync.asked import asked_day
from sync.language.vocabulary import FACTS
from sync.language.voice import Voice, emit, voice
from sync.workspace import open_workspace

_FAMILIES: Mapping[str, tuple[str, str]] = {
    "transactional": ("Transactions", "Transactions"),
    "socio_demographic": ("Socio-démographie", "Socio-demographic"),
    "contextual": ("Contexte", "Context"),
    "geolocation": ("Géographie", "Geography"),
}
_ORIGINS: Mapping[str, tuple[str, str]] = {"api": ("API", "API"), "file": ("fichier", "file")}


def run(config: Path | None, database: str | None, *, as_of: str | None, as_json: bool) -> None:
    """Print what the shop lives on: its best customers, first and later purchases, products, and what is known."""
    workspace = open_workspace(config, database, existing=True)
    say = voice(workspace.settings, quiet=as_json)
    with workspace.engine.connect() as connection:
        report = _insights(connection, asked_day(workspace, as_of), workspace.today(), say)
    if as_json:
        emit(report)
        return
    _say_customers(say, report)
    _say_products(say, report)
    _say_coverage(say, report)


def _insights(connection: Connection, day: int, today: int, say: Voice) -> dict[str, Any]:
    """The report of a day; what is known, and from where, has no past: its `coverage` is null for one that is over."""
    fitting = window(connection, day, say.written)
    within = fitting["window"] if fitting["enough"] else FALLBACK
    return {
        "as_of": day_date(day).isoformat(),
        "pareto": pareto(connection, day),
        "acquisition": acquisition(connection, day),
        "cohorts": cohorts(connection, day),
        "ladder": {"within": within, "rungs": ladder(connection, day, within)},
        "window": fitting,
        "first_products": first_products(connection, day, within),
        "cross_sell": cross_sell(connection, day),
        "coverage": coverage(connection) if day == today else None,
    }


def _say_customers(say: Voice, report: Mapping[str, Any]) -> None:
    for period, fr, en in (
        ("year", "sur les 365 derniers jours", "in the last 365 days"),
        ("lifetime", "depuis toujours", "ever"),
    ):
        top, percent = report["pareto"][period], report["pareto"]["percent"]
        brought = say.percent(top["share"])
        if not top["buyers"]:
            say.say(f"Personne n'a acheté {fr}.", f"Nobody bought {en}.")
            continue
        say.say(
            f"Les {percent} % meilleurs clients font {brought} du chiffre d'affaires {fr}.",
            f"The top {percent}% of customers bring {brought} of the revenue, {en}.",
        )
    for month in report["acquisition"][-12:]:
        first, later = (say.money(**month[side]["revenue"]) for side in ("first", "later"))
        later_share = say.percent(month["later_share"])
        say.say(
            f"  {month['month']}  premiers achats {first:>16}, suivants {later:>16} ({later_share})",
            f"  {month['month']}  first purchases {first:>16}, later {later:>16} ({later_share})",
        )
    within = report["ladder"]["within"]
    for rung in report["ladder"]["rungs"]:
        number, chance = rung["purchases"], say.percent(rung["share"])
        people = say.people(rung["people"])
        say.say(
            f"  Après l'achat n° {number} : {chance} rachètent en {within} jours ({people}).",
            f"  After purchase no. {number}: {chance} buy again within {within} days ({people}).",
        )
    say.say(report["window"]["words"], report["window"]["words"])


def _say_products(say: Voice, report: Mapping[str, Any]) -> None:
    first = report["first_products"]
    for product in [entry for entry in first["products"] if entry["verdict"] == "worse"][:10]:
        rate, usual = say.percent(product["share"]), say.percent(first["shop"]["share"])
        say.say(
            f"  {product['title']} : {rate} des premiers acheteurs reviennent, contre {usual} en moyenne.",
            f"  {product['title']}: {rate} of those who first buy it come back, {usual} of all do.",
        )
    for pair in report["cross_sell"][:10]:
        rate, number = say.percent(pair["share"]), say.people(pair["without"])
        say.say(
            f"  {rate} des acheteurs de {pair['title']} ont aussi {pair['other_title']} ; sans lui : {number}.",
            f"  {rate} of those who bought {pair['title']} also have {pair['other_title']}; without it: {number}.",
        )


def _say_coverage(say: Voice, report: Mapping[str, Any]) -> None:
    """Of how many orders or people each fact is known, and who said so: the shop's API, a file, or a tool."""
    if report["coverage"] is None:
        say.say(
            "Ce qui est connu, et d'où cela vient : dit pour aujourd'hui seulement.",
            "What is known, and where it comes from: told of today only.",
        )
        return
    say.say("Ce qui est connu, et d'où cela vient :", "What is known, and where it comes from:")
    english = say.language == "en"
    for family, words in _FAMILIES.items():
        say.say(f"  {words[0]}", f"  {words[1]}")
        for entry in report["coverage"]:
            if entry["family"] == family:
                origins = [f"{_ORIGINS.get(o, (o, o))[english]} {say.number(n)}" for o, n in entry["from"].items()]
                told = f" ({', '.join(origins)})" if origins else ""
                line = f"    {FACTS[entry['fact']][english]:28}{say.percent(entry['share']):>8}{told}"
                say.say(line, line)
