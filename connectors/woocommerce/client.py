"""Requests to one WooCommerce shop: Basic over https, a one-legged OAuth 1.0a signature over plain http.

Facts: woocommerce.github.io/woocommerce-rest-api-docs (authentication, errors, pagination), and what a running
WooCommerce 10.5 was seen to do.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
import requests
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA256, SIGNATURE_TYPE_QUERY
from oauthlib.oauth1 import Client as Signer
from requests_oauthlib import OAuth1

from connector.errors import AuthenticationError, PermanentError, RecordError, SettingsError
from connectors.elements import mended
from connectors.http import Client, HTTPError, decode, loopback_only

Payload = TypeVar("Payload")

PER_PAGE = 100
"""The most rows that a list gives, and the most items that a batch takes."""

PER_SECOND = 2.0
"""Requests. WooCommerce has no limit; its hosts have, and buyers wait behind us."""

KEYS = "WooCommerce > Settings > Advanced > REST API"


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list. What was modified before `settled` had that time already when the list was made."""

    rows: list[msgspec.Raw]
    total: int
    pages: int
    settled: datetime


class WooCommerceClient:
    """A shop's API under the key of one user.

    `url` is the shop's address; `endpoint` sends the requests to a server on this machine instead. Plain http, where
    customers' data travels readable, is refused with a SettingsError unless `allow_http`. The shop is sent
    `requests_per_second` at most: two where nothing is said, and any number by a server on this machine.
    """

    def __init__(  # noqa: PLR0913 - what reaching a shop takes
        self,
        *,
        url: str,
        consumer_key: str,
        consumer_secret: str,
        allow_http: bool = False,
        endpoint: str | None = None,
        ca: str | None = None,
        requests_per_second: float | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.url = _shop_address(url)
        self.base = loopback_only(endpoint) if endpoint else self.url
        self.encrypted = self.base.startswith("https://")
        if not self.encrypted and not allow_http:
            raise SettingsError(
                f"{self.base} is plain http: anybody on the way can read your customers' data.",
                remedy="Use the shop's https address, or set allow_http = true if the way is safe.",
            )
        if consumer_key.startswith("cs_") or consumer_secret.startswith("ck_"):
            raise SettingsError(
                "The consumer key and the consumer secret are exchanged.",
                remedy="consumer_key begins with ck_, consumer_secret with cs_.",
            )
        auth = (consumer_key, consumer_secret) if self.encrypted else _signature(consumer_key, consumer_secret)
        pace = requests_per_second or (None if endpoint else PER_SECOND)
        own = consumer_key, consumer_secret
        self.http = Client(auth=auth, secrets=own, ca=ca, per_second=pace, sleep=sleep, clock=clock)

    @property
    def sent(self) -> int:
        """How many requests were sent so far."""
        return self.http.requests

    def index(self) -> dict[str, Any] | None:
        """What WordPress tells everybody of itself: name, home, gmt_offset, timezone_string; None where it is hidden.

        It is asked for without the key: WordPress would take a Basic key outside wc/ for a wrong application password.
        """
        try:
            found = self.http.json(
                "GET",
                f"{self.base}/wp-json/",
                params={"_fields": "name,home,gmt_offset,timezone_string"},
                auth=_unsigned,
            )
        except (AuthenticationError, HTTPError):
            return None
        return found if isinstance(found, dict) else None

    def rows(self, path: str, **params: str | int) -> Listing:
        """A page of a list: the first 100 rows unless `page` or `per_page` say otherwise."""
        return self._read("GET", path, _listing, params={"per_page": PER_PAGE, **params})

    def report(self, name: str, **params: str | int) -> Listing:
        """A page of one of the reports of Analytics."""
        path, params = f"reports/{name}", {"per_page": PER_PAGE, **params}
        return self._read("GET", path, _listing, namespace="wc-analytics", params=params)

    def get(self, path: str, payload: type[Payload], **params: str | int) -> Payload:
        """One thing; HTTPError with status 404 where there is none."""
        return self._read("GET", path, _decoder(payload), params=params)

    def post(self, path: str, body: object, payload: type[Payload]) -> Payload:
        """What the shop answers to `body`."""
        return self._read("POST", path, _decoder(payload), json=body)

    def put(self, path: str, body: object, payload: type[Payload]) -> Payload:
        """What the shop answers to a change."""
        return self._read("PUT", path, _decoder(payload), json=body)

    def delete(self, path: str, payload: type[Payload]) -> Payload:
        """The thing that was deleted, for good: not everything can lie in the trash."""
        return self._read("DELETE", path, _decoder(payload), params={"force": "true"})

    def _read(
        self,
        method: str,
        path: str,
        read: Callable[[requests.Response], Payload],
        *,
        namespace: str = "wc/v3",
        **options: Any,  # noqa: ANN401 - as Client.send takes them
    ) -> Payload:
        """The answer as `read` understands it; one that is cut short or no JSON is asked for again."""
        found: list[Payload] = []

        def understood(response: requests.Response) -> None:
            found[:] = [read(response)]

        try:
            self.http.send(method, f"{self.base}/wp-json/{namespace}/{path}", again=understood, **options)
        except AuthenticationError as error:
            raise AuthenticationError(error.message, remedy=self._remedy(error, method)) from error
        return found[0]

    def _remedy(self, error: AuthenticationError, method: str) -> str:
        """What to do about a refused key. The answer's text is in the shop's language, so only its code is read."""
        code = error_code(error.__cause__)
        if code == "woocommerce_rest_authentication_error":
            right = "Read/Write" if method != "GET" else "Read"
            return f"Check the consumer secret, and that the key's permission is {right} ({KEYS})."
        if code.startswith("woocommerce_rest_cannot_"):
            return (
                f"Either the key is unknown or its user may not do this (make one for a shop manager in {KEYS}), or "
                "WordPress did not accept it because it does not see https: behind a proxy that ends TLS, tell "
                "WordPress so (X-Forwarded-Proto); for a shop without https write its http address, with allow_http."
            )
        return f"Check the key ({KEYS}) and whether a firewall or a security plugin stands in front of the API."


def error_code(error: BaseException | None) -> str:
    """The `code` that the shop gave with a refusal, "" where it gave none."""
    if not isinstance(error, HTTPError):
        return ""
    try:
        return msgspec.json.decode(error.body, type=_Refusal).code
    except msgspec.DecodeError:
        return ""


class _Refusal(msgspec.Struct):
    code: str


class _Signer(Signer):
    def get_oauth_params(self, request: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - oauthlib has no types
        """The parameters without oauth_version, which WooCommerce's documentation asks to leave out."""
        params: list[tuple[str, str]] = super().get_oauth_params(request)  # type: ignore[no-untyped-call]  # as above
        return [pair for pair in params if pair[0] != "oauth_version"]


def _signature(key: str, secret: str) -> OAuth1:
    """A signature in the query; it is made anew, with its own nonce, for each attempt of a request."""
    return OAuth1(
        key,
        client_secret=secret,
        signature_method=SIGNATURE_HMAC_SHA256,
        signature_type=SIGNATURE_TYPE_QUERY,
        client_class=_Signer,
    )


def _unsigned(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _shop_address(url: str) -> str:
    parts = urlsplit(url.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        raise SettingsError(
            f"url = {parts.hostname or '…'} is not the address of a shop.",
            remedy="Write it as WordPress has it, for example https://boutique.example.",
        )
    path = parts.path.partition("/wp-json")[0].rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path}"


def _decoder(payload: type[Payload]) -> Callable[[requests.Response], Payload]:
    def read(response: requests.Response) -> Payload:
        try:
            return msgspec.json.decode(response.content, type=payload)
        except msgspec.ValidationError as error:
            raise PermanentError(f"{urlsplit(response.url).netloc} answered with an unknown shape: {error}.") from error
        except (msgspec.DecodeError, RecursionError):
            return msgspec.convert(decode(response), payload)

    return read


def _listing(response: requests.Response) -> Listing:
    rows = _rows(response)
    try:
        total, pages = (int(response.headers[name]) for name in ("X-WP-Total", "X-WP-TotalPages"))
    except (KeyError, ValueError) as error:
        raise PermanentError(
            f"{urlsplit(response.url).netloc} does not say how many pages there are.",
            remedy="Let the headers X-WP-Total and X-WP-TotalPages through the proxy or cache in front of the shop.",
        ) from error
    return Listing(rows, total, pages, _settled(response))


def _rows(response: requests.Response) -> list[msgspec.Raw]:
    try:
        return _decoder(list[msgspec.Raw])(response)
    except RecordError:  # the answer is whole, and one of its rows is no JSON
        body = mended(response.content)
        if body is None:
            raise
        return msgspec.json.decode(body, type=list[msgspec.Raw])


def _settled(response: requests.Response) -> datetime:
    """The server's own time, on the safe side of when it began to work on this request.

    A row that is edited between the shop's query and its answer shows a time at which it was not found; times before
    this one cannot be of that kind.
    """
    try:
        answered = parsedate_to_datetime(response.headers["Date"])
    except (KeyError, ValueError):
        return datetime.max.replace(tzinfo=UTC)
    return answered.astimezone(UTC) - response.elapsed - timedelta(seconds=2)
