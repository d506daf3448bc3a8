"""The messages that Mailchimp sent to an audience, by its reports: who got which campaign, and when.

A report says when a campaign went out, and all whom it went to, a thousand a page. An automation's messages go out one
by one and its report tells no day for any: they come without one. A campaign is read again only when it has gone to
more people, so that a reading in which nothing was sent costs one request
(mailchimp.com/developer/marketing/api/reports and …/sent-to-reports).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from connector.destination import SentPage
from connectors.mailchimp.audience import Audience

AT_ONCE = frozenset({"regular", "plaintext", "plain-text", "absplit", "ab_split", "variate"})
"""Types of campaigns that go to everybody at one time; rss and automations go on."""
REPORT = "id,list_id,type,emails_sent,send_time"
RECIPIENT = "email_address,status"


def sent(audience: Audience, since: datetime, cursor: str | None) -> Iterator[SentPage]:
    """Who got what since an instant, but for what `cursor` says was read; the last page has the next cursor."""
    read = msgspec.json.decode(cursor, type=dict[str, int]) if cursor else {}
    known: dict[str, int] = {}
    for report in audience.account.pages("/reports", "reports", REPORT):
        at = _at(report)
        if report["list_id"] != audience.id or not report["emails_sent"] or (at is not None and at < since):
            continue
        if read.get(report["id"]) != report["emails_sent"]:
            yield from _recipients(audience, report["id"], at)
        known[report["id"]] = report["emails_sent"]
    yield SentPage("", None, (), msgspec.json.encode(known).decode())


def _recipients(audience: Audience, campaign: str, at: datetime | None) -> Iterator[SentPage]:
    path, offset, total = f"/reports/{campaign}/sent-to", 0, 1
    while offset < total:
        page = audience.account.page(path, "sent_to", RECIPIENT, offset)
        offset, total = offset + 1000, page["total_items"]
        addresses = tuple(one["email_address"] for one in page["sent_to"] if one["status"] == "sent")  # else it bounced
        yield SentPage(campaign, at, addresses)


def _at(report: dict[str, Any]) -> datetime | None:
    """When a campaign went out; None where its messages have no common time."""
    if report["type"] not in AT_ONCE or not report.get("send_time"):
        return None
    return datetime.fromisoformat(report["send_time"])
