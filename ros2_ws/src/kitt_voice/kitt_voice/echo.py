"""Acoustic echo cancellation: what the loudspeaker plays is taken out of what the microphone hears.

A partitioned-block frequency-domain Kalman filter (Enzner and Vary 2006; Kuech, Mabande and Enzner 2014) learns the way
from the loudspeaker to the microphone and subtracts what comes by it; a Wiener gain then weakens what may be left. The
Kalman filter needs no detector of double talk: what somebody else says is its observation's noise, and slows it down.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

BLOCK = 320
"""Samples taken at a time: 20 ms at 16 kHz."""
PARTITIONS = 16
"""Blocks after which an echo must have died away: 320 ms."""
DELAY = 64
"""Samples by which the output is late: the gain is a symmetric filter of twice so many."""
_MEMORY = 0.9997
"""How much of the path is the same a block later."""
_FIRST = 10.0
"""Variance of the path before it is known; too small, and it is learnt slowly."""
_DIRECT, _FADING = 6, 0.6
"""The echo itself comes within so many blocks; of what the room adds, so much is left a block later."""
_SMOOTH = 0.6
_NONLINEAR = 0.01
"""Power that a loudspeaker makes of the echo beside what a linear filter explains."""
_CAUTION = 4.0
"""What may be left of the echo is taken to be so much more than is thought."""
_LEAST_GAIN = 0.05
_WORSE, _FORGET = 0.9, 1.05
"""A filter that makes an echo so much louder is dropped; energies are sums of which so much is kept a block later."""
_TINY = 1e-10


class EchoCanceller:
    """Blocks of the microphone (near end) and of the loudspeaker (far end) in, the near end without its echo out.

    An echo must not come before its cause, and at most `PARTITIONS` blocks later. The output is `DELAY` samples late.
    """

    _far: Array
    _before: Array
    _energy: Array
    _near_power: Array
    _echo_power: Array

    def __init__(self) -> None:
        self._taper = np.hanning(2 * DELAY + 1).astype(np.float32)
        self._whole = np.zeros(2 * DELAY + 1, np.float32)
        self._whole[DELAY] = 1.0
        self._ramp = np.linspace(0, 1, BLOCK, dtype=np.float32)
        self.reset()

    def reset(self, before: Array | None = None) -> None:
        """Forget the path and the streams. `before`: what the near end was until now, if it goes on."""
        bins = BLOCK + 1
        self._unlearn()
        self._near_power, self._echo_power = np.zeros(bins, np.float32), np.zeros(bins, np.float32)
        self._kept = np.zeros(2 * DELAY, np.float32) if before is None else before[-2 * DELAY :].astype(np.float32)
        self._taps = self._whole
        self._forget_far()

    def process(self, near: Array, far: Array | None) -> Array:
        """The next block: (320,) float32 each, full scale 1; `far` None: nothing was played for `PARTITIONS` blocks."""
        if far is None:
            if self._taps is not self._whole:
                self._forget_far()
            return self._through(near, self._whole)
        self._far = np.roll(self._far, 1, axis=0)
        self._far[0] = np.fft.rfft(np.concatenate((self._before, far)))
        self._before = far
        echo = np.fft.irfft((self._far * self._weights).sum(0))[BLOCK:].astype(np.float32)
        error = near - echo
        self._energy = _WORSE * self._energy + np.array([near @ near, error @ error])
        if self._energy[1] > _FORGET * self._energy[0]:  # the path is another one now
            self._unlearn()
            error, echo = near, np.zeros_like(near)
        spectrum = _spectrum(error)
        self._near_power = _SMOOTH * self._near_power + (1 - _SMOOTH) * _power(spectrum)
        self._echo_power = _SMOOTH * self._echo_power + (1 - _SMOOTH) * _power(_spectrum(echo))
        unsure = self._learn(spectrum)
        left = 0.5 * unsure + _NONLINEAR * self._echo_power
        gain = np.maximum(1.0 - _CAUTION * left / (self._near_power + _TINY), _LEAST_GAIN)
        response = np.fft.irfft(gain)
        return self._through(error, np.concatenate((response[-DELAY:], response[: DELAY + 1])) * self._taper)

    def _unlearn(self) -> None:
        self._weights = np.zeros((PARTITIONS, BLOCK + 1), np.complex64)
        fades = np.minimum(1.0, _FADING ** (np.arange(PARTITIONS) - _DIRECT))
        self._variance = np.tile((_FIRST * fades).astype(np.float32)[:, None], BLOCK + 1)
        self._energy = np.zeros(2)

    def _forget_far(self) -> None:
        self._far = np.zeros((PARTITIONS, BLOCK + 1), np.complex64)
        self._before = np.zeros(BLOCK, np.float32)

    def _learn(self, error: Array) -> Array:
        """One step of the filter; the power of the echo that the path before the step may have left."""
        powers = _power(self._far)
        unsure: Array = (self._variance * powers).sum(0)
        gain = self._variance * np.conj(self._far) / (unsure + 2.0 * self._near_power + _TINY)
        step = np.fft.irfft(gain * error, axis=1)
        step[:, BLOCK:] = 0.0  # a partition is as long as a block: what wraps around is no part of it
        weights = self._weights + np.fft.rfft(step, axis=1)
        kept = _MEMORY**2
        explained = np.maximum(1.0 - 0.5 * (gain * self._far).real, 0.0)
        variance = kept * explained * self._variance + (1.0 - kept) * _power(weights)
        self._weights, self._variance = (_MEMORY * weights).astype(np.complex64), variance.astype(np.float32)
        return unsure

    def _through(self, samples: Array, taps: Array) -> Array:
        """The samples through the gain's filter, faded over from that of the block before."""
        joined = np.concatenate((self._kept, samples))
        before, self._taps, self._kept = self._taps, taps, joined[-2 * DELAY :]
        if taps is before is self._whole:
            return joined[DELAY : DELAY + BLOCK]
        old, new = np.convolve(joined, before, "valid"), np.convolve(joined, taps, "valid")
        return (old * (1 - self._ramp) + new * self._ramp).astype(np.float32)


def _spectrum(block: Array) -> Array:
    return np.fft.rfft(np.concatenate((np.zeros(BLOCK, np.float32), block)))


def _power(spectrum: Array) -> Array:
    power: Array = spectrum.real**2 + spectrum.imag**2
    return power
