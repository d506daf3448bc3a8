"""Shopify's own schema: which documents it takes, what they cost, and who may see what.

The schema is the vendor's for 2026-10, reduced to structure. It is read once per process, in about half a second.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    GraphQLSyntaxError,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    build_client_schema,
    get_named_type,
    parse,
    validate,
    value_from_ast_untyped,
)

VERSION = "2026-10"
MUTATION_COST = 10
Variables = Mapping[str, Any]


@cache
def _introspection() -> dict[str, Any]:
    name = f"shopify-admin-{VERSION}.introspection.json.gz"
    packed = (files("sync.demo") / "data" / name).read_bytes()
    data: dict[str, Any] = json.loads(gzip.decompress(packed))["data"]
    return data


@cache
def schema() -> GraphQLSchema:
    """The Admin API's schema."""
    return build_client_schema(_introspection(), assume_valid=True)  # type: ignore[arg-type]  # plain JSON


@cache
def required_access() -> dict[str, set[str]]:
    """The scopes of which one is needed to see an object of each type."""
    types = _introspection()["__schema"]["types"]
    return {kind["name"]: set(kind["requiredAccess"]) for kind in types if kind.get("requiredAccess")}


@cache
def protected_fields() -> set[tuple[str, str]]:
    """The fields that are personal data of level 2, by type."""
    types = _introspection()["__schema"]["types"]
    fields = ((kind["name"], field) for kind in types for field in kind.get("fields") or [])
    return {(name, field["name"]) for name, field in fields if field.get("isProtected")}


@lru_cache(maxsize=512)
def checked(text: str) -> tuple[DocumentNode | None, tuple[GraphQLError, ...]]:
    """The document, or what is wrong with it by the vendor's schema."""
    try:
        document = parse(text)
    except GraphQLSyntaxError as error:
        return None, (error,)
    return document, tuple(validate(schema(), document))


def operation_of(document: DocumentNode) -> OperationDefinitionNode:
    """The document's one operation."""
    return next(node for node in document.definitions if isinstance(node, OperationDefinitionNode))


def root_fields(document: DocumentNode) -> list[FieldNode]:
    """The fields that the operation begins with."""
    return [node for node in operation_of(document).selection_set.selections if isinstance(node, FieldNode)]


def fragments_of(document: DocumentNode) -> dict[str, FragmentDefinitionNode]:
    """The document's named fragments."""
    nodes = (node for node in document.definitions if isinstance(node, FragmentDefinitionNode))
    return {node.name.value: node for node in nodes}


def arguments(field: FieldNode, variables: Variables) -> dict[str, Any]:
    """The arguments of a field, variables filled in."""
    return {item.name.value: value_from_ast_untyped(item.value, dict(variables)) for item in field.arguments or ()}


def is_mutation(document: DocumentNode) -> bool:
    """Whether the document writes."""
    return operation_of(document).operation is OperationType.MUTATION


def cost(document: DocumentNode, variables: Variables) -> int:
    """The points that a document asks for, by the published rule (shopify.dev/docs/api/usage/limits).

    A scalar costs nothing, an object 1, a connection 2 and 1 for each node with what is asked of it, a mutation 10.
    """
    if is_mutation(document):
        return MUTATION_COST * len(root_fields(document))
    root = schema().query_type
    assert root is not None
    return _Pricing(fragments_of(document), variables).of(operation_of(document).selection_set, root)


class _Pricing:
    def __init__(self, fragments: dict[str, FragmentDefinitionNode], variables: Variables) -> None:
        self.fragments = fragments
        self.variables = variables

    def of(self, selections: SelectionSetNode | None, kind: GraphQLOutputType) -> int:
        """What a selection on one object of `kind` costs; of inline fragments the dearest counts."""
        total = dearest = 0
        for node in selections.selections if selections else ():
            if isinstance(node, FieldNode):
                total += self.field(node, kind)
            elif isinstance(node, InlineFragmentNode):
                branch = schema().type_map[node.type_condition.name.value] if node.type_condition else kind
                dearest = max(dearest, self.of(node.selection_set, branch))  # type: ignore[arg-type]  # an output type
            elif isinstance(node, FragmentSpreadNode):
                total += self.of(self.fragments[node.name.value].selection_set, kind)
        return total + dearest

    def field(self, node: FieldNode, kind: GraphQLOutputType) -> int:
        if not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType) or node.name.value.startswith("__"):
            return 0
        below = get_named_type(kind.fields[node.name.value].type)
        if not isinstance(below, GraphQLObjectType | GraphQLInterfaceType):
            return 0 if node.selection_set is None else self.of(node.selection_set, below)
        given = arguments(node, self.variables)
        if node.name.value == "pageInfo":
            return 0
        if below.name.endswith("Connection"):
            size = given.get("first") or given.get("last") or 0
            return 2 + int(size) * self.of(node.selection_set, below)
        if node.name.value == "edges":  # the edge is free, its node is the object
            return self.of(node.selection_set, below)
        times = len(given["ids"]) if "ids" in given else 1
        return times * (1 + self.of(node.selection_set, below))
