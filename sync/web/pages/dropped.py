"""A CSV file that is dropped on the set-up: looked at, its columns confirmed, imported, or done away with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import Connection, select

from connector.errors import BusyError, SettingsError
from connector.models import Store
from connector.tables import table
from connectors.csvfile import WORDS
from sync.language.voice import Voice
from sync.tasks.importing import imported
from sync.web.access.gate import FILES
from sync.web.desk import Desk, Here
from sync.web.done import Done
from sync.web.filedraft import clear, drafted, uploads
from sync.web.page import Action, Intake
from sync.web.pages.setup import PATH, READING, Field, begun, file_draft

_stores = table(Store)


def folder(desk: Desk) -> Path:
    """Where a file is kept that is sent now; BusyError while another one is being read."""
    if desk.errands.under_way is not None:
        raise BusyError("The dashboard is still at work.", remedy="Wait until that has finished.")
    return uploads(desk.workspace)


def take(desk: Desk, file: Path | None) -> Done:
    """Look at a file that has come; one that cannot be used is not kept."""
    memory = desk.memory
    memory.file = memory.refused = memory.imported = None
    clear(desk.workspace, keep=file)
    try:
        memory.file = drafted(file)
    except SettingsError as error:
        clear(desk.workspace)
        memory.refused = error
        return Done(f"{PATH}?step=file")
    return Done(f"{PATH}?step=columns")


async def columns(request: Request) -> dict[str, str]:
    """The columns that a form chose, by our words."""
    form = await request.form()
    return {word: str(form[f"is_{word}"])[:500] for word in WORDS if form.get(f"is_{word}")}


def bring_in(
    desk: Here,
    chosen: Annotated[dict[str, str], Depends(columns)],
    store: Field = "",
    money: Field = "",
    timezone: Field = "",
) -> Done:
    """Import the file that waits, as its form says."""
    workspace, draft = desk.workspace, file_draft(desk)
    if draft is None:
        return Done(f"{PATH}?step=file")
    draft = replace(draft, said={**chosen, "store": store, "money": money, "timezone": timezone}, wrong=None)
    with desk.reading() as connection:
        known = _known(connection, store)
    try:
        belonging = draft.belonging(known=known)
    except SettingsError as error:
        desk.memory.file = replace(draft, wrong=error)
        return Done(f"{PATH}?step=columns")
    desk.memory.file = draft

    def work() -> Done:
        done = imported(workspace, Voice(desk.say.language, quiet=True), draft.file, belonging)
        desk.memory.imported, desk.memory.file = done, None
        clear(workspace)
        return Done(READING)

    return begun(desk, work)


def drop(desk: Here) -> Done:
    """Do away with the file that waits."""
    if desk.errands.under_way is None:
        desk.memory.file = None
        clear(desk.workspace)
    return Done(f"{PATH}?step=file")


def _known(connection: Connection, store: str) -> bool:
    return connection.scalar(select(_stores.c.id).where(_stores.c.key == store)) is not None


ACTIONS = (Action(f"{PATH}/import", bring_in), Action(f"{PATH}/drop", drop))
INTAKE = Intake(FILES, folder, take)
