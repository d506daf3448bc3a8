"""Imports go one way: connector ← connectors ← sync; and each folder takes from outside only what it is allowed."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = ("connector", "connectors", "sync")

OUTSIDE: dict[str, set[str]] = {
    "connector": {
        "alembic", "babel", "lark", "phonenumbers", "pydantic", "pydantic_core", "pydantic_settings", "sqlalchemy",
        "sqlmodel",
    },
    "connector/clv": {"numpy", "scipy", "sqlalchemy"},
    "connectors": {"msgspec", "oauthlib", "requests", "requests_oauthlib", "structlog"},
    "sync": {"apscheduler", "babel", "msgspec", "rich", "sqlalchemy", "structlog", "tomlkit", "typer"},
    "sync/web": {
        "argon2", "fastapi", "jinja2", "python_multipart", "sqlalchemy", "starlette", "structlog", "uvicorn",
    },
    "sync/demo": {"cryptography", "graphql", "jinja2", "jsonschema", "msgspec", "requests", "sqlalchemy"},
}  # fmt: skip
FOR_CONNECTORS = {"errors", "money", "days", "records", "source", "destination", "text"}
NETWORK = {
    "asyncio",
    "ftplib",
    "http",
    "imaplib",
    "poplib",
    "smtplib",
    "socket",
    "socketserver",
    "ssl",
    "urllib",
    "xmlrpc",
}
CLOCKS = {"now", "utcnow", "today", "time_ns", "monotonic", "perf_counter", "localtime", "gmtime"}


@cache
def modules() -> dict[str, Path]:
    """Each of our modules by its dotted name."""
    found = {}
    for layer in LAYERS:
        for file in sorted((ROOT / layer).rglob("*.py")):
            parts = file.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def imports(name: str) -> Iterator[tuple[str, bool]]:
    """What a module imports, wherever in it, as dotted names; and whether that is only for type checking."""

    def walk(node: ast.AST, typing_only: bool) -> Iterator[tuple[str, bool]]:
        for child in ast.iter_child_nodes(node):
            only = typing_only or (isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING")
            if isinstance(child, ast.Import):
                yield from ((alias.name, only) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"{name} imports by a relative path"
                for alias in child.names:
                    whole = f"{child.module}.{alias.name}"
                    yield (whole if whole in modules() else str(child.module)), only
            else:
                yield from walk(child, only)

    yield from walk(tree(modules()[name]), typing_only=False)


def layer(name: str) -> str:
    return name.partition(".")[0]


def ours(name: str) -> list[str]:
    """The modules of ours that a module imports when it runs."""
    return sorted({target for target, typing_only in imports(name) if layer(target) in LAYERS and not typing_only})


def test_imports_between_the_folders_go_one_way() -> None:
    wrong = [
        f"{name} imports {target}"
        for name in modules()
        for target, _ in imports(name)
        if layer(target) in LAYERS and LAYERS.index(layer(target)) > LAYERS.index(layer(name))
    ]
    assert wrong == []


def test_platform_modules_know_the_contract_and_nothing_of_the_database() -> None:
    wrong = [
        f"{name} imports {target}"
        for name in modules()
        for target, _ in imports(name)
        if layer(name) == "connectors" and layer(target) == "connector" and target.split(".")[1:2] != []
        if target.split(".")[1] not in FOR_CONNECTORS
    ]
    assert wrong == []


def test_what_every_platform_shares_names_no_platform() -> None:
    shared = {"connectors.http", "connectors.elements", "connectors.line", "connectors.pace"}
    named = {target for name in shared for target in ours(name) if target.startswith("connectors.")}
    assert named <= shared


def test_commands_print_and_nothing_else_stands_on_them() -> None:
    inside = ("sync.commands", "sync.cli")
    wrong = [
        f"{name} imports {target}"
        for name in modules()
        if not name.startswith(inside)
        for target in ours(name)
        if target.startswith("sync.commands")
    ]
    assert wrong == []


@pytest.mark.parametrize("folder", OUTSIDE)
def test_a_folder_takes_from_outside_only_what_it_is_allowed(folder: str) -> None:
    wrong = []
    for name, file in modules().items():
        at = file.relative_to(ROOT).as_posix()
        if folder != max((known for known in OUTSIDE if at.startswith(f"{known}/")), key=len):
            continue
        wrong += [
            f"{name} imports {target}"
            for target, _ in imports(name)
            if layer(target) not in {*LAYERS, *sys.stdlib_module_names, *OUTSIDE[folder]}
        ]
    assert wrong == []


def test_what_we_know_asks_no_network() -> None:
    wrong = [
        f"{name} imports {target}"
        for name in modules()
        for target, _ in imports(name)
        if layer(name) == "connector" and layer(target) in NETWORK
    ]
    assert wrong == []


def test_what_we_know_asks_no_clock() -> None:
    wrong = [
        f"{name}:{node.lineno} asks {ast.unparse(node.func)}"
        for name, file in modules().items()
        if layer(name) == "connector"
        for node in ast.walk(tree(file))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if (
            node.func.attr in CLOCKS
            and ast.unparse(node.func.value) in {"datetime", "date", "time", "datetime.datetime"}
        )
        or ast.unparse(node.func) in {"time.time", "func.now"}
    ]
    assert wrong == []


def test_no_module_imports_itself_through_others() -> None:
    above: list[str] = []
    done: set[str] = set()
    circles: list[str] = []

    def visit(name: str) -> None:
        if name in above:
            circles.append(" → ".join([*above[above.index(name) :], name]))
        if name in done or name in above:
            return
        above.append(name)
        for target in ours(name):
            if target in modules() and target != name:
                visit(target)
        above.pop()
        done.add(name)

    for name in modules():
        visit(name)
    assert circles == []


def test_the_walk_sees_the_modules_and_their_imports() -> None:
    assert {"connector.identity", "connectors.http", "sync.pull"} <= modules().keys()
    assert "connector.stores" in ours("sync.pull")
    assert ("alembic", False) in list(imports("connector.database"))
