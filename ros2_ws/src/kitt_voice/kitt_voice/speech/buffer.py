"""The samples on their way to an output: put in by one thread, pulled out by another, with the times of what left."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from kitt_voice.speech.base import RATE, Samples

_FADE = 120  # samples, 5 ms: an utterance that is broken off must not click
_LEVEL_FLOOR_DB, _LEVEL_TOP_DB = -50.0, -10.0


@dataclass(frozen=True)
class Played:
    """`begin_s`: when the first sample left, None before; `end_s`: when the last one that was put will [s]."""

    begin_s: float | None
    end_s: float
    level: float


class PlaybackBuffer:
    """Float32 mono at `RATE`. Times are of the steady clock [s]."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._samples: Samples = np.zeros(0, np.float32)
        self._begin_s: float | None = None
        self._end_s = 0.0
        self._level = 0.0
        self.volume = 1.0
        self.tap: Callable[[Samples, float], None] | None = None

    def put(self, samples: Samples) -> None:
        """Add samples (n,) behind those that wait."""
        with self._lock:
            self._samples = np.concatenate((self._samples, samples))

    def clear(self) -> None:
        """Fall silent: what waits is forgotten but for a fade of 5 ms."""
        with self._lock:
            rest = self._samples[:_FADE]
            self._samples = rest * np.linspace(1, 0, len(rest), dtype=np.float32)

    def begin(self) -> None:
        """The next sample that leaves is the first of an utterance."""
        with self._lock:
            self._begin_s = None

    def pull(self, count: int, leaves_s: float) -> Samples:
        """The next `count` samples, zeros where there are none; `leaves_s`: when the first will be heard [s]."""
        with self._lock:
            taken, self._samples = self._samples[:count], self._samples[count:]
            if len(taken):
                if self._begin_s is None:
                    self._begin_s = leaves_s
                self._end_s = leaves_s + (len(taken) + len(self._samples)) / RATE
                taken = np.clip(taken * np.float32(self.volume), -1.0, 1.0)
            self._level = level_of(taken)
            if len(taken) < count:
                taken = np.concatenate((taken, np.zeros(count - len(taken), np.float32)))
            if self.tap is not None:
                self.tap(taken, leaves_s)
            return taken

    @property
    def waiting(self) -> int:
        """Samples that have not left."""
        return len(self._samples)

    @property
    def played(self) -> Played:
        """What has left since `begin`."""
        with self._lock:
            return Played(self._begin_s, self._end_s, self._level)


def level_of(samples: Samples) -> float:
    """Loudness for the voice bars: 0 at -50 dBFS and below, 1 at -10 dBFS and above."""
    if not len(samples):
        return 0.0
    db = 10.0 * np.log10(max(float(np.mean(np.square(samples))), 1e-12))
    return float(np.clip((db - _LEVEL_FLOOR_DB) / (_LEVEL_TOP_DB - _LEVEL_FLOOR_DB), 0.0, 1.0))
