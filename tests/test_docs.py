"""The documents say what the program does: every command and every setting, and nothing that does not exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic import BaseModel

from connector.catalogue import load as read_text
from connector.settings import (
    DestinationSettings,
    PrivacySettings,
    ScheduleSettings,
    SegmentSettings,
    ServeSettings,
    Settings,
    StoreSettings,
    load,
)
from sync.cli import app

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
GROUPS = {str(group.name): group.typer_instance for group in app.registered_groups if group.typer_instance}
COMMANDS = sorted([*(str(command.name) for command in app.registered_commands), *GROUPS])
EVERY = [*app.registered_commands, *(command for group in GROUPS.values() for command in group.registered_commands)]
SETTINGS = sorted(
    {
        name
        for model in (
            Settings,
            StoreSettings,
            DestinationSettings,
            PrivacySettings,
            ScheduleSettings,
            SegmentSettings,
            ServeSettings,
        )
        for name in model.model_fields
    }
)


@pytest.mark.parametrize("command", COMMANDS)
def test_readme_names_every_command(command: str) -> None:
    assert re.search(rf"(`|bin/)(connector )?{command}\b", README)


@pytest.mark.parametrize("name", SETTINGS)
def test_readme_names_every_setting(name: str) -> None:
    assert f"`{name}`" in README or f"[{name}" in README


@pytest.mark.parametrize("command", EVERY, ids=lambda command: str(command.name))
def test_every_command_says_what_it_does(command: object) -> None:
    callback = getattr(command, "callback", None)
    assert callback is not None
    assert (callback.__doc__ or "").strip().endswith(".")


def test_remedies_name_options_that_there_are() -> None:
    """In every text of the program: an option is some command's, and after a command's name that command's own."""
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    own = {name: {option for one in command.params for option in _spelt(one)} for name, command in commands.items()}
    every = {"--help", *(option for command in _leaves(commands) for one in command.params for option in _spelt(one))}
    wrong = [
        f"{file}: {found[0]}"
        for layer in ("connector", "connectors", "sync")
        for file in sorted((ROOT / layer).rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and file.name != "chart.py"
        for found in re.finditer(r"(?:connector ([a-z-]+) )?(--[a-z][a-z-]+)", node.value)
        if found[2] not in (own[found[1]] if found[1] in own and own[found[1]] else every)
    ]
    assert wrong == []


def _spelt(option: Any) -> list[str]:  # noqa: ANN401 - an option as Click has it
    return [*option.opts, *option.secondary_opts]


def _leaves(commands: Mapping[str, Any]) -> Iterator[Any]:
    for command in commands.values():
        yield from _leaves(command.commands) if hasattr(command, "commands") else [command]


def test_the_tests_that_readme_names_are_there() -> None:
    named = set(re.findall(r"`(test_\w+)`", README))
    assert len(named) > 10
    assert [name for name in named if not (ROOT / "tests" / f"{name}.py").is_file()] == []


def test_the_sample_settings_of_readme_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = re.search(r"```toml\n(.*?)```", README, re.DOTALL)
    assert sample
    file = tmp_path / "connector.toml"
    file.write_text(sample[1], encoding="utf-8")
    monkeypatch.setenv("SHOPIFY_CLIENT_SECRET", "s")
    settings = load(file)
    assert set(settings.stores) == {"boutique", "outlet"}
    assert settings.stores["boutique"].options()["client_secret"] == "s"
    assert isinstance(settings.segments["spread"], BaseModel)
    assert settings.segments["spread"].window == 180


def test_the_sample_segments_of_both_guides_are_read() -> None:
    french = (ROOT / "docs/fr/prise-en-main.md").read_text(encoding="utf-8")
    for text in (README, french):
        samples = [sample for sample in re.findall(r"```toml\n(.*?)```", text, re.DOTALL) if "[audiences." in sample]
        assert len(samples) == 1
        on = {entry.key for entry in read_text(samples[0]).on()}
        assert {"rfm", "aud.vip", "aud.payment_method_paypal", "aud.payment_method_card"} <= on


def test_both_languages_document_the_same_commands() -> None:
    french = (ROOT / "docs/fr/prise-en-main.md").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:`|bin/)connector ([a-z]+)", french))
    assert named
    assert named <= set(COMMANDS)
