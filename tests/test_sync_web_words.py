"""The words of the program that pages show: what runs note has words, for one and for more, in both languages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from connector.language import Language
from sync.hints import Looked
from sync.language.voice import Voice
from sync.retry import Retried
from sync.web.words import NOTED, noted

SYNC = Path(__file__).parents[1] / "sync"
NO_FIGURES = {"plan", "undone", "store", "problems", "file", "pending", "error", "remedy", "accounts"}


def named(node: ast.AST) -> Iterator[str]:
    return (part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str))


def kept() -> Iterator[str]:
    """What is named where something is put into the detail of a run, or is made for it."""
    for file in SYNC.rglob("*.py"):
        source = file.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)) if ".detail" in source or "def amounts" in source else ():
            match node:
                case ast.AugAssign(target=ast.Attribute(attr="detail"), value=value):
                    yield from named(value)
                case ast.Assign(targets=[ast.Subscript(value=ast.Attribute(attr="detail"), slice=place)]):
                    yield from named(place)
                case ast.FunctionDef(name="amounts" | "_noted", body=body):
                    yield from (
                        text for part in body if isinstance(part, ast.Return | ast.Assign) for text in named(part)
                    )


def test_every_figure_that_a_run_notes_has_words() -> None:
    found = {*kept(), *(one.name for kind in (Looked, Retried) for one in fields(kind))} - NO_FIGURES

    assert len(found) > 15
    assert found - NOTED.keys() == set()


@pytest.mark.parametrize(
    ("language", "number", "said"),
    [("fr", 1, "1 changement prévu"), ("fr", 1200, "1\u202f200 changements prévus"), ("en", 1, "1 change planned")],
)
def test_a_figure_agrees_with_its_number(language: Language, number: int, said: str) -> None:
    assert noted(Voice(language), "changes", number) == said
    assert noted(Voice("fr"), "undone", 12) == "envoi n° 12 repris"
