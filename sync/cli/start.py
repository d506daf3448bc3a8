"""Running a command: what it prints in, and what becomes of an error."""

from __future__ import annotations

import errno
import io
import os
import sys
from contextvars import Context

from connector.errors import ConnectorError, QueryError, UnsafeError
from sync.cli.app import app

_FREE = "Free some space; nothing was lost, run the command again."
_ALLOW = "Give the user who runs the connector the right to write there."
_REMEDIES = {
    errno.ENOSPC: _FREE,
    errno.EDQUOT: _FREE,
    errno.EFBIG: "Lift the limit on the size of files; nothing was lost, run the command again.",
    errno.EIO: "The disk fails: look at it before the command is run again.",
    errno.EROFS: _ALLOW,
    errno.EACCES: _ALLOW,
    errno.EPERM: _ALLOW,
}


def main() -> None:
    """Run a command; the process ends with 0 done, 1 failed, 2 wrong usage, 3 refused by a guard."""
    Context().run(_run)  # the language that a command finds in its settings is forgotten after it


def _run() -> None:
    from sync.language.terminal import terminal_language  # noqa: PLC0415
    from sync.language.usage import run  # noqa: PLC0415
    from sync.logs import set_up  # noqa: PLC0415

    set_up()
    _speak_utf8()
    try:
        sys.exit(run(app, [_heard(word) for word in sys.argv[1:]], terminal_language()))
    except ConnectorError as error:
        sys.exit(told(error))
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        if error.errno not in _REMEDIES:
            raise
        sys.exit(told(_of_the_system(error)))


def _of_the_system(error: OSError) -> ConnectorError:
    from sync.language.told import sentence  # noqa: PLC0415

    file, why = f" ({error.filename})" if error.filename else "", error.strerror or ""
    french = f"Le système refuse : {sentence(why, 'fr')}{file}."
    return ConnectorError(f"{why}{file}.", remedy=_REMEDIES[error.errno or 0], french=french)


def _speak_utf8() -> None:
    """What programs and files get is UTF-8 whatever the locale; a terminal gets what it can show."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="backslashreplace")


def _heard(word: str) -> str:
    """A word of the command line, as UTF-8 where the locale knew no letters for its bytes."""
    try:
        word.encode()
    except UnicodeEncodeError:
        return os.fsencode(word).decode(errors="replace")
    return word


def told(error: ConnectorError) -> int:
    """Say what went wrong and what to do, in the language of the settings, and return the exit status for it."""
    from sync.language.told import message, remedy  # noqa: PLC0415
    from sync.language.voice import plain, spoken  # noqa: PLC0415
    from sync.logs import keyless  # noqa: PLC0415

    language = spoken()
    place = f" ({error.place})" if isinstance(error, QueryError) and error.place else ""
    print(plain(keyless(f"{message(error, language)}{place}")), file=sys.stderr)
    if isinstance(error, QueryError) and error.text:
        line = error.text.splitlines()[error.line - 1] if error.text.splitlines() else ""
        print(plain(f"  {line}\n  {' ' * (error.column - 1)}^"), file=sys.stderr)
    if error.remedy:
        print(plain(keyless(remedy(error, language))), file=sys.stderr)
    return 3 if isinstance(error, UnsafeError) else 1
