"""How a command is used: its help, and what is told of wrong usage, in the language of the terminal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import typer
from typer.exceptions import TyperException
from typer.main import get_command

from connector.language import Language
from sync.language.french_help import HEADINGS, HELP

_PLAIN: Any = typer.Context.formatter_class
_EXTRAS = re.compile(r"(.*?)(?:(?:^|  )\[([^\]]*)\])?", re.DOTALL)
_EXTRA = {"default: ": "par défaut : ", "env var: ": "variable : ", "required": "obligatoire"}


class _French(_PLAIN):  # type: ignore[misc]  # Typer keeps the class to itself
    """Writes the frame of a help page in French, and what Typer itself says of an option."""

    def write_usage(self, prog: str, args: str = "", prefix: str = "Utilisation : ") -> None:
        super().write_usage(prog, args.replace("COMMAND [ARGS]...", "COMMANDE [ARGUMENTS]..."), prefix)

    def write_heading(self, heading: str) -> None:
        super().write_heading(f"{HEADINGS.get(heading, heading)}\u00a0")

    def write_dl(self, rows: Sequence[tuple[str, str]], *args: int, **options: int) -> None:
        super().write_dl([(name, _of_option(text)) for name, text in rows], *args, **options)


class _Context(typer.Context):
    formatter_class = _French


def run(app: typer.Typer, words: Sequence[str], language: Language) -> int:
    """Run the command that some words ask for; the exit status that it ends with, 2 for wrong usage."""
    command = get_command(app)
    if language == "fr":
        _translate(command)
    try:
        status = command.main(args=list(words), prog_name="connector", standalone_mode=False)
    except typer.Abort:
        return 1
    except TyperException as error:
        _tell(error, language)
        return error.exit_code
    return status if isinstance(status, int) else 0


def _translate(command: Any) -> None:  # noqa: ANN401 - Typer names no class that all its commands have
    command.context_class = _Context
    command.help = HELP.get(command.help, command.help)
    for subcommand in getattr(command, "commands", {}).values():
        _translate(subcommand)


def _of_option(text: str) -> str:
    """What is said of an option, and in brackets what Typer adds."""
    found = _EXTRAS.fullmatch(text)
    assert found is not None  # anything fits
    said, added = HELP.get(found[1], found[1]), found[2]
    for english, french in _EXTRA.items():
        added = added and added.replace(english, french)
    return f"{said}  [{added}]" if added else said


def _tell(error: TyperException, language: Language) -> None:
    """Say what is wrong with a command line, and where its help is; where nothing was asked the help itself."""
    from sync.language.told import sentence  # noqa: PLC0415 - what all errors are told in is heavy, and help needs none of it

    context: Any = getattr(error, "ctx", None)
    said = error.format_message()
    typer.echo(sentence(said, language), err=True)
    if context is not None and said != context.get_help():
        typer.echo(sentence(f"See `{context.command_path} --help`.", language), err=True)
