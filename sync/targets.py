"""What the settings mean for a destination: which segments go there, under which texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches

from sqlalchemy import Connection

from connector.answers.reports import incomplete as history_lacking
from connector.catalogue import Family, check_tags
from connector.days import day_date
from connector.destination import Destination
from connector.errors import SettingsError
from connector.history.scores import scores
from connector.holdout import shares
from connector.pressure import days, known
from connector.privacy.objections import objecting
from connector.settings import DestinationSettings, Settings
from connector.stores import open_store
from sync.push import CONTACT_AFTER, SCORES, FieldTexts, GivenField, Target
from sync.shelf import Shelf

CONTACT_FIELDS = {"mailchimp": "CONTACT_OK", "woocommerce": "lc_contact_ok_after"}
"""The name of the field that says from which day on a person may be written to."""

SCORE_FIELDS = {"mailchimp": "RFM_SCORES", "woocommerce": "lc_rfm_scores"}
"""The name of the field that holds recency, frequency and money, each from 1 to 5: 543."""


def target(
    connection: Connection,
    settings: Settings,
    key: str,
    shelf: Shelf,
    destination: Destination,
    incomplete: Mapping[str, str],
) -> Target:
    """The target called `key`; SettingsError where it names what there is not, or two segments share a text."""
    chosen = settings.destinations[key]
    families = pushed(settings, key, shelf)
    kinds = chosen.write or destination.kinds[:1]
    if unfit := set(kinds) - set(destination.kinds):
        raise SettingsError(
            f"Destination {key!r} cannot write {min(unfit)}s.", remedy=f"It writes: {', '.join(destination.kinds)}."
        )
    tags = _tags(settings, families) if "tag" in kinds else {}
    check_tags(tags)
    return Target(
        key=key,
        platform=destination.platform,
        reach=destination.reach,
        store_id=_store_id(connection, key, chosen) if destination.reach == "account" else None,
        tags=tags,
        fields=_fields(settings, chosen, destination.platform, families) if "field" in kinds else {},
        contacts=chosen.contacts,
        exclude=chosen.exclude,
        holdout=shares(connection, chosen.holdout),
        never=objecting(connection),
        approve=chosen.approve,
        incomplete={family.key: incomplete[family.key] for family in families if family.key in incomplete},
        automations=destination.automations,
    )


def pushed(settings: Settings, key: str, shelf: Shelf) -> list[Family]:
    """What a destination pushes; SettingsError where it names, here or elsewhere, what there is not, or is not on."""
    chosen = settings.destinations[key]
    found = [entry for name in chosen.push for entry in _pushed(key, name, shelf)]
    for segment in chosen.exclude:
        _held(key, f"excludes {segment!r}", shelf.library.segment(segment)[0], shelf)
    known = [family.segment_key(stage) for family in found for stage in family.stages]
    if unknown := sorted(chosen.holdout.keys() - set(known)):
        raise SettingsError(
            f"Destination {key!r} holds people out of {unknown[0]}, which it does not push.",
            remedy=f"Use one of: {', '.join(known)}.",
        )
    return found


def told_of(settings: Settings, shelf: Shelf, family: str) -> list[str]:
    """The destinations that are told who is in a family: named as it is, or as the audience that it is a value of."""
    known = {entry.key for entry in shelf.library.entries()}

    def means(name: str) -> bool:
        return name == family or (name in known and any(one.key == family for one in shelf.library.named(name)))

    return [key for key, one in settings.destinations.items() if any(means(name) for name in one.push)]


def with_given(connection: Connection, settings: Settings, aim: Target, shelf: Shelf, as_of: int) -> Target:
    """The target with the fields that are no family's, where its settings ask for them."""
    asked, given, lacking = settings.destinations[aim.key].fields, dict(aim.given), dict(aim.incomplete)
    if not aim.fields:
        return aim
    if "contact_ok_after" in asked and aim.platform in CONTACT_FIELDS:
        seen = known(connection, as_of)
        found = () if seen.reason else days(connection, shelf.library, as_of)
        texts = {person: day_date(day).isoformat() for person, day in found}
        given[CONTACT_AFTER] = GivenField(CONTACT_FIELDS[aim.platform], texts)
        if seen.reason is not None:  # what was written stays until messages are known again
            lacking[CONTACT_AFTER] = seen.why(settings.language)
    if "scores" in asked and aim.platform in SCORE_FIELDS:
        given[SCORES] = GivenField(SCORE_FIELDS[aim.platform], scores(connection, as_of))
        for reason in history_lacking(connection, [shelf.library.ready("rfm")], as_of, settings.language).values():
            lacking[SCORES] = reason
    return replace(aim, given=given, incomplete=lacking)


