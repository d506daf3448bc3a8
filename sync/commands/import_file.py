"""The import command: a shop's CSV export into the same rows that a pull fills."""

from __future__ import annotations

from pathlib import Path

from connector.days import day_date
from sync.language.voice import Voice, emit, voice
from sync.tasks.importing import Belonging, Imported, imported
from sync.tasks.pull import tell_pull
from sync.workspace import open_workspace


def run(config: Path | None, database: str | None, file: Path, belonging: Belonging, *, as_json: bool) -> None:
    """Import `file` into a store, bring the memberships up to date, and say what the base holds now."""
    workspace = open_workspace(config, database)
    say = voice(workspace.settings, quiet=as_json)
    found = imported(workspace, say, file, belonging)
    tell_pull(say, found.store.key, found.report)
    _tell(say, found)
    if as_json:
        emit(_summary(found))


def _tell(say: Voice, found: Imported) -> None:
    store, held = found.store, found.held
    ends = [say.day(day_date(day)) for day in (held.first_day, held.last_day) if day]
    span = " – ".join(ends) or "–"
    say.say(
        f"{say.people(held.people)}, {say.count(held.orders, 'commande', 'commandes')} ({span}), "
        f"{say.money(held.net, store.base)} nets de remboursements.",
        f"{say.people(held.people)}, {say.count(held.orders, 'order', 'orders')} ({span}), "
        f"{say.money(held.net, store.base)} net of refunds.",
    )
    if held.anonymous:
        say.say(
            f"{say.count(held.anonymous, 'commande anonyme', 'commandes anonymes')} : "
            "dans la recette, dans aucun segment.",
            f"{say.count(held.anonymous, 'order', 'orders')} of nobody known: in the revenue, in no segment.",
        )
    if held.foreign:
        say.say(
            f"{say.count(held.foreign, 'commande', 'commandes')} dans une autre devise, "
            f"{'comptée' if held.foreign < 2 else 'comptées'} sans montant.",
            f"{say.count(held.foreign, 'order', 'orders')} in another currency, counted without an amount.",
        )
    if found.lifted:
        say.say(
            "L'historique est complet depuis la première commande du fichier.",
            "The history is complete from the file's first order on.",
        )


def _summary(found: Imported) -> dict[str, object]:
    store, report, held = found.store, found.report, found.held
    orders = report.rows("orders")
    return {
        "store": store.key,
        "people": held.people,
        "orders": held.orders,
        "counted": held.counted,
        "anonymous": held.anonymous,
        "net": {"minor": held.net, "currency": store.base},
        "new": orders.new,
        "changed": orders.changed,
        "unchanged": orders.same,
        "quarantined": report.quarantined,
        "warnings": list(report.warnings),
    }
