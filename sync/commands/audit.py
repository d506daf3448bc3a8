"""The audit of a file: a shop's export read into a database that lasts as long as the command, and told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from connector.database import open_database
from connector.days import day_date
from connector.errors import SettingsError
from connector.language import Language
from connector.models import Quarantine
from connector.settings import GivenSettings
from connector.tables import table
from connectors.csvfile import CsvSource, parse_mapping
from sync import assumed
from sync.asked import asked_day
from sync.commands.simulation import difference, ruled
from sync.files import replacing
from sync.language.terminal import terminal_language
from sync.language.told import sentence
from sync.language.voice import Voice, emit, speak, voice
from sync.lock import writer
from sync.tasks.importing import Belonging, Imported, read_file
from sync.tasks.recompute import bring_up_to_date
from sync.web.pages.week import Standing
from sync.web.report import Picture, Subject, page, picture
from sync.web.trust import Worry
from sync.web.values import Money
from sync.workspace import Workspace

NONE = "XXX"
"""No currency (ISO 4217)."""
ENDINGS = {".html", ".htm"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user says of a file, where the file does not, and of the report."""

    customers: Path | None = None
    html: Path | None = None
    language: Language | None = None
    as_of: str | None = None
    currency: str | None = None
    timezone: str | None = None
    mapping: str | None = None


@dataclass(frozen=True, slots=True)
class Audit:
    """What came of it: whose orders they are, the picture of them, and what keeps it from being whole."""

    subject: Subject
    shown: Picture
    doubts: list[Worry]


def run(file: Path, asked: Asked, *, as_json: bool) -> None:
    """Read a file, say where its customers stand, and write the report where one is asked for; nothing else is kept."""
    settings = GivenSettings(language=asked.language or ("en" if as_json else terminal_language()))
    say = voice(settings, quiet=as_json)
    speak(say.language)
    _require_fit(file, asked)
    with nullcontext() if asked.html is None else replacing(asked.html) as write:
        with _workspace(settings) as workspace:
            audit = _audit(workspace, say, file, asked)
        if write is not None:
            write(page(audit.subject, audit.shown, audit.doubts, say))
    if as_json:
        emit(_summary(audit, asked.html))
    else:
        _tell(say, audit, asked.html)


def _require_fit(file: Path, asked: Asked) -> None:
    """SettingsError where the report would take the place of what is read, or of something that is no report."""
    html = asked.html
    if html is None:
        return
    for read in (file, asked.customers):
        if read is not None and (html == read or (html.exists() and read.exists() and html.samefile(read))):
            raise SettingsError(f"{html} is the file that is read.", remedy="Give the report a name of its own.")
    if html.suffix.casefold() not in ENDINGS:
        raise SettingsError(f"The report {html} would be no page.", remedy="Give it a name that ends in .html.")
    if html.is_dir():
        raise SettingsError(f"{html} is a folder.", remedy="Name a file in it, such as report.html.")
    if not html.parent.is_dir():
        raise SettingsError(f"There is no folder {html.parent}.", remedy="Make it, or name another place.")


@contextmanager
def _workspace(settings: GivenSettings) -> Iterator[Workspace]:
    """A workspace whose database goes with the block."""
    with TemporaryDirectory(prefix="connector-audit-") as folder:
        place = Path(folder)
        engine = open_database(str(place / "audit.db"))
        try:
            yield Workspace(settings.beside(place), engine)
        finally:
            engine.dispose()  # else Windows would not let the file go


def _audit(workspace: Workspace, say: Voice, file: Path, asked: Asked) -> Audit:
    belonging, doubts = _belonging(say, file, asked)
    with writer(workspace.engine, now=workspace.now()):
        found = read_file(workspace, say, file, belonging)
        if not found.held.orders:
            raise _no_order(workspace, file)
        known = _at(workspace, found, asked.as_of)
        people = None if asked.customers is None else _customers(known, say, asked.customers)
        bring_up_to_date(known, say)
    assert found.held.first_day is not None
    assert found.held.last_day is not None
    subject = Subject(
        file.name,
        day_date(found.held.first_day).isoformat(),
        day_date(found.held.last_day).isoformat(),
        found.held.orders,
        Money(found.held.net, found.store.base),
        found.store.zone.key,
    )
    return Audit(subject, picture(known, say), [*_doubts(say, found, people), *doubts])


def _belonging(say: Voice, file: Path, asked: Asked) -> tuple[Belonging, list[Worry]]:
    """Currency and time zone, as they were given, else as the file has them or as is assumed; what was."""
    zone = asked.timezone or assumed.zone()
    said = asked.currency or _currency(file, asked, zone)
    doubts = []
    if said is None:
        doubts.append(
            Worry(
                say.text(
                    "Le fichier ne dit pas sa devise : l'euro est supposé.",
                    "The file names no currency: euros are assumed.",
                ),
                say.text("Si c'en est une autre : --currency CHF.", "If it is another: --currency CHF."),
            )
        )
    return Belonging(currency=said or assumed.CURRENCY, timezone=zone, mapping=asked.mapping), doubts


def _currency(file: Path, asked: Asked, zone: str) -> str | None:
    """The currency of most of a file's first orders, None where they name none; SettingsError where it has none."""
    mapping = parse_mapping(asked.mapping) if asked.mapping else None
    source = CsvSource(file, currency=NONE, timezone=zone, mapping=mapping)
    if source.of_customers:
        raise SettingsError(
            f"{file.name} is an export of customers: it has no orders.",
            remedy="Name the export of the orders; this one may follow it: --customers FILE.",
        )
    first = next(source.orders(), None)
    named = Counter(order.currency for order in (first.records if first else ()) if order.currency != NONE)
    return named.most_common(1)[0][0] if named else None


