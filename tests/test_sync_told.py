"""Errors in French: every sentence that is raised for people has one, and what stands in it is kept."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector import errors
from connector.errors import ConnectorError, UnsafeError
from sync.language.told import CATALOGUE, HOLE, message, sentence, whole
from tests.command_line import CommandLine

ROOT = Path(__file__).parents[1]
KINDS = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, ConnectorError)}
KINDS |= {"HTTPError", "UnfinishedError", "GroupingError", "WrongValueError", "retry_later"}
"""Whatever makes an error; rules and segments.toml speak both languages themselves."""

FILES = [
    file
    for place in ("connector", "connectors", "sync")
    for file in sorted((ROOT / place).rglob("*.py"))
    if place != "sync" or "demo" not in file.relative_to(ROOT).parts
]
REASONED = [
    *sorted((ROOT / "connectors").rglob("*.py")),
    *(ROOT / f"sync/push/{name}.py" for name in ("apply", "note", "revert", "step")),
    *(ROOT / f"sync/{name}.py" for name in ("pull", "quarantine")),
    *(ROOT / f"connector/{name}.py" for name in ("copies", "days", "faults", "money")),
]
"""Where sentences are made that are kept, and told later: of records, of outcomes, of what a platform answered."""
SENTENCE = re.compile(r"(?s)[A-Z{'\"].* .*[a-z}]{3}\)?\.")

WHOLE = {"{} {}{}", "{} has no setting {}{}", "{}: {}", "{}.", "{}{}.", "{}.{}=…", "{} {}"}
WHOLE |= {"{} has {}; its columns are: {}.", "{}: {} is assumed.", "{} It runs over {} lines: {}"}
"""What is put together from sentences of others."""


def raised() -> Iterator[tuple[str, str]]:
    """Each sentence and remedy that stands where an error is made, {} for what differs; and where."""
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KINDS:
                texts = [*node.args[:1], *(word.value for word in node.keywords if word.arg == "remedy")]
                for text in (said for part in texts for said in written(part)):
                    yield text, f"{file.relative_to(ROOT)}:{node.lineno}"


def reasons() -> Iterator[tuple[str, str]]:
    """Each text that is a sentence, of the files in which reasons are made; and where."""
    for file in REASONED:
        inside: list[ast.AST] = [ast.parse(file.read_text(encoding="utf-8"))]
        while inside:
            match inside.pop():
                case ast.Expr(value=ast.Constant()):
                    pass  # a docstring
                case ast.JoinedStr() | ast.Constant(value=str()) as told:
                    yield from (
                        (text, f"{file.relative_to(ROOT)}:{told.lineno}")
                        for text in written(told)
                        if SENTENCE.fullmatch(text)
                    )
                case node:
                    inside += ast.iter_child_nodes(node)


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
    unknown = {text: place for text, place in texts.items() if text not in known | WHOLE}
    assert unknown == {}


def test_every_reason_that_is_kept_is_in_the_catalogue() -> None:
    known = {bare(english) for english in CATALOGUE}
    texts = dict(reasons())

    assert len(texts) > 100
    unknown = {text: place for text, place in texts.items() if text not in known | WHOLE}
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
    assert texts <= known | WHOLE


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
        ("Did you mean vip? Use one of: spread, vip.", "Vouliez-vous dire vip ? Au choix : spread, vip."),
        ("Use one of: spread.", "Au choix : spread."),
        ("Destination 'a' pushes 'rfm', which is not switched on.",
         "La destination 'a' envoie 'rfm', qui n'est pas activé."),
        ("Line 3: Total: 'x' is not a number.", "Ligne 3 : Total : 'x' n'est pas un nombre."),
        ("Object missing required field `id` - at `$.customer`", "Il manque le champ `id` – à `$.customer`"),
        ("Order 12 cannot be read: Expected `str`, got `int` - at `$.total`",
         "La commande 12 est illisible : Attendu : `str` ; reçu : `int` – à `$.total`"),
        ("The clock stands on 2026-06-01; the memberships are those of 2026-06-30.",
         "L'horloge est au 1er juin 2026 ; les appartenances sont celles du 30 juin 2026."),
        ("shop.example answered 401: no reason given", "shop.example a répondu 401 : aucune raison donnée"),
        ("shop.example answered 403 with nothing in it.", "shop.example a répondu 403, sans rien d'autre."),
        ("Shopify refused the question: Shopify answered with nothing.",
         "Shopify a refusé la question : Shopify n'a rien répondu."),
        ("a.toml is not TOML: Invalid value (at line 3, column 5).",
         "a.toml n'est pas du TOML : valeur invalide (ligne 3, colonne 5)."),
        ("Something else.", "Something else."),
    ],
)  # fmt: skip
def test_a_sentence_is_found_by_its_english_one_and_keeps_what_stands_in_it(english: str, french: str) -> None:
    assert sentence(english, "fr") == french
    assert sentence(english, "en") == english


def test_an_error_of_figures_has_its_own_french_sentence() -> None:
    error = UnsafeError("1,200 things", remedy="Set the clock right; --force insists.", french="1 200 éléments")

    assert (message(error, "fr"), message(error, "en")) == ("1 200 éléments", "1,200 things")
    assert whole(error, "fr") == "1 200 éléments Mettez l'horloge à l'heure ; --force insiste."


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
