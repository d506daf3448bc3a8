"""Texts as each language sets them: in French no line begins with a sign, in English a sign stands at its word."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest
from jinja2 import nodes

from sync.language.voice import Voice

ROOT = Path(__file__).parents[1]
CODE = [file for place in ("connector", "connectors", "sync") for file in sorted((ROOT / place).rglob("*.py"))]
TEMPLATES = sorted((ROOT / "sync/web/templates").glob("*.html"))
CATALOGUE = sorted((ROOT / "connector/catalogue").glob("*.toml"))
BREAKS = re.compile(r"(?<![\s,=]) (?=[:;?!%»](?![\w{]))|« ")
"""A space at which a line could end: before a sign it is the no-break one (U+00A0), which stands here as it is."""
APART = re.compile(r"(?<!\s)[ \u00a0\u202f](?=[:;?!%](?!\w))")
"""What English does not have."""


def parsed(having: re.Pattern[str]) -> Iterator[tuple[Path, ast.Module]]:
    """The files of code in which a pattern is found, whatever it stands in there."""
    for file in CODE:
        source = file.read_text(encoding="utf-8")
        if having.search(source):
            yield file, ast.parse(source)


def texts(node: ast.AST) -> Iterator[ast.Constant]:
    """The texts in a piece of code; none are docstrings, what is calculated in a text, and tags, which are data."""
    inside = [node]
    while inside:
        part = inside.pop()
        match part:
            case ast.Constant(value=str()):
                yield part
            case ast.Expr(value=ast.Constant()) | ast.Call(func=ast.Name(id="Tag")):
                pass
            case _:
                inside += ast.iter_child_nodes(part)


def english(tree: ast.AST) -> Iterator[str]:
    """The English texts in a piece of code: what is said beside the French, and what stands under "en"."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="say" | "warn" | "text"), args=[_, told, *_]):
                yield from (str(text.value) for text in texts(told))
            case ast.Dict(keys=keys, values=values):
                for key, told in zip(keys, values, strict=True):
                    if isinstance(key, ast.Constant) and key.value == "en" and isinstance(told, ast.Constant):
                        yield str(told.value)


def spoken(source: str) -> Iterator[tuple[str, str]]:
    """The pairs of French and English in a template."""
    for call in jinja2.Environment(autoescape=True).parse(source).find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "t":
            told = [part.value for part in call.args if isinstance(part, nodes.Const)]
            if len(told) == 2:
                yield told[0], told[1]


def shipped(table: object, key: str = "") -> Iterator[tuple[str, str]]:
    """The texts of a catalogue's file, each with its language; tags are data."""
    if isinstance(table, dict):
        for name, value in table.items():
            if name != "tag":
                yield from shipped(value, name)
    elif isinstance(table, list):
        for value in table:
            yield from shipped(value)
    elif isinstance(table, str) and key in {"fr", "en"}:
        yield key, table


def test_no_text_of_the_code_lets_a_line_begin_with_a_sign() -> None:
    found = {
        f"{file.relative_to(ROOT)}:{text.lineno}: {text.value!r}"
        for file, tree in parsed(BREAKS)
        for text in texts(tree)
        if BREAKS.search(str(text.value))
    }

    assert len(CODE) > 300
    assert found == set()


def test_no_english_text_of_the_code_has_a_space_before_a_sign() -> None:
    told = [text for _, tree in parsed(APART) for text in english(tree)]

    assert len(told) > 500
    assert [text for text in told if APART.search(text)] == []


def test_texts_of_templates_are_set_as_their_language_does() -> None:
    pairs = [pair for file in TEMPLATES for pair in spoken(file.read_text(encoding="utf-8"))]

    assert len(pairs) > 500
    assert [french for french, _ in pairs if BREAKS.search(french)] == []
    assert [english for _, english in pairs if APART.search(english)] == []


def test_texts_of_the_catalogue_are_set_as_their_language_does() -> None:
    told = [text for file in CATALOGUE for text in shipped(tomllib.loads(file.read_text(encoding="utf-8")))]

    assert len(told) > 500
    assert [text for language, text in told if language == "fr" and BREAKS.search(text)] == []
    assert [text for language, text in told if language == "en" and APART.search(text)] == []


@pytest.mark.parametrize("file", sorted((ROOT / "docs/fr").glob("*.md")), ids=lambda file: file.name)
def test_the_french_pages_are_set_so_too(file: Path) -> None:
    prose = re.sub(r"(?s)```.*?```|`[^`\n]*`", "`", file.read_text(encoding="utf-8"))

    assert [line for line in prose.splitlines() if BREAKS.search(line)] == []


def test_a_share_is_written_as_its_language_does() -> None:
    assert [Voice("fr").percent(0.569), Voice("en").percent(0.569)] == ["56,9\u00a0%", "56.9%"]
    assert [Voice("fr").percents(2.5), Voice("en").percents(20), Voice("en").percent(None)] == [
        "2,5\u00a0%",
        "20%",
        "–",
    ]