def _customers(workspace: Workspace, say: Voice, file: Path) -> Imported:
    found = read_file(workspace, say, file, Belonging())
    if not found.customers:
        raise SettingsError(
            f"{file.name} is no export of customers.",
            remedy="Name the shop's export of customers, or leave --customers out.",
        )
    return found


def _at(workspace: Workspace, found: Imported, as_of: str | None) -> Workspace:
    """The workspace on the evening of the day that is asked for, else on that of the file's last order."""
    held, zone = found.held, found.store.zone
    assert held.first_day is not None
    assert held.last_day is not None
    day = min(held.last_day, workspace.today()) if as_of is None else asked_day(workspace, as_of)
    if held.first_day > workspace.today():
        raise SettingsError(
            f"The first order of the file is of {day_date(held.first_day)}, which has not come yet.",
            remedy="Correct the dates in the file, or name their column: --map.",
        )
    if day < held.first_day:
        raise SettingsError(
            f"{day_date(day)} lies before the first order, of {day_date(held.first_day)}.",
            remedy="Ask for a later day.",
        )
    evening = datetime.combine(day_date(day), time(23, 59, 59), zone)
    return replace(workspace, clock=lambda: evening)


def _no_order(workspace: Workspace, file: Path) -> SettingsError:
    """What to say of a file without any order that could be read: the first reason why, where there is one."""
    with workspace.engine.connect() as connection:
        reason = connection.scalar(select(table(Quarantine).c.reason).limit(1))
    if reason is None:
        return SettingsError(
            f"{file.name} holds no orders.", remedy="Export the orders again, and choose all of them there."
        )
    return SettingsError(
        f"No order of {file.name} can be read: {reason}",
        remedy="Export the orders again, or say which columns to read: --map.",
    )


def _doubts(say: Voice, found: Imported, people: Imported | None) -> Iterator[Worry]:
    """What the reader of the report is to know of the file."""
    held = found.held
    for warning in (*found.report.warnings, *(people.report.warnings if people else ())):
        yield Worry(sentence(warning, say.language), "")
    if found.report.quarantined:
        lost = found.report.quarantined
        yield Worry(
            say.text(
                "Laissé de côté : {lost}.",
                "Left out: {lost}.",
                lost=say.count(
                    lost, *say.choose(("ligne illisible", "lignes illisibles"), ("unreadable line", "unreadable lines"))
                ),
            ),
            say.text("`connector import` en garde la raison.", "`connector import` keeps the reason."),
        )
    if held.anonymous:
        said = say.count(held.anonymous, *say.choose(("commande", "commandes"), ("order", "orders")))
        yield Worry(
            say.text(
                "{said} sans adresse ni numéro de client : dans le chiffre d'affaires, mais dans aucune étape.",
                "{said} without an address or a customer's number: in the revenue, but in no stage.",
                said=said,
            ),
            "",
        )
    if held.foreign:
        said = say.count(held.foreign, *say.choose(("commande", "commandes"), ("order", "orders")))
        yield Worry(
            say.text(
                "{said} dans une autre devise que {base} : comptées, mais sans montant.",
                "{said} in another currency than {base}: counted, but without an amount.",
                said=said,
                base=found.store.base,
            ),
            "",
        )
    if people is None:
        yield Worry(
            say.text(
                "Le fichier ne connaît que ceux qui ont commandé, et ne dit pas qui accepte de recevoir des messages.",
                "The file knows only those who have ordered, and does not say who agrees to receive messages.",
            ),
            say.text(
                "Ajoutez l'export de vos clients : --customers FICHIER.",
                "Add the export of your customers: --customers FILE.",
            ),
        )
    else:
        yield Worry(
            say.text(
                "L'export des clients ne dit pas depuis quand chacun est connu : ceux qui n'ont rien commandé "
                "ne comptent qu'à partir du dernier jour.",
                "The export of customers does not say since when each is known: those who ordered nothing count "
                "from the last day on.",
            ),
            "",
        )


def _summary(audit: Audit, html: Path | None) -> dict[str, Any]:
    """The audit for programs: `week` and `priorities` are what /api/v1/week and /api/v1/priorities answer."""
    return {
        **msgspec.to_builtins(audit.subject),
        "report": None if html is None else str(html.resolve()),
        "doubts": msgspec.to_builtins(audit.doubts),
        "week": msgspec.to_builtins(audit.shown.week),
        "priorities": msgspec.to_builtins(audit.shown.priorities),
    }


def _tell(say: Voice, audit: Audit, html: Path | None) -> None:
    """The report's place; without one, the sentence, the stages, and what there is to know of the file."""
    if html is not None:
        say.say(f"Rapport écrit : {html.resolve().as_uri()}", f"The report is written: {html.resolve().as_uri()}")
        return
    week, subject = audit.shown.week, audit.subject
    title = f"{subject.file} · {say.day(week.as_of, 'long')}"
    say.say(title, title)
    say.say(f"\n{week.sentence}", f"\n{week.sentence}")
    Console(highlight=False).print(_stages(say, week.stages))
    for doubt in audit.doubts:
        line = f"! {doubt.told} {doubt.remedy}".rstrip()
        say.say(line, line)
    say.say("Le tableau complet en une page : --html rapport.html", "The whole picture as one page: --html report.html")


def _stages(say: Voice, stages: Sequence[Standing]) -> Table:
    french = ["Étape", "Personnes", "Part", "7 jours", "30 jours", "90 jours"]
    english = ["Stage", "People", "Share", "7 days", "30 days", "90 days"]
    shown = ruled("", say.choose(french, english))
    for stage in stages:
        changes = ("–" if more is None else difference(say, more) for more in (stage.week, stage.month, stage.quarter))
        shown.add_row(stage.label, say.number(stage.people), say.percent(stage.share), *changes)
    return shown
