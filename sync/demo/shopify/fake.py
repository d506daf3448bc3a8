"""Shopify on 127.0.0.1: documents are validated and executed by the vendor's schema, budget and scopes enforced."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from datetime import datetime
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any, Literal, cast
from urllib.parse import parse_qsl

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLError,
    GraphQLResolveInfo,
    default_field_resolver,
    execute,
    get_named_type,
)

from sync.demo.server import Answer, FakeServer, Fault, Request
from sync.demo.shop import Shop
from sync.demo.shopify import bulk
from sync.demo.shopify.resolvers import MUTATIONS, Root
from sync.demo.shopify.schema import (
    VERSION,
    checked,
    cost,
    is_mutation,
    protected_fields,
    required_access,
    root_fields,
    schema,
)
from sync.demo.shopify.views import View
from sync.demo.shopify.webhooks import ShopifySpeaker
from sync.demo.webhooks import Courier

SCOPES = {"read_customers", "write_customers", "read_orders", "read_all_orders", "read_products"}
GRAPHQL = re.compile(r"/admin/api/\d{4}-\d{2}/graphql\.json")
LARGEST_COST = 1000
TOKEN_LIFE = 86_399
APP_SECRET = "shpss_demo_0123456789"  # noqa: S105 - a fake's own


class FakeShopify(FakeServer):
    """One shop. What a test changes in `shop` shows at once; `now` is the caller's clock.

    `all_orders` False hides what is older than 60 days; `level2` False withholds names, addresses and numbers.
    `grouping` says how bulk operations take `groupObjects`; `bulk_errors` are the codes that the next ones fail with.
    `violations` lists what no client of ours may ever do, `throttled` counts the questions sent too early.
    """

    def __init__(  # noqa: PLR0913 - what a shop can be like
        self,
        shop: Shop,
        *,
        now: Callable[[], datetime],
        all_orders: bool = True,
        token: str | None = "shpat_demo",  # noqa: S107 - no secret: a fake's own
        client_id: str | None = None,
        client_secret: str | None = None,
        fault: Fault | None = None,
        maximum: float = 2000,
        restore: float = 100,
        scopes: set[str] | None = None,
        level2: bool = True,
        grouping: Literal["yes", "refused", "ignored"] = "yes",
        polls: int = 2,
        version: str = VERSION,
    ) -> None:
        super().__init__(fault=fault)
        self.shop = shop
        self.now = now
        self.scopes = (SCOPES if scopes is None else set(scopes)) - (set() if all_orders else {"read_all_orders"})
        self.tokens: dict[str, float] = {} if token is None else {token: float("inf")}
        self.credentials = (client_id, client_secret)
        self.maximum, self.restore = maximum, restore
        self.available, self.filled_at = maximum, now()
        self.level2 = level2
        self.grouping = grouping
        self.polls = polls
        self.version = version
        self.largest_cost = LARGEST_COST
        self.throttled = 0
        self.bulk_errors: list[str] = []
        self.operations: dict[int, bulk.Operation] = {}
        self.staged: dict[str, bytes] = {}
        self.violations: list[str] = []
        self.warnings: list[View] = []
        self.app_secret = client_secret or APP_SECRET
        self.courier = Courier(shop, ShopifySpeaker(shop), now, late=False)
        self.root = Root(self)

    def answer(self, request: Request) -> tuple[Answer, bool]:
        """The answer; a write is a mutation that is not the start of a bulk query."""
        if request.path == "/admin/oauth/access_token":
            return self._grant(request), False
        if request.path.startswith("/bulk/"):
            return self._file(request), False
        if request.path.startswith("/staged/"):
            return self._upload(request), False
        if not GRAPHQL.fullmatch(request.path):
            return Answer.of({"errors": "Not Found"}, 404), False
        if self.tokens.get(request.headers.get("x-shopify-access-token", ""), 0.0) <= self.now().timestamp():
            words = "[API] Invalid API key or access token (unrecognized login or wrong password)"
            return Answer.of({"errors": words}, 401), False
        return self._graphql(request)

    def revoke(self) -> None:
        """Every token so far stops being accepted."""
        self.tokens.clear()

    def others_take(self, points: float, at: datetime) -> None:
        """Others who use the same budget had so many of its points then, as far as they were there."""
        self._refill(max(at, self.filled_at))
        self.available -= min(points, self.available)

    def need(self, scope: str, field: str) -> None:
        """GraphQLError unless the app was granted `scope`."""
        if scope not in self.scopes:
            words = f"Access denied for {field} field. Required access: `{scope}` access scope."
            raise GraphQLError(words, extensions={"code": "ACCESS_DENIED"})

    def guard(self, document: DocumentNode) -> None:
        """A violation for each mutation that a segmentation tool has no business with."""
        strange = [node.name.value for node in root_fields(document) if node.name.value not in MUTATIONS]
        if strange:
            self.violations += strange
            raise GraphQLError(f"Refused: {', '.join(strange)}.", extensions={"code": "ACCESS_DENIED"})

    def stage(self, filename: str) -> View:
        """A place for an upload: its key is the path that a bulk mutation names."""
        key = f"tmp/{len(self.staged) + 1}/{filename}"
        self.staged[key] = b""
        fields = {"Content-Type": "text/jsonl", "key": key, "policy": "demo", "success_action_status": "201"}
        parameters = [{"name": name, "value": value} for name, value in fields.items()]
        return {"url": f"{self.url}/staged/", "resourceUrl": None, "parameters": parameters}

    def begin(self, kind: bulk.Kind, document: str, rows: Callable[[], tuple[bytes, int, int]]) -> View:
        """A new operation, or LIMIT_REACHED where five of its kind are under way."""
        running = [
            item for item in self.operations.values() if item.kind == kind and item.status in {"CREATED", "RUNNING"}
        ]
        if len(running) >= bulk.PLACES:
            for item in running:  # whoever is refused comes again later, and they go on meanwhile, asked for or not
                item.advance(self.now())
            words = {"field": None, "message": "The limit of bulk operations is reached.", "code": "LIMIT_REACHED"}
            return {"bulkOperation": None, "userErrors": [words]}
        number = len(self.operations) + 1
        operation = bulk.Operation(number, kind, self.now(), document, rows, self.polls)
        operation.error = self.bulk_errors.pop(0) if self.bulk_errors else None
        self.operations[number] = operation
        return {"bulkOperation": operation.view(self.url), "userErrors": []}

    def _graphql(self, request: Request) -> tuple[Answer, bool]:
        body = request.json()
        document, errors = checked(body["query"])
        if document is None or errors:
            return self._reply({"errors": [error.formatted for error in errors]}), False
        variables = body.get("variables") or {}
        writes = is_mutation(document)
        asked = cost(document, variables)
        if refusal := self._refusal(asked):
            return self._reply(refusal), False
        self.warnings.clear()
        answer = self._execute(document, variables, guarded=writes)
        spent = asked if writes else min(asked, max(1, _objects(answer.get("data"))))
        self.available -= spent
        answer["extensions"] = {"cost": self._cost(asked, spent)}
        if self.warnings:
            answer["extensions"]["search"] = [*self.warnings]
        names = {node.name.value for node in root_fields(document)}
        return self._reply(answer), writes and names != {"bulkOperationRunQuery"}

    def _execute(self, document: DocumentNode, variables: dict[str, Any], *, guarded: bool) -> dict[str, Any]:
        try:
            if guarded:
                self.guard(document)
        except GraphQLError as error:
            return {"data": None, "errors": [error.formatted]}
        found = execute(
            schema(), document, root_value=self.root, variable_values=variables, field_resolver=self._resolve
        )
        return dict(cast("ExecutionResult", found).formatted)

    def _resolve(self, source: Any, info: GraphQLResolveInfo[Any], **given: Any) -> Any:  # noqa: ANN401 - any field
        """A field's value, unless the app may not see it: then null, with an error that says so."""
        if not self.level2 and (info.parent_type.name, info.field_name) in protected_fields():
            words = f"This app is not approved to use the {info.field_name} field."
            raise GraphQLError(words, extensions={"code": "ACCESS_DENIED"})
        kind = get_named_type(info.return_type).name
        needed = required_access().get(kind)
        if needed and not needed & self.scopes and source is not self.root:
            words = f"Access denied for {info.field_name} field."
            raise GraphQLError(words, extensions={"code": "ACCESS_DENIED"})
        return default_field_resolver(source, info, **given)

    def _refusal(self, asked: float) -> dict[str, Any] | None:
        """The answer to a question that is too dear for ever, or for now."""
        if asked > self.largest_cost:
            words = f"Query cost is {asked}, which exceeds the single query max cost limit ({self.largest_cost})."
            return {"errors": [{"message": words, "extensions": {"code": "MAX_COST_EXCEEDED", "cost": asked}}]}
        self._refill(self.now())
        if asked <= self.available:
            return None
        self.throttled += 1
        error = {"message": "Throttled", "extensions": {"code": "THROTTLED"}}
        return {"errors": [error], "extensions": {"cost": self._cost(asked, None)}}

    def _refill(self, now: datetime) -> None:
        grown = (now - self.filled_at).total_seconds() * self.restore
        self.available, self.filled_at = min(self.maximum, self.available + grown), now

    def _cost(self, asked: float, spent: float | None) -> View:
        status = {
            "maximumAvailable": self.maximum,
            "currentlyAvailable": int(self.available),
            "restoreRate": self.restore,
        }
        return {"requestedQueryCost": asked, "actualQueryCost": spent, "throttleStatus": status}

    def _reply(self, body: dict[str, Any]) -> Answer:
        return Answer.of(body, X_Shopify_API_Version=self.version)

    def _grant(self, request: Request) -> Answer:
        form = dict(parse_qsl(request.body.decode()))
        if form.get("grant_type") != "client_credentials":
            return Answer.of({"error": "unsupported_grant_type"}, 400)
        if None in self.credentials or (form.get("client_id"), form.get("client_secret")) != self.credentials:
            words = "Client credentials cannot be performed on this shop."
            return Answer.of({"error": "shop_not_permitted", "error_description": words}, 400)
        token = f"shpca_{secrets.token_hex(8)}"
        self.tokens[token] = self.now().timestamp() + TOKEN_LIFE
        return Answer.of({"access_token": token, "scope": ",".join(sorted(self.scopes)), "expires_in": TOKEN_LIFE})

    def _file(self, request: Request) -> Answer:
        """An operation's result, or the part that a Range asks for; a token has no business here."""
        if "x-shopify-access-token" in request.headers:
            self.violations.append("the token was sent to the storage")
            return Answer(400)
        number = request.path.removeprefix("/bulk/").removesuffix(".jsonl")
        operation = self.operations.get(int(number)) if number.isdecimal() else None
        if operation is None or operation.status != "COMPLETED":
            return Answer(404)
        start = request.headers.get("range", "").removeprefix("bytes=").removesuffix("-")
        return Answer(206, operation.result[int(start) :]) if start else Answer(200, operation.result)

    def _upload(self, request: Request) -> Answer:
        """A staged file: every parameter in its order, the file last."""
        if "x-shopify-access-token" in request.headers:
            self.violations.append("the token was sent to the storage")
            return Answer(400)
        head = f"Content-Type: {request.headers.get('content-type', '')}\r\n\r\n".encode()
        parts = list(BytesParser(policy=HTTP).parsebytes(head + request.body).iter_parts())
        names = [part.get_param("name", header="content-disposition") for part in parts]
        if names != ["Content-Type", "key", "policy", "success_action_status", "file"]:
            return Answer(400, b"<Error>MalformedPOSTRequest</Error>")
        key = str(parts[1].get_content()).strip()
        if key not in self.staged:
            return Answer(403, b"<Error>AccessDenied</Error>")
        payload = parts[-1].get_payload(decode=True)
        assert isinstance(payload, bytes)
        self.staged[key] = payload
        return Answer(201)


def _objects(value: object) -> int:
    """How many objects an answer holds: what it cost in the end."""
    if isinstance(value, dict):
        return 1 + sum(_objects(item) for item in value.values())
    return sum(_objects(item) for item in value) if isinstance(value, list) else 0
