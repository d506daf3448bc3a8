"""Whether Shopify's own segments can say a rule: native, native with loss, or ours only, and in which words.

The text is Shopify's (shopify.dev, segment query language reference); its result can still differ from ours, for
Shopify has its own idea of an order that counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal, TypeAlias

from connector.language import Language
from connector.query.attributes import FUNCTIONS, LINE, Attribute, Native, attribute
from connector.query.canonical import canonical
from connector.query.measures import Kind
from connector.query.tree import (
    AllOf,
    Always,
    AnyOf,
    Condition,
    Expression,
    Figure,
    InSegment,
    Matches,
    Not,
    Number,
    Operator,
    Text,
    Value,
    all_of,
    any_of,
)

CLAUSES = 10
"""As many conditions as Shopify takes."""

Loss: TypeAlias = Literal["clauses", "unknown", "place", "id", "create", "field"]
LOSSES: Mapping[Loss, Mapping[Language, str]] = {
    "clauses": {
        "en": "Shopify takes at most 10 conditions; this rule has {found}.",
        "fr": "Shopify accepte 10 conditions au plus ; cette règle en a {found}.",
    },
    "unknown": {"en": "Shopify does not know {found}.", "fr": "Shopify ne connaît pas {found}."},
    "place": {
        "en": "In Shopify {found} is compared with codes such as US-CA-LosAngeles.",
        "fr": "Dans Shopify, {found} se compare à des codes tels que US-CA-LosAngeles.",
    },
    "id": {
        "en": "In Shopify {found} is compared with Shopify's own ids.",
        "fr": "Dans Shopify, {found} se compare aux identifiants de Shopify.",
    },
    "field": {
        "en": "Shopify knows {found} by its namespace and key, if it is a customer metafield there.",
        "fr": "Shopify connaît {found} par son espace de noms et sa clé, si c'est un champ méta client.",
    },
    "create": {
        "en": "Shopify takes {found} typed into its admin, and may refuse it from an app.",
        "fr": "Shopify accepte {found} saisi dans son administration, et peut le refuser à une application.",
    },
}

OPPOSITE: Mapping[Operator, Operator] = {
    "=": "!=",
    "!=": "=",
    ">": "<=",
    "<=": ">",
    ">=": "<",
    "<": ">=",
    "IS NULL": "IS NOT NULL",
    "IS NOT NULL": "IS NULL",
    "IN": "NOT IN",
    "NOT IN": "IN",
    "CONTAINS": "NOT CONTAINS",
    "NOT CONTAINS": "CONTAINS",
}
_ENUMS = ("customer_account_status", "email_subscription_status", "sms_subscription_status")
_PLACES = ("customer_cities", "customer_regions")


@dataclass(frozen=True, slots=True)
class Portability:
    """The mark of a rule, its text for Shopify (None where it is ours only), and what is lost on the way."""

    mark: Native
    native: str | None
    warnings: tuple[str, ...]


def portability(
    expression: Expression, language: Language = "en", fields: Mapping[str, str] | None = None
) -> Portability:
    """How a rule, its segments put in and its parameters filled in, can be said in Shopify.

    `fields` are the metafields (namespace.key) that are mapped there, by the names that rules know them by.
    """
    writer = _Writer(fields or {})
    native = writer.written(expression, positive=True)
    clauses = sum(1 for _ in _clauses(native))
    if clauses > CLAUSES:
        writer.note("clauses", str(clauses), "own")
    warnings = tuple(LOSSES[loss][language].format(found=found) for loss, found in writer.losses)
    return Portability(writer.mark, None if writer.mark == "own" else canonical(native), warnings)


class _Writer:
    """Writes a rule without what Shopify has not: NOT ( … ), TRUE, IN on single values."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self.fields = fields
        self.losses: dict[tuple[Loss, str], None] = {}
        self.mark: Native = "native"

    def note(self, loss: Loss, found: str, mark: Native) -> None:
        self.losses[loss, found] = None
        if self.mark != "own":
            self.mark = mark

    def written(self, expression: Expression, *, positive: bool) -> Expression:
        match expression:
            case Not(part):
                return self.written(part, positive=not positive)
            case AllOf(parts) | AnyOf(parts):
                both = isinstance(expression, AllOf) is positive
                return (all_of if both else any_of)(*(self.written(part, positive=positive) for part in parts))
            case Always():
                return Condition("number_of_orders", ">=" if positive else "<", (Number(_ZERO),))
            case Matches():
                self._function(expression)
                return expression if positive else Not(expression)
            case InSegment():
                self.note("unknown", "in_segment", "own")
                return expression
            case Condition():
                return self._condition(expression, positive=positive)

    def _condition(self, condition: Condition, *, positive: bool) -> Expression:
        known = attribute(condition.name)
        figures = [value for value in condition.values if isinstance(value, Figure)]
        if known is None or known.native == "own" or figures:
            shared = known is not None and known.native != "own"
            self.note("unknown", f"{figures[0].function}(…)" if shared else condition.name, "own")
            return condition
        if condition.name in _PLACES and not all(_is_code(value) for value in condition.values):
            self.note("place", condition.name, "lossy")
        name = self._name(condition.name)
        given = replace(condition, name=name, values=tuple(_enum(name, value) for value in condition.values))
        if condition.operator == "BETWEEN" and not positive:
            low, high = (
                replace(given, operator=op, values=(value,)) for op, value in zip(_ENDS, given.values, strict=True)
            )
            return any_of(low, high, *_null(known, condition.name))
        operator = given.operator if positive else OPPOSITE[given.operator]
        native = _spread(replace(given, operator=operator), known.kind)
        nullable = not positive and condition.operator in ("=", ">", ">=", "<", "<=") and known.kind is Kind.DATE
        return any_of(native, *_null(known, condition.name)) if nullable else native

    def _name(self, name: str) -> str:
        """The attribute as Shopify calls it."""
        yearly = name.startswith("anniversary(")
        field = name[12:-1] if yearly else name
        if not field.startswith("metafields."):
            return name
        path = self.fields.get(field.removeprefix("metafields."), field.removeprefix("metafields."))
        if "." not in path:
            self.note("field", field, "own")
        return f"anniversary('metafields.{path}')" if yearly else f"metafields.{path}"

    def _function(self, matches: Matches) -> None:
        function = FUNCTIONS[matches.function]
        if function.native == "own":
            self.note("unknown", matches.function, "own")
            return
        for condition in matches.conditions:
            known = function.parameters.get(condition.name, _UNKNOWN)
            figure = any(isinstance(value, Figure) for value in condition.values)
            several = condition.operator in ("IN", "NOT IN") and condition.name != "id"
            if known.native == "own" or figure or several:
                self.note("unknown", f"{matches.function} MATCHES ({condition.name} {condition.operator} …)", "own")
            elif known.native == "lossy":
                self.note("id", condition.name, "lossy")
        if matches.function == "products_purchased" and any(test.name in LINE for test in matches.conditions):
            self.note("create", matches.function, self.mark)


