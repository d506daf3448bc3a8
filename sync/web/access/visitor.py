"""Who asks, and from which address: what the gate finds out of a request, for everything behind it."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from urllib.parse import urlsplit

from connector.users import Role, User
from sync.web.access.sessions import Session

LOOPBACK = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True)
class Address:
    """The address under which the dashboard was reached: its origin, as browsers write it."""

    origin: str
    port: int

    @property
    def secure(self) -> bool:
        """Whether it is https, so that cookies may be bound to it."""
        return self.origin.startswith("https:")

    def cookie(self, name: str) -> str:
        """The name of a cookie: bound to the host where that is safe, else to the port, which browsers do not do."""
        return f"__Host-{name}" if self.secure else f"{name}_{self.port}"


@dataclass(frozen=True, slots=True)
class Visitor:
    """A user who is let in, by a session or by a token."""

    user: User
    session: Session | None
    key: str  # what forms of this session must bear; "" of a token

    def may(self, role: Role) -> bool:
        """Whether they may do what this role may."""
        return role == "viewer" or self.user.role == "admin"


def address_of(host: str, dashboard_url: str | None) -> Address | None:
    """The address that a Host header names; None where it is none of ours.

    Ours are the one of the settings, and this machine's own names, which no other site can take for itself.
    """
    if dashboard_url is not None:
        own = urlsplit(dashboard_url)
        if host.lower() == own.netloc.lower():
            return Address(f"{own.scheme}://{own.netloc.lower()}", own.port or 443)
    try:
        parts = urlsplit(f"//{host}")
        name, port = parts.hostname, parts.port or 80
    except ValueError:
        return None
    if name not in LOOPBACK or parts.username is not None or parts.path or parts.query:
        return None
    return Address(f"http://{host.lower()}", port)


def form_key(token: str) -> str:
    """What the forms of a session bear, made of its token, which nobody else has."""
    return hmac.new(token.encode(), b"form", hashlib.sha256).hexdigest()


def same(one: str, other: str) -> bool:
    """Whether two texts are equal, in a time that tells nothing of them; empty ones never are."""
    return bool(one) and hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))
