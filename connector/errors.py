"""Errors, named for what the caller does next.

ConnectorError            tell the user, with the remedy; no traceback
    SettingsError         … what to change in the settings
        EmptyError        … nothing was ever read: where to begin
    QueryError            … where in their rule
    BusyError             another sync is writing; try again later
    StorageError          the database fails: stop, nothing more can be kept
    PermanentError        stop this connector until someone acts
        AuthenticationError
    RetryableError        wait `retry_after` seconds, then try again
    RecordError           put the record in quarantine, carry on
    UnsafeError           refuse; the user may insist with --force
    StoppedError          end quietly: the process was asked to
"""

from __future__ import annotations


class ConnectorError(Exception):
    """Something the user can be told in one sentence, with a remedy.

    `french` is the sentence in French where figures are written into it; any other is translated where it is shown.
    """

    def __init__(self, message: str, *, remedy: str = "", french: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.french = french

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class SettingsError(ConnectorError):
    """A setting or an argument cannot be used as it stands."""


class EmptyError(SettingsError):
    """Nothing was ever read, so that there is nothing to tell."""


class QueryError(ConnectorError):
    """A rule cannot be understood; `line` and `column` (from 1) point at the character, which `place` says in words."""

    def __init__(
        self, message: str, *, line: int = 1, column: int = 1, text: str = "", remedy: str = "", place: str = ""
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.place = place
        self.line = line
        self.column = column
        self.text = text


class BusyError(ConnectorError):
    """Another sync is writing to this database."""


class StorageError(ConnectorError):
    """The database's disk, file or server fails; what was committed stays, and the next run goes on from there."""


class PermanentError(ConnectorError):
    """The platform refuses until somebody acts."""


class AuthenticationError(PermanentError):
    """The platform does not accept the key."""


class RetryableError(ConnectorError):
    """The platform could not answer now; `retry_after` is in seconds, None where it did not say."""

    def __init__(self, message: str, *, retry_after: float | None = None, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after = retry_after


class RecordError(ConnectorError):
    """One record cannot be read; the others can."""


class UnsafeError(ConnectorError):
    """A guard refuses: going on could destroy something."""


class StoppedError(ConnectorError):
    """The process was asked to end; what was stored so far stays, and the next run goes on from there."""

    def __init__(self) -> None:
        super().__init__("Stopped.", remedy="The next run goes on from here.")
