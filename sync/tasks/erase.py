"""Erasing people, and going on with what still stands of them at destinations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from connector.privacy.export import export
from sync.language.told import sentence
from sync.language.voice import Voice
from sync.lock import writer
from sync.privacy.erasing import clean, erase
from sync.privacy.leftovers import Taken, give_up, take_away, waiting
from sync.runs import recorded
from sync.workspace import Workspace


def erased(workspace: Workspace, say: Voice, people: list[int], *, force: bool = False) -> dict[str, Any]:
    """Erase people here, then what is left of anybody erased at the destinations; what came of it."""
    said: dict[str, Any] = {"people": 0, "orders": 0, "copies": []}
    with (
        writer(workspace.engine, now=workspace.now()),
        recorded(workspace.engine, "erase", workspace.now) as record,
    ):
        if people:
            done = erase(workspace.engine, workspace.suppressed, people, now=workspace.now(), reason="asked")
            said = {"people": done.people, "orders": done.orders, "copies": [str(copy) for copy in done.copies]}
            _tell_erased(say, said)
        said |= finish(workspace, say, force=force)
        record.detail |= {name: said[name] for name in ("people", "orders", "waiting")}
    return said


@dataclass(frozen=True, slots=True)
class Going:
    """What goes with a person: how many rows of which sections, and at which destinations something is theirs."""

    rows: list[tuple[dict[str, str], int]]  # the section's label by language
    places: list[str]


def going(connection: Connection, person: int) -> Going:
    """What would go with a person."""
    sections = export(connection, person, {})["sections"]
    places = {row["destination"] for section in sections if section["key"] == "deliveries" for row in section["rows"]}
    return Going([(section["label"], len(section["rows"])) for section in sections if section["rows"]], sorted(places))


def finish(workspace: Workspace, say: Voice, *, force: bool = False) -> dict[str, Any]:
    """Take away at the destinations what still stands there of erased people; what came of it, and what still waits."""
    with workspace.engine.connect() as connection:
        if not waiting(connection):
            return {"taken": 0, "left": [], "waiting": {}}
    taken = take_away(workspace)
    given_up = give_up(workspace.engine) if force else 0
    clean(workspace.engine)
    with workspace.engine.connect() as connection:
        still = waiting(connection)
    _tell_taken(say, taken, still, given_up)
    return {"taken": taken.done, "left": [list(one) for one in taken.left], "waiting": still}


def _tell_erased(say: Voice, said: dict[str, Any]) -> None:
    say.say(
        f"Effacé : {say.people(said['people'])}, "
        f"{say.count(said['orders'], 'commande rendue anonyme', 'commandes rendues anonymes')}.",
        f"Erased: {say.people(said['people'])}, {say.count(said['orders'], 'order', 'orders')} made nameless.",
    )
    for copy in said["copies"]:
        say.say(f"Copie d'avant migration supprimée : {copy}", f"Copy from before a migration deleted: {copy}")
    say.say(
        "Une sauvegarde plus ancienne que l'on remettrait serait effacée de nouveau à l'ouverture.",
        "An older backup, were it put back, would be erased again when it is opened.",
    )


def _tell_taken(say: Voice, taken: Taken, still: dict[str, int], given_up: int) -> None:
    if taken.done:
        say.say(
            f"Retiré chez les destinations : {say.count(taken.done, 'adresse', 'adresses')}.",
            f"Taken away at destinations: {say.count(taken.done, 'address', 'addresses')}.",
        )
    for place, why in taken.left:
        say.warn(f"{place} : laissé là-bas ({sentence(why, 'fr')})", f"{place}: left there ({why})")
    for place, why in taken.waiting:
        say.warn(f"{place} : {sentence(why, 'fr')}", f"{place}: {why}")
    if given_up:
        say.warn(
            f"Abandonné là-bas à {say.count(given_up, 'adresse', 'adresses')}, à effacer à la main.",
            f"Given up there at {say.count(given_up, 'address', 'addresses')}, to be erased by hand.",
        )
    for place, count in still.items():
        say.warn(
            f"EN ATTENTE, {place} : {count}. Chaque envoi et chaque nuit réessaient ; `connector erase` aussi.",
            f"PENDING, {place}: {count}. Each push and each night try again; so does `connector erase`.",
        )
