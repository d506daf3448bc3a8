"""Having a person object to profiling, or no longer."""

from __future__ import annotations

from sqlalchemy import Connection, select

from connector.days import day_date
from connector.errors import ConnectorError, StorageError
from connector.models import Delivery, DestinationRow, Identity
from connector.tables import table
from sync.language.told import whole
from sync.language.voice import Voice
from sync.privacy.objections import note
from sync.push.undo import leave
from sync.runs import recorded
from sync.tasks.recompute import bring_up_to_date
from sync.workspace import Workspace


def objected(workspace: Workspace, say: Voice, number: int, *, ends: bool) -> list[str]:
    """Have a person object, or no longer, as the one who writes; the destinations that could not be reached yet."""
    pending: list[str] = []
    with recorded(workspace.engine, "object", workspace.now) as record:
        note(workspace.engine, workspace.suppressed, number, workspace.today(), now=workspace.now(), objects=not ends)
        bring_up_to_date(workspace, say, record)
        if ends:
            say.say("L'opposition est levée.", "The objection is withdrawn.")
            return pending
        day = say.day(day_date(workspace.today()))
        say.say(
            f"Opposition notée : dans aucun segment depuis le {day}, plus rien ne part.",
            f"Objection noted: in no segment from {day} on, and nothing is pushed any more.",
        )
        pending += [key for key in _places(workspace, number) if not _left(workspace, say, key, number)]
        record.detail["pending"] = pending
    return pending


def _left(workspace: Workspace, say: Voice, key: str, person: int) -> bool:
    """Whether nothing of ours is left at a destination; the next push tries again where it could not be reached."""
    try:
        ((_, _, destination),) = workspace.destinations(key)
        with recorded(workspace.engine, f"leave {key}", workspace.now) as record:
            leave(workspace.engine, key, destination, now=workspace.now(), run_id=record.id, only=[person])
    except StorageError:
        raise
    except ConnectorError as error:
        say.warn(f"EN ATTENTE, {key} : {whole(error, 'fr')}", f"PENDING, {key}: {error}")
    with workspace.engine.connect() as connection:
        gone = key not in _holding(connection, person)
    if gone:
        say.say(f"Retiré chez {key}.", f"Taken away at {key}.")
    else:
        say.warn(
            f"EN ATTENTE, {key} : le prochain envoi y retire ce qui reste.",
            f"PENDING, {key}: the next push takes away what is left there.",
        )
    return gone


def _places(workspace: Workspace, person: int) -> list[str]:
    with workspace.engine.connect() as connection:
        return _holding(connection, person)


def _holding(connection: Connection, person: int) -> list[str]:
    """The destinations at which something was delivered for a person."""
    deliveries, identities, destinations = table(Delivery), table(Identity), table(DestinationRow)
    rows = (
        select(destinations.c.key)
        .join(deliveries, deliveries.c.destination_id == destinations.c.id)
        .join(identities, identities.c.id == deliveries.c.identity_id)
        .where(identities.c.customer_id == person)
    )
    return list(connection.scalars(rows.distinct().order_by(destinations.c.key)))
