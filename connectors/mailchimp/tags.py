"""Tags, by the two ways that Mailchimp has.

A tag is a static segment. Segments take five hundred contacts a request, but start the automations that wait for the
tag. Only the tags of a single contact can be changed with `is_syncing`, on which no automation starts; of those
requests a batch takes a thousand (specification 3.0.55: `is_syncing` is in no body of a segment).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from connector.destination import Outcome, RemoteChange, Result
from connector.text import fold
from connectors.http import HTTPError
from connectors.mailchimp import contact
from connectors.mailchimp.account import Operation, chunks, refusal
from connectors.mailchimp.audience import Audience

PER_SEGMENT = 500
SEVERITY = (Result.ACCEPTED, Result.REFUSED, Result.RETRY)  # what is to be tried again must not end as refused


@dataclass(frozen=True, slots=True)
class Step:
    """One tag that one contact is to have, or to have no more."""

    address: str
    tag: str
    wanted: bool


class Segments:
    """The static segments of an audience, by the tag that each one is."""

    def __init__(self, audience: Audience) -> None:
        self.audience = audience
        self._found = self._listed()

    def spelling(self, tag: str) -> str | None:
        """How the audience spells the tag, None where it has none."""
        found = self._segment(tag)
        return str(found["name"]) if found else None

    def path(self, tag: str) -> str:
        """The path of the tag's segment, which is created where there is none."""
        found = self._segment(tag) or self._created(tag)
        return f"{self.audience.path}/segments/{found['id']}"

    def _segment(self, tag: str) -> Any:  # noqa: ANN401 - what JSON holds
        """The segment of a tag: of several that we hold for the same, the one that is spelt so."""
        alike = self._found.get(fold(tag), [])
        return next((found for found in alike if found["name"] == tag), alike[0] if alike else None)

    def _created(self, tag: str) -> Any:  # noqa: ANN401 - what JSON holds
        try:
            return self.audience.account.post(f"{self.audience.path}/segments", {"name": tag, "static_segment": []})
        except HTTPError:  # it may be there by now: made by others, or by us in a request whose answer was lost
            self._found = self._listed()
            found = self._segment(tag)
            if found is None:
                raise
            return found

    def _listed(self) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        path = f"{self.audience.path}/segments"
        for segment in self.audience.account.pages(path, "segments", "id,name", type="static"):
            found.setdefault(fold(segment["name"]), []).append(segment)
        return found


def set_silently(audience: Audience, changes: Sequence[RemoteChange]) -> Iterator[Outcome]:
    """Change tags contact by contact, so that no automation starts."""
    segments = Segments(audience)
    operations = []
    for change in changes:
        steps = [step for step in _steps(change) if step.wanted or segments.spelling(step.tag)]
        tags = [
            {"name": segments.spelling(step.tag) or step.tag, "status": "active" if step.wanted else "inactive"}
            for step in steps
        ]
        if tags:
            path = f"{audience.contact(change.address)}/tags"
            operations.append(Operation(change.address, "POST", path, body={"tags": tags, "is_syncing": True}))
        else:
            yield Outcome(change.address, Result.ACCEPTED)
    yield from (answer.outcome for answer in audience.account.perform(operations))


def set_by_segment(audience: Audience, changes: Sequence[RemoteChange]) -> Iterator[Outcome]:
    """Change tags segment by segment; automations that wait for a tag start."""
    steps = [step for change in changes for step in _steps(change)]
    tally = _Tally(steps)
    doubtful: dict[Step, str] = {}
    for step, reason in _moved(Segments(audience), steps):
        if reason is None:
            yield from tally.end(Outcome(step.address, Result.ACCEPTED))
        else:
            doubtful[step] = reason
    for outcome in _looked_at(audience, doubtful):
        yield from tally.end(outcome)


def _steps(change: RemoteChange) -> list[Step]:
    removed = [Step(change.address, tag, wanted=False) for tag in sorted(change.remove)]
    return removed + [Step(change.address, tag, wanted=True) for tag in sorted(change.add)]


class _Tally:
    """The outcome of an address once all its steps have ended: the worst of theirs."""

    def __init__(self, steps: Sequence[Step]) -> None:
        self._open = Counter(step.address for step in steps)
        self._worst: dict[str, Outcome] = {}

    def end(self, outcome: Outcome) -> Iterator[Outcome]:
        worst = max(self._worst.get(outcome.address, outcome), outcome, key=lambda one: SEVERITY.index(one.result))
        self._worst[outcome.address] = worst
        self._open[outcome.address] -= 1
        if not self._open[outcome.address]:
            yield worst


def _moved(segments: Segments, steps: Sequence[Step]) -> Iterator[tuple[Step, str | None]]:
    """Each step with None where Mailchimp confirmed it, else with its reason, empty where it gave none."""
    by_tag: dict[str, list[Step]] = {}
    for step in steps:
        by_tag.setdefault(fold(step.tag), []).append(step)
    for some in by_tag.values():
        adding = [step for step in some if step.wanted]
        removing = [step for step in some if not step.wanted]
        if not adding and segments.spelling(removing[0].tag) is None:
            yield from ((step, None) for step in removing)  # nobody can have a tag that does not exist
            continue
        path = segments.path(some[0].tag)
        for added, removed in zip_longest(chunks(adding, PER_SEGMENT), chunks(removing, PER_SEGMENT), fillvalue=()):
            yield from _sent(segments.audience, path, [*added, *removed])


def _sent(audience: Audience, path: str, steps: Sequence[Step]) -> Iterator[tuple[Step, str | None]]:
    """Send steps of one segment; where one address makes Mailchimp refuse them all, halve them until it is found."""
    body = {
        "members_to_add": [contact.normal(step.address) for step in steps if step.wanted],
        "members_to_remove": [contact.normal(step.address) for step in steps if not step.wanted],
    }
    try:
        answer = audience.account.post(path, body)
    except HTTPError as error:
        if error.status != 400:
            raise
        if len(steps) == 1:
            yield steps[0], refusal(error)
            return
        yield from _sent(audience, path, steps[: len(steps) // 2])
        yield from _sent(audience, path, steps[len(steps) // 2 :])
    else:
        confirmed = {
            contact.normal(member["email_address"])
            for member in [*(answer.get("members_added") or ()), *(answer.get("members_removed") or ())]
        }
        reasons = {
            contact.normal(address): str(error.get("error", ""))
            for error in answer.get("errors") or ()
            for address in error.get("email_addresses") or ()
        }
        for step in steps:
            address = contact.normal(step.address)
            yield step, None if address in confirmed else reasons.get(address, "")


def _looked_at(audience: Audience, doubtful: dict[Step, str]) -> Iterator[Outcome]:
    """What became of steps that Mailchimp did not confirm: addresses that it does not know, it passes over silently."""
    found = dict(audience.look_up(sorted({step.address for step in doubtful})))
    for step, reason in doubtful.items():
        state = contact.state(step.address, found[step.address])
        has = fold(step.tag) in map(fold, state.tags)
        if has is step.wanted:
            yield Outcome(step.address, Result.ACCEPTED)
        elif not state.exists:
            yield Outcome(step.address, Result.REFUSED, contact.UNKNOWN)
        elif reason or audience.archived(step.address):
            yield Outcome(step.address, Result.REFUSED, reason or contact.PUT_AWAY)
        else:
            yield Outcome(step.address, Result.RETRY, "Mailchimp did not confirm the tag.")
