"""A vendor's OpenAPI file, as a fake platform holds requests against it."""

from __future__ import annotations

import gzip
import json
import re
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from jsonschema import Draft4Validator


class Specification:
    """The paths of a file in `sync/demo/data`, and the bodies that they take."""

    def __init__(self, name: str) -> None:
        packed = files("sync.demo").joinpath("data", name).read_bytes()
        self.paths: dict[str, Any] = json.loads(gzip.decompress(packed))["paths"]
        self._validators: dict[tuple[str, str], Any] = {}

    def template(self, path: str) -> tuple[str, dict[str, str]]:
        """The path as the file writes it, with its parts by name; KeyError where it has no such path."""
        for pattern, template in self._patterns:
            match = pattern.fullmatch(path)
            if match:
                return template, match.groupdict()
        raise KeyError(path)

    def errors(self, method: str, template: str, body: object) -> list[tuple[str, str]]:
        """Where `body` is not what the operation takes, and how."""
        schema = self._body(method, template)
        if schema is None:
            return []
        validator = self._validators.setdefault((method, template), Draft4Validator(schema))
        return [(".".join(map(str, error.path)), error.message[:100]) for error in validator.iter_errors(body)]

    def takes_body(self, method: str, template: str) -> bool:
        """Whether the operation takes a body."""
        return self._body(method, template) is not None

    def _body(self, method: str, template: str) -> Any:  # noqa: ANN401 - a schema
        operation = self.paths[template].get(method.lower(), {})
        return operation["requestBody"]["content"]["application/json"]["schema"] if "requestBody" in operation else None

    @cached_property
    def _patterns(self) -> list[tuple[re.Pattern[str], str]]:
        fixed_first = sorted(self.paths, key=lambda path: path.count("{"))
        return [(re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)), path) for path in fixed_first]


@cache
def specification(name: str) -> Specification:
    """The file of that name, read once."""
    return Specification(name)
