"""Decisions as values: what one item of one address needs, from what is wanted, delivered, and there now.

Whatever is about to be sent is written down first (`ahead`), so that after a crash, a refusal or a broken answer our
own text is known for ours. A text that stood there before us is accepted as it is and never removed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from connector.destination import RemoteChange, RemoteState
from connector.records import ConsentState
from connector.text import fold
from sync.push.target import CONTACT

GOING = ""
"""The text on its way where something is being removed."""

OPEN = frozenset({ConsentState.SUBSCRIBED, ConsentState.PENDING})
"""Consents that make a contact worth keeping, whoever created it."""


@dataclass(frozen=True, slots=True)
class Held:
    """A row of `deliveries`, without its key."""

    value: str | None
    sending: str | None
    owned: bool
    before: str | None
    run_id: int

    def ours(self) -> frozenset[str]:
        """The texts that are ours wherever they stand at the destination."""
        return frozenset(text for text in (self.value if self.owned else None, self.sending) if text)


@dataclass(frozen=True, slots=True)
class Step:
    """What to write for one item (nothing where it is so already), its delivery meanwhile and once accepted."""

    after: Held | None
    ahead: Held | None = None
    add: frozenset[str] = frozenset()
    remove: frozenset[str] = frozenset()
    fields: Mapping[str, str | None] = field(default_factory=dict)
    create: bool = False
    archive: bool = False
    reason: str = ""

    @property
    def writes(self) -> bool:
        """Whether anything has to be sent."""
        return bool(self.add or self.remove or self.fields or self.create or self.archive)


def combined(address: str, steps: list[Step], days: frozenset[str] = frozenset()) -> RemoteChange | None:
    """The one change that an address needs for all its items, None where it needs none; `days` are fields of a day."""
    if not any(step.writes for step in steps):
        return None
    return RemoteChange(
        address,
        add=frozenset().union(*(step.add for step in steps)),
        remove=frozenset().union(*(step.remove for step in steps)),
        fields={name: value for step in steps for name, value in step.fields.items()},
        days=days,
        create=any(step.create for step in steps),
        archive=any(step.archive for step in steps),
    )


def step(item: str, text: str, want: str | None, held: Held | None, there: RemoteState, run_id: int) -> Step:
    """How `item` becomes `want`; `text` is the field's name where the item is a field."""
    if item == CONTACT:
        return _contact(want, held, there, run_id)
    if item.startswith("tag:"):
        return _tag(want, held, there, run_id)
    return _field(text, want, held, there, run_id)


def doubted(held: Held | None) -> Held | None:
    """The delivery while it is being taken away: it may be gone, so that it is looked at again if we stop here."""
    return replace(held, sending=GOING) if held and held.sending is None else held


def standing(there: RemoteState) -> dict[str, str]:
    """The tags there, each as it is spelt there, by what makes two tags the same."""
    return {fold(tag): tag for tag in there.tags}


def spelling(text: str, there: RemoteState) -> str | None:
    """How a tag of ours is spelt there: as we wrote it, even where another stands beside it that looks the same."""
    return text if text in there.tags else standing(there).get(fold(text))


def valued(there: RemoteState, name: str) -> str | None:
    """The value of a field there; an empty one is none."""
    return there.fields.get(name) or None


def _tag(want: str | None, held: Held | None, there: RemoteState, run_id: int) -> Step:
    texts = held.ours() if held else frozenset()
    ours, here = {fold(text) for text in texts}, standing(there)
    spelt = {fold(text): spelling(text, there) for text in texts}
    goes = frozenset(tag for key, tag in spelt.items() if tag is not None and (want is None or key != fold(want)))
    if want is None:
        return Step(None, doubted(held), remove=goes)
    if fold(want) in here:
        owned = fold(want) in ours
        after = Held(want, None, owned, None, held.run_id if held and owned else run_id)
        return Step(after, doubted(held), remove=goes)
    left = min(goes, default=held.value if held and not held.owned else None)
    ahead = Held(left, want, bool(goes), None, run_id)
    return Step(Held(want, None, True, None, run_id), ahead, add=frozenset({want}), remove=goes)


def _field(name: str, want: str | None, held: Held | None, there: RemoteState, run_id: int) -> Step:
    """The last writer of a field wins: a value that somebody else set since is replaced, but never removed."""
    ours = held.ours() if held else frozenset()
    now = valued(there, name)
    if want is None:
        back = {name: held.before} if held and now in ours else {}
        return Step(None, doubted(held), fields=back)
    before = held.before if held else now
    if now == want:
        owned = want in ours
        return Step(Held(want, None, owned, before, held.run_id if held and owned else run_id))
    left = now if now in ours else held.value if held and not held.owned else None
    ahead = Held(left, want, now in ours, before, run_id)
    return Step(Held(want, None, True, before, run_id), ahead, fields={name: want})


def _contact(want: str | None, held: Held | None, there: RemoteState, run_id: int) -> Step:
    if want is not None:
        ours = (
            replace(held, run_id=held.run_id if there.exists else run_id)
            if held
            else Held(None, want, False, None, run_id)
        )
        return Step(Held(want, None, True, None, ours.run_id), ours, create=not there.exists)
    if there.exists and there.consent in OPEN:
        return Step(None, reason="This contact has subscribed since; it stays.")
    return Step(None, doubted(held), archive=there.exists)
