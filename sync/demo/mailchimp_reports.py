"""The fake Mailchimp's reports: campaigns that the merchant sent there, and to whom.

The vendor's public file leaves these paths out; their form is that of the API reference (reports, sent-to).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

_SENT_TO = re.compile(r"/reports/([^/]+)/sent-to")


@dataclass
class Campaign:
    """A campaign that went out; an automation goes on sending."""

    id: str
    audience: str
    sent_at: datetime
    kind: str = "regular"
    sent_to: list[str] = field(default_factory=list)
    bounced: set[str] = field(default_factory=set)


class Reports:
    """All campaigns of the account, the newest first."""

    def __init__(self) -> None:
        self.campaigns: list[Campaign] = []

    def answer(self, method: str, path: str, query: Mapping[str, str]) -> dict[str, Any] | None:
        """The body of a GET of a report; None where there is none."""
        if method == "GET" and path == "/reports":
            return _page("reports", [_report(campaign) for campaign in self.campaigns[::-1]], query)
        found = _SENT_TO.fullmatch(path)
        campaign = next((one for one in self.campaigns if found and one.id == found[1]), None)
        if method != "GET" or campaign is None:
            return None
        return _page("sent_to", [_recipient(campaign, address) for address in campaign.sent_to], query)


def _page(key: str, items: list[dict[str, Any]], query: Mapping[str, str]) -> dict[str, Any]:
    start = int(query.get("offset", 0))
    return {key: items[start : start + int(query.get("count", 10))], "total_items": len(items)}


def _report(campaign: Campaign) -> dict[str, Any]:
    return {
        "id": campaign.id,
        "type": campaign.kind,
        "list_id": campaign.audience,
        "emails_sent": len(campaign.sent_to),
        "send_time": campaign.sent_at.isoformat(),
    }


def _recipient(campaign: Campaign, address: str) -> dict[str, Any]:
    status = "hard" if address in campaign.bounced else "sent"
    return {"email_address": address, "status": status, "campaign_id": campaign.id, "list_id": campaign.audience}
