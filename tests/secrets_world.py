"""A world in which every setting that can hold a secret holds one that is found wherever it should not be."""

from __future__ import annotations

import base64
import io
import json
import logging
import os
import traceback
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, get_args, get_origin, get_type_hints

from typer import Typer
from typer.models import ArgumentInfo

from sync.cli import app
from sync.demo.mailchimp import FakeMailchimp
from sync.demo.server import Answer, FakeServer, Request
from sync.demo.shopify import FakeShopify
from sync.demo.woocommerce import FakeWooCommerce
from tests import shop_exports
from tests.command_line import CommandLine
from tests.contract import NOW, small_shop

CANARIES = {
    "token": "shpat-canary-aaaaaaaa01",
    "webhook_secret": "canary-webhook-bbbbbb02",
    "webhook_secret, the old one": "canary-webhook-cccccc03",
    "client_secret": "canary-client-dddddd04",
    "consumer_key": "ck_canary-eeeeeeee05",
    "consumer_secret": "cs_canary-ffffffff06",
    "webhook_secret of WooCommerce": "canary-webhook-gggggg07",
    "consumer_secret over http": "cs_canary-hhhhhhhh08",
    "webhook_secret over http": "canary-webhook-iiiiii09",
    "token of a destination": "shpat-canary-jjjjjjjj10",
    "client_secret of a destination": "canary-client-kkkkkk11",
    "api_key": "canarykey0000llllllll12-us21",
    "api_key of another": "canarykey0000mmmmmmmm13-us21",
    "password of a database": "canary-password-nnnnnn14",
    "password of a database, as an option": "canary-password-oooooo15",
    "a token for the name of a variable": "shpat_canary16pppppppp",
    "a token for the path of a file": "shpat_canary17qqqqqqqq",
    "a password in the address of a shop": "canary-password-rrrrrr18",
    "a password in the address of a server here": "canary-password-ssssss19",
    "a webhook_secret that is too short": "canary-tt-20",
}
KEY_OVER_HTTP = "ck_public-name-of-a-key"
"""The name of a key, which OAuth 1.0a puts into the address of a request; what proves it, it does not."""

SECRET_OPTIONS = {"token", "client_secret", "consumer_key", "consumer_secret", "api_key"}
PUBLIC_OPTIONS = {"shop", "client_id", "url", "endpoint", "ca", "audience", "contacts", "timezone"}

VALUES = {
    "person": "client103@example.com",
    "people": "client104@example.com",
    "segment": "spread.loyal",
    "destination": "lettre",
    "number": "1",
    "rule": "number_of_orders > 1",
    "changes": "spread.window=90",
    "import.file": "orders_export.csv",
    "import-sends.file": "sends.csv",
    "backup.file": "backup.db",
    "restore.file": "backup.db",
}
"""What each argument is given, by its name, or by its command's and its own."""
MORE = {
    "demo": ("--people", "50"),
    "import": ("--store", "boutique"),
    "erase": ("--yes",),
    "push": ("--force",),
    "run": ("--force",),
    "export": ("--output", "export.json"),
    "pull": ("--recheck",),
}


@dataclass(frozen=True)
class Line(CommandLine):
    """The command line with the secrets that its settings read from the environment."""

    def environment(self) -> dict[str, str]:
        return {
            **super().environment(),
            "APPLI_SECRET": CANARIES["client_secret"],
            "TAGS_TOKEN_FILE": str(self.folder / "tags-token"),
            "AUTRE_KEY": CANARIES["api_key of another"],
            "CONNECTOR_STORES__CLAIR__CONSUMER_SECRET": CANARIES["consumer_secret over http"],
            "CONNECTOR_STORES__CLAIR__WEBHOOK_SECRET": CANARIES["webhook_secret over http"],
        }


@dataclass
class Said:
    """What a command let be seen, and how it ended: a status, or "crashed"."""

    command: tuple[str, ...]
    code: int | str
    text: str


