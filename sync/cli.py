"""The command line: each command opens the workspace, calls one function, and prints.

Whatever is heavy is imported when its command runs, so that --help answers at once.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from contextvars import Context
from pathlib import Path
from typing import Annotated, Literal

import typer

from connector.errors import ConnectorError, QueryError, UnsafeError

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


@app.command("run")
def run(config: Config = None, database: Database = None, force: Force = False) -> None:
    """Pull, recompute and push, as the service does."""
    from sync.commands.cycle import cycle  # noqa: PLC0415

    cycle(config, database, force=force)


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


_FREE = "Free some space; nothing was lost, run the command again."
_ALLOW = "Give the user who runs the connector the right to write there."
_REMEDIES = {
    errno.ENOSPC: _FREE,
    errno.EDQUOT: _FREE,
    errno.EFBIG: "Lift the limit on the size of files; nothing was lost, run the command again.",
    errno.EIO: "The disk fails: look at it before the command is run again.",
    errno.EROFS: _ALLOW,
    errno.EACCES: _ALLOW,
    errno.EPERM: _ALLOW,
}


def main() -> None:
    """Run a command; the process ends with 0 done, 1 failed, 2 wrong usage, 3 refused by a guard."""
    Context().run(_run)  # the language that a command finds in its settings is forgotten after it


def _run() -> None:
    from sync.logs import set_up  # noqa: PLC0415
    from sync.terminal import terminal_language  # noqa: PLC0415
    from sync.usage import run  # noqa: PLC0415

    set_up()
    _speak_utf8()
    try:
        sys.exit(run(app, [_heard(word) for word in sys.argv[1:]], terminal_language()))
    except ConnectorError as error:
        sys.exit(_told(error))
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        if error.errno not in _REMEDIES:
            raise
        sys.exit(_told(_of_the_system(error)))


def _of_the_system(error: OSError) -> ConnectorError:
    from sync.told import sentence  # noqa: PLC0415

    file, why = f" ({error.filename})" if error.filename else "", error.strerror or ""
    french = f"Le système refuse : {sentence(why, 'fr')}{file}."
    return ConnectorError(f"{why}{file}.", remedy=_REMEDIES[error.errno or 0], french=french)


def _speak_utf8() -> None:
    """What programs and files get is UTF-8 whatever the locale; a terminal gets what it can show."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="backslashreplace")


def _heard(word: str) -> str:
    """A word of the command line, as UTF-8 where the locale knew no letters for its bytes."""
    try:
        word.encode()
    except UnicodeEncodeError:
        return os.fsencode(word).decode(errors="replace")
    return word


def _told(error: ConnectorError) -> int:
    """Say what went wrong and what to do, in the language of the settings, and return the exit status for it."""
    from sync.logs import keyless  # noqa: PLC0415
    from sync.told import message, remedy  # noqa: PLC0415
    from sync.voice import plain, spoken  # noqa: PLC0415

    language = spoken()
    place = f" ({error.place})" if isinstance(error, QueryError) and error.place else ""
    print(plain(keyless(f"{message(error, language)}{place}")), file=sys.stderr)
    if isinstance(error, QueryError) and error.text:
        line = error.text.splitlines()[error.line - 1] if error.text.splitlines() else ""
        print(plain(f"  {line}\n  {' ' * (error.column - 1)}^"), file=sys.stderr)
    if error.remedy:
        print(plain(keyless(remedy(error, language))), file=sys.stderr)
    return 3 if isinstance(error, UnsafeError) else 1


if __name__ == "__main__":
    main()
