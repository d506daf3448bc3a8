"""What a destination is to receive: which segments, under which texts, for whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import Connection, exists, select

from connector.destination import Automations, Kind
from connector.errors import SettingsError
from connector.holdout import HeldOut
from connector.models import Delivery, DestinationRow, Label, Segment
from connector.tables import table
from connector.text import fold

CONTACT = "contact"
"""The item of a delivery that says: this contact was created by us."""

Told = Literal["tag", "field", "previous", "day", "score"]
"""What an item tells of a person: a segment, the stage, the stage before it, the day of the change, or scores."""

DAY = "day:"
"""How the key of an item begins that holds a day."""

CONTACT_AFTER = "contact_after"
"""What stands for a family where a field tells from which day on a person may be written to."""

SCORES = "rfm_scores"
"""What stands for a family where a field tells the scores of a person."""

GIVEN: Mapping[str, tuple[Told, str]] = {CONTACT_AFTER: ("day", "send"), SCORES: ("score", "calibration")}
"""Fields that are no family's: what they tell, and the cause of their changes."""

_destinations, _labels = table(DestinationRow), table(Label)
_deliveries, _segments = table(Delivery), table(Segment)


@dataclass(frozen=True, slots=True)
class FieldTexts:
    """The name of a family's field at the tool, and the value of each of its segments.

    `previous` and `day` name the fields of the stage before and of the day since when the present one holds.
    """

    name: str | None
    values: Mapping[str, str]  # segment key → value
    previous: str | None = None
    day: str | None = None

    @property
    def names(self) -> dict[Told, str]:
        """The fields that are asked for, by what they tell."""
        said: dict[Told, str | None] = {"field": self.name, "previous": self.previous, "day": self.day}
        return {told: name for told, name in said.items() if name is not None}


@dataclass(frozen=True, slots=True)
class GivenField:
    """The name of a field that is no family's, and what it holds of each person."""

    name: str
    values: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Target:
    """A destination of the settings. Texts of `incomplete` families belong in it too: they stay as delivered."""

    key: str  # its name in the settings
    platform: str
    reach: Literal["account", "email"]
    store_id: int | None = None  # whose accounts, where reach is "account"
    tags: Mapping[str, str] = field(default_factory=dict)  # segment key → tag
    fields: Mapping[str, FieldTexts] = field(default_factory=dict)  # family → field
    given: Mapping[str, GivenField] = field(default_factory=dict)  # by what stands for their family in GIVEN
    contacts: Literal["existing", "all"] = "existing"
    exclude: tuple[str, ...] = ()  # people of these segments receive nothing
    holdout: Mapping[str, HeldOut] = field(default_factory=dict)  # segment key → the share that receives nothing of it
    never: frozenset[int] = frozenset()  # nor do these, who objected
    approve: Literal["auto", "always"] = "auto"
    incomplete: Mapping[str, str] = field(default_factory=dict)  # family (or one of GIVEN) → why it is not pushed
    automations: Mapping[Kind, Automations] = field(default_factory=dict)  # what may start at the destination


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that can be delivered: a tag, or a field with a value for each segment of its family."""

    tells: Told
    key: str  # tag:spread.loyal, field:spread
    family: str
    text: str  # the tag, or the field's name
    values: Mapping[str, str]  # segment key → what is written for its people; of a day: as it is
    segments: Mapping[str, int]  # segment key → id
    labels: Mapping[str, str]  # what is frozen with the first delivery


def registered(connection: Connection, target: Target) -> int:
    """The id of the target's row, which is made where there is none yet."""
    found = connection.scalar(select(_destinations.c.id).where(_destinations.c.key == target.key))
    if found is None:
        row = {"key": target.key, "platform": target.platform, "held": False}
        made = connection.execute(_destinations.insert(), row).inserted_primary_key
        assert made is not None
        found = made[0]
    return int(found)


def frozen(connection: Connection, destination_id: int) -> dict[str, str]:
    """The texts under which something is, or may be, delivered."""
    rows = connection.execute(
        select(_labels.c.key, _labels.c.text).where(_labels.c.destination_id == destination_id)
    ).all()
    held = {item: _delivered(connection, destination_id, item) for item in {row.key.split("=")[0] for row in rows}}
    return {row.key: row.text for row in rows if held[row.key.split("=")[0]]}


