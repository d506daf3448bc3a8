"""What only programs ask for; the pages' own addresses in the API come with them."""

from __future__ import annotations

from sync.web.api import moves, query
from sync.web.page import Answer
from sync.web.pages import person, reference

ANSWERS: tuple[Answer, ...] = (
    person.WHY,
    moves.ANSWER,
    query.ANSWER,
    reference.OPENAPI,
)
