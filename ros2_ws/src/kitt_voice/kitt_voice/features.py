"""Log-mel features, streaming: what the acoustic model hears.

The same numbers as torchaudio's `MelSpectrogram(sample_rate=16000, n_fft=512, win_length=400, hop_length=160, f_min=20,
f_max=7600, n_mels=40, power=2.0, center=False, norm=None, mel_scale="htk")` followed by log(mel + 1e-6), whatever the
chunks in which the sound arrives. A frame covers 32 ms of samples, of which the window in the middle uses 25 ms.
"""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

SAMPLE_RATE = 16000  # [Hz]
N_MELS = 40
WINDOW = 400  # [samples], 25 ms
HOP = 160  # [samples], 10 ms
N_FFT = 512
F_MIN, F_MAX = 20.0, 7600.0  # [Hz]
FLOOR = 1e-6  # of a mel band's power, before the logarithm
STACK = 2  # frames a step of the acoustic model
STEP = STACK * HOP  # [samples], 20 ms

# Frames computed at a time: bounds the memory that a long file takes.
_BATCH = 512


class LogMel:
    """Turns samples into frames as they come. Not thread-safe: one instance a stream."""

    def __init__(self) -> None:
        self._window = _padded_hann()
        # Only the bins under the triangles enter: the rest of the matrix is zero.
        weights = mel_weights()
        used = np.flatnonzero(weights.any(axis=1))
        self._bins = slice(int(used[0]), int(used[-1]) + 1)
        self._weights = np.ascontiguousarray(weights[self._bins])
        self._rest: Array = np.zeros(0, dtype=np.float32)

    def reset(self) -> None:
        """Forget what was heard: the next sample is the first of a stream."""
        self._rest = np.zeros(0, dtype=np.float32)

    def push(self, samples: Array) -> Array:
        """Take samples, give the frames they complete.

        Args:
            samples: (n,) mono at 16 kHz; int16, or floating point from -1 to 1. Any n, 0 too.

        Returns:
            (m, 40) float32, natural logarithms of power. Frame k of a stream begins at sample 160 k and is given once
            sample 160 k + 511 is there.

        Raises:
            ValueError: samples are not one-dimensional, or neither int16 nor floating point.
        """
        signal = np.concatenate((self._rest, as_float(samples)))
        count = max(0, (len(signal) - N_FFT) // HOP + 1)
        self._rest = signal[count * HOP :].copy()
        if not count:
            return np.zeros((0, N_MELS), dtype=np.float32)
        # Overlapping views; sliding_window_view gives the same and costs as much as the transform.
        size = signal.itemsize
        frames: Array = np.ndarray((count, N_FFT), signal.dtype, signal, 0, (HOP * size, size))
        if count <= _BATCH:
            return self._frames(frames)
        return np.concatenate([self._frames(frames[i : i + _BATCH]) for i in range(0, count, _BATCH)])

    def _frames(self, frames: Array) -> Array:
        spectrum = np.fft.rfft(frames * self._window)[:, self._bins]
        power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
        return np.log(power @ self._weights + np.float32(FLOOR))


def stack(frames: Array) -> Array:
    """Join frames in pairs, one pair a step of the acoustic model; an odd last frame is left out.

    Args:
        frames: (n, 40).

    Returns:
        (n // 2, 80), the earlier frame first.
    """
    count = len(frames) // STACK
    return frames[: count * STACK].reshape(count, STACK * frames.shape[1])


def level_db(features: Array) -> float:
    """How loud a step is, (80,) or any other log-mel features: 10 log10 of their power."""
    return 10.0 * float(np.log10(np.exp(features).sum()))


def as_float(samples: Array) -> Array:
    """Mono samples as float32 from -1 to 1. Raises ValueError for another shape or kind of number."""
    samples = np.asarray(samples)
    if samples.ndim != 1:
        raise ValueError(f"samples have the shape {samples.shape}, wanted: one channel (n,)")
    if samples.dtype == np.int16:
        return samples.astype(np.float32) * np.float32(1 / 32768)
    if samples.dtype.kind == "f":
        return samples.astype(np.float32, copy=False)
    raise ValueError(f"samples are {samples.dtype}, wanted: int16 or floating point from -1 to 1")


def mel_corners() -> Array:
    """Corners of the triangles in Hz, evenly spaced on the HTK mel scale: (42,) float32; triangle k peaks at k + 1."""
    low, high = (np.float32(2595.0 * np.log10(1.0 + f / 700.0)) for f in (F_MIN, F_MAX))
    last = N_MELS + 1
    step = float(np.float32((high - low) / np.float32(last)))
    i = np.arange(last + 1)
    mels = np.where(i <= last // 2, float(low) + step * i, float(high) - step * (last - i)).astype(np.float32)
    corners: Array = np.float32(700) * (np.power(np.float32(10), mels / np.float32(2595)) - np.float32(1))
    return corners


def mel_weights() -> Array:
    """Triangles between the `mel_corners`, of height 1: (257, 40), float32.

    As torchaudio.functional.melscale_fbanks(257, 20, 7600, 40, 16000, norm=None, mel_scale="htk"), its single precision
    and the order of its sums included: exact corners would move the narrow bands by 1e-4.
    """
    corners = mel_corners()
    bins = np.linspace(0.0, SAMPLE_RATE / 2, N_FFT // 2 + 1).astype(np.float32)
    slopes = corners[None, :] - bins[:, None]
    widths = np.diff(corners)
    rising, falling = -slopes[:, :-2] / widths[:-1], slopes[:, 2:] / widths[1:]
    weights: Array = np.maximum(np.float32(0), np.minimum(rising, falling))
    return weights


def _padded_hann() -> Array:
    """The periodic Hann window in the middle of an FFT's length, as torch.stft places it."""
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(WINDOW) / WINDOW)
    left = (N_FFT - WINDOW) // 2
    return np.pad(window, (left, N_FFT - WINDOW - left)).astype(np.float32)