def items(connection: Connection, target: Target, labels: Mapping[str, str]) -> list[Item]:
    """What the target receives, under the texts of `labels` where they stand there, else of the settings.

    SettingsError where a segment has not been worked out, and where two entries would carry one text.
    """
    ids = _segment_ids(connection, target)
    found = []
    for segment in sorted(target.tags):
        number, family = ids[segment]
        text = labels.get(f"tag:{segment}", target.tags[segment])
        values, segments = {segment: text}, {segment: number}
        found.append(Item("tag", f"tag:{segment}", family, text, values, segments, {f"tag:{segment}": text}))
    for family, texts in sorted(target.fields.items()):
        found += [_field(told, name, family, texts, ids, labels) for told, name in texts.names.items()]
    for family, given in sorted(target.given.items()):
        told, key = GIVEN[family][0], given_key(family)
        name = labels.get(key, given.name)
        found.append(Item(told, key, family, name, {}, {}, {key: name}))
    _refuse_collisions(target, found, labels)
    return found


def relabelled(target: Target, labels: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Texts that the settings changed since they were delivered: label key → (delivered, settings)."""
    wanted = {f"tag:{segment}": text for segment, text in target.tags.items()}
    for family, texts in target.fields.items():
        for told, name in texts.names.items():
            wanted |= {f"{told}:{family}": name} | _labelled(told, family, texts)
    wanted |= {given_key(family): given.name for family, given in target.given.items()}
    return {key: (labels[key], text) for key, text in wanted.items() if labels.get(key, text) != text}


def given_key(family: str) -> str:
    """The key of the item of a field that is no family's: day:contact_after, score:rfm_scores."""
    return f"{GIVEN[family][0]}:{family}"


def _field(
    told: Told,
    wanted: str,
    family: str,
    texts: FieldTexts,
    ids: Mapping[str, tuple[int, str]],
    labels: Mapping[str, str],
) -> Item:
    key = f"{told}:{family}"
    name = labels.get(key, wanted)
    shared = {label: labels.get(label, value) for label, value in _labelled(told, family, texts).items()}
    values = {label.split("=")[1]: value for label, value in shared.items()}
    segments = {segment: ids[segment][0] for segment in texts.values}
    return Item(told, key, family, name, values, segments, {key: name} | shared)


def _labelled(told: Told, family: str, texts: FieldTexts) -> dict[str, str]:
    """The values of a family's field under the keys by which they are frozen; a day has none."""
    return {} if told == "day" else {f"{told}:{family}={segment}": value for segment, value in texts.values.items()}


def _segment_ids(connection: Connection, target: Target) -> dict[str, tuple[int, str]]:
    keys = set(target.tags) | {segment for texts in target.fields.values() for segment in texts.values}
    keys |= set(target.exclude)
    rows = connection.execute(
        select(_segments.c.key, _segments.c.id, _segments.c.family).where(_segments.c.active, _segments.c.key.in_(keys))
    )
    found = {row.key: (row.id, row.family) for row in rows}
    if missing := sorted(keys - set(found)):
        raise SettingsError(
            f"Destination {target.key!r} names {', '.join(missing)}, which has not been worked out.",
            remedy="Run `connector recompute` first, or take it out of the destination's settings.",
        )
    return found


def _refuse_collisions(target: Target, found: list[Item], labels: Mapping[str, str]) -> None:
    """Refuse two entries under one text; what is no longer asked for keeps its text until it is gone."""
    taken: dict[str, str] = {}
    entries: list[tuple[str, str, str]] = [(kind_of(item.key), item.key, item.text) for item in found]
    entries += [
        (item.key, label, value)
        for item in found
        for label, value in item.labels.items()
        if label.startswith(f"{item.key}=")
    ]
    entries += [
        (kind_of(key), key, text)
        for key, text in labels.items()
        if "=" not in key and key not in {item.key for item in found}
    ]
    for group, key, text in entries:
        if not text.strip() or (group == "tag" and "," in text):
            raise SettingsError(
                f"{text!r} cannot be the text of {key} at destination {target.key!r}.",
                remedy="Write a text without commas.",
            )
        other = taken.setdefault(f"{group}\n{fold(text)}", key)
        if other != key:
            raise SettingsError(
                f"{other} and {key} would both be {text!r} at destination {target.key!r}.",
                remedy="Give one of them another text; one that is being taken out must be pushed away first.",
            )


def kind_of(key: str) -> Kind:
    """What an item is written as."""
    return "tag" if key.startswith("tag:") else "field"


def _delivered(connection: Connection, destination_id: int, item: str) -> bool:
    rows = exists().where(_deliveries.c.destination_id == destination_id, _deliveries.c.item == item)
    return bool(connection.execute(select(rows)).scalar())
