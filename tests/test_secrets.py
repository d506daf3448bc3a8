"""Secrets do not leak: twenty of them, in every setting that can hold one, are looked for wherever a text comes out."""

from __future__ import annotations

import inspect
import json
import pkgutil
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields, is_dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from pydantic import BaseModel

import connector
import connectors
import sync
from connectors import DESTINATIONS, SOURCES
from sync.demo.webhooks import signature
from sync.web import app
from sync.workspace import Workspace, open_workspace
from tests.command_line import CommandLine
from tests.contract import NOW
from tests.secrets_world import (
    CANARIES,
    PUBLIC_OPTIONS,
    SECRET_OPTIONS,
    Said,
    World,
    commands,
    leaks,
    open_world,
)
from tests.test_main_job_serve import serving, stop

SECRETIVE = re.compile(r"secret|token|passw|credential|api_?key|consumer_key|dsn", re.IGNORECASE)
OURS = {"connector.toml", "tags-token", "secret-consumer_key", "secret-consumer_secret", "secret-webhook_secret"}
GIVEN = OURS | {"orders_export.csv", "sends.csv"}
STORES = ("boutique", "appli", "outlet", "clair", "nobody")
WORKING = {
    "demo",
    "check",
    "import",
    "pull",
    "recompute",
    "push",
    "run",
    "segments",
    "members",
    "why",
    "query",
    "backup",
}
WORKING |= {
    "export",
    "erase",
    "object",
    "privacy",
    "webhooks",
    "leave",
    "health",
    "insights",
    "clv",
    "merges",
    "simulate",
}
"""Commands that succeed in this world; others are asked about something that there is not, or are new."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The world, once each command was run in it, with and without --json."""
    with open_world(tmp_path_factory.mktemp("secrets")) as made:
        for command in (("pull",), ("recompute",), *commands(as_json=False)):
            made.tell(*command)
        for command in commands(as_json=True, but={"demo"}):
            made.tell(*command)
        yield made


def leaked(world: World, said: list[Said]) -> list[str]:
    return [f"{secret}: {' '.join(one.command)}" for one in said for secret in leaks(one.text, world.secrets)]


def in_files(world: World) -> list[str]:
    files = [file for file in world.folder.rglob("*") if file.is_file() and file.name not in OURS]
    return [f"{s} in {file.name}" for file in files for s in world.secrets if s.encode() in file.read_bytes()]


def test_every_option_that_may_hold_a_secret_holds_one_here() -> None:
    """A new option of a platform is a secret until it is written down as public."""
    assert len(CANARIES) >= 20
    classes = [getattr(import_module(p.partition(":")[0]), p.partition(":")[2]) for p in _places()]
    options = {
        name
        for made in classes
        for name, parameter in inspect.signature(made).parameters.items()
        if str(parameter.annotation).startswith("str")
    }
    assert options - PUBLIC_OPTIONS == SECRET_OPTIONS
    assert CANARIES.keys() >= SECRET_OPTIONS


def _places() -> list[str]:
    return [*SOURCES.values(), *DESTINATIONS.values()]


def test_what_is_named_like_a_secret_is_left_out_where_an_object_is_shown() -> None:
    shown = []
    for kind in _kinds():
        if issubclass(kind, BaseModel):
            own = [name for name, one in kind.model_fields.items() if one.repr and _secretive(name)]
            shown += [f"{kind.__name__}.{name}" for name in own]
        elif issubclass(kind, msgspec.Struct):
            own = [name for name in kind.__struct_fields__ if _secretive(name)]
            shown += [f"{kind.__name__}.{name}" for name in own if kind.__repr__ is msgspec.Struct.__repr__]
        elif is_dataclass(kind):
            shown += [f"{kind.__name__}.{one.name}" for one in fields(kind) if one.repr and _secretive(one.name)]
    assert shown == []


def _secretive(name: str) -> bool:
    return bool(SECRETIVE.search(name))