@dataclass
class World:
    """The shops, the tools, the folder, and all that was seen of them so far."""

    folder: Path
    boutique: FakeShopify
    appli: FakeShopify
    outlet: FakeWooCommerce
    clair: FakeWooCommerce
    lettre: FakeMailchimp
    autre: FakeMailchimp
    said: list[Said] = field(default_factory=list)

    @property
    def line(self) -> Line:
        return Line(self.folder, NOW.isoformat())

    @property
    def fakes(self) -> tuple[FakeServer, ...]:
        return self.boutique, self.appli, self.outlet, self.clair, self.lettre, self.autre

    @property
    def secrets(self) -> set[str]:
        """The canaries, as they are and as an Authorization has them; and the tokens that were granted."""
        pairs = [("consumer_key", "consumer_secret")]
        basic = {f"{CANARIES[key]}:{CANARIES[secret]}" for key, secret in pairs}
        basic |= {f"connector:{CANARIES[name]}" for name in ("api_key", "api_key of another")}
        own = {base64.b64encode(text.encode()).decode() for text in basic}
        return {*CANARIES.values(), *own, *self.appli.tokens, *self.boutique.tokens}

    @contextmanager
    def refused(self) -> Iterator[None]:
        """Meanwhile every key is wrong, and each answer repeats all that it was asked with."""
        for fake in self.fakes:
            fake.fault = _repeating
        yield
        for fake in self.fakes:
            fake.fault = None

    def tell(self, *arguments: str, line: CommandLine | None = None) -> Said:
        """What a command lets be seen, with the logs of all libraries as talkative as they can be."""
        logged, out = io.StringIO(), io.StringIO()
        code: int | str = "crashed"
        with _talkative(logged), redirect_stdout(out), redirect_stderr(out):
            try:
                answer = (line or self.line).within(*arguments)
                code = answer.code
                print(answer.out, answer.err)
            except Exception:  # a crash is what some of it is about
                traceback.print_exc()
        self.said.append(Said(arguments, code, out.getvalue() + logged.getvalue()))
        return self.said[-1]


def commands(*, as_json: bool, but: Collection[str] = ()) -> Iterator[tuple[str, ...]]:
    """Each command that the program has, with what it needs; serve, which does not end, is left out."""
    found = _below(app, (), as_json=as_json)
    yield from (command for command in found if command[0] not in {"serve", *but})


def leaks(text: str, secrets: Collection[str]) -> list[str]:
    """Which secrets stand in a text."""
    return sorted(secret for secret in secrets if secret in text)


def _below(group: Typer, path: tuple[str, ...], *, as_json: bool) -> Iterator[tuple[str, ...]]:
    for command in group.registered_commands:
        if command.name and command.callback:
            yield from _written((*path, command.name), command.callback, as_json=as_json)
    for part in group.registered_groups:
        if part.typer_instance:
            yield from _below(part.typer_instance, (*path, str(part.name)), as_json=as_json)


def _written(path: tuple[str, ...], command: Callable[..., object], *, as_json: bool) -> Iterator[tuple[str, ...]]:
    """A command with a value for each argument; once for each choice where there are some."""
    hints = get_type_hints(command, include_extras=True)
    if as_json and "json" not in hints:
        return
    lines: list[tuple[str, ...]] = [path]
    for name, hint in hints.items():
        kind, *about = get_args(hint) if get_origin(hint) is Annotated else (hint,)
        if any(isinstance(one, ArgumentInfo) for one in about):
            choices = get_args(kind) if get_origin(kind) is Literal else (_value(path[-1], name),)
            lines = [(*line, choice) for line in lines for choice in choices]
    more = (*MORE.get(path[-1], ()), *(("--json",) if as_json else ()))
    yield from ((*line, *more) for line in lines)


def _value(command: str, argument: str) -> str:
    """What an argument is given; one that nobody has thought of, a name of nothing."""
    return VALUES.get(f"{command}.{argument}") or VALUES.get(argument) or "nothing"


def _repeating(_number: int, request: Request) -> Answer:
    told = {**request.headers, "body": request.body.decode(errors="replace"), **request.query}
    basic = request.headers.get("authorization", "").removeprefix("Basic ")
    with_key = base64.b64decode(basic).decode(errors="replace") if basic and " " not in basic else ""
    return Answer.of({"code": "refused", "message": f"{with_key} may not: {json.dumps(told)}"}, 401)


@contextmanager
def _talkative(stream: io.StringIO) -> Iterator[None]:
    root, handler = logging.getLogger(), logging.StreamHandler(stream)
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.setLevel(level)
        root.removeHandler(handler)


