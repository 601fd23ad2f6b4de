"""The parts of the words that are trained and measured each on its own."""

from __future__ import annotations

import difflib

from kitt_inference.errors import KittError

PARTS = ("completion", "correction", "understanding")
MEASURED = (*PARTS, "voice")
LANGUAGES = ("en", "fr", "es")


def checked(value: str, known: tuple[str, ...], what: str) -> str:
    """The value, when it is known.

    Raises:
        KittError: it is not; names what would be right.
    """
    if value in known:
        return value
    near = difflib.get_close_matches(value, known, n=1)
    hint = f"did you mean {near[0]}? " if near else ""
    raise KittError(f"there is no {what} «{value}»", f"{hint}there are {', '.join(known)}")
