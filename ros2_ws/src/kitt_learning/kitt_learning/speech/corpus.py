"""What is learnt from: clips of shards with their phones, drawn so that rare words and people count."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from kitt_inference.errors import KittError
from kitt_learning.speech import shards
from kitt_text.lexicon import Lexicon
from kitt_text.phones import INDEX

HUMAN_SHARE = 0.6
"""Share of the clips that people spoke, where there are any."""
RAREST = 8
"""Words that people said less often than this are drawn as if they had said them so often."""
SENTENCE = 0.12
"""How often a person's sentence is drawn beside a rare word: there are many, and commands are words."""
NATURAL = {"kokoro": 4.0}
"""Engines whose clips are drawn more often than those of the others: slow, few, and nearest to people."""
OTHER_VARIANT = 0.25
"""How often a word's label is another than its first pronunciation."""
_SHORT = {"m": "m", "re": "ɹ", "ve": "v", "ll": "l", "d": "d"}
_NEGATED = {"don": "d oʊ n", "won": "w oʊ n"}
"""English short forms, of which labels have no apostrophe: «i m», «don t»."""


@dataclass(frozen=True)
class Labelled:
    """A clip (int16 at 16 kHz, read when asked for) and what is said in it."""

    sound: npt.NDArray[np.int16]
    row: shards.Row

    @property
    def samples(self) -> shards.Clip:
        """(n,) int16."""
        return np.array(self.sound[self.row.start : self.row.start + self.row.length])


class Corpus:
    """The labelled clips of folders of shards; clips without words are left out.

    People's clips are drawn by the square root of how often their word occurs, so that the frequent do not drown the
    rare; synthetic ones alike, those of the most natural engines more often.

    Raises:
        KittError: there is no clip with words, or a shard is damaged.
    """

    def __init__(self, folders: Sequence[Path], seed: int = 0) -> None:
        self._rng = random.Random(seed)
        clips = [clip for folder in folders for clip in clips_of(folder) if clip.row.text.strip()]
        self.people = [clip for clip in clips if clip.row.engine == "human"]
        self.made = [clip for clip in clips if clip.row.engine != "human"]
        if not clips:
            raise KittError("the corpus holds no clip with words", "make one: kitt_learning.speech.synthesise")
        counts = Counter((clip.row.language, clip.row.text) for clip in self.people)
        often = [max(counts[clip.row.language, clip.row.text], RAREST) for clip in self.people]
        shares = [SENTENCE if clip.row.kind == "sentence" else 1.0 for clip in self.people]
        self._weights = list(np.cumsum([share * count**-0.5 for share, count in zip(shares, often, strict=True)]))
        self._made_weights = list(np.cumsum([NATURAL.get(clip.row.engine, 1.0) for clip in self.made], dtype=float))

    def draw(self) -> Labelled:
        """A clip by chance."""
        if self.people and (not self.made or self._rng.random() < HUMAN_SHARE):
            return self._rng.choices(self.people, cum_weights=self._weights)[0]
        return self._rng.choices(self.made, cum_weights=self._made_weights)[0]

    def phones(self, clip: Labelled) -> list[int]:
        """Columns of the posteriors that a clip's words are, in one of their pronunciations.

        Raises:
            KittError: a word without letters, or a language without a lexicon.
        """
        rng, found = self._rng, list[int]()
        words = clip.row.text.split()
        for word, before, after in zip(words, ["", *words], [*words[1:], ""], strict=False):
            short = _SHORT.get(word) if before else _NEGATED.get(word) if after == "t" else None
            if clip.row.language == "en" and short:
                variants = [[INDEX[phone] for phone in short.split()]]
            else:
                variants = _pronounce(word, clip.row.language)
            said = rng.choice(variants) if len(variants) > 1 and rng.random() < OTHER_VARIANT else variants[0]
            # Two equal phones where words meet are often one sound.
            found += said[1:] if found and found[-1] == said[0] and rng.random() < 0.5 else said
        return found


def noises(folders: Sequence[Path]) -> tuple[list[Labelled], npt.NDArray[np.float32]]:
    """Noises to mix in, and room impulse responses (n, samples) where a folder has rirs.npz.

    Raises:
        KittError: a shard or the rooms are damaged.
    """
    found = [clip for folder in folders for clip in clips_of(folder)]
    rooms = [_rooms(path) for folder in folders for path in folder.glob("rirs.npz")]
    return found, np.concatenate(rooms).astype(np.float32) if rooms else np.zeros((0, 1), np.float32)


def _rooms(path: Path) -> npt.NDArray[np.float32]:
    try:
        rooms: npt.NDArray[np.float32] = np.load(path)["rirs"]
    except (OSError, ValueError, LookupError, EOFError, BadZipFile) as error:
        raise KittError(f"{path} holds no rooms: {error}", "make it anew: kitt_learning.speech.noises") from error
    return rooms


def clips_of(folder: Path) -> list[Labelled]:
    """All clips of a folder of shards, their sound left on disk.

    Raises:
        KittError: a shard is damaged.
    """
    found = []
    for table in sorted(folder.glob("*.csv")):
        try:
            sound = np.load(table.with_suffix(".npy"), mmap_mode="r")
        except (OSError, ValueError, EOFError) as error:
            raise KittError(f"{table.stem} in {folder} has no sound: {error}", "remove the shard") from error
        found += [Labelled(sound, row) for row in shards.rows_of(table) if 0 < row.length <= len(sound) - row.start]
    return found


@cache
def _pronounce(word: str, language: str) -> list[list[int]]:
    return [[INDEX[phone] for phone in variant] for variant in Lexicon.load(language).pronounce(word)]
