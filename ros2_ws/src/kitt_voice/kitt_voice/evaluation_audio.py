"""Audio for evaluation: a clip within its own background, noise at a given ratio, where a word ends. Pure numpy.

Samples are float32 mono in [-1, 1] at `SAMPLE_RATE`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kitt_voice.features import SAMPLE_RATE

Array = np.ndarray[Any, Any]

FRAME = SAMPLE_RATE // 100
ACTIVE_DB = 30.0
"""A frame of 10 ms belongs to the word while its level is within this of the loudest frame's."""
BEFORE_S, AFTER_S = 0.7, 0.8
"""Background before and after an embedded clip [s]."""
LEAST_SNR_DB = 20.0
"""A clip cut so close that it has no pause gets background this far below its words."""
_LSB = 1.0 / 32768.0
_WINDOW = 512


def levels(samples: Array) -> Array:
    """RMS of each whole frame of 10 ms, (n,)."""
    whole = np.asarray(samples[: len(samples) // FRAME * FRAME], np.float64).reshape(-1, FRAME)
    return np.sqrt(np.mean(whole**2, axis=1))


def word_end(samples: Array) -> float:
    """Where the word ends [s]: the end of the last frame within `ACTIVE_DB` of the loudest; 0 for silence."""
    level = levels(samples)
    if not level.size or level.max() <= 0.0:
        return 0.0
    active = np.flatnonzero(level >= level.max() * 10.0 ** (-ACTIVE_DB / 20.0))
    return float(active[-1] + 1) * FRAME / SAMPLE_RATE


def active_rms(samples: Array) -> float:
    """RMS over the frames within `ACTIVE_DB` of the loudest: the level of the speech, whatever pauses are around it."""
    level = levels(samples)
    if not level.size:
        return 0.0
    return float(np.sqrt(np.mean(level[level >= level.max() * 10.0 ** (-ACTIVE_DB / 20.0)] ** 2)))


def background(samples: Array, count: int, seed: int) -> Array:
    """`count` samples of noise with the spectrum and level of the clip's quietest tenth; at least one bit strong."""
    random = np.random.default_rng(seed)
    hops = range(0, len(samples) - _WINDOW + 1, _WINDOW // 2)
    blocks = np.array([samples[at : at + _WINDOW] for at in hops], np.float64).reshape(-1, _WINDOW)
    power, level = np.ones(_WINDOW // 2 + 1), 0.0
    if len(blocks):
        energy = np.mean(blocks**2, axis=1)
        quiet = np.argsort(energy)[: max(1, len(blocks) // 10)]
        power = np.mean(np.abs(np.fft.rfft(blocks[quiet] * np.hanning(_WINDOW), axis=1)) ** 2, axis=0)
        level = min(float(np.sqrt(np.mean(energy[quiet]))), active_rms(samples) * 10.0 ** (-LEAST_SNR_DB / 20.0))
    # White noise through the magnitudes, window by window (weighted overlap-add).
    out = np.zeros(count + 2 * _WINDOW)
    window = np.sqrt(np.hanning(_WINDOW + 1)[:-1])
    for at in range(0, count + _WINDOW, _WINDOW // 2):
        white = np.fft.rfft(random.standard_normal(_WINDOW) * window)
        out[at : at + _WINDOW] += np.fft.irfft(white * np.sqrt(power), _WINDOW) * window
    shaped = out[_WINDOW // 2 : _WINDOW // 2 + count]
    if level < _LSB:
        shaped, level = random.standard_normal(count), _LSB
    rms = float(np.sqrt(np.mean(shaped**2))) if count else 1.0
    noise = shaped * (level / rms)
    return noise.astype(np.float32)


def embed(samples: Array, seed: int, before_s: float = BEFORE_S, after_s: float = AFTER_S) -> Array:
    """The clip within background of its own noise floor, as if the microphone had been on before and after."""
    before, after = round(before_s * SAMPLE_RATE), round(after_s * SAMPLE_RATE)
    noise = background(samples, before + after, seed)
    return np.concatenate([noise[:before], np.asarray(samples, np.float32), noise[before:]])


def pink(count: int, seed: int) -> Array:
    """`count` samples of pink noise (power falls as 1/f above 20 Hz), RMS 0.1, the same for the same seed."""
    white = np.fft.rfft(np.random.default_rng(seed).standard_normal(max(count, 2)))
    frequency = np.fft.rfftfreq(max(count, 2), 1.0 / SAMPLE_RATE)
    shaped = np.fft.irfft(white / np.sqrt(np.maximum(frequency, 20.0)), max(count, 2))[:count]
    rms = np.sqrt(np.mean(shaped**2)) or 1.0
    return (0.1 * shaped / rms).astype(np.float32)


def mix(speech: Array, noise: Array, snr_db: float, speech_rms: float) -> Array:
    """Speech with noise of the same length at a signal-to-noise ratio, scaled down where it would clip.

    Args:
        speech_rms: level of the words in `speech` (see `active_rms`), so that pauses around them do not count.
    """
    noise_rms = float(np.sqrt(np.mean(np.asarray(noise, np.float64) ** 2)))
    gain = speech_rms / (noise_rms * 10.0 ** (snr_db / 20.0)) if noise_rms > 0.0 else 0.0
    mixed = speech + np.float32(gain) * noise
    peak = float(np.abs(mixed).max(initial=0.0))
    return np.asarray(mixed / peak if peak > 1.0 else mixed, np.float32)


def cut(noise: Array, count: int, seed: int) -> Array:
    """`count` samples of a noise from a place that the seed chooses; a short noise is repeated."""
    if len(noise) < count:
        noise = np.tile(noise, -(-count // max(len(noise), 1)))
    at = int(np.random.default_rng(seed).integers(0, len(noise) - count + 1))
    return noise[at : at + count]


def to_int16(samples: Array) -> Array:
    """float in [-1, 1] to int16."""
    return np.clip(np.rint(np.asarray(samples, np.float64) * 32768.0), -32768, 32767).astype(np.int16)
