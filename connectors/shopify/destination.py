"""Shopify as a destination: customer tags, added and removed by name, never written as a whole list.

`tagsAdd` and `tagsRemove` touch the named tags only and cannot reach consent; no other mutation is used on a customer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, ClassVar, Literal

import msgspec
import requests

from connector.destination import Automations, DestinationCheck, Kind, Outcome, RemoteChange, RemoteState, Result
from connector.errors import AuthenticationError, PermanentError, RetryableError
from connector.text import fold
from connectors.shopify import bulk
from connectors.shopify.client import RECOMMENDED_WAIT, Admin, document, retry_later
from connectors.shopify.convert import consent_state, number
from connectors.shopify.payloads import EmailAddress
from connectors.shopify.source import IDS_PER_REQUEST, Setup, missing

MUTATION_COST = 10
MUTATIONS_PER_REQUEST = 90
"""Of the 1000 points that one document may cost, 900: some 45 people who gain and lose a tag."""
MANY = 500
"""From so many people on, a file is uploaded and Shopify runs the mutations on its side."""
PEOPLE_PER_FILE = 100_000

Mutation = Literal["tagsAdd", "tagsRemove"]
_DOCUMENTS: dict[Mutation, str] = {"tagsAdd": "tags_add", "tagsRemove": "tags_remove"}
_SCOPES = {
    "read_customers": ("Customers and their tags cannot be read.", True),
    "write_customers": ("Tags cannot be written.", True),
}


_ACCEPTED = (Result.ACCEPTED, "")


class _State(msgspec.Struct, rename="camel"):
    id: str
    tags: list[str]
    default_email_address: EmailAddress | None = None


class _StatesAnswer(msgspec.Struct):
    nodes: list[_State | None]


class _UserError(msgspec.Struct):
    message: str


class _Payload(msgspec.Struct, rename="camel"):
    user_errors: list[_UserError] = []


class _Parameter(msgspec.Struct):
    name: str
    value: str


class _Target(msgspec.Struct):
    url: str
    parameters: list[_Parameter]


class _Staged(msgspec.Struct, rename="camel"):
    staged_targets: list[_Target] | None = None
    user_errors: list[_UserError] = []


class _StagedAnswer(msgspec.Struct, rename="camel"):
    staged_uploads_create: _Staged


class _ResultLine(msgspec.Struct):
    """One line of a bulk mutation's result; lines may come in any order."""

    line: int = msgspec.field(name="__lineNumber")
    data: dict[str, _Payload | None] | None = None
    errors: list[_UserError] = []


class _Step(msgspec.Struct, frozen=True):
    """One mutation on one person; `variables` are the document's, and a line of the bulk file."""

    address: str
    mutation: Mutation
    tags: list[str]

    @property
    def variables(self) -> dict[str, Any]:
        return {"id": _gid(self.address), "tags": self.tags}


