"""What the command lines of this package have in common."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import ParamSpec

from kitt_inference.errors import KittError

P = ParamSpec("P")


def program(main: Callable[P, int]) -> Callable[P, int]:
    """A command line that tells what the user can mend on standard error and gives the exit status 1."""

    @functools.wraps(main)
    def told(*given: P.args, **named: P.kwargs) -> int:
        try:
            return main(*given, **named)
        except KittError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1

    return told
