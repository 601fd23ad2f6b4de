"""Makes a corpus of synthetic speech: ``python -m kitt_learning.speech.synthesise --out DIR --hours 40``.

Runs for hours if asked to; Ctrl-C keeps the whole shards, and the same command goes on after them.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import soxr

from kitt_inference.errors import KittError
from kitt_learning.program import program
from kitt_learning.speech import engines, shards, texts, voices
from kitt_text.grammar import default_grammar

SHARES = {"en": 0.45, "fr": 0.27, "es": 0.28}
SHARD_HOURS = 0.5
PROGRESS_S = 30.0
SHIFT = 0.14
"""Voices are shifted (pitch and formants together, by resampling) by up to this part, for more speakers."""
BATCH = 8
PROSE = "prose"
"""A kind beside those of `texts`: three to six sentences in one clip."""
LONGEST_S = 9.0
SHORTEST_LETTER_S = 0.025
"""A clip shorter than this for each letter lacks sounds."""


class Studio:
    """Draws a text, a voice and a manner, and gives the clip.

    Args:
        split: "train" or "test": which voices and sentences.
        seed: the same seed gives the same clips (where the engines do).
        folder: texts for sentences, see `texts.sentences`, or None.
        languages: which languages to speak, and how often.
        engine: only voices of this engine.
    """

    def __init__(
        self,
        split: str,
        seed: int,
        folder: Path | None,
        languages: dict[str, float] | None = None,
        engine: str | None = None,
    ) -> None:
        self._rng = random.Random(seed)
        self._languages = languages or SHARES
        self._texts, self._voices = {}, {}
        self.missing: dict[str, str] = {}
        for code in self._languages:
            lines, self._voices[code], missing = _material(code, split, folder, engine)
            self._texts[code] = texts.Texts(code, self._rng, default_grammar(), lines)
            self.missing |= missing
            if not self._voices[code]:
                raise KittError(
                    f"no voice for {code} ({split})", "install espeak-ng, mbrola, libttspico-utils or others"
                )
        self.dropped: Counter[str] = Counter()

    def clips(self, kind: str | None = None, count: int = BATCH) -> list[tuple[shards.Clip, dict[str, str]]]:
        """Up to `count` clips of one voice and manner, each with its text columns; failures count in `dropped`."""
        rng = self._rng
        code = rng.choices(list(self._languages), list(self._languages.values()))[0]
        lines = [self._line(code, kind) for _ in range(count)]
        voice = rng.choices(self._voices[code], [v.share for v in self._voices[code]])[0]
        shift = 1.0 + rng.uniform(-SHIFT, SHIFT) if rng.random() < 0.6 else 1.0
        manner = voices.Manner(rng.triangular(0.65, 1.45, 1.0) / shift, _pitch(rng, voice), rng.getrandbits(31))
        made = []
        for line, spoken in zip(lines, engines.speak_many(voice, [x.spoken for x in lines], manner), strict=True):
            clip = self._finish(line.text, *spoken, shift) if spoken else None
            if clip is None:
                self.dropped[f"{voice.engine} {voice.name.partition('+')[0]}: {'length' if spoken else 'failed'}"] += 1
                continue
            about = {
                "text": line.text,
                "language": code,
                "engine": voice.engine,
                "voice": voice.name,
                "kind": line.kind,
            }
            made.append((clip, about))
        return made

    def _line(self, code: str, kind: str | None) -> texts.Line:
        if kind != PROSE:
            return self._texts[code].draw(kind)
        parts = [self._texts[code].draw("sentence") for _ in range(self._rng.randint(3, 6))]
        spoken = " ".join(part.spoken.rstrip(".,;: ") + "." for part in parts)
        return texts.Line(" ".join(part.text for part in parts), spoken, code, PROSE)

    def _finish(self, text: str, samples: engines.Samples, rate: int, shift: float) -> shards.Clip | None:
        """Shifted, at 16 kHz, trimmed, at a level between -14 and -2 dB; None when its length cannot be right."""
        noise = np.random.default_rng(self._rng.getrandbits(63))
        samples = soxr.resample(samples, rate * shift, shards.SAMPLE_RATE)
        samples = shards.trim(samples.astype(np.float32), noise)
        spoken_s = len(samples) / shards.SAMPLE_RATE - 0.1
        if not SHORTEST_LETTER_S * len(text) < spoken_s < max(LONGEST_S, 0.2 * len(text)):
            return None
        samples *= 10 ** (self._rng.uniform(-14, -2) / 20) / max(float(np.abs(samples).max()), 1e-4)
        return shards.to_int16(samples)


@lru_cache(maxsize=6)
def _material(
    code: str, split: str, folder: Path | None, engine: str | None
) -> tuple[list[str], list[voices.Voice], dict[str, str]]:
    wanted = [voice for voice in voices.voices(code, split) if engine in (None, voice.engine)]
    return texts.sentences(folder, code, split), *engines.available(wanted)


def _pitch(rng: random.Random, voice: voices.Voice) -> float:
    widest = 0.6 if voice.engine in ("espeak", "mbrola") else 0.25
    return 1.0 + rng.uniform(-widest, widest)


def synthesise(
    out: Path,
    hours: float,
    seed: int,
    split: str,
    folder: Path | None,
    languages: dict[str, float] | None = None,
    kind: str | None = None,
    engine: str | None = None,
) -> dict[str, object]:
    """Fill `out` with shards until there are `hours` of speech; shards that exist are kept. Returns the summary."""
    started, failed = time.monotonic(), Counter[str]()
    for number in range(max(1, round(hours / SHARD_HOURS))):
        name = f"{split}_{seed}_{number:03d}"
        if (out / f"{name}.csv").is_file():
            continue
        studio = Studio(split, seed * 10_000 + number, folder, languages, engine)
        shard, told = shards.Shard(), time.monotonic()
        goal = min(hours, SHARD_HOURS) * 3600 * shards.SAMPLE_RATE
        while shard.samples < goal:
            for clip, about in studio.clips(kind):
                shard.add(clip, **about)
            if time.monotonic() - told > PROGRESS_S:
                told = time.monotonic()
                print(f"{name}: {shard.samples / goal:.0%}, {told - started:.0f} s", flush=True)
            if sum(studio.dropped.values()) > 1000 + 4 * len(shard.rows):
                raise KittError(f"most clips fail: {studio.dropped.most_common(3)}", "mend or remove these voices")
        shard.write(out, name)
        failed += studio.dropped
        for voice, why in studio.missing.items():
            failed[f"{voice}: {why}"] += 1
        print(
            f"{name}: {len(shard.rows)} clips, {time.monotonic() - started:.0f} s, {failed.total()} dropped", flush=True
        )
        shards.summarise(out, failed)
    return shards.summarise(out, failed)


@program
def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; exit status 0, 1 for a failure with a remedy, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for the shards")
    parser.add_argument("--hours", type=float, default=1.0, help="hours of speech in all (default 1)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--split", choices=("train", "test"), default="train", help="which voices and sentences")
    parser.add_argument("--texts", type=Path, default=None, help="folder with en/, fr/, es/ of .txt and .html files")
    parser.add_argument("--language", choices=texts.LANGUAGES, default=None, help="only this one")
    parser.add_argument("--kind", choices=(*texts.KINDS, PROSE), default=None, help="only this kind of text")
    parser.add_argument("--engine", default=None, help="only voices of this engine")
    chosen = parser.parse_args(arguments)
    try:
        only = {chosen.language: 1.0} if chosen.language else None
        summary = synthesise(
            chosen.out, chosen.hours, chosen.seed, chosen.split, chosen.texts, only, chosen.kind, chosen.engine
        )
    except KeyboardInterrupt:
        print("stopped; whole shards are kept, the same command goes on", file=sys.stderr)
        return 130
    print("\n".join(shards.table(summary)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
