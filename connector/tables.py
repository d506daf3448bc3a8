"""The SQLAlchemy tables behind the models, for statements."""

from __future__ import annotations

from typing import Any, TypeAlias, cast

from sqlalchemy import Row, Table
from sqlmodel import SQLModel

AnyRow: TypeAlias = Row[*tuple[Any, ...]]
"""A row whose columns mypy cannot know, since SQLModel makes them at run time."""


def table(model: type[SQLModel]) -> Table:
    """The table of `model`; SQLModel knows it only at run time."""
    return cast("Table", model.__table__)  # type: ignore[attr-defined]
