"""What the language says of a rule that it cannot read, in French and English."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Literal

from connector.errors import QueryError
from connector.language import Language
from connector.query.attributes import Reason
from connector.query.measures import Kind
from connector.query.tree import Place

Name = Literal[
    "unexpected",
    "bare",
    "slashed",
    "end",
    "attribute",
    "function",
    "inside",
    "kind",
    "operator",
    "many",
    "figure",
    "of",
    "segment",
    "circle",
    "missing",
    "twice",
    "no day",
    "large",
    "deep",
    "many parts",
    "no time",
    "old",
    "unset",
    "unmapped",
    "no field",
    "no days",
    "exchanged",
]
Remark = Literal["time", "old date", "old form"]

MESSAGES: Mapping[Name, Mapping[Language, str]] = {
    "unexpected": {
        "en": "{found} cannot stand here; expected {expected}.",
        "fr": "{found} ne peut pas se trouver ici ; attendu : {expected}.",
    },
    "end": {
        "en": "The rule stops short; expected {expected}.",
        "fr": "La règle s'arrête trop tôt ; attendu : {expected}.",
    },
    "bare": {
        "en": "{found} is no value. Write a text in quotes ('{found}'), a number, or a date such as -90d or "
        "2026-06-30.",
        "fr": "{found} n'est pas une valeur. Écrivez un texte entre apostrophes ('{found}'), un nombre, ou une date "
        "comme -90d ou 2026-06-30.",
    },
    "slashed": {
        "en": "A day is written YYYY-MM-DD, for example 2026-06-30.",
        "fr": "Un jour s'écrit AAAA-MM-JJ, par exemple 2026-06-30.",
    },
    "attribute": {"en": "There is no attribute {found}.", "fr": "L'attribut {found} n'existe pas."},
    "function": {
        "en": "{found} cannot be followed by MATCHES (…).",
        "fr": "{found} ne peut pas être suivi de MATCHES (…).",
    },
    "inside": {"en": "{function} knows no {found}.", "fr": "{function} ne connaît pas {found}."},
    "kind": {"en": "{found} is compared with {expected}.", "fr": "{found} se compare à {expected}."},
    "operator": {
        "en": "{found} cannot be compared by {operator}; it is compared by {expected}.",
        "fr": "{found} ne se compare pas par {operator} ; comparaisons possibles : {expected}.",
    },
    "many": {"en": "{operator} takes one value.", "fr": "{operator} prend une seule valeur."},
    "figure": {
        "en": "{found} is no figure of the shop; there are AVG(…, -365d) and PERCENTILE(…, 95).",
        "fr": "{found} n'est pas un chiffre de la boutique ; il existe AVG(…, -365d) et PERCENTILE(…, 95).",
    },
    "of": {
        "en": "{function} cannot be of {found}; write for example {expected}.",
        "fr": "{function} ne s'applique pas à {found} ; écrivez par exemple {expected}.",
    },
    "segment": {"en": "There is no segment {found}.", "fr": "Le segment {found} n'existe pas."},
    "circle": {
        "en": "{found} is defined by itself: {path}.",
        "fr": "{found} est défini par lui-même : {path}.",
    },
    "missing": {"en": "{found} is not available here: {reason}.", "fr": "{found} n'est pas disponible ici : {reason}."},
    "twice": {
        "en": "{found} stands twice; for a range write {found} BETWEEN … AND ….",
        "fr": "{found} figure deux fois ; pour un intervalle, écrivez {found} BETWEEN … AND ….",
    },
    "no day": {"en": "{found} is not a day of the calendar.", "fr": "{found} n'est pas un jour du calendrier."},
    "large": {"en": "{found} is too large.", "fr": "{found} est trop grand."},
    "no time": {
        "en": "{found} is no time of the shop's own day, such as 2026-06-30T12:00.",
        "fr": "{found} n'est pas une heure de la boutique, par exemple 2026-06-30T12:00.",
    },
    "old": {
        "en": "{found}(…) can only be = true or = false; better write {found} MATCHES (…).",
        "fr": "{found}(…) n'admet que = true ou = false ; écrivez plutôt {found} MATCHES (…).",
    },
    "unset": {
        "en": "${found} has no value. Set {found} in the settings of the segment.",
        "fr": "${found} n'a pas de valeur. Donnez une valeur à {found} dans les réglages du segment.",
    },
    "unmapped": {
        "en": "No customer field is mapped to {found}. Name it for the shop in connector.toml: fields = {expected}.",
        "fr": "Aucun champ client n'est associé à {found}. Nommez-le pour la boutique dans connector.toml : "
        "fields = {expected}.",
    },
    "no field": {
        "en": "${found} = {expected} is not the name of a field.",
        "fr": "${found} = {expected} n'est pas le nom d'un champ.",
    },
    "no days": {
        "en": "${found} = {expected} is not a number of days. Give a whole number from 1 on.",
        "fr": "${found} = {expected} n'est pas un nombre de jours. Donnez un nombre entier à partir de 1.",
    },
    "exchanged": {
        "en": "Nothing lies between {low} and {high}; write {found} BETWEEN {high} AND {low}.",
        "fr": "Il n'y a rien entre {low} et {high} ; écrivez {found} BETWEEN {high} AND {low}.",
    },
    "many parts": {
        "en": "The rule has more than {expected} conditions, those of its segments among them.",
        "fr": "La règle a plus de {expected} conditions, avec celles des segments qu'elle cite.",
    },
    "deep": {"en": "The rule is too long or too deeply nested.", "fr": "La règle est trop longue ou trop imbriquée."},
}

REMARKS: Mapping[Remark, Mapping[Language, str]] = {
    "time": {
        "en": "Rules count whole days of the shop: {found} is taken as {now}.",
        "fr": "Les règles comptent en jours entiers de la boutique : {found} est lu comme {now}.",
    },
    "old date": {
        "en": "{found} is an old name of Shopify's; it is read as {now}.",
        "fr": "{found} est un ancien nom de Shopify ; il est lu comme {now}.",
    },
    "old form": {
        "en": "{found}(…) = true is an old form of Shopify's; it is read as {now}.",
        "fr": "{found}(…) = true est une ancienne forme de Shopify ; elle est lue comme {now}.",
    },
}
"""What is said of something that is read in another way than it is written."""

REASONS: Mapping[Reason, Mapping[Language, str]] = {
    "shopify's own": {
        "en": "Shopify works it out for itself and does not tell",
        "fr": "Shopify le calcule pour lui-même et ne le communique pas",
    },
    "web events": {
        "en": "it needs visits and clicks, which orders do not hold",
        "fr": "il faut des visites et des clics, que les commandes ne contiennent pas",
    },
    "mail events": {
        "en": "it needs Shopify Email's own record of sends",
        "fr": "il faut le journal d'envois de Shopify Email",
    },
    "distance": {
        "en": "addresses are held without coordinates; use city or postcode IN (…)",
        "fr": "les adresses n'ont pas de coordonnées ; utilisez city ou postcode IN (…)",
    },
    "credit": {"en": "store credit is not read", "fr": "les avoirs en magasin ne sont pas lus"},
}

_SUGGESTION: Mapping[Language, str] = {"en": "Did you mean {name}?", "fr": "Vouliez-vous dire {name} ?"}
_JOIN: Mapping[Language, str] = {"en": " or ", "fr": " ou "}

KINDS: Mapping[Kind, Mapping[Language, str]] = {
    Kind.DATE: {
        "en": "a date, such as -180d, today or 2026-06-30",
        "fr": "une date, par exemple -180d, today ou 2026-06-30",
    },
    Kind.YEARLY: {
        "en": "a day of the year, such as today or +7d",
        "fr": "un jour de l'année, par exemple today ou +7d",
    },
    Kind.COUNT: {"en": "a whole number", "fr": "un nombre entier"},
    Kind.MONEY: {"en": "an amount, such as 49.90", "fr": "un montant, par exemple 49.90"},
    Kind.PRICE: {"en": "an amount, such as 49.90", "fr": "un montant, par exemple 49.90"},
    Kind.TEXT: {"en": "a text in quotes, such as 'Lyon'", "fr": "un texte entre apostrophes, par exemple 'Lyon'"},
    Kind.LIST: {"en": "a text in quotes, such as 'vip'", "fr": "un texte entre apostrophes, par exemple 'vip'"},
    Kind.NAME: {"en": "an id or a text in quotes", "fr": "un identifiant ou un texte entre apostrophes"},
    Kind.FLAG: {"en": "TRUE or FALSE", "fr": "TRUE ou FALSE"},
    Kind.FIELD: {
        "en": "a text in quotes, a number, TRUE or FALSE",
        "fr": "un texte entre apostrophes, un nombre, TRUE ou FALSE",
    },
    Kind.RATIO: {
        "en": "a number with at most four decimals, such as 0.5",
        "fr": "un nombre à quatre décimales au plus, par exemple 0.5",
    },
}

PARTS: Mapping[str, Mapping[Language, str]] = {
    "rarer": {
        "en": "the last gap between purchases is over 1.5 times their usual one",
        "fr": "le dernier intervalle entre achats dépasse 1,5 fois l'habituel",
    },
    "cheaper": {
        "en": "a piece cost under 0.8 times as much in the last two orders",
        "fr": "dans les deux dernières commandes, un article coûte moins de 0,8 fois le prix d'avant",
    },
    "returning": {
        "en": "more returns for each order in the last 180 days than before",
        "fr": "plus de retours par commande ces 180 derniers jours qu'avant",
    },
}
"""What the parts of a sum say, by their names."""

_WHERE: Mapping[Language, str] = {"en": "line {line}, column {column}", "fr": "ligne {line}, colonne {column}"}
_VALUE: Mapping[Language, str] = {"en": "a value", "fr": "une valeur"}
_EXPECTED: Mapping[str, Mapping[Language, str]] = {
    "NAME": {"en": "an attribute", "fr": "un attribut"},
    "COMPARISON": {"en": "a comparison", "fr": "une comparaison"},
    "_NOT_MATCHES": {"en": "NOT MATCHES", "fr": "NOT MATCHES"},
    "NOT_IN": {"en": "NOT IN", "fr": "NOT IN"},
    "NOT_CONTAINS": {"en": "NOT CONTAINS", "fr": "NOT CONTAINS"},
    "IN_SEGMENT": {"en": "in_segment", "fr": "in_segment"},
    "ANNIVERSARY": {"en": "an attribute", "fr": "un attribut"},
    "$END": {"en": "the end", "fr": "la fin"},
    "_LEFT": {"en": "(", "fr": "("},
    "_RIGHT": {"en": ")", "fr": ")"},
    "_COMMA": {"en": ",", "fr": ","},
    "_COLON": {"en": ":", "fr": ":"},
    **dict.fromkeys(("NUMBER", "DATE", "TIME", "AGO", "OFFSET", "TODAY", "YESTERDAY", "PARAMETER", "TEXT"), _VALUE),
}


def problem(name: Name, place: Place, language: Language, *, near: Iterable[str] = (), **facts: str) -> QueryError:
    """The error `name` at a place of a rule; where what was found is `near` a known word, that is suggested."""
    close = get_close_matches(facts.get("found", ""), list(near), n=1, cutoff=0.6)
    remedy = _SUGGESTION[language].format(name=close[0]) if close else ""
    message = MESSAGES[name][language].format(**facts)
    words = _WHERE[language].format(line=place.line, column=place.column)
    return QueryError(message, line=place.line, column=place.column, remedy=remedy, place=words)


def expected(terminals: Iterable[str], language: Language) -> str:
    """What the grammar would take, in words."""
    names = set(terminals) - {"_TIMES"}  # whoever wants it knows it
    if "NUMBER" in names:
        names -= {"NAME", "TRUE", "FALSE", "_LEFT"}  # they are values there, which are said in one word
    words = {_EXPECTED.get(name, {}).get(language) or name.strip("_") for name in names}
    return _JOIN[language].join(sorted(words))
