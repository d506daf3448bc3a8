"""An account at Mailchimp: requests about single contacts, sent one by one or a thousand in a batch.

A batch takes operations of any method, with their query under `params`, and is worked off in the background; its
results are a tar.gz of JSON files behind a link that needs no key and lives ten minutes
(mailchimp.com/developer/marketing/guides/run-async-requests-batch-endpoint).
"""

from __future__ import annotations

import io
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
import requests
import structlog

from connector.destination import Outcome, Result
from connector.errors import PermanentError, RetryableError, SettingsError
from connectors.http import Client, HTTPError, decode, loopback_only
from connectors.mailchimp import contact

log = structlog.get_logger(__name__)

FEW = 10
"""So many requests are sent one by one: a batch costs at least three, and waiting."""
PER_BATCH = 1000
PATIENCE = 2 * 60 * 60.0
"""Seconds that a batch may take before it is stopped: Mailchimp runs one at a time for the whole account."""
UNTOLD = 504
"""The status of an operation whose result Mailchimp did not tell."""

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Operation:
    """One request about one contact; `path` is below /3.0."""

    address: str
    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    body: object | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What Mailchimp said to an operation; `body` is decoded, None where it was empty."""

    operation: Operation
    status: int
    body: Any = None

    @property
    def reason(self) -> str:
        """Mailchimp's own words for a refusal, with the fields that it names."""
        return problem(self.body) or f"Mailchimp answered {self.status}."

    @property
    def outcome(self) -> Outcome:
        """How the change of the address ended."""
        address = self.operation.address
        if self.status < 300:
            return Outcome(address, Result.ACCEPTED)
        if self.status == 404:
            return Outcome(address, Result.REFUSED, contact.UNKNOWN)
        return Outcome(address, Result.REFUSED if self.status == 400 else Result.RETRY, self.reason)


class Account:
    """A key and the data centre that it names; SettingsError where it names none."""

    def __init__(self, api_key: str, *, endpoint: str | None, ca: str | None, sleep: Callable[[float], None]) -> None:
        centre = re.fullmatch(r"[^-\s]+-([a-z]{2}[0-9]{1,3})", api_key)
        if centre is None:
            raise SettingsError(
                "The Mailchimp key does not end with a data centre.",
                remedy="Copy the whole key, such as …-us21, from Mailchimp's page Account, Extras, API keys.",
            )
        server = loopback_only(endpoint) if endpoint else f"https://{centre[1]}.api.mailchimp.com"
        self.base = f"{server}/3.0"
        self.client = Client(auth=("connector", api_key), secrets=(api_key,), ca=ca, sleep=sleep)

    def get(self, path: str, **params: str | int) -> Any:  # noqa: ANN401 - what JSON holds
        """The decoded answer to a GET."""
        return self.client.json("GET", self.base + path, params=params)

    def post(self, path: str, body: object, **params: str) -> Any:  # noqa: ANN401 - what JSON holds
        """The decoded answer to a POST; HTTPError where Mailchimp refuses it."""
        return self.client.json("POST", self.base + path, json=body, params=params)

    def pages(self, path: str, key: str, fields: str, **params: str) -> Iterator[Any]:
        """The items under `key` of a list, all pages of it."""
        offset, total = 0, 1
        while offset < total:
            page = self.page(path, key, fields, offset, **params)
            offset, total = offset + 1000, page["total_items"]
            yield from page[key]

    def page(self, path: str, key: str, fields: str, offset: int, **params: str) -> Any:  # noqa: ANN401
        """One page of a list, of at most a thousand items, with `total_items`."""
        wanted = ",".join([*(f"{key}.{name}" for name in fields.split(",")), "total_items"])
        return self.get(path, count=1000, offset=offset, fields=wanted, **params)

    def perform(self, operations: Sequence[Operation]) -> Iterator[Answer]:
        """The answer to each operation, in any order."""
        if len(operations) <= FEW:
            yield from map(self._send, operations)
        else:
            for some in chunks(operations, PER_BATCH):
                yield from self._batch(some)

    def _send(self, operation: Operation) -> Answer:
        try:
            response = self.client.send(
                operation.method,
                self.base + operation.path,
                params=operation.params,
                json=operation.body,
                again=_whole,
            )
        except HTTPError as error:
            return Answer(operation, error.status, _decoded(error.body))
        return Answer(operation, response.status_code, _decoded(response.content))

    def _batch(self, operations: Sequence[Operation]) -> Iterator[Answer]:
        batch = self.post("/batches", {"operations": [_listed(*numbered) for numbered in enumerate(operations)]})
        finished = self._finished(batch["id"])
        results = self._results(finished) if finished else {}
        for number, operation in enumerate(operations):
            untold = (UNTOLD, {"detail": "Mailchimp did not tell what became of it."})
            yield Answer(operation, *results.get(str(number), untold))

    def _finished(self, batch_id: str) -> Any:  # noqa: ANN401 - what JSON holds
        """The batch once it is finished; None where it took too long and was stopped, lest it writes later."""
        wait, waited = 1.0, 0.0
        while waited < PATIENCE:
            self.client.sleep(wait)
            waited, wait = waited + wait, min(30.0, wait * 2)
            batch = self.get(f"/batches/{batch_id}", fields="id,status,response_body_url")
            if batch["status"] == "finished":
                return batch
        log.warning("batch stopped", batch=batch_id, seconds=round(waited))
        self._send(Operation("", "DELETE", f"/batches/{batch_id}"))
        return None

    def _results(self, batch: Any) -> dict[str, tuple[int, Any]]:  # noqa: ANN401 - what JSON holds
        try:
            return self._download(batch["response_body_url"])
        except PermanentError:  # the link has expired: asking again gives a new one
            batch = self.get(f"/batches/{batch['id']}", fields="id,status,response_body_url")
            return self._download(batch["response_body_url"])

    def _download(self, url: str) -> dict[str, tuple[int, Any]]:
        """Status and body by operation, read from the link; what arrives cut short is asked for again."""
        results: dict[str, tuple[int, Any]] = {}

        def read(response: requests.Response) -> None:
            results.update(_unpacked(response.content))

        self.client.send("GET", url, auth=_without_key, again=read)
        return results


