"""How KITT sounds, whoever speaks: even loudness, no rumble, and a light chorus. Costs no intelligibility."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from kitt_voice.speech.base import RATE, Samples, trimmed

LOUDNESS = 0.1
"""RMS of the loud parts, of full scale."""
_PEAK = 0.9
_LOWEST_HZ = 80.0
# a chorus: a copy that comes 9 to 13 ms later, its delay turning once in 3 s
_WET, _DELAY_S, _SWING_S, _TURN_HZ = 0.22, 0.011, 0.002, 0.33


def kitt(samples: Samples, chorus: bool = True) -> Samples:
    """Samples (n,) float32 at `RATE` in KITT's manner: the same length but for silence at the ends."""
    from scipy.signal import sosfilt

    samples = trimmed(np.nan_to_num(samples.astype(np.float32)))
    if not len(samples):
        return samples
    out = np.asarray(sosfilt(_rumble(), samples), dtype=np.float32)
    if chorus:
        at = np.arange(len(out), dtype=np.float32)
        delay = (_DELAY_S + _SWING_S * np.sin(2 * np.pi * _TURN_HZ * at / RATE)) * RATE
        out = out + _WET * np.interp(at - delay, at, out, left=0.0).astype(np.float32)
    loud = np.abs(out) > 0.1 * np.abs(out).max()
    rms = float(np.sqrt(np.mean(out[loud] ** 2)))
    gain = min(LOUDNESS / max(rms, 1e-6), _PEAK / max(float(np.abs(out).max()), 1e-6))
    edge = np.minimum(1.0, np.arange(1, 121, dtype=np.float32) / 120)  # 5 ms: no click
    out = out * np.float32(gain)
    if len(out) > 2 * len(edge):
        out[: len(edge)] *= edge
        out[-len(edge) :] *= edge[::-1]
    return np.asarray(out, dtype=np.float32)


@lru_cache(maxsize=1)
def _rumble() -> Any:
    from scipy.signal import butter

    return butter(2, _LOWEST_HZ, "highpass", fs=RATE, output="sos")
