"""What helps to write a rule: its words with what they mean, the values that can be named, and rules to begin with."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from connector.catalogue import Audience, Library
from connector.language import Language
from connector.query.words import in_words, value_in_words, values, words
from sync.web.sheet import bare

EXAMPLES: tuple[tuple[str, str, str], ...] = (
    (
        "Un seul achat, il y a un à trois mois",
        "One purchase, one to three months ago",
        "number_of_orders = 1 AND last_order_date BETWEEN -90d AND -30d",
    ),
    (
        "Trois achats ou plus, puis six mois de silence",
        "Three purchases or more, then six months of silence",
        "number_of_orders >= 3 AND last_order_date < -180d",
    ),
    (
        "Inactifs qui acceptent vos e-mails",
        "Inactive people who take your e-mails",
        "in_segment('spread.inactive') AND email_subscription_status = 'SUBSCRIBED'",
    ),
    (
        "Ont dépensé plus que neuf clients sur dix",
        "Have spent more than nine customers in ten",
        "amount_spent > PERCENTILE(amount_spent, 90)",
    ),
)
"""In French, in English, as a rule."""


@dataclass(frozen=True)
class Word:
    """A word as a rule has it, what it means, and what it is found by: both languages, without case and accents."""

    word: str
    told: str
    sought: str


@dataclass(frozen=True)
class Words:
    """All that rules are made of; `values` are those of attributes, by their names, and the segments."""

    words: list[Word]
    segments: list[Word]
    values: dict[str, list[Word]]

    @property
    def plain(self) -> dict[str, Any]:
        """The same as JSON has it."""
        return asdict(self)


def wordlist(library: Library, language: Language) -> Words:
    """The words of rules, for whoever reads a language."""
    both: tuple[Language, Language] = (language, "en" if language == "fr" else "fr")
    found = [_word(word, *(in_words(word, one) for one in both)) for word in words()]
    segments = [_word(f"'{key}'", *(_called(library, key, one) for one in both)) for key in library.segments()]
    named = {
        name: [_word(value, *(value_in_words(name, value.strip("'"), one) for one in both)) for value in values(name)]
        for name in words()
    }
    return Words(found, segments, {name: some for name, some in named.items() if some})


def _word(word: str, told: str, elsewhere: str) -> Word:
    return Word(word, told, bare(f"{told} {elsewhere}"))


def _called(library: Library, key: str, language: Language) -> str:
    """A stage with its family, an audience by itself."""
    family, stage = library.segment(key)
    label = stage.label.of(language)
    return label if isinstance(family, Audience) else f"{family.label.of(language)} – {label}"
