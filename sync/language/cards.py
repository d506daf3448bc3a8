"""Health cards in words: what was found by each criterion, and what there is to do with a segment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector.catalogue import Library
from connector.judging.health import Action
from sync.language.voice import Voice
from sync.shelf import Shelf
from sync.workspace import Workspace

CRITERIA: Mapping[str, tuple[str, str]] = {
    "identifiable": ("identifiable", "identifiable"),
    "substantial": ("substantiel", "substantial"),
    "accessible": ("accessible", "accessible"),
    "stable": ("stable", "stable"),
    "differentiable": ("différentiable", "differentiable"),
    "actionable": ("actionnable", "actionable"),
}


def actions(workspace: Workspace, known: Shelf) -> dict[str, Action]:
    """What there is to do with each segment, by the catalogue and the destinations of the settings."""
    library = known.library
    pushed = {
        name: {entry.key for key in chosen.push for entry in library.named(key)}
        for name, chosen in workspace.settings.destinations.items()
    }
    return {
        key: Action(
            objective=found.key if (found := library.objective(key)) else None,
            playbook=next((play.key for play in library.playbook(key)), None),
            destinations=tuple(name for name, keys in pushed.items() if family.key in keys),
        )
        for family in known.families
        for key in map(family.segment_key, family.stages)
    }


def told_card(say: Voice, card: Mapping[str, Any], labels: Mapping[str, str], library: Library) -> dict[str, str]:
    """What was found by each criterion, in a few words."""
    told = _told_fr if say.language == "fr" else _told_en
    today_only = "connu pour aujourd'hui seulement" if say.language == "fr" else "known of today only"
    past = {name: today_only for name in CRITERIA if card[name].get("reason") == "today_only"}
    if past:
        past["substantial"] = f"{say.people(card['substantial']['people'])} ({today_only})"
    return told(say, card, labels, _names(say, card["actionable"], library)) | past


def _told_fr(
    say: Voice, card: Mapping[str, Any], labels: Mapping[str, str], names: tuple[str, str, str]
) -> dict[str, str]:
    size, reach, calm = card["substantial"], card["accessible"], card["stable"]
    near, (aim, idea, places) = card["differentiable"], names
    return {
        "identifiable": f"{say.percent(card['identifiable']['share'])} des personnes ont tout ce que lit la règle",
        "substantial": f"{say.people(size['people'])}, {_money(say, size['revenue'])}",
        "accessible": "aucun consentement n'est connu"
        if reach["share"] is None
        else f"{say.percent(reach['share'])} joignables avec leur accord "
        f"(e-mail {say.number(reach['email'])}, SMS {say.number(reach['sms'])})",
        "stable": f"même définition sur {say.count(calm['days'], 'jour', 'jours')} ; "
        f"chaque semaine {say.percent(calm['weekly_churn'])} entrent ou sortent ; "
        f"{say.percent(calm['flapping'])} font des allers-retours",
        "differentiable": "aucun autre segment à comparer"
        if near["nearest"] is None
        else f"le plus proche est {labels[near['nearest']]} : {say.percent(near['overlap'])} de personnes communes, "
        f"{say.percent(near['distance'])} d'écart de comportement",
        "actionable": f"objectif : {aim} ; idée : {idea} ; envoyé à : {places}",
    }


def _told_en(
    say: Voice, card: Mapping[str, Any], labels: Mapping[str, str], names: tuple[str, str, str]
) -> dict[str, str]:
    size, reach, calm = card["substantial"], card["accessible"], card["stable"]
    near, (aim, idea, places) = card["differentiable"], names
    return {
        "identifiable": f"{say.percent(card['identifiable']['share'])} of people have all that the rule reads",
        "substantial": f"{say.people(size['people'])}, {_money(say, size['revenue'])}",
        "accessible": "no consent is known"
        if reach["share"] is None
        else f"{say.percent(reach['share'])} can be reached and agreed "
        f"(e-mail {say.number(reach['email'])}, SMS {say.number(reach['sms'])})",
        "stable": f"the same definition for {say.count(calm['days'], 'day', 'days')}; "
        f"{say.percent(calm['weekly_churn'])} come or go in a week; {say.percent(calm['flapping'])} go to and fro",
        "differentiable": "no other segment to compare with"
        if near["nearest"] is None
        else f"the nearest is {labels[near['nearest']]}: {say.percent(near['overlap'])} of people in common, "
        f"{say.percent(near['distance'])} apart in behaviour",
        "actionable": f"objective: {aim}; idea: {idea}; sent to: {places}",
    }


def _money(say: Voice, amount: Mapping[str, Any] | None) -> str:
    return "–" if amount is None else say.money(**amount)


def _names(say: Voice, action: Mapping[str, Any], library: Library) -> tuple[str, str, str]:
    """An objective, an idea and destinations as they are called; dashes where there are none."""
    aim, idea = action["objective"], action["playbook"]
    return (
        library.objectives[aim].label.of(say.language) if aim else "–",
        library.playbooks[idea].title.of(say.language) if idea else "–",
        ", ".join(action["destinations"]) or "–",
    )
