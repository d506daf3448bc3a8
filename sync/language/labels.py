"""What segments and stages are called."""

from __future__ import annotations

from typing import Any

from connector.catalogue import Audience
from connector.privacy.export import Label
from connector.settings import Settings
from sync.language.voice import Voice
from sync.shelf import Shelf, shelf
from sync.workspace import Workspace


def labels(settings: Settings) -> dict[str, Label]:
    """The labels of all segments, by their keys."""
    families = {family.key: family for family in shelf(settings).library.entries()}
    families |= {family.key: family for family in shelf(settings).families}
    return {
        family.segment_key(stage): {"fr": stage.label.of("fr"), "en": stage.label.of("en")}
        for family in families.values()
        for stage in family.stages
    }


def segment_labels(say: Voice, known: Shelf) -> dict[str, str]:
    """How each segment is called: with its family in front where several families are on, whose stages share names."""
    several = sum(not isinstance(family, Audience) for family in known.families) > 1
    return {
        key: f"{entry.label.of(say.language)} – {stage.label.of(say.language)}"
        if several and not isinstance(entry, Audience)
        else stage.label.of(say.language)
        for key, (entry, stage) in known.library.segments().items()
    }


def stage_labels(workspace: Workspace, say: Voice, family: str) -> dict[Any, str]:
    """How the stages of a family are called, by key; empty for one that there is no more."""
    shown = [entry for entry in shelf(workspace.settings).library.entries() if entry.key == family]
    return {
        entry.segment_key(stage).removeprefix(f"{family}."): stage.label.of(say.language)
        for entry in shown
        for stage in entry.stages
    }
