"""Sessions: who is signed in, for how long.

They are kept in a file of their own, `<database>.sessions` (in PostgreSQL: in the database), so that nobody waits for
the one writer to be let in, and no copy of the database lets anybody in. A session's token is kept as its digest, and
with it that of the password with which it began: another password, by whatever way it came, and the session is over.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Column, Engine, Integer, MetaData, String, Table, Text, delete, func, select, update

from connector.days import epoch
from connector.users import User, digest
from sync.beside import beside

IDLE = timedelta(hours=12)
"""Without a request for so long, a session is over."""
LONGEST = timedelta(days=7)
"""After so long a session is over in any case."""
NOTED = 60
"""Seconds; a request sooner after the last one that was noted is not."""

metadata = MetaData()
_sessions = Table(
    "sessions",
    metadata,
    Column("digest", String, primary_key=True),
    Column("user_id", Integer, nullable=False, index=True),
    Column("password", String, nullable=False),  # the digest of its hash
    Column("begun_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("flash", Text),
)


@dataclass(frozen=True, slots=True)
class Session:
    """A session that holds."""

    digest: str
    user_id: int
    password: str = field(repr=False)

    def of(self, user: User | None) -> bool:
        """Whether it is this user's, with their present password, and they are let in."""
        return user is not None and user.active and (self.user_id, self.password) == (user.id, _stamp(user))


class Sessions:
    """The sessions that belong to a database; their table is made where it is not there."""

    def __init__(self, engine: Engine) -> None:
        self._engine = beside(engine, "sessions")
        metadata.create_all(self._engine)

    def begin(self, user: User, now: datetime) -> str:
        """The token of a new session; those that are over are forgotten."""
        token = secrets.token_urlsafe(32)
        over = (_sessions.c.seen_at <= epoch(now - IDLE)) | (_sessions.c.begun_at <= epoch(now - LONGEST))
        row = {"digest": digest(token), "user_id": user.id, "password": _stamp(user)}
        row |= {"begun_at": epoch(now), "seen_at": epoch(now)}
        with self._engine.begin() as connection:
            connection.execute(delete(_sessions).where(over))
            connection.execute(_sessions.insert(), row)
        return token

    def visit(self, token: str, now: datetime) -> Session | None:
        """The session of a token, kept alive by this; None where there is none, or none any more."""
        with self._engine.connect() as connection:
            row = connection.execute(select(_sessions).where(_sessions.c.digest == digest(token))).one_or_none()
        if row is None or row.seen_at <= epoch(now - IDLE) or row.begun_at <= epoch(now - LONGEST):
            return None
        if row.seen_at + NOTED <= epoch(now):
            with self._engine.begin() as connection:
                seen = update(_sessions).where(_sessions.c.digest == row.digest).values(seen_at=epoch(now))
                connection.execute(seen)
        return Session(row.digest, row.user_id, row.password)

    def end(self, session: Session) -> None:
        """End a session at once."""
        with self._engine.begin() as connection:
            connection.execute(delete(_sessions).where(_sessions.c.digest == session.digest))

    def end_all(self, user_id: int) -> None:
        """End every session of a user."""
        with self._engine.begin() as connection:
            connection.execute(delete(_sessions).where(_sessions.c.user_id == user_id))

    def open(self, user_id: int, now: datetime) -> int:
        """How many sessions of a user hold."""
        holding = (_sessions.c.seen_at > epoch(now - IDLE), _sessions.c.begun_at > epoch(now - LONGEST))
        found = select(func.count()).select_from(_sessions).where(_sessions.c.user_id == user_id, *holding)
        with self._engine.connect() as connection:
            return connection.scalar(found) or 0

    def tell(self, session: Session, text: str) -> None:
        """Keep a sentence for the next page of a session."""
        with self._engine.begin() as connection:
            connection.execute(update(_sessions).where(_sessions.c.digest == session.digest).values(flash=text))

    def told(self, session: Session) -> str | None:
        """The sentence that was kept for the page, which is its only one."""
        mine = _sessions.c.digest == session.digest
        with self._engine.connect() as connection:
            text: str | None = connection.scalar(select(_sessions.c.flash).where(mine))
        if text is not None:
            with self._engine.begin() as connection:
                connection.execute(update(_sessions).where(mine).values(flash=None))
        return text


def _stamp(user: User) -> str:
    return digest(user.password or "")
