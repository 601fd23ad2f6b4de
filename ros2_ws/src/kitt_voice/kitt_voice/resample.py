"""Any sampling rate to 16 kHz, streaming: a polyphase windowed sinc."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kitt_inference.errors import KittError

Array = np.ndarray[Any, Any]

RATES = (4000, 384000)  # [Hz], least and greatest taken

# Half the filter's length, in samples of the slower rate: 2 ms at 16 kHz.
_HALF = 32
# The cut-off as a part of the slower rate's band: what folds back lies above 7.6 kHz, below it is 80 dB down.
_CUTOFF = 0.97
_BETA = 8.0


class Resampler:
    """Resamples one channel. Output sample n is the input at time n / 16000 s exactly: there is no delay to subtract.

    The result does not depend on the chunks. Raises KittError for a rate outside `RATES`.
    """

    def __init__(self, rate: int, target: int = 16000) -> None:
        """rate: of the input [Hz]; target: of the output [Hz]."""
        if not RATES[0] <= rate <= RATES[1]:
            raise KittError(f"a sampling rate of {rate} Hz cannot be used", f"give {RATES[0]} to {RATES[1]} Hz")
        common = math.gcd(rate, target)
        self._up, self._down = target // common, rate // common
        self._half = math.ceil(_HALF * max(1.0, rate / target))
        self._filters = _filters(self._up, self._down, self._half) if rate != target else None
        self.reset()

    def reset(self) -> None:
        """The next sample is the first of a stream."""
        self._buffer: Array = np.zeros(self._half - 1, dtype=np.float32)
        self._first = 1 - self._half  # index of the buffer's first sample in the input
        self._given = 0

    def push(self, samples: Array) -> Array:
        """Take (n,) samples, give those of the output that they complete: (m,) float32."""
        samples = np.asarray(samples, dtype=np.float32)
        if self._filters is None:
            return samples
        self._buffer = np.concatenate((self._buffer, samples))
        # Output n needs the input up to index floor(n * down / up) + half.
        last = self._first + len(self._buffer) - 1 - self._half
        end = max(self._given, (last * self._up + self._up - 1) // self._down + 1) if last >= 0 else self._given
        return self._make(end)

    def flush(self) -> Array:
        """The rest of the output at the end of a stream, which is taken to be followed by silence."""
        if self._filters is None:
            return np.zeros(0, dtype=np.float32)
        received = self._first + len(self._buffer)
        total = -(-received * self._up // self._down)
        self._buffer = np.concatenate((self._buffer, np.zeros(self._half + 1, dtype=np.float32)))
        rest = self._make(max(total, self._given))
        self.reset()
        return rest

    def _make(self, end: int) -> Array:
        assert self._filters is not None
        steps = np.arange(self._given, end, dtype=np.int64) * self._down
        places, phases = steps // self._up, steps % self._up
        taps = 2 * self._half
        if len(steps):
            windows = np.lib.stride_tricks.sliding_window_view(self._buffer, taps)
            rows = windows[places - (self._half - 1) - self._first]
            made: Array = np.einsum("ij,ij->i", rows, self._filters[phases])
        else:
            made = np.zeros(0, dtype=np.float32)
        self._given = end
        needed = end * self._down // self._up - (self._half - 1)  # first input sample that the next output uses
        drop = min(max(0, needed - self._first), len(self._buffer))
        self._buffer = self._buffer[drop:]
        self._first += drop
        return made


def _filters(up: int, down: int, half: int) -> Array:
    """(up, 2 half): for an output at i + phase / up, the weights of the inputs i - half + 1 to i + half."""
    cutoff = 0.5 * _CUTOFF * min(1.0, up / down)  # [cycles per input sample]
    offsets = np.arange(1 - half, half + 1)[None, :] - np.arange(up)[:, None] / up
    window = np.i0(_BETA * np.sqrt(np.maximum(0.0, 1.0 - (offsets / half) ** 2))) / np.i0(_BETA)
    weights = np.sinc(2.0 * cutoff * offsets) * window
    result: Array = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return result


def to_int16(samples: Array) -> Array:
    """Floating point from -1 to 1 as int16, rounded; louder is cut off, what is no number is silence."""
    scaled = np.rint(np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0) * 32768.0)
    result: Array = np.clip(scaled, -32768, 32767).astype(np.int16)
    return result
