"""Ctrl-C as an exception of its own, for runs that put the car away before they end."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class InterruptionError(Exception):
    """Ctrl-C or SIGTERM."""


@contextmanager
def signals() -> Iterator[None]:
    """Ctrl-C, SIGTERM and SIGHUP raise `InterruptionError` within."""

    def interrupt(_number: int, _frame: Any) -> None:
        raise InterruptionError

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
