"""What a person may ask for: their data, being left out of profiling, being erased; and a merge that is taken back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Form, HTTPException, Response

from connector.answers.dossier import Dossier, dossier
from connector.privacy.export import export
from sync.language.labels import labels
from sync.language.voice import Voice
from sync.lock import writer
from sync.tasks.erase import erased, going
from sync.tasks.merges import separate
from sync.tasks.objection import objected
from sync.web.desk import Desk, Here
from sync.web.done import Done
from sync.web.page import Action, Download, Page
from sync.web.pages.person import Number, called


@dataclass(frozen=True)
class Goes:
    """What goes with a person: rows by what they are, and the destinations at which something is taken away."""

    person: int
    name: str
    rows: list[tuple[str, int]]
    places: list[str]


def goes(desk: Here, number: Number) -> Goes:
    """What would go with a person, before they are erased."""
    found = _found(desk, number)
    with desk.reading() as connection:
        would = going(connection, found.person)
    desk.disclosed("erase", customer_id=found.person)
    rows = [(label[desk.say.language], count) for label, count in would.rows]
    return Goes(found.person, called(desk, found), rows, would.places)


def erase(desk: Here, number: Number, sure: Annotated[bool, Form()]) -> Done:
    """Erase a person here and what was written for them at the destinations."""
    del sure  # without which the form does not fit
    found, workspace = _found(desk, number), desk.workspace

    def work() -> Done:
        done = erased(workspace, Voice(desk.say.language, quiet=True), [found.person])
        return Done("/people", _told(desk, done["orders"], done["waiting"], done["left"]))

    return _sent(desk, "erase", work)


def objection(desk: Here, number: Number, ends: Annotated[bool, Form()] = False) -> Done:
    """Take a person out of all segments and what is ours off them, or have them back in."""
    found, workspace, say = _found(desk, number), desk.workspace, desk.say

    def work() -> Done:
        with writer(workspace.engine, now=workspace.now()):
            pending = objected(workspace, Voice(say.language, quiet=True), found.person, ends=ends)
        if ends:
            said = say.text("L'opposition est levée.", "The objection is withdrawn.")
        elif pending:
            said = say.text(
                "Opposition notée. En attente chez {places} : le prochain envoi y retire ce qui reste.",
                "Objection noted. Pending at {places}: the next push takes away what is left there.",
                places=", ".join(pending),
            )
        else:
            said = say.text(
                "Opposition notée : dans aucun segment, et plus rien ne part.",
                "Objection noted: in no segment, and nothing is pushed any more.",
            )
        return Done(f"/people/{found.person}", said)

    return _sent(desk, "object", work)


def split(desk: Here, number: Number, merge: Annotated[int, Form(ge=1, le=2**62)]) -> Done:
    """Make two people again of one."""
    found, say = _found(desk, number), desk.say
    if merge not in {one.number for one in found.merges}:
        raise HTTPException(404)
    separate(desk.workspace, merge)
    said = say.text(
        "Séparées : le prochain calcul regarde les deux personnes. Elles ne seront plus réunies pour la même raison.",
        "Separated: the next recompute looks at both. They are not joined for the same reason again.",
    )
    return Done(f"/people/{number}", said)


def given_out(desk: Here, number: Number) -> Response:
    """All that is held of a person, as a file to give them."""
    workspace, found = desk.workspace, _found(desk, number)
    with desk.reading() as connection:
        held = export(connection, found.person, labels(workspace.settings), workspace.suppressed.disclosures)
    desk.disclosed("export", customer_id=found.person)
    name = desk.say.text("personne-{n}.json", "person-{n}.json", n=found.person)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(json.dumps(held, ensure_ascii=False, indent=2), media_type="application/json", headers=headers)


def _found(desk: Desk, number: int) -> Dossier:
    """The person of a number; HTTPException 404 where there is nobody, or nobody with a name any more."""
    with desk.reading() as connection:
        found = dossier(connection, number, orders=0)
    if found is None or not found.keys:
        raise HTTPException(404)
    return found


def _told(desk: Desk, orders: int, waiting: dict[str, int], left: list[list[str]]) -> str:
    say = desk.say
    said = [
        say.text(
            "La personne est effacée ; commandes rendues anonymes : {orders}.",
            "The person is erased; orders made nameless: {orders}.",
            orders=say.number(orders),
        )
    ]
    if places := ", ".join(place for place in waiting if place != "file"):
        said.append(
            say.text(
                "En attente chez {places} : chaque envoi et chaque nuit réessaient d'y retirer ce qui reste.",
                "Pending at {places}: each push and each night try again to take away what is left there.",
                places=places,
            )
        )
    if kept := ", ".join(sorted({place for place, _ in left})):
        said.append(say.text("À effacer à la main chez {places}.", "To be erased by hand at {places}.", places=kept))
    return " ".join(said)


def _sent(desk: Desk, name: str, work: Callable[[], Done]) -> Done:
    return desk.errands.send(name, "/syncs", work)


PAGE = Page("/people/{number}/erase", "erase.html", goes, role="admin")
DOWNLOAD = Download("/people/{number}/export.json", given_out, role="admin")
ACTIONS = (
    Action("/people/{number}/erase", erase),
    Action("/people/{number}/object", objection),
    Action("/people/{number}/split", split),
)
