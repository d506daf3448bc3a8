"""Commands that write to destinations, and take back what was written."""

from __future__ import annotations

from typing import Annotated

import typer

from sync.cli.app import Config, Database, Force, Json, app


@app.command("push")
def push(
    destination: Annotated[str | None, typer.Argument(help="Name of a destination; all of them by default.")] = None,
    config: Config = None,
    database: Database = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the plan that would run, and write nothing.")
    ] = False,
    only: Annotated[list[str] | None, typer.Option(help="One person: an e-mail, a customer id. Repeatable.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many people: a pilot.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on after an undo.")] = False,
    rename: Annotated[bool, typer.Option("--rename", help="Bring delivered texts to those of the settings.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Try once more what was refused for ever.")] = False,
    force: Force = False,
    json: Json = False,
) -> None:
    """Write the differences to the destinations."""
    from sync.commands.push import run  # noqa: PLC0415
    from sync.tasks.push import Request  # noqa: PLC0415

    run(
        config,
        database,
        destination,
        Request(only or [], limit, rename, again),
        dry_run=dry_run,
        resume=resume,
        force=force,
        as_json=json,
    )


@app.command("plan")
def plan(
    number: Annotated[
        int | None, typer.Argument(help="A plan that waits; without it, the waiting ones are listed.")
    ] = None,
    approve: Annotated[bool, typer.Option("--approve", help="Apply it.")] = False,
    config: Config = None,
    database: Database = None,
    force: Force = False,
) -> None:
    """Show the plans that wait for a yes, or give it."""
    from sync.commands.push import plans  # noqa: PLC0415

    plans(config, database, number, approve=approve, force=force)


@app.command("undo")
def undo(
    number: Annotated[int, typer.Argument(metavar="RUN", help="The number that the push printed.")],
    config: Config = None,
    database: Database = None,
) -> None:
    """Take back what a push wrote, where it still stands as it was left."""
    from sync.commands.undo import undo as take_back  # noqa: PLC0415

    take_back(config, database, number)


@app.command("leave")
def leave(
    destination: Annotated[str, typer.Argument(help="Name of a destination.")],
    config: Config = None,
    database: Database = None,
) -> None:
    """Remove everything that we ever wrote at a destination."""
    from sync.commands.undo import leave as remove  # noqa: PLC0415

    remove(config, database, destination)
