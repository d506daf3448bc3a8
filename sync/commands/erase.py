"""The command that erases a person, and what goes on of it later."""

from __future__ import annotations

from pathlib import Path

import typer

from connector.errors import SettingsError
from connector.people import find_person
from sync.language.voice import Voice, emit, voice
from sync.tasks.erase import Going, erased, going
from sync.workspace import Workspace, open_workspace


def erase_people(
    config: Path | None, database: str | None, people: list[str], *, yes: bool, force: bool, as_json: bool
) -> None:
    """Erase people here and at the destinations; without any, go on with what could not be taken away there yet."""
    workspace = open_workspace(config, database, existing=True)
    say = voice(workspace.settings, quiet=as_json)
    asked = _shown(workspace, say, people)
    if asked and not yes and not (not as_json and typer.confirm({"fr": "Effacer ?", "en": "Erase?"}[say.language])):
        raise SettingsError("Nobody was erased.", remedy="Answer y, or give --yes.")
    said = erased(workspace, say, asked, force=force)
    if not asked and not said["waiting"]:
        say.say("Aucun effacement n'attend.", "No erasure waits.")
    if as_json:
        emit(said)


def _shown(workspace: Workspace, say: Voice, people: list[str]) -> list[int]:
    """The people, once what goes was shown."""
    with workspace.engine.connect() as connection:
        found = {find_person(connection, text): text for text in people}
        for number, text in found.items():
            say.say(f"{text} (person:{number}), ce qui disparaît ici :", f"{text} (person:{number}), what goes here:")
            _list(say, going(connection, number))
    if found:
        say.say(
            "Restent, sans nom : le jour et le montant de chaque commande, pour que les chiffres des jours passés "
            "restent justes.\n"
            "La boutique et les outils gardent leurs propres fiches : effacez-les là-bas aussi.",
            "What stays, nameless: day and amount of each order, so that past counts stand.\n"
            "The shop and the tools keep records of their own: erase those there, too.",
        )
    return list(found)


def _list(say: Voice, goes: Going) -> None:
    for label, count in goes.rows:
        say.say(f"  {label['fr']} : {say.number(count)}", f"  {label['en']}: {say.number(count)}")
    if goes.places:
        say.say(f"et chez : {', '.join(goes.places)}.", f"and at: {', '.join(goes.places)}.")
