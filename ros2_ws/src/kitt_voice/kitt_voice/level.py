"""How loud a microphone is, whether it clips, whether it is muted."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

FLOOR_DB = -120.0


@dataclass(frozen=True)
class Level:
    """rms_db, peak_db: of full scale; clipped: share of samples at the limit; zeros_s: only zeros for so long."""

    rms_db: float = FLOOR_DB
    peak_db: float = FLOOR_DB
    clipped: float = 0.0
    zeros_s: float = 0.0


class LevelMeter:
    """Measures the last second."""

    def __init__(self, rate: int = 16000, window_s: float = 1.0) -> None:
        self._rate, self._window = rate, int(rate * window_s)
        self._parts: deque[tuple[int, float, float, int]] = deque()  # samples, sum of squares, peak, clipped
        self._count = self._zeros = 0

    def add(self, samples: Array, clipped: int = 0) -> None:
        """Take int16 samples (n,); clipped: how many were at the limit already when they were captured."""
        if not len(samples):
            return
        values = samples.astype(np.float32)
        peak = float(max(samples.max(), -int(samples.min())))
        self._parts.append((len(samples), float(values @ values), peak, max(clipped, at_limit(samples))))
        self._count += len(samples)
        while self._count - self._parts[0][0] >= self._window:
            self._count -= self._parts.popleft()[0]
        self._zeros = 0 if peak else self._zeros + len(samples)

    def read(self) -> Level:
        """The level of the last second."""
        if not self._count:
            return Level()
        power = sum(part[1] for part in self._parts) / self._count
        return Level(
            _decibel(math.sqrt(power)),
            _decibel(max(part[2] for part in self._parts)),
            sum(part[3] for part in self._parts) / self._count,
            self._zeros / self._rate,
        )


def at_limit(samples: Array) -> int:
    """How many of int16 samples are the greatest or the least there is."""
    if samples.max(initial=0) < 32767 and samples.min(initial=0) > -32768:  # mostly: and that is quickly seen
        return 0
    return int(np.count_nonzero((samples == 32767) | (samples == -32768)))


def _decibel(value: float) -> float:
    return max(FLOOR_DB, 20.0 * math.log10(value / 32768.0)) if value > 0 else FLOOR_DB
