"""A fake Mailchimp: one audience with its contacts, tags, merge fields and batches, as the Marketing API 3.0 shows it.

Bodies are held against the vendor's specification. What could raise a consent is refused and kept in `violations`.
"""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from itertools import count
from typing import Any

from sync.demo.mailchimp_batches import Batches
from sync.demo.mailchimp_reports import Reports
from sync.demo.server import Answer, FakeServer, Fault, Request
from sync.demo.specification import specification

SPECIFICATION = "mailchimp-marketing-3.0.55.openapi.json.gz"
Body = dict[str, Any]


@dataclass
class FakeContact:
    """A contact of the audience. `compliance` is Mailchimp's own hold after an unsubscription, bounce or review."""

    email: str
    status: str = "subscribed"
    tags: set[str] = field(default_factory=set)
    merge_fields: dict[str, str] = field(default_factory=dict)
    compliance: bool = False
    changed_at: datetime | None = None


class Refusal(Exception):  # noqa: N818 - it is the platform's answer, not a failure of ours
    """A problem+json answer."""

    def __init__(self, status: int, title: str, detail: str, errors: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.body: Body = {
            "type": "https://mailchimp.com/developer/marketing/docs/errors/",
            "title": title,
            "status": status,
            "detail": detail,
            "instance": "995c5cb0-3280-4a6e-808b-3b096d0bb219",
        }
        named = [{"field": name, "message": message} for name, message in errors]
        if named:
            self.body["errors"] = named


class FakeMailchimp(FakeServer):
    """An account with one audience. `members` is keyed by the address in lower case and may be changed at any time."""

    def __init__(
        self,
        *,
        api_key: str = "0123456789abcdef-us21",
        audience: str = "a1b2c3d4e5",
        name: str = "Boutique",
        now: Callable[[], datetime],
        fault: Fault | None = None,
    ) -> None:
        super().__init__(fault=fault)
        self.api_key = api_key
        self.audience = audience
        self.name = name
        self.now = now
        self.members: dict[str, FakeContact] = {}
        self.forgotten: set[str] = set()  # deleted for good: only they themselves may come back
        self.merge_fields: list[Body] = []
        for tag in ("FNAME", "LNAME"):
            self.require_field(tag, required=False)
        self.segments: dict[int, str] = {}  # a tag is a static segment
        self.batches = Batches(self._operate, now)
        self.reports = Reports()
        self.automations: list[tuple[str, str]] = []  # address and tag of what a tag has set off
        self.violations: list[str] = []
        self._hashes: dict[str, str] = {}
        self._ids = count(1)

    def add(self, email: str, status: str = "subscribed", *tags: str, compliance: bool = False) -> FakeContact:
        """A contact that is there already, with the merchant's own tags."""
        contact = FakeContact(email, status, set(tags), compliance=compliance, changed_at=self.now())
        self.members[email.lower()] = contact
        return contact

    def require_field(self, tag: str, *, kind: str = "text", required: bool = True) -> None:
        """A merge field of the merchant's own."""
        merge_id = len(self.merge_fields) + 1
        self.merge_fields.append(
            {"merge_id": merge_id, "tag": tag, "name": tag.title(), "type": kind, "required": required}
        )

    def answer(self, request: Request) -> tuple[Answer, bool]:
        """What Mailchimp would answer; a batch is a write where one of its operations is."""
        if request.path.startswith("/results/"):
            return self.batches.download(request), False
        write = request.method != "GET"
        try:
            self._authenticate(request.headers.get("authorization", ""))
            status, body = self.route(request.method, request.path.removeprefix("/3.0"), request.query, request.body)
        except Refusal as refusal:
            return Answer(refusal.status, json.dumps(refusal.body).encode(), _PROBLEM), write
        if request.path == "/3.0/batches":
            write = any(operation["method"] != "GET" for operation in request.json()["operations"])
        return (Answer(status) if body is None else Answer.of(body, status)), write

    def route(self, method: str, path: str, query: Mapping[str, str], content: bytes) -> tuple[int, Body | None]:
        """Status and body of one request or one operation of a batch; Refusal where Mailchimp refuses it."""
        if not 0 <= int(query.get("count", 10)) <= 1000:
            raise Refusal(400, "Invalid Resource", "The value of count is out of range.")
        report = self.reports.answer(method, path, query)
        if report is not None:
            return 200, _only(report, query["fields"].split(",")) if "fields" in query else report
        try:
            template, parts = specification(SPECIFICATION).template(path)
        except KeyError:
            raise _not_found() from None
        handler = _HANDLERS.get((method, template))
        if handler is None:
            raise Refusal(405, "Method Not Allowed", "The requested method and resource are not compatible.")
        if parts.get("list_id", self.audience) != self.audience:
            raise _not_found()
        status, body = handler(self, parts, query, _validated(method, template, content))
        if body is not None and "fields" in query:
            body = _only(body, query["fields"].split(","))
        return status, body

    def _authenticate(self, header: str) -> None:
        try:
            key = b64decode(header.removeprefix("Basic ")).decode().partition(":")[2]
        except ValueError:
            key = ""
        if key != self.api_key:
            raise Refusal(
                401,
                "API Key Invalid",
                "Your API key may be invalid, or you've attempted to access the wrong datacenter.",
            )

    def _violated(self, what: str) -> Refusal:
        self.violations.append(what)
        return Refusal(400, "Invalid Resource", f"This could raise a consent: {what}.")

    # Audiences

    def _lists(self, _parts: Body, _query: Mapping[str, str], _body: Body) -> tuple[int, Body | None]:
        return 200, {"lists": [{"id": self.audience, "name": self.name}], "total_items": 1}

    def _list(self, _parts: Body, _query: Mapping[str, str], _body: Body) -> tuple[int, Body | None]:
        active = sum(contact.status == "subscribed" for contact in self.members.values())
        return 200, {"id": self.audience, "name": self.name, "stats": {"member_count": active}}

    def _add_members(self, _parts: Body, query: Mapping[str, str], body: Body) -> tuple[int, Body | None]:
        if body.get("update_existing") or body.get("sync_tags"):
            raise self._violated("update_existing or sync_tags on a list of members")
        if len(body["members"]) > 500:
            raise Refusal(400, "Invalid Resource", "Maximum allowed members exceeded, please provide at most 500.")
        _require_addresses(member.get("email_address", "") for member in body["members"])
        created, errors = [], []
        for member in body["members"]:
            refused = self._not_created(member, lenient=query.get("skip_merge_validation") == "true")
            if refused:
                errors.append({"email_address": member["email_address"], **refused})
            else:
                contact = self.add(member["email_address"], member["status"])
                self._set_fields(contact, member.get("merge_fields", {}))
                created.append(self._shown(contact))
        totals = {"total_created": len(created), "total_updated": 0, "error_count": len(errors)}
        return 200, {"new_members": created, "updated_members": [], "errors": errors, **totals}

    def _not_created(self, member: Body, *, lenient: bool) -> dict[str, str] | None:
        email = member["email_address"]
        found = self.members.get(email.lower())
        if member.get("status") != "transactional":
            raise self._violated(f"{email} added as {member.get('status')}")
        if found and found.status == "archived":
            raise self._violated(f"{email} brought back from the archive")
        if found:
            return {"error": f"{email} is already a list member.", "error_code": "ERROR_CONTACT_EXISTS"}
        if email.lower() in self.forgotten:
            detail = "was permanently deleted and cannot be re-imported."
            return {"error": f"{email} {detail}", "error_code": "ERROR_GENERIC"}
        if email.endswith(".invalid"):
            detail = "looks fake or invalid, please enter a real email address."
            return {"error": f"{email} {detail}", "error_code": "ERROR_GENERIC"}
        missing = self._missing(member.get("merge_fields", {}))
        if missing and not lenient:
            return {"error": "Your merge fields were invalid.", "error_code": "ERROR_GENERIC", "field": missing[0][0]}
        return None

    # Contacts

    def _list_members(self, _parts: Body, query: Mapping[str, str], _body: Body) -> tuple[int, Body | None]:
        asked = query.get("status")
        held = [c for c in self.members.values() if (c.status == asked if asked else c.status != "archived")]
        start = int(query.get("offset", 0))
        shown = [self._shown(contact) for contact in held[start : start + int(query.get("count", 10))]]
        return 200, {"members": shown, "total_items": len(held)}

    def _member(self, parts: Body, _query: Mapping[str, str], _body: Body) -> tuple[int, Body | None]:
        return 200, self._shown(self._found(parts))

    def _patch_member(self, parts: Body, query: Mapping[str, str], body: Body) -> tuple[int, Body | None]:
        contact = self._found(parts)
        if "status" in body or "status_if_new" in body:
            raise self._violated(f"a status sent for {contact.email}")
        missing = self._missing({**contact.merge_fields, **body.get("merge_fields", {})})
        if missing and query.get("skip_merge_validation") != "true":
            raise Refusal(400, "Invalid Resource", "Your merge fields were invalid.", missing)
        self._set_fields(contact, body.get("merge_fields", {}))
        return 200, self._shown(contact)

    def _put_member(self, parts: Body, _query: Mapping[str, str], _body: Body) -> tuple[int, Body | None]:
        raise self._violated(f"PUT of the contact {parts['subscriber_hash']}")

    def _archive_member(self, parts: Body, _query: Mapping[str, str], _body: Body) -> tuple[int, Body | None]:
        contact = self._found(parts)
        if contact.status == "archived":
            raise Refusal(405, "Method Not Allowed", "This list member cannot be removed. Please contact support.")
        if contact.status != "transactional":
            raise self._violated(f"{contact.email} archived while {contact.status}")
        contact.status = "archived"
        return 204, None

    def _delete_member(self, parts: Body, _query: Mapping[str, str], _body: Body) -> tuple[int, Body | None]:
        contact = self._found(parts)
        if contact.status not in {"transactional", "archived"}:
            raise self._violated(f"the contact {contact.email} deleted for good while {contact.status}")
        del self.members[contact.email.lower()]
        self._hashes.clear()
        self.forgotten.add(contact.email.lower())
        return 204, None

    def _tag_member(self, parts: Body, _query: Mapping[str, str], body: Body) -> tuple[int, Body | None]:
        contact = self._found(parts)
        for tag in body["tags"]:
            if tag["status"] == "active":
                self._tag(contact, self._segment(tag["name"]), silent=body.get("is_syncing", False))
            else:
                contact.tags -= {held for held in contact.tags if held.casefold() == tag["name"].casefold()}
        return 204, None

    def _found(self, parts: Body) -> FakeContact:
        email = self._hashes.get(parts["subscriber_hash"], "")
        if email not in self.members or len(self._hashes) != len(self.members):
            self._hashes = {_hash(known): known for known in self.members}
            email = self._hashes.get(parts["subscriber_hash"], "")
        if email not in self.members:
            raise _not_found()
        return self.members[email]

    def _shown(self, contact: FakeContact) -> Body:
        named = {tag: self._segment(tag) for tag in sorted(contact.tags)}
        return {
            "id": _hash(contact.email),
            "email_address": contact.email,
            "status": contact.status,
            "merge_fields": {f["tag"]: contact.merge_fields.get(f["tag"], "") for f in self.merge_fields},
            "tags": [{"id": number, "name": tag} for tag, number in named.items()],
            "tags_count": len(named),
            "last_changed": contact.changed_at.isoformat() if contact.changed_at else "",
            "list_id": self.audience,
        }

    # Merge fields

    def _list_fields(self, _parts: Body, query: Mapping[str, str], _body: Body) -> tuple[int, Body | None]:
        start = int(query.get("offset", 0))
        shown = self.merge_fields[start : start + int(query.get("count", 10))]
        return 200, {"merge_fields": shown, "total_items": len(self.merge_fields)}

    def _add_field(self, _parts: Body, _query: Mapping[str, str], body: Body) -> tuple[int, Body | None]:
        tag = body.get("tag") or f"MERGE{len(self.merge_fields) + 1}"
        if not re.fullmatch(r"[A-Z0-9_]{1,10}", tag):
            raise Refusal(
                400, "Invalid Resource", "The resource submitted could not be validated.", [("tag", "Invalid")]
            )
        if any(known["tag"] == tag for known in self.merge_fields):
            raise Refusal(400, "Invalid Resource", f'A Merge Field with the tag "{tag}" already exists for this list.')
        if len(self.merge_fields) >= 30:
            raise Refusal(400, "Invalid Resource", "You have reached the maximum number of merge fields.")
        self.require_field(tag, kind=body["type"], required=body.get("required", False))
        return 200, self.merge_fields[-1]

    def _missing(self, given: Mapping[str, str]) -> list[tuple[str, str]]:
        required = [known["tag"] for known in self.merge_fields if known["required"]]
        return [(tag, "Please enter a value") for tag in required if not given.get(tag)]

    def _set_fields(self, contact: FakeContact, given: Mapping[str, str]) -> None:
        known = {merge_field["tag"] for merge_field in self.merge_fields}
        contact.merge_fields |= {tag: value for tag, value in given.items() if tag in known}  # others are passed over
        contact.changed_at = self.now()

    # Tags

    def _segment(self, tag: str) -> int:
        for number, name in self.segments.items():
            if name.casefold() == tag.casefold():
                return number
        number = 300_000 + next(self._ids)
        self.segments[number] = tag
        return number

    def _tag(self, contact: FakeContact, segment: int, *, silent: bool) -> bool:
        tag = self.segments[segment]
        if any(held.casefold() == tag.casefold() for held in contact.tags):
            return False
        contact.tags.add(tag)
        if not silent:
            self.automations.append((contact.email, tag))
        return True

    def _list_segments(self, _parts: Body, query: Mapping[str, str], _body: Body) -> tuple[int, Body | None]:
        for tag in sorted({tag for contact in self.members.values() for tag in contact.tags}):
            self._segment(tag)
        start = int(query.get("offset", 0))
        listed = [{"id": number, "name": name, "type": "static"} for number, name in self.segments.items()]
        shown = listed[start : start + int(query.get("count", 10))]
        return 200, {"segments": shown, "total_items": len(listed)}

    def _add_segment(self, _parts: Body, _query: Mapping[str, str], body: Body) -> tuple[int, Body | None]:
        if body.get("static_segment") is None:
            raise Refusal(400, "Invalid Resource", 'Must provide either an "options" field or a "static_segment" field')
        if any(name.casefold() == body["name"].casefold() for name in self.segments.values()):
            raise Refusal(400, "Bad Request", "Sorry, that tag already exists.")
        return 200, {"id": self._segment(body["name"]), "name": body["name"], "type": "static", "member_count": 0}

    def _change_segment(self, parts: Body, _query: Mapping[str, str], body: Body) -> tuple[int, Body | None]:
        segment, added, removed = (
            int(parts["segment_id"]),
            body.get("members_to_add", []),
            body.get("members_to_remove", []),
        )
        if segment not in self.segments:
            raise _not_found()
        if max(len(added), len(removed)) > 500:
            detail = "Maximum allowed member items exceeded, please provide at most 500 items."
            raise Refusal(400, "Invalid Resource", detail)
        _require_addresses([*added, *removed])
        held = [c for c in map(self.members.get, map(str.lower, added)) if c and c.status != "archived"]
        blocked = [contact.email for contact in held if contact.compliance]
        taken = [c for c in held if not c.compliance and self._tag(c, segment, silent=False)]
        freed = [c for c in map(self.members.get, map(str.lower, removed)) if c and self._untag(c, segment)]
        error = {"email_addresses": blocked, "error": "The contact is in a compliance state."}
        return 200, {
            "members_added": [self._shown(contact) for contact in taken],
            "members_removed": [self._shown(contact) for contact in freed],
            "errors": [error] if blocked else [],
            "total_added": len(taken),
            "total_removed": len(freed),
            "error_count": len(blocked),
        }

    def _untag(self, contact: FakeContact, segment: int) -> bool:
        held = {tag for tag in contact.tags if tag.casefold() == self.segments[segment].casefold()}
        contact.tags -= held
        return bool(held)

    # Batches

    def _add_batch(self, _parts: Body, _query: Mapping[str, str], body: Body) -> tuple[int, Body | None]:
        if len(body["operations"]) > 1000:
            raise Refusal(400, "Invalid Resource", "A batch takes at most 1000 operations.")
        return 200, self.batches.shown(self.batches.add(body["operations"]), self.url)

    def _batch(self, parts: Body, _query: Mapping[str, str], _body: Body) -> tuple[int, Body | None]:
        batch = self.batches.ask(parts["batch_id"])
        if batch is None:
            raise _not_found()
        return 200, self.batches.shown(batch, self.url)

    def _stop_batch(self, parts: Body, _query: Mapping[str, str], _body: Body) -> tuple[int, Body | None]:
        if not self.batches.stop(parts["batch_id"]):
            raise _not_found()
        return 204, None

    def _operate(self, operation: Body) -> Body:
        content = operation.get("body", "").encode()
        query = {name: str(value) for name, value in operation.get("params", {}).items()}
        try:
            status, body = self.route(operation["method"], operation["path"], query, content)
        except Refusal as refusal:
            status, body = refusal.status, refusal.body
        response = "" if body is None else json.dumps(body)
        return {"status_code": status, "operation_id": operation.get("operation_id"), "response": response}


_PROBLEM = {"Content-Type": "application/problem+json; charset=utf-8"}
_Handler = Callable[[FakeMailchimp, Body, Mapping[str, str], Body], tuple[int, Body | None]]
_HANDLERS: dict[tuple[str, str], _Handler] = {
    ("GET", "/lists"): FakeMailchimp._lists,
    ("GET", "/lists/{list_id}"): FakeMailchimp._list,
    ("POST", "/lists/{list_id}"): FakeMailchimp._add_members,
    ("GET", "/lists/{list_id}/members"): FakeMailchimp._list_members,
    ("GET", "/lists/{list_id}/members/{subscriber_hash}"): FakeMailchimp._member,
    ("PATCH", "/lists/{list_id}/members/{subscriber_hash}"): FakeMailchimp._patch_member,
    ("PUT", "/lists/{list_id}/members/{subscriber_hash}"): FakeMailchimp._put_member,
    ("DELETE", "/lists/{list_id}/members/{subscriber_hash}"): FakeMailchimp._archive_member,
    ("POST", "/lists/{list_id}/members/{subscriber_hash}/actions/delete-permanent"): FakeMailchimp._delete_member,
    ("POST", "/lists/{list_id}/members/{subscriber_hash}/tags"): FakeMailchimp._tag_member,
    ("GET", "/lists/{list_id}/merge-fields"): FakeMailchimp._list_fields,
    ("POST", "/lists/{list_id}/merge-fields"): FakeMailchimp._add_field,
    ("GET", "/lists/{list_id}/segments"): FakeMailchimp._list_segments,
    ("POST", "/lists/{list_id}/segments"): FakeMailchimp._add_segment,
    ("POST", "/lists/{list_id}/segments/{segment_id}"): FakeMailchimp._change_segment,
    ("POST", "/batches"): FakeMailchimp._add_batch,
    ("GET", "/batches/{batch_id}"): FakeMailchimp._batch,
    ("DELETE", "/batches/{batch_id}"): FakeMailchimp._stop_batch,
}


def _validated(method: str, template: str, content: bytes) -> Body:
    known = specification(SPECIFICATION)
    if not known.takes_body(method, template):
        return {}
    try:
        body: Body = json.loads(content)
    except ValueError:
        raise Refusal(400, "JSON Parse Error", "We encountered an unspecified JSON parsing error.") from None
    errors = known.errors(method, template, body)
    if errors:
        raise Refusal(400, "Invalid Resource", "The resource submitted could not be validated.", errors)
    return body


def _not_found() -> Refusal:
    return Refusal(404, "Resource Not Found", "The requested resource could not be found.")


def _require_addresses(addresses: Iterable[str]) -> None:
    if not all("@" in address for address in addresses):
        raise Refusal(400, "Invalid Resource", "Please provide a valid email address.")


@cache
def _hash(email: str) -> str:
    return hashlib.md5(email.lower().encode(), usedforsecurity=False).hexdigest()


def _only(value: Body, wanted: list[str]) -> Body:
    """The parts of `value` that `fields` names, with dots for what lies deeper."""
    kept: Body = {}
    for name, inner in value.items():
        deeper = [path.partition(".")[2] for path in wanted if path.partition(".")[0] == name]
        if not deeper:
            continue
        if "" in deeper:
            kept[name] = inner
        elif isinstance(inner, list):
            kept[name] = [_only(item, deeper) for item in inner]
        else:
            kept[name] = _only(inner, deeper)
    return kept