@contextmanager
def open_world(folder: Path) -> Iterator[World]:
    """The world with its fakes listening and its settings written; whatever is made may be read by all, if it will."""
    own, other, outlet, http = (small_shop() for _ in range(4))
    other.domain, outlet.domain, http.domain = "appli.myshopify.com", "outlet.example", "clair.example"
    world = World(
        folder,
        FakeShopify(own, now=lambda: NOW, maximum=1e9, polls=1, token=CANARIES["token"]),
        FakeShopify(
            other,
            now=lambda: NOW,
            maximum=1e9,
            polls=1,
            client_id="app",
            client_secret=CANARIES["client_secret"],
        ),
        FakeWooCommerce(outlet, now=lambda: NOW, key=CANARIES["consumer_key"], secret=CANARIES["consumer_secret"]),
        FakeWooCommerce(
            http, now=lambda: NOW, key=KEY_OVER_HTTP, secret=CANARIES["consumer_secret over http"], https=False
        ),
        FakeMailchimp(api_key=CANARIES["api_key"], now=lambda: NOW),
        FakeMailchimp(api_key=CANARIES["api_key of another"], now=lambda: NOW),
    )
    world.appli.tokens.clear()
    world.boutique.tokens[CANARIES["token of a destination"]] = float("inf")
    mask = os.umask(0)
    try:
        with ExitStack() as stack:
            for fake in world.fakes:
                stack.enter_context(fake)
            _write(world)
            yield world
    finally:
        os.umask(mask)


def _write(world: World) -> None:
    """The settings, with secrets as text, by the environment and by files; and the files that commands are given."""
    for name in ("consumer_key", "consumer_secret", "webhook_secret of WooCommerce"):
        (world.folder / f"secret-{name.split()[0]}").write_text(CANARIES[name], encoding="utf-8")
    (world.folder / "tags-token").write_text(CANARIES["token of a destination"], encoding="utf-8")
    shop_exports.write_orders(world.boutique.shop, world.folder / "orders_export.csv")
    (world.folder / "sends.csv").write_text("email,sent_at\nclient103@example.com,2026-06-01\n", encoding="utf-8")
    for contact in world.boutique.shop.customers.values():
        world.lettre.add(str(contact.email))
        world.autre.add(str(contact.email))
    world.line.write(f"""
        language = "en"
        [stores.boutique]
        platform = "shopify"
        shop = "{world.boutique.shop.domain}"
        token = "{CANARIES["token"]}"
        endpoint = "{world.boutique.url}"
        webhook_secret = ["{CANARIES["webhook_secret"]}", "{CANARIES["webhook_secret, the old one"]}"]
        [stores.appli]
        platform = "shopify"
        shop = "{world.appli.shop.domain}"
        client_id = "app"
        client_secret = {{ env = "APPLI_SECRET" }}
        endpoint = "{world.appli.url}"
        [stores.outlet]
        platform = "woocommerce"
        url = "https://outlet.example"
        consumer_key = {{ file = "{world.folder}/secret-consumer_key" }}
        consumer_secret = {{ file = "{world.folder}/secret-consumer_secret" }}
        webhook_secret = {{ file = "{world.folder}/secret-webhook_secret" }}
        endpoint = "{world.outlet.url}"
        ca = "{world.outlet.ca}"
        [stores.clair]
        platform = "woocommerce"
        url = "http://clair.example"
        consumer_key = "{KEY_OVER_HTTP}"
        allow_http = true
        endpoint = "{world.clair.url}"
        [destinations.tags]
        platform = "shopify"
        store = "boutique"
        token = {{ env = "TAGS_TOKEN" }}
        client_secret = "{CANARIES["client_secret of a destination"]}"
        [destinations.meta]
        platform = "woocommerce"
        store = "outlet"
        [destinations.lettre]
        platform = "mailchimp"
        api_key = "{CANARIES["api_key"]}"
        audience = "{world.lettre.audience}"
        endpoint = "{world.lettre.url}"
        write = ["tag", "field"]
        read_sends = true
        [destinations.autre]
        platform = "mailchimp"
        api_key = {{ env = "AUTRE_KEY" }}
        audience = "{world.autre.audience}"
        endpoint = "{world.autre.url}"
        [serve]
        port = 0
        public_url = "https://boutique.example/connector"
    """)
