"""The list of what the JSON API knows, made from its own description."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fastapi import Request

from sync.web.desk import Here
from sync.web.page import Answer, Page


@dataclass(frozen=True)
class Parameter:
    """A parameter of an address."""

    name: str
    place: str  # path or query
    required: bool
    told: str


@dataclass(frozen=True)
class Operation:
    """Something that can be asked for."""

    path: str
    told: str
    parameters: list[Parameter]


@dataclass(frozen=True)
class Reference:
    """All that can be asked for."""

    operations: list[Operation]


def reference(request: Request, desk: Here) -> Reference:
    """What the API knows, as a list."""
    found = []
    for path, ways in description(request, desk)["paths"].items():
        for operation in ways.values():
            parameters = [
                Parameter(one["name"], one["in"], one["required"], one.get("description", ""))
                for one in operation.get("parameters", ())
            ]
            found.append(Operation(path, operation.get("summary", ""), parameters))
    return Reference(found)


def description(request: Request, desk: Here) -> dict[str, Any]:  # noqa: ARG001 - who is let in
    """The description of the API, as OpenAPI."""
    told: dict[str, Any] = request.app.openapi()
    return told


PAGE = Page("/api", "reference.html", reference)
OPENAPI = Answer("/openapi.json", description)
