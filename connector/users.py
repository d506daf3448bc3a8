"""Who may open the dashboard: people with a password of their own, and programs with a token.

Codes and tokens are random, shown once, and kept as digests. A password comes here as its argon2id hash.
"""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from sqlalchemy import Connection, delete, insert, select, update

from connector.days import epoch
from connector.errors import SettingsError
from connector.models import Invitation, Token
from connector.models import User as UserRow
from connector.tables import AnyRow, table

Role: TypeAlias = Literal["admin", "viewer"]
VALID = timedelta(hours=24)
"""For so long a code of an invitation can be used."""
FIRST = timedelta(hours=1)
"""For so long the code of the first start can be used."""
LONGEST_NAME = 64
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # without what is read as something else
_GROUPS, _GROUP = 4, 5
_users, _invitations, _tokens = table(UserRow), table(Invitation), table(Token)


@dataclass(frozen=True, slots=True)
class User:
    """A user as the database has them; `password` is the hash, None where none was chosen."""

    id: int
    name: str
    role: Role
    password: str | None = field(repr=False)
    created_at: int
    disabled_at: int | None

    @property
    def active(self) -> bool:
        """Whether they are let in at all."""
        return self.disabled_at is None


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody who has a code and has not used it."""

    name: str
    role: Role
    expires_at: int


def folded(name: str) -> str:
    """A name as it is looked up: upper and lower case, and ways to compose letters, are the same."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def anybody(connection: Connection) -> bool:
    """Whether there is a user at all."""
    return connection.scalar(select(_users.c.id).limit(1)) is not None


def find_user(connection: Connection, name: str) -> User | None:
    """The user called so."""
    row = connection.execute(select(_users).where(_users.c.folded == folded(name))).one_or_none()
    return None if row is None else _user(row)


def user_of(connection: Connection, number: int) -> User | None:
    """The user of an id."""
    row = connection.execute(select(_users).where(_users.c.id == number)).one_or_none()
    return None if row is None else _user(row)


def every_user(connection: Connection) -> list[User]:
    """All users, by name."""
    return [_user(row) for row in connection.execute(select(_users).order_by(_users.c.folded))]


def invite(connection: Connection, name: str, role: Role, now: datetime) -> str:
    """A code with which the user called so, made or known, chooses a password; their older code ends.

    An empty name is the first start's: who has that code chooses the name, too.
    """
    if name or anybody(connection):
        _refuse_odd(name)
    connection.execute(delete(_invitations).where(_invitations.c.folded == folded(name)))
    code = "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
    ends = epoch(now + (VALID if name else FIRST))
    row = {"digest": _of_code(code), "name": name.strip(), "folded": folded(name), "role": role, "expires_at": ends}
    connection.execute(insert(_invitations), row)
    return code


def invited(connection: Connection, code: str, name: str, now: datetime) -> bool:
    """Whether a code can still be used, by somebody called so."""
    return _invitation(connection, code, name, now) is not None


def redeem(connection: Connection, code: str, name: str, password: str, now: datetime) -> User | None:
    """The user who has the code, with a password from now on; None where it is wrong or has expired.

    A code works once. Who was disabled is let in again, for somebody with a right to it made the code.
    """
    row = _invitation(connection, code, name, now)
    if row is None:
        return None
    _refuse_odd(name)
    if not connection.execute(delete(_invitations).where(_invitations.c.digest == row.digest)).rowcount:
        return None  # somebody was faster
    values = {"role": row.role, "password": password, "disabled_at": None}
    if find_user(connection, name) is None:
        new = {"name": row.name or name.strip(), "folded": folded(name), "created_at": epoch(now), **values}
        connection.execute(insert(_users), new)
    else:
        connection.execute(update(_users).where(_users.c.folded == folded(name)).values(**values))
    return find_user(connection, name)


def set_password(connection: Connection, user: User, password: str) -> User:
    """Give a user another password; the user as they are with it."""
    connection.execute(update(_users).where(_users.c.id == user.id).values(password=password))
    return replace(user, password=password)


