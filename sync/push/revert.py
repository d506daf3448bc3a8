"""Decisions of an undo: how one item of one address goes back to what stood there before a run wrote."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace

import msgspec

from connector.destination import Destination, RemoteState
from connector.text import fold
from sync.push.step import GOING, Held, Step, doubted, spelling, standing, step, valued
from sync.push.summary import PlanSummary
from sync.push.target import CONTACT
from sync.push.work import Asked, Decide, Deciding, Decision, Found, Work

LATER = "later"
"""The cause of a change that a later run made obsolete."""


def reverting(undone: int) -> Deciding:
    """The decisions that take back run `undone`; the changes asked for are its own, turned round."""

    def deciding(_plan: PlanSummary, names: dict[str, str], _destination: Destination) -> Decide:
        def decide(work: Work, there: RemoteState) -> Decision:
            return Decision(work, there, tuple((a, _reverted(a, names, there, undone)) for a in work.asked))

        return decide

    return deciding


def _reverted(asked: Asked, names: dict[str, str], there: RemoteState, undone: int) -> Step:
    held, wrote = asked.held, asked.old
    found = msgspec.json.decode(asked.found or "{}", type=Found)
    kept = _kept(asked, there, undone)
    if kept:
        return kept
    if asked.item == CONTACT:
        return Step(found.held) if found.exists else step(CONTACT, "", None, held, there, undone)
    if asked.item.startswith("tag:"):
        return _tag(wrote, held, found, there)
    return _field(names.get(asked.item, ""), wrote, held, found, there)


def _kept(asked: Asked, there: RemoteState, undone: int) -> Step | None:
    """Why a change is not taken back, None where it is still as that run left it."""
    held, wrote = asked.held, asked.old
    if wrote is None and asked.cause == LATER:
        return Step(held, reason="A later run wrote it again.")
    if wrote is not None and held is None:
        return Step(None, reason="Nothing of it is left.")
    if wrote is not None and held and (held.run_id != undone or wrote not in {held.value, held.sending}):
        return Step(held, reason="Another run wrote it.")
    return None if there.exists else Step(None, reason="This address is not there any more.")


def _tag(wrote: str | None, held: Held | None, found: Found, there: RemoteState) -> Step:
    before, here = {fold(tag): tag for tag in found.tags}, standing(there)
    prior = _settled(found.held, before)
    ours = {fold(text) for text in prior.ours()} if prior else set()
    written = fold(wrote) if wrote else ""
    spelt = spelling(wrote, there) if wrote and written not in before else None
    goes = frozenset({spelt} if spelt else ())
    back = frozenset(tag for key, tag in before.items() if key in ours and key != written and key not in here)
    after = prior
    if held is None and prior and not back and any(key in here for key in ours):
        after = replace(prior, owned=False)  # somebody put it there again: it is theirs
    return Step(after, _ahead(held, prior, min(back, default=GOING)), add=back, remove=goes)


def _settled(prior: Held | None, before: Container[str]) -> Held | None:
    """The delivery that the run found; where it was in doubt since a push had died, what the run has seen of it.

    In doubt again, a tag that somebody else has put since would pass for the one that never came.
    """
    if prior is None or prior.sending is None:
        return prior
    came = [text for text in prior.ours() if fold(text) in before]
    if len(came) > 1:
        return prior
    if came:
        return Held(came[0], None, True, prior.before, prior.run_id)
    return None if prior.owned or prior.value is None else replace(prior, sending=None)


def _field(name: str, wrote: str | None, held: Held | None, found: Found, there: RemoteState) -> Step:
    prior, was, now = found.held, found.value, valued(there, name)
    ours = prior.ours() if prior else frozenset()
    put = wrote if wrote is not None else prior.before if prior and was in ours else was
    after = prior
    if prior and (prior.sending is not None or (was not in ours and was != prior.value)):
        after = Held(was, None, was in ours, prior.before, prior.run_id)
    if now in {was, put} and put == was:
        return Step(after)
    if now == put:
        return Step(after, _ahead(held, prior, was if was in ours and was else GOING), fields={name: was})
    return Step(after) if now == was else Step(held, reason="Somebody else changed it since.")


def _ahead(held: Held | None, prior: Held | None, sending: str) -> Held | None:
    """The delivery while it goes back: both texts may be ours."""
    if held is None:
        return Held(None, sending, False, prior.before, prior.run_id) if prior else None
    return replace(held, value=held.sending or held.value, owned=True, sending=sending) if sending else doubted(held)
