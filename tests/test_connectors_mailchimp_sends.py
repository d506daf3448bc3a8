"""Which campaigns went to whom, by Mailchimp's own reports: read once, in few requests, and nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from connector.destination import Sender, SentPage
from connectors.mailchimp import MailchimpDestination
from sync.demo.mailchimp import FakeMailchimp
from sync.demo.mailchimp_reports import Campaign

KEY = "0123456789abcdef0123456789abcdef-us21"
NOW = datetime(2026, 6, 30, 12, tzinfo=UTC)
SINCE = NOW - timedelta(days=60)


@pytest.fixture
def fake() -> Iterator[FakeMailchimp]:
    with FakeMailchimp(api_key=KEY, now=lambda: NOW) as server:
        yield server
        assert server.writes == []


@pytest.fixture
def destination(fake: FakeMailchimp) -> MailchimpDestination:
    return MailchimpDestination(api_key=KEY, audience=fake.audience, endpoint=fake.url, sleep=lambda s: None)


def send(fake: FakeMailchimp, name: str, *to: str, days: int = 1, **more: str) -> Campaign:
    campaign = Campaign(name, fake.audience, NOW - timedelta(days=days), sent_to=list(to), **more)  # type: ignore[arg-type]  # all are texts
    fake.reports.campaigns.append(campaign)
    return campaign


def read(destination: MailchimpDestination, cursor: str | None = None) -> tuple[list[SentPage], str | None]:
    *pages, last = destination.sent(SINCE, cursor)
    return pages, last.cursor


def test_everyone_whom_a_campaign_reached_is_told_with_its_time(
    fake: FakeMailchimp, destination: MailchimpDestination
) -> None:
    campaign = send(fake, "soldes", "a@example.com", "b@example.com", "gone@example.com", days=3)
    campaign.bounced = {"gone@example.com"}
    send(fake, "old", "a@example.com", days=61)
    send(fake, "draft")
    fake.reports.campaigns.append(Campaign("other", "another list", NOW, sent_to=["a@example.com"]))
    assert isinstance(destination, Sender)
    pages, _ = read(destination)
    assert pages == [SentPage("soldes", NOW - timedelta(days=3), ("a@example.com", "b@example.com"))]


@pytest.mark.parametrize("kind", ["automation", "rss"])
def test_what_goes_on_being_sent_has_no_time(fake: FakeMailchimp, destination: MailchimpDestination, kind: str) -> None:
    send(fake, "welcome", "a@example.com", days=400, kind=kind)
    pages, _ = read(destination)
    assert pages == [SentPage("welcome", None, ("a@example.com",))]


def test_a_campaign_is_read_again_only_when_it_went_to_more_people(
    fake: FakeMailchimp, destination: MailchimpDestination
) -> None:
    send(fake, "soldes", *(f"c{number}@example.com" for number in range(2500)))
    growing = send(fake, "welcome", "a@example.com", kind="automation")
    pages, cursor = read(destination)
    assert sum(len(page.addresses) for page in pages) == 2501
    assert len(fake.ledger) == 1 + 3 + 1
    assert read(destination, cursor) == ([], cursor)
    assert len(fake.ledger) == 6
    growing.sent_to.append("b@example.com")
    pages, _ = read(destination, cursor)
    assert [page.addresses for page in pages] == [("a@example.com", "b@example.com")]
    assert len(fake.ledger) == 8
