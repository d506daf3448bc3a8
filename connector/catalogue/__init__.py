"""The families and audiences that come with the product, as data, and what a merchant changes of them.

catalogue(changes={"spread": {"window": 90}}) -> tuple[Family, ...]     the families that are switched on
library() -> Library                    everything: families, audiences, objectives, caps, playbooks, needs
read(file, language) -> Library         the same with a merchant's segments.toml over it; of its text_of(file): load
family.choice(name, currency, values) -> Choice                        for the compiler
page(library, language) -> str          all of it as a page to read (connector.catalogue.pages)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from connector.catalogue.check import check_tags
from connector.catalogue.entries import (
    Audience,
    Cap,
    Family,
    Move,
    Objective,
    ParameterValue,
    Phase,
    Platform,
    Play,
    Stage,
    Text,
)
from connector.catalogue.library import Library, Limit
from connector.catalogue.load import FILE_NAME, library, load, read, text_of

__all__ = [
    "FILE_NAME",
    "Audience",
    "Cap",
    "Family",
    "Library",
    "Limit",
    "Move",
    "Objective",
    "ParameterValue",
    "Phase",
    "Platform",
    "Play",
    "Stage",
    "Text",
    "catalogue",
    "check_tags",
    "library",
    "load",
    "read",
    "text_of",
]


def catalogue(
    changes: Mapping[str, Mapping[str, ParameterValue]] | None = None, *, keys: Iterable[str] | None = None
) -> tuple[Family, ...]:
    """The shipped families that are on (or the entries of `keys`), with the parameters of `changes` by their key."""
    return library().chosen(changes, keys=keys)