def _kinds() -> set[type[Any]]:
    """Every class of ours that holds values, whoever may show it."""
    found: set[type[Any]] = set()
    for package in (connector, connectors, sync):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "versions." in module.name or module.name.endswith((".env", "__main__")):
                continue
            found |= {one for one in vars(import_module(module.name)).values() if isinstance(one, type)}
    ours = [one for one in found if one.__module__.partition(".")[0] in {"connector", "connectors", "sync"}]
    return {one for one in ours if issubclass(one, BaseModel | msgspec.Struct) or is_dataclass(one)}


def opened(world: World, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    for name, value in world.line.environment().items():
        monkeypatch.setenv(name, value)
    return open_workspace(world.line.settings, str(world.line.database))


def test_settings_and_what_is_built_of_them_show_none(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = opened(world, monkeypatch)
    settings = workspace.settings
    built = [*workspace.sources(), *workspace.destinations(), workspace, app(workspace)]
    text = f"{settings!r} {settings} {built!r} {settings.stores!r} {settings.destinations!r}"
    workspace.engine.dispose()
    assert leaks(text, world.secrets) == []


def test_no_command_shows_one_in_what_it_prints_or_any_library_logs(world: World) -> None:
    assert {one.command[0] for one in world.said if one.code == 0} >= WORKING
    assert sum(len(one.text) for one in world.said) > 50_000
    assert any("urllib3" in one.text or '"POST /' in one.text for one in world.said)  # libraries did log
    assert leaked(world, world.said) == []


def test_no_request_has_one_in_its_address(world: World) -> None:
    lines = [
        f"{entry.request.method} {entry.request.path} {entry.request.query}"
        for fake in world.fakes
        for entry in fake.ledger
    ]
    assert len(lines) > 100
    assert [line for line in lines if leaks(line, world.secrets)] == []


def test_no_file_holds_one_and_each_is_its_owner_s_alone(world: World) -> None:
    assert in_files(world) == []
    made = [path for path in world.folder.rglob("*") if path.name not in GIVEN]
    names = {path.name for path in made}
    assert {"connector.db", "connector.db.inbox", "connector.db.suppressed", "backup.db", "export.json"} <= names
    assert {"connector.db.lock", "connector.db.disclosures"} <= names
    assert [f"{path.name} {path.stat().st_mode:o}" for path in made if path.stat().st_mode & 0o077] == []


def test_the_key_of_the_suppressed_is_in_no_file_but_its_own_and_their_copies(world: World) -> None:
    with closing(sqlite3.connect(world.folder / "connector.db.suppressed")) as connection:
        ((key,),) = connection.execute("SELECT key FROM secret").fetchall()
    files = [file for file in world.folder.rglob("*") if file.is_file() and ".suppressed" not in file.name]
    assert [file.name for file in files if key in file.read_bytes() or key.hex().encode() in file.read_bytes()] == []


def test_the_service_shows_none_in_its_logs_its_answers_or_its_place_among_processes(world: World) -> None:
    body = json.dumps({"id": 1005, "updated_at": NOW.isoformat()}).encode()
    with serving(world.line) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        address = re.search(r"http://[\d.:]+\d", said)
        assert address, said
        answers = [
            requests.post(
                f"{address[0]}/webhooks/{store}", data=body, headers={header: signature(body, secret)}, timeout=30
            )
            for store, header, secret in (
                ("boutique", "X-Shopify-Hmac-Sha256", CANARIES["webhook_secret"]),
                ("boutique", "X-Shopify-Hmac-Sha256", "another secret"),
                ("outlet", "X-WC-Webhook-Signature", CANARIES["webhook_secret of WooCommerce"]),
            )
        ]
        place = Path(f"/proc/{process.pid}/cmdline")
        argv = place.read_text(encoding="utf-8") if place.exists() else ""
        code, out, err = stop(process)
    assert [answer.status_code for answer in answers] == [200, 401, 200]
    assert (code, '"info"' in err) == (0, True)
    told = "".join(f"{answer.text}{answer.headers}" for answer in answers)
    assert leaks(said + out + err + argv + told, world.secrets) == []
    assert leaks(err, {"1005", "@example.com"}) == []
    assert in_files(world) == []


def test_no_answer_shows_one_whatever_is_asked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = opened(world, monkeypatch)
    made = app(workspace)
    client = TestClient(made, raise_server_exceptions=False)
    paths = [
        re.sub(r"{[^}]*}", store, route.path)
        for route in made.routes
        if isinstance(route, APIRoute)
        for store in STORES
    ]
    assert len(paths) > len(STORES)
    for path in (*paths, "/"):
        for method in ("GET", "POST", "PUT", "DELETE"):
            for header in ("X-Shopify-Hmac-Sha256", "X-WC-Webhook-Signature"):
                answer = client.request(method, path, content=b"{", headers={header: "x"})
                assert leaks(f"{answer.text}{answer.headers}", world.secrets) == []
    workspace.engine.dispose()


def test_keys_that_are_refused_by_a_platform_which_repeats_all_are_in_no_error(world: World) -> None:
    with world.refused():
        said = [world.tell(*command) for command in commands(as_json=False, but={"demo"})]
    refused = {one.command[0] for one in said if "may not" in one.text}
    assert {"check", "pull", "run", "reconcile", "webhooks", "leave"} <= refused
    assert leaked(world, said) == []
    assert in_files(world) == []


def test_a_crash_inside_shows_none_and_no_customer_either(world: World, tmp_path: Path) -> None:
    line = replace(world.line, folder=tmp_path)
    for name in GIVEN:
        shutil.copy2(world.folder / name, tmp_path)
    shutil.copy2(world.folder / "backup.db", line.database)
    with closing(sqlite3.connect(line.database)) as connection:
        for table in ("identities", "orders", "runs", "segments"):
            connection.execute(f"ALTER TABLE {table} RENAME TO lost_{table}")
    said = [world.tell(*command, line=line) for command in commands(as_json=False, but={"demo"})]
    assert sum(one.code == "crashed" for one in said) > 10
    assert leaked(world, said) == []
    assert [one.command for one in said if "parameters: [" in one.text or "parameters: (" in one.text] == []
    outside = line.process("why", "client103@example.com")
    assert "Traceback" in outside.err
    assert leaks(outside.out + outside.err, world.secrets) == []


def test_a_database_that_cannot_be_reached_is_named_without_its_password(world: World) -> None:
    names = "password of a database", "password of a database, as an option"
    addresses = f"u:{CANARIES[names[0]]}@127.0.0.1:1/x", f"127.0.0.1:1/x?password={CANARIES[names[1]]}"
    for address in addresses:
        line = replace(world.line, server=f"postgresql+psycopg://{address}")
        said = [world.tell(command, line=line) for command in ("check", "segments", "privacy")]
        assert {"cannot be used" in one.text for one in said} == {True}
        assert leaked(world, said) == []


WRONG = {
    "a token for the name of a variable": 'shop = "x.myshopify.com"\ntoken = {{ env = "{0}" }}',
    "a token for the path of a file": 'shop = "x.myshopify.com"\ntoken = {{ file = "{0}" }}',
    "a password in the address of a shop": 'url = "https://u:{0}@x.example"\nconsumer_key = "k"\nconsumer_secret = "s"',
    "a password in the address of a server here": 'shop = "x.myshopify.com"\ntoken = "t"\nendpoint = "http://u:{0}@x"',
    "a webhook_secret that is too short": 'shop = "x.myshopify.com"\nwebhook_secret = "{0}"',
    "token": 'shop = "x.myshopify.com"\ntoken = {{ env = "A", file = "{0}" }}',
    "client_secret": 'shop = "x.myshopify.com"\nclient_secret = "{0}"\nclient_secrets = "{0}"',
    "api_key": 'shop = "x.myshopify.com"\ntoken = "{0}',
}


@pytest.mark.parametrize("name", WRONG)
def test_a_secret_in_the_wrong_place_is_not_repeated(name: str, world: World, tmp_path: Path) -> None:
    line = CommandLine(tmp_path, NOW.isoformat())
    platform = "woocommerce" if "url =" in WRONG[name] else "shopify"
    line.write(f'[stores.x]\nplatform = "{platform}"\n' + WRONG[name].format(CANARIES[name]))
    for command in ("check", "pull"):
        said = world.tell(command, line=line)
        assert (said.code, leaked(world, [said])) == (1, [])
