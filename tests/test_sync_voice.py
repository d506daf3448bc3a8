"""Speaking of numbers: what is counted agrees with its number, in French (where nought is singular) and English."""

from __future__ import annotations

import os
import re
from contextvars import copy_context
from pathlib import Path
from unittest.mock import patch

import pytest

from connector.language import Language
from connector.settings import GivenSettings
from connector.states import PlanKind, PlanState
from sync.language.voice import Voice, speak, spoken, voice
from sync.push import sentence
from sync.push.describe import describe
from sync.push.summary import Guard, PlanSummary

SYNC = Path(__file__).parents[1] / "sync"
COUNTED = (
    "personnes|people|commandes|orders|adresses|addresses|comptes|accounts|changements|changes|envois|messages"
    "|requêtes|requests|enregistrements|records|acheteurs|buyers|jours|days|webhooks|écarts|differences|critères"
)
UNBENDING = re.compile(rf"\{{[^{{}}]*\}} (?:{COUNTED})\b")
NEVER_ONE = (
    *("{within}", "{was}", "{days}", "{pause(now, last).days}"),  # spans, and what is always many
    *("{cap['per_days']}", "{say.number(len(shop."),
)


@pytest.mark.parametrize(
    ("language", "number", "said"),
    [
        ("fr", 0, "0 personne"),
        ("fr", 1, "1 personne"),
        ("fr", 2, "2 personnes"),
        ("en", 0, "0 people"),
        ("en", 1, "1 person"),
        ("en", 12345, "12,345 people"),
    ],
)
def test_people_are_counted_as_the_language_does(language: Language, number: int, said: str) -> None:
    assert Voice(language).people(number) == said


def plan(people: int) -> PlanSummary:
    return PlanSummary(
        1, "tags", 1, PlanKind.PUSH, PlanState.PLANNED, 0, people=people, changes=people, unreachable=people,
        excluded=people, holdout=people, waiting=people, new_addresses=people, creates=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("language", "people", "said"),
    [
        ("fr", 0, ["0 personne, 0 changement."]),
        ("en", 0, ["0 people, 0 changes."]),
        (
            "fr",
            1,
            [
                "1 personne, 1 changement.",
                "1 personne n'y a pas",
                "1 personne est exclue",
                "1 personne est mise à",
                "1 adresse est laissée",
                "1 adresse n'a jamais rien reçu",
            ],
        ),
        ("en", 1, ["1 person, 1 change.", "1 person has no address", "1 person is excluded", "1 address was never"]),
        ("fr", 1200, ["1\u202f200 personnes, 1\u202f200 changements.", "1\u202f200 adresses sont laissées"]),
    ],
)
def test_a_plan_counts_people_changes_and_addresses(language: Language, people: int, said: list[str]) -> None:
    told = "\n".join(describe(plan(people), language))

    assert [words for words in said if words not in told] == []


def test_a_guard_counts_too() -> None:
    assert sentence(Guard("people", "40", "0"), "tags", "fr") == (
        "la base comptait 40 personnes au dernier envoi, elle compte maintenant 0 personne"
    )
    assert sentence(Guard("orders", "2", "1"), "tags") == "the base had 2 orders at the last push and has 1 order now"
    assert sentence(Guard("place", "100", "200"), "tags") == "tags was 100 and is 200 now"


def test_nothing_that_is_counted_is_said_in_the_plural_alone() -> None:
    files = [file for file in SYNC.rglob("*.py") if "demo" not in file.relative_to(SYNC).parts]
    found = {
        f"{file.relative_to(SYNC)}: {words}"
        for file in files
        for words in UNBENDING.findall(file.read_text(encoding="utf-8"))
        if not words.startswith(NEVER_ONE)
    }

    assert len(files) > 50
    assert found == set()


def test_the_first_of_a_month_is_said_as_in_french() -> None:
    assert [Voice("fr").day("2026-08-01", form) for form in ("medium", "full", "d MMM", "MMM y")] == [
        "1er août 2026",
        "samedi 1er août 2026",
        "1er août",
        "août 2026",
    ]
    assert Voice("fr").day("2026-08-11") == "11 août 2026"
    assert Voice("en").day("2026-08-01") == "1 Aug 2026"


@pytest.mark.parametrize(("locale", "spoken"), [("fr_FR.UTF-8", "fr"), ("C.UTF-8", "en")])
def test_people_are_spoken_to_as_their_terminal_is_and_data_are_the_same_in_any(locale: str, spoken: Language) -> None:
    with patch.dict(os.environ, {"LC_ALL": locale}):
        assert (voice(GivenSettings()).language, voice(GivenSettings()).written) == (spoken, spoken)
        assert voice(GivenSettings(), quiet=True).written == "en"
        assert voice(GivenSettings(language="fr"), quiet=True).written == "fr"


def test_only_who_opens_a_workspace_changes_the_language_that_errors_are_told_in() -> None:
    def heard() -> list[Language]:
        speak("en")
        before = spoken()
        voice(GivenSettings(language="fr"))
        after = spoken()
        speak("fr")
        return [before, after, spoken()]

    assert copy_context().run(heard) == ["en", "en", "fr"]


@pytest.mark.parametrize(("language", "said"), [("fr", "à l'instant"), ("en", "just now")])
def test_what_was_done_this_second_is_not_still_to_come(language: Language, said: str) -> None:
    assert Voice(language).ago(0.3) == Voice(language).ago(-0.3) == said
