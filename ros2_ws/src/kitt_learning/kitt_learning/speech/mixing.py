"""Streams to learn from: clips one after another with pauses, in rooms, over noise, through cheap microphones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import soxr
from scipy.ndimage import binary_closing
from scipy.signal import oaconvolve

from kitt_learning.speech.corpus import Corpus, Labelled
from kitt_voice.features import N_FFT, SAMPLE_RATE, STEP, LogMel, stack

Samples = npt.NDArray[np.float32]

STEPS = 400
"""Steps of a stream where no other number is asked for: 8 s."""
SPEED = 0.14
"""People's clips are played up to this part faster or slower, pitch and all; synthetic ones are made so."""
ROOM, CLEAN, CHEAP = (0.1, 0.4), (0.6, 0.2), (0.05, 0.18)
"""How often there is a room, no noise at all, a telephone's band or a clipped signal; at hardness 0 and 1."""
SNR_DB, LEAST_SNR_DB = 33.0, (14.0, -1.0)
LEVEL_DB = (-32.0, -3.0)
SPEECH_DB = 35.0
"""What lies further below the loudest part of a clip is no speech."""
SILENT = 0.04
"""How often nobody speaks."""
PAUSES_S = (0.3, 0.3, 0.3, 0.5, 1.5)
"""Mean pauses between clips; one for a stream."""
_EDGE = 160
_CLOSURE = 3
"""Half of the steps of the longest pause within a word."""


@dataclass(frozen=True)
class Stream:
    """(steps, 80) features, (steps,) whether someone speaks, and the phones."""

    features: npt.NDArray[np.float16]
    speech: npt.NDArray[np.uint8]
    phones: npt.NDArray[np.int16]


