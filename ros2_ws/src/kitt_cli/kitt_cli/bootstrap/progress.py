"""Progress on standard error: one line that changes on a terminal, a few lines elsewhere."""

from __future__ import annotations

import shutil
import sys
import time


class SetupError(Exception):
    """Set-up cannot go on; the text says why and what mends it."""


class Progress:
    """Shows step k of n and what it is at."""

    def __init__(self, steps: int) -> None:
        self.steps = steps
        self.step = 0
        self._tty = sys.stderr.isatty()
        self._last = 0.0
        self._began = time.monotonic()

    def begin(self, title: str) -> None:
        """The next step starts."""
        self.step += 1
        self._title = title
        self._began = time.monotonic()
        self._last = 0.0
        self._write(f"[{self.step}/{self.steps}] {title}", final=False)

    def say(self, detail: str) -> None:
        """What the step is at; without a terminal at most every ten seconds."""
        now = time.monotonic()
        if now - self._last < (0.1 if self._tty else 10.0):
            return
        self._last = now
        self._write(f"[{self.step}/{self.steps}] {self._title}: {detail}", final=False)

    def end(self) -> None:
        """The step is done."""
        self._write(f"[{self.step}/{self.steps}] {self._title}: {time.monotonic() - self._began:.0f} s", final=True)

    def _write(self, text: str, *, final: bool) -> None:
        if not self._tty:
            print(text, file=sys.stderr, flush=True)
            return
        width = shutil.get_terminal_size().columns - 1
        print(f"\r\x1b[K{text[:width]}", end="\n" if final else "", file=sys.stderr, flush=True)
