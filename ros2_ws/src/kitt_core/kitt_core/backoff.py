"""How long to wait before a lost device is looked for again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Backoff:
    """Waiting time between attempts to open a lost source [s]: doubles from first to greatest."""

    first_s: float = 0.25
    greatest_s: float = 5.0

    def after(self, failures: int) -> float:
        return min(self.first_s * 2.0 ** min(failures, 16), self.greatest_s)
