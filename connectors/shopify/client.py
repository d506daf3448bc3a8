"""The Admin GraphQL API of one shop: the token, the cost of a question, and what an answer's errors mean.

Facts: shopify.dev/docs/api/usage/limits, …/usage/response-codes, …/apps/build/dev-dashboard/get-api-access-tokens.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Generic, TypeVar

import msgspec
import requests
import structlog

from connector.errors import AuthenticationError, PermanentError, RetryableError, SettingsError
from connectors.elements import mended
from connectors.http import Client, HTTPError, decode, loopback_only

log = structlog.get_logger(__name__)

API_VERSION = "2026-10"
SHOP = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9\-]*\.myshopify\.com")
RENEW_EARLY = 300.0
RECOMMENDED_WAIT = 1.0
DEAREST = 1000.0
"""Points that no single question may exceed: what one may ask for whose price is not known yet."""

T = TypeVar("T")

_REFUSALS = {
    "shop_not_permitted": "Create the app in the Dev Dashboard of the organisation that owns this shop.",
    "app_not_installed": "Install the app on this shop, then try again.",
}
_STATUSES = {
    402: ("Shopify has frozen this shop.", "The shop's subscription must be paid before anything can be read."),
    404: ("Shopify has no such shop.", "Write the shop's permanent address: name.myshopify.com."),
    423: ("Shopify has locked this shop.", "The shop's owner must contact Shopify."),
}
_PASSING = {"INTERNAL_SERVER_ERROR", "TIMEOUT"}


class _Throttle(msgspec.Struct, frozen=True, rename="camel"):
    maximum_available: float
    currently_available: float
    restore_rate: float


class _Cost(msgspec.Struct, frozen=True, rename="camel"):
    requested_query_cost: float = 0.0
    throttle_status: _Throttle | None = None


class _SearchField(msgspec.Struct, frozen=True):
    field: str = ""
    message: str = ""


class _Search(msgspec.Struct, frozen=True):
    query: str = ""
    warnings: list[_SearchField] = []


class _Extensions(msgspec.Struct, frozen=True):
    cost: _Cost | None = None
    search: list[_Search] = []


class _Code(msgspec.Struct, frozen=True):
    code: str = ""


class GraphQLError(msgspec.Struct, frozen=True):
    """One entry of `errors`: where in the answer it left a null, and why."""

    message: str
    path: list[str | int] = []
    extensions: _Code = _Code()


class _Envelope(msgspec.Struct, frozen=True):
    data: msgspec.Raw = msgspec.Raw(b"null")
    errors: list[GraphQLError] = []
    extensions: _Extensions = _Extensions()


class _Token(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: float

    def __repr__(self) -> str:
        return f"a token for {self.expires_in:g} seconds"  # which is shown nowhere


class CostError(PermanentError):
    """The question is dearer than any single question may be: ask for less at once."""


@dataclass(frozen=True)
class Answer(Generic[T]):
    """What was asked for, and the errors that left parts of it null."""

    data: T
    errors: list[GraphQLError] = field(default_factory=list)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Each distinct error in Shopify's words."""
        return tuple(dict.fromkeys(error.message for error in self.errors))


@cache
def document(name: str) -> str:
    """The text of documents/`name`.graphql, followed by the fragments that it spreads."""
    text = (files(__package__) / "documents" / f"{name}.graphql").read_text(encoding="utf-8")
    fragments = {"...OrderFields": "order_fields", "...LineFields": "line_fields"}
    return text + "".join(document(fragment) for spread, fragment in fragments.items() if spread in text)