_ZERO = Decimal(0)
_ENDS: tuple[Operator, Operator] = ("<", ">")
_UNKNOWN = Attribute(Kind.TEXT)


def _clauses(expression: Expression) -> list[Expression]:
    match expression:
        case AllOf(parts) | AnyOf(parts):
            return [clause for part in parts for clause in _clauses(part)]
    return [expression]


def _null(known: Attribute, name: str) -> list[Expression]:
    return [Condition(name, "IS NULL")] if known.kind is Kind.DATE else []


def _spread(condition: Condition, kind: Kind) -> Expression:
    """A condition in the operators that Shopify has for its kind; a state is one value there, of one account."""
    listed = (kind is Kind.LIST and condition.name not in _ENUMS) or (
        kind is Kind.FIELD and "CONTAINS" in condition.operator
    )
    one: Operator = "CONTAINS" if listed else "="
    none: Operator = "NOT CONTAINS" if listed else "!="
    match condition.operator:
        case "IN" | "CONTAINS" | "=":
            return any_of(*(replace(condition, operator=one, values=(value,)) for value in condition.values))
        case "NOT IN" | "NOT CONTAINS" | "!=":
            return all_of(*(replace(condition, operator=none, values=(value,)) for value in condition.values))
    return condition


def _enum(name: str, value: Value) -> Value:
    return replace(value, value=value.value.upper()) if name in _ENUMS and isinstance(value, Text) else value


def _is_code(value: Value) -> bool:
    return isinstance(value, Text) and "-" in value.value
