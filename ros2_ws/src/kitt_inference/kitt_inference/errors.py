"""The one exception a user of KITT sees: what is wrong, and what to do about it."""

from __future__ import annotations


class KittError(Exception):
    """A fault the user can mend: bad input, a missing file, an absent library.

    Attributes:
        message: what is wrong, naming the thing, in one line.
        remedy: what to do about it, in one line; empty when there is nothing to advise.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}. {self.remedy}" if self.remedy else self.message


class BackendError(KittError):
    """A backend cannot run a network here, or no longer: out of memory, engine refused, device lost. Another may."""
