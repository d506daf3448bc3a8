"""What the service answers over HTTP: the webhooks of the shops, and whether it is there."""

from sync.web.app import app
from sync.web.server import listening

__all__ = ["app", "listening"]
