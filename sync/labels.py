"""The labels of segments, in both languages."""

from __future__ import annotations

from connector.privacy.export import Label
from connector.settings import Settings
from sync.shelf import shelf


def labels(settings: Settings) -> dict[str, Label]:
    """The labels of all segments, by their keys."""
    families = {family.key: family for family in shelf(settings).library.entries()}
    families |= {family.key: family for family in shelf(settings).families}
    return {
        family.segment_key(stage): {"fr": stage.label.of("fr"), "en": stage.label.of("en")}
        for family in families.values()
        for stage in family.stages
    }