def _pushed(key: str, name: str, shelf: Shelf) -> list[Family]:
    """What a name of a destination's list means, as it is in force; SettingsError where it is not."""
    says, known = f"pushes {name!r}", [family.key for family in shelf.families]
    if name not in {entry.key for entry in shelf.library.entries()}:
        near = get_close_matches(name, known, 1, 0.5)
        meant = f"Did you mean {near[0]}? " if near else ""
        raise SettingsError(
            f"Destination {key!r} {says}, which is not switched on.", remedy=f"{meant}Use one of: {', '.join(known)}."
        )
    return [_held(key, says, entry, shelf) for entry in shelf.library.named(name)]


def _held(key: str, says: str, entry: Family, shelf: Shelf) -> Family:
    """An entry as it is in force; SettingsError where it is off, or cannot be worked out."""
    for family in shelf.families:
        if family.key == entry.key:
            return family
    obstacle = shelf.library.obstacle(entry)
    if obstacle is not None:
        given = ", ".join(f"{name} = …" for name in entry.missing)
        remedy = f"Set it in segments.toml: [{entry.place}] parameters = {{ {given} }}"
        raise SettingsError(
            f"Destination {key!r} {says}, which cannot be worked out ({obstacle}).",
            remedy=remedy if given else f"Take {entry.key} out of the destination's settings.",
        )
    known = ", ".join(family.key for family in shelf.families)
    raise SettingsError(
        f"Destination {key!r} {says}, which is not switched on.",
        remedy=f"Switch it on in segments.toml: [{entry.place}] on = true. Switched on are: {known}.",
    )


def _store_id(connection: Connection, key: str, chosen: DestinationSettings) -> int:
    store = open_store(connection, chosen.store or "")
    if store is None:
        raise SettingsError(
            f"Destination {key!r} writes to the accounts of a shop that was never read.",
            remedy="Name the shop with `store = …`, and pull it first.",
        )
    return store.id


def _tags(settings: Settings, families: list[Family]) -> dict[str, str]:
    return {
        family.segment_key(stage): stage.tag.of(settings.language) for family in families for stage in family.stages
    }


def _fields(
    settings: Settings, chosen: DestinationSettings, platform: str, families: list[Family]
) -> dict[str, FieldTexts]:
    return {
        family.key: _texts(settings, chosen, family, *_names(platform, family.fields[platform]))
        for family in families
        if platform in family.fields
    }


def _texts(settings: Settings, chosen: DestinationSettings, family: Family, *names: str) -> FieldTexts:
    """A family's fields; an audience is a family of one stage, before which there is none."""
    stage, previous, day = names
    return FieldTexts(
        stage if "stage" in chosen.fields else None,
        {family.segment_key(one): one.label.of(settings.language) for one in family.stages},
        previous if "previous" in chosen.fields and len(family.stages) > 1 else None,
        day if "day" in chosen.fields and len(family.stages) > 1 else None,
    )


def _names(platform: str, name: str) -> tuple[str, str, str]:
    """The names of a family's fields: of the stage, of the one before, and of the day of the change."""
    if platform == "mailchimp":  # which takes ten characters
        return name, f"{name[:6]}_WAS", f"{name[:6]}_DAY"
    return name, f"{name}_previous", f"{name}_since"
