"""What the verifier learns from: one utterance at the end of a short recording, a command or something else."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kitt_inference.errors import KittError
from kitt_learning.speech.corpus import NATURAL, RAREST, Labelled, clips_of, noises
from kitt_learning.speech.mixing import Samples, Scene, active
from kitt_learning.speech.shards import MISTAKEN, Row
from kitt_text.grammar import Grammar, default_grammar
from kitt_voice.evaluation import label_meaning
from kitt_voice.features import SAMPLE_RATE, STEP
from kitt_voice.verifier import INDEX, LONGEST, class_name

SHARES = {"people": 0.45, "made": 0.24, "other_words": 0.04, "talk": 0.1, "made_other": 0.07, MISTAKEN: 0.1}
"""Where an utterance comes from: people's commands, made ones, people's other words, their talk, other made speech,
and what the ears took for a command."""
PART = 0.7
"""How often talk is a part of a sentence, as between two pauses, though the whole would fit."""
PART_S = (0.3, 2.2)
HALF = 0.04
"""How often a command breaks off: it is none then."""
TRAIL_S, PREROLL_S = (0.06, 0.45), (0.02, 0.42)
"""Silence after the utterance, as patience gives it, and what is heard before it."""
_LEAST_LEAD = SAMPLE_RATE // 10


@dataclass(frozen=True)
class Material:
    """Clips with their classes, by the names of `SHARES`."""

    clips: dict[str, list[tuple[Labelled, int]]]

    @classmethod
    def of(cls, folders: Iterable[Path], grammar: Grammar | None = None) -> Material:
        """Sort the clips of folders of shards.

        Raises:
            KittError: a shard is damaged, or there are no commands or nothing else.
        """
        grammar, known = grammar or default_grammar(), dict[tuple[str, str], int | None]()
        found: dict[str, dict[object, tuple[Labelled, int]]] = {name: {} for name in SHARES}
        for folder in folders:
            for clip in clips_of(folder):
                row = clip.row
                words = (row.text, row.language)
                if words not in known:
                    known[words] = INDEX.get(class_name(label_meaning(grammar, *words))) if row.text.strip() else 0
                kind = known[words]
                if kind is not None:
                    name = _name(row, bool(kind))
                    # A recording may lie in two folders.
                    found[name][row.voice, row.text, row.length, row.engine] = (clip, kind)
        clips = {name: list(rows.values()) for name, rows in found.items() if rows}
        if not clips.keys() & {"people", "made"} or not clips.keys() - {"people", "made"}:
            raise KittError("the corpus lacks commands or other speech", "give folders with both")
        return cls(clips)


def _name(row: Row, command: bool) -> str:
    if row.kind == MISTAKEN:
        return MISTAKEN
    if row.engine != "human":
        return "made" if command else "made_other"
    return "people" if command else "talk" if row.kind == "sentence" or not row.text.strip() else "other_words"


class Utterances(Scene):
    """Makes streams of `LONGEST` steps whose `phones` are the class and the step with which the utterance begins."""

    def __init__(
        self, material: Material, noise: list[Labelled], rooms: npt.NDArray[np.float32], seed: int, hardness: float
    ) -> None:
        super().__init__(noise, rooms, seed, LONGEST, hardness)
        self._material, self._random = material.clips, random.Random(seed)
        self._names = list(self._material)
        self._shares = [SHARES[name] for name in self._names]
        self._weights: dict[str, list[float]] = {
            name: _weights(self._material[name]) for name in ("people", "made") if name in self._material
        }

    def _speech(self) -> tuple[Samples, npt.NDArray[np.bool_], list[int]]:
        rng, length = self._rng, self._length
        sound, spoken = np.zeros(length, np.float32), np.zeros(length, np.bool_)
        if rng.random() < 0.03:  # noise alone
            return sound, spoken, [0, int(rng.integers(0, LONGEST - 30))]
        room = length - int(rng.uniform(*TRAIL_S) * SAMPLE_RATE)
        samples, kind = self._utterance(room - _LEAST_LEAD)
        at = room - len(samples)
        sound[at:room] = samples
        spoken[at:room] = active(samples)
        onset = int(spoken.argmax()) if spoken.any() else at
        begin = max(0, onset - int(rng.uniform(*PREROLL_S) * SAMPLE_RATE)) // STEP
        return sound, spoken, [kind, begin]

    def _utterance(self, room: int) -> tuple[Samples, int]:
        rng, name = self._rng, self._random.choices(self._names, self._shares)[0]
        clip, kind = self._random.choices(self._material[name], cum_weights=self._weights.get(name))[0]
        samples = self._said(clip)
        if len(samples) > room or (name == "talk" and rng.random() < PART):
            count = min(int(rng.uniform(*PART_S) * SAMPLE_RATE), len(samples), room)
            start = int(rng.integers(0, len(samples) - count + 1))
            return samples[start : start + count], 0
        if kind and rng.random() < HALF:
            count = int(len(samples) * rng.uniform(0.3, 0.55))
            return (samples[:count] if rng.random() < 0.5 else samples[-count:]), 0
        return samples, kind


def _weights(clips: Sequence[tuple[Labelled, int]]) -> list[float]:
    """By the square root of how often their class occurs, as `corpus.Corpus` draws words; what is too long, never."""
    counts = Counter(kind for _, kind in clips)
    longest = LONGEST * STEP - SAMPLE_RATE // 3
    weights = [
        NATURAL.get(clip.row.engine, 1.0) * max(counts[kind], RAREST) ** -0.5 * (clip.row.length < longest)
        for clip, kind in clips
    ]
    return list(np.cumsum(weights, dtype=float))


def utterances(
    corpus: Sequence[Path], noise: Sequence[Path], seed: int, steps: int = LONGEST, hardness: float = 0.5
) -> Utterances:
    """A mixer of folders of shards, as `pool.Pool` wants it; `steps` is always `LONGEST`."""
    del steps
    return Utterances(Material.of(corpus), *noises(noise), seed, hardness)
