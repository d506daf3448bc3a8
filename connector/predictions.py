"""Whether what people may bring is kept for rules, and why it is not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.util import find_spec

from sqlalchemy import Connection, exists, select

from connector.language import Language
from connector.models import Calibration, PredictedValue
from connector.query.meaning import attributes
from connector.query.tree import Expression
from connector.tables import table

NAME = "clv_12m"
MADE = "clv.made"
"""The key, on day 0, of the Monday whose models are kept."""

_WHY: Mapping[str, Mapping[Language, str]] = {
    "extra": {
        "en": "clv_12m needs numpy and scipy, which are not installed (pip install 'lifecycle-connector[clv]'), "
        "so nobody has a value.",
        "fr": "clv_12m demande numpy et scipy, qui ne sont pas installés (pip install 'lifecycle-connector[clv]') : "
        "personne n'a de valeur.",
    },
    "never": {
        "en": "clv_12m is worked out each Monday for the segments that read it; switch one on and recompute.",
        "fr": "clv_12m est calculé chaque lundi pour les segments qui le lisent ; activez-en un, puis recalculez.",
    },
    "thin": {
        "en": "clv_12m is hidden: too few people came back, or the history is too short; `connector clv` says which.",
        "fr": "clv_12m est masqué : trop peu de personnes sont revenues, ou l'historique est trop court ; "
        "`connector clv` dit pourquoi.",
    },
}


def reads(expressions: Iterable[Expression]) -> bool:
    """Whether a rule asks what people may bring."""
    return any(condition.name == NAME for expression in expressions for condition in attributes(expression))


def made_on(connection: Connection) -> int | None:
    """The Monday whose models are kept; None where none ever were."""
    calibrations = table(Calibration)
    found: int | None = connection.scalar(select(calibrations.c.value).where(calibrations.c.key == MADE))
    return found


def why_absent(connection: Connection, language: Language = "en") -> str | None:
    """Why nobody has a value; None where somebody has."""
    if connection.scalar(select(exists(select(table(PredictedValue).c.customer_id)))):
        return None
    if find_spec("scipy") is None or find_spec("numpy") is None:
        return _WHY["extra"][language]
    return _WHY["never" if made_on(connection) is None else "thin"][language]