class Scene:
    """Makes streams of a number of steps, hard to hear from 0 to 1; what is said in them a subclass knows."""

    def __init__(
        self, noise: list[Labelled], rooms: npt.NDArray[np.float32], seed: int, steps: int, hardness: float
    ) -> None:
        self._noise, self._rooms = noise, rooms
        self._room, self._clean, self._cheap, self._least_db = (
            low + hardness * (high - low) for low, high in (ROOM, CLEAN, CHEAP, LEAST_SNR_DB)
        )
        self._steps, self._length = steps, steps * STEP + N_FFT
        self._rng = np.random.default_rng(seed)

    def stream(self) -> Stream:
        """The next stream."""
        rng = self._rng
        speech, spoken, phones = self._speech()
        level = float(np.sqrt(np.mean(speech[spoken] ** 2))) if spoken.any() else 0.05
        if len(self._rooms) and rng.random() < self._room:
            room = self._rooms[rng.integers(len(self._rooms))]
            speech = oaconvolve(speech, room)[: self._length].astype(np.float32)
        mixed = speech if rng.random() < self._clean else speech + self._bed(level)
        mixed = self._microphone(mixed)
        mixed *= 10 ** (rng.uniform(*LEVEL_DB) / 20) / max(float(np.abs(mixed).max()), 1e-6)
        if rng.random() < 0.8:
            mixed += rng.standard_normal(self._length, dtype=np.float32) * np.float32(
                10 ** (rng.uniform(-96, -66) / 20)
            )
        features = stack(LogMel().push(mixed.astype(np.float32)))
        # A step looks at 32 ms from its begin on: its middle is half a step later.
        voiced = spoken[STEP : STEP + self._steps * STEP : STEP]
        return Stream(features.astype(np.float16), voiced.astype(np.uint8), np.array(phones, np.int16))

    def _speech(self) -> tuple[Samples, npt.NDArray[np.bool_], list[int]]:
        """What is said, where (both of the stream's length), and the stream's `phones`."""
        raise NotImplementedError

    def _said(self, clip: Labelled) -> Samples:
        rng = self._rng
        samples = clip.samples.astype(np.float32) / 32768
        if clip.row.engine == "human" and rng.random() < 0.7:
            samples = soxr.resample(samples, SAMPLE_RATE * rng.uniform(1 - SPEED, 1 + SPEED), SAMPLE_RATE, "LQ")
        edge = min(_EDGE, len(samples) // 2)
        ramp = np.linspace(0, 1, edge, dtype=np.float32)
        samples[:edge] *= ramp
        samples[len(samples) - edge :] *= ramp[::-1]
        # People speak now louder, now softer; a recording's own level says nothing.
        gain = 10 ** (rng.uniform(-8, 0) / 20) / max(float(np.abs(samples).max()), 1e-4)
        return np.asarray(samples * np.float32(gain), np.float32)

    def _bed(self, level: float) -> Samples:
        """Noise for the whole stream, at a ratio to speech of r.m.s. `level`."""
        rng, length = self._rng, self._length
        bed = np.zeros(length, np.float32)
        if not self._noise:
            return bed
        for _ in range(1 if rng.random() < 0.7 else 2):
            clip = self._noise[rng.integers(len(self._noise))].samples.astype(np.float32)
            if len(clip) < length:
                clip = np.tile(clip, -(-length // len(clip)))
            start = int(rng.integers(len(clip) - length + 1))
            piece = clip[start : start + length]
            rms = float(np.sqrt(np.mean(piece**2)))
            bed += piece * np.float32(rng.uniform(0.3, 1.0) / max(rms, 1e-3))
        rms = float(np.sqrt(np.mean(bed**2)))
        return bed * np.float32(level * 10 ** (-rng.uniform(self._least_db, SNR_DB) / 20) / max(rms, 1e-9))

    def _microphone(self, samples: Samples) -> Samples:
        rng = self._rng
        if rng.random() < self._cheap:
            narrow = soxr.resample(samples, SAMPLE_RATE, 8000, "LQ")
            companded = np.sign(narrow) * np.log1p(255 * np.minimum(np.abs(narrow), 1)) / np.log(256)  # G.711's mu-law
            coarse = np.round(companded * 127) / 127
            narrow = np.sign(coarse) * (256 ** np.abs(coarse) - 1) / 255
            samples = np.pad(soxr.resample(narrow.astype(np.float32), 8000, SAMPLE_RATE, "LQ"), (0, 8))[: self._length]
        if rng.random() < self._cheap:
            limit = float(np.abs(samples).max()) * rng.uniform(0.3, 0.9)
            samples = np.clip(samples, -limit, limit)
        return np.asarray(samples, np.float32)


class Mixer(Scene):
    """Clips of a corpus one after another; the same seed and corpus give the same streams."""

    def __init__(
        self,
        corpus: Corpus,
        noise: list[Labelled],
        rooms: npt.NDArray[np.float32],
        seed: int,
        steps: int = STEPS,
        hardness: float = 0.5,
    ) -> None:
        super().__init__(noise, rooms, seed, steps, hardness)
        self._corpus = corpus

    def _speech(self) -> tuple[Samples, npt.NDArray[np.bool_], list[int]]:
        rng, length = self._rng, self._length
        sound, spoken = np.zeros(length, np.float32), np.zeros(length, np.bool_)
        phones: list[int] = []
        if rng.random() < SILENT:
            return sound, spoken, phones
        pause_s = float(rng.choice(PAUSES_S))
        at = 0 if rng.random() < 0.25 else int(rng.uniform(0, 0.15) * length)
        while True:
            clip = self._corpus.draw()
            samples = self._said(clip)
            if at + len(samples) > length - SAMPLE_RATE // 5:
                # A rest too short for this one may be long enough for a word.
                if phones or rng.random() < 0.3:
                    break
                continue
            sound[at : at + len(samples)] += samples
            spoken[at : at + len(samples)] |= active(samples)
            phones += self._corpus.phones(clip)
            at += len(samples) + int(rng.exponential(pause_s) * SAMPLE_RATE)
        return sound, spoken, phones


def active(samples: Samples, frame: int = STEP) -> npt.NDArray[np.bool_]:
    """(n,) whether each sample belongs to speech: loud for its clip, well above the clip's own noise."""
    count = len(samples) // frame
    if not count:
        return np.ones(len(samples), np.bool_)
    level = 10 * np.log10(np.mean(samples[: count * frame].reshape(count, frame) ** 2, axis=1) + 1e-12)
    peak, floor = float(level.max()), float(np.percentile(level, 8))
    loud = level > max(peak - SPEECH_DB, floor + 0.3 * (peak - floor))
    # A pause within a word (the closure of «stop») is speech too; what follows a word is not.
    held = binary_closing(np.pad(loud, _CLOSURE), np.ones(2 * _CLOSURE + 1))[_CLOSURE:-_CLOSURE]
    return np.pad(np.repeat(held, frame), (0, len(samples) - count * frame), mode="edge")
