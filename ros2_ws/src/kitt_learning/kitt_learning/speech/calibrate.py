"""Fits the confidence to a network: ``python -m kitt_learning.speech.calibrate --model ONNX --corpus DIR --out FILE``.

Clips of shards go through the recogniser as in `kitt eval speech`, with noise; everything it considers to be a
command is an example, right when it is what was said. Use folders that are neither learnt from nor tested on.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from kitt_learning.program import program
from kitt_learning.speech.corpus import Labelled, clips_of
from kitt_text.grammar import Grammar, Understanding
from kitt_voice import evaluation_audio as audio
from kitt_voice.acoustic import Acoustic, AcousticModel
from kitt_voice.confidence import FEATURES, VERIFIED, Calibration, fit, save_verified
from kitt_voice.evaluation import label_meaning, meaning_of
from kitt_voice.evaluation_audio import Array
from kitt_voice.evaluation_run import Noise
from kitt_voice.features import as_float
from kitt_voice.judge import Considered
from kitt_voice.opening import load_grammar
from kitt_voice.recogniser import Recogniser
from kitt_voice.verifier import Verifier

SNRS = (None, None, 20.0, 12.0, 6.0)
LANGUAGES = ("en", "fr", "es")
OTHERS = 0.1
"""How often an example counts for another language than its own: there are few of each."""


def considering(model: Acoustic, grammar: Grammar, tell: Considered, verifier: Verifier | None = None) -> Recogniser:
    """A recogniser that tells all it considers and is sure of nothing, so that an utterance goes on."""
    never = Calibration(-math.inf)
    verified = dict.fromkeys(LANGUAGES, Calibration(-math.inf, (0.0,) * len(VERIFIED)))
    return Recogniser(
        model, grammar, LANGUAGES, calibration=never, verifier=verifier, verified=verified, considered=tell
    )


def embedded(clip: Labelled, noise: list[Labelled], rng: random.Random) -> tuple[Array, Array]:
    """A clip within its own background (n,) float, and as it is heard (n,) int16: sometimes with one of the noises."""
    samples, number, snr = as_float(clip.samples), rng.getrandbits(30), rng.choice(SNRS)
    recordings = (as_float(rng.choice(noise).samples),) if snr is not None and noise else ()
    plain = audio.embed(samples, number)
    return plain, audio.to_int16(Noise(snr if recordings else None, recordings).onto(samples, plain, number))


class Examples(NamedTuple):
    """Features (N, F), whether each was said (N,), and its language (N,)."""

    features: np.ndarray
    right: np.ndarray
    languages: np.ndarray


def examples(
    model: Acoustic,
    grammar: Grammar,
    clips: Iterable[Labelled],
    noise: list[Labelled],
    seed: int,
    verifier: Verifier | None = None,
) -> Examples:
    """Everything that a recogniser considers to be a command; with a verifier: what that knows."""
    rng = random.Random(seed)
    asked: list[tuple[Understanding, Sequence[float]]] = []
    ears = considering(model, grammar, lambda *what: asked.append(what), verifier)
    columns = len(FEATURES if verifier is None else VERIFIED)
    table: list[Sequence[float]] = []
    right: list[bool] = []
    languages: list[str] = []
    for clip in clips:
        meaning = label_meaning(grammar, clip.row.text, clip.row.language)
        _, heard = embedded(clip, noise, rng)
        ears.reset()
        ears.push(heard)
        for found, features in asked:
            if len(features) == columns:
                table.append(features)
                right.append(meaning_of(found.command, found.slots) == meaning)
                languages.append(found.language)
        asked.clear()
    return Examples(np.array(table), np.array(right), np.array(languages))


def _of_language(heard: Examples, language: str) -> Calibration:
    return fit(heard.features, heard.right, np.where(heard.languages == language, 1.0, OTHERS))


@program
def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; exit status 0, or 1 for a failure with a remedy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--verifier", type=Path, help="fit the confidence of both networks together")
    parser.add_argument("--corpus", type=Path, action="append", required=True, help="folder of shards (repeatable)")
    parser.add_argument("--noise", type=Path, action="append", default=[], help="folder of shards (repeatable)")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--clips", type=int, default=2000, help="of each folder at most (default 2000)")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    noise = [clip for folder in chosen.noise for clip in clips_of(folder)]
    clips: list[Labelled] = []
    for folder in chosen.corpus:
        found = clips_of(folder)
        random.Random(chosen.seed).shuffle(found)
        clips += found[: chosen.clips]
    model = AcousticModel.load(chosen.model)
    verifier = Verifier.load(chosen.verifier, len(model.top)) if chosen.verifier else None
    heard = examples(model, load_grammar(), clips, noise, chosen.seed, verifier)
    if verifier is None:
        fit(heard.features, heard.right).save(chosen.out)
    else:
        spoken = [code for code in LANGUAGES if code in heard.languages]
        save_verified(chosen.out, {code: _of_language(heard, code) for code in spoken})
    print(f"{len(clips)} clips, {len(heard.right)} heard, {int(heard.right.sum())} of them right")
    return 0


if __name__ == "__main__":
    sys.exit(main())