class Admin:
    """One shop's Admin API. `shop` is checked before any secret is sent there; `clock` is in seconds since the epoch.

    Without `token`, `client_id` and `client_secret` are exchanged for one that lives 24 hours.
    """

    def __init__(
        self,
        *,
        shop: str,
        token: str | None = None,
        client_id: str | None = None,
        client_secret: str | None = None,
        endpoint: str | None = None,
        ca: str | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if not SHOP.fullmatch(shop):
            raise SettingsError(
                f"shop = {shop!r} is not the address of a Shopify shop.", remedy="Write it as name.myshopify.com."
            )
        if not (token or (client_id and client_secret)):
            raise SettingsError(
                "A Shopify connector needs a key.", remedy="Give `token`, or `client_id` and `client_secret`."
            )
        self.shop = shop
        self.base = loopback_only(endpoint) if endpoint else f"https://{shop}"
        own = tuple(secret for secret in (token, client_secret) if secret)
        self.http = Client(secrets=own, ca=ca, sleep=sleep, clock=clock)
        self.sleep = sleep
        self.clock = clock
        self.served_version = API_VERSION
        self._static_token = token
        self._credentials = {"client_id": client_id or "", "client_secret": client_secret or ""}
        self._granted: tuple[str, float] | None = None
        self._budget: tuple[_Throttle, float] | None = None
        self._costs: dict[object, float] = {}

    def ask(self, name: str, shape: type[T], **variables: Any) -> Answer[T]:  # noqa: ANN401 - as the schema has them
        """The answer to documents/`name`.graphql; see `run`."""
        return self.run(document(name), shape, variables)

    def run(self, text: str, shape: type[T], variables: Mapping[str, Any], *, cost: float | None = None) -> Answer[T]:
        """The answer to a document; errors beside data are kept in it, errors without data are raised.

        `cost` is what it will ask of the shop's budget, where the caller knows; else what it asked the last time.
        CostError asks for a smaller question, AuthenticationError for a scope or a key.
        """
        kind = (text, variables.get("first"))
        self._wait_for(self._costs.get(kind, DEAREST) if cost is None else cost)
        envelope = self._post({"query": text, "variables": variables})
        if envelope.extensions.cost is not None:
            asked = envelope.extensions.cost.requested_query_cost
            self._costs[kind] = max(asked, self._costs.get(kind, 0.0))  # the same text may name few ids or many
        _refuse_ignored_filters(envelope.extensions.search)
        return _read(envelope, shape)

    def _post(self, body: dict[str, Any]) -> _Envelope:
        """The decoded answer; once more with a new token where a granted one is no longer accepted."""
        try:
            return self._send(body)
        except AuthenticationError:
            if self._static_token or self._granted is None:
                raise
        self._granted = None
        return self._send(body)

    def _send(self, body: dict[str, Any]) -> _Envelope:
        envelopes: list[_Envelope] = []

        def again(response: requests.Response) -> float | None:
            envelopes[:] = [_decode(response)]
            self._note(envelopes[0].extensions.cost)
            return self._again(envelopes[0])

        url = f"{self.base}/admin/api/{API_VERSION}/graphql.json"
        try:
            response = self.http.send("POST", url, json=body, headers=self._headers(), again=again)
        except HTTPError as error:
            raise _explained(error) from error
        self.served_version = response.headers.get("X-Shopify-API-Version", API_VERSION)
        return envelopes[0]

    def _again(self, envelope: _Envelope) -> float | None:
        """Seconds until the same question may be asked again, None where the answer stands."""
        codes = {error.extensions.code for error in envelope.errors}
        if "THROTTLED" in codes:
            self.http.pace.caution.refused()
            cost = envelope.extensions.cost
            return max(RECOMMENDED_WAIT, self._shortage(cost.requested_query_cost if cost else 0.0))
        return RECOMMENDED_WAIT if codes & _PASSING else None

    def _note(self, cost: _Cost | None) -> None:
        if cost is not None and cost.throttle_status is not None:
            self._budget = (cost.throttle_status, self.clock())

    def _wait_for(self, cost: float) -> None:
        """Wait until the shop's budget covers `cost`, so that nothing is throttled in the first place."""
        shortage = self._shortage(cost)
        if shortage > 0:
            log.debug("waiting for the shop's budget", seconds=round(shortage, 1), shop=self.shop)
            self.sleep(shortage)

    def _shortage(self, cost: float) -> float:
        """Seconds until `cost` points are there, as far as the last answer tells; more where others take some."""
        if self._budget is None:
            return 0.0
        status, at = self._budget
        available = status.currently_available + max(0.0, self.clock() - at) * status.restore_rate
        missing = min(cost, status.maximum_available) - available
        return max(0.0, missing / max(status.restore_rate, 1.0) * self.http.pace.caution.factor)

    def _headers(self) -> dict[str, str]:
        """The token goes with each question, never into the session: a download must not carry it."""
        return {"X-Shopify-Access-Token": self._static_token or self._grant()}

    def _grant(self) -> str:
        """A token of the client-credentials grant, asked for again five minutes before it ends."""
        now = self.clock()
        if self._granted is None or now >= self._granted[1]:
            token = self._new_token()
            self._granted = (token.access_token, now + token.expires_in - RENEW_EARLY)
            self.http.keep_to_itself(token.access_token)
        return self._granted[0]

    def _new_token(self) -> _Token:
        form = {"grant_type": "client_credentials", **self._credentials}
        try:
            answer = self.http.json("POST", f"{self.base}/admin/oauth/access_token", data=form)
            return msgspec.convert(answer, _Token)
        except HTTPError as error:
            text = error.body.decode(errors="replace")
            remedies = [remedy for word, remedy in _REFUSALS.items() if word in text]
            raise AuthenticationError(
                f"Shopify gives no token for {self.shop}: {error.message}",
                remedy=remedies[0] if remedies else "Check client_id and client_secret.",
            ) from error
        except msgspec.ValidationError as error:
            raise AuthenticationError(f"Shopify's answer holds no token: {error}") from error


def _decode(response: requests.Response) -> _Envelope:
    try:
        return msgspec.json.decode(response.content, type=_Envelope)
    except (msgspec.DecodeError, RecursionError) as error:
        body = mended(response.content, "data", "found", "nodes")
        if body is not None and body != response.content:
            return msgspec.json.decode(body, type=_Envelope)
        decode(response)  # a body that is cut short is asked for again
        raise PermanentError(f"Shopify's answer has an unknown form: {error}") from error


def _read(envelope: _Envelope, shape: type[T]) -> Answer[T]:
    if bytes(envelope.data) == b"null":
        raise _refusal(envelope.errors)
    try:
        return Answer(msgspec.json.decode(envelope.data, type=shape), envelope.errors)
    except msgspec.DecodeError as error:
        if envelope.errors:
            raise _refusal(envelope.errors) from error
        raise PermanentError(f"Shopify's answer has an unknown form: {error}") from error


def _refusal(errors: list[GraphQLError]) -> PermanentError:
    """The error that an answer without data stands for."""
    messages = " ".join(dict.fromkeys(error.message for error in errors)) or "Shopify answered with nothing."
    codes = {error.extensions.code for error in errors}
    if "MAX_COST_EXCEEDED" in codes:
        return CostError(messages)
    if "ACCESS_DENIED" in codes:
        return AuthenticationError(messages, remedy="Give the app the scope that Shopify names, then reinstall it.")
    return PermanentError(f"Shopify refused the question: {messages}")


def _refuse_ignored_filters(searches: list[_Search]) -> None:
    """An unknown field in a search is ignored and all rows come back: never take that for an answer."""
    for search in searches:
        for warning in search.warnings:
            raise PermanentError(
                f"Shopify ignored {warning.field!r} in the search {search.query!r}: {warning.message}",
                remedy="This version of the connector does not fit Shopify's API any more; update it.",
            )


def _explained(error: HTTPError) -> PermanentError:
    if error.status not in _STATUSES:
        return error
    message, remedy = _STATUSES[error.status]
    return PermanentError(message, remedy=remedy)


def retry_later(message: str, seconds: float | None = None) -> RetryableError:
    """An operation that Shopify did not finish this time."""
    return RetryableError(message, retry_after=seconds, remedy="The next run goes on where this one stopped.")
