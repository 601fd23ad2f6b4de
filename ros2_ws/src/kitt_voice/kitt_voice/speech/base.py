"""What every voice is: text in, samples out."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

RATE = 24_000
"""Samples a second of all voices."""

Samples = np.ndarray[Any, Any]


class Voice(Protocol):
    """One engine with one way to sound. May be used from one thread at a time."""

    @property
    def name(self) -> str:
        """Engine and voice; two that sound differently have different names."""

    def speak(self, text: str, language: str) -> Samples:
        """A normalised piece of text: (n,) float32 mono at `RATE`, within -1 to 1; empty where nothing can be said.

        Raises:
            KittError: the engine failed.
        """


def stretched(samples: Samples, up: int, down: int) -> Samples:
    """Resampled by up / down. Played at the same rate, pitch and formants fall by as much, as with a larger throat."""
    from scipy.signal import resample_poly

    return np.asarray(resample_poly(samples, up, down), dtype=np.float32)


def trimmed(samples: Samples, threshold: float = 0.004, margin_s: float = 0.02) -> Samples:
    """Without the silence at either end."""
    loud = np.flatnonzero(np.abs(samples) > threshold)
    if not len(loud):
        return samples[:0]
    margin = int(margin_s * RATE)
    return samples[max(0, loud[0] - margin) : loud[-1] + margin]
