"""Commands that run it, check it, copy it, and try it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from sync.cli.app import Config, Database, Force, Json, app


@app.command("demo")
def demo(
    json: Json = False,
    people: Annotated[int, typer.Option(min=50, max=200_000, help="How many people the shop has.")] = 8000,
    language: Annotated[str, typer.Option(help="fr or en.")] = "",
    keep: Annotated[Path | None, typer.Option(help="Keep the demo's database in this folder.")] = None,
    serve: Annotated[bool, typer.Option("--serve", help="Open the dashboard on it, without a login.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of the dashboard; 0 takes a free one.")] = 8765,
    browser: Annotated[bool, typer.Option(help="Open a browser on it.")] = True,
) -> None:
    """Play the whole road on an invented French shop: pull, recompute, plan, push, and a second push of nothing."""
    if serve:
        from sync.commands.demo_serve import run as tour  # noqa: PLC0415

        tour(people=people, language=language, keep=keep, port=port, browser=browser)
        return
    from sync.commands.demo import run  # noqa: PLC0415

    run(as_json=json, people=people, language=language, keep=keep)


@app.command("check")
def check(config: Config = None, database: Database = None, json: Json = False) -> None:
    """Ask every shop and tool whether its key works, and say what to do where something is missing."""
    from sync.commands.check import run  # noqa: PLC0415

    run(config, database, as_json=json)


@app.command("run")
def run(config: Config = None, database: Database = None, force: Force = False) -> None:
    """Pull, recompute and push, as the service does."""
    from sync.commands.cycle import cycle  # noqa: PLC0415

    cycle(config, database, force=force)


@app.command("serve")
def serve(
    host: Annotated[str | None, typer.Option(help="Where to listen; else as [serve] says, 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="On which port; else as [serve] says.")] = None,
    config: Config = None,
    database: Database = None,
) -> None:
    """Serve the dashboard, run the schedule and receive webhooks until told to stop."""
    from sync.commands.serve import run  # noqa: PLC0415

    run(config, database, host=host, port=port)


users = typer.Typer(help="Who may open the dashboard.", no_args_is_help=True)


app.add_typer(users, name="users")


@users.command("list")
def users_list(config: Config = None, database: Database = None, json: Json = False) -> None:
    """List who may open the dashboard, and as what."""
    from sync.commands.users import listed  # noqa: PLC0415

    listed(config, database, as_json=json)


@users.command("add")
def users_add(
    name: Annotated[str, typer.Argument(help="How they sign in; of somebody known, for a forgotten password.")],
    role: Annotated[
        Literal["admin", "viewer"] | None, typer.Option(help="admin changes things; viewer (by default) looks.")
    ] = None,
    config: Config = None,
    database: Database = None,
) -> None:
    """Print a one-time code with which somebody chooses a password for the dashboard."""
    from sync.commands.users import add  # noqa: PLC0415

    add(config, database, name, role)


@users.command("disable")
def users_disable(
    name: Annotated[str, typer.Argument(help="How they sign in.")], config: Config = None, database: Database = None
) -> None:
    """Let somebody in no more; their sessions and their token end at once."""
    from sync.commands.users import end  # noqa: PLC0415

    end(config, database, name)


@users.command("token")
def users_token(
    name: Annotated[str, typer.Argument(help="A user, or a new name for a program.")],
    role: Annotated[Literal["admin", "viewer"], typer.Option(help="Of a new name.")] = "viewer",
    config: Config = None,
    database: Database = None,
) -> None:
    """Print a token for the JSON API; the one that the user had ends."""
    from sync.commands.users import token  # noqa: PLC0415

    token(config, database, name, role)


@app.command("backup")
def backup(
    file: Annotated[Path, typer.Argument(help="Where to write the copy.")],
    config: Config = None,
    database: Database = None,
) -> None:
    """Write a whole copy of the database and of what lies beside it, also while a sync is running."""
    from sync.commands.backup import run  # noqa: PLC0415

    run(config, database, file)


@app.command("restore")
def restore(
    file: Annotated[Path, typer.Argument(help="A copy that `backup` wrote.")],
    config: Config = None,
    database: Database = None,
) -> None:
    """Put a copy back; what was there stays beside it, and who was erased or objected since stays so."""
    from sync.commands.backup import put_back  # noqa: PLC0415

    put_back(config, database, file)
