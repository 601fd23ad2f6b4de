"""What the command lines of this package have in common."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import ParamSpec

from kitt_inference.errors import KittError

P = ParamSpec("P")


def program(main: Callable[P, int]) -> Callable[P, int]:
    """A command line that tells what the user can mend on standard error (exit status 1), and of Ctrl-C (130)."""

    @functools.wraps(main)
    def told(*given: P.args, **named: P.kwargs) -> int:
        try:
            return main(*given, **named)
        except KittError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("stopped; what was written is kept", file=sys.stderr)
            return 130

    return told
