"""Bulk operations of the fake: their rules, their states, and their files (shopify.dev/docs/api/usage/bulk-operations).

A row is projected by walking the validated selections, not by the executor, so that 70,000 orders take seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import msgspec
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    InlineFragmentNode,
    SelectionSetNode,
    get_named_type,
)

from sync.demo.shopify.schema import arguments, checked, fragments_of, is_mutation, operation_of, root_fields, schema
from sync.demo.shopify.views import Connection, View, time

Kind = Literal["QUERY", "MUTATION"]
PLACES = 5
CONNECTIONS = 5
DEPTH = 2


@dataclass
class Operation:
    """A bulk operation; `rows` is worked out when it completes."""

    number: int
    kind: Kind
    created_at: datetime
    document: str
    rows: Callable[[], tuple[bytes, int, int]]
    polls: int
    status: str = "CREATED"
    error: str | None = None
    completed_at: datetime | None = None
    result: bytes = b""
    objects: int = 0
    roots: int = 0

    @property
    def id(self) -> str:
        """Its gid."""
        return f"gid://shopify/BulkOperation/{self.number}"

    @property
    def under_way(self) -> bool:
        """Whether it still takes a place."""
        return self.status in {"CREATED", "RUNNING"}

    def advance(self, now: datetime) -> None:
        """One step on: RUNNING, and after some polls COMPLETED, or FAILED where that is planned."""
        if not self.under_way:
            return
        self.polls -= 1
        self.status = "RUNNING"
        if self.polls > 0:
            return
        self.completed_at = now
        if self.error:
            self.status = "FAILED"
            return
        self.result, self.objects, self.roots = self.rows()
        self.status = "COMPLETED"

    def view(self, url: str) -> View:
        """A BulkOperation; it has an address only where it found something."""
        done = self.status == "COMPLETED"
        return {
            "__typename": "BulkOperation",
            "id": self.id,
            "type": self.kind,
            "status": self.status,
            "errorCode": self.error if self.status == "FAILED" else None,
            "createdAt": time(self.created_at),
            "completedAt": time(self.completed_at),
            "query": self.document,
            "objectCount": str(self.objects),
            "rootObjectCount": str(self.roots),
            "fileSize": str(len(self.result)) if done else None,
            "url": f"{url}/bulk/{self.number}.jsonl" if done and self.result else None,
            "partialDataUrl": None,
        }


@dataclass(frozen=True)
class Plan:
    """What a selection takes from an object: its fields, and the connections whose nodes become rows of their own."""

    fields: list[tuple[str, FieldNode, Plan | None]] = field(default_factory=list)
    connections: list[tuple[str, Plan]] = field(default_factory=list)


def plan(selections: SelectionSetNode | None, document: DocumentNode) -> Plan:
    """The plan of a selection; fragments are merged into it."""
    made = Plan()
    for node in _fields(selections, document):
        key = (node.alias or node.name).value
        if nodes := _nodes(node):
            made.connections.append((node.name.value, plan(nodes, document)))
        else:
            made.fields.append((key, node, plan(node.selection_set, document) if node.selection_set else None))
    return made


def _fields(selections: SelectionSetNode | None, document: DocumentNode) -> Iterator[FieldNode]:
    for node in selections.selections if selections else ():
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, InlineFragmentNode):
            yield from _fields(node.selection_set, document)
        elif isinstance(node, FragmentSpreadNode):
            yield from _fields(fragments_of(document)[node.name.value].selection_set, document)


def _nodes(node: FieldNode) -> SelectionSetNode | None:
    """The selection on the nodes, where the field is a connection asked by its edges."""
    for edges in node.selection_set.selections if node.selection_set else ():
        if isinstance(edges, FieldNode) and edges.name.value == "edges" and edges.selection_set:
            for inner in edges.selection_set.selections:
                if isinstance(inner, FieldNode) and inner.name.value == "node":
                    return inner.selection_set
    return None


def project(view: View, wanted: Plan) -> View:
    """The part of a view that a plan takes."""
    row: View = {}
    for key, node, below in wanted.fields:
        value = view[node.name.value]
        if callable(value):
            value = value(None, **arguments(node, {}))
        if below is not None and value is not None:
            value = [project(item, below) for item in value] if isinstance(value, list) else project(value, below)
        row[key] = value
    return row


def result(views: Iterable[View], wanted: Plan, *, grouped: bool) -> tuple[bytes, int, int]:
    """The JSONL file with its numbers of objects and of root objects; ungrouped, children stand anywhere."""
    encode = msgspec.json.Encoder().encode
    roots: list[bytes] = []
    children: list[bytes] = []
    for view in views:
        root = encode(project(view, wanted))
        below = [
            encode({**project(child, inner), "__parentId": view["id"]})
            for name, inner in wanted.connections
            for child in _connection(view[name]).rows
        ]
        roots.append(b"\n".join([root, *below]) if grouped else root)
        children += below
    rows = roots if grouped else [*reversed(children), *roots]
    return b"".join(row + b"\n" for row in rows), len(roots) + len(children), len(roots)


def _connection(value: object) -> Connection:
    assert isinstance(value, Connection)
    return value


def complaint(text: str) -> str | None:
    """Why a document cannot run in bulk, None where it can."""
    document, errors = checked(text)
    if document is None or errors:
        return errors[0].message
    return next(_complaints(document), None)


def _complaints(document: DocumentNode) -> Iterator[str]:
    root = schema().query_type
    assert root is not None
    if is_mutation(document):
        yield "Invalid bulk query: the operation must be a query."
        return
    if {node.name.value for node in root_fields(document)} & {"node", "nodes"}:
        yield "Bulk queries cannot contain a top level `node` or `nodes` field."
    depths, in_list = _walk(operation_of(document).selection_set, root, document, 0, inside_list=False)
    if in_list:
        yield "Queries that contain a connection field within a list field are not currently supported."
    if not depths:
        yield "Bulk queries must contain at least one connection."
    elif len(depths) > CONNECTIONS or max(depths) > DEPTH:
        yield f"Bulk queries cannot contain more than {CONNECTIONS} connections or a nesting deeper than {DEPTH}."


def _walk(
    selections: SelectionSetNode | None, kind: object, document: DocumentNode, depth: int, *, inside_list: bool
) -> tuple[list[int], bool]:
    """The depth of each connection, and whether one stands within a list."""
    depths: list[int] = []
    wrong = False
    for node in _fields(selections, document):
        if not isinstance(kind, GraphQLObjectType) or node.name.value not in kind.fields:
            continue
        declared = kind.fields[node.name.value].type
        below = get_named_type(declared)
        here = depth
        if below.name.endswith("Connection"):
            here = depth + 1
            depths.append(here)
            wrong = wrong or inside_list
        bare = declared.of_type if isinstance(declared, GraphQLNonNull) else declared
        listed = isinstance(bare, GraphQLList) and node.name.value != "edges"
        found, bad = _walk(node.selection_set, below, document, here, inside_list=inside_list or listed)
        depths += found
        wrong = wrong or bad
    return depths, wrong


def run_lines(
    text: str, lines: bytes, mutate: Callable[[str, dict[str, Any]], View]
) -> Callable[[], tuple[bytes, int, int]]:
    """What a bulk mutation does once it completes: one call for each line of variables, one row for each call."""
    document, _ = checked(text)
    assert document is not None
    (root,) = root_fields(document)
    wanted = plan(root.selection_set, document)

    def run() -> tuple[bytes, int, int]:
        rows = []
        for number, line in enumerate(lines.splitlines()):
            payload = mutate(root.name.value, arguments(root, msgspec.json.decode(line)))
            rows.append({"data": {root.name.value: project(payload, wanted)}, "__lineNumber": number})
        return msgspec.json.Encoder().encode_lines(rows), len(rows), len(rows)

    return run
