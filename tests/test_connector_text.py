"""Texts as they are compared: what reads the same is the same, in rules, in catalogues and at destinations."""

from __future__ import annotations

import pytest

from connector.catalogue.check import check_tags
from connector.errors import SettingsError
from connector.text import fold

COMPOSED, CAPITAL = "ΐ", "\u03aa\u0301"
"""One letter, small and capital: the first is one character, of which taking the case away makes three."""


@pytest.mark.parametrize("other", [CAPITAL, "\u03b9\u0308\u0301", "\u03ca\u0301"])
def test_one_letter_in_any_spelling_is_one_tag(other: str) -> None:
    assert fold(COMPOSED) == fold(other) == fold(fold(other))
    with pytest.raises(SettingsError, match="have the same tag"):
        check_tags({"aud.one": f"Client {COMPOSED}", "aud.two": f"client {other}"})
