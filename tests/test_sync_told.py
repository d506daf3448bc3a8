"""Errors in French: every sentence that is raised for people has one, and what stands in it is kept."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.errors import UnsafeError
from sync.told import CATALOGUE, HOLE, message, sentence, whole
from tests.command_line import CommandLine

ROOT = Path(__file__).parents[1]
KINDS = {
    "ConnectorError", "SettingsError", "BusyError", "UnsafeError", "AuthenticationError", "PermanentError",
    "RetryableError",
}  # fmt: skip
"""Errors that people are told; records are put away with their reason, and rules speak both languages themselves."""

FILES = [
    *(file for file in sorted((ROOT / "sync").rglob("*.py")) if file.parent.name != "demo"),
    *sorted((ROOT / "connector").glob("*.py")),
    *sorted((ROOT / "connector" / "privacy").glob("*.py")),
    ROOT / "connector" / "catalogue" / "library.py",
    ROOT / "connector" / "catalogue" / "check.py",
    *sorted((ROOT / "connectors").rglob("*.py")),
]
LATER = {
    "Shopify refused the bulk operation.",
    "Check the app's scopes: connector check.",
    "Shopify's answer holds no token: {}",
    "Shopify shows no members of a segment: {}",
    "Give the app the scope read_customers, then reinstall it.",
    "Give the app the scope to read it.",
    "Shopify shows no {}: {}",
    "Give the app the scope to read them.",
    "{} is not a cursor of Shopify.",
    "Begin the stream again.",
    "The checkpoint {} is none of WooCommerce's.",
}
"""What only a damaged database or a half installed app says, still in English alone."""


WHOLE = {"{} {}{}", "{} with nothing in it.", "{} has no setting {}{}", "{}: {}", "{}.", "{}{}."}
"""What is put together from sentences of others."""


def raised() -> Iterator[tuple[str, str]]:
    """Each sentence and remedy that stands where an error is made, {} for what differs; and where."""
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KINDS:
                texts = [*node.args[:1], *(word.value for word in node.keywords if word.arg == "remedy")]
                for text in (one for part in texts for one in written(part)):
                    yield text, f"{file.relative_to(ROOT)}:{node.lineno}"
            elif isinstance(node, ast.FunctionDef) and node.name == "_remedy":
                for part in (told.value for told in ast.walk(node) if isinstance(told, ast.Return) and told.value):
                    for text in written(part):
                        yield text, f"{file.relative_to(ROOT)}:{node.lineno}"
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict) and tables(node.targets):
                said = (
                    part for value in node.value.values for part in ast.walk(value) if isinstance(part, ast.Constant)
                )
                for text in (text for part in said for text in written(part)):
                    yield text, f"{file.relative_to(ROOT)}:{node.lineno}"


def tables(targets: list[ast.expr]) -> bool:
    """Whether something is one of the tables of what is said of refusals."""
    return any(isinstance(name, ast.Name) and name.id in {"_REFUSALS", "_STATUSES"} for name in targets)


def written(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)
        case ast.IfExp(body=one, orelse=other):
            yield from written(one)
            yield from written(other)


def bare(text: str) -> str:
    return HOLE.sub("{}", text)


def test_every_sentence_that_is_raised_for_people_is_in_the_catalogue() -> None:
    known = {bare(english) for english in CATALOGUE}
    texts = dict(raised())

    assert len(texts) > 150
    unknown = {text: place for text, place in texts.items() if text not in known | LATER | WHOLE}
    assert unknown == {}


def test_what_a_check_finds_is_in_the_catalogue_with_its_remedy() -> None:
    known = {bare(english) for english in CATALOGUE}
    texts = {
        text
        for file in sorted((ROOT / "connectors").rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Problem"
        for part in node.args[:2]
        for text in written(part)
    }

    assert len(texts) > 20
    assert texts - known == {"{}: {} is assumed."}  # whose first part has two forms


def test_both_languages_have_the_same_holes() -> None:
    wrong = [
        english for english, french in CATALOGUE.items() if set(HOLE.findall(english)) != set(HOLE.findall(french))
    ]

    assert wrong == []
    assert all(re.search(r"[a-zé]", french) for french in CATALOGUE.values())


@pytest.mark.parametrize(
    ("english", "french"),
    [
        ("There is no database a b.db.", "La base de données a b.db n'existe pas."),
        ("connector.toml: segments.spread.window should be greater than or equal to 1.",
         "connector.toml: segments.spread.window devrait être au moins 1."),
        ("x: schedule.day should be a time of day such as 00:05.",
         "x: schedule.day devrait être une heure, par exemple 00:05."),
        ("Did you mean vip? Use one of: spread, vip.", "Vouliez-vous dire vip ? Au choix : spread, vip."),
        ("Use one of: spread.", "Au choix : spread."),
        ("Destination 'a' pushes 'rfm', which is not switched on.",
         "La destination 'a' envoie 'rfm', qui n'est pas activé."),
        ("Something else.", "Something else."),
    ],
)  # fmt: skip
def test_a_sentence_is_found_by_its_english_one_and_keeps_what_stands_in_it(english: str, french: str) -> None:
    assert sentence(english, "fr") == french
    assert sentence(english, "en") == english


def test_an_error_of_figures_has_its_own_french_sentence() -> None:
    error = UnsafeError("1,200 things", remedy="Set the clock right; --force insists.", french="1 200 éléments")

    assert (message(error, "fr"), message(error, "en")) == ("1 200 éléments", "1,200 things")
    assert whole(error, "fr") == "1 200 éléments Mettez l'horloge à l'heure ; --force insiste."


def test_a_command_fails_in_the_language_of_the_settings(tmp_path: Path) -> None:
    line = CommandLine(tmp_path, "2026-06-30T12:00:00+00:00")
    line.write('language = "fr"\n')
    assert line.within("segments").err == (
        f"La base de données {line.database} n'existe pas.\n"
        "Nommez-en une par --database, ou créez-la par `connector import FICHIER`.\n"
    )
    line.write('language = "en"\n')
    assert line.within("segments").err.startswith("There is no database")
    line.write("langage = 3\n")  # it cannot be read, so the terminal's language holds
    assert line.within("segments").err.startswith("connector.toml has no setting 'langage'; did you mean 'language'?")
