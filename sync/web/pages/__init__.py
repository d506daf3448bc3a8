"""The pages, in the order of the navigation, and what their forms do: the one place where they are registered."""

from __future__ import annotations

from sync.web.page import Action, Page
from sync.web.pages import people, person, reference, segment, segments

PAGES: tuple[Page, ...] = (segments.PAGE, segment.PAGE, people.PAGE, person.PAGE, reference.PAGE)
ACTIONS: tuple[Action, ...] = ()
