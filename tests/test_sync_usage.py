"""How a command is used: its help and what is told of wrong usage, in French where the terminal is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from connector.language import Language
from sync.cli import app
from sync.language.french_help import HELP
from sync.language.usage import run

OPTION_OF_ALL = "Show this message and exit."


def commands(command: Any, *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:  # noqa: ANN401 - Typer names no class
    """Each command of the tree with the words that lead to it."""
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, *path, name)


ALL = dict(commands(get_command(app)))


def test_each_help_text_has_its_french_and_no_french_is_left_over() -> None:
    texts = {command.help for command in ALL.values()}
    texts |= {option.help for command in ALL.values() for option in command.params}

    assert texts - {None} | {OPTION_OF_ALL} == set(HELP)


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_a_help_page_is_in_one_language(path: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    pages = {}
    languages: tuple[Language, ...] = ("fr", "en")
    for language in languages:
        assert run(app, [*path, "--help"], language) == 0
        pages[language] = capsys.readouterr().out

    assert pages["fr"].startswith(f"Utilisation : {' '.join(('connector', *path))} ")
    assert pages["en"].startswith(f"Usage: {' '.join(('connector', *path))} ")
    for frame in ("Usage:", "Options:", "Commands:", "[default:", "[env var:", "required]", "ARGS]"):
        assert frame not in pages["fr"]


@pytest.mark.parametrize(
    ("words", "french", "english"),
    [
        ("why", "Il manque l'argument person.", "Missing argument 'person'."),
        ("nope", "Il n'y a pas de commande nope.", "No such command 'nope'."),
        (
            "segment",
            "Il n'y a pas de commande segment. Peut-être 'segments', 'movements' ?",
            "No such command 'segment'. Did you mean 'segments', 'movements'?",
        ),
        (
            "segments --windo 3",
            "Il n'y a pas d'option --windo (peut-être --window).",
            "No such option: --windo (Possible options: --window)",
        ),
        (
            "segments --window 0",
            "La valeur de --window ne convient pas : 1 au moins.",
            "Invalid value for '--window': Input should be greater than or equal to 1",
        ),
        (
            "demo --people 1000000",
            "La valeur de --people ne convient pas : 200000 au plus.",
            "Invalid value for '--people': Input should be less than or equal to 200000",
        ),
        (
            "plan x",
            "La valeur de number ne convient pas : un nombre entier est attendu.",
            "Invalid value for 'number': Input should be a valid integer, unable to parse string as an integer",
        ),
        (
            "query TRUE --timeout x",
            "La valeur de --timeout ne convient pas : un nombre est attendu.",
            "Invalid value for '--timeout': Input should be a valid number, unable to parse string as a number",
        ),
        (
            "webhooks add",
            "La valeur de action ne convient pas : add n'est pas parmi 'install', 'status', 'remove'.",
            "Invalid value for 'action': Value error, 'add' is not one of 'install', 'status', 'remove'.",
        ),
        ("pull more", "Il y a un argument de trop : more.", "Got unexpected extra argument(s) (more)"),
        ("pull --force=3", "L'option --force ne prend pas de valeur.", "Option '--force' does not take a value."),
        ("pull --store", "L'option --store veut une valeur.", "Option '--store' requires an argument."),
    ],
)
def test_wrong_usage_is_told_with_a_remedy(
    words: str, french: str, english: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[Language, str, str]] = [("fr", french, "Voyez `connector "), ("en", english, "See `connector ")]
    for language, told, remedy in asked:
        assert run(app, words.split(), language) == 2
        sentence, *more = capsys.readouterr().err.splitlines()
        assert sentence == told
        assert all(line.startswith(remedy) for line in more)


def test_without_a_command_the_help_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(app, [], "fr") == 2
    assert capsys.readouterr().err.startswith("Utilisation : connector ")
