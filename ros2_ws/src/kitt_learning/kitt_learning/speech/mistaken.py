"""What the ears took for a command: ``python -m kitt_learning.speech.mistaken --model ONNX --corpus DIR --out DIR``.

Clips of shards go through the recogniser as when the confidence is fitted; what a verifier is asked about and was not
said becomes a clip of its own, of the kind `shards.MISTAKEN`. A verifier that learns from these sees what it will be
asked (hard negative mining; Sung and Poggio 1998; for keywords: Hou and others 2020).
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from kitt_inference.errors import KittError
from kitt_learning.program import program
from kitt_learning.speech import shards
from kitt_learning.speech.calibrate import considering, embedded
from kitt_learning.speech.corpus import Labelled, clips_of
from kitt_text.grammar import Grammar, Understanding
from kitt_text.lexicon import Lexicon
from kitt_voice.acoustic import Acoustic, AcousticModel, Floats
from kitt_voice.confidence import FEATURES, VERIFIED, Calibration
from kitt_voice.evaluation import label_meaning, meaning_of
from kitt_voice.features import SAMPLE_RATE, STEP
from kitt_voice.opening import load_grammar
from kitt_voice.verifier import CLASSES, Verifier

LEAST = 0.02
"""Confidence by the phones alone, below which nobody has to tell it from a command."""
SHARD_CLIPS = 500
"""Clips heard for one shard: a minute or so."""
_APART = SAMPLE_RATE // 10
"""Cuts of a clip whose ends differ by less are one."""
_LONG = str.maketrans("", "", "ːˑ")


class _Asked(Verifier):
    """Stands where the verifier does, and keeps how many steps it was shown."""

    def __init__(self, grammar: Grammar) -> None:
        self._grammar, self.steps = grammar, 0

    def log_posteriors(self, steps: Sequence[Floats]) -> Floats:
        """Nothing is known."""
        self.steps = len(steps)
        return np.full(len(CLASSES), -np.log(len(CLASSES)), np.float32)


class Miner:
    """Finds what a recogniser takes for single words that were not said.

    Args:
        model, calibration: the acoustic model and the confidence by its phones.
        noise: recordings that are mixed in; what is cut out is without them.
    """

    def __init__(self, model: Acoustic, calibration: Calibration, noise: list[Labelled], seed: int) -> None:
        self._grammar, self._noise, self._rng = load_grammar(), noise, random.Random(seed)
        self._edges = np.random.default_rng(seed)
        self._calibration, self._asked = calibration, _Asked(self._grammar)
        self._found: list[tuple[Understanding, Sequence[float]]] = []
        self._ears = considering(model, self._grammar, lambda *what: self._found.append(what), self._asked)

    def takes(self, row: shards.Row) -> bool:
        """Whether a clip is noise, or its words are known and no command: one taken for another is no lack of one."""
        if not row.text.strip():
            return row.kind == "noise"
        return not label_meaning(self._grammar, row.text, row.language)

    def of(self, clip: Labelled) -> Iterator[tuple[shards.Clip, str]]:
        """Pieces of a clip, each with the command that it was taken for."""
        plain, heard = embedded(clip, self._noise, self._rng)
        self._ears.reset()
        cuts: list[tuple[int, int]] = []
        for end in range(STEP, len(heard) + 1, STEP):
            self._found.clear()
            self._ears.push(heard[end - STEP : end])
            for meaning, features in self._found:
                begin = end - self._asked.steps * STEP
                asked = len(features) == len(VERIFIED)
                if not asked or self._calibration.confidence(features[: len(FEATURES)]) < LEAST:
                    continue
                if any(abs(begin - a) < _APART and abs(end - b) < _APART for a, b in cuts):
                    continue
                cuts.append((begin, end))
                if not self._said(meaning, clip.row):
                    piece = shards.trim(plain[max(begin, 0) : end], self._edges)
                    yield shards.to_int16(piece), meaning_of(meaning.command, meaning.slots)

    def _said(self, meaning: Understanding, row: shards.Row) -> bool:
        """Whether among a clip's words is one that means the command («yeah» for «yes»), or sounds the same."""
        own, wanted = _sounds(meaning.text, meaning.language), meaning_of(meaning.command, meaning.slots)
        return any(
            own & _sounds(word, row.language) or label_meaning(self._grammar, word, row.language) == wanted
            for word in row.text.split()
        )


@cache
def _sounds(word: str, language: str) -> frozenset[str]:
    spoken = Lexicon.load(language).pronounce(word)
    return frozenset("".join(phones).translate(_LONG) for phones in spoken)


def mine(miner: Miner, clips: Iterable[Labelled]) -> shards.Shard:
    """A shard of all that was mistaken; the column `text` is empty, `source` tells for what."""
    shard = shards.Shard()
    for clip in clips:
        row = clip.row
        for piece, command in miner.of(clip):
            shard.add(
                piece, text="", language=row.language, engine=row.engine, voice=row.voice, kind=shards.MISTAKEN,
                source=f"{row.source}: {command}", licence=row.licence,
            )  # fmt: skip
    return shard


@program
def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; exit status 0, or 1 for a failure with a remedy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="the acoustic model; calibration.json beside it")
    parser.add_argument("--corpus", type=Path, action="append", required=True, help="folder of shards (repeatable)")
    parser.add_argument("--noise", type=Path, action="append", default=[], help="folder of shards (repeatable)")
    parser.add_argument("--out", type=Path, required=True, help="folder for the shards")
    parser.add_argument("--clips", type=int, help="of each folder at most (default: all)")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    noise = [clip for folder in chosen.noise for clip in clips_of(folder)]
    calibration = Calibration.load(chosen.model.parent / "calibration.json")
    miner = Miner(AcousticModel.load(chosen.model), calibration, noise, chosen.seed)
    for number, folder in enumerate(chosen.corpus):
        clips = [clip for clip in clips_of(folder) if miner.takes(clip.row)]
        if not clips:
            raise KittError(f"{folder} holds neither noise nor words that are no command", "give a folder of shards")
        random.Random(chosen.seed).shuffle(clips)
        clips = clips[: chosen.clips]
        for part, at in enumerate(range(0, len(clips), SHARD_CLIPS)):
            shard = mine(miner, clips[at : at + SHARD_CLIPS])
            shard.write(chosen.out, f"mistaken_{chosen.seed}_{number:03d}_{part:03d}")
            done = min(at + SHARD_CLIPS, len(clips))
            print(f"{folder}: {done} of {len(clips)} clips, {len(shard.rows)} more mistaken", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
