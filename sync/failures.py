"""What went wrong at one of several places: the others are tried nonetheless, unless it concerns them all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from connector.errors import ConnectorError, StoppedError, StorageError, UnsafeError
from sync.language.told import whole
from sync.language.voice import Voice

EVERYWHERE = (StoppedError, StorageError)
"""What ends the work at all places."""


@dataclass
class Failures:
    """The failures of a piece of work, each said as it came."""

    say: Voice
    worst: ConnectorError | None = None  # the first, or the first that a guard refused

    @contextmanager
    def kept(self, key: str, *, ending: tuple[type[ConnectorError], ...] = EVERYWHERE) -> Iterator[None]:
        """Whatever goes wrong at a place within the block; what is `ending` is raised at once."""
        try:
            yield
        except ending:
            raise
        except ConnectorError as error:
            refused = isinstance(error, UnsafeError) and not isinstance(self.worst, UnsafeError)
            self.worst = error if self.worst is None or refused else self.worst
            self.say.warn(f"{key} : {whole(error, 'fr')}", f"{key}: {error}")

    def end(self) -> None:
        """Raise the worst, once all places were tried."""
        if self.worst is not None:
            raise self.worst
