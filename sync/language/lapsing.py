"""What the day's recompute found of those who are about to go, in one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector.catalogue import Family
from connector.judging.kept import Kept
from sync.language.voice import Voice


def told(say: Voice, kept: Kept, family: Family) -> str | None:
    """Who has to be won back soon unless they buy, and what is at stake; None where that is nobody, or not known."""
    found = kept.found.get("lapsing", {}).get(family.key)
    if not found or not found["people"]:
        return None
    alone, spent = found["people"] == 1, found["spent"]
    who = say.text(
        "Sans nouvel achat, {people} {will} à l'étape {names} d'ici au {day}",
        "Unless they buy again, {people} will be {names} by {day}",
        people=say.people(found["people"]),
        will="sera" if alone else "seront",
        names=names(say, family, found),
        day=say.day(found["until"], "long"),
    )
    if spent["minor"] <= 0:
        return f"{who}."
    return who + say.text(
        " ; en un an, {they} pour {amount}.",
        "; they bought for {amount} in the past year.",
        they="elle a acheté" if alone else "elles ont acheté",
        amount=say.rough(spent["minor"], spent["currency"]),
    )


def names(say: Voice, family: Family, found: Mapping[str, Any]) -> str:
    """What they will be in, in words: the stages of people to win back, by their labels in quotes."""
    labels = {family.segment_key(stage): stage.label.of(say.language) for stage in family.stages}
    quoted = (say.text("«\u00a0{label}\u00a0»", "“{label}”", label=labels[key]) for key in found["to"] if key in labels)
    return say.text(" ou ", " or ").join(quoted)
