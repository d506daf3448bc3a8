"""Conditions in words: what a person has, what is wanted of it, in both languages; no attribute is left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from connector.catalogue import library
from connector.language import Language
from connector.query import canonical, parse
from connector.query.attributes import ATTRIBUTES, FUNCTIONS
from connector.query.check import OPERATORS
from connector.query.measures import Kind
from connector.query.tree import AllOf, AnyOf, Condition, Expression, Matches, Not
from sync.language.conditions import Reason, Wording
from sync.language.voice import Voice

DAY = "2026-11-22"
VALUES: Mapping[Kind, str] = {
    Kind.DATE: "-180d",
    Kind.YEARLY: "today",
    Kind.MONEY: "49.90",
    Kind.PRICE: "49.90",
    Kind.COUNT: "2",
    Kind.RATIO: "0.5",
    Kind.FLAG: "TRUE",
}


def wording(language: Language) -> Wording:
    names: dict[str | None, str] = {key: stage.label.of(language) for key, (_, stage) in library().segments().items()}
    return Wording(Voice(language), DAY, "EUR", names)


def traced(rule: Expression, has: Mapping[str, Any], true: bool) -> dict[str, Any]:
    """The trace of a rule whose clauses are all as `true` says."""
    match rule:
        case Not(part):
            return {"not": traced(part, has, true)}
        case AllOf(parts):
            return {"all": [traced(part, has, true) for part in parts]}
        case AnyOf(parts):
            return {"any": [traced(part, has, true) for part in parts]}
        case Condition() | Matches():
            return {"clause": canonical(rule), "value": has.get(canonical(rule)), "true": true}
    return {"true": True}


def said(rule: str, value: object = None, *, true: bool = False, language: Language = "fr") -> list[str]:
    expression = parse(rule)
    has = {canonical(expression.part if isinstance(expression, Not) else expression): value}
    return list(lines(wording(language).reasons(traced(expression, has, true))))


def lines(reasons: list[Reason], margin: str = "") -> Iterator[str]:
    for one in reasons:
        line = f"{margin}{'✓' if one.holds else '✗'} {one.told} | {one.value} | {one.wanted}"
        yield line.replace("\u00a0", " ")
        yield from lines(one.parts, f"{margin}  ")


@pytest.mark.parametrize(
    ("rule", "value", "told", "has", "wanted"),
    [
        ("number_of_orders = 0", 7, "nombre de commandes", "7", "exactement 0"),
        (
            "last_order_date <= -180d",
            "2026-09-28",
            "date de la dernière commande",
            "28 sept. 2026",
            "le 26 mai 2026 ou avant",
        ),
        (
            "first_order_date BETWEEN -1m AND today",
            None,
            "date de la première commande",
            "–",
            "du 22 oct. 2026 au 22 nov. 2026",
        ),
        (
            "email_subscription_status = 'SUBSCRIBED'",
            "unsubscribed",
            "inscription aux e-mails",
            "désinscrit",
            "« inscrit »",
        ),
        ("has_email = TRUE", False, "a une adresse e-mail", "non", "oui"),
        ("customer_tags CONTAINS 'b2b'", ["vip", "pro"], "étiquettes dans la boutique", "vip, pro", "« b2b »"),
        (
            "last_city IN ('Lyon', 'Paris', 'Nice')",
            "Brest",
            "ville de la dernière commande",
            "Brest",
            "« Lyon », « Paris » ou « Nice »",
        ),
        (
            "amount_spent > 100",
            {"minor": 1250, "currency": "EUR"},
            "montant dépensé, remboursements déduits",
            "12,50 €",
            "plus de 100,00 €",
        ),
        (
            "orders_placed MATCHES (date > -30d, discount_percent BETWEEN 10 AND 14.9999, coupon IS NOT NULL)",
            0,
            "commandes passées (date : après le 23 oct. 2026 ; remise, en % : de 10 à 14,9999 ; code promo : non vide)",
            "0",
            "au moins 1",
        ),
        (
            "average_order_value > 1.15 * AVG(order_amount, -365d)",
            None,
            "panier moyen",
            "–",
            "plus de 1,15 fois la moyenne de la boutique (montant d'une commande, 365 jours)",
        ),
        (
            "products_purchased MATCHES (tag = 'soin', count >= 2, sum_amount > 50)",
            [1, {"minor": 100, "currency": "EUR"}],
            "commandes contenant un produit (étiquette du produit : « soin »)",
            "nombre : 1, montant total : 1,00 €",
            "nombre : au moins 2, montant total : plus de 50,00 €",
        ),
        (
            "segment_entered MATCHES (segment = 'spread.inactive')",
            0,
            "entrées dans un segment (segment : « Inactif »)",
            "0",
            "au moins 1",
        ),
    ],
)
def test_a_condition_is_said_with_what_the_person_has_and_what_is_wanted(
    rule: str, value: object, told: str, has: str, wanted: str
) -> None:
    assert said(rule, value) == [f"✗ {told} | {has} | {wanted}"]


def test_a_negation_is_said_as_what_it_asks_for() -> None:
    assert said("NOT number_of_orders = 0", 3) == ["✓ nombre de commandes | 3 | au moins 1"]
    assert said("NOT last_order_date > -180d", None) == [
        "✓ date de la dernière commande | – | le 26 mai 2026 ou avant, ou rien"
    ]
    assert said("orders_placed NOT MATCHES (date > -7d)", 0) == [
        "✓ commandes passées (date : après le 15 nov. 2026) | 0 | exactement 0"
    ]
    assert said("NOT number_of_orders BETWEEN 2 AND 3", 2, true=True, language="en") == [
        "✗ number of orders | 2 | less than 2 or more than 3"
    ]


def test_conditions_stand_in_groups_as_the_rule_has_them_each_once() -> None:
    rule = "TRUE AND NOT (number_of_orders = 0 OR number_of_orders = 0) AND (has_email = TRUE OR has_phone = TRUE)"
    assert said(rule, language="en") == [
        "✓ number of orders | – | at least 1, or nothing",
        "✗ one of these conditions |  | ",
        "  ✗ has an e-mail address | – | yes",
        "  ✗ has a phone number | – | yes",
    ]
    assert said("TRUE") == ["✓ tout le monde |  | "]


def test_what_is_missing_is_what_would_have_to_turn() -> None:
    misses = [
        {"clause": "number_of_orders >= 2", "value": 1, "true": False},
        {"clause": "last_order_date > -30d", "value": DAY, "true": True},
    ]
    assert wording("en").missing(misses) == [
        "number of orders (at least 2)",
        "date of the last order (on 23 Oct 2026 or earlier)",
    ]


def test_every_comparison_of_everything_that_can_be_asked_is_said_in_words() -> None:
    count = 0
    for language in ("fr", "en"):
        for rule in every_rule():
            for true in (True, False):
                (line,) = said(rule, true=true, language=language)
                told, _, wanted = line[2:].split(" | ")
                assert told
                assert wanted
                assert "{" not in line
                assert "_" not in told.replace("utm_", "")
                count += 1
    assert count > 1000


def every_rule() -> Iterator[str]:
    for name, known in ATTRIBUTES.items():
        for operator in OPERATORS[known.kind] if known.missing is None else ():
            yield f"{name} {operator} {_values(known.kind, operator)}"
    for function, asked in FUNCTIONS.items():
        for name, known in asked.parameters.items():
            for operator in OPERATORS[known.kind]:
                yield f"{function} MATCHES ({name} {operator} {_values(known.kind, operator)})"


def _values(kind: Kind, operator: str) -> str:
    one = VALUES.get(kind, "'a text'")
    if operator == "BETWEEN":
        return f"{one} AND {one}"
    return (
        "('a', 'b')" if one[0] == "'" and "IN" in operator.split() else f"({one})" if "IN" in operator.split() else one
    )
