"""Speech, and rooms that give it back."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import soundfile
import soxr

from kitt_voice.features import SAMPLE_RATE

LINES = Path(__file__).parents[1] / "ros2_ws/src/kitt_sim/kitt_sim/scenarios/lines"


@cache
def _words() -> list[np.ndarray]:
    found = []
    for path in sorted(LINES.glob("en_*.flac")):
        samples, rate = soundfile.read(path, dtype="float32")
        loud = np.flatnonzero(np.abs(samples) > 0.01)
        found.append(soxr.resample(samples[loud[0] : loud[-1]], rate, SAMPLE_RATE))
    return found


def talk(seconds: float, first: int) -> np.ndarray:
    """The lines of the scenarios one after the other, from number `first` on, and over again."""
    words, count = _words(), int(seconds * SAMPLE_RATE)
    parts, number = [], first
    while sum(map(len, parts)) < count:
        parts += [words[number % len(words)], np.zeros(SAMPLE_RATE // 20, np.float32)]
        number += 1
    sound = np.concatenate(parts)[:count]
    return (0.3 * sound / np.abs(sound).max()).astype(np.float32)


def room(delay: int, seed: int) -> np.ndarray:
    """An impulse response of 150 ms that dies away."""
    rng = np.random.default_rng(seed)
    tail = rng.standard_normal(2400) * np.exp(-np.arange(2400) / 500.0)
    return np.concatenate((np.zeros(delay), [1.0], 0.2 * tail)).astype(np.float32)


def echo(far: np.ndarray, response: np.ndarray) -> np.ndarray:
    return np.convolve(far, response)[: len(far)].astype(np.float32)


def level_db(samples: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(np.square(samples)) + 1e-12))
