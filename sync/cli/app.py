"""The application, and the options that many commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="connector",
    help="Knows where each customer of a shop stands in the life cycle, and writes it back as tags and audiences.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Config = Annotated[Path | None, typer.Option("--config", envvar="CONNECTOR_CONFIG", help="Settings file.")]
Database = Annotated[
    str | None,
    typer.Option("--database", envvar="CONNECTOR_DATABASE", help="Path of a SQLite file, or postgresql+psycopg://…"),
]
Json = Annotated[bool, typer.Option("--json", help="Print data for programs.")]
Force = Annotated[bool, typer.Option("--force", help="Insist where a guard refuses.")]
Store = Annotated[str | None, typer.Option("--store", help="Name of a store in the settings.")]
AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DAY", help="State at the end of a day, YYYY-MM-DD.")]
From = Annotated[str | None, typer.Option("--from", metavar="DAY", help="First day; by default 30 days before.")]
To = Annotated[str | None, typer.Option("--to", metavar="DAY", help="Last day; by default today.")]
FamilyKey = Annotated[str, typer.Option("--family", help="Key of a family that is switched on.")]
Window = Annotated[int | None, typer.Option("--window", min=1, max=3650, help="Days; writes nothing.")]


@app.callback()
def begin() -> None:
    """Before each command: log lines go to standard error, so that what is printed is the answer alone."""
    from sync.logs import set_up  # noqa: PLC0415

    set_up()
