"""Which words usually follow one or two others: a small pruned trigram that stands by the LSTM.

What a network of two million weights forgets, for it is read seldom (a drink of water), a table of counts keeps. The
mixture of both is the old one of Jelinek and Mercer («Interpolated estimation of Markov source parameters», 1980); the
table's probabilities are smoothed as by Kneser and Ney, and only those stand in it that say more than the network.
"""

from __future__ import annotations

import re
import zipfile
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kitt_inference.errors import KittError
from kitt_text.pieces import continues, fold, normalised

MOST = 32
"""So many followers are given at most."""
ANY, BEGIN = "", "<s>"
"""Any word; what stands before a sentence's first one."""
LEVELS = 24.0
"""Levels of a probability, for each nat."""
ARRAYS = ("words", "first", "second", "sizes", "follower_low", "follower_high", "level")
_TOKEN = {
    "fr": re.compile(r"[^\W_]+'|[^\W_]+(?:-[^\W_]+)*|[^\w\s]"),
    "en": re.compile(r"[^\W_]+(?:['-][^\W_]+)*|[^\w\s]"),
}


def tokens(text: str, language: str) -> list[str]:
    """Words and signs in small letters; French elisions («l'») are words of their own."""
    return _TOKEN.get(language, _TOKEN["en"]).findall(normalised(text))


@dataclass(frozen=True)
class Following:
    """What usually follows.

    Attributes:
        words: the likeliest of those that begin as it was typed, with their probabilities given that a word follows.
        fitting: the probability of all that begin so. known: of all that are known to follow, however they begin.
    """

    words: dict[str, float]
    fitting: float
    known: float


class Followers:
    """The table of one language; read only, may be used from any thread."""

    def __init__(self, arrays: Mapping[str, Any]) -> None:
        """Use the arrays of a file.

        Args:
            arrays: `words`, the vocabulary in UTF-8, a line a word; `first`, `second` (C,) the two words before,
                sorted; `sizes` (C,) how many followers each has; `follower_low`, `follower_high`, `level` (N,) two
                bytes of each follower's number and its probability, given that a word follows.

        Raises:
            ValueError, KeyError: they do not fit together.
        """
        self._words = bytes(arrays["words"]).decode().split("\n")
        number = {word: at for at, word in enumerate(self._words)}
        self._number = number
        contexts = arrays["first"].astype(np.int64) << 16 | arrays["second"].astype(np.int64)
        ends = np.cumsum(arrays["sizes"].astype(np.int64))
        followers = arrays["follower_high"].astype(np.int64) << 8 | arrays["follower_low"].astype(np.int64)
        whole = len(followers) == len(arrays["level"]) == (int(ends[-1]) if len(ends) else 0)
        if not whole or len(contexts) != len(ends) or (np.diff(contexts) <= 0).any():
            raise ValueError("the arrays do not fit together")
        if len(followers) and int(followers.max()) >= len(self._words):
            raise ValueError("a follower is no word")
        self._contexts = contexts.tolist()
        self._ends = ends.tolist()
        self._followers = followers.astype(np.uint16)
        self._probabilities = np.exp(-arrays["level"].astype(np.float32) / LEVELS)
        # Their places among all words in the alphabet's order: those that begin alike are a range.
        folded = [word if word.isascii() else fold(word) for word in self._words]
        order = sorted(range(len(folded)), key=folded.__getitem__)
        place = np.empty(len(folded), np.uint16)
        place[order] = np.arange(len(folded))
        self._alphabet = [folded[at] for at in order]
        self._places = place[self._followers]

    @classmethod
    def read(cls, path: Path) -> Followers:
        """A table's file.

        Raises:
            KittError: it is missing or damaged.
        """
        try:
            with np.load(path, allow_pickle=False) as arrays:
                return cls({name: arrays[name] for name in ARRAYS})
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, MemoryError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise KittError(f"{path} is no table of words ({reason})", "`git checkout models`") from error

    def __len__(self) -> int:
        return len(self._followers)

    def after(self, before: Sequence[str], typed: str) -> Following:
        """What usually follows some words of a sentence.

        Args:
            before: `tokens` of the sentence so far. typed: the beginning of the word, normalised.
        """
        first, second = [BEGIN, BEGIN, *before][-2:]
        for pair in ((first, second), (ANY, second)):
            at = self._place(*pair)
            if at >= 0:
                part = slice(self._ends[at - 1] if at else 0, self._ends[at])
                return self._fitting(self._followers[part], self._places[part], self._probabilities[part], typed)
        return Following({}, 0.0, 0.0)

    def _fitting(self, words: Any, places: Any, shares: Any, typed: str) -> Following:
        known = float(shares.sum())
        if typed:
            plain = fold(typed)
            low, high = bisect_left(self._alphabet, plain), bisect_left(self._alphabet, plain + "\U0010ffff")
            fits = (places >= low) & (places < high)
            words, shares = words[fits], shares[fits]
        likeliest = np.argsort(-shares)[:MOST]
        found = zip((self._words[at] for at in words[likeliest]), shares[likeliest].tolist(), strict=True)
        return Following({w: p for w, p in found if continues(typed, w)}, float(shares.sum()), known)

    def _place(self, first: str, second: str) -> int:
        one, two = self._number.get(first), self._number.get(second)
        if one is None or two is None:
            return -1
        key = one << 16 | two
        at = bisect_left(self._contexts, key)
        return at if at < len(self._contexts) and self._contexts[at] == key else -1
