"""Everyday English out of the trigram model that comes with PocketSphinx: sentences are drawn from it.

The packages that hold running text have books, speeches, games and manuals, and few everyday sentences. This model
knows a large corpus of them by its trigrams (a drink of water, not of gold); what is drawn teaches a network those.
The file is CMU Sphinx's binary trie: quantised log probabilities in tables, then unigrams, bigrams, trigrams, each
below the words that follow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from kitt_inference.errors import KittError
from kitt_learning.text.readers import COARSE

SENTENCES = 150_000
LONGEST = 30
_HEAD = b"Trie Language Model"
_LOG_BASE = 1e-4  # natural logarithm of 1.0001, the base of Sphinx's logarithms
_LEVELS = 1 << 16
_UNIGRAM = np.dtype([("p", "<f4"), ("backoff", "<f4"), ("next", "<u4")])

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Followers:
    """Words that follow contexts: contexts sorted, each with a range of `words` and of cumulated probability."""

    contexts: Ints
    first: Ints
    words: Ints
    cumulated: Floats

    @classmethod
    def of(cls, contexts: Ints, words: Ints, probabilities: Floats) -> _Followers:
        order = np.argsort(contexts, kind="stable")
        unique, first = np.unique(contexts[order], return_index=True)
        cumulated = np.concatenate(([0.0], np.cumsum(probabilities[order])))
        return cls(unique, np.append(first, len(words)), words[order], cumulated)

    def draw(self, contexts: Ints, rng: np.random.Generator) -> Ints:
        """A follower for each context, -1 where it is unknown or backs off."""
        at = np.minimum(np.searchsorted(self.contexts, contexts), len(self.contexts) - 1)
        begin, end = self.first[at], self.first[at + 1]
        wanted = self.cumulated[begin] + rng.random(len(contexts))
        known = (self.contexts[at] == contexts) & (wanted < self.cumulated[end])
        found = np.clip(np.searchsorted(self.cumulated, wanted, side="right") - 1, begin, end - 1)
        drawn: Ints = np.where(known, self.words[found], -1)
        return drawn


class TrigramModel:
    """A trigram model read from Sphinx's binary trie.

    Raises:
        KittError: the content is no such model.
    """

    def __init__(self, content: bytes) -> None:
        if not content.startswith(_HEAD) or content[len(_HEAD) : len(_HEAD) + 1] != b"\x03":
            raise KittError("this is no binary trigram model of CMU Sphinx", "it lies in pocketsphinx's wheel")
        try:
            self._read(content)
        except (ValueError, IndexError, UnicodeDecodeError) as error:
            raise KittError(f"the trigram model is damaged ({error})", "fetch it anew") from error

    def _read(self, content: bytes) -> None:
        at = len(_HEAD) + 1
        ones, twos, threes = (int(n) for n in np.frombuffer(content, "<u4", 3, at))
        at += 16  # and the kind of quantisation
        table2 = np.frombuffer(content, "<f4", _LEVELS, at)
        at += 8 * _LEVELS  # its second half are back-off weights
        table3 = np.frombuffer(content, "<f4", _LEVELS, at)
        at += 4 * _LEVELS
        unigrams = np.frombuffer(content, _UNIGRAM, ones + 1, at)
        at += _UNIGRAM.itemsize * (ones + 1)
        word, step = ones.bit_length(), threes.bit_length()
        row2, row3 = word + 32 + step, word + 16
        earlier = _bits(content, at, row2, 0, word, twos)
        level2 = _bits(content, at, row2, word + 16, 16, twos)
        next3 = _bits(content, at, row2, word + 32, step, twos + 1)
        at += ((twos + 1) * row2 + 7) // 8 + 8
        earliest = _bits(content, at, row3, 0, word, threes)
        level3 = _bits(content, at, row3, word, 16, threes)
        at += ((threes + 1) * row3 + 7) // 8 + 8
        length = int.from_bytes(content[at : at + 4], "little")
        self.words = content[at + 4 : at + 4 + length].decode().split("\0")[:ones]
        # An n-gram lies below its last word, then the one before: who follows whom is found by turning that round.
        last2 = np.repeat(np.arange(ones), _spans(unigrams["next"]))
        self._two = _Followers.of(earlier[: len(last2)], last2, _probability(table2, level2[: len(last2)]))
        spread = np.maximum(_spans(next3[: len(last2) + 1]), 0)
        last3, middle3 = np.repeat(last2, spread), np.repeat(earlier[: len(last2)], spread)
        count = len(last3)
        self._three = _Followers.of(earliest[:count] * ones + middle3, last3, _probability(table3, level3[:count]))
        weights = np.exp(_LOG_BASE * unigrams["p"][:ones].astype(np.float64))
        weights[self.words.index("<s>")] = 0.0
        self._one = np.cumsum(weights / weights.sum())

    def sentences(self, count: int, seed: int = 1) -> Iterator[str]:
        """Sentences drawn word by word; of a model that backs off, the mass of what is seen is counted twice."""
        rng = np.random.default_rng(seed)
        begin, end = self.words.index("<s>"), self.words.index("</s>")
        rows = np.full((count, LONGEST + 2), end, np.int64)
        rows[:, 0] = begin
        for at in range(1, LONGEST + 1):
            h1 = rows[:, at - 1]
            drawn = self._two.draw(h1, rng)
            if at > 1:
                better = self._three.draw(rows[:, at - 2] * len(self.words) + h1, rng)
                drawn = np.where(better >= 0, better, drawn)
            rest = np.minimum(np.searchsorted(self._one, rng.random(count)), len(self.words) - 1)
            rows[:, at] = np.where(h1 == end, end, np.where(drawn >= 0, drawn, rest))
        for row in rows[rows[:, LONGEST] == end]:
            yield " ".join(self.words[word] for word in row[1:] if word != end)


def _spans(first: npt.NDArray[Any]) -> Ints:
    """How many rows begin at each place before the next one's."""
    at = first.astype(np.int64)
    return at[1:] - at[:-1]


def _probability(table: npt.NDArray[np.float32], level: Ints) -> Floats:
    found: Floats = np.exp(_LOG_BASE * table[level].astype(np.float64))
    return found


def _bits(content: bytes, base: int, row: int, offset: int, width: int, count: int) -> Ints:
    """The same field of `count` rows of `row` bits that begin at byte `base`; little end first."""
    content = content[base:] + bytes(8)
    array = np.frombuffer(content, np.uint8)
    bit = np.arange(count, dtype=np.int64) * row + offset
    byte, shift = bit >> 3, (bit & 7).astype(np.uint64)
    value = np.zeros(count, np.uint64)
    for k in range((width + 14) // 8):
        value |= array[byte + k].astype(np.uint64) << np.uint64(8 * k)
    return ((value >> shift) & np.uint64((1 << width) - 1)).astype(np.int64)


def read(_: str, content: bytes) -> Iterator[tuple[str, str]]:
    """Paragraphs of one sentence, as the readers give them."""
    for sentence in TrigramModel(content).sentences(SENTENCES):
        words = ["I" + word[1:] if word in ("i", "i'm", "i'll", "i've", "i'd") else word for word in sentence.split()]
        if not COARSE.search(sentence):
            yield "en", " ".join(words)
