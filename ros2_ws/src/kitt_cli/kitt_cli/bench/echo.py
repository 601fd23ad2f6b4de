"""`kitt bench echo`: «stop» over KITT's own voice in rooms, with and without echo cancellation, beside Speex."""

from __future__ import annotations

import importlib
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from scipy.signal import oaconvolve

from kitt_cli.bench.statistics import machine
from kitt_cli.bench.stop import recordings
from kitt_voice.echo import BLOCK, PARTITIONS, EchoCanceller
from kitt_voice.evaluation_audio import active_rms, embed, to_int16
from kitt_voice.features import SAMPLE_RATE, as_float
from kitt_voice.heard import Heard
from kitt_voice.opening import open_ears
from kitt_voice.recogniser import Recogniser
from kitt_voice.resample import Resampler
from kitt_voice.speech.base import RATE
from kitt_voice.speech.evaluation import answers
from kitt_voice.speech.studio import Studio

Array = np.ndarray[Any, Any]
Canceller = Callable[[Array, Array], Array]

BEFORE_S, AFTER_S = 3.0, 1.5
OVER_DB = (-6.0, 9.0)
"""How much louder than the word KITT's own voice is in the microphone."""
DELAY_S, REVERBERATION_S, DIRECT_DB = (0.005, 0.06), (0.15, 0.5), (0.0, 10.0)
NOISE_DB = 35.0
"""Below the word."""
SPEEX = "speex"


@dataclass
class _Score:
    heard: int = 0
    own: int = 0
    spent_s: float = 0.0
    weakened_db: list[float] = field(default_factory=list)


def bench_echo(trials: int, manifest: Path | None, seed: int, tell: Callable[[str], None]) -> dict[str, Any]:
    """The same trials for every canceller.

    Raises:
        KittError: no voice, no ears, or no recordings.
    """
    contestants: dict[str, Callable[[], Canceller]] = {"nothing": _nothing, "kitt": lambda: EchoCanceller().process}
    notes = {}
    try:
        importlib.import_module("pyaec")
        contestants[SPEEX] = _speex
    except ImportError:
        notes[SPEEX] = "pip install pyaec (Speex's canceller and preprocessor) to compare with it"
    ears, chance = open_ears(), random.Random(seed)
    recogniser = ears.recogniser
    tell("KITT's answers are spoken")
    voice = _voice()
    scores = {name: _Score() for name in contestants}
    blocks = 0
    for number, (name, word) in zip(range(trials), recordings(manifest, seed), strict=False):
        near, far = _scene(word, voice, chance)
        blocks += len(near) // BLOCK
        for contestant, make in contestants.items():
            _hear(recogniser, make(), near, far, scores[contestant])
        tell(f"{number + 1} of {trials}: {name}")
    return {
        "machine": machine(),
        "model": {"name": ears.model.name, "sha256": ears.model.sha256},
        "trials": trials,
        "cancellers": {
            name: {
                "heard": score.heard,
                "stopped_by_own_voice": score.own,
                "weakened_db": round(median(score.weakened_db), 1),
                "us_per_block": round(1e6 * score.spent_s / max(blocks, 1), 1),
            }
            for name, score in scores.items()
        },
        "notes": notes,
    }


def _voice() -> Array:
    """What KITT answers in English, one after the other, at 16 kHz."""
    studio, resampler = Studio(), Resampler(RATE, SAMPLE_RATE)
    return np.concatenate([resampler.push(studio.make(text, "en")) for text in answers("en")])


def _scene(word: Array, voice: Array, chance: random.Random) -> tuple[Array, Array]:
    """The microphone's samples with a word at `BEFORE_S`, and the loudspeaker's: float32, full scale 1."""
    noise = np.random.default_rng(chance.randrange(2**32))
    loud = active_rms(word)
    near = embed(word, chance.randrange(2**32), BEFORE_S, AFTER_S).astype(np.float64)
    at = chance.randrange(len(voice) - len(near))
    far = voice[at : at + len(near)]
    tail = np.arange(int(chance.uniform(*REVERBERATION_S) * SAMPLE_RATE))
    room = noise.standard_normal(len(tail)) * 10.0 ** (-3.0 * tail / len(tail))
    room *= 10.0 ** (-chance.uniform(*DIRECT_DB) / 20.0) / np.sqrt(room @ room)
    delay = int(chance.uniform(*DELAY_S) * SAMPLE_RATE)
    echo = oaconvolve(far, np.concatenate((np.zeros(delay), [1.0], room)))[: len(far)]
    near += echo * (loud * 10.0 ** (chance.uniform(*OVER_DB) / 20.0) / active_rms(echo))
    near += noise.standard_normal(len(near)) * loud * 10.0 ** (-NOISE_DB / 20.0)
    return (near * min(1.0, 0.9 / float(np.abs(near).max()))).astype(np.float32), far.astype(np.float32)


def _hear(recogniser: Recogniser, cancel: Canceller, near: Array, far: Array, score: _Score) -> None:
    recogniser.reset()
    recogniser.speaking = True
    before = after = 0.0
    stops: list[float] = []
    for time_s, near_block, far_block in _blocks(near, far):
        begun_s = time.perf_counter()
        clean = cancel(near_block, far_block)
        score.spent_s += time.perf_counter() - begun_s
        if BEFORE_S - 1.0 <= time_s < BEFORE_S - 0.1:
            before, after = before + float(near_block @ near_block), after + float(clean @ clean)
        stops += [time_s for event in recogniser.push(clean) if isinstance(event, Heard) and event.command == "stop"]
    score.own += sum(at_s < BEFORE_S for at_s in stops)
    score.heard += any(at_s >= BEFORE_S for at_s in stops)
    score.weakened_db.append(float(10.0 * np.log10((before + 1e-9) / (after + 1e-9))))


def _blocks(near: Array, far: Array) -> Iterator[tuple[float, Array, Array]]:
    for begin in range(0, len(near) - BLOCK + 1, BLOCK):
        yield begin / SAMPLE_RATE, near[begin : begin + BLOCK], far[begin : begin + BLOCK]


def _nothing() -> Canceller:
    return lambda near, _far: near


def _speex() -> Canceller:
    """With a filter as long as ours and its residual echo suppression."""
    speex = importlib.import_module("pyaec").Aec(BLOCK, PARTITIONS * BLOCK, SAMPLE_RATE, True)

    def cancel(near: Array, far: Array) -> Array:
        given = (to_int16(block).tolist() for block in (near, far))
        return as_float(np.array(speex.cancel_echo(*given), np.int16))

    return cancel
