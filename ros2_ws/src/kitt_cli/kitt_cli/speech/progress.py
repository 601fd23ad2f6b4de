"""Counting progress on standard error: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer


@contextmanager
def counting() -> Iterator[Callable[[str, int, int], None]]:
    """Gives a function that is called with what is at work, how much is done and how much there is (0: not known)."""
    from rich import progress as bars
    from rich.console import Console

    console = Console(stderr=True)
    columns = (
        bars.TextColumn("{task.description}"), bars.BarColumn(), bars.MofNCompleteColumn(), bars.TimeRemainingColumn(),
    )  # fmt: skip
    shown = bars.Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    tasks: dict[str, Any] = {}
    told = [time.monotonic()]

    def tell(what: str, done: int, total: int) -> None:
        if what not in tasks:
            tasks[what] = shown.add_task(what, total=total or None)
        shown.update(tasks[what], completed=done, total=total or None)
        if not console.is_terminal and time.monotonic() - told[0] > 15.0:
            told[0] = time.monotonic()
            typer.echo(f"{what}: {done}" + (f" of {total}" if total else ""), err=True)

    with shown:
        yield tell