class ShopifyDestination:
    """The tags of one shop's customers; the connection's options are those of ShopifySource.

    Shopify tells its own automations of every tag, so `silent` changes nothing here. From `many` people on, changes
    go by bulk operation.
    """

    platform: ClassVar[str] = "shopify"
    reach: ClassVar[Literal["account", "email"]] = "account"
    kinds: ClassVar[tuple[Kind, ...]] = ("tag",)
    automations: ClassVar[Mapping[Kind, Automations]] = {
        "tag": Automations("Shopify Flow and the apps that follow tags are told of this push at once.")
    }
    creates: ClassVar[bool] = False

    def __init__(  # noqa: PLR0913 - the connection's options, and one of its own
        self,
        *,
        shop: str,
        token: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        endpoint: str | None = None,
        ca: str | None = None,
        many: int = MANY,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.admin = Admin(
            shop=shop,
            token=token,
            client_id=client_id,
            client_secret=client_secret,
            endpoint=endpoint,
            ca=ca,
            sleep=sleep,
            clock=clock,
        )
        self.many = many

    def check(self) -> DestinationCheck:
        """The shop's identity, and each missing scope with its remedy."""
        setup = self.admin.ask("setup", Setup).data
        return DestinationCheck(number(setup.shop.id), setup.shop.name, tuple(missing(setup, _SCOPES)))

    def read(self, addresses: Sequence[str]) -> Iterator[RemoteState]:
        """The tags and the e-mail consent of each customer id, 250 in a request."""
        for address in addresses:
            if not address.isdecimal():
                yield RemoteState(address, exists=False)
        known = iter([address for address in addresses if address.isdecimal()])
        while batch := list(islice(known, IDS_PER_REQUEST)):
            answer = self.admin.ask("customer_states", _StatesAnswer, ids=[_gid(address) for address in batch])
            for address, state in zip(batch, answer.data.nodes, strict=True):
                yield _state(address, state)

    def apply(self, changes: Sequence[RemoteChange], *, silent: bool) -> Iterator[Outcome]:  # noqa: ARG002
        """Add and remove tags; one outcome for each change as it becomes known."""
        possible = [change for change in changes if change.address.isdecimal()]
        for change in changes:
            if not change.address.isdecimal():
                yield Outcome(change.address, Result.REFUSED, f"{change.address!r} is no customer id of Shopify.")
        by_bulk = len(possible) >= self.many
        batches = _files(possible) if by_bulk else _documents(possible)
        send = self._bulk if by_bulk else self._send
        failure = ""
        for batch in batches:
            refused: dict[str, tuple[Result, str]] = {}
            try:
                refused = {} if failure else send([step for change in batch for step in _steps(change)])
            except RetryableError as error:  # what is down stays down: the rest waits for the next push
                failure = error.message
            for change in batch:
                result, reason = (Result.RETRY, failure) if failure else refused.get(change.address, _ACCEPTED)
                yield Outcome(change.address, result, reason)

    def _send(self, steps: Sequence[_Step]) -> dict[str, tuple[Result, str]]:
        """Several people in one document: what was not accepted, by address."""
        if not steps:
            return {}
        variables: dict[str, Any] = {}
        for place, step in enumerate(steps):
            variables |= {f"{name}{place}": value for name, value in step.variables.items()}
        text = _document(tuple(step.mutation for step in steps))
        answer = self.admin.run(text, dict[str, _Payload | None], variables, cost=MUTATION_COST * len(steps))
        for error in answer.errors:
            if error.extensions.code == "ACCESS_DENIED":
                raise AuthenticationError(error.message, remedy="Give the app the scope write_customers.")
        errors = {str(error.path[0]): error.message for error in answer.errors if error.path}
        refused: dict[str, tuple[Result, str]] = {}
        for place, step in enumerate(steps):
            _note(refused, step, answer.data.get(f"change{place}"), errors.get(f"change{place}", ""))
        return refused

    def _bulk(self, steps: Sequence[_Step]) -> dict[str, tuple[Result, str]]:
        """Everybody in two operations, tagsAdd and then tagsRemove: a bulk mutation has one field at its root."""
        refused: dict[str, tuple[Result, str]] = {}
        for mutation in _DOCUMENTS:
            chosen = [step for step in steps if step.mutation == mutation]
            if chosen:
                self._run(mutation, chosen, refused)
        return refused

    def _run(self, mutation: Mutation, steps: Sequence[_Step], refused: dict[str, tuple[Result, str]]) -> None:
        path = self._upload(msgspec.json.Encoder().encode_lines([step.variables for step in steps]))
        operation = bulk.start_mutation(self.admin, document(_DOCUMENTS[mutation]), path)
        try:
            finished = bulk.finished(self.admin, operation.id)
            lines = [line for rows in bulk.download(self.admin.http, finished) for line in rows if line]
        except bulk.UnfinishedError as error:
            raise retry_later(error.message) from error
        answered = set()
        for line in map(msgspec.json.Decoder(_ResultLine).decode, lines):
            answered.add(line.line)
            words = " ".join(error.message for error in line.errors)
            _note(refused, steps[line.line], (line.data or {}).get(mutation), words)
        for place, step in enumerate(steps):
            if place not in answered:
                refused[step.address] = (Result.RETRY, "Shopify's bulk operation says nothing of this customer.")

    def _upload(self, lines: bytes) -> str:
        """The path of the uploaded lines. The address is a storage link: no token goes there; the file comes last."""
        wanted = {
            "resource": "BULK_MUTATION_VARIABLES",
            "filename": "tags.jsonl",
            "mimeType": "text/jsonl",
            "httpMethod": "POST",
        }
        staged = self.admin.ask("staged_upload", _StagedAnswer, input=[wanted]).data.staged_uploads_create
        if not staged.staged_targets:
            words = " ".join(error.message for error in staged.user_errors)
            raise PermanentError(f"Shopify takes no upload: {words}")
        target = staged.staged_targets[0]
        form = [(parameter.name, (None, parameter.value)) for parameter in target.parameters]
        file = ("file", ("tags.jsonl", lines, "text/jsonl"))
        self.admin.http.send("POST", target.url, files=[*form, file], again=_not_stored)
        return next(parameter.value for parameter in target.parameters if parameter.name == "key")


def _not_stored(response: requests.Response) -> float | None:
    """Seconds to wait where a page for people came instead of the storage's answer, None where the file is there."""
    return RECOMMENDED_WAIT if response.headers.get("Content-Type", "").startswith("text/html") else None


def _gid(address: str) -> str:
    return f"gid://shopify/Customer/{address}"


def _state(address: str, state: _State | None) -> RemoteState:
    if state is None:
        return RemoteState(address, exists=False)
    email = state.default_email_address
    consent = None if email is None or email.marketing_state is None else consent_state(email.marketing_state)
    return RemoteState(address, exists=True, tags=frozenset(state.tags), consent=consent)


def _steps(change: RemoteChange) -> Iterator[_Step]:
    """What a change asks for. What comes and goes under one name, case aside, comes: Shopify compares without case."""
    kept = {fold(tag) for tag in change.add}
    remove = sorted(tag for tag in change.remove if fold(tag) not in kept)
    if remove:  # first, so that a customer with 250 tags can exchange one
        yield _Step(change.address, "tagsRemove", remove)
    if change.add:
        yield _Step(change.address, "tagsAdd", sorted(change.add))


def _documents(changes: Iterable[RemoteChange]) -> Iterator[list[RemoteChange]]:
    """The changes in batches of at most MUTATIONS_PER_REQUEST mutations."""
    batch: list[RemoteChange] = []
    size = 0
    for change in changes:
        steps = len(list(_steps(change)))
        if size + steps > MUTATIONS_PER_REQUEST:
            yield batch
            batch, size = [], 0
        batch.append(change)
        size += steps
    if batch:
        yield batch


def _files(changes: Iterable[RemoteChange]) -> Iterator[list[RemoteChange]]:
    rest = iter(changes)
    while batch := list(islice(rest, PEOPLE_PER_FILE)):
        yield batch


@lru_cache(maxsize=64)
def _document(mutations: tuple[Mutation, ...]) -> str:
    """One document of numbered mutations; only numbers vary, every value is a variable."""
    declared = ", ".join(f"$id{place}: ID!, $tags{place}: [String!]!" for place in range(len(mutations)))
    fields = "\n".join(
        f"  change{place}: {mutation}(id: $id{place}, tags: $tags{place}) {{ userErrors {{ message }} }}"
        for place, mutation in enumerate(mutations)
    )
    return f"mutation Tags({declared}) {{\n{fields}\n}}"


def _note(refused: dict[str, tuple[Result, str]], step: _Step, payload: _Payload | None, error: str) -> None:
    """Remember why a step was not accepted, if it was not."""
    words = " ".join(
        [*([error] if error else []), *(item.message for item in (payload.user_errors if payload else []))]
    )
    if words or payload is None:
        refused[step.address] = (Result.REFUSED, words or "Shopify gave no reason.")
