"""Commands that bring a shop's data in, and look at what could not be read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from sync.cli.app import Config, Database, Force, Json, Store, app


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="A CSV export (also .csv.gz).")],
    store: Annotated[str | None, typer.Option(help="Name of the store that the orders belong to.")] = None,
    currency: Annotated[str | None, typer.Option(help="ISO code, for a new store: EUR.")] = None,
    timezone: Annotated[str | None, typer.Option(help="IANA name, for a new store: Europe/Paris.")] = None,
    mapping: Annotated[
        str | None,
        typer.Option("--map", help="customer=COL,placed_at=COL,total=COL[,order=COL,email=COL,quantity=COL,…]"),
    ] = None,
    fields: Annotated[
        str | None,
        typer.Option("--fields", metavar="NAME=COL,…", help="Columns of an export of customers that rules ask for."),
    ] = None,
    count_zero: Annotated[bool | None, typer.Option("--count-zero/--no-count-zero", help="Count orders of 0.")] = None,
    config: Config = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Read orders or customers from a shop's CSV export. Reading a file again changes nothing."""
    from sync.commands.import_file import run  # noqa: PLC0415
    from sync.tasks.importing import Belonging  # noqa: PLC0415

    run(config, database, file, Belonging(store, currency, timezone, mapping, fields, count_zero), as_json=json)


@app.command("import-sends")
def import_sends(
    file: Annotated[Path, typer.Argument(help="A CSV file of messages that were sent: e-mail, date.")],
    mapping: Annotated[str | None, typer.Option("--map", help="email=COL,sent_at=COL")] = None,
    source: Annotated[str, typer.Option(help="Name of the tool that sent them.")] = "file",
    until: Annotated[str | None, typer.Option(metavar="DAY", help="The day up to which the file has them all.")] = None,
    config: Config = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Read which messages went to whom. Reading a file again changes nothing."""
    from sync.commands.pressure import import_sends as run  # noqa: PLC0415

    run(config, database, file, mapping=mapping, source=source, until=until, as_json=json)


@app.command("pull")
def pull(
    config: Config = None,
    database: Database = None,
    store: Store = None,
    recheck: Annotated[
        bool, typer.Option("--recheck", help="Also read the last 60 days again, and look for what is gone.")
    ] = False,
    force: Force = False,
) -> None:
    """Read what changed at the shops since the last time."""
    from sync.commands.cycle import pull as run  # noqa: PLC0415

    run(config, database, store=store, recheck=recheck, force=force)


@app.command("reconcile")
def reconcile(
    config: Config = None,
    database: Database = None,
    store: Store = None,
    sample: Annotated[
        int, typer.Option("--sample", min=1, max=100_000, help="How many people, and members of a segment, to compare.")
    ] = 1000,
    json: Json = False,
) -> None:
    """Compare our counts and money with the shop's own: who differs, and why. Fails where no reason is found."""
    from sync.commands.reconcile import run as compare  # noqa: PLC0415

    compare(config, database, store=store, sample=sample, as_json=json)


@app.command("webhooks")
def webhooks(
    action: Annotated[Literal["install", "status", "remove"], typer.Argument(help="What to do with them.")],
    store: Store = None,
    config: Config = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Ask the shops to tell of changes at once, see whether they do, or have them stop."""
    from sync.commands.webhooks import run  # noqa: PLC0415

    run(config, database, action, store, as_json=json)


quarantine = typer.Typer(help="What could not be read, with its reason.", no_args_is_help=True)


app.add_typer(quarantine, name="quarantine")


@quarantine.command("list")
def quarantine_list(config: Config = None, database: Database = None, json: Json = False) -> None:
    """List the records that could not be read or stored, each with its reason and the hash of what was sent."""
    from sync.commands.quarantine import show  # noqa: PLC0415

    show(config, database, as_json=json)


@quarantine.command("retry")
def quarantine_retry(
    number: Annotated[int | None, typer.Argument(metavar="ID", help="A number of the list; all by default.")] = None,
    config: Config = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Fetch what is in quarantine again: it is stored, or kept with the reason of today."""
    from sync.commands.quarantine import again  # noqa: PLC0415

    again(config, database, number, as_json=json)
