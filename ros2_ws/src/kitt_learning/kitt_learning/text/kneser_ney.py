"""The word trigram with modified Kneser-Ney smoothing: a rival, and where the table beside the network comes from.

Chen and Goodman, «An empirical study of smoothing techniques for language modeling» (1998): interpolated, three
discounts an order, lower orders count in how many contexts a word stands.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from kitt_text.followers import tokens

Keys = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

UNKNOWN, BEGIN, END = "<unk>", "<s>", "</s>"
_BITS = 20


@dataclass(frozen=True)
class Seen:
    """Words that were counted behind contexts, (N,) each; contexts of two words are `first << 20 | second`."""

    contexts: Keys
    words: Keys
    probabilities: Floats
    totals: Floats


class _Order:
    """Counts of one order: for each context the words that followed, ready for look-up."""

    def __init__(self, keys: Keys, counts: Keys, width: int) -> None:
        """`keys`: sorted and unique, the word in the lowest bits; `width`: bits of the word."""
        self._words = keys & ((1 << width) - 1)
        contexts = keys >> width
        self._contexts, self._starts = np.unique(contexts, return_index=True)
        ends = np.append(self._starts[1:], len(keys))
        n = [max(1, int((counts == k).sum())) for k in (1, 2, 3, 4)]
        share = n[0] / (n[0] + 2 * n[1])
        fitted = [k - (k + 1) * share * n[k] / n[k - 1] for k in (1, 2, 3)]
        discounts = np.clip([0.0, *fitted], 0.0, [0.0, 1.0, 2.0, 3.0])
        off = discounts[np.minimum(counts, 3)]
        totals = np.add.reduceat(counts.astype(np.float64), self._starts)
        self._weights = (counts - off) / np.repeat(totals, ends - self._starts)
        self._left = np.add.reduceat(off, self._starts) / totals
        self._ends = ends
        self._totals = totals

    def add(self, context: int, below: Floats) -> Floats:
        """The distribution in a context, over that of the shorter context."""
        at = int(np.searchsorted(self._contexts, context))
        if at >= len(self._contexts) or self._contexts[at] != context:
            return below
        mixed = below * self._left[at]
        part = slice(self._starts[at], self._ends[at])
        mixed[self._words[part]] += self._weights[part]
        return mixed

    def seen(self, below: Floats) -> Seen:
        """What was counted: contexts, words, probabilities, and how often the context stood; (N,) each.

        Args:
            below: (N,) probabilities of the same words in the shorter context.
        """
        spread = np.repeat(np.arange(len(self._contexts)), self._ends - self._starts)
        probabilities = self._weights + self._left[spread] * below
        return Seen(self._contexts[spread], self._words, probabilities, self._totals[spread])

    @property
    def words(self) -> Keys:
        """The words that were counted, in the order of `seen`."""
        return self._words


class KneserNey:
    """A trained trigram; its vocabulary are the words that stand in the text at least `least` times."""

    def __init__(self, sentences: Iterable[str], language: str, least: int = 2) -> None:
        self._language = language
        rows = [tokens(sentence, language) for sentence in sentences if sentence.strip()]
        counts = Counter(word for row in rows for word in row)
        known = sorted(word for word, count in counts.items() if count >= least)
        self.vocabulary = [UNKNOWN, BEGIN, END, *known]
        self._ids = {word: number for number, word in enumerate(self.vocabulary)}
        self._known = known
        stream = np.fromiter((i for row in rows for i in self._numbers(row)), np.int64)
        first, second, third = stream[:-2], stream[1:-1], stream[2:]
        inside = third != 1
        tri, tri_counts = _unique((first << 2 * _BITS | second << _BITS | third)[inside])
        pairs, pair_counts = _unique(tri & ((1 << 2 * _BITS) - 1))
        begins, begin_counts = _unique((second << _BITS | third)[inside & (second == 1)])
        # Nothing stands before a sentence's begin: there the counts are those of the text (as in SRILM).
        pair_counts[np.searchsorted(pairs, begins)] = begin_counts
        singles, single_counts = _unique(pairs & ((1 << _BITS) - 1))
        size = len(self.vocabulary)
        even = np.where(np.arange(size) == 1, 0.0, 1.0 / (size - 1))  # nothing is followed by a sentence's begin
        self._one = _Order(singles, single_counts, _BITS).add(0, even)
        self._two, self._three = _Order(pairs, pair_counts, _BITS), _Order(tri, tri_counts, _BITS)
        self.is_word = np.array([word[0].isalpha() for word in self.vocabulary])

    def _numbers(self, row: Sequence[str]) -> list[int]:
        return [1, 1, *(self._ids.get(word, 0) for word in row), 2]

    def distribution(self, before: Sequence[str]) -> Floats:
        """Probabilities (V,) of what follows some words of a sentence."""
        first, second = [1, 1, *(self._ids.get(word, 0) for word in before)][-2:]
        return self._three.add(first << _BITS | second, self._two.add(second, self._one))

    def seen(self) -> tuple[Seen, Seen]:
        """Pairs and triples of words that were counted, with their probabilities."""
        pairs = self._two.seen(self._one[self._two.words])
        keys = pairs.contexts << _BITS | pairs.words  # sorted
        triple = self._three.seen(np.zeros(len(self._three.words)))
        second = triple.contexts & ((1 << _BITS) - 1)
        at = np.searchsorted(keys, second << _BITS | triple.words)
        return pairs, self._three.seen(pairs.probabilities[at])

    def number(self, word: str) -> int:
        """A word's place in the vocabulary; 0 for an unknown one."""
        return self._ids.get(word, 0)

    def predict(self, before: Sequence[str], typed: str, count: int) -> list[str]:
        """The likeliest words of letters that begin as it was typed."""
        low = 3 + bisect_left(self._known, typed)
        high = 3 + bisect_left(self._known, typed + "\U0010ffff") if typed else len(self.vocabulary)
        scores = np.where(self.is_word[low:high], self.distribution(before)[low:high], 0.0)
        best = np.argsort(-scores)[:count] if len(scores) < 64 else _top(scores, count)
        return [self.vocabulary[low + at] for at in best if scores[at] > 0.0]


def _unique(keys: Keys) -> tuple[Keys, Any]:
    found, counts = np.unique(keys, return_counts=True)
    return found, counts


def _top(scores: Floats, count: int) -> Keys:
    best = np.argpartition(-scores, count)[:count]
    return best[np.argsort(-scores[best])]
