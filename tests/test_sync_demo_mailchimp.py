"""The fake Mailchimp keeps Mailchimp's rules, and more: it does not let a consent be raised."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from jsonschema import Draft4Validator

from sync.demo.mailchimp import SPECIFICATION, FakeMailchimp
from sync.demo.specification import specification
from tests.contract import NOW, Clock

AUTH = ("anyone", "0123456789abcdef-us21")


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def fake(clock: Clock) -> Iterator[FakeMailchimp]:
    with FakeMailchimp(now=clock) as server:
        server.add("Zoé@example.com", "subscribed", "VIP")
        yield server


def call(fake: FakeMailchimp, method: str, path: str, body: object = None, **params: str) -> requests.Response:
    url = f"{fake.url}/3.0{path}"
    return requests.request(method, url, json=body, params=params, auth=AUTH, timeout=10)


def in_audience(fake: FakeMailchimp, method: str, path: str, body: object = None, **params: str) -> requests.Response:
    return call(fake, method, f"/lists/{fake.audience}{path}", body, **params)


def member(email: str) -> str:
    return "/members/" + hashlib.md5(email.lower().encode(), usedforsecurity=False).hexdigest()


def run(fake: FakeMailchimp, *operations: dict[str, object]) -> list[dict[str, Any]]:
    """The result rows of a batch."""
    batch = call(fake, "POST", "/batches", {"operations": operations}).json()
    while batch["status"] != "finished":
        batch = call(fake, "GET", f"/batches/{batch['id']}").json()
    rows: list[dict[str, Any]] = []
    content = requests.get(batch["response_body_url"], timeout=10).content
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        for entry in archive:
            file = archive.extractfile(entry)
            rows += json.load(file) if file else []
    return rows


def test_another_key_is_not_let_in(fake: FakeMailchimp) -> None:
    answer = requests.get(f"{fake.url}/3.0/lists", auth=("anyone", "other-us21"), timeout=10)
    assert (answer.status_code, answer.json()["title"]) == (401, "API Key Invalid")
    assert answer.headers["Content-Type"].startswith("application/problem+json")


@pytest.mark.parametrize("path", ["/lists/another", "/nowhere", "/lists/another/members", "/batches/none"])
def test_what_is_not_there_is_not_found(fake: FakeMailchimp, path: str) -> None:
    assert call(fake, "GET", path).json()["title"] == "Resource Not Found"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/segments", {"static_segment": []}),
        ("POST", "/segments", {"name": "Fidèle"}),
        ("POST", "/merge-fields", {"tag": "AGE", "name": "AGE", "type": "integer"}),
        ("POST", "/merge-fields", {"tag": "LIFECYCLES1", "name": "Cycle", "type": "text"}),
        ("POST", "/merge-fields", {"tag": "FNAME", "name": "Prénom", "type": "text"}),
        ("POST", "", {"update_existing": False}),
        ("POST", "", {"members": [{"email_address": "sans arobase", "status": "transactional"}]}),
        ("POST", member("zoé@example.com") + "/tags", {"tags": [{"name": "Fidèle"}]}),
        ("PATCH", member("zoé@example.com"), {"merge_fields": "Fidèle"}),
        ("PATCH", member("zoé@example.com"), "Fidèle"),
    ],
)
def test_a_body_that_mailchimp_does_not_take_is_refused(
    fake: FakeMailchimp, method: str, path: str, body: object
) -> None:
    answer = in_audience(fake, method, path, body)
    assert answer.status_code == 400
    assert {"type", "title", "status", "detail", "instance"} <= set(answer.json())
    assert fake.violations == []


@pytest.mark.parametrize("status", ["subscribed", "pending", "unsubscribed", "cleaned"])
def test_a_status_sent_for_a_known_contact_is_a_violation(fake: FakeMailchimp, status: str) -> None:
    assert in_audience(fake, "PATCH", member("zoé@example.com"), {"status": status}).status_code == 400
    assert len(fake.violations) == 1
    assert fake.members["zoé@example.com"].status == "subscribed"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", member("zoé@example.com"), {"email_address": "zoé@example.com", "status_if_new": "transactional"}),
        ("POST", member("zoé@example.com") + "/actions/delete-permanent", None),
        ("DELETE", member("zoé@example.com"), None),
        ("POST", "", {"members": [], "update_existing": True}),
        ("POST", "", {"members": [], "sync_tags": True}),
        ("POST", "", {"members": [{"email_address": "new@example.com", "status": "subscribed"}]}),
        ("POST", "", {"members": [{"email_address": "new@example.com", "status": "pending"}]}),
        ("POST", "", {"members": [{"email_address": "new@example.com"}]}),
        ("POST", "", {"members": [{"email_address": "old@example.com", "status": "transactional"}]}),
    ],
)
def test_what_could_raise_a_consent_or_lose_a_contact_is_a_violation(
    fake: FakeMailchimp, method: str, path: str, body: object
) -> None:
    fake.add("old@example.com", "archived")
    before = {email: contact.status for email, contact in fake.members.items()}
    assert in_audience(fake, method, path, body).status_code == 400
    assert len(fake.violations) == 1
    assert {email: contact.status for email, contact in fake.members.items()} == before


def test_a_batch_is_no_way_around(fake: FakeMailchimp) -> None:
    path = f"/lists/{fake.audience}{member('zoé@example.com')}"
    (row,) = run(fake, {"method": "PATCH", "path": path, "body": '{"status": "pending"}', "operation_id": "1"})
    assert (row["status_code"], row["operation_id"]) == (400, "1")
    assert len(fake.violations) == 1


def test_only_what_was_asked_for_is_shown(fake: FakeMailchimp) -> None:
    answer = in_audience(fake, "GET", "/members", fields="members.status,members.tags.name,total_items")
    assert answer.json() == {"members": [{"status": "subscribed", "tags": [{"name": "VIP"}]}], "total_items": 1}


def test_archived_contacts_are_listed_only_by_their_status(fake: FakeMailchimp) -> None:
    fake.add("old@example.com", "archived")
    plain = in_audience(fake, "GET", "/members").json()
    archived = in_audience(fake, "GET", "/members", status="archived").json()
    assert [found["email_address"] for found in plain["members"]] == ["Zoé@example.com"]
    assert [found["email_address"] for found in archived["members"]] == ["old@example.com"]
    assert in_audience(fake, "GET", member("old@example.com")).json()["status"] == "archived"


def test_a_page_holds_ten_contacts_unless_more_are_asked_for_and_never_more_than_a_thousand(
    fake: FakeMailchimp,
) -> None:
    for number in range(1100):
        fake.add(f"c{number}@example.com")
    assert len(in_audience(fake, "GET", "/members").json()["members"]) == 10
    assert len(in_audience(fake, "GET", "/members", count="1000").json()["members"]) == 1000
    assert len(in_audience(fake, "GET", "/members", count="1000", offset="1000").json()["members"]) == 101
    assert in_audience(fake, "GET", "/members", count="1001").status_code == 400


def test_tags_set_automations_off_unless_syncing(fake: FakeMailchimp) -> None:
    path = member("zoé@example.com") + "/tags"
    assert in_audience(fake, "POST", path, {"tags": [{"name": "A", "status": "active"}]}).status_code == 204
    silent = {"tags": [{"name": "B", "status": "active"}, {"name": "a", "status": "inactive"}], "is_syncing": True}
    assert in_audience(fake, "POST", path, silent).status_code == 204
    assert fake.members["zoé@example.com"].tags == {"VIP", "B"}
    segment = in_audience(fake, "POST", "/segments", {"name": "C", "static_segment": []}).json()["id"]
    in_audience(fake, "POST", f"/segments/{segment}", {"members_to_add": ["ZOÉ@example.com", "x@example.com"]})
    assert fake.automations == [("Zoé@example.com", "A"), ("Zoé@example.com", "C")]


def test_a_segment_takes_five_hundred_each_way_and_passes_strangers_over(fake: FakeMailchimp) -> None:
    segment = in_audience(fake, "POST", "/segments", {"name": "C", "static_segment": []}).json()["id"]
    many = [f"c{number}@example.com" for number in range(501)]
    for key in ("members_to_add", "members_to_remove"):
        assert in_audience(fake, "POST", f"/segments/{segment}", {key: many}).status_code == 400
        answer = in_audience(fake, "POST", f"/segments/{segment}", {key: many[1:]}).json()
        assert (answer["total_added"], answer["total_removed"], answer["errors"]) == (0, 0, [])
    assert in_audience(fake, "POST", "/segments/1", {"members_to_add": []}).status_code == 404


def test_a_tag_exists_once_whatever_its_case(fake: FakeMailchimp) -> None:
    listed = in_audience(fake, "GET", "/segments", type="static").json()["segments"]
    assert [found["name"] for found in listed] == ["VIP"]
    assert in_audience(fake, "POST", "/segments", {"name": "vip", "static_segment": []}).status_code == 400


def test_required_fields_are_asked_for_unless_validation_is_skipped(fake: FakeMailchimp) -> None:
    fake.require_field("BIRTHDAY")
    body = {"merge_fields": {"FNAME": "Zoé", "UNKNOWN": "x"}}
    refused = in_audience(fake, "PATCH", member("zoé@example.com"), body)
    assert refused.json()["errors"] == [{"field": "BIRTHDAY", "message": "Please enter a value"}]
    assert in_audience(fake, "PATCH", member("zoé@example.com"), body, skip_merge_validation="true").ok
    assert fake.members["zoé@example.com"].merge_fields == {"FNAME": "Zoé"}  # unknown fields are passed over
    new = {"members": [{"email_address": "new@example.com", "status": "transactional"}]}
    assert in_audience(fake, "POST", "", new).json()["errors"][0]["field"] == "BIRTHDAY"
    assert in_audience(fake, "POST", "", new, skip_merge_validation="true").json()["total_created"] == 1


def test_creating_tells_each_address_that_was_refused(fake: FakeMailchimp) -> None:
    fake.forgotten.add("gone@example.com")
    emails = ["zoé@example.com", "gone@example.com", "x@faux.invalid", "new@example.com"]
    body = {"members": [{"email_address": email, "status": "transactional"} for email in emails]}
    answer = in_audience(fake, "POST", "", body).json()
    assert [found["email_address"] for found in answer["new_members"]] == ["new@example.com"]
    codes = [error["error_code"] for error in answer["errors"]]
    assert codes == ["ERROR_CONTACT_EXISTS", "ERROR_GENERIC", "ERROR_GENERIC"]
    too_many = [{"email_address": f"c{n}@example.com", "status": "transactional"} for n in range(501)]
    assert in_audience(fake, "POST", "", {"members": too_many}).status_code == 400


def test_a_contact_is_archived_once(fake: FakeMailchimp) -> None:
    fake.add("ours@example.com", "transactional")
    assert in_audience(fake, "DELETE", member("ours@example.com")).status_code == 204
    assert in_audience(fake, "DELETE", member("ours@example.com")).status_code == 405
    assert in_audience(fake, "DELETE", member("nobody@example.com")).status_code == 404


def test_a_batch_takes_its_time_and_its_link_expires(fake: FakeMailchimp, clock: Clock) -> None:
    operation = {"method": "GET", "path": f"/lists/{fake.audience}/members", "params": {"fields": "total_items"}}
    batch = call(fake, "POST", "/batches", {"operations": [operation]}).json()
    seen = [batch["status"]]
    while seen[-1] != "finished":
        batch = call(fake, "GET", f"/batches/{batch['id']}").json()
        seen.append(batch["status"])
    assert seen == ["pending", "started", "finished"]
    assert requests.get(batch["response_body_url"], timeout=10).status_code == 200
    clock.move(minutes=11)
    assert requests.get(batch["response_body_url"], timeout=10).status_code == 403
    call(fake, "GET", f"/batches/{batch['id']}")
    assert requests.get(batch["response_body_url"], timeout=10).status_code == 200
    assert call(fake, "DELETE", f"/batches/{batch['id']}").status_code == 204
    assert call(fake, "GET", f"/batches/{batch['id']}").status_code == 404


def test_a_batch_takes_a_thousand_operations(fake: FakeMailchimp) -> None:
    operations = [{"method": "GET", "path": "/lists"}] * 1001
    assert call(fake, "POST", "/batches", {"operations": operations}).status_code == 400


def test_the_ledger_tells_reads_from_writes(fake: FakeMailchimp) -> None:
    run(fake, {"method": "GET", "path": "/lists"})
    in_audience(fake, "GET", "/members")
    assert fake.writes == []
    path = f"/lists/{fake.audience}{member('zoé@example.com')}"
    run(fake, {"method": "GET", "path": path}, {"method": "PATCH", "path": path, "body": "{}"})
    assert [entry.request.path for entry in fake.writes] == ["/3.0/batches"]


@pytest.mark.parametrize(
    ("method", "template", "body"),
    [
        ("GET", "/lists", None),
        ("GET", "/lists/{list_id}", None),
        ("POST", "/lists/{list_id}", {"members": [{"email_address": "n@example.com", "status": "transactional"}]}),
        ("GET", "/lists/{list_id}/members", None),
        ("GET", "/lists/{list_id}/members/{subscriber_hash}", None),
        ("PATCH", "/lists/{list_id}/members/{subscriber_hash}", {"merge_fields": {"FNAME": "Zoé"}}),
        ("GET", "/lists/{list_id}/merge-fields", None),
        ("POST", "/lists/{list_id}/merge-fields", {"tag": "LIFECYCLE", "name": "LIFECYCLE", "type": "text"}),
        ("GET", "/lists/{list_id}/segments", None),
        ("POST", "/lists/{list_id}/segments", {"name": "C", "static_segment": []}),
        ("POST", "/lists/{list_id}/segments/{segment_id}", {"members_to_add": ["zoé@example.com"]}),
        ("POST", "/batches", {"operations": [{"method": "GET", "path": "/lists"}]}),
    ],
)
def test_answers_have_the_vendors_shape(fake: FakeMailchimp, method: str, template: str, body: object) -> None:
    segment = in_audience(fake, "POST", "/segments", {"name": "Fidèle", "static_segment": []}).json()["id"]
    digest = member("zoé@example.com").removeprefix("/members/")
    path = template.format(list_id=fake.audience, subscriber_hash=digest, segment_id=segment)
    answer = call(fake, method, path, body)
    responses = specification(SPECIFICATION).paths[template][method.lower()]["responses"]
    schema = responses["200"]["content"]["application/json"]["schema"]
    assert answer.status_code == 200
    assert [error.message for error in Draft4Validator(schema).iter_errors(answer.json())] == []
    assert set(answer.json()) <= set(schema["properties"])