class _Row(msgspec.Struct):
    status_code: int
    operation_id: str | None
    response: str


def _unpacked(content: bytes) -> dict[str, tuple[int, Any]]:
    """The rows of all files of the archive; RetryableError where it is not whole."""
    rows: list[_Row] = []
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
            for member in archive:
                file = archive.extractfile(member)  # None for a folder
                if file is not None:
                    rows += msgspec.json.decode(file.read(), type=list[_Row])
    except (tarfile.TarError, EOFError, OSError, zlib.error, msgspec.DecodeError) as error:
        raise RetryableError("The results of a Mailchimp batch did not arrive whole.") from error
    return {row.operation_id or "": (row.status_code, _decoded(row.response.encode())) for row in rows}


def _listed(number: int, operation: Operation) -> dict[str, object]:
    listed: dict[str, object] = {
        "method": operation.method,
        "path": operation.path,
        "operation_id": str(number),
    }
    if operation.params:
        listed["params"] = dict(operation.params)
    if operation.body is not None:
        listed["body"] = msgspec.json.encode(operation.body).decode()
    return listed


def _whole(response: requests.Response) -> None:
    """RetryableError where an answer that must say something does not: nobody may be taken for unknown by it."""
    if response.status_code == requests.codes.ok:
        decode(response)


def _without_key(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """The results lie at another company's storage, which must not see the key."""
    return request


def _decoded(content: bytes) -> Any:  # noqa: ANN401 - what JSON holds
    try:
        return msgspec.json.decode(content)
    except msgspec.DecodeError:
        return None


def refusal(error: HTTPError) -> str:
    """Mailchimp's own words for refusing a request."""
    return problem(_decoded(error.body)) or error.message


def problem(body: Any) -> str:  # noqa: ANN401 - what JSON holds
    """The sentence of a problem+json body, with the fields that it names; empty where it says nothing."""
    if not isinstance(body, dict):
        return ""
    named = [f"{error.get('field', '')}: {error.get('message', '')}" for error in body.get("errors") or ()]
    return " ".join([str(body.get("detail") or body.get("title") or ""), *named]).strip()[:300]


def chunks(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """The items in their order, at most `size` at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
