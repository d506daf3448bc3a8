"""Commands about single people: joined and separated, given out, erased, objecting, written to too often."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sync.cli.app import Config, Database, Json, app


@app.command("merges")
def merges(
    person: Annotated[str | None, typer.Argument(help="An e-mail or a customer id; all people by default.")] = None,
    config: Config = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """List the people that were found to be one, and by which key."""
    from sync.commands.merges import run  # noqa: PLC0415

    run(config, database, person, as_json=json)


@app.command("split")
def split(
    number: Annotated[int, typer.Argument(metavar="MERGE", help="The number that `merges` printed.")],
    config: Config = None,
    database: Database = None,
) -> None:
    """Undo a merge: the two are never joined again."""
    from sync.commands.merges import split as run  # noqa: PLC0415

    run(config, database, number)


@app.command("export")
def export(
    person: Annotated[str, typer.Argument(help="An e-mail, a customer id, or person:NUMBER.")],
    output: Annotated[
        Path | None, typer.Option("--output", help="A new file, readable by its owner alone; else it is printed.")
    ] = None,
    config: Config = None,
    database: Database = None,
) -> None:
    """Give out everything that is held of a person, as JSON."""
    from sync.commands.export import export_person as run  # noqa: PLC0415

    run(config, database, person, output)


@app.command("erase")
def erase(
    people: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PERSON", help="E-mails, customer ids, person:NUMBER; without any, what still waits goes on."
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Give up what cannot be taken away at a destination.")] = False,
    config: Config = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Erase people, here and what was written at destinations; past counts stand."""
    from sync.commands.erase import erase_people as run  # noqa: PLC0415

    run(config, database, people or [], yes=yes, force=force, as_json=json)


@app.command("object")
def object_(
    person: Annotated[str, typer.Argument(help="An e-mail, a customer id, or person:NUMBER.")],
    ends: Annotated[bool, typer.Option("--withdraw", help="End the objection.")] = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Take a person out of profiling and pushes, and our tags and fields off them."""
    from sync.commands.object_person import run  # noqa: PLC0415

    run(config, database, person, ends=ends)


@app.command("privacy")
def privacy(config: Config = None, database: Database = None, json: Json = False) -> None:
    """Print the record of processing (GDPR, article 30), as the settings are now."""
    from sync.commands.privacy import run  # noqa: PLC0415

    run(config, database, as_json=json)


@app.command("pressure")
def pressure(
    person: Annotated[str, typer.Argument(help="An e-mail, a customer id, or person:NUMBER.")],
    config: Config = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Say from which day on a person may be written to, by the caps of their segments and the messages known."""
    from sync.commands.pressure import run  # noqa: PLC0415

    run(config, database, person, as_json=json)