def disable(connection: Connection, name: str, now: datetime) -> User:
    """Let a user in no more, neither by password nor by token; SettingsError where there is none."""
    user = known(connection, name)
    connection.execute(delete(_tokens).where(_tokens.c.user_id == user.id))
    connection.execute(delete(_invitations).where(_invitations.c.folded == folded(name)))
    connection.execute(update(_users).where(_users.c.id == user.id).values(disabled_at=epoch(now)))
    return user


def change_role(connection: Connection, name: str, role: Role) -> User:
    """Give a user another role; SettingsError where they are the last administrator, or there is none called so."""
    user = known(connection, name)
    if role != "admin":
        require_another(connection, user)
    connection.execute(update(_users).where(_users.c.id == user.id).values(role=role))
    return replace(user, role=role)


def require_another(connection: Connection, user: User) -> None:
    """SettingsError where nobody but this user may change things; until the transaction's end nobody ceases to."""
    here = select(_users.c.id).where(_users.c.role == "admin", _users.c.disabled_at.is_(None)).with_for_update()
    if set(connection.scalars(here)) <= {user.id}:
        raise SettingsError(
            f"{user.name} is the last administrator.", remedy="Make somebody else an administrator first."
        )


def waiting(connection: Connection, now: datetime) -> list[Invited]:
    """Who was invited and has not come yet, by name."""
    found = select(_invitations).where(_invitations.c.folded != "", _invitations.c.expires_at > epoch(now))
    rows = connection.execute(found.order_by(_invitations.c.folded))
    return [Invited(row.name, row.role, row.expires_at) for row in rows]


def withdraw(connection: Connection, name: str) -> bool:
    """End the code of somebody who was invited; whether there was one."""
    gone = connection.execute(delete(_invitations).where(_invitations.c.folded == folded(name)))
    return bool(gone.rowcount) and bool(folded(name))


def issue_token(connection: Connection, name: str, role: Role, now: datetime) -> str:
    """A token of the user called so, who is made where there is none; an older one ends."""
    _refuse_odd(name)
    user = find_user(connection, name)
    if user is None:
        new = {"name": name.strip(), "folded": folded(name), "role": role, "created_at": epoch(now)}
        connection.execute(insert(_users), new)
        user = known(connection, name)
    if not user.active:
        raise SettingsError(f"{user.name} is disabled.", remedy="Give the token another name.")
    token = f"lc_{secrets.token_urlsafe(32)}"
    connection.execute(delete(_tokens).where(_tokens.c.user_id == user.id))
    connection.execute(insert(_tokens), {"digest": digest(token), "user_id": user.id, "created_at": epoch(now)})
    return token


def bearer(connection: Connection, token: str) -> User | None:
    """The user whose token this is, if they are let in."""
    found = select(_users).join(_tokens, _tokens.c.user_id == _users.c.id).where(_tokens.c.digest == digest(token))
    row = connection.execute(found.where(_users.c.disabled_at.is_(None))).one_or_none()
    return None if row is None else _user(row)


def with_token(connection: Connection) -> set[int]:
    """The ids of the users who have a token."""
    return set(connection.scalars(select(_tokens.c.user_id)))


def known(connection: Connection, name: str) -> User:
    """The user called so; SettingsError where there is none."""
    user = find_user(connection, name)
    if user is None:
        raise SettingsError(f"There is no user {name!r}.", remedy="`connector users list` names them.")
    return user


def digest(secret: str) -> str:
    """What is kept of a random secret: it needs no salt, for it cannot be guessed."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _invitation(connection: Connection, code: str, name: str, now: datetime) -> AnyRow | None:
    found = select(_invitations).where(_invitations.c.digest == _of_code(code), _invitations.c.expires_at > epoch(now))
    row = connection.execute(found).one_or_none()
    if row is None or (row.folded and row.folded != folded(name)):
        return None
    return None if not row.folded and anybody(connection) else row


def _of_code(code: str) -> str:
    """The digest of a code, however it was typed."""
    return digest("".join(code.split()).replace("-", "").upper())


def _user(row: AnyRow) -> User:
    return User(row.id, row.name, row.role, row.password, row.created_at, row.disabled_at)


def _refuse_odd(name: str) -> None:
    """SettingsError for what cannot be a name."""
    if not folded(name) or len(name) > LONGEST_NAME or not name.isprintable():
        raise SettingsError(
            f"A name has 1 to {LONGEST_NAME} characters that can be read.", remedy="Choose another name."
        )
