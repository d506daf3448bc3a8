"""Commands about segments: who, how many, why, what they are worth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from sync.cli.app import AsOf, Config, Database, FamilyKey, Force, From, Json, To, Window, app


@app.command("recompute")
def recompute(
    config: Config = None,
    database: Database = None,
    full: Annotated[bool, typer.Option("--full", help="Look at everyone, not only at who changed or is due.")] = False,
    history: Annotated[bool, typer.Option(help="On the first time, rebuild the past day by day.")] = True,
    force: Force = False,
) -> None:
    """Work out who is in which segment."""
    from sync.commands.cycle import recompute as run  # noqa: PLC0415

    run(config, database, full=full, history=history, force=force)


@app.command("segments")
def segments(
    as_of: AsOf = None,
    window: Window = None,
    everything: Annotated[bool, typer.Option("--all", help="Show what is off, too; --json always does.")] = False,
    family: Annotated[
        list[str] | None, typer.Option(help="Only these families and audiences, by key. Repeatable.")
    ] = None,
    config: Config = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Count the people and the money of each stage, and the people of each audience."""
    from sync.commands.segments import run  # noqa: PLC0415

    run(config, database, as_of=as_of, window=window, only=family or [], everything=everything, as_json=json)


@app.command("members")
def members(
    segment: Annotated[str, typer.Argument(help="For example spread.loyal.")],
    as_of: AsOf = None,
    window: Window = None,
    config: Config = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """List the people of a segment."""
    from sync.commands.members import members as run  # noqa: PLC0415

    run(config, database, segment, as_of=as_of, window=window, as_json=json)


@app.command("query")
def query(
    rule: Annotated[str, typer.Argument(metavar="TEXT", help='A rule: "last_order_date <= -180d".')],
    as_of: AsOf = None,
    timeout: Annotated[float, typer.Option(min=0, metavar="SECONDS", help="Give up after so long.")] = 60,
    config: Config = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Count the people for whom a rule holds, and say whether Shopify's own segments know it."""
    from sync.commands.query import run  # noqa: PLC0415

    run(config, database, rule, as_of=as_of, timeout=timeout, as_json=json)


@app.command("why")
def why(
    person: Annotated[str, typer.Argument(help="An e-mail, a customer id, or person:NUMBER.")],
    segment: Annotated[str | None, typer.Argument(help="For example spread.loyal; all by default.")] = None,
    as_of: AsOf = None,
    config: Config = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Show each condition with the person's own value, what is missing, and what changes next."""
    from sync.commands.why import run  # noqa: PLC0415

    run(config, database, person, segment, as_of=as_of, as_json=json)


@app.command("simulate")
def simulate(
    changes: Annotated[
        list[str], typer.Argument(metavar="KEY=VALUE", help='spread.window=120, "aud.mine=RULE", "spread.new=RULE".')
    ],
    as_of: AsOf = None,
    config: Config = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Show who would change stage, and what would be pushed, if values or rules were others. Writes nothing."""
    from sync.commands.simulate import run  # noqa: PLC0415

    run(config, database, changes, as_of=as_of, as_json=json)


@app.command("movements")
def movements(
    from_day: From = None,
    to_day: To = None,
    family: FamilyKey = "spread",
    config: Config = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Show who went from which stage to which between two days, and why."""
    from sync.commands.movements import movements as run  # noqa: PLC0415

    run(config, database, from_day=from_day, to_day=to_day, family=family, as_json=json)


@app.command("evolution")
def evolution(
    from_day: From = None,
    to_day: To = None,
    family: FamilyKey = "spread",
    config: Config = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Show how many people each stage held on each day."""
    from sync.commands.movements import evolution as run  # noqa: PLC0415

    run(config, database, from_day=from_day, to_day=to_day, family=family, as_json=json)


@app.command("health")
def health(as_of: AsOf = None, config: Config = None, database: Database = None, json: Json = False) -> None:
    """Judge each segment: identifiable, substantial, accessible, stable, differentiable, actionable."""
    from sync.commands.judge import health as run  # noqa: PLC0415

    run(config, database, as_of=as_of, as_json=json)


@app.command("priorities")
def priorities(
    family: Annotated[
        str | None, typer.Option(help="Key of a family; by default all that are switched on, spread for goals.")
    ] = None,
    goal: Annotated[
        list[str] | None, typer.Option(help="Two stages, as new:loyal. Repeatable; by default the objectives.")
    ] = None,
    as_of: AsOf = None,
    config: Config = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Rank what the objectives are worth, and how many people a month reach them; or moves of one's own."""
    from sync.commands.judge import priorities as run  # noqa: PLC0415

    run(config, database, family=family, goals=goal or [], as_of=as_of, as_json=json)


@app.command("holdout")
def holdout(
    segment: Annotated[str | None, typer.Argument(help="For example spread.inactive; all by default.")] = None,
    config: Config = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Compare those who are held out of a segment with those who are written to."""
    from sync.commands.holdout import run  # noqa: PLC0415

    run(config, database, segment, as_json=json)


@app.command("insights")
def insights(as_of: AsOf = None, config: Config = None, database: Database = None, json: Json = False) -> None:
    """Show what the shop lives on: best customers, first and later purchases, products, and what is known."""
    from sync.commands.insights import run  # noqa: PLC0415

    run(config, database, as_of=as_of, as_json=json)


@app.command("clv")
def clv(
    as_of: AsOf = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DAY", help="Hold the model of --as-of against what came since.")
    ] = None,
    people: Annotated[int, typer.Option("--people", min=0, max=1000, help="List so many of the most promising.")] = 0,
    discount: Annotated[float, typer.Option("--discount", min=0, max=100, help="Yearly rate, in percent.")] = 0,
    config: Config = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """What people spent, and what they may spend in the next 12 months, with its interval."""
    from sync.commands.clv import Asked, run  # noqa: PLC0415

    run(config, database, Asked(as_of, until, people, discount), as_json=json)


@app.command("audit")
def audit(
    file: Annotated[Path, typer.Argument(help="A CSV export of orders (also .csv.gz).")],
    html: Annotated[Path | None, typer.Option("--html", metavar="REPORT", help="Write it as one page here.")] = None,
    customers: Annotated[Path | None, typer.Option(help="The shop's CSV export of customers, too.")] = None,
    language: Annotated[
        Literal["fr", "en"] | None, typer.Option(help="By default the terminal's; of --json en.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DAY", help="YYYY-MM-DD; by default that of the last order.")
    ] = None,
    currency: Annotated[str | None, typer.Option(help="ISO code, where the file names none.")] = None,
    timezone: Annotated[
        str | None, typer.Option(help="IANA name; by default this computer's, Europe/Paris if that is UTC.")
    ] = None,
    mapping: Annotated[
        str | None, typer.Option("--map", help="customer=COL,placed_at=COL,total=COL, for an export that is not known.")
    ] = None,
    json: Json = False,
) -> None:
    """Say where the customers of a CSV export stand, without settings or a database: nothing else is written."""
    from sync.commands.audit import Asked, run  # noqa: PLC0415

    run(file, Asked(customers, html, language, as_of, currency, timezone, mapping), as_json=json)
