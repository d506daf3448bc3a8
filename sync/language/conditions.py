"""The conditions of a segment in words, each with what a person has and what is wanted of it.

words = Wording(say, as_of, currency, names)
words.reasons(entry["trace"])          all conditions of an entry of `connector.answers.why`, some in groups
words.missing(entry["misses"])         what would have to be otherwise
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from babel.numbers import format_decimal

from connector.days import day_date, parse_day
from connector.money import minor_units
from connector.query import Expression, parse
from connector.query.attributes import FUNCTIONS, attribute
from connector.query.bounds import edge
from connector.query.measures import Kind
from connector.query.messages import PARTS
from connector.query.portability import OPPOSITE
from connector.query.tree import Condition, Day, Figure, Matches, Number, Offset, Text, Truth, Value, Word
from connector.query.words import in_words, value_in_words
from sync.language.voice import Voice

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MEASURES = ("count", "days", "sum_amount", "sum_quantity")
_ONE, _NOUGHT = (Number(Decimal(1)),), (Number(Decimal(0)),)
_SOME = Condition("count", ">=", _ONE)
_NONE_OR_SOME: Mapping[tuple[str, tuple[Value, ...]], tuple[str, tuple[Value, ...]]] = {
    ("!=", _NOUGHT): (">=", _ONE),
    ("<", _ONE): ("=", _NOUGHT),
}
_UNITS: Mapping[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "d": (("jour", "jours"), ("day", "days")),
    "w": (("semaine", "semaines"), ("week", "weeks")),
    "m": (("mois", "mois"), ("month", "months")),
    "y": (("an", "ans"), ("year", "years")),
}
_TEXTS: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(("=", "IN", "CONTAINS"), ("{}", "{}")),
    **dict.fromkeys(("!=", "NOT IN", "NOT CONTAINS"), ("autre que {}", "other than {}")),
    "IS NULL": ("vide", "empty"),
    "IS NOT NULL": ("non vide", "not empty"),
}
_NUMBERS: Mapping[str, tuple[str, str]] = {
    **_TEXTS,
    "=": ("exactement {}", "exactly {}"),
    "!=": ("autre que {}", "other than {}"),
    ">": ("plus de {}", "more than {}"),
    ">=": ("au moins {}", "at least {}"),
    "<": ("moins de {}", "less than {}"),
    "<=": ("au plus {}", "at most {}"),
    "BETWEEN": ("de {} à {}", "from {} to {}"),
    "NOT BETWEEN": ("moins de {} ou plus de {}", "less than {} or more than {}"),
}
_DAYS: Mapping[str, tuple[str, str]] = {
    **_TEXTS,
    "=": ("le {}", "on {}"),
    "!=": ("un autre jour que le {}", "another day than {}"),
    ">": ("après le {}", "after {}"),
    ">=": ("le {} ou après", "on {} or later"),
    "<": ("avant le {}", "before {}"),
    "<=": ("le {} ou avant", "on {} or earlier"),
    "BETWEEN": ("du {} au {}", "from {} to {}"),
    "NOT BETWEEN": ("avant le {} ou après le {}", "before {} or after {}"),
    "IS NULL": ("aucune date", "no date"),
    "IS NOT NULL": ("une date", "a date"),
}
_PHRASES: Mapping[Kind, Mapping[str, tuple[str, str]]] = {
    **dict.fromkeys((Kind.DATE, Kind.YEARLY), _DAYS),
    **dict.fromkeys((Kind.TEXT, Kind.NAME, Kind.LIST, Kind.FIELD, Kind.FLAG), _TEXTS),
}
"""Those of kinds that are no numbers."""


@dataclass(frozen=True)
class Reason:
    """What is asked, what the person has, and what is wanted; or a group of such `parts`.

    `rule` is the condition as rules write it, "" of a group.
    """

    told: str
    value: str
    wanted: str
    holds: bool
    rule: str
    parts: list[Reason]


@lru_cache(maxsize=1024)
def _read(clause: str) -> Expression:
    """The clause of a rule, which many people are asked about."""
    return parse(clause)


@dataclass(frozen=True)
class Wording:
    """Says conditions as of a day (YYYY-MM-DD), amounts in a currency; `names` are those of the segments, by key."""

    say: Voice
    as_of: str
    currency: str
    names: Mapping[str | None, str]

    def reasons(self, trace: Mapping[str, Any]) -> list[Reason]:
        """The conditions of a trace, of which all must hold."""
        return _once(self._parts(trace, wanted=True, every=True))

    def missing(self, misses: Iterable[Mapping[str, Any]]) -> list[str]:
        """What would have to be otherwise: nombre de commandes (au moins 2)."""
        found = (self._leaf(clause, wanted=not clause["true"]) for clause in misses)
        return [f"{one.told} ({one.wanted})" for one in found]

    def shown(self, name: str, value: object) -> str:
        """What a person has of an attribute: a day, a number, yes or no, a word; a dash where there is nothing."""
        if isinstance(value, bool):
            return self.say.text("oui", "yes") if value else self.say.text("non", "no")
        if isinstance(value, list):
            return ", ".join(self.shown(name, one) for one in value) or "–"
        if isinstance(value, str):
            word = value_in_words(name, value, self.say.language)
            return self.say.day(value) if _DAY.fullmatch(value) else word
        return self.say.value(value)

    def _parts(self, trace: Mapping[str, Any], *, wanted: bool, every: bool) -> Iterator[Reason]:
        """What a trace, or where not `wanted` its opposite, adds to a group of which `every` part must hold, or one."""
        if "not" in trace:
            yield from self._parts(trace["not"], wanted=not wanted, every=every)
        elif "clause" in trace:
            yield self._leaf(trace, wanted=wanted)
        elif "true" in trace:
            everybody = self.say.text("tout le monde", "everybody"), self.say.text("personne", "nobody")
            yield Reason(everybody[0] if wanted else everybody[1], "", "", wanted, "TRUE", [])
        else:
            both = ("all" in trace) is wanted
            inner = trace.get("all") or trace["any"]
            parts = [one for part in inner for one in self._parts(part, wanted=wanted, every=both)]
            yield from parts if both is every else [self._group(_once(parts), every=both)]

    def _group(self, parts: list[Reason], *, every: bool) -> Reason:
        if len(parts) == 1:
            return parts[0]
        one = self.say.text("l'une de ces conditions", "one of these conditions")
        told = self.say.text("toutes ces conditions", "all of these conditions") if every else one
        return Reason(told, "", "", (all if every else any)(part.holds for part in parts), "", parts)

    def _leaf(self, clause: Mapping[str, Any], *, wanted: bool) -> Reason:
        rule, value = _read(clause["clause"]), clause["value"]
        if isinstance(rule, Matches):
            told, shown, needed = self._matches(rule, value, wanted=wanted)
        elif isinstance(rule, Condition):
            told = in_words(rule.name, self.say.language)
            shown, needed = self.shown(rule.name, value), self._needed(rule, _kind(rule.name), wanted=wanted)
        else:
            raise TypeError(rule)  # a clause is one or the other
        holds = bool(clause["true"]) is wanted
        if holds and value is None and not (isinstance(rule, Condition) and "NULL" in rule.operator):
            needed += self.say.text(", ou rien", ", or nothing")
        return Reason(told, shown, needed, holds, clause["clause"], list(self._summed(clause)))

    def _summed(self, clause: Mapping[str, Any]) -> Iterator[Reason]:
        """What the value is the sum of, one by one."""
        for part in clause.get("parts", ()):
            yield Reason(PARTS[part["name"]][self.say.language], "", "", bool(part["value"]), "", [])

    def _matches(self, rule: Matches, value: Any, *, wanted: bool) -> tuple[str, str, str]:  # noqa: ANN401 - as in a report
        """What is asked of some orders, how many there are, and how many are wanted."""
        kinds = FUNCTIONS[rule.function].parameters
        measured = [test for test in rule.conditions if test.name in _MEASURES] or [_SOME]
        filters = self.say.text(" ; ", "; ").join(
            f"{in_words(test.name, self.say.language)}{self.say.colon}{self._needed(test, kinds[test.name].kind)}"
            for test in rule.conditions
            if test.name not in _MEASURES
        )
        told = in_words(rule.function, self.say.language) + (f" ({filters})" if filters else "")
        values = value if isinstance(value, list) else [value]
        if len(measured) == 1:
            (test,) = measured
            what = "" if test.name == "count" else f" – {in_words(test.name, self.say.language)}"
            return told + what, self.shown(test.name, values[0]), self._wanted_sum(test, wanted=wanted)
        names = [in_words(test.name, self.say.language) for test in measured]
        together = ", ".join(
            f"{name}{self.say.colon}{self._wanted_sum(test)}" for name, test in zip(names, measured, strict=True)
        )
        both = together if wanted else self.say.text("pas à la fois {all}", "not both {all}", all=together)
        shown = [self.shown(test.name, one) for test, one in zip(measured, values, strict=True)]
        return told, ", ".join(f"{n}{self.say.colon}{one}" for n, one in zip(names, shown, strict=True)), both

    def _wanted_sum(self, test: Condition, *, wanted: bool = True) -> str:
        return self._needed(test, FUNCTIONS["orders_placed"].parameters.get(test.name, _COUNT).kind, wanted=wanted)

    def _needed(self, rule: Condition, kind: Kind, *, wanted: bool = True) -> str:
        """What a condition, or its opposite, asks for: au moins 2, avant le 26 mai 2026, « vip »."""
        operator: str = (
            rule.operator if wanted else "NOT BETWEEN" if rule.operator == "BETWEEN" else OPPOSITE[rule.operator]
        )
        asked = rule.values
        if kind is Kind.COUNT:  # which is not below nought
            operator, asked = _NONE_OR_SOME.get((operator, asked), (operator, asked))
        values = [self._value(rule.name, value, kind) for value in asked]
        if operator in ("IN", "NOT IN"):
            values = [_listed(values, self.say.text(" ou ", " or "))]
        return self.say.text(*_PHRASES.get(kind, _NUMBERS)[operator]).format(*values)

    def _value(self, name: str, value: Value | Word, kind: Kind) -> str:
        """A value of a rule as people say it."""
        match value:
            case Number() if kind in (Kind.MONEY, Kind.PRICE):
                return self.say.money(minor_units(value.value, self.currency), self.currency)
            case Number():
                return format_decimal(value.value, format="#,##0.####", locale=self.say.language)
            case Day() | Offset():
                day = day_date(edge(value).on(parse_day(self.as_of)))
                return self.say.day(day, "d MMMM" if kind is Kind.YEARLY else "medium")
            case Truth():
                return self.shown(name, value.value)
            case Text():
                return self._text(name, value.value)
            case Figure():
                return self._figure(value)
        raise TypeError(value)  # parameters have been filled in

    def _text(self, name: str, text: str) -> str:
        known = self.names.get(text, text) if name == "segment" else value_in_words(name, text, self.say.language)
        return self.say.text("« {text} »", "“{text}”", text=known)

    def _figure(self, figure: Figure) -> str:
        """A figure of the shop: 1,15 fois la moyenne de la boutique (montant d'une commande, 365 jours)."""
        percents, told = "", []
        for one in figure.arguments:
            match one:
                case Word():
                    told.append(in_words(one.name, self.say.language))
                case Offset():
                    told.append(self.say.count(one.count, *self.say.choose(*_UNITS[one.unit])))
                case Number():
                    percents = self.say.percents(float(one.value))
                case _:
                    told.append(self._value("", one, Kind.TEXT))
        mean = self.say.text("la moyenne de la boutique", "the shop's mean")
        name = mean if figure.function == "AVG" else self.say.text(
            "ce que {n} des clients ne dépassent pas", "what {n} of customers do not exceed", n=percents
        )  # fmt: skip
        times = self.say.text("{n} fois ", "{n} times ", n=self.say.number(float(figure.factor)))
        return f"{'' if figure.factor == 1 else times}{name} ({', '.join(told)})"


_COUNT = FUNCTIONS["orders_placed"].parameters["count"]


def _kind(name: str) -> Kind:
    known = attribute(name)
    return known.kind if known else Kind.TEXT


def _once(parts: Iterable[Reason]) -> list[Reason]:
    """Each of some conditions once; that everybody passes is said of nothing else."""
    found: list[Reason] = []
    for one in parts:
        if one not in found:
            found.append(one)
    return [one for one in found if not (one.rule == "TRUE" and one.holds)] or found


def _listed(values: list[str], last: str) -> str:
    return last.join([", ".join(values[:-1]), values[-1]] if len(values) > 1 else values)
