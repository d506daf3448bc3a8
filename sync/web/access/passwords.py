"""Passwords: which are accepted, and how they are kept (argon2id, RFC 9106's second recommendation)."""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import lru_cache
from importlib.resources import files

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

SHORTEST, RECOMMENDED, LONGEST = 8, 15, 256

_hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
_room = threading.BoundedSemaphore(2)  # each takes 64 MiB, whoever asks

_LEET = str.maketrans("0134578@$!€", "oieastbasie")
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "0123456789", "azertyuiop", "qwertyuiop", "qsdfghjklm", "asdfghjkl",
         "wxcvbn", "zxcvbnm", "1234567890", "azertyuiopqsdfghjklmwxcvbn", "qwertyuiopasdfghjklzxcvbnm",
         "1q2w3e4r5t6y7u8i9o0p", "1a2z3e4r5t6y7u8i9o0p", "qazwsxedcrfvtgbyhnujm", "aqwzsxedcrfvtgbyhnuj")  # fmt: skip
_OBVIOUS = frozenset(files("sync.web.access").joinpath("obvious.txt").read_text(encoding="ascii").split())


def hashed(password: str) -> str:
    """What is kept of a password."""
    with _room:
        return _hasher.hash(password)


def matches(kept: str | None, password: str) -> bool:
    """Whether this is the password that was kept; it takes as long where none was."""
    try:
        with _room:
            return _hasher.verify(kept or _nobody(), password) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def outdated(kept: str) -> bool:
    """Whether a hash was made with weaker parameters than are used now."""
    return _hasher.check_needs_rehash(kept)


def refusal(password: str, *own: str) -> tuple[str, str] | None:
    """Why a password is not accepted, in French and English; None of one that is. `own` are words known of the user."""
    if len(password) < SHORTEST:
        return (
            f"Un mot de passe compte au moins {SHORTEST} caractères ; {RECOMMENDED} ou plus valent mieux.",
            f"A password has at least {SHORTEST} characters; {RECOMMENDED} or more are better.",
        )
    if len(password) > LONGEST:
        return (
            f"Un mot de passe compte au plus {LONGEST} caractères.",
            f"A password has at most {LONGEST} characters.",
        )
    if guessed(password, *own):
        return (
            "Ce mot de passe est de ceux qu'on essaie en premier. Une phrase de quelques mots convient mieux.",
            "This password is among those that are tried first. A phrase of a few words is better.",
        )
    return None


def guessed(password: str, *own: str) -> bool:
    """Whether a password is one word, row of keys or run that everybody thinks of, however it is adorned."""
    plain = _plain(password)
    if len(set(plain)) < 4 or _is_run(plain) or _repeats(plain):
        return True
    obvious = _OBVIOUS | {_plain(word) for word in own if len(word) > 2}
    stems = {_stem(plain), _stem(plain.translate(_LEET)), _stem(plain).translate(_LEET)}
    return any(len(stem) < 4 or stem in obvious or _is_run(stem) or _pair(stem, obvious) for stem in stems)


def _plain(text: str) -> str:
    """A text in small letters without accents and spaces."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter) and not letter.isspace())


def _stem(plain: str) -> str:
    """A text without the digits and signs around and between its letters."""
    return re.sub(r"[\W\d_]+$|^[\W\d_]+|[\W_]+", "", plain)


def _is_run(plain: str) -> bool:
    return len(plain) > 3 and any(plain in row * 2 or plain in row[::-1] * 2 for row in _ROWS)


def _repeats(plain: str) -> bool:
    """Whether it is a part of at most four characters over and over."""
    return any(plain == (plain[:size] * len(plain))[: len(plain)] for size in range(1, 5))


def _pair(stem: str, obvious: frozenset[str]) -> bool:
    """Whether it is two such words in a row."""
    return any(stem[:cut] in obvious and stem[cut:] in obvious for cut in range(3, len(stem) - 2))


@lru_cache(maxsize=1)
def _nobody() -> str:
    """The hash of nobody's password."""
    return _hasher.hash("")
