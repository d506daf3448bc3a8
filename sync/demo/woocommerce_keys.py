"""Who may ask a WooCommerce shop what: the key, its signature and its permission, and how a refusal is put."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping
from urllib.parse import quote

from sync.demo.server import Request

PARAMETERS = [f"oauth_{name}" for name in ("consumer_key", "timestamp", "nonce", "signature", "signature_method")]


class Refusal(Exception):  # noqa: N818 - it is an answer
    """An error answer: HTTP status, WooCommerce's code, its words, and more data."""

    def __init__(self, status: int, code: str, message: str, **data: object) -> None:
        super().__init__(message)
        self.body = {"code": code, "message": message, "data": {"status": status, **data}}
        self.status = status


class Keys:
    """One key of a shop. `permission` is read, write or read_write."""

    def __init__(self, key: str, secret: str, permission: str) -> None:
        self.key, self.secret, self.permission = key, secret, permission
        self._nonces: set[str] = set()

    def authenticate(self, request: Request, site: str) -> None:
        """Basic where `site` is https, a signature in the query where it is not; Refusal for anything else."""
        if site.startswith("https://"):
            self._basic(request.headers.get("authorization", ""))
        else:
            self._signed(request, site)
        right = "read" if request.method == "GET" else "write"
        if self.permission not in {"read_write", right}:
            raise _refused(f"The API key provided does not have {right} permissions.")

    def _basic(self, header: str) -> None:
        try:
            key, _, secret = base64.b64decode(header.removeprefix("Basic "), validate=True).decode().partition(":")
        except ValueError:
            raise stranger() from None
        if key != self.key:
            raise stranger()
        if secret != self.secret:
            raise _refused("Consumer secret is invalid.")

    def _signed(self, request: Request, site: str) -> None:
        params = dict(request.query)
        missing = [name for name in PARAMETERS if not params.get(name)]
        if missing == PARAMETERS:
            raise stranger()
        if missing:
            code = "woocommerce_rest_authentication_missing_parameter"
            raise Refusal(401, code, f"Missing OAuth parameters {', '.join(missing)}")
        if params["oauth_consumer_key"] != self.key:
            raise _refused("Consumer key is invalid.")
        signature = params.pop("oauth_signature")
        if not hmac.compare_digest(signature, self._signature(request.method, f"{site}{request.path}", params)):
            raise _refused("Invalid signature - provided signature does not match.")
        if abs(int(params["oauth_timestamp"]) - time.time()) > 900:  # whoever signs does it by the real clock
            raise _refused("Invalid timestamp.")
        if params["oauth_nonce"] in self._nonces:
            raise _refused("Invalid nonce - nonce has already been used.")
        self._nonces.add(params["oauth_nonce"])

    def _signature(self, method: str, url: str, params: Mapping[str, str]) -> str:
        digest = {"HMAC-SHA1": hashlib.sha1, "HMAC-SHA256": hashlib.sha256}.get(params["oauth_signature_method"])
        if digest is None:
            raise _refused("Invalid signature - signature method is invalid.")
        encoded = sorted((quote(name, safe="~"), quote(value, safe="~")) for name, value in params.items())
        query = "&".join(f"{name}={value}" for name, value in encoded)
        text = "&".join(quote(part, safe="~") for part in (method, url, query))
        return base64.b64encode(hmac.new(f"{self.secret}&".encode(), text.encode(), digest).digest()).decode()


def stranger() -> Refusal:
    """The answer for a key that is unknown, or was not seen: it does not tell which."""
    return Refusal(401, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources.")


def _refused(message: str) -> Refusal:
    return Refusal(401, "woocommerce_rest_authentication_error", message)
