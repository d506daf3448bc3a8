"""The pages, in the order of the navigation, and what their forms do: the one place where they are registered."""

from __future__ import annotations

from sync.web.page import Action, Download, Intake, Live, Page
from sync.web.pages import (
    dropped,
    editing,
    holdout,
    library,
    members,
    people,
    person,
    plans,
    priorities,
    privacy,
    reference,
    rules,
    runs,
    segment,
    segments,
    settings,
    setup,
    syncs,
    users,
    week,
)

PAGES: tuple[Page, ...] = (
    week.PAGE,
    segments.PAGE,
    library.PAGE,
    segment.PAGE,
    holdout.PAGE,
    rules.PAGE,
    people.PAGE,
    person.PAGE,
    privacy.PAGE,
    priorities.PAGE,
    syncs.PAGE,
    runs.PAGE,
    runs.ONE,
    plans.PAGE,
    plans.ONE,
    settings.PAGE,
    editing.PAGE,
    users.PAGE,
    setup.PAGE,
    reference.PAGE,
)
DOWNLOADS: tuple[Download, ...] = (*members.DOWNLOADS, privacy.DOWNLOAD)
ACTIONS: tuple[Action, ...] = (
    *week.ACTIONS,
    *library.ACTIONS,
    *rules.ACTIONS,
    *privacy.ACTIONS,
    *syncs.ACTIONS,
    runs.UNDO,
    plans.PROPOSE,
    plans.APPLY,
    settings.CHECK,
    *editing.ACTIONS,
    *users.ACTIONS,
    *setup.ACTIONS,
    *dropped.ACTIONS,
)
INTAKES: tuple[Intake, ...] = (dropped.INTAKE,)
LIVES: tuple[Live, ...] = (syncs.LIVE,)
